/* reg_served.h: the registry on a real server with its journal, as other services and command lines call it. Reach for
 * it where a test needs what surrounds handlers: the wire, interceptors, lanes. */
#ifndef REG_SERVED_H
#define REG_SERVED_H

#include "reg_bed.h"

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "journal/cm_standard.h"
#include "rpc/cm_server.h"

typedef struct served {
    reg_bed *bed;
    cm_server *server;
    cm_channel *channel;
} served;

static inline int served_set_up(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    served *s = cm_alloc(sizeof *s);

    bed_set_up((void **)&s->bed);
    cm_interceptor around[] = {cm_standard_interceptor()};
    cm_server_options options = {.listen = listen,
                                 .interceptors = around,
                                 .interceptor_count = 1,
                                 .lanes = {[CM_READER] = cm_journal_readers(s->bed->journal),
                                           [CM_WRITER] = cm_journal_writer(s->bed->journal),
                                           [CM_BACKGROUND] = cm_journal_readers(s->bed->journal)}};
    assert_ok(cm_server_new(&options, &s->server));
    assert_ok(cm_server_add(s->server, &s->bed->service));
    assert_ok(cm_server_start(s->server));
    CM_FREE char *target = cm_format("127.0.0.1:%d", cm_server_port(s->server, 0));
    assert_ok(cm_channel_new(target, NULL, &s->channel));
    *state = s;
    return 0;
}

static inline int served_tear_down(void **state)
{
    served *s = *state;

    cm_channel_free(s->channel);
    cm_server_drain(s->server, 0, 5000);
    cm_server_free(s->server);
    bed_tear_down((void **)&s->bed);
    free(s);
    return 0;
}

#define SERVED_TEST(name) cmocka_unit_test_setup_teardown(name, served_set_up, served_tear_down)

#endif
