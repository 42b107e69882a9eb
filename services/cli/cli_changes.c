#include "cli/cli_changes.h"

#include <string.h>

#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_rows.h"

const cm_option cli_changes_options[] = {
    CLI_ADDRESSES,
    {.name = "since",
     .kind = CM_OPTION_TEXT,
     .value = "POSITION",
     .help = "what this command told last; where it is left out, all from the first change on"},
    {.name = "filter",
     .kind = CM_OPTION_TEXT,
     .value = "FILTER",
     .help = "only those that it fits: event.entry.kind = statement; erasures always"},
    {.name = "follow", .letter = 'f', .kind = CM_OPTION_FLAG, .help = "go on with what is recorded from now on"},
    {.name = "output",
     .letter = 'o',
     .kind = CM_OPTION_TEXT,
     .value = "FORMAT",
     .preset = "json",
     .choices = "json|csv",
     .help =
         "a line of JSON each, with lines {\"position\": …} between them; or CSV, with the last position on stderr"},
    {NULL},
};

/* A position stands behind what it covers, so that who is cut off goes on at the last one that it has. */
static cm_status put(const JrnWatchChangesResponse *response, cli_format format)
{
    for (size_t i = 0; i < response->n_changes; i++)
        CM_TRY(cli_rows_put(stdout, format, &response->changes[i]->base));
    if (format == CLI_JSON)
        printf("{\"position\":\"%s\"}\n", response->position);
    return cli_rows_end(stdout, "standard output");
}

static cm_status receive_all(cm_client_stream *stream, cli_format format, char **position)
{
    CM_ARENA(arena);
    JrnWatchChangesResponse *response;

    while (true) {
        cm_arena_reset(arena);
        CM_TRY(jrn_journal_service_watch_changes_receive(stream, arena, &response));
        if (!response)
            return cm_ok();
        CM_TRY(put(response, format));
        free(*position);
        *position = cm_strdup(response->position);
    }
}

static cm_status export_changes(cm_channel *channel, const JrnWatchChangesRequest *request, cli_format format)
{
    CM_FREE char *position = cm_strdup(request->position);
    cm_client_stream *stream;

    CM_TRY(jrn_journal_service_watch_changes_open(channel, NULL, request, &stream));
    cli_rows_head(stdout, format, &JrnChange_descriptor);
    cm_status s = receive_all(stream, format, &position);
    if (!cm_is_ok(s))
        cm_client_stream_cancel(stream);
    cm_status end = cm_client_stream_finish(stream);
    cm_client_stream_free(stream);
    if (!cm_is_ok(s)) { /* what happened here tells more than the cancelling */
        cm_status_clear(&end);
        return s;
    }
    if (format == CLI_CSV)
        fprintf(stderr, "position %s\n", position);
    return end;
}

cm_status cli_changes(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words, *since = cm_arguments_text(arguments, "since");
    const char *filter = cm_arguments_text(arguments, "filter");
    JrnWatchChangesRequest request;
    cm_channel *channel;

    cm_arguments_words(arguments, &words);
    if (strcmp(words[0], "registry") != 0 && strcmp(words[0], "negotiations") != 0 && strcmp(words[0], "trends") != 0)
        return cm_fail(CM_INVALID_ARGUMENT, "export changes: '%s' is no service; give registry, negotiations or trends",
                       words[0]);
    JrnWatchChangesRequest_init(&request);
    request.position = (char *)(since ? since : "");
    request.filter = (char *)(filter ? filter : "");
    request.follow = cm_arguments_flag(arguments, "follow");
    CM_TRY(cli_channel(arguments, words[0], &channel));
    cm_status s = export_changes(channel, &request, cli_format_of(cm_arguments_text(arguments, "output")));
    cm_channel_free(channel);
    return s;
}
