#include "cli/cli_bulk_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cli/cli_line_file.h"
#include "cli/imp_json.h"
#include "cli/imp_session.h"

/* Of a message; of what may be under way without an acknowledgement; how often a stream that broke is opened again
 * while nothing more is acknowledged. */
enum { BATCH = 1000, MOST_AHEAD = 28 * BATCH, ATTEMPTS = 5 };

const cm_option cli_bulk_log_options[] = {
    CLI_ADDRESSES,
    {.name = "upload",
     .kind = CM_OPTION_TEXT,
     .value = "UUID",
     .help = "the upload's id; where it is left out, the file's content tells it"},
    {.name = "rejects",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .preset = "cityneg-rejects.tsv",
     .help = "where lines that are refused go, with their number and why"},
    {NULL},
};

typedef struct bulk {
    imp_session session;
    const cli_line_file *file;
    const char *upload;
    cm_client_stream *stream;
    size_t sent, acknowledged; /* lines */
    size_t heard;              /* of whose refusals was heard */
} bulk;

/* The entry on a line; without one where the line is no entry, which the service then refuses at its place. */
static cm_status read_entry(const cli_line_file *file, size_t line, cm_arena *arena, NegCreateEntryRequest *request)
{
    ProtobufCMessage *entry;
    json_t *json;

    CM_TRY(imp_json_read(file->lines[line].text, file->lines[line].length, &json));
    cm_status s = imp_json_resource(&NegEntry_descriptor, json, arena, &entry);
    json_decref(json);
    if (cm_is_ok(s))
        request->entry = (NegEntry *)entry;
    return s;
}

static cm_status send_batch(bulk *b)
{
    CM_ARENA(arena);
    NegBulkLogRequest *request = CM_NEW(arena, NegBulkLogRequest);
    size_t count = b->file->count - b->sent < BATCH ? b->file->count - b->sent : BATCH;

    request->position = (int64_t)b->sent;
    request->requests = cm_arena_take(arena, count * sizeof *request->requests);
    for (; request->n_requests < count; request->n_requests++) {
        NegCreateEntryRequest *one = request->requests[request->n_requests] = CM_NEW(arena, NegCreateEntryRequest);
        cm_status s = read_entry(b->file, b->sent + request->n_requests, arena, one);
        cm_status_clear(&s); /* why is told when the refusal comes */
    }
    b->sent += count;
    return neg_negotiations_service_bulk_log_send_request(b->stream, request);
}

/* Writes a refused line down: what is wrong with the line itself, or else what the service said. */
static cm_status reject(bulk *b, const TypRefusal *refusal)
{
    CM_ARENA(arena);
    size_t line = (size_t)refusal->index;

    if (refusal->index < 0 || line >= b->file->count)
        return cm_fail(CM_DATA_LOSS, "the service refused line %lld, which the file does not have",
                       (long long)refusal->index);
    cm_status s = read_entry(b->file, line, arena, CM_NEW(arena, NegCreateEntryRequest));
    const char *row = cm_arena_strndup(arena, b->file->lines[line].text, b->file->lines[line].length);
    cm_status written =
        imp_reject(&b->session, (imp_origin){b->session.progress.what, b->file->lines[line].number, row},
                   cm_is_ok(s) ? refusal->message : cm_status_message(s));
    cm_status_clear(&s);
    return written;
}

static cm_status receive(bulk *b)
{
    CM_ARENA(arena);
    NegBulkLogResponse *response;

    CM_TRY(neg_negotiations_service_bulk_log_receive(b->stream, arena, &response));
    if (!response)
        return cm_fail(CM_UNAVAILABLE, "the stream has ended");
    for (size_t i = 0; i < response->n_refusals; i++)
        CM_TRY(reject(b, response->refusals[i]));
    b->acknowledged = (size_t)response->acknowledged;
    b->session.changed = response->acknowledged - response->refused;
    cli_progress_step(&b->session.progress, response->acknowledged, response->acknowledged);
    return cm_ok();
}

static cm_status open_stream(bulk *b)
{
    CM_ARENA(arena);
    NegBulkLogRequest first;
    JrnGetJournalRequest ask;
    JrnJournal *journal;
    cm_call_options patiently = IMP_PATIENTLY;

    JrnGetJournalRequest_init(&ask); /* a service that is being started again is waited for */
    CM_TRY(jrn_journal_service_get_journal(b->session.negotiations, &patiently, &ask, arena, &journal));
    NegBulkLogRequest_init(&first);
    first.upload = (char *)b->upload;
    first.position = (int64_t)b->heard;
    CM_TRY(neg_negotiations_service_bulk_log_open(b->session.negotiations, NULL, &b->stream));
    return neg_negotiations_service_bulk_log_send_request(b->stream, &first);
}

