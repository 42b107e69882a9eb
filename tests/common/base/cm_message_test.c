#include "check.h"

#include "base/cm_message.h"
#include "sample.pb-c.h"

typedef Cityneg__Testing__Base__Sample Sample;
typedef Cityneg__Testing__Base__Party Party;
#define SAMPLE (&cityneg__testing__base__sample__descriptor)
#define PARTY (&cityneg__testing__base__party__descriptor)
#define CHANNEL (&cityneg__testing__base__channel__descriptor)
#define CHOICE(name) CITYNEG__TESTING__BASE__SAMPLE__CHOICE_##name

static Party *party(cm_arena *arena, const char *actor)
{
    Party *p = cm_message_new(arena, PARTY);

    p->actor = cm_arena_strdup(arena, actor);
    return p;
}

static void *list(cm_arena *arena, size_t count, size_t size, const void *items)
{
    return cm_arena_copy(arena, items, count * size);
}

/* A message with something of every shape. */
static Sample *full(cm_arena *arena)
{
    Sample *s = cm_message_new(arena, SAMPLE);

    s->int32_field = -7;
    s->double_field = 0.5;
    s->name = cm_arena_strdup(arena, "Париж");
    s->bytes_field = (ProtobufCBinaryData){3, cm_arena_copy(arena, "\0\1\2", 3)};
    s->party = party(arena, "cities/paris");
    s->party->delegate = party(arena, "cities/lyon");
    s->n_numbers = 3;
    s->numbers = list(arena, 3, sizeof(int32_t), (int32_t[]){1, -2, 3});
    s->n_names = 2;
    s->names = list(arena, 2, sizeof(char *), (char *[]){cm_arena_strdup(arena, "a"), cm_arena_strdup(arena, "")});
    s->n_blobs = 1;
    s->blobs = list(arena, 1, sizeof(ProtobufCBinaryData), &s->bytes_field);
    s->n_parties = 2;
    s->parties = list(arena, 2, sizeof(Party *), (Party *[]){party(arena, "states/fr"), party(arena, "states/ru")});
    s->choice_case = CHOICE(CHOSEN_NUMBER);
    s->chosen_number = 0;
    return s;
}

static bool same(const void *a, const void *b)
{
    CM_ARENA(arena);
    cm_bytes x = cm_message_pack(a, arena), y = cm_message_pack(b, arena);

    return x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
}

static ProtobufCMessage *unpacked(cm_arena *arena, cm_bytes bytes)
{
    ProtobufCMessage *message;

    check_ok(cm_message_unpack(SAMPLE, bytes, arena, &message));
    return message;
}

static void a_new_message_has_its_defaults(void **state)
{
    CM_ARENA(arena);
    Sample *s = cm_message_new(arena, SAMPLE);

    assert_ptr_equal(s->base.descriptor, SAMPLE);
    assert_string_equal(s->name, "");
    for (unsigned i = 0; i < SAMPLE->n_fields; i++) {
        assert_false(cm_field_is_set(&s->base, &SAMPLE->fields[i]));
        assert_int_equal(cm_field_count(&s->base, &SAMPLE->fields[i]), 0);
    }
    assert_int_equal(cm_message_pack(&s->base, arena).size, 0);
}

static void what_is_packed_comes_back(void **state)
{
    CM_ARENA(arena);
    Sample *s = full(arena);
    Sample *back = (Sample *)unpacked(arena, cm_message_pack(&s->base, arena));

    assert_int_equal(back->int32_field, -7);
    assert_string_equal(back->name, "Париж");
    assert_string_equal(back->party->delegate->actor, "cities/lyon");
    assert_int_equal(back->choice_case, CHOICE(CHOSEN_NUMBER));
    assert_true(same(s, back));
}

