/* cityneg-contract: the contract's files from a FileDescriptorSet that protoc made with imports and comments.
 *
 *     cityneg-contract SET FOLDER
 *
 * writes FOLDER/contract.binpb (the set without comments), FOLDER/asyncapi.json, and FOLDER/contract_data.c, which has
 * both for common/contract/cm_contract.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "con_asyncapi.h"

static cm_status read_set(const char *path, con_set **set)
{
    char block[65536];
    CM_AUTO(cm_text) bytes = {0};
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file)
        return cm_fail(CM_NOT_FOUND, "%s: %s", path, strerror(errno));
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        cm_text_bytes(&bytes, block, got);
    fclose(file);
    *set = google__protobuf__file_descriptor_set__unpack(NULL, bytes.size, (const uint8_t *)cm_text_get(&bytes));
    return *set ? cm_ok() : cm_fail(CM_INVALID_ARGUMENT, "%s is no FileDescriptorSet", path);
}

static cm_status write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    CM_FREE char *path = cm_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be written: %s", path, strerror(errno));
    return cm_ok();
}

static void add_array(cm_text *code, const char *type, const char *name, const void *bytes, size_t size)
{
    cm_text_format(code, "const %s %s[] = {", type, name);
    for (size_t i = 0; i < size; i++)
        cm_text_format(code, "%s%u,", i % 24 ? "" : "\n", ((const unsigned char *)bytes)[i]);
    cm_text_add(code, "0};\n");
}

static cm_status write_code(const char *folder, const uint8_t *set, size_t size, const char *document)
{
    CM_AUTO(cm_text) code = {0};

    cm_text_add(&code,
                "#include \"contract/cm_contract.h\"\nconst char cm_contract_version[] = \"" CON_VERSION "\";\n");
    add_array(&code, "unsigned char", "cm_contract_descriptors", set, size);
    cm_text_format(&code, "const size_t cm_contract_descriptors_size = %zu;\n", size);
    add_array(&code, "char", "cm_contract_asyncapi", document, strlen(document));
    return write_file(folder, "contract_data.c", cm_text_get(&code), code.size);
}

/* Comments are in the document; a consumer's copy of the set does without. */
static void drop_comments(con_set *set)
{
    for (size_t i = 0; i < set->n_file; i++)
        if (set->file[i]->source_code_info) {
            google__protobuf__source_code_info__free_unpacked(set->file[i]->source_code_info, NULL);
            set->file[i]->source_code_info = NULL;
        }
}

static cm_status make(const char *path, const char *folder)
{
    con_set *set;
    json_t *document;

    CM_TRY(read_set(path, &set));
    CM_TRY(con_asyncapi(set, &document));
    CM_FREE char *text = json_dumps(document, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    json_decref(document);
    drop_comments(set);
    size_t size = google__protobuf__file_descriptor_set__get_packed_size(set);
    CM_FREE uint8_t *packed = cm_alloc(size);
    google__protobuf__file_descriptor_set__pack(set, packed);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    CM_TRY(write_file(folder, "contract.binpb", packed, size));
    CM_TRY(write_file(folder, "asyncapi.json", text, strlen(text)));
    return write_code(folder, packed, size, text);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: cityneg-contract SET FOLDER\n");
        return 2;
    }
    cm_status s = make(argv[1], argv[2]);
    if (cm_is_ok(s))
        return 0;
    fprintf(stderr, "cityneg-contract: %s\n", cm_status_message(s));
    cm_status_clear(&s);
    return 1;
}
