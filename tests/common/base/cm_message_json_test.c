#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "sample.pb-c.h"

typedef Cityneg__Testing__Base__Sample Sample;
#define SAMPLE (&cityneg__testing__base__sample__descriptor)

static cm_status read(cm_arena *arena, const char *text, Sample **sample)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    ProtobufCMessage *message = NULL;

    if (!json)
        fail_msg("%s: %s", error.text, text);
    cm_status s = cm_message_from_json(SAMPLE, json, arena, &message);
    json_decref(json);
    *sample = (Sample *)message;
    return s;
}

static char *written(cm_arena *arena, const Sample *sample)
{
    json_t *json;

    check_ok(cm_message_to_json(&sample->base, &json));
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *kept = cm_arena_strdup(arena, text);
    free(text);
    json_decref(json);
    return kept;
}

/* What is read from `text` is written as `canonical`, and that comes back as itself, also through the wire. */
static void check_round(const char *text, const char *canonical)
{
    CM_ARENA(arena);
    Sample *sample, *again;
    ProtobufCMessage *unpacked;

    check_ok(read(arena, text, &sample));
    assert_string_equal(written(arena, sample), canonical);
    check_ok(read(arena, canonical, &again));
    assert_string_equal(written(arena, again), canonical);
    check_ok(cm_message_unpack(SAMPLE, cm_message_pack(&sample->base, arena), arena, &unpacked));
    assert_string_equal(written(arena, (Sample *)unpacked), canonical);
}

static void every_kind_of_field_has_its_canonical_form(void **state)
{
    static const char *const rows[] = {
        "{}",
        "{\"int32Field\":-2147483648,\"sint32Field\":2147483647,\"sfixed32Field\":-1}",
        "{\"int64Field\":\"-9223372036854775808\",\"sint64Field\":\"9223372036854775807\",\"sfixed64Field\":\"-1\"}",
        "{\"uint32Field\":4294967295,\"fixed32Field\":1}",
        "{\"uint64Field\":\"18446744073709551615\",\"fixed64Field\":\"1\"}",
        "{\"floatField\":0.5,\"doubleField\":-1.25}",
        "{\"floatField\":\"NaN\",\"doubleField\":\"-Infinity\"}",
        "{\"boolField\":true,\"name\":\"Нижний \\\"Новгород\\\"\",\"bytesField\":\"+/8=\"}",
        "{\"channel\":\"CHANNEL_IN_PERSON\",\"party\":{}}",
        "{\"channel\":77}",
        "{\"party\":{\"actor\":\"a\",\"roles\":[\"host\",\"\"],\"delegate\":{\"delegate\":{\"rank\":1}}}}",
        "{\"numbers\":[0,1,-2],\"names\":[\"\"],\"blobs\":[\"\",\"Zg==\"]}",
        "{\"channels\":[\"CHANNEL_UNSPECIFIED\",\"CHANNEL_HYBRID\",9],\"parties\":[{},{\"actor\":\"b\"}]}",
        "{\"weights\":[0.0,\"Infinity\"],\"flags\":[true,false]}",
        "{\"chosenName\":\"\"}",
        "{\"chosenNumber\":\"0\"}",
        "{\"chosenParty\":{\"rank\":3}}",
        "{\"maybeText\":\"\",\"maybeNumber\":\"0\",\"maybeFlag\":false}",
        "{\"labels\":{\"en\":\"Paris\",\"ru\":\"Париж\"}}",
        "{\"partiesById\":{\"-5\":{\"rank\":1},\"7\":{}},\"weightBySide\":{\"true\":0.5,\"false\":0.0}}",
        "{\"address2\":\"Bâtiment B\"}",
    };

    for (size_t i = 0; i < CHECK_COUNT(rows); i++)
        check_round(rows[i], rows[i]);
}

