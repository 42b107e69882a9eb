/* The hash of one row against a computation that shares no code with ours:
 *
 *     import hashlib, struct
 *     number = lambda n: struct.pack(">iq", 8, n)
 *     column = lambda b: struct.pack(">i", len(b)) + b
 *     digest = hashlib.sha256(bytes(range(16)) + b"Kazan").digest()
 *     columns = [number(3), number(18), column(bytes.fromhex("018f6b1e7c3a7d2e9a513f0c2b4d5e6f")),
 *                column(b"cityneg.registry.actor.created.v1"), column(b"cities/kazan-ru"), number(2),
 *                column(b"2015-12-06"), number(1764000000000001), column("тестер".encode()), column(b""), column(b""),
 *                column(digest)]
 *     print(digest.hex(), hashlib.sha256(b"\x11" * 32 + b"".join(columns)).hexdigest())
 */
#include "journal_bed.h"

static const char digest_text[] = "6a7d39aacbcb4a6ed3bc4a00c72243d535f87d46dd1d21d2f1c42c685d16b8c5";
static const char hash_text[] = "6642d2f66823912b45443b903d4074db864a9c34999377f889793564a75b22e4";

static void a_row_worked_out_elsewhere_has_the_same_hash(void **state)
{
    uint8_t salt[16], previous[CM_SHA256], hash[CM_SHA256];
    char text[2 * CM_SHA256 + 1];
    cm_row row = {
        .at = {3, 18},
        .type = "cityneg.registry.actor.created.v1",
        .resource = "cities/kazan-ru",
        .revision = 2,
        .event_time = "2015-12-06",
        .recorded_at = 1764000000000001,
        .actor = "тестер",
        .request_id = "",
        .traceparent = "",
    };

    for (int i = 0; i < 16; i++)
        salt[i] = (uint8_t)i;
    memset(previous, 0x11, sizeof previous);
    assert_ok(cm_uuid_parse("018f6b1e-7c3a-7d2e-9a51-3f0c2b4d5e6f", &row.id));
    cm_sha256((cm_bytes[]){{salt, sizeof salt}, bed_bytes("Kazan")}, 2, row.payload_digest);
    assert_string_equal(cm_hex(row.payload_digest, CM_SHA256, text), digest_text);
    cm_row_hash(&row, previous, hash);
    assert_string_equal(cm_hex(hash, CM_SHA256, text), hash_text);
}

static void appended_rows_are_chained_from_zeros_on(void **state)
{
    journal_bed *b = *state;
    uint8_t previous[CM_SHA256] = {0}, digest[CM_SHA256], hash[CM_SHA256];
    int part = cm_journal_part("cities/a", BED_PARTITIONS), count;
    cm_db *db;
    cm_row *rows;

    for (int i = 0; i < 3; i++)
        bed_add(b, "cities/a", "payload");
    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_read(db, part, 0, 10, 0, b->arena, &rows, &count));
    assert_int_equal(count, 3);
    for (int i = 0; i < count; i++) {
        cm_sha256((cm_bytes[]){rows[i].salt, rows[i].payload}, 2, digest);
        assert_memory_equal(digest, rows[i].payload_digest, CM_SHA256);
        cm_row_hash(&rows[i], previous, hash);
        assert_memory_equal(hash, rows[i].hash, CM_SHA256);
        memcpy(previous, hash, CM_SHA256);
    }
    assert_memory_not_equal(rows[0].salt.data, rows[1].salt.data, 16);
    assert_memory_not_equal(rows[0].payload_digest, rows[1].payload_digest, CM_SHA256);
    cm_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_worked_out_elsewhere_has_the_same_hash),
        BED_TEST(appended_rows_are_chained_from_zeros_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
