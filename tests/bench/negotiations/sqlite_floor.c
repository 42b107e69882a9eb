/* What SQLite alone takes for the rows that BulkLog wrote: they are read from its store, some thousands at a time, and
 * only putting them into a new file is measured, with the same tables, indexes and pragmas, one prepared statement a
 * table, one loop, one commit for each of those thousands. Nothing is checked, made, hashed or sent, so no server on
 * SQLite can take less. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cm_arena.h"
#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "bench/bench_main.h"

enum { COLUMNS = 16, ENTRY_COLUMNS = 8, MENTION_COLUMNS = 2 };

static const cm_option options[] = {
    {"from", 'f', CM_OPTION_TEXT, "PATH", NULL, "the store that negotiations_bench left", .choices = NULL},
    {"to", 't', CM_OPTION_TEXT, "PATH", NULL, "a new file", .choices = NULL},
    {"commit", 'c', CM_OPTION_INTEGER, "N", "12000", "entries a commit", .least = 1, .most = 1000000},
    {NULL},
};

typedef struct value {
    int type, size;
    sqlite3_int64 number;
    const char *data;
} value;

/* Rows of one table, column by column. */
typedef struct rows {
    value *values;
    size_t count, capacity, columns;
} rows;

typedef struct floor_bench {
    sqlite3 *from, *to;
    sqlite3_stmt *read, *read_mentions, *journal, *entry, *mention;
    rows journal_rows, entry_rows, mention_rows;
    int commit;
    bool ended;
    int64_t entries, wall_us, processor_ns;
} floor_bench;

static cm_status failure(sqlite3 *db)
{
    return cm_fail(CM_UNAVAILABLE, "SQLite: %s", sqlite3_errmsg(db));
}

static cm_status script(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? cm_ok() : failure(db);
}

static cm_status prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) == SQLITE_OK ? cm_ok() : failure(db);
}

