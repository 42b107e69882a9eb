/* protoc-gen-grpc-c: a plugin of protoc. It reads one CodeGeneratorRequest from standard input and answers with the
 * short names, services, clients and descriptors of each file, in C (see rpc/cm_service.h for what they look like).
 * Its parameter is a list `package=Alias,…`. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cm_memory.h"
#include "gen_file.h"
#include "gen_model.h"
#include "gen_names.h"

typedef Google__Protobuf__Compiler__CodeGeneratorRequest Request;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse Response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File ResponseFile;

static void read_all(FILE *in, cm_text *bytes)
{
    char block[1 << 16];
    size_t count;

    while ((count = fread(block, 1, sizeof block, in)) > 0)
        cm_text_bytes(bytes, block, count);
}

static void add_file(Response *response, cm_arena *arena, const char *name, const char *end, cm_text *content)
{
    ResponseFile *file = cm_arena_take(arena, sizeof *file);

    google__protobuf__compiler__code_generator_response__file__init(file);
    file->name = cm_arena_format(arena, "%s%s", gen_stem(arena, name), end);
    file->content = cm_arena_strndup(arena, cm_text_get(content), content->size);
    response->file[response->n_file++] = file;
    cm_text_clear(content);
}

static cm_status generate(const gen_model *model, Response *response)
{
    CM_AUTO(cm_text) text = {0};

    response->file = cm_arena_take(model->arena, 2 * model->request->n_file_to_generate * sizeof *response->file);
    for (size_t i = 0; i < model->request->n_file_to_generate; i++) {
        const char *name = model->request->file_to_generate[i];
        const gen_file *file = gen_model_file(model, name);
        if (!file)
            return cm_fail(CM_INVALID_ARGUMENT, "%s is to be generated, but protoc did not send it", name);
        gen_file_header(model, file, &text);
        add_file(response, model->arena, name, ".grpc-c.h", &text);
        CM_TRY(gen_file_source(model, file, &text));
        add_file(response, model->arena, name, ".grpc-c.c", &text);
    }
    return cm_ok();
}

static int write_response(const Response *response)
{
    size_t size = google__protobuf__compiler__code_generator_response__get_packed_size(response);
    CM_FREE uint8_t *bytes = cm_alloc(size);

    google__protobuf__compiler__code_generator_response__pack(response, bytes);
    if (fwrite(bytes, 1, size, stdout) == size && fflush(stdout) == 0)
        return EXIT_SUCCESS;
    perror("protoc-gen-grpc-c: the answer could not be written");
    return EXIT_FAILURE;
}

int main(void)
{
    CM_ARENA(arena);
    CM_AUTO(cm_text) input = {0};
    Response response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    gen_model model = {0};

    read_all(stdin, &input);
    Request *request = google__protobuf__compiler__code_generator_request__unpack(cm_arena_allocator(arena), input.size,
                                                                                  (const uint8_t *)cm_text_get(&input));
    if (!request) {
        fprintf(stderr,
                "protoc-gen-grpc-c: %zu bytes on standard input are no request of protoc; it is run as "
                "`protoc --grpc-c_out=DIR FILE.proto`\n",
                input.size);
        return EXIT_FAILURE;
    }
    cm_status outcome = gen_model_init(&model, request, arena);
    if (cm_is_ok(outcome))
        outcome = generate(&model, &response);
    if (!cm_is_ok(outcome)) {
        response.n_file = 0;
        response.error = cm_arena_strdup(arena, cm_status_message(outcome));
    }
    int code = write_response(&response);
    cm_status_clear(&outcome);
    gen_model_clear(&model);
    return code;
}
