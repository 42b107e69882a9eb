#include "trends/trd_kept.h"

#include <pthread.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"

struct trd_kept {
    pthread_mutex_t lock; /* guards all below, and computing */
    char *inputs;         /* positions of all feeds, as text; NULL: nothing is kept */
    uint8_t *packed;
    size_t size;
};

trd_kept *trd_kept_new(void)
{
    trd_kept *kept = cm_alloc(sizeof *kept);

    pthread_mutex_init(&kept->lock, NULL);
    return kept;
}

void trd_kept_free(trd_kept *kept)
{
    pthread_mutex_destroy(&kept->lock);
    free(kept->inputs);
    free(kept->packed);
    free(kept);
}

cm_status trd_kept_inputs(cm_db *db, cm_arena *arena, char **inputs)
{
    cm_rows rows;
    int64_t aside;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM letters WHERE seq > 0", CM_NONE, 0, &aside));
    char *text = cm_arena_format(arena, "%lld aside;", (long long)aside);
    CM_TRY(cm_db_query(db, "SELECT topic, part, seq, epoch FROM feeds ORDER BY topic, part", CM_NONE, &rows));
    while (cm_rows_next(&rows)) {
        cm_bytes epoch = cm_rows_blob(&rows, 3);
        char hex[2 * 16 + 1] = "";
        cm_hex(epoch.data, epoch.size < 16 ? epoch.size : 16, hex);
        text = cm_arena_format(arena, "%s%s/%lld/%s/%lld;", text, cm_rows_text(&rows, 0),
                               (long long)cm_rows_int(&rows, 1), hex, (long long)cm_rows_int(&rows, 2));
    }
    *inputs = text;
    return cm_rows_end(&rows);
}

static cm_status unpack_into(const trd_kept *kept, cm_arena *arena, TrdReport *report)
{
    ProtobufCMessage *message;

    CM_TRY(cm_message_unpack(&TrdReport_descriptor, (cm_bytes){kept->packed, kept->size}, arena, &message));
    *report = *(TrdReport *)message;
    return cm_ok();
}

static cm_status compute(trd_kept *kept, cm_db *db, cm_arena *arena, const char *inputs, TrdReport *report)
{
    CM_TRY(trd_report_make(db, arena, report));
    cm_bytes packed = cm_message_pack(&report->base, arena);
    free(kept->inputs);
    free(kept->packed);
    kept->inputs = cm_strdup(inputs);
    kept->packed = cm_alloc(packed.size);
    memcpy(kept->packed, packed.data, packed.size);
    kept->size = packed.size;
    return cm_ok();
}

cm_status trd_kept_report(trd_kept *kept, cm_db *db, cm_arena *arena, TrdReport *report)
{
    char *inputs;

    CM_TRY(trd_kept_inputs(db, arena, &inputs));
    pthread_mutex_lock(&kept->lock);
    bool same = kept->inputs && strcmp(kept->inputs, inputs) == 0;
    cm_status status = same ? unpack_into(kept, arena, report) : compute(kept, db, arena, inputs, report);
    pthread_mutex_unlock(&kept->lock);
    return status;
}