/* As common/store opens its files, and as the services make their tables. */
static cm_status make_file(floor_bench *b, const char *path)
{
    sqlite3_stmt *tables;

    if (sqlite3_open_v2(path, &b->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL))
        return failure(b->to);
    CM_TRY(script(b->to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; "
                         "PRAGMA journal_size_limit = 33554432; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; "
                         "PRAGMA cache_size = -65536; PRAGMA secure_delete = ON"));
    CM_TRY(prepare(b->from,
                   "SELECT sql FROM sqlite_schema WHERE tbl_name IN ('journal', 'entries', 'mentions') AND "
                   "sql IS NOT NULL ORDER BY type DESC",
                   &tables));
    cm_status s = cm_ok();
    while (cm_is_ok(s) && sqlite3_step(tables) == SQLITE_ROW)
        s = script(b->to, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    return s;
}

static cm_status open_both(floor_bench *b, const char *from, const char *to)
{
    if (sqlite3_open_v2(from, &b->from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        return failure(b->from);
    CM_TRY(make_file(b, to));
    CM_TRY(script(b->from, "PRAGMA temp_store = MEMORY; CREATE TEMP TABLE named AS SELECT name, actor FROM mentions; "
                           "CREATE INDEX temp.named_by_name ON named (name)"));
    CM_TRY(prepare(b->from,
                   "SELECT j.*, e.* FROM journal j CROSS JOIN entries e WHERE e.name = j.resource ORDER BY j.rowid",
                   &b->read));
    CM_TRY(prepare(b->from, "SELECT actor, name FROM temp.named WHERE name = ?", &b->read_mentions));
    CM_TRY(prepare(b->to, "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &b->journal));
    CM_TRY(prepare(b->to, "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", &b->entry));
    return prepare(b->to, "INSERT INTO mentions VALUES (?, ?)", &b->mention);
}

static void close_both(floor_bench *b)
{
    sqlite3_stmt *const statements[] = {b->read, b->read_mentions, b->journal, b->entry, b->mention};

    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(b->from);
    sqlite3_close(b->to);
}

/* ---- reading, which is not measured ---- */

static void take(rows *r, sqlite3_stmt *stmt, int first, cm_arena *arena)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 1024;
        r->values = cm_realloc(r->values, r->capacity * r->columns, sizeof *r->values);
    }
    value *row = r->values + r->count++ * r->columns;
    for (size_t i = 0; i < r->columns; i++) {
        int at = first + (int)i;
        row[i] = (value){.type = sqlite3_column_type(stmt, at), .number = sqlite3_column_int64(stmt, at)};
        const void *data = row[i].type == SQLITE_INTEGER ? NULL : sqlite3_column_blob(stmt, at);
        row[i].size = sqlite3_column_bytes(stmt, at);
        row[i].data = data ? cm_arena_copy(arena, data, (size_t)row[i].size) : "";
    }
}

static int compare_cells(const value *a, const value *b)
{
    int order = memcmp(a->data, b->data, (size_t)(a->size < b->size ? a->size : b->size));

    return order ? order : a->size - b->size;
}

static int compare_mentions(const void *a, const void *b)
{
    const value *one = a, *other = b;
    int order = compare_cells(one, other);

    return order ? order : compare_cells(one + 1, other + 1);
}

/* The next rows for a commit; none at the end. */
static void read_some(floor_bench *b, cm_arena *arena)
{
    b->journal_rows.count = b->entry_rows.count = b->mention_rows.count = 0;
    while (!b->ended && b->journal_rows.count < (size_t)b->commit) {
        if (sqlite3_step(b->read) != SQLITE_ROW) {
            b->ended = true;
            break;
        }
        take(&b->journal_rows, b->read, 0, arena);
        take(&b->entry_rows, b->read, COLUMNS, arena);
        sqlite3_bind_text(b->read_mentions, 1, (const char *)sqlite3_column_text(b->read, COLUMNS), -1, SQLITE_STATIC);
        while (sqlite3_step(b->read_mentions) == SQLITE_ROW)
            take(&b->mention_rows, b->read_mentions, 0, arena);
        sqlite3_reset(b->read_mentions);
    }
    if (b->mention_rows.count)
        qsort(b->mention_rows.values, b->mention_rows.count, MENTION_COLUMNS * sizeof(value), compare_mentions);
}

/* ---- writing, which is ---- */

static void bind(sqlite3_stmt *stmt, int at, const value *v)
{
    if (v->type == SQLITE_INTEGER)
        sqlite3_bind_int64(stmt, at, v->number);
    else if (v->type == SQLITE_TEXT)
        sqlite3_bind_text(stmt, at, v->data, v->size, SQLITE_STATIC);
    else
        sqlite3_bind_blob(stmt, at, v->data, v->size, SQLITE_STATIC);
}

static cm_status put(sqlite3 *db, sqlite3_stmt *stmt, const rows *r, size_t row)
{
    for (size_t i = 0; i < r->columns; i++)
        bind(stmt, (int)i + 1, r->values + row * r->columns + i);
    int outcome = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return outcome == SQLITE_DONE ? cm_ok() : failure(db);
}

static cm_status write_some(floor_bench *b)
{
    CM_TRY(script(b->to, "BEGIN IMMEDIATE"));
    for (size_t i = 0; i < b->journal_rows.count; i++) {
        CM_TRY(put(b->to, b->journal, &b->journal_rows, i));
        CM_TRY(put(b->to, b->entry, &b->entry_rows, i));
    }
    for (size_t i = 0; i < b->mention_rows.count; i++)
        CM_TRY(put(b->to, b->mention, &b->mention_rows, i));
    return script(b->to, "COMMIT");
}

static int64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static cm_status measure(floor_bench *b)
{
    CM_ARENA(arena);

    for (read_some(b, arena); b->journal_rows.count; read_some(b, arena)) {
        int64_t wall = cm_clock_monotonic_us(), processor = processor_ns();
        CM_TRY(write_some(b));
        b->processor_ns += processor_ns() - processor;
        b->wall_us += cm_clock_monotonic_us() - wall;
        b->entries += (int64_t)b->journal_rows.count;
        cm_arena_reset(arena);
    }
    return cm_ok();
}

static cm_status bench(const cm_arguments *arguments)
{
    const char *from = cm_arguments_text(arguments, "from"), *to = cm_arguments_text(arguments, "to");
    floor_bench b = {.journal_rows = {.columns = COLUMNS},
                     .entry_rows = {.columns = ENTRY_COLUMNS},
                     .mention_rows = {.columns = MENTION_COLUMNS},
                     .commit = (int)cm_arguments_integer(arguments, "commit")};

    if (!from || !to)
        return cm_fail(CM_INVALID_ARGUMENT, "--from and --to: one is missing; give a store and a new file");
    cm_status s = open_both(&b, from, to);
    if (cm_is_ok(s))
        s = measure(&b);
    if (cm_is_ok(s))
        printf("SQLite alone: %lld entries in %.2f s: %.0f a second; %.1f us of processor time each\n",
               (long long)b.entries, (double)b.wall_us / 1e6, (double)b.entries * 1e6 / (double)b.wall_us,
               (double)b.processor_ns / 1e3 / (double)b.entries);
    close_both(&b);
    free(b.journal_rows.values);
    free(b.entry_rows.values);
    free(b.mention_rows.values);
    return s;
}

int main(int argc, char **argv)
{
    return bench_main(options, bench, argc, argv);
}
