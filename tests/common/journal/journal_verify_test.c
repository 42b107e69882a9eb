/* Whoever changes what was recorded is found out, by partition and seq. */
#include "journal_bed.h"

#include <fcntl.h>

enum { ROWS = 5, VICTIM = 3 };

static int part_of_a(void)
{
    return cm_journal_part("cities/a", BED_PARTITIONS);
}

/* ROWS rows in one partition, and a writing connection to what the journal has left. */
static cm_db *recorded(journal_bed *b)
{
    cm_db *db;

    for (int i = 0; i < ROWS; i++) {
        bed_append a = {.resource = "cities/a", .payload = "the payload", .event_time = "2015-12-06"};
        assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a));
    }
    bed_close(b);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_writer(b->store, &db));
    return db;
}

static cm_status verify(cm_db *db)
{
    cm_position newest;
    uint8_t hash[CM_SHA256];

    return cm_journal_verify(db, part_of_a(), NULL, NULL, &newest, hash);
}

/* After `sql` the partition is found wrong at `seq`; then it is undone. */
static void assert_found(cm_db *db, const char *sql, const cm_value *values, int count, int seq, const char *words)
{
    CM_FREE char *at = cm_format("partition %d, seq %d: %s", part_of_a(), seq, words);
    int64_t changed;

    assert_ok(cm_db_begin(db, true));
    assert_ok(cm_db_run_changed(db, sql, values, count, &changed));
    assert_true(changed > 0);
    assert_fails(verify(db), CM_DATA_LOSS, at);
    cm_db_rollback(db);
}

static void what_was_recorded_verifies_and_gives_the_newest_hash(void **state)
{
    journal_bed *b = *state;
    cm_db *db = recorded(b);
    cm_position newest;
    uint8_t hash[CM_SHA256];
    cm_row *row;

    assert_ok(cm_journal_verify(db, part_of_a(), NULL, NULL, &newest, hash));
    assert_int_equal(newest.seq, ROWS);
    assert_ok(cm_journal_at(db, newest, b->arena, &row));
    assert_memory_equal(row->hash, hash, CM_SHA256);
    assert_ok(cm_journal_verify(db, (part_of_a() + 1) % BED_PARTITIONS, NULL, NULL, &newest, hash));
    assert_int_equal(newest.seq, 0);
    cm_db_close(db);
}

/* Every bit position is tried over the bytes of the column. */
static void flip_each_byte(journal_bed *b, cm_db *db, const char *column)
{
    CM_FREE char *get = cm_format("SELECT %s FROM journal WHERE part = $1 AND seq = $2", column);
    CM_FREE char *set = cm_format("UPDATE journal SET %s = $3 WHERE part = $1 AND seq = $2", column);
    CM_FREE char *set_text = cm_format("UPDATE journal SET %s = CAST($3 AS TEXT) WHERE part = $1 AND seq = $2", column);
    bool any_type = cm_db_dialect(db) == CM_SQLITE; /* a column takes values of any */
    cm_rows rows;

    assert_ok(cm_db_query(db, get, CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM)), &rows));
    assert_true(cm_rows_next(&rows));
    size_t size = cm_rows_blob(&rows, 0).size;
    uint8_t *bytes = cm_arena_copy(b->arena, cm_rows_blob(&rows, 0).data, size);
    assert_ok(cm_rows_end(&rows));
    assert_true(size > 0);
    for (size_t i = 0; i < size; i++) {
        uint8_t bit = (uint8_t)(1 << (i % 7));
        bytes[i] ^= bit;
        assert_found(db, set, CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM), cm_v_blob(bytes, size)), VICTIM, "");
        if (any_type)
            assert_found(db, set_text, CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM), cm_v_blob(bytes, size)), VICTIM,
                         "");
        bytes[i] ^= bit;
    }
}

static void a_byte_changed_in_any_text_or_blob_is_found(void **state)
{
    static const char *const columns[] = {"id",          "type",    "resource", "event_time",     "actor", "request_id",
                                          "traceparent", "payload", "salt",     "payload_digest", "hash"};
    journal_bed *b = *state;
    cm_db *db = recorded(b);

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        flip_each_byte(b, db, columns[i]);
    assert_ok(verify(db));
    cm_db_close(db);
}

static void a_number_that_is_changed_is_found(void **state)
{
    static const char *const columns[] = {"revision", "event_precision", "recorded_at"};
    journal_bed *b = *state;
    cm_db *db = recorded(b);

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        CM_FREE char *sql =
            cm_format("UPDATE journal SET %s = %s + 100 WHERE part = $1 AND seq = $2", columns[i], columns[i]);
        assert_found(db, sql, CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM)), VICTIM, "");
    }
    assert_found(db, "UPDATE journal SET part = part + 100 WHERE part = $1 AND seq = $2",
                 CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM)), VICTIM, "is missing; 4 follows 2");
    assert_found(db, "UPDATE journal SET seq = seq + 100 WHERE part = $1 AND seq = $2",
                 CM_WITH(cm_v_int(part_of_a()), cm_v_int(VICTIM)), VICTIM, "is missing; 4 follows 2");
    cm_db_close(db);
}

