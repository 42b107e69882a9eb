#include "gen_names.h"
#include "gen_service.h"

enum { METHODS_MAX = 128 }; /* CM_METHODS_MAX of rpc/cm_service.h */

static const char *kind_of(const gen_method_names *m)
{
    if (m->client_streams)
        return m->server_streams ? "CM_BIDI_STREAM" : "CM_CLIENT_STREAM";
    return m->server_streams ? "CM_SERVER_STREAM" : "CM_UNARY";
}

static void emit_trampolines(const gen_method_names *m, cm_text *out)
{
    const char *const pairs[] = {"function", m->function, "request", m->request, "response", m->response, NULL};

    if (!m->client_streams && !m->server_streams)
        gen_emit(out,
                 "\nstatic cm_status $function$_invoke(cm_any_function function, cm_call *call,\n"
                 "    const ProtobufCMessage *request, ProtobufCMessage *response)\n"
                 "{\n"
                 "    typedef cm_status (*handler)(cm_call *, const $request$ *, $response$ *);\n\n"
                 "    return ((handler)function)(call, (const $request$ *)request, ($response$ *)response);\n"
                 "}\n",
                 pairs);
    gen_emit(out,
             "\nstatic cm_status $function$_invoke_request(cm_any_function function, cm_call *call,\n"
             "    const ProtobufCMessage *request)\n"
             "{\n"
             "    typedef cm_status (*handler)(cm_call *, const $request$ *);\n\n"
             "    return ((handler)function)(call, (const $request$ *)request);\n"
             "}\n",
             pairs);
}

static void emit_row(const gen_method_names *m, const char *lower, const char *index, cm_text *out)
{
    const char *const pairs[] = {"function", m->function, "row", m->row, "lower", lower, "index", index, NULL};

    gen_emit(out, "    service.rows[$index$] = (cm_method_row){\n        .desc = &$lower$_desc.methods[$index$],\n",
             pairs);
    if (m->client_streams || m->server_streams)
        gen_emit(out,
                 "        .message = (cm_any_function)rows->$row$.message,\n"
                 "        .open = rows->$row$.open,\n"
                 "        .half_close = rows->$row$.half_close,\n"
                 "        .writable = rows->$row$.writable,\n"
                 "        .done = rows->$row$.done,\n",
                 pairs);
    else
        gen_emit(out,
                 "        .handler = (cm_any_function)rows->$row$.handler,\n"
                 "        .prepare = (cm_any_function)rows->$row$.prepare,\n"
                 "        .invoke = $function$_invoke,\n",
                 pairs);
    gen_emit(out,
             "        .invoke_request = $function$_invoke_request,\n"
             "        .lane = rows->$row$.lane,\n"
             "        .role = rows->$row$.role,\n"
             "        .touches = rows->$row$.touches,\n"
             "        .largest = rows->$row$.largest,\n"
             "        .endless = rows->$row$.endless,\n"
             "    };\n",
             pairs);
}

static void emit_unary_stub(const gen_method_names *m, const char *desc, cm_text *out)
{
    GEN_EMIT(out,
             "\ncm_status $function$(cm_channel *channel, const cm_call_options *options, const $request$ *request,\n"
             "    cm_arena *arena, $response$ **response)\n"
             "{\n"
             "    ProtobufCMessage *answer = NULL;\n"
             "    cm_status outcome = cm_channel_unary(channel, $desc$, options, &request->base, arena, &answer);\n\n"
             "    *response = ($response$ *)answer;\n"
             "    return outcome;\n"
             "}\n",
             "function", m->function, "request", m->request, "response", m->response, "desc", desc);
}