static void bytes_that_are_no_message_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *part;
    } rows[] = {
        {"\x08", 1, "no whole field at byte 1 of 1"},                /* a key alone */
        {"\x72\x05Paris\x72\x09Pa", 11, "no whole field at byte 8"}, /* a string that is cut */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "no whole field at byte 1"},
        {"\x00\x00", 2, "no whole field"},                                /* field 0 */
        {"\x0b\x0c", 2, "no whole field"},                                /* groups */
        {"\x0d\x01\x02\x03\x04", 5, "another type"},                      /* 32 bits for a varint */
        {"\x8a\x01\x02\x0a\x05", 5, "are no cityneg.testing.base.Party"}, /* inside party */
    };
    CM_ARENA(arena);

    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        ProtobufCMessage *message;
        cm_bytes bytes = {(const uint8_t *)rows[i].bytes, rows[i].size};
        check_fails(cm_message_unpack(SAMPLE, bytes, arena, &message), CM_INVALID_ARGUMENT, rows[i].part);
    }
}

static void check_wrong_text(cm_arena *arena, Sample *s, const char *path)
{
    ProtobufCMessage *message;
    cm_status wrong = cm_message_unpack(SAMPLE, cm_message_pack(&s->base, arena), arena, &message);

    check_field(wrong, path);
    check_fails(wrong, CM_INVALID_ARGUMENT, "byte 2 (0xff) is not UTF-8");
}

static void a_string_that_is_not_utf8_is_named_by_its_path(void **state)
{
    CM_ARENA(arena);
    Sample *s = full(arena);

    s->name = cm_arena_strdup(arena, "x\xff");
    check_wrong_text(arena, s, "name");
    s = full(arena);
    s->names[1] = cm_arena_strdup(arena, "y\xff");
    check_wrong_text(arena, s, "names[1]");
    s = full(arena);
    s->party->delegate->actor = cm_arena_strdup(arena, "y\xff");
    check_wrong_text(arena, s, "party.delegate.actor");
    s = full(arena);
    s->parties[1]->n_roles = 1;
    s->parties[1]->roles = list(arena, 1, sizeof(char *), (char *[]){cm_arena_strdup(arena, "z\xff")});
    check_wrong_text(arena, s, "parties[1].roles[0]");
}

static void a_string_with_a_nul_is_refused(void **state)
{
    CM_ARENA(arena);
    ProtobufCMessage *message;
    cm_status s = cm_message_unpack(SAMPLE,
                                    (cm_bytes){(const uint8_t *)"\x72\x03"
                                                                "a\0b",
                                               5},
                                    arena, &message);

    check_field(s, "name");
    check_fails(s, CM_INVALID_ARGUMENT, "byte 2 is NUL");
}

static void nesting_is_limited(void **state)
{
    CM_ARENA(arena);
    ProtobufCMessage *message;
    Party *p = party(arena, "inner");

    for (int depth = 1; depth < 99; depth++) {
        Party *outer = party(arena, "");
        outer->delegate = p;
        p = outer;
    }
    Sample *s = cm_message_new(arena, SAMPLE);
    s->party = p;
    check_ok(cm_message_unpack(SAMPLE, cm_message_pack(&s->base, arena), arena, &message));
    s->party = party(arena, "");
    s->party->delegate = p;
    check_fails(cm_message_unpack(SAMPLE, cm_message_pack(&s->base, arena), arena, &message), CM_INVALID_ARGUMENT,
                "deeper than 100");
}

static void random_bytes_never_break_unpacking(void **state)
{
    CM_ARENA(source);
    uint64_t seed = 1;
    cm_bytes right = cm_message_pack(&full(source)->base, source);
    int fine = 0;

    for (int round = 0; round < 30000; round++) {
        CM_ARENA(arena);
        uint8_t *bytes = cm_arena_copy(arena, right.data, right.size);
        size_t size = round % 5 ? right.size : check_random(&seed) % right.size;
        for (int i = 0; i < 1 + round % 4; i++)
            bytes[check_random(&seed) % right.size] = (uint8_t)check_random(&seed);
        ProtobufCMessage *message;
        cm_status s = cm_message_unpack(SAMPLE, (cm_bytes){bytes, size}, arena, &message);
        if (cm_is_ok(s)) {
            fine++;
            assert_true(same(message, cm_message_copy(message, arena)));
        } else {
            assert_int_equal(s.code, CM_INVALID_ARGUMENT);
        }
        cm_status_clear(&s);
    }
    assert_in_range(fine, 300, 29700);
}