static void rows_that_are_taken_away_or_added_are_found(void **state)
{
    static const uint8_t zeros[CM_SHA256];
    journal_bed *b = *state;
    cm_db *db = recorded(b);

    assert_found(db, "DELETE FROM journal WHERE part = $1 AND seq = $2", CM_WITH(cm_v_int(part_of_a()), cm_v_int(1)), 1,
                 "is missing; 2 follows 0");
    assert_found(db, "DELETE FROM journal WHERE part = $1 AND seq >= $2",
                 CM_WITH(cm_v_int(part_of_a()), cm_v_int(ROWS - 1)), ROWS - 1,
                 "is missing; the partition's head says that there are 5 rows");
    assert_found(db, "UPDATE heads SET seq = $2 WHERE part = $1", CM_WITH(cm_v_int(part_of_a()), cm_v_int(ROWS - 1)),
                 ROWS, "is not known to the partition's head");
    assert_found(db, "UPDATE heads SET hash = $2 WHERE part = $1",
                 CM_WITH(cm_v_int(part_of_a()), cm_v_blob(zeros, sizeof zeros)), ROWS,
                 "its hash is not the one in the partition's head");
    cm_db_close(db);
}

static void rows_that_changed_places_are_found(void **state)
{
    journal_bed *b = *state;
    cm_db *db = recorded(b);

    assert_found(
        db,
        "UPDATE journal SET (payload, salt, payload_digest) = (SELECT payload, salt, payload_digest FROM journal "
        "o WHERE o.part = journal.part AND o.seq = journal.seq + 1) WHERE part = $1 AND seq = $2",
        CM_WITH(cm_v_int(part_of_a()), cm_v_int(2)), 2, "a column is not what was recorded");
    cm_db_close(db);
}

/* Overwrites one byte of the file, so many bytes before the first place that reads as `where`. */
static void damage(const char *path, cm_bytes where, int before, uint8_t byte)
{
    int file = open(path, O_RDWR);
    off_t size = lseek(file, 0, SEEK_END);
    uint8_t *bytes = cm_alloc((size_t)size);

    assert_int_equal(pread(file, bytes, (size_t)size, 0), size);
    uint8_t *at = memmem(bytes, (size_t)size, where.data, where.size);
    assert_non_null(at);
    assert_int_not_equal(at[-before], byte);
    assert_int_equal(pwrite(file, &byte, 1, at - before - bytes), 1);
    close(file);
    free(bytes);
}

static void a_byte_changed_in_the_file_itself_is_found(void **state)
{
    journal_bed *b = *state;
    int64_t rows = 0;
    CM_FREE char *at = cm_format("partition %d, seq 2: payload or salt", part_of_a());

    bed_add(b, "cities/a", "first payload");
    bed_add(b, "cities/a", "second payload");
    bed_add(b, "cities/a", "third payload");
    bed_close(b);
    damage(b->path, bed_bytes("second payload"), 0, '#');
    bed_open(b);
    assert_fails(cm_run_and_wait(cm_journal_readers(b->journal), bed_verify_all, &rows), CM_DATA_LOSS, at);
}

/* In SQLite's record a seq of one byte stands right before the id, and a copy of it in the key's index. */
static void a_seq_changed_in_the_file_itself_is_found(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *at = cm_format("partition %d, seq 2: is missing; 7 follows 1", part_of_a());
    cm_db *db = recorded(b);
    cm_row *row;

    assert_ok(cm_journal_at(db, (cm_position){part_of_a(), 2}, b->arena, &row));
    cm_db_close(db);
    bed_close(b);
    damage(b->path, (cm_bytes){row->id.bytes, sizeof row->id.bytes}, 1, 7);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_reader(b->store, &db));
    assert_fails(verify(db), CM_DATA_LOSS, at);
    cm_db_close(db);
}

static void note_progress(void *context, int part, int64_t rows)
{
    assert_int_equal(part, part_of_a());
    *(int64_t *)context = rows;
}

static cm_status add_many(void *argument, void *lent)
{
    for (int i = 0; i < 10001; i++)
        CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = "cities/a"}, NULL, NULL, NULL));
    return cm_ok();
}

static void progress_is_told_while_a_long_chain_is_verified(void **state)
{
    journal_bed *b = *state;
    int64_t told = 0;
    cm_position newest;
    uint8_t hash[CM_SHA256];
    cm_db *db;

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), add_many, NULL));
    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_verify(db, part_of_a(), note_progress, &told, &newest, hash));
    assert_int_equal(told, 10000);
    assert_int_equal(newest.seq, 10001);
    cm_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_was_recorded_verifies_and_gives_the_newest_hash),
        BED_TEST(a_byte_changed_in_any_text_or_blob_is_found),
        BED_TEST(a_number_that_is_changed_is_found),
        BED_TEST(rows_that_are_taken_away_or_added_are_found),
        BED_TEST(rows_that_changed_places_are_found),
        BED_TEST(progress_is_told_while_a_long_chain_is_verified),
    };

    const struct CMUnitTest of_a_file[] = {
        BED_TEST(a_byte_changed_in_the_file_itself_is_found),
        BED_TEST(a_seq_changed_in_the_file_itself_is_found),
    };

    return cmocka_run_group_tests_name("sqlite's file", of_a_file, NULL, NULL) +
           pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
