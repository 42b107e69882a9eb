#include "cli/cli_rpc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_output.h"

const cm_option cli_rpc_options[] = {
    CLI_ADDRESSES,
    CLI_OUTPUT,
    {.name = "json",
     .kind = CM_OPTION_TEXT,
     .value = "JSON",
     .help = "the request as protobuf JSON; @FILE reads it from a file, @- from standard input"},
    {.name = "set",
     .letter = 's',
     .kind = CM_OPTION_REPEATED,
     .value = "FIELD=VALUE",
     .help = "one field of the request, such as filter='kind = \"city\"' or page_size=5; may be given again"},
    {NULL},
};

/* "GetActor" ↔ "get-actor". */
static bool same_method(const char *word, const char *name)
{
    for (; *name; name++) {
        if (isupper((unsigned char)*name)) {
            if (word[0] == '-')
                word++;
            if (tolower((unsigned char)*name) != *word++)
                return false;
        } else if (*name != *word++) {
            return false;
        }
    }
    return *word == '\0';
}

static void list_methods_of(const char *word, const cm_service_desc *desc, FILE *out)
{
    for (size_t i = 0; i < desc->count; i++) {
        fprintf(out, "  cityneg %s ", word);
        for (const char *c = desc->methods[i].name; *c; c++) {
            if (isupper((unsigned char)*c) && c != desc->methods[i].name)
                putc('-', out);
            putc(tolower((unsigned char)*c), out);
        }
        putc('\n', out);
    }
}

/* Its own methods, and those of the journal that every service has. */
static void list_methods(const cli_service *service, FILE *out)
{
    list_methods_of(service->word, service->desc, out);
    list_methods_of(service->word, &jrn_journal_service_desc, out);
}

static const cm_method_desc *method_of(const cm_service_desc *desc, const char *word)
{
    for (size_t i = 0; i < desc->count; i++)
        if (same_method(word, desc->methods[i].name))
            return &desc->methods[i];
    return NULL;
}

static const cm_method_desc *find_method(const cli_service *service, const char *word)
{
    const cm_method_desc *method = method_of(service->desc, word);

    return method ? method : method_of(&jrn_journal_service_desc, word);
}

static cm_status read_all(const char *path, char **text)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    size_t size = 0, capacity = 0;
    char *data = NULL;

    if (!file)
        return cm_fail(CM_NOT_FOUND, "--json: %s cannot be read", path);
    do {
        CM_GROW(data, capacity, size + 4097);
        size += fread(data + size, 1, 4096, file);
    } while (!feof(file) && !ferror(file));
    data[size] = '\0';
    if (file != stdin)
        fclose(file);
    *text = data;
    return cm_ok();
}

static cm_status request_json(const cm_arguments *arguments, json_t **json)
{
    const char *given = cm_arguments_text(arguments, "json");
    CM_FREE char *text = NULL;
    json_error_t error;

    if (!given) {
        *json = json_object();
        return cm_ok();
    }
    if (given[0] == '@')
        CM_TRY(read_all(given + 1, &text));
    *json = json_loads(text ? text : given, 0, &error);
    if (!*json)
        return cm_fail(CM_INVALID_ARGUMENT, "--json: line %d: %s", error.line, error.text);
    return cm_ok();
}

/* A value typed on the command line in the field's JSON type. */
static cm_status value_json(const ProtobufCFieldDescriptor *field, const char *text, json_t **value)
{
    json_error_t error;

    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_ENUM:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_UINT64:
            *value = json_string_nocheck(text); /* whether it is UTF-8 the service judges */
            break;
        case PROTOBUF_C_TYPE_MESSAGE: /* a time and a mask are texts in JSON; other messages begin with a brace */
            *value = strchr("{[", text[0]) ? json_loads(text, 0, &error) : json_string_nocheck(text);
            if (!*value)
                return cm_invalid(field->name, "'%s' is not a JSON value of this field", text);
            break;
        default:
            *value = json_loads(text, JSON_DECODE_ANY, &error);
            if (!*value)
                return cm_invalid(field->name, "'%s' is not a JSON value of this field", text);
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED && !json_is_array(*value)) {
        json_t *list = json_array();
        json_array_append_new(list, *value);
        *value = list;
    }
    return cm_ok();
}