static void timestamps_durations_and_masks_have_forms_of_their_own(void **state)
{
    check_round("{\"created\":\"2026-11-24T09:14:12Z\"}", "{\"created\":\"2026-11-24T09:14:12Z\"}");
    check_round("{\"created\":\"2026-11-24T12:14:12.5+03:00\"}", "{\"created\":\"2026-11-24T09:14:12.500Z\"}");
    check_round("{\"created\":\"1969-12-31T23:59:59.000000001Z\"}", "{\"created\":\"1969-12-31T23:59:59.000000001Z\"}");
    check_round("{\"created\":\"0001-01-01T00:00:00.000001Z\"}", "{\"created\":\"0001-01-01T00:00:00.000001Z\"}");
    check_round("{\"created\":\"9999-12-31T23:59:59.999999999Z\"}", "{\"created\":\"9999-12-31T23:59:59.999999999Z\"}");
    check_round("{\"created\":\"1970-01-01T00:00:00Z\"}", "{\"created\":\"1970-01-01T00:00:00Z\"}");
    check_round("{\"taken\":\"1.5s\"}", "{\"taken\":\"1.500s\"}");
    check_round("{\"taken\":\"-0.000001s\"}", "{\"taken\":\"-0.000001s\"}");
    check_round("{\"taken\":\"-315576000000s\"}", "{\"taken\":\"-315576000000s\"}");
    check_round("{\"taken\":\"0s\"}", "{\"taken\":\"0s\"}");
    check_round("{\"updateMask\":\"name,party.actor,maybe_text\"}", "{\"updateMask\":\"name,party.actor,maybeText\"}");
    check_round("{\"updateMask\":\"\"}", "{\"updateMask\":\"\"}");
    check_round("{\"times\":[\"1970-01-01T00:00:01Z\"]}", "{\"times\":[\"1970-01-01T00:00:01Z\"]}");
}

static void reading_takes_other_forms_too(void **state)
{
    check_round("{\"int32_field\":5,\"maybe_text\":\"x\",\"address_2\":\"y\"}",
                "{\"int32Field\":5,\"maybeText\":\"x\",\"address2\":\"y\"}");
    check_round("{\"int32Field\":\"5\",\"int64Field\":-5,\"uint64Field\":5.0,\"uint32Field\":\"1e3\"}",
                "{\"int32Field\":5,\"int64Field\":\"-5\",\"uint32Field\":1000,\"uint64Field\":\"5\"}");
    check_round("{\"doubleField\":3,\"floatField\":\"0.25\"}", "{\"floatField\":0.25,\"doubleField\":3.0}");
    check_round("{\"channel\":1,\"channels\":[\"hybrid\"]}",
                "{\"channel\":\"CHANNEL_IN_PERSON\",\"channels\":[\"CHANNEL_HYBRID\"]}");
    check_round("{\"bytesField\":\"-_8\"}", "{\"bytesField\":\"+/8=\"}");
    check_round("{\"name\":null,\"int64Field\":null,\"party\":null,\"names\":null,\"labels\":null,\"created\":null,"
                "\"maybeText\":null,\"chosenName\":null,\"chosenNumber\":\"1\"}",
                "{\"chosenNumber\":\"1\"}");
}

static void floats_are_written_as_they_are_read(void **state)
{
    CM_ARENA(arena);
    Sample *s = cm_message_new(arena, SAMPLE);
    json_t *json;

    s->float_field = 0.1f;
    check_ok(cm_message_to_json(&s->base, &json));
    assert_true(json_real_value(json_object_get(json, "floatField")) == 0.1);
    json_decref(json);
    s->float_field = FLT_MAX;
    check_ok(cm_message_to_json(&s->base, &json));
    assert_true((float)json_real_value(json_object_get(json, "floatField")) == FLT_MAX);
    json_decref(json);
}

