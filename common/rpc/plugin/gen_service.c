#include "gen_service.h"

#include "gen_names.h"

const char *gen_service_type(const gen_model *model, const gen_file *file, const gen_service *service)
{
    return cm_arena_format(model->arena, "%s%s", gen_model_alias(model, file->package),
                           gen_camel(model->arena, service->name));
}

const char *gen_service_lower(const gen_model *model, const gen_file *file, const gen_service *service)
{
    return cm_arena_format(model->arena, "%s_%s", gen_lower(model->arena, gen_model_alias(model, file->package)),
                           gen_lower(model->arena, service->name));
}

gen_method_names gen_method_spell(const gen_model *model, const char *service_lower, const gen_method *method)
{
    const gen_type *request = gen_model_type(model, method->input_type);
    const gen_type *response = gen_model_type(model, method->output_type);
    const char *lower = gen_lower(model->arena, method->name);

    return (gen_method_names){
        .name = method->name,
        .row = lower,
        .function = cm_arena_format(model->arena, "%s_%s", service_lower, lower),
        .request = request->alias,
        .response = response->alias,
        .request_descriptor =
            cm_arena_format(model->arena, "%s__descriptor", gen_full_lower(model->arena, request->full_name)),
        .response_descriptor =
            cm_arena_format(model->arena, "%s__descriptor", gen_full_lower(model->arena, response->full_name)),
        .client_streams = method->client_streaming,
        .server_streams = method->server_streaming,
        .idempotent = method->options && method->options->idempotency_level !=
                                             GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENCY_UNKNOWN,
    };
}

static void emit_row(const gen_method_names *m, cm_text *out)
{
    if (m->client_streams || m->server_streams)
        GEN_EMIT(out,
                 "    struct {\n"
                 "        cm_status (*open)(cm_call *call);\n"
                 "        cm_status (*message)(cm_call *call, const $request$ *request);\n"
                 "        cm_status (*half_close)(cm_call *call);\n"
                 "        cm_status (*writable)(cm_call *call);\n"
                 "        void (*done)(cm_call *call, cm_code code);\n"
                 "        CM_METHOD_RULES;\n"
                 "    } $row$;\n",
                 "request", m->request, "row", m->row);
    else
        GEN_EMIT(out,
                 "    struct {\n"
                 "        cm_status (*handler)(cm_call *call, const $request$ *request, $response$ *response);\n"
                 "        cm_status (*prepare)(cm_call *call, const $request$ *request);\n"
                 "        CM_METHOD_RULES;\n"
                 "    } $row$;\n",
                 "request", m->request, "response", m->response, "row", m->row);
}

static void emit_stubs(const gen_method_names *m, cm_text *out)
{
    const char *const pairs[] = {"function", m->function, "request", m->request, "response", m->response, NULL};

    if (!m->client_streams && !m->server_streams) {
        gen_emit(
            out,
            "\ncm_status $function$(cm_channel *channel, const cm_call_options *options, const $request$ *request,\n"
            "    cm_arena *arena, $response$ **response) CM_MUST_USE;\n",
            pairs);
        return;
    }
    gen_emit(out, "\nbool $function$_send(cm_call *call, const $response$ *response);\n", pairs);
    if (!m->client_streams) {
        gen_emit(
            out,
            "cm_status $function$_open(cm_channel *channel, const cm_call_options *options, const $request$ *request,\n"
            "    cm_client_stream **stream) CM_MUST_USE;\n",
            pairs);
    } else {
        gen_emit(out,
                 "cm_status $function$_open(cm_channel *channel, const cm_call_options *options,\n"
                 "    cm_client_stream **stream) CM_MUST_USE;\n"
                 "cm_status $function$_send_request(cm_client_stream *stream, const $request$ *request) CM_MUST_USE;\n",
                 pairs);
    }
    if (m->server_streams)
        gen_emit(out,
                 "cm_status $function$_receive(cm_client_stream *stream, cm_arena *arena, $response$ **response) "
                 "CM_MUST_USE;\n",
                 pairs);
    else
        gen_emit(out,
                 "cm_status $function$_close_and_receive(cm_client_stream *stream, cm_arena *arena,\n"
                 "    $response$ **response) CM_MUST_USE;\n",
                 pairs);
}

void gen_service_header(const gen_model *model, const gen_file *file, const gen_service *service, cm_text *out)
{
    const char *type = gen_service_type(model, file, service), *lower = gen_service_lower(model, file, service);

    GEN_EMIT(out, "\n/* ---- service $name$ ---- */\n\ntypedef struct $type$ {\n", "name", service->name, "type", type);
    for (size_t i = 0; i < service->n_method; i++) {
        gen_method_names m = gen_method_spell(model, lower, service->method[i]);
        emit_row(&m, out);
    }
    GEN_EMIT(out,
             "$empty$} $type$;\n\n"
             "extern const cm_service_desc $lower$_desc;\n"
             "cm_service $lower$(const $type$ *rows, void *state);\n",
             "type", type, "lower", lower, "empty", service->n_method ? "" : "    char none;\n");
    for (size_t i = 0; i < service->n_method; i++) {
        gen_method_names m = gen_method_spell(model, lower, service->method[i]);
        emit_stubs(&m, out);
    }
}
