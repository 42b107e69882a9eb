/* What protoc-gen-grpc-c makes of names that are hard to spell, and of wrong parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "base/cm_text.h"
#include "odd.grpc-c.h"

static void aliases_name_protobuf_c_s_own_types(void **state)
{
    OddHTTPServer2Go message;
    OddHTTPServer2GoInnerMessage inner;

    OddHTTPServer2Go_init(&message);
    OddHTTPServer2GoInnerMessage_init(&inner);
    message.in = &inner;
    message.my_choice_case = ODD_HTTPSERVER2_GO_MY_CHOICE_IN;
    assert_string_equal(message.base.descriptor->name, "cityneg.testing.odd_names.v1beta2.HTTPServer2Go");
    assert_ptr_equal(message.base.descriptor, &OddHTTPServer2Go_descriptor);
    assert_int_equal(ODD_HTTPSERVER2_GO_MY_CHOICE_NOT_SET, 0);
    assert_int_equal(ODD_HTTPSERVER2_GO_MY_CHOICE_VALUE_2D, 4);
    assert_int_equal(ODD_HTTP_KIND_default, 1);
    assert_string_equal(OddHTTPKind2Go_descriptor.name, "cityneg.testing.odd_names.v1beta2.HTTPKind2Go");
}

static void values_of_one_name_are_told_apart_by_their_messages(void **state)
{
    assert_int_equal(ODD_HTTPSERVER2_GO_INNER_MESSAGE_ZERO, 0);
    assert_int_equal(ODD_HTTPSERVER2_GO_OTHER_ZERO, 0);
    assert_int_equal(ODD_ONE, 1);
}

static void methods_keep_their_kind_and_their_path(void **state)
{
    const cm_method_desc *methods = odd_register_desc.methods;

    assert_int_equal(odd_register_desc.count, 3);
    assert_string_equal(methods[0].path, "/cityneg.testing.odd_names.v1beta2.register/GetIt");
    assert_int_equal(methods[0].kind, CM_UNARY);
    assert_false(methods[0].idempotent);
    assert_int_equal(methods[1].kind, CM_SERVER_STREAM);
    assert_ptr_equal(methods[1].response, &GoogleStringValue_descriptor);
    assert_int_equal(methods[2].kind, CM_CLIENT_STREAM);
    assert_true(methods[2].idempotent);
    assert_int_equal(odd_nothing_desc.count, 0);
}

static cm_status say(cm_call *call, const OddHTTPServer2Go *request, OddHTTPServer2Go *response)
{
    response->my_choice_case = ODD_HTTPSERVER2_GO_MY_CHOICE_SOME_NAME;
    response->somename = cm_arena_strdup(cm_call_arena(call), "called");
    return cm_ok();
}

static void a_row_is_called_through_the_types_taken_off(void **state)
{
    static const OddRegister rows = {.get_it = {.handler = say, .lane = CM_READER, .largest = 7, .role = CM_MAY_READ}};
    cm_service service = odd_register(&rows, NULL);
    cm_call *call = cm_call_new_local(NULL, NULL, NULL);
    OddHTTPServer2Go request, response;

    OddHTTPServer2Go_init(&request);
    OddHTTPServer2Go_init(&response);
    cm_status outcome = service.rows[0].invoke(service.rows[0].handler, call, &request.base, &response.base);
    assert_true(cm_is_ok(outcome));
    assert_string_equal(response.somename, "called");
    assert_int_equal(service.rows[0].lane, CM_READER);
    assert_int_equal(service.rows[0].largest, 7);
    assert_null(service.rows[1].message);
    cm_call_unref(call);
}

static void a_file_s_descriptor_names_the_file_and_what_it_imports(void **state)
{
    assert_string_equal(cm_proto_odd.name, "odd.proto");
    assert_ptr_equal(cm_proto_odd.imports[0], &cm_proto_google__protobuf__wrappers);
    assert_null(cm_proto_odd.imports[1]);
    assert_ptr_equal(odd_register_desc.file, &cm_proto_odd);
}

static char *run(const char *parameter, cm_text *said)
{
    char line[512], command[1024];

    snprintf(command, sizeof command,
             "d=$(mktemp -d) && protoc --plugin=protoc-gen-grpc-c=" CITYNEG_BIN_DIR
             "/protoc-gen-grpc-c -I" CITYNEG_SOURCE_DIR
             "/tests/common/rpc/plugin -I/usr/include --grpc-c_opt='%s' --grpc-c_out=$d odd.proto more.proto 2>&1; "
             "r=$?; rm -rf $d; exit $r",
             parameter);
    FILE *out = popen(command, "r");
    while (fgets(line, sizeof line, out))
        cm_text_add(said, line);
    assert_int_not_equal(pclose(out), 0);
    return said->data;
}

static void a_parameter_that_is_no_alias_is_refused(void **state)
{
    cm_text said = {0};

    assert_non_null(strstr(run("plugins=grpc,x", &said), "'x' is no alias"));
    cm_text_clear(&said);
    assert_non_null(strstr(run("a.b=9x", &said), "'a.b=9x' is no alias"));
    cm_text_clear(&said);
}

static void two_types_of_one_alias_are_refused(void **state)
{
    cm_text said = {0};

    assert_non_null(strstr(run("cityneg.testing.odd_names.v1beta2=X,cityneg.testing.more=XHTTPServer2Go", &said),
                           "would both be called XHTTPServer2GoOther"));
    cm_text_clear(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_name_protobuf_c_s_own_types),
        cmocka_unit_test(values_of_one_name_are_told_apart_by_their_messages),
        cmocka_unit_test(methods_keep_their_kind_and_their_path),
        cmocka_unit_test(a_row_is_called_through_the_types_taken_off),
        cmocka_unit_test(a_file_s_descriptor_names_the_file_and_what_it_imports),
        cmocka_unit_test(a_parameter_that_is_no_alias_is_refused),
        cmocka_unit_test(two_types_of_one_alias_are_refused),
    };

    return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
