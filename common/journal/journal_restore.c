#include <string.h>

#include "journal/cm_restore.h"
#include "journal/journal.h"

static cm_status take_service(cm_rows *rows, const char *service)
{
    const char *is;

    if (!cm_rows_next(rows))
        return cm_fail(CM_FAILED_PRECONDITION, "the backup is of no journal; give one that cityneg backup made");
    is = cm_rows_text(rows, 0);
    if (strcmp(is, service) != 0)
        return cm_fail(CM_FAILED_PRECONDITION, "the backup is of %s, not of %s; give another one", is, service);
    return cm_ok();
}

static cm_status check_service(cm_db *db, const char *service)
{
    cm_rows rows;
    cm_status s, end;

    CM_TRY(cm_db_query(db, "SELECT service FROM store_info", CM_NONE, &rows));
    s = take_service(&rows, service);
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

/* What Kafka has is another epoch's, so the watermark of what was sent begins anew. */
static cm_status change(cm_db *db, const char *service)
{
    cm_uuid epoch = cm_uuid_random();

    CM_TRY(check_service(db, service));
    CM_TRY(cm_db_run(db, "UPDATE store_info SET epoch = $1", CM_WITH(cm_v_blob(epoch.bytes, sizeof epoch.bytes))));
    return cm_db_run(db, "UPDATE sent SET seq = 0", CM_NONE);
}

static cm_status renew(cm_db *db, const char *service)
{
    cm_status s;

    CM_TRY(cm_db_begin(db, true));
    s = change(db, service);
    if (cm_is_ok(s))
        return cm_db_commit(db);
    cm_db_rollback(db);
    return s;
}

static cm_status prepare(void *service, cm_store *restored)
{
    const cm_migrations *sets[] = {&journal_migrations};
    cm_db *db;
    cm_status s;

    CM_TRY(cm_store_migrate(restored, sets, 1));
    CM_TRY(cm_store_writer(restored, &db));
    s = renew(db, service);
    cm_db_close(db);
    return s;
}

cm_status cm_journal_restore(const char *path, const char *url, const char *service, bool replace)
{
    return cm_store_restore(path, url,
                            &(cm_restoring){.replace = replace, .prepare = prepare, .context = (char *)service});
}
