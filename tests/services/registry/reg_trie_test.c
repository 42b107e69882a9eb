#include "../../common/base/check.h"

#include <stdio.h>
#include <string.h>

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

/* Of two words, by the whole table. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 16 };
    int rows[LONGEST][LONGEST];
    int n = (int)strlen(a), m = (int)strlen(b);

    for (int i = 0; i <= n; i++)
        for (int j = 0; j <= m; j++) {
            int least = i && j ? rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]) : i + j;
            least = i && rows[i - 1][j] + 1 < least ? rows[i - 1][j] + 1 : least;
            least = j && rows[i][j - 1] + 1 < least ? rows[i][j - 1] + 1 : least;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && rows[i - 2][j - 2] + 1 < least)
                least = rows[i - 2][j - 2] + 1;
            rows[i][j] = least;
        }
    return rows[n][m];
}

/* A word of the letters a, b and c and, since some bits of bytes are shared, of two more bytes. */
static const char *word(uint32_t number, char text[16])
{
    static const char letters[] = "abc\x80\x9c";
    int length = (int)(number % 8);

    number = number * 2654435761u >> 3;
    for (int i = 0; i < length; i++, number /= 5)
        text[i] = letters[number % 5];
    text[length] = '\0';
    return text;
}

typedef struct checked {
    const char *typed;
    int most;
    size_t count;
} checked;

static bool check_edits(void *context, const reg_trie_value *value, int edits)
{
    checked *c = context;
    char text[16];

    assert_int_equal(edits, distance(c->typed, word(value->owner, text)));
    assert_in_range(edits, 1, c->most);
    c->count++;
    return true;
}

static void typos_are_those_that_a_whole_table_finds(void **state)
{
    enum { WORDS = 800 };
    reg_trie *trie = reg_trie_new();
    char text[16], typed[16];

    for (uint32_t i = 0; i < WORDS; i++)
        put(trie, word(i, text), i, 1);
    for (uint32_t i = 0; i < WORDS; i += 3) /* what shared a byte's bit with these is still found */
        reg_trie_remove(trie, word(i, text), i, 0);
    for (uint32_t i = 0; i < 2 * WORDS; i += 7)
        for (int most = 1; most <= 2; most++) {
            checked c = {word(i, typed), most, 0};
            size_t count = 0;
            for (uint32_t k = 0; k < WORDS; k++) {
                int edits = distance(typed, word(k, text));
                count += k % 3 && *text && edits > 0 && edits <= most; /* nobody asks for an empty name */
            }
            reg_trie_similar(trie, typed, most, 1, check_edits, &c);
            assert_int_equal(c.count, count);
        }
    reg_trie_free(trie);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longer_keys_come_heaviest_first),
        cmocka_unit_test(edits_are_told),
        cmocka_unit_test(typos_are_those_that_a_whole_table_finds),
        cmocka_unit_test(removing_gives_back_what_adding_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
