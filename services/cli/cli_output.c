#include "cli/cli_output.h"

#include <jansson.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"

cli_format cli_format_of(const char *name)
{
    return strcmp(name, "json") == 0 ? CLI_JSON : strcmp(name, "csv") == 0 ? CLI_CSV : CLI_TABLE;
}

static void print_json(FILE *out, json_t *json)
{
    json_dumpf(json, out, JSON_INDENT(2));
    putc('\n', out);
}

/* A JSON value in one field: text as it is, lists joined by semicolons, objects as compact JSON. */
static char *flat(json_t *value)
{
    if (json_is_string(value))
        return cm_strdup(json_string_value(value));
    if (json_is_true(value) || json_is_false(value))
        return cm_strdup(json_is_true(value) ? "true" : "false");
    if (json_is_array(value)) {
        cm_text text = {0};
        size_t i;
        json_t *item;
        json_array_foreach (value, i, item) {
            CM_FREE char *part = flat(item);
            if (i)
                cm_text_char(&text, ';');
            cm_text_add(&text, part);
        }
        return text.data ? text.data : cm_strdup("");
    }
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return dumped ? dumped : cm_strdup("");
}

/* The items' columns: the keys that any of them has, in the message's order as far as the items show it. */
static int columns_of(json_t *items, const char ***columns)
{
    const char **keys = NULL;
    size_t count = 0, capacity = 0, i;
    json_t *item, *value;
    const char *key;

    json_array_foreach (items, i, item) {
        json_object_foreach (item, key, value) {
            size_t k = 0;
            while (k < count && strcmp(keys[k], key) != 0)
                k++;
            if (k == count) {
                CM_GROW(keys, capacity, count + 1);
                keys[count++] = key;
            }
        }
    }
    *columns = keys;
    return (int)count;
}

static void print_items(FILE *out, cli_format format, json_t *items)
{
    const char **columns;
    int count = columns_of(items, &columns);
    size_t i;
    json_t *item;

    if (count == 0) {
        free(columns);
        return;
    }
    cli_grid *grid = cli_grid_new(count, columns);
    CM_FREE char **fields = cm_alloc((size_t)count * sizeof *fields);
    json_array_foreach (items, i, item) {
        for (int c = 0; c < count; c++) {
            json_t *value = json_object_get(item, columns[c]);
            fields[c] = value ? flat(value) : cm_strdup("");
        }
        cli_grid_row(grid, (const char *const *)fields);
        for (int c = 0; c < count; c++)
            free(fields[c]);
    }
    cli_grid_print(grid, out, format);
    cli_grid_free(grid);
    free(columns);
}

/* A single object: a row for each field; in CSV its fields are columns. */
static void print_object(FILE *out, cli_format format, json_t *object)
{
    if (format == CLI_CSV) {
        json_t *items = json_array();
        json_array_append(items, object);
        print_items(out, format, items);
        json_decref(items);
        return;
    }
    cli_grid *grid = cli_grid_new(2, (const char *const[]){"field", "value"});
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value) {
        CM_FREE char *text = flat(value);
        cli_grid_row(grid, (const char *const[]){key, text});
    }
    cli_grid_print(grid, out, format);
    cli_grid_free(grid);
}

/* The answer's list, where it is one: its first repeated field of messages, if no other field of it holds messages. */
static const ProtobufCFieldDescriptor *list_of(const ProtobufCMessageDescriptor *d)
{
    const ProtobufCFieldDescriptor *list = NULL;
    size_t length = strlen(d->short_name);

    if (length < 8 || strcmp(d->short_name + length - 8, "Response") != 0)
        return NULL;
    for (unsigned i = 0; i < d->n_fields; i++)
        if (d->fields[i].label == PROTOBUF_C_LABEL_REPEATED && d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE && !list)
            list = &d->fields[i];
    return list;
}

static char *camel(const char *name)
{
    char *out = cm_strdup(name), *to = out;

    for (const char *at = name; *at; at++) {
        if (*at == '_' && at[1] >= 'a' && at[1] <= 'z')
            *to++ = (char)(*++at - 'a' + 'A');
        else
            *to++ = *at;
    }
    *to = '\0';
    return out;
}

cm_status cli_print(FILE *out, cli_format format, const ProtobufCMessage *message)
{
    json_t *json;

    CM_TRY(cm_message_to_json(message, &json));
    const ProtobufCFieldDescriptor *list = list_of(message->descriptor);
    if (format == CLI_JSON) {
        print_json(out, json);
    } else if (list) {
        CM_FREE char *key = camel(list->name);
        json_t *items = json_object_get(json, key);
        if (items)
            print_items(out, format, items);
        json_t *next = json_object_get(json, "nextPageToken");
        if (next && format == CLI_TABLE)
            fprintf(out, "… more: --page-token %s\n", json_string_value(next));
    } else {
        print_object(out, format, json);
    }
    json_decref(json);
    return cm_ok();
}
