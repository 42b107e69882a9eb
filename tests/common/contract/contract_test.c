/* The contract's service: what it answers is what the program was built with, whole and readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cityneg/events/v1/contract.grpc-c.h"
#include "contract/cm_contract.h"
#include "rpc/cm_channel.h"
#include "rpc/cm_server.h"

static void contract_is_served(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_service service = cm_contract_service();
    EvtGetContractRequest request;
    EvtGetContractResponse *response = NULL;
    char target[64];
    cm_channel *channel;
    cm_server *server;
    CM_ARENA(arena);

    assert_true(cm_is_ok(cm_server_new(&(cm_server_options){.listen = listen}, &server)));
    assert_true(cm_is_ok(cm_server_add(server, &service)));
    assert_true(cm_is_ok(cm_server_start(server)));
    snprintf(target, sizeof target, "127.0.0.1:%d", cm_server_port(server, 0));
    assert_true(cm_is_ok(cm_channel_new(target, NULL, &channel)));
    EvtGetContractRequest_init(&request);
    assert_true(cm_is_ok(evt_contract_service_get_contract(channel, NULL, &request, arena, &response)));
    assert_string_equal(response->version, cm_contract_version);
    assert_int_equal(response->file_descriptor_set.len, cm_contract_descriptors_size);
    assert_memory_equal(response->file_descriptor_set.data, cm_contract_descriptors, cm_contract_descriptors_size);
    json_t *document = json_loads(response->asyncapi, 0, NULL);
    assert_non_null(document);
    assert_string_equal(json_string_value(json_object_get(document, "asyncapi")), "3.0.0");
    assert_string_equal(json_string_value(json_object_get(json_object_get(document, "info"), "version")),
                        cm_contract_version);
    json_decref(document);
    cm_channel_free(channel);
    cm_server_drain(server, 0, 0);
    cm_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(contract_is_served)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