static void a_copy_shares_nothing(void **state)
{
    CM_ARENA(arena);
    cm_arena *other = cm_arena_new();
    Sample *s = full(other), *copy = cm_message_copy(&s->base, arena);

    assert_true(same(s, copy));
    s->party->delegate->actor[0] = 'X';
    s->names[0][0] = 'X';
    s->blobs[0].data[0] = 'X';
    s->numbers[0] = 99;
    assert_string_equal(copy->party->delegate->actor, "cities/lyon");
    assert_string_equal(copy->names[0], "a");
    assert_int_equal(copy->blobs[0].data[0], 0);
    assert_int_equal(copy->numbers[0], 1);
    cm_arena_free(other);
    assert_true(same(copy, cm_message_copy(&copy->base, arena)));
}

static void unknown_fields_are_kept_in_copies(void **state)
{
    CM_ARENA(arena);
    cm_bytes bytes = {(const uint8_t *)"\xfa\x3e\x02"
                                       "hi",
                      5}; /* field 1007 */
    ProtobufCMessage *message = unpacked(arena, bytes), *copy = cm_message_copy(message, arena);

    assert_int_equal(copy->n_unknown_fields, 1);
    assert_ptr_not_equal(copy->unknown_fields[0].data, message->unknown_fields[0].data);
    assert_memory_equal(cm_message_pack(copy, arena).data, bytes.data, bytes.size);
}

static void fields_are_found_set_counted_and_cleared(void **state)
{
    CM_ARENA(arena);
    Sample *s = full(arena);
    const ProtobufCFieldDescriptor *numbers = cm_message_field(SAMPLE, "numbers"),
                                   *number = cm_message_field(SAMPLE, "chosen_number"),
                                   *name = cm_message_field(SAMPLE, "chosen_name");

    assert_null(cm_message_field(SAMPLE, "nothing"));
    assert_int_equal(cm_field_count(&s->base, numbers), 3);
    assert_ptr_equal(cm_field_at(&s->base, numbers), &s->numbers);
    assert_int_equal(cm_field_size(numbers), 4);
    assert_true(cm_field_is_set(&s->base, number)); /* 0, but it is the one */
    assert_false(cm_field_is_set(&s->base, name));
    cm_field_clear(&s->base, name); /* not the one: nothing happens */
    assert_true(cm_field_is_set(&s->base, number));
    for (unsigned i = 0; i < SAMPLE->n_fields; i++)
        cm_field_clear(&s->base, &SAMPLE->fields[i]);
    assert_true(same(s, cm_message_new(arena, SAMPLE)));
    assert_string_equal(s->name, "");
}

static void fields_are_assigned_one_by_one(void **state)
{
    CM_ARENA(arena);
    Sample *from = full(arena), *to = cm_message_new(arena, SAMPLE);

    to->choice_case = CHOICE(CHOSEN_NAME);
    to->chosen_name = cm_arena_strdup(arena, "old");
    to->name = cm_arena_strdup(arena, "old");
    for (unsigned i = 0; i < SAMPLE->n_fields; i++)
        cm_field_assign(&to->base, &from->base, &SAMPLE->fields[i]);
    assert_true(same(from, to));
    assert_ptr_equal(to->party, from->party);
    cm_field_assign(&to->base, &to->base, cm_message_field(SAMPLE, "name"));
    assert_string_equal(to->name, "Париж");
    from->name = NULL;
    cm_field_assign(&to->base, &from->base, cm_message_field(SAMPLE, "name"));
    assert_string_equal(to->name, "");
}