static cm_status set_field(json_t *json, const ProtobufCMessageDescriptor *d, const char *name, const char *text)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(d, name);
    json_t *value;

    if (!field)
        return cm_fail(CM_INVALID_ARGUMENT, "%s has no field '%s'", d->short_name, name);
    CM_TRY(value_json(field, text, &value));
    json_t *before = json_object_get(json, name);
    if (before && json_is_array(before) && json_is_array(value)) {
        json_array_extend(before, value);
        json_decref(value);
    } else {
        json_object_set_new(json, name, value);
    }
    return cm_ok();
}

/* The operand after the method is the name, or else the parent. */
static cm_status set_operand(json_t *json, const ProtobufCMessageDescriptor *d, const char *operand)
{
    if (cm_message_field(d, "name"))
        return set_field(json, d, "name", operand);
    if (cm_message_field(d, "parent"))
        return set_field(json, d, "parent", operand);
    return cm_fail(CM_INVALID_ARGUMENT, "%s takes neither name nor parent: '%s' makes no sense here", d->short_name,
                   operand);
}

static cm_status make_request(const cm_method_desc *method, const cm_arguments *arguments, cm_arena *arena,
                              ProtobufCMessage **request)
{
    const char *const *words, *const *sets;
    int count = cm_arguments_words(arguments, &words), set_count = cm_arguments_list(arguments, "set", &sets);
    json_t *json;

    CM_TRY(request_json(arguments, &json));
    cm_status status = count > 1 ? set_operand(json, method->request, words[1]) : cm_ok();
    for (int i = 0; cm_is_ok(status) && i < set_count; i++) {
        const char *equal = strchr(sets[i], '=');
        if (!equal) {
            status = cm_fail(CM_INVALID_ARGUMENT, "--set: '%s' is not FIELD=VALUE", sets[i]);
            break;
        }
        CM_FREE char *name = cm_strndup(sets[i], (size_t)(equal - sets[i]));
        status = set_field(json, method->request, name, equal + 1);
    }
    if (cm_is_ok(status) && cm_message_field(method->request, "request_id") && !json_object_get(json, "request_id") &&
        !json_object_get(json, "requestId")) {
        char id[CM_UUID_TEXT];
        json_object_set_new(json, "request_id", json_string(cm_uuid_format(cm_uuid_random(), id)));
    }
    if (cm_is_ok(status))
        status = cm_message_from_json(method->request, json, arena, request);
    json_decref(json);
    return status;
}

static cm_status call_stream(cm_channel *channel, const cm_method_desc *method, const ProtobufCMessage *request,
                             cli_format format, cm_arena *arena)
{
    cm_client_stream *stream;
    ProtobufCMessage *message;

    CM_TRY(cm_channel_stream(channel, method, NULL, &stream));
    cm_status status = cm_client_stream_send(stream, request);
    if (cm_is_ok(status))
        status = cm_client_stream_close_send(stream);
    while (cm_is_ok(status)) {
        status = cm_client_stream_receive(stream, arena, &message);
        if (!cm_is_ok(status) || !message)
            break;
        status = cli_print(stdout, format, message);
        fflush(stdout);
    }
    cm_status_clear(&status); /* the stream's own end tells what became of it */
    status = cm_client_stream_finish(stream);
    cm_client_stream_free(stream);
    return status;
}

cm_status cli_rpc(const cli_command *command, const cm_arguments *arguments)
{
    const cli_service *service = command->data;
    const char *const *words;
    cli_format format = cli_format_of(cm_arguments_text(arguments, "output"));
    CM_ARENA(arena);
    ProtobufCMessage *request, *response;
    cm_channel *channel;

    if (cm_arguments_words(arguments, &words) == 0) {
        list_methods(service, stdout);
        return cm_ok();
    }
    const cm_method_desc *method = find_method(service, words[0]);
    if (!method) {
        list_methods(service, stderr);
        return cm_fail(CM_INVALID_ARGUMENT, "%s has no method '%s'; the methods are above", service->word, words[0]);
    }
    CM_TRY(make_request(method, arguments, arena, &request));
    CM_TRY(cli_channel(arguments, service->word, &channel));
    cm_status status;
    if (method->kind == CM_UNARY) {
        status = cm_channel_unary(channel, method, NULL, request, arena, &response);
        if (cm_is_ok(status))
            status = cli_print(stdout, format, response);
    } else {
        status = call_stream(channel, method, request, format, arena);
    }
    cm_channel_free(channel);
    if (!cm_is_ok(status))
        cm_status_prefix(&status, "%s", cm_code_name(status.code));
    return status;
}
