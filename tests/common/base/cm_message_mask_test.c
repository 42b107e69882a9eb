#include "check.h"

#include "base/cm_message.h"
#include "sample.pb-c.h"

typedef Cityneg__Testing__Base__Sample Sample;
typedef Cityneg__Testing__Base__Party Party;
#define SAMPLE (&cityneg__testing__base__sample__descriptor)
#define PARTY (&cityneg__testing__base__party__descriptor)

static Sample *sample(cm_arena *arena, char *name, int32_t number, char *actor)
{
    Sample *s = cm_message_new(arena, SAMPLE);

    s->name = name;
    s->int32_field = number;
    if (actor) {
        s->party = cm_message_new(arena, PARTY);
        s->party->actor = actor;
        s->party->rank = number;
    }
    return s;
}

#define APPLY(arena, change, target, ...)                                                                              \
    cm_mask_apply((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),     \
                  &(change)->base, &(target)->base, (arena))

static void only_named_fields_are_copied(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 2, "b"), *target = sample(arena, "old", 1, "a");

    check_ok(APPLY(arena, change, target, "name"));
    assert_string_equal(target->name, "new");
    assert_int_equal(target->int32_field, 1);
    assert_string_equal(target->party->actor, "a");
}

static void a_named_field_that_is_not_set_is_cleared(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "", 0, NULL), *target = sample(arena, "old", 1, "a");

    check_ok(APPLY(arena, change, target, "name", "party"));
    assert_string_equal(target->name, "");
    assert_int_equal(target->int32_field, 1);
    assert_null(target->party);
}

static void no_paths_are_the_fields_that_are_set(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 0, NULL), *target = sample(arena, "old", 1, "a");

    check_ok(cm_mask_apply(NULL, 0, &change->base, &target->base, arena));
    assert_string_equal(target->name, "new");
    assert_int_equal(target->int32_field, 1);
    assert_non_null(target->party);
}

static void a_star_is_everything(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 0, NULL), *target = sample(arena, "old", 1, "a");

    check_ok(APPLY(arena, change, target, "*"));
    assert_string_equal(target->name, "new");
    assert_int_equal(target->int32_field, 0);
    assert_null(target->party);
}

static void paths_go_into_messages(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 2, "b"), *target = sample(arena, "old", 1, "a");

    check_ok(APPLY(arena, change, target, "party.actor"));
    assert_string_equal(target->party->actor, "b");
    assert_int_equal(target->party->rank, 1);
    assert_string_equal(target->name, "old");
    target = sample(arena, "old", 1, NULL); /* made where it is not there */
    check_ok(APPLY(arena, change, target, "party.actor"));
    assert_string_equal(target->party->actor, "b");
    assert_int_equal(target->party->rank, 0);
    change->party = NULL; /* cleared where the change has none */
    check_ok(APPLY(arena, change, target, "party.actor"));
    assert_string_equal(target->party->actor, "");
    target->party = NULL; /* and nothing is made of nothing */
    check_ok(APPLY(arena, change, target, "party.actor", "party.delegate.rank"));
    assert_null(target->party);
}

static void a_message_and_a_field_in_it_may_both_be_named(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 2, "b"), *target = sample(arena, "old", 1, "a");

    check_ok(APPLY(arena, change, target, "party", "party.actor", "party.rank"));
    assert_string_equal(target->party->actor, "b");
    assert_int_equal(target->party->rank, 2);
}

static void a_path_that_does_not_exist_is_named_and_nothing_is_applied(void **state)
{
    CM_ARENA(arena);
    Sample *change = sample(arena, "new", 2, "b"), *target = sample(arena, "old", 1, "a");
    static const struct {
        const char *path, *part;
    } wrong[] = {
        {"nothing", "\"nothing\" is no field of Sample; it has int32_field"},
        {"party.nothing", "\"party.nothing\" is no field of Party; it has actor, roles, delegate, rank"},
        {"name.x", "goes into name, which is no single message"},
        {"parties.actor", "goes into parties, which is no single message"},
        {"", "\"\" is no field"},
        {".", "is no field"},
        {"party.", "is no field"},
        {".party", "is no field"},
        {"party..actor", "is no field"},
        {"party.*", "is no field of Party"},
    };

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        cm_status s = APPLY(arena, change, target, "name", wrong[i].path);
        check_field(s, "update_mask");
        check_fails(s, CM_INVALID_ARGUMENT, wrong[i].part);
        assert_string_equal(target->name, "old");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_named_fields_are_copied),
        cmocka_unit_test(a_named_field_that_is_not_set_is_cleared),
        cmocka_unit_test(no_paths_are_the_fields_that_are_set),
        cmocka_unit_test(a_star_is_everything),
        cmocka_unit_test(paths_go_into_messages),
        cmocka_unit_test(a_message_and_a_field_in_it_may_both_be_named),
        cmocka_unit_test(a_path_that_does_not_exist_is_named_and_nothing_is_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
