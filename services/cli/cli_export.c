#include "cli/cli_export.h"

#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/cli_kinds.h"

const cm_option cli_export_options[] = {
    CLI_ADDRESSES,
    {.name = "filter", .kind = CM_OPTION_TEXT, .value = "FILTER", .help = "only those that it fits: kind = \"city\""},
    {NULL},
};

static cm_status print_lines(const ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *list = NULL;

    for (unsigned i = 0; i < response->descriptor->n_fields && !list; i++)
        if (response->descriptor->fields[i].label == PROTOBUF_C_LABEL_REPEATED)
            list = &response->descriptor->fields[i];
    ProtobufCMessage **items = *(ProtobufCMessage ***)cm_field_at(response, list);
    for (size_t i = 0; i < cm_field_count(response, list); i++) {
        json_t *json;
        CM_TRY(cm_message_to_json(items[i], &json));
        json_dumpf(json, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(json);
    }
    return cm_ok();
}

static cm_status export_all(cm_channel *channel, const cli_kind *kind, const char *filter)
{
    const cm_method_desc *method = cli_kind_method(kind, kind->list);
    CM_ARENA(arena);
    CM_FREE char *token = cm_strdup("");

    do {
        cm_arena_reset(arena);
        ProtobufCMessage *request = cm_message_new(arena, method->request), *response;
        if (*kind->parent)
            cm_message_set_string(request, "parent", kind->parent);
        cm_message_set_string(request, "page_token", token);
        cm_message_set_string(request, "filter", filter ? filter : "");
        *(int32_t *)cm_field_at(request, cm_message_field(method->request, "page_size")) = 1000;
        CM_TRY(cm_channel_unary(channel, method, NULL, request, arena, &response));
        CM_TRY(print_lines(response));
        free(token);
        token = cm_strdup(cm_message_string(response, "next_page_token"));
    } while (*token);
    return cm_ok();
}

cm_status cli_export(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    cm_channel *channel;

    cm_arguments_words(arguments, &words);
    const cli_kind *kind = cli_kind_find(words[0]);
    if (!kind) {
        char list[256] = "";
        for (const cli_kind *k = cli_kinds; k->plural; k++)
            strcat(strcat(list, k == cli_kinds ? "" : ", "), k->plural);
        return cm_fail(CM_INVALID_ARGUMENT, "export: '%s' is no kind; give one of %s", words[0], list);
    }
    CM_TRY(cli_channel(arguments, kind->registry ? "registry" : "negotiations", &channel));
    cm_status status = export_all(channel, kind, cm_arguments_text(arguments, "filter"));
    cm_channel_free(channel);
    return status;
}
