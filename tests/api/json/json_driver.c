/* Writes and reads messages as JSON for a test that compares with another implementation. Each line of its input is
 * answered by one line:
 *     write MESSAGE HEX     the packed message as JSON
 *     read MESSAGE JSON     the bytes of what the JSON says, in hexadecimal
 * An answer that begins with `!` says why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "json_roots.h"

enum { FOUND_MOST = 1000 };

typedef struct found {
    const ProtobufCMessageDescriptor *messages[FOUND_MOST];
    size_t count;
} found;

static const ProtobufCMessageDescriptor *find(const found *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->messages[i]->name, name) == 0)
            return f->messages[i];
    return NULL;
}

/* A message, and all that it holds. */
static void add(found *f, const ProtobufCMessageDescriptor *message)
{
    if (find(f, message->name) || f->count == FOUND_MOST)
        return;
    f->messages[f->count++] = message;
    for (unsigned i = 0; i < message->n_fields; i++)
        if (message->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            add(f, message->fields[i].descriptor);
}

static void add_service(found *f, const cm_service_desc *service)
{
    for (size_t i = 0; i < service->count; i++) {
        add(f, service->methods[i].request);
        add(f, service->methods[i].response);
    }
}

static cm_bytes of_hex(const char *hex, cm_arena *arena)
{
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = cm_arena_take(arena, size + 1);
    char pair[3] = "";

    for (size_t i = 0; i < size; i++) {
        memcpy(pair, hex + 2 * i, 2);
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (cm_bytes){bytes, size};
}

static cm_status do_write(const ProtobufCMessageDescriptor *descriptor, const char *hex, cm_arena *arena)
{
    ProtobufCMessage *message;
    json_t *json;

    CM_TRY(cm_message_unpack(descriptor, of_hex(hex, arena), arena, &message));
    CM_TRY(cm_message_to_json(message, &json));
    CM_FREE char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    puts(text);
    return cm_ok();
}

static cm_status read_parsed(const ProtobufCMessageDescriptor *descriptor, const json_t *json, cm_arena *arena)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_from_json(descriptor, json, arena, &message));
    cm_bytes packed = cm_message_pack(message, arena);
    for (size_t i = 0; i < packed.size; i++)
        printf("%02x", packed.data[i]);
    putchar('\n');
    return cm_ok();
}

static cm_status do_read(const ProtobufCMessageDescriptor *descriptor, const char *text, cm_arena *arena)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

    if (!json)
        return cm_fail(CM_INVALID_ARGUMENT, "%s", error.text);
    cm_status s = read_parsed(descriptor, json, arena);
    json_decref(json);
    return s;
}

static cm_status answer(const found *f, char *line)
{
    CM_ARENA(arena);
    char *what = strtok(line, " "), *name = strtok(NULL, " "), *rest = strtok(NULL, "");
    const ProtobufCMessageDescriptor *descriptor = name ? find(f, name) : NULL;

    if (!descriptor)
        return cm_fail(CM_NOT_FOUND, "there is no message %s", name ? name : "");
    return strcmp(what, "write") == 0 ? do_write(descriptor, rest ? rest : "", arena)
                                      : do_read(descriptor, rest ? rest : "", arena);
}

int main(void)
{
    found f = {.count = 0};
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    for (const ProtobufCMessageDescriptor *const *root = json_roots; *root; root++)
        add(&f, *root);
    for (const cm_service_desc *const *service = json_services; *service; service++)
        add_service(&f, *service);
    while ((size = getline(&line, &room, stdin)) > 0) {
        if (line[size - 1] == '\n')
            line[size - 1] = '\0';
        cm_status s = answer(&f, line);
        if (!cm_is_ok(s))
            printf("! %s\n", cm_status_message(s));
        cm_status_clear(&s);
        fflush(stdout);
    }
    free(line);
    return 0;
}
