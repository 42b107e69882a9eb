#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_digest.h"

static cm_bytes text(const char *t)
{
    return (cm_bytes){(const uint8_t *)t, strlen(t)};
}

static void sha256_gives_the_values_of_fips_180(void **state)
{
    uint8_t digest[CM_SHA256];
    char hex[2 * CM_SHA256 + 1];
    cm_bytes parts[] = {text("a"), text(""), text("bc")};

    cm_sha256(parts, 3, digest);
    assert_string_equal(cm_hex(digest, sizeof digest, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cm_sha256(NULL, 0, digest);
    assert_string_equal(cm_hex(digest, sizeof digest, hex),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* However a text is cut, its digest is the same. */
static void sha256_does_not_see_where_parts_end(void **state)
{
    uint8_t whole[CM_SHA256], cut[CM_SHA256];
    uint64_t random = 180;
    char all[4001];

    check_random_text(&random, NULL, all, 4000);
    cm_sha256((cm_bytes[]){text(all)}, 1, whole);
    for (int i = 0; i < 500; i++) {
        cm_bytes parts[64];
        size_t count = 0, at = 0;
        for (; count < 63 && at < 4000; count++) {
            size_t size = check_random(&random) % (check_random(&random) % 4 ? 90 : 1500);
            parts[count] = (cm_bytes){(uint8_t *)all + at, size < 4000 - at ? size : 4000 - at};
            at += parts[count].size;
        }
        parts[count++] = (cm_bytes){(uint8_t *)all + at, 4000 - at};
        cm_sha256(parts, count, cut);
        assert_memory_equal(whole, cut, CM_SHA256);
    }
}

static void murmur2_gives_the_values_of_kafka(void **state)
{
    static const struct {
        const char *key;
        int32_t hash;
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };

    for (size_t i = 0; i < CHECK_COUNT(rows); i++)
        assert_int_equal((int32_t)cm_murmur2(rows[i].key, strlen(rows[i].key)), rows[i].hash);
}

static void base64_gives_the_values_of_rfc_4648(void **state)
{
    static const struct {
        const char *plain, *padded, *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff", "+/8=", "-_8"},
    };
    CM_ARENA(arena);

    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        uint8_t *bytes;
        size_t size, length = strlen(rows[i].plain);
        assert_string_equal(cm_base64(rows[i].plain, length, false, arena), rows[i].padded);
        assert_string_equal(cm_base64(rows[i].plain, length, true, arena), rows[i].url);
        check_ok(cm_base64_decode(rows[i].padded, arena, &bytes, &size));
        assert_int_equal(size, length);
        assert_memory_equal(bytes, rows[i].plain, length);
        check_ok(cm_base64_decode(rows[i].url, arena, &bytes, &size));
        assert_int_equal(size, length);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const wrong[] = {"Z",     "Zg=",      "Zg===",  "=",        "====",
                                        "Zm9v=", "Zm9v====", "Z=g=",   "Zg==Zg==", "Zh==", /* bits that no byte uses */
                                        "Zm9=",  "Zm 9",     "Zm9v\n", "Zm9v!",    "Zm9vY"};
    CM_ARENA(arena);

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        uint8_t *bytes;
        size_t size;
        check_fails(cm_base64_decode(wrong[i], arena, &bytes, &size), CM_INVALID_ARGUMENT, wrong[i]);
    }
}

static void random_bytes_come_back_from_base64_and_random_text_has_one_spelling(void **state)
{
    uint64_t seed = 4648;

    for (int round = 0; round < 20000; round++) {
        CM_ARENA(arena);
        uint8_t in[64], *out;
        char letters[24];
        size_t size, length = check_random(&seed) % sizeof in;
        for (size_t i = 0; i < length; i++)
            in[i] = (uint8_t)check_random(&seed);
        check_ok(cm_base64_decode(cm_base64(in, length, round % 2, arena), arena, &out, &size));
        assert_int_equal(size, length);
        assert_memory_equal(out, in, length);
        check_random_text(&seed, "ABCDwxyz0189", letters, check_random(&seed) % sizeof letters);
        cm_status s = cm_base64_decode(letters, arena, &out, &size);
        if (cm_is_ok(s))
            assert_string_equal(cm_base64(out, size, true, arena), letters);
        cm_status_clear(&s);
    }
}

static void random_bytes_differ(void **state)
{
    uint8_t a[32], b[32];

    cm_random(a, sizeof a);
    cm_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* Bytes are drawn in advance; a child must not give out those of its parent. */
static void random_bytes_of_a_child_are_its_own(void **state)
{
    uint8_t ours[16], of_child[16];
    int ends[2];

    cm_random(ours, sizeof ours);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        cm_random(of_child, sizeof of_child);
        _exit(write(ends[1], of_child, sizeof of_child) == sizeof of_child ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(read(ends[0], of_child, sizeof of_child), sizeof of_child);
    assert_int_equal(waitpid(child, NULL, 0), child);
    cm_random(ours, sizeof ours);
    assert_memory_not_equal(ours, of_child, sizeof ours);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_values_of_fips_180),
        cmocka_unit_test(sha256_does_not_see_where_parts_end),
        cmocka_unit_test(murmur2_gives_the_values_of_kafka),
        cmocka_unit_test(base64_gives_the_values_of_rfc_4648),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(random_bytes_come_back_from_base64_and_random_text_has_one_spelling),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(random_bytes_of_a_child_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