static cm_status run_stream(bulk *b)
{
    CM_TRY(receive(b));
    b->sent = b->acknowledged;
    while (b->acknowledged < b->file->count) {
        while (b->sent < b->file->count && b->sent - b->acknowledged < MOST_AHEAD)
            CM_TRY(send_batch(b));
        CM_TRY(receive(b));
    }
    CM_TRY(cm_client_stream_close_send(b->stream));
    while (true) { /* refusals of before may come last */
        CM_ARENA(arena);
        NegBulkLogResponse *response;
        CM_TRY(neg_negotiations_service_bulk_log_receive(b->stream, arena, &response));
        if (!response)
            return cm_ok();
        for (size_t i = 0; i < response->n_refusals; i++)
            CM_TRY(reject(b, response->refusals[i]));
    }
}

/* What came before a stream broke is heard still, and then what it ended with; that tells more than `s`, which is what
 * sending or receiving failed with. */
static cm_status end_stream(bulk *b, cm_status s)
{
    cm_status last = cm_ok();

    if (!cm_is_ok(s) && s.code != CM_UNAVAILABLE)
        cm_client_stream_cancel(b->stream);
    while (!cm_is_ok(s) && cm_is_ok(last))
        last = receive(b);
    cm_status_clear(&last);
    cm_status end = cm_client_stream_finish(b->stream);
    cm_client_stream_free(b->stream);
    b->stream = NULL;
    if (cm_is_ok(end) || end.code == CM_CANCELLED) {
        cm_status_clear(&end);
        return s;
    }
    cm_status_clear(&s);
    return end;
}

/* One stream, to its end or until it breaks. */
static cm_status try_once(bulk *b)
{
    cm_status s = open_stream(b);

    if (cm_is_ok(s))
        s = run_stream(b);
    return b->stream ? end_stream(b, s) : s;
}

static cm_status run(bulk *b)
{
    cm_status s = try_once(b);

    for (int attempt = 1; (s.code == CM_UNAVAILABLE || s.code == CM_ABORTED) && attempt < ATTEMPTS; attempt++) {
        if (b->acknowledged > b->heard)
            attempt = 0;
        b->heard = b->acknowledged;
        cm_status_clear(&s);
        s = try_once(b);
    }
    if (!cm_is_ok(s))
        cm_status_prefix(&s, "after %zu lines; the same command goes on there", b->acknowledged);
    return s;
}

/* The same file is the same upload. */
static const char *upload_of(const cli_line_file *file, char text[CM_UUID_TEXT])
{
    static const char space[] = "5a1c9d0e-6f5e-4c39-9d53-3f0e1f7c2b64"; /* of uploads by content */
    uint8_t digest[CM_SHA256];
    cm_uuid uuid;
    cm_status s = cm_uuid_parse(space, &uuid);

    if (!cm_is_ok(s))
        abort();
    cm_sha256(&(cm_bytes){(const uint8_t *)file->data, file->size}, 1, digest);
    return cm_uuid_format(cm_uuid_v5(uuid, digest, sizeof digest), text);
}

cm_status cli_bulk_log(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words, *upload = cm_arguments_text(arguments, "upload");
    char text[CM_UUID_TEXT];
    cli_line_file file;
    cm_channel *channel;
    bulk b = {0};

    cm_arguments_words(arguments, &words);
    CM_TRY(cli_line_file_open(words[0], &file));
    cm_status s = cli_channel(arguments, "negotiations", &channel);
    if (cm_is_ok(s)) {
        imp_session_start(&b.session, NULL, channel, cm_arguments_text(arguments, "rejects"));
        b.session.rows = (int64_t)file.count;
        b.file = &file;
        b.upload = upload ? upload : upload_of(&file, text);
        cli_progress_start(&b.session.progress, words[0], (int64_t)file.count);
        s = run(&b);
        cli_progress_end(&b.session.progress);
        fprintf(stderr, "  upload %s\n", b.upload);
        imp_session_end(&b.session);
        cm_channel_free(channel);
    }
    cli_line_file_close(&file);
    return s;
}