static void what_is_wrong_is_named_by_path_value_and_what_is_right(void **state)
{
    static const struct {
        const char *json, *field, *part;
    } rows[] = {
        {"{\"nothing\":1}", "nothing", "Sample has no such field; it has int32_field"},
        {"{\"party\":{\"x\":1}}", "party.x", "Party has no such field; it has actor"},
        {"{\"int32Field\":2147483648}", "int32_field", "2147483648 is not right"},
        {"{\"int32Field\":1.5}", "int32_field", "1.5 is not right"},
        {"{\"int32Field\":\"\"}", "int32_field", "a whole number from -2147483648"},
        {"{\"int32Field\":\" 5\"}", "int32_field", "\" 5\""},
        {"{\"int32Field\":true}", "int32_field", "true is not right"},
        {"{\"uint32Field\":-1}", "uint32_field", "-1"},
        {"{\"uint64Field\":\"18446744073709551616\"}", "uint64_field", "18446744073709551616"},
        {"{\"int64Field\":\"9223372036854775808\"}", "int64_field", "9223372036854775808"},
        {"{\"int64Field\":1e19}", "int64_field", "64 bits"},
        {"{\"floatField\":1e39}", "float_field", "3.4e38"},
        {"{\"doubleField\":\"1e999\"}", "double_field", "give a number"},
        {"{\"doubleField\":\"nan\"}", "double_field", "give a number"},
        {"{\"boolField\":\"true\"}", "bool_field", "give true or false"},
        {"{\"name\":5}", "name", "give a string"},
        {"{\"name\":\"a\\u0000b\"}", "name", "NUL"},
        {"{\"bytesField\":\"#\"}", "bytes_field", "base64"},
        {"{\"channel\":\"telepathy\"}", "channel", "\"telepathy\" is not allowed; give one of in_person"},
        {"{\"channel\":\"\"}", "channel", "the name of a value"},
        {"{\"party\":\"a\"}", "party", "a Party is an object"},
        {"{\"numbers\":5}", "numbers", "give an array"},
        {"{\"numbers\":[1,null]}", "numbers[1]", "null is not right"},
        {"{\"parties\":[{},{\"delegate\":{\"rank\":\"x\"}}]}", "parties[1].delegate.rank", "\"x\""},
        {"{\"labels\":[]}", "labels", "give an object"},
        {"{\"labels\":{\"en\":5}}", "labels[\"en\"]", "give a string"},
        {"{\"partiesById\":{\"x\":{}}}", "parties_by_id[\"x\"]", "\"x\""},
        {"{\"weightBySide\":{\"left\":1}}", "weight_by_side[\"left\"]", "true or false"},
        {"{\"chosenName\":\"a\",\"chosenNumber\":1}", "chosen_number", "chosen_name is given too; give one of them"},
        {"{\"int32Field\":1,\"int32_field\":1}", "int32_field", "given twice"},
        {"{\"created\":5}", "created", "a Timestamp is a string"},
        {"{\"created\":\"2026-11-24\"}", "created", "\"2026-11-24\" is no time"},
        {"{\"taken\":\"1.5\"}", "taken", "\"1.5\" is no duration"},
        {"{\"taken\":\"--1s\"}", "taken", "no duration"},
        {"{\"taken\":\"1.s\"}", "taken", "no duration"},
        {"{\"taken\":\"315576000001s\"}", "taken", "no duration"},
        {"{\"maybeNumber\":\"x\"}", "maybe_number", "64 bits"},
    };
    CM_ARENA(arena);
    Sample *sample;

    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        cm_status s = read(arena, rows[i].json, &sample);
        if (cm_is_ok(s))
            fail_msg("%s was taken", rows[i].json);
        check_field(s, rows[i].field);
        check_fails(s, CM_INVALID_ARGUMENT, rows[i].part);
    }
    check_fails(read(arena, "[]", &sample), CM_INVALID_ARGUMENT, "a Sample is an object in JSON");
}

static void what_has_no_json_is_an_error_that_names_it(void **state)
{
    CM_ARENA(arena);
    Sample *s = cm_message_new(arena, SAMPLE);
    json_t *json;

    s->name = cm_arena_strdup(arena, "\xff");
    check_fails(cm_message_to_json(&s->base, &json), CM_INVALID_ARGUMENT, "name: the text is not UTF-8");
    s = cm_message_new(arena, SAMPLE);
    s->created = cm_message_new(arena, cm_message_field(SAMPLE, "created")->descriptor);
    s->created->seconds = INT64_C(253402300800);
    check_fails(cm_message_to_json(&s->base, &json), CM_INVALID_ARGUMENT, "created: 253402300800 s");
    s->created->seconds = 0;
    s->created->nanos = -1;
    check_fails(cm_message_to_json(&s->base, &json), CM_INVALID_ARGUMENT, "-1 ns");
    s->created = NULL;
    s->taken = cm_message_new(arena, cm_message_field(SAMPLE, "taken")->descriptor);
    s->taken->seconds = 1;
    s->taken->nanos = -1;
    check_fails(cm_message_to_json(&s->base, &json), CM_INVALID_ARGUMENT, "taken: 1 s and -1 ns");
}

