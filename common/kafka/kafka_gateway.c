#include "kafka/kafka_gateway.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/cm_memory.h"
#include "kafka/kafka_frame.h"

enum { READ_SIZE = 64 << 10, QUEUE_HIGH = 4 << 20, QUEUE_LOW = 1 << 20 };

typedef struct pair pair;

/* One direction: what was read from a peer and is no whole frame yet. */
typedef struct side {
    uv_tcp_t tcp;
    pair *pair;
    struct side *other;
    uint8_t *bytes;
    size_t size, capacity;
    bool paused; /* until the other side has taken what is queued */
} side;

/* A client and its connection to the broker. Everything here is for the gateway's thread. */
struct pair {
    kafka_gateway *gateway;
    side client, broker;
    uv_connect_t connect;
    kafka_request *asked; /* requests whose answers name ports */
    size_t asked_count, asked_capacity;
    int open; /* handles that are not closed */
    bool closing;
    pair *next, **link;
};

struct kafka_gateway {
    kafka_gateway_options options;
    uv_loop_t loop;
    uv_thread_t thread;
    uv_tcp_t listener;
    uv_async_t stop;
    int port;
    pair *pairs;
};

typedef struct parcel {
    uv_write_t write;
    side *from;
    uint8_t bytes[];
} parcel;

static void on_closed(uv_handle_t *handle)
{
    pair *p = ((side *)handle->data)->pair;

    if (--p->open)
        return;
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    free(p->client.bytes);
    free(p->broker.bytes);
    free(p->asked);
    free(p);
}

static void close_pair(pair *p)
{
    if (p->closing)
        return;
    p->closing = true;
    uv_close((uv_handle_t *)&p->client.tcp, on_closed);
    uv_close((uv_handle_t *)&p->broker.tcp, on_closed);
}

static void on_room(uv_handle_t *handle, size_t hint, uv_buf_t *room)
{
    side *from = handle->data;

    CM_GROW(from->bytes, from->capacity, from->size + READ_SIZE);
    *room = uv_buf_init((char *)from->bytes + from->size, READ_SIZE);
}

static void each_topic(void *context, const char *topic, size_t length)
{
    kafka_gateway *gateway = context;
    CM_FREE char *name = cm_strndup(topic, length);

    gateway->options.topic(gateway->options.context, name);
}

static void note_request(pair *p, const uint8_t *frame, size_t size)
{
    kafka_request request;

    if (!kafka_frame_request(frame, size, &request) || request.version > KAFKA_FRAME_NEWEST)
        return;
    if (request.api == KAFKA_METADATA)
        kafka_frame_topics(frame, size, each_topic, p->gateway);
    if (request.api == KAFKA_METADATA || request.api == KAFKA_FIND_COORDINATOR) {
        CM_GROW(p->asked, p->asked_capacity, p->asked_count + 1);
        p->asked[p->asked_count++] = request;
    }
}

