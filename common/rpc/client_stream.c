/* A client's stream, for threads that may wait: each function starts its batch and waits until the channel's thread has
 * drawn it. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "channel.h"
#include "wire.h"

/* One operation that may be under way. */
typedef struct step {
    cm_event event; /* first */
    cm_client_stream *stream;
    bool under_way, ok;
} step;

struct cm_client_stream {
    cm_channel *channel;
    const cm_method_desc *method;
    grpc_call *call;
    cm_outgoing start;
    client_answer answer;
    cm_received *received;
    pthread_mutex_t lock; /* guards the steps */
    pthread_cond_t changed;
    step opening, sending, receiving, metadata, status;
    bool closed_send;
};

static void step_ended(cm_event *event, bool ok)
{
    step *done = (step *)event;
    cm_client_stream *stream = done->stream;

    pthread_mutex_lock(&stream->lock);
    done->ok = ok;
    done->under_way = false;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
}

static void begin(cm_client_stream *stream, step *next, const grpc_op *ops, size_t count)
{
    *next = (step){.event = {step_ended}, .stream = stream, .under_way = true};
    cm_event_start(&next->event, stream->call, ops, count);
}

static bool wait(cm_client_stream *stream, step *awaited)
{
    pthread_mutex_lock(&stream->lock);
    while (awaited->under_way)
        pthread_cond_wait(&stream->changed, &stream->lock);
    bool ok = awaited->ok;
    pthread_mutex_unlock(&stream->lock);
    return ok;
}

static cm_status ended(const cm_client_stream *stream)
{
    return cm_fail(CM_UNAVAILABLE, "the stream %s has ended; its final status tells why", stream->method->path);
}

cm_status cm_channel_stream(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                            cm_client_stream **made)
{
    grpc_op op;
    cm_client_stream *stream = cm_alloc(sizeof *stream);

    *made = NULL;
    cm_status outcome = cm_rpc_client_start_init(&stream->start, channel, method, options, -1);
    if (!cm_is_ok(outcome)) {
        free(stream);
        return outcome;
    }
    stream->channel = channel;
    stream->method = method;
    stream->received = options ? options->received : NULL;
    cm_rpc_client_answer_init(&stream->answer);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->changed, NULL);
    stream->call = cm_rpc_client_start_call(&stream->start, true);
    memset(&op, 0, sizeof op);
    cm_rpc_client_status_op(&stream->answer, &op);
    begin(stream, &stream->status, &op, 1);
    memset(&op, 0, sizeof op);
    cm_rpc_client_initial_op(&stream->start, &op);
    begin(stream, &stream->opening, &op, 1);
    memset(&op, 0, sizeof op);
    cm_rpc_client_metadata_op(&stream->answer, &op);
    begin(stream, &stream->metadata, &op, 1);
    *made = stream;
    return cm_ok();
}

cm_status cm_channel_server_stream(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                                   const ProtobufCMessage *request, cm_client_stream **stream)
{
    CM_TRY(cm_channel_stream(channel, method, options, stream));
    /* A stream that could not take its request tells why when it is received from. */
    cm_status sent = cm_client_stream_send(*stream, request);
    if (cm_is_ok(sent))
        sent = cm_client_stream_close_send(*stream);
    cm_status_clear(&sent);
    return cm_ok();
}

cm_status cm_client_stream_send(cm_client_stream *stream, const ProtobufCMessage *message)
{
    grpc_op op;
    grpc_slice packed = cm_wire_pack(message);

    cm_rpc_intercept_client_sent(&stream->start.intercepted, GRPC_SLICE_LENGTH(packed));
    grpc_byte_buffer *buffer = cm_wire_buffer(packed);
    memset(&op, 0, sizeof op);
    op.op = GRPC_OP_SEND_MESSAGE;
    op.data.send_message.send_message = buffer;
    begin(stream, &stream->sending, &op, 1);
    grpc_byte_buffer_destroy(buffer);
    return wait(stream, &stream->sending) ? cm_ok() : ended(stream);
}

cm_status cm_client_stream_close_send(cm_client_stream *stream)
{
    grpc_op op;

    if (stream->closed_send)
        return cm_ok();
    stream->closed_send = true;
    memset(&op, 0, sizeof op);
    op.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    begin(stream, &stream->sending, &op, 1);
    return wait(stream, &stream->sending) ? cm_ok() : ended(stream);
}

cm_status cm_client_stream_receive(cm_client_stream *stream, cm_arena *arena, ProtobufCMessage **message)
{
    grpc_op op;
    grpc_byte_buffer *payload = NULL;
    cm_status outcome = cm_ok();

    *message = NULL;
    memset(&op, 0, sizeof op);
    op.op = GRPC_OP_RECV_MESSAGE;
    op.data.recv_message.recv_message = &payload;
    begin(stream, &stream->receiving, &op, 1);
    wait(stream, &stream->receiving);
    if (payload) {
        cm_rpc_intercept_client_received(&stream->start.intercepted, grpc_byte_buffer_length(payload));
        outcome =
            cm_wire_unpack(payload, stream->method->response, stream->channel->options.largest_answer, arena, message);
    }
    grpc_byte_buffer_destroy(payload);
    return outcome;
}

cm_status cm_client_stream_finish(cm_client_stream *stream)
{
    wait(stream, &stream->metadata);
    wait(stream, &stream->status);
    if (stream->received)
        cm_rpc_client_answer_received(&stream->answer, stream->received);
    return cm_rpc_client_answer_status(&stream->answer, &stream->start);
}

cm_status cm_client_stream_close_and_receive(cm_client_stream *stream, cm_arena *arena, ProtobufCMessage **message)
{
    /* What stops the sending shows in the final status. */
    cm_status closed = cm_client_stream_close_send(stream);
    cm_status_clear(&closed);
    CM_TRY(cm_client_stream_receive(stream, arena, message));
    CM_TRY(cm_client_stream_finish(stream));
    if (!*message)
        return cm_fail(CM_INTERNAL, "%s ended without an answer", stream->method->path);
    return cm_ok();
}

void cm_client_stream_cancel(cm_client_stream *stream)
{
    grpc_call_cancel(stream->call, NULL);
}

void cm_client_stream_free(cm_client_stream *stream)
{
    if (!stream)
        return;
    grpc_call_cancel(stream->call, NULL);
    step *const steps[] = {&stream->opening, &stream->sending, &stream->receiving, &stream->metadata, &stream->status};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        wait(stream, steps[i]);
    cm_rpc_intercept_client_end(&stream->start.intercepted, &stream->start, (cm_code)stream->answer.code);
    grpc_call_unref(stream->call);
    cm_rpc_client_answer_clear(&stream->answer);
    cm_rpc_client_start_clear(&stream->start);
    pthread_cond_destroy(&stream->changed);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}
