#include "cli/cli_export.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/cli_rows.h"
#include "cli/exp_geonames.h"
#include "journal/cm_journal_service.h"

const cm_option cli_export_options[] = {
    CLI_ADDRESSES,
    {.name = "filter", .kind = CM_OPTION_TEXT, .value = "FILTER", .help = "only those that it fits: kind = \"city\""},
    {.name = "output",
     .letter = 'o',
     .kind = CM_OPTION_TEXT,
     .value = "FORMAT",
     .preset = "json",
     .choices = "json|csv|geonames|geonames-names",
     .help = "a line of JSON each, or CSV; of actors also the cities as GeoNames' dump or alternate names have them"},
    {NULL},
};

/* What becomes of each resource. */
typedef cm_status (*put_resource)(void *context, const ProtobufCMessage *resource);

static cm_status put_page(put_resource put, void *context, const ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *list = NULL;

    for (unsigned i = 0; i < response->descriptor->n_fields && !list; i++)
        if (response->descriptor->fields[i].label == PROTOBUF_C_LABEL_REPEATED)
            list = &response->descriptor->fields[i];
    ProtobufCMessage **items = *(ProtobufCMessage ***)cm_field_at(response, list);
    for (size_t i = 0; i < cm_field_count(response, list); i++)
        CM_TRY(put(context, items[i]));
    return cm_ok();
}

static ProtobufCMessage *page_request(const cli_export_query *query, const cli_kind *kind,
                                      const ProtobufCMessageDescriptor *message, const char *token, cm_arena *arena)
{
    ProtobufCMessage *request = cm_message_new(arena, message);

    if (*kind->parent)
        cm_message_set_string(request, "parent", kind->parent);
    cm_message_set_string(request, "page_token", token);
    cm_message_set_string(request, "filter", query->filter);
    *(int32_t *)cm_field_at(request, cm_message_field(message, "page_size")) = 1000;
    if (query->as_of)
        *(GoogleTimestamp **)cm_field_at(request, cm_message_field(message, "as_of")) =
            cm_journal_timestamp(query->as_of, arena);
    return request;
}

static cm_status each(const cli_export_query *query, const cli_kind *kind, put_resource put, void *context)
{
    const cm_method_desc *method = cli_kind_method(kind, kind->list);
    CM_ARENA(arena);
    CM_FREE char *token = cm_strdup("");

    do {
        cm_arena_reset(arena);
        ProtobufCMessage *response;
        CM_TRY(cm_channel_unary(query->channel, method, NULL, page_request(query, kind, method->request, token, arena),
                                arena, &response));
        CM_TRY(put_page(put, context, response));
        free(token);
        token = cm_strdup(cm_message_string(response, "next_page_token"));
    } while (*token);
    return cm_ok();
}

typedef struct rows {
    FILE *out;
    cli_format format;
} rows;

static cm_status put_row(void *context, const ProtobufCMessage *resource)
{
    const rows *to = context;

    return cli_rows_put(to->out, to->format, resource);
}

cm_status cli_export_kind(const cli_export_query *query, const cli_kind *kind, FILE *out, cli_format format)
{
    rows to = {out, format};

    cli_rows_head(out, format, kind->message);
    return each(query, kind, put_row, &to);
}

static cm_status put_place(void *context, const ProtobufCMessage *resource)
{
    exp_geonames_put(context, (const RegActor *)resource);
    return cm_ok();
}

static cm_status export_geonames(const cli_export_query *query, const cli_kind *kind, const char *output)
{
    exp_geonames *to = exp_geonames_new(stdout, strcmp(output, "geonames-names") == 0);
    cm_status status = each(query, kind, put_place, to);

    exp_geonames_end(to);
    return status;
}

cm_status cli_export(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words, *filter = cm_arguments_text(arguments, "filter");
    const char *output = cm_arguments_text(arguments, "output");
    bool geonames = strncmp(output, "geonames", 8) == 0;
    cli_export_query query = {.filter = filter ? filter : ""};

    cm_arguments_words(arguments, &words);
    const cli_kind *kind = cli_kind_find(words[0]);
    if (!kind) {
        char list[256] = "";
        for (const cli_kind *k = cli_kinds; k->plural; k++)
            strcat(strcat(list, k == cli_kinds ? "" : ", "), k->plural);
        return cm_fail(CM_INVALID_ARGUMENT, "export: '%s' is no kind; give one of %s", words[0], list);
    }
    if (geonames && kind->message != &RegActor_descriptor)
        return cm_fail(CM_INVALID_ARGUMENT, "--output: %s is of cities; export actors, or give json or csv", output);
    CM_TRY(cli_channel(arguments, kind->registry ? "registry" : "negotiations", &query.channel));
    cm_status status =
        geonames ? export_geonames(&query, kind, output) : cli_export_kind(&query, kind, stdout, cli_format_of(output));
    if (cm_is_ok(status))
        status = cli_rows_end(stdout, "standard output");
    cm_channel_free(query.channel);
    return status;
}
