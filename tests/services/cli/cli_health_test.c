/* `cityneg health` against a real server on a free port: what it says of each state, and that it fails for all but one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli_health.h"
#include "rpc/cm_server.h"

typedef struct bed {
    cm_server *server;
    char address[32];
} bed;

static int start(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    static bed b;

    cm_status status = cm_server_new(&(cm_server_options){.listen = listen}, &b.server);
    if (cm_is_ok(status))
        status = cm_server_start(b.server);
    assert_true(cm_is_ok(status));
    snprintf(b.address, sizeof b.address, "127.0.0.1:%d", cm_server_port(b.server, 0));
    *state = &b;
    return 0;
}

static int stop(void **state)
{
    bed *b = *state;

    cm_server_drain(b->server, 0, 1000);
    cm_server_free(b->server);
    return 0;
}

static cm_status ask(const char *address, const char *service)
{
    char *words[] = {"health", (char *)address, (char *)service};
    cm_arguments *arguments;

    cm_status status = cm_arguments_parse(cli_health_options, service ? 3 : 2, words, &arguments);
    assert_true(cm_is_ok(status));
    status = cli_health(&(cli_command){.words = "health"}, arguments);
    cm_arguments_free(arguments);
    return status;
}

static void assert_fails(cm_status status, cm_code code, const char *text)
{
    assert_string_equal(cm_code_name(status.code), cm_code_name(code));
    assert_non_null(strstr(cm_status_message(status), text));
    cm_status_clear(&status);
}

static void health_is_fine_for_a_server_that_serves(void **state)
{
    bed *b = *state;

    assert_true(cm_is_ok(ask(b->address, NULL)));
    assert_true(cm_is_ok(ask(b->address, "")));
}

static void health_fails_naming_server_and_state_when_it_does_not_serve(void **state)
{
    bed *b = *state;

    cm_server_set_serving(b->server, "", false);
    assert_fails(ask(b->address, NULL), CM_UNAVAILABLE, "the server is NOT_SERVING");
    assert_fails(ask(b->address, NULL), CM_UNAVAILABLE, b->address);
    cm_server_set_serving(b->server, "", true);
    assert_true(cm_is_ok(ask(b->address, NULL)));
}

static void health_fails_for_a_service_that_the_server_lacks(void **state)
{
    bed *b = *state;

    assert_fails(ask(b->address, "no.Such"), CM_NOT_FOUND, "no.Such");
}

static void health_fails_where_nobody_listens(void **state)
{
    assert_fails(ask("127.0.0.1:1", NULL), CM_UNAVAILABLE, "127.0.0.1:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_is_fine_for_a_server_that_serves),
        cmocka_unit_test(health_fails_naming_server_and_state_when_it_does_not_serve),
        cmocka_unit_test(health_fails_for_a_service_that_the_server_lacks),
        cmocka_unit_test(health_fails_where_nobody_listens),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
