/* What is logged of calls. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "rpc/cm_rpc_log.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

static cm_status say(echo_server *echo, cm_code code, cm_arena *arena)
{
    static const char header[] = "00-" TRACE "-00f067aa0ba902b7-01";
    const cm_metadatum trace = {"traceparent", header, sizeof header - 1};
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response;

    if (code) {
        request->failure = CM_NEW(arena, EchoFailure);
        request->failure->code = code;
        request->failure->message = cm_arena_strdup(arena, "as asked for");
    }
    return echo_echo_service_say(echo->channel, &(cm_call_options){.metadata = &trace, .metadata_count = 1}, request,
                                 arena, &response);
}

/* The lines about calls that a server writes while it serves three, one of them a fault of its own; as JSON. */
static json_t *lines_of(cm_rpc_log what)
{
    CM_ARENA(arena);
    cm_interceptor log = cm_rpc_log_server(what);
    echo_server echo;
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    char line[2048];
    json_t *lines = json_array();

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    echo_start(&echo, &(cm_server_options){.interceptors = &log, .interceptor_count = 1});
    ASSERT_OK(say(&echo, CM_OK, arena));
    ASSERT_FAILS(say(&echo, CM_NOT_FOUND, arena), CM_NOT_FOUND, "");
    ASSERT_FAILS(say(&echo, CM_INTERNAL, arena), CM_INTERNAL, "");
    echo_stop(&echo);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        if (strcmp(json_string_value(json_object_get(json, "msg")), "call") == 0)
            json_array_append_new(lines, json);
        else
            json_decref(json);
    }
    fclose(file);
    return lines;
}

static const char *value(const json_t *lines, size_t index, const char *key)
{
    return json_string_value(json_object_get(json_array_get(lines, index), key));
}

static void every_call_is_a_line_with_its_trace(void **state)
{
    static const char *const codes[] = {"OK", "NOT_FOUND", "INTERNAL"};
    json_t *lines = lines_of(CM_RPC_LOG_ALL);

    assert_int_equal(json_array_size(lines), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(value(lines, i, "method"), "/cityneg.testing.echo.EchoService/Say");
        assert_string_equal(value(lines, i, "code"), codes[i]);
        assert_string_equal(value(lines, i, "message"), i > 0 ? "as asked for" : "");
        assert_string_equal(value(lines, i, "level"), i == 2 ? "error" : "info");
        assert_string_equal(value(lines, i, "trace_id"), TRACE);
        assert_string_equal(value(lines, i, "identity"), "anonymous");
        assert_non_null(strstr(value(lines, i, "peer"), "127.0.0.1"));
        assert_true(atof(value(lines, i, "ms")) > 0);
    }
    json_decref(lines);
}

static void errors_alone_are_those_of_the_server(void **state)
{
    json_t *lines = lines_of(CM_RPC_LOG_ERRORS);

    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(value(lines, 0, "code"), "INTERNAL");
    json_decref(lines);
    lines = lines_of(CM_RPC_LOG_NOTHING);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
}

static int use_json(void **state)
{
    cm_log_start("echo", CM_INFO);
    cm_log_json(true);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_a_line_with_its_trace),
        cmocka_unit_test(errors_alone_are_those_of_the_server),
    };

    return cmocka_run_group_tests(tests, use_json, NULL);
}