static void strings_are_read_and_written_by_name(void **state)
{
    CM_ARENA(arena);
    Sample *s = full(arena);

    assert_string_equal(cm_message_string(&s->base, "name"), "Париж");
    assert_string_equal(cm_message_string(&s->base, "chosen_name"), ""); /* the oneof holds a number */
    assert_string_equal(cm_message_string(&s->base, "names"), "");
    assert_string_equal(cm_message_string(&s->base, "int32_field"), "");
    assert_string_equal(cm_message_string(&s->base, "nothing"), "");
    cm_message_set_string(&s->base, "chosen_name", "by name");
    assert_int_equal(s->choice_case, CHOICE(CHOSEN_NAME));
    assert_string_equal(cm_message_string(&s->base, "chosen_name"), "by name");
    cm_message_set_string(&s->base, "nothing", "x");
    s->name = NULL;
    assert_string_equal(cm_message_string(&s->base, "name"), "");
}

static void enums_are_codes_in_files(void **state)
{
    CM_ARENA(arena);
    int value = -1;

    check_ok(cm_enum_parse(CHANNEL, "in_person", &value));
    assert_int_equal(value, 1);
    check_ok(cm_enum_parse(CHANNEL, "CHANNEL_HYBRID", &value));
    assert_int_equal(value, 5);
    check_ok(cm_enum_parse(CHANNEL, "", &value));
    assert_int_equal(value, 0);
    check_fails(cm_enum_parse(CHANNEL, "In_Person", &value), CM_INVALID_ARGUMENT,
                "\"In_Person\" is not allowed; give one of in_person, virtual, hybrid");
    check_fails(cm_enum_parse(CHANNEL, "in_perso", &value), CM_INVALID_ARGUMENT, "in_perso");
    assert_string_equal(cm_enum_code(CHANNEL, 5, arena), "hybrid");
    assert_string_equal(cm_enum_code(CHANNEL, 0, arena), "unspecified");
    assert_string_equal(cm_enum_code(CHANNEL, 3, arena), "");
}

/* What differs from `full` after each of these is one field. */
static void change_number(Sample *s)
{
    s->numbers[1] = 2;
}

static void change_double(Sample *s)
{
    s->double_field = 0.25;
}

static void change_bytes(Sample *s)
{
    s->bytes_field.data[2] = 3;
}

static void change_delegate(Sample *s)
{
    s->party->delegate->actor[0] = 'C';
}

static void drop_party(Sample *s)
{
    s->party = NULL;
}

static void drop_name(Sample *s)
{
    s->n_names--;
}

static void messages_are_equal_where_every_value_is(void **state)
{
    static void (*const changes[])(Sample * s) = {change_number,   change_double, change_bytes,
                                                  change_delegate, drop_party,    drop_name};
    CM_ARENA(arena);

    assert_true(cm_message_equal(&full(arena)->base, &full(arena)->base));
    for (size_t i = 0; i < CHECK_COUNT(changes); i++) {
        Sample *changed = full(arena);
        changes[i](changed);
        assert_false(cm_message_equal(&full(arena)->base, &changed->base));
        assert_false(cm_message_equal(&changed->base, &full(arena)->base));
        assert_true(cm_message_equal(&changed->base, &changed->base));
    }
}

static void what_is_packed_and_unpacked_is_equal(void **state)
{
    CM_ARENA(arena);
    Sample *sample = full(arena);
    ProtobufCMessage *read;

    check_ok(cm_message_unpack(SAMPLE, cm_message_pack(&sample->base, arena), arena, &read));
    assert_true(cm_message_equal(&sample->base, read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_message_has_its_defaults),
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(bytes_that_are_no_message_are_refused),
        cmocka_unit_test(a_string_that_is_not_utf8_is_named_by_its_path),
        cmocka_unit_test(a_string_with_a_nul_is_refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(random_bytes_never_break_unpacking),
        cmocka_unit_test(a_copy_shares_nothing),
        cmocka_unit_test(unknown_fields_are_kept_in_copies),
        cmocka_unit_test(fields_are_found_set_counted_and_cleared),
        cmocka_unit_test(fields_are_assigned_one_by_one),
        cmocka_unit_test(strings_are_read_and_written_by_name),
        cmocka_unit_test(enums_are_codes_in_files),
        cmocka_unit_test(messages_are_equal_where_every_value_is),
        cmocka_unit_test(what_is_packed_and_unpacked_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
