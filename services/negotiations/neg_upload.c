#include "negotiations/neg_upload.h"

#include "base/cm_clock.h"
#include "base/cm_message.h"

static const int64_t kept_us = INT64_C(7) * 24 * 3600 * 1000000;

cm_status neg_upload_find(cm_db *db, neg_upload *upload)
{
    cm_rows rows;

    upload->position = upload->refused = 0;
    CM_TRY(cm_db_query(db, "SELECT position, refused FROM uploads WHERE identity = $1 AND upload = $2",
                       CM_WITH(cm_v_text(upload->identity), cm_v_text(upload->id)), &rows));
    if (cm_rows_next(&rows)) {
        upload->position = cm_rows_int(&rows, 0);
        upload->refused = cm_rows_int(&rows, 1);
    }
    return cm_rows_end(&rows);
}

#define OLDEST                                                                                                         \
    "(identity, upload) IN (SELECT identity, upload FROM uploads WHERE recorded_at < $1 ORDER BY recorded_at LIMIT 1)"

static cm_status forget(cm_db *db, int64_t now)
{
    CM_TRY(cm_db_run(db, "DELETE FROM refusals WHERE " OLDEST, CM_WITH(cm_v_int(now - kept_us))));
    return cm_db_run(db, "DELETE FROM uploads WHERE " OLDEST, CM_WITH(cm_v_int(now - kept_us)));
}

cm_status neg_upload_save(cm_db *db, const neg_upload *upload)
{
    int64_t now = cm_clock_wall_us(), changed;

    CM_TRY(cm_db_run_changed(
        db, "UPDATE uploads SET position = $3, refused = $4, recorded_at = $5 WHERE identity = $1 AND upload = $2",
        CM_WITH(cm_v_text(upload->identity), cm_v_text(upload->id), cm_v_int(upload->position),
                cm_v_int(upload->refused), cm_v_int(now)),
        &changed));
    if (changed)
        return cm_ok();
    CM_TRY(forget(db, now));
    return cm_db_run(
        db, "INSERT INTO uploads (identity, upload, position, refused, recorded_at) VALUES ($1, $2, $3, $4, $5)",
        CM_WITH(cm_v_text(upload->identity), cm_v_text(upload->id), cm_v_int(upload->position),
                cm_v_int(upload->refused), cm_v_int(now)));
}

cm_status neg_upload_refuse(cm_db *db, const neg_upload *upload, const TypRefusal *refusal)
{
    CM_ARENA(arena);
    cm_bytes packed = cm_message_pack(&refusal->base, arena);

    return cm_db_run(db, "INSERT INTO refusals (identity, upload, position, refusal) VALUES ($1, $2, $3, $4)",
                     CM_WITH(cm_v_text(upload->identity), cm_v_text(upload->id), cm_v_int(refusal->index),
                             cm_v_blob(packed.data, packed.size)));
}

cm_status neg_upload_refusals(cm_db *db, const neg_upload *upload, int64_t from, int limit, cm_arena *arena,
                              TypRefusal ***refusals, size_t *count)
{
    cm_rows rows;
    cm_status s = cm_ok(), end;
    ProtobufCMessage *one;

    *refusals = cm_arena_take(arena, (size_t)limit * sizeof **refusals);
    *count = 0;
    CM_TRY(cm_db_query(db,
                       "SELECT refusal FROM refusals WHERE identity = $1 AND upload = $2 AND position >= $3 "
                       "ORDER BY position LIMIT $4",
                       CM_WITH(cm_v_text(upload->identity), cm_v_text(upload->id), cm_v_int(from), cm_v_int(limit)),
                       &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows)) {
        s = cm_message_unpack(&TypRefusal_descriptor, cm_rows_blob(&rows, 0), arena, &one);
        if (cm_is_ok(s))
            (*refusals)[(*count)++] = (TypRefusal *)one;
    }
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}
