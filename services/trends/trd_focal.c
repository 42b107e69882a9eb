#include "trends/trd_focal.h"

#include <string.h>

#include "journal/cm_resource.h"
#include "trends/trd_filter.h"
#include "trends/trd_merges.h"

static const char USUAL[] = "states/ru";

cm_status trd_focal_read(cm_db *db, const char *asked, cm_arena *arena, const char **focal)
{
    static const char *const states[] = {"states/{state}", NULL};
    trd_merges merges;

    *focal = NULL;
    if (!*asked)
        return cm_ok();
    CM_TRY(cm_name_check(states, "focal", asked));
    CM_TRY(trd_filter_known(db, "state", asked));
    CM_TRY(trd_merges_read(db, arena, &merges));
    const char *state = trd_merges_survivor(&merges, cm_arena_strdup(arena, asked));
    if (strcmp(state, USUAL) != 0)
        *focal = state;
    return cm_ok();
}

bool trd_focal_has(const char *question)
{
    return strcmp(question, "reorientation") == 0;
}

const char *trd_focal_of(const trd_report *report)
{
    return report->focal ? report->focal : USUAL;
}

const char *trd_focal_words(const trd_report *report)
{
    return report->focal ? cm_arena_format(report->arena, "cities of %s", report->focal) : "Russian cities";
}