static void emit_stream_stubs(const gen_method_names *m, const char *desc, cm_text *out)
{
    const char *const pairs[] = {"function",  m->function, "request", m->request, "response",
                                 m->response, "desc",      desc,      NULL};

    gen_emit(out,
             "\nbool $function$_send(cm_call *call, const $response$ *response)\n"
             "{\n"
             "    return cm_call_send(call, &response->base);\n"
             "}\n",
             pairs);
    if (m->client_streams)
        gen_emit(out,
                 "\ncm_status $function$_open(cm_channel *channel, const cm_call_options *options, cm_client_stream "
                 "**stream)\n"
                 "{\n"
                 "    return cm_channel_stream(channel, $desc$, options, stream);\n"
                 "}\n"
                 "\ncm_status $function$_send_request(cm_client_stream *stream, const $request$ *request)\n"
                 "{\n"
                 "    return cm_client_stream_send(stream, &request->base);\n"
                 "}\n",
                 pairs);
    else
        gen_emit(out,
                 "\ncm_status $function$_open(cm_channel *channel, const cm_call_options *options, const $request$ "
                 "*request,\n"
                 "    cm_client_stream **stream)\n"
                 "{\n"
                 "    return cm_channel_server_stream(channel, $desc$, options, &request->base, stream);\n"
                 "}\n",
                 pairs);
    gen_emit(out,
             m->server_streams
                 ? "\ncm_status $function$_receive(cm_client_stream *stream, cm_arena *arena, $response$ **response)\n"
                   "{\n"
                   "    ProtobufCMessage *answer = NULL;\n"
                   "    cm_status outcome = cm_client_stream_receive(stream, arena, &answer);\n\n"
                   "    *response = ($response$ *)answer;\n"
                   "    return outcome;\n"
                   "}\n"
                 : "\ncm_status $function$_close_and_receive(cm_client_stream *stream, cm_arena *arena,\n"
                   "    $response$ **response)\n"
                   "{\n"
                   "    ProtobufCMessage *answer = NULL;\n"
                   "    cm_status outcome = cm_client_stream_close_and_receive(stream, arena, &answer);\n\n"
                   "    *response = ($response$ *)answer;\n"
                   "    return outcome;\n"
                   "}\n",
             pairs);
}

static void emit_desc(const gen_model *model, const gen_file *file, const gen_service *service, const char *lower,
                      cm_text *out)
{
    const char *full = cm_arena_format(model->arena, "%s%s%s", file->package, *file->package ? "." : "", service->name);

    if (service->n_method)
        GEN_EMIT(out, "\nstatic const cm_method_desc $lower$_methods[] = {\n", "lower", lower);
    for (size_t i = 0; i < service->n_method; i++) {
        gen_method_names m = gen_method_spell(model, lower, service->method[i]);
        GEN_EMIT(out,
                 "    {\"$name$\", \"/$full$/$name$\", $kind$, $idempotent$,\n"
                 "     &$request$, &$response$},\n",
                 "name", m.name, "full", full, "kind", kind_of(&m), "idempotent", m.idempotent ? "true" : "false",
                 "request", m.request_descriptor, "response", m.response_descriptor);
    }
    GEN_EMIT(out, "$end$\nconst cm_service_desc $lower$_desc = {\"$full$\", $methods$, $count$, &cm_proto_$symbol$};\n",
             "end", service->n_method ? "};\n" : "", "lower", lower, "full", full, "methods",
             service->n_method ? cm_arena_format(model->arena, "%s_methods", lower) : "NULL", "count",
             cm_arena_format(model->arena, "%zu", service->n_method), "symbol",
             gen_file_symbol(model->arena, file->name));
}

static void emit_constructor(const gen_model *model, const gen_file *file, const gen_service *service,
                             const char *lower, cm_text *out)
{
    GEN_EMIT(out,
             "\ncm_service $lower$(const $type$ *rows, void *state)\n"
             "{\n"
             "    cm_service service = {.desc = &$lower$_desc, .state = state};\n\n",
             "lower", lower, "type", gen_service_type(model, file, service));
    for (size_t i = 0; i < service->n_method; i++) {
        gen_method_names m = gen_method_spell(model, lower, service->method[i]);
        emit_row(&m, lower, cm_arena_format(model->arena, "%zu", i), out);
    }
    cm_text_add(out, service->n_method ? "    return service;\n}\n" : "    (void)rows;\n    return service;\n}\n");
}

cm_status gen_service_source(const gen_model *model, const gen_file *file, const gen_service *service, cm_text *out)
{
    const char *lower = gen_service_lower(model, file, service);

    if (service->n_method > METHODS_MAX)
        return cm_fail(CM_UNIMPLEMENTED, "%s: service %s has %zu methods; split it, %d is the most", file->name,
                       service->name, service->n_method, METHODS_MAX);
    emit_desc(model, file, service, lower, out);
    for (size_t i = 0; i < service->n_method; i++) {
        gen_method_names m = gen_method_spell(model, lower, service->method[i]);
        const char *desc = cm_arena_format(model->arena, "&%s_methods[%zu]", lower, i);
        emit_trampolines(&m, out);
        if (m.client_streams || m.server_streams)
            emit_stream_stubs(&m, desc, out);
        else
            emit_unary_stub(&m, desc, out);
    }
    emit_constructor(model, file, service, lower, out);
    return cm_ok();
}
