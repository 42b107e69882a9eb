/* online.h: whether the steps of a schema let programs of the version before go on, on PostgreSQL: nothing that is
 * there is written anew, changed or taken, and what is new asks nothing of those who do not know it. Reach for it in a
 * test of each set of migrations. */
#ifndef ONLINE_H
#define ONLINE_H

#include "pg_server.h"

#define ONLINE_COLUMNS                                                                                                 \
    "pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = current_schema()::regnamespace"       \
    " AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
#define ONLINE_KEYS "(SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique)"

static const char online_note[] =
    "CREATE TABLE was_there AS SELECT c.relname, c.relfilenode, a.attname, a.atttypid, a.attnotnull, " ONLINE_KEYS
    " AS keys FROM " ONLINE_COLUMNS;

static const char online_gone[] =
    "SELECT count(*) FROM was_there w WHERE NOT EXISTS (SELECT 1 FROM " ONLINE_COLUMNS
    " AND c.relname = w.relname AND c.relfilenode = w.relfilenode AND a.attname = w.attname AND a.atttypid = w.atttypid"
    " AND a.attnotnull = w.attnotnull AND " ONLINE_KEYS " = w.keys)";

static const char online_asked[] =
    "SELECT count(*) FROM " ONLINE_COLUMNS " AND a.attnotnull AND NOT a.atthasdef"
    " AND c.relname IN (SELECT relname FROM was_there)"
    " AND NOT EXISTS (SELECT 1 FROM was_there w WHERE w.relname = c.relname AND w.attname = a.attname)";

/* Brings a new schema to step `from` of the last of the sets, and then to its end; answers how many columns an older
 * program would miss or not know to fill. */
static inline int64_t online_offences(pg_server *server, const cm_migrations *const *sets, int count, int from)
{
    CM_FREE char *url = pg_server_url(server);
    const cm_migrations *last = sets[count - 1], old = {last->set, last->steps, from};
    int64_t gone, asked;
    cm_store *store;
    cm_db *db;

    assert_ok(cm_store_open(url, &store));
    assert_ok(cm_store_migrate(store, sets, count - 1));
    assert_ok(cm_store_migrate(store, (const cm_migrations *[]){&old}, 1));
    assert_ok(cm_store_writer(store, &db));
    assert_ok(cm_db_run(db, online_note, CM_NONE));
    assert_ok(cm_store_migrate(store, sets, count));
    assert_ok(cm_db_integer(db, online_gone, CM_NONE, -1, &gone));
    assert_ok(cm_db_integer(db, online_asked, CM_NONE, -1, &asked));
    cm_db_close(db);
    cm_store_close(store);
    return gone + asked;
}

/* From each step on. */
static inline void online_check(pg_server *server, const cm_migrations *const *sets, int count)
{
    for (int from = 1; from < sets[count - 1]->count; from++)
        assert_int_equal(online_offences(server, sets, count, from), 0);
}

static const cm_migrations *online_set;
static pg_server online_server;

static inline void online_test(void **state)
{
    online_check(&online_server, &online_set, 1);
}

/* A main for a service's set: that test alone. */
static inline int online_main(const cm_migrations *set)
{
    const struct CMUnitTest test = {.name = "steps_leave_to_an_older_program_what_it_uses", .test_func = online_test};

    online_set = set;
    return pg_server_run_suite(&online_server, &test, 1);
}

#endif
