#include "trends/trd_asked.h"

static const char ACTOR[] = "cityneg-trends";

cm_status trd_asked_read(cm_db *db, cm_arena *arena, trd_asked *asked)
{
    CM_TRY(trd_own_all(db, false, arena, &asked->questions, &asked->question_count));
    return trd_alerts_read(db, "", arena, &asked->alerts, &asked->alert_count);
}

cm_status trd_asked_write(const trd_asked *asked, cm_tx *tx, cm_arena *arena)
{
    for (size_t i = 0; i < asked->question_count; i++)
        CM_TRY(trd_own_ask(tx, asked->questions[i].asked, ACTOR, "", arena, NULL));
    for (size_t i = 0; i < asked->alert_count; i++)
        CM_TRY(trd_alert_ask(tx, asked->alerts[i], ACTOR, "", arena));
    return cm_ok();
}