static void note_answer(pair *p, uint8_t *frame, size_t size)
{
    int32_t correlation = kafka_frame_correlation(frame, size);

    for (size_t i = 0; i < p->asked_count; i++) {
        if (p->asked[i].correlation != correlation)
            continue;
        kafka_frame_advertise(frame, size, &p->asked[i], p->gateway->port);
        p->asked[i] = p->asked[--p->asked_count];
        return;
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room);

static void on_written(uv_write_t *write, int status)
{
    parcel *sent = (parcel *)write;
    side *from = sent->from;

    free(sent);
    if (from->pair->closing)
        return;
    if (status < 0) {
        close_pair(from->pair);
    } else if (from->paused && uv_stream_get_write_queue_size((uv_stream_t *)&from->other->tcp) <= QUEUE_LOW) {
        from->paused = false;
        uv_read_start((uv_stream_t *)&from->tcp, on_room, on_read);
    }
}

/* Hands `size` bytes, whole frames, to the other side. */
static void pass_on(side *from, size_t size)
{
    parcel *sent = cm_alloc(sizeof *sent + size);
    uv_stream_t *to = (uv_stream_t *)&from->other->tcp;
    uv_buf_t buffer = uv_buf_init((char *)sent->bytes, (unsigned)size);

    sent->from = from;
    memcpy(sent->bytes, from->bytes, size);
    from->size -= size;
    memmove(from->bytes, from->bytes + size, from->size);
    if (uv_write(&sent->write, to, &buffer, 1, on_written)) {
        free(sent);
        close_pair(from->pair);
    } else if (uv_stream_get_write_queue_size(to) > QUEUE_HIGH) {
        from->paused = true;
        uv_read_stop((uv_stream_t *)&from->tcp);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *room)
{
    side *from = stream->data;
    pair *p = from->pair;
    size_t whole = 0;
    int64_t size;

    if (count < 0) {
        close_pair(p);
        return;
    }
    from->size += (size_t)count;
    while ((size = kafka_frame_size(from->bytes + whole, from->size - whole)) > 0) {
        if (from == &p->client)
            note_request(p, from->bytes + whole, (size_t)size);
        else
            note_answer(p, from->bytes + whole, (size_t)size);
        whole += (size_t)size;
    }
    if (size < 0)
        close_pair(p);
    else if (whole)
        pass_on(from, whole);
}

static void on_connected(uv_connect_t *connect, int status)
{
    pair *p = connect->data;

    if (p->closing)
        return;
    if (status < 0 || uv_read_start((uv_stream_t *)&p->client.tcp, on_room, on_read) ||
        uv_read_start((uv_stream_t *)&p->broker.tcp, on_room, on_read))
        close_pair(p);
}

static void init_side(side *s, pair *p, side *other)
{
    uv_tcp_init(&p->gateway->loop, &s->tcp);
    s->tcp.data = s;
    s->pair = p;
    s->other = other;
    p->open++;
}

static void on_client(uv_stream_t *listener, int status)
{
    kafka_gateway *gateway = listener->data;
    struct sockaddr_in upstream;
    pair *p;

    if (status < 0)
        return;
    p = cm_alloc(sizeof *p);
    p->gateway = gateway;
    init_side(&p->client, p, &p->broker);
    init_side(&p->broker, p, &p->client);
    p->connect.data = p;
    p->next = gateway->pairs;
    p->link = &gateway->pairs;
    if (p->next)
        p->next->link = &p->next;
    gateway->pairs = p;
    uv_ip4_addr("127.0.0.1", gateway->options.upstream, &upstream);
    if (uv_accept(listener, (uv_stream_t *)&p->client.tcp) ||
        uv_tcp_connect(&p->connect, &p->broker.tcp, (const struct sockaddr *)&upstream, on_connected)) {
        close_pair(p);
        return;
    }
    uv_tcp_nodelay(&p->client.tcp, 1);
    uv_tcp_nodelay(&p->broker.tcp, 1);
}

static void on_stop(uv_async_t *stop)
{
    kafka_gateway *gateway = stop->data;

    uv_close((uv_handle_t *)&gateway->listener, NULL);
    uv_close((uv_handle_t *)stop, NULL);
    for (pair *p = gateway->pairs; p; p = p->next)
        close_pair(p);
}

static void serve(void *argument)
{
    kafka_gateway *gateway = argument;

    uv_run(&gateway->loop, UV_RUN_DEFAULT);
}

static int listen_on(kafka_gateway *gateway)
{
    struct sockaddr_in address;
    int length = sizeof address;
    int error;

    uv_ip4_addr("127.0.0.1", gateway->options.port, &address);
    error = uv_tcp_bind(&gateway->listener, (const struct sockaddr *)&address, 0);
    if (!error)
        error = uv_listen((uv_stream_t *)&gateway->listener, 128, on_client);
    if (!error)
        error = uv_tcp_getsockname(&gateway->listener, (struct sockaddr *)&address, &length);
    gateway->port = ntohs(address.sin_port);
    return error;
}

cm_status kafka_gateway_start(const kafka_gateway_options *options, kafka_gateway **gateway)
{
    kafka_gateway *made = cm_alloc(sizeof *made);
    int error;

    made->options = *options;
    uv_loop_init(&made->loop);
    uv_tcp_init(&made->loop, &made->listener);
    uv_async_init(&made->loop, &made->stop, on_stop);
    made->listener.data = made->stop.data = made;
    error = listen_on(made);
    if (!error)
        error = uv_thread_create(&made->thread, serve, made);
    if (!error) {
        *gateway = made;
        return cm_ok();
    }
    on_stop(&made->stop);
    serve(made);
    uv_loop_close(&made->loop);
    free(made);
    return cm_fail(CM_UNAVAILABLE, "port %d of 127.0.0.1 cannot be had: %s; give another port, or end what uses it",
                   options->port, uv_strerror(error));
}

int kafka_gateway_port(const kafka_gateway *gateway)
{
    return gateway->port;
}

void kafka_gateway_stop(kafka_gateway *gateway)
{
    uv_async_send(&gateway->stop);
    uv_thread_join(&gateway->thread);
    uv_loop_close(&gateway->loop);
    free(gateway);
}
