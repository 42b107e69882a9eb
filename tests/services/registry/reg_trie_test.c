#include "../../common/base/check.h"

#include <stdio.h>

#include "registry/reg_trie.h"

typedef struct seen {
    uint32_t owners[64];
    int edits[64];
    size_t count, most;
} seen;

static bool visit(void *context, const reg_trie_value *value, int edits)
{
    seen *s = context;

    s->owners[s->count] = value->owner;
    s->edits[s->count++] = edits;
    return s->count < s->most;
}

static void put(reg_trie *trie, const char *key, uint32_t owner, uint32_t weight)
{
    reg_trie_add(trie, key, (reg_trie_value){.owner = owner, .marks = 1, .weight = weight});
}

static void longer_keys_come_heaviest_first(void **state)
{
    reg_trie *trie = reg_trie_new();
    seen s = {.most = 3};

    put(trie, "san", 1, 5);
    put(trie, "sanaa", 2, 1900);
    put(trie, "sanjose", 3, 1000);
    put(trie, "sanmarino", 4, 4);
    put(trie, "santiago", 5, 5000);
    put(trie, "tokyo", 6, 9000);
    reg_trie_longer(trie, "san", 1, visit, &s);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.owners[0], 5);
    assert_int_equal(s.owners[1], 2);
    assert_int_equal(s.owners[2], 3);
    s = (seen){.most = 9};
    reg_trie_whole(trie, "san", 1, visit, &s);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.owners[0], 1);
    s = (seen){.most = 9};
    reg_trie_longer(trie, "san", 2, visit, &s);
    assert_int_equal(s.count, 0);
    reg_trie_free(trie);
}

static void edits_are_told(void **state)
{
    static const struct {
        const char *typed;
        int edits;
    } typos[] = {{"kaan", 1}, {"kazzan", 1}, {"kazam", 1}, {"kzaan", 1}, {"akzam", 2}, {"kn", 0}};
    reg_trie *trie = reg_trie_new();

    put(trie, "kazan", 7, 1);
    for (size_t i = 0; i < sizeof typos / sizeof *typos; i++) {
        seen s = {.most = 9};
        reg_trie_similar(trie, typos[i].typed, 2, 1, visit, &s);
        assert_int_equal(s.count, typos[i].edits > 0);
        assert_int_equal(s.edits[0], typos[i].edits);
    }
    reg_trie_free(trie);
}

static void removing_gives_back_what_adding_took(void **state)
{
    reg_trie *trie = reg_trie_new();
    char key[32];
    size_t nodes = reg_trie_nodes(trie);
    seen s = {.most = 9};

    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%x", i * 2654435761u);
        put(trie, key, i, i);
    }
    put(trie, "1", 5000, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%x", i * 2654435761u);
        reg_trie_remove(trie, key, i, 0);
        reg_trie_remove(trie, key, i, 0); /* of what is not there: nothing */
    }
    assert_int_equal(reg_trie_count(trie), 1);
    assert_int_equal(reg_trie_nodes(trie), nodes + 1);
    reg_trie_longer(trie, "", 1, visit, &s);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.owners[0], 5000);
    reg_trie_free(trie);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longer_keys_come_heaviest_first),
        cmocka_unit_test(edits_are_told),
        cmocka_unit_test(removing_gives_back_what_adding_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