static void doubles_come_back_to_the_last_bit(void **state)
{
    uint64_t seed = 754;

    for (int i = 0; i < 5000; i++) {
        CM_ARENA(arena);
        Sample *s = cm_message_new(arena, SAMPLE), *back;
        uint64_t bits = check_random(&seed);
        memcpy(&s->double_field, &bits, sizeof bits);
        memcpy(&s->float_field, &bits, sizeof s->float_field);
        check_ok(read(arena, written(arena, s), &back));
        assert_true(back->double_field == s->double_field || isnan(s->double_field));
        assert_true(back->float_field == s->float_field || isnan(s->float_field));
    }
}

/* A random value of JSON with the names of fields in it, at most `depth` deep. */
static json_t *random_json(uint64_t *seed, int depth)
{
    static const char *const texts[] = {"",
                                        "5",
                                        "-1",
                                        "1e5",
                                        "NaN",
                                        "true",
                                        "CHANNEL_VIRTUAL",
                                        "Zg==",
                                        "1970-01-01T00:00:00Z",
                                        "1.5s",
                                        "name,party.actor",
                                        "x"};
    uint64_t kind = check_random(seed) % (depth > 0 ? 9 : 6);

    if (kind == 0)
        return json_null();
    if (kind == 1)
        return json_boolean(check_random(seed) % 2);
    if (kind == 2)
        return json_integer((json_int_t)check_random(seed) >> (check_random(seed) % 64));
    if (kind == 3)
        return json_real((double)(int64_t)check_random(seed) / 1e9);
    if (kind <= 5)
        return json_string(texts[check_random(seed) % CHECK_COUNT(texts)]);
    json_t *into = kind == 6 ? json_array() : json_object();
    for (uint64_t n = check_random(seed) % 4; n > 0; n--) {
        const ProtobufCMessageDescriptor *d =
            check_random(seed) % 2 ? SAMPLE : &cityneg__testing__base__party__descriptor;
        json_t *item = random_json(seed, depth - 1);
        if (kind == 6)
            json_array_append_new(into, item);
        else
            json_object_set_new(into, d->fields[check_random(seed) % d->n_fields].name, item);
    }
    return into;
}

static void random_json_is_refused_or_comes_back(void **state)
{
    uint64_t seed = 8259;
    int fine = 0;

    for (int round = 0; round < 40000; round++) {
        CM_ARENA(arena);
        json_t *json = random_json(&seed, 3), *first, *second;
        ProtobufCMessage *message, *again;
        cm_status s = cm_message_from_json(SAMPLE, json, arena, &message);
        json_decref(json);
        if (!cm_is_ok(s)) {
            assert_int_equal(s.code, CM_INVALID_ARGUMENT);
            cm_status_clear(&s);
            continue;
        }
        fine++;
        check_ok(cm_message_to_json(message, &first));
        check_ok(cm_message_from_json(SAMPLE, first, arena, &again));
        check_ok(cm_message_to_json(again, &second));
        assert_true(json_equal(first, second));
        json_decref(first);
        json_decref(second);
    }
    assert_in_range(fine, 1000, 39000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_field_has_its_canonical_form),
        cmocka_unit_test(timestamps_durations_and_masks_have_forms_of_their_own),
        cmocka_unit_test(reading_takes_other_forms_too),
        cmocka_unit_test(floats_are_written_as_they_are_read),
        cmocka_unit_test(what_is_wrong_is_named_by_path_value_and_what_is_right),
        cmocka_unit_test(what_has_no_json_is_an_error_that_names_it),
        cmocka_unit_test(doubles_come_back_to_the_last_bit),
        cmocka_unit_test(random_json_is_refused_or_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
