#include "cli/cli_verify.h"

#include <stdio.h>

#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_progress.h"

const cm_option cli_verify_options[] = {
    CLI_ADDRESSES,
    {.name = "deep", .kind = CM_OPTION_FLAG, .help = "the stores' files too, every page and index"},
    {NULL},
};

static cm_status receive_all(cm_client_stream *stream, const char *name, int64_t *rows)
{
    CM_ARENA(arena);
    ProtobufCMessage *message;

    for (;;) {
        cm_arena_reset(arena);
        CM_TRY(cm_client_stream_receive(stream, arena, &message));
        if (!message)
            return cm_client_stream_finish(stream);
        const JrnVerifyResponse *part = (const JrnVerifyResponse *)message;
        if (!part->complete)
            continue;
        char hash[2 * CM_SHA256 + 1] = "";
        if (part->hash.len == CM_SHA256)
            cm_hex(part->hash.data, part->hash.len, hash);
        printf("%-14s partition %-3d %10lld rows  %.16s\n", name, part->part, (long long)part->rows, hash);
        *rows += part->rows;
    }
}

static cm_status verify_service(const cm_arguments *arguments, const char *name, int64_t *rows)
{
    JrnVerifyRequest request = CITYNEG__JOURNAL__V1__VERIFY_REQUEST__INIT;
    const cm_method_desc *method = NULL;
    cm_client_stream *stream;
    cm_channel *channel;

    request.deep = cm_arguments_flag(arguments, "deep");
    for (size_t i = 0; i < jrn_journal_service_desc.count; i++)
        if (jrn_journal_service_desc.methods[i].request == &JrnVerifyRequest_descriptor)
            method = &jrn_journal_service_desc.methods[i];
    CM_TRY(cli_channel(arguments, name, &channel));
    cm_status status = cm_channel_stream(channel, method, NULL, &stream);
    if (cm_is_ok(status)) {
        status = cm_client_stream_send(stream, &request.base);
        if (cm_is_ok(status))
            status = cm_client_stream_close_send(stream);
        if (cm_is_ok(status))
            status = receive_all(stream, name, rows);
        if (!cm_is_ok(status)) { /* the stream's own end tells why */
            cm_status_clear(&status);
            status = cm_client_stream_finish(stream);
        }
        cm_client_stream_free(stream);
    }
    cm_channel_free(channel);
    cm_status_prefix(&status, "%s", name);
    return status;
}

cm_status cli_verify(const cli_command *command, const cm_arguments *arguments)
{
    static const char *const services[] = {"registry", "negotiations", "trends"};
    int64_t rows = 0;

    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        CM_TRY(verify_service(arguments, services[i], &rows));
    printf("verified: %lld rows, every hash is what was recorded\n", (long long)rows);
    return cm_ok();
}
