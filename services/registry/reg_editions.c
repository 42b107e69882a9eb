#include "registry/reg_editions.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "journal/cm_check.h"
#include "registry/reg_grouping.h"
#include "registry/reg_names.h"

enum { STATES_MAX = 1000 };

static cm_status find_edition(cm_call *call, const char *field, const char *name, RegGroupingEdition **edition)
{
    CM_TRY(cm_name_check(reg_grouping_edition_patterns, field, name));
    CM_TRY(cm_resource_find(cm_call_lent(call), &reg_grouping_kind, name, cm_call_arena(call),
                            (ProtobufCMessage **)edition));
    return *edition ? cm_ok() : cm_not_found("grouping_edition", name);
}

/* ---- as of a date ---- */

/* Dates of editions in order of time; a partial one counts from its first day. */
typedef struct dated {
    const char *name; /* NULL: none */
    cm_date date;
} dated;

static cm_status take_edition(const char *name, cm_date on, cm_arena *arena, dated *newest, dated *first)
{
    dated found = {.name = cm_arena_strdup(arena, name)};

    CM_TRY(cm_date_parse(strrchr(name, '/') + 1, &found.date));
    if (!first->name || cm_date_compare(found.date, first->date) < 0)
        *first = found;
    if (!cm_date_certainly_after(found.date, on) && (!newest->name || cm_date_compare(found.date, newest->date) > 0))
        *newest = found;
    return cm_ok();
}

static cm_status look_through(cm_call *call, const char *grouping, cm_date on, dated *newest, dated *first)
{
    cm_arena *arena = cm_call_arena(call);
    const char *prefix = cm_arena_format(arena, "%s/editions/", grouping);
    cm_rows rows;
    cm_status s = cm_ok();

    CM_TRY(cm_db_query(cm_call_lent(call),
                       "SELECT t.name FROM grouping_editions t JOIN journal j ON j.part = t.part AND j.seq = t.seq "
                       "WHERE t.name > $1 AND t.name < $2 AND " CM_RESOURCE_IS_THERE,
                       CM_WITH(cm_v_text(prefix), cm_v_text(cm_arena_format(arena, "%s~", prefix))), &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows))
        s = take_edition(cm_rows_text(&rows, 0), on, arena, newest, first);
    cm_status end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

cm_status reg_get_grouping_as_of(cm_call *call, const RegGetGroupingAsOfRequest *request, RegGroupingEdition *response)
{
    cm_violations wrong = {0};
    cm_check check = {cm_call_arena(call), &wrong};
    char *text = cm_arena_strdup(check.arena, request->date);
    dated newest = {0}, first = {0};
    RegGroupingEdition *edition;
    cm_date date = {0};

    cm_check_name(check, "grouping", request->grouping, reg_grouping_patterns, true);
    if (cm_check_given(check, "date", request->date, "give one such as 2015-12-06"))
        date = cm_check_date(check, "date", &text);
    CM_TRY(cm_violations_status(&wrong));
    CM_TRY(look_through(call, request->grouping, date, &newest, &first));
    if (!newest.name && first.name)
        return cm_fail(CM_NOT_FOUND, "%s has no edition by %s; the first is %s", request->grouping, text, first.name);
    if (!newest.name)
        return cm_not_found("grouping", request->grouping);
    CM_TRY(find_edition(call, "name", newest.name, &edition));
    *response = *edition;
    return cm_ok();
}

/* ---- two editions ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **sorted_states(const RegGroupingEdition *edition, cm_arena *arena)
{
    char **states = cm_arena_take(arena, (edition->n_members + 1) * sizeof *states);

    for (size_t i = 0; i < edition->n_members; i++)
        states[i] = edition->members[i]->state;
    qsort(states, edition->n_members, sizeof *states, compare_names);
    return states;
}

cm_status reg_compare_grouping_editions(cm_call *call, const RegCompareGroupingEditionsRequest *request,
                                        RegCompareGroupingEditionsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    RegGroupingEdition *before, *after;

    CM_TRY(find_edition(call, "before", request->before, &before));
    CM_TRY(find_edition(call, "after", request->after, &after));
    char **old = sorted_states(before, arena), **new = sorted_states(after, arena);
    response->left = cm_arena_take(arena, (before->n_members + 1) * sizeof *response->left);
    response->common = cm_arena_take(arena, (before->n_members + 1) * sizeof *response->common);
    response->joined = cm_arena_take(arena, (after->n_members + 1) * sizeof *response->joined);
    for (size_t i = 0, j = 0; i < before->n_members || j < after->n_members;) {
        int order = i == before->n_members ? 1 : j == after->n_members ? -1 : strcmp(old[i], new[j]);
        if (order < 0)
            response->left[response->n_left++] = old[i++];
        else if (order > 0)
            response->joined[response->n_joined++] = new[j++];
        else {
            response->common[response->n_common++] = old[i++];
            j++;
        }
    }
    return cm_ok();
}

/* ---- what is outside ---- */

cm_status reg_get_grouping_complement(cm_call *call, const RegGetGroupingComplementRequest *request,
                                      RegGetGroupingComplementResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    RegGroupingEdition *edition;
    cm_rows rows;

    CM_TRY(find_edition(call, "name", request->name, &edition));
    char **inside = sorted_states(edition, arena);
    response->states = cm_arena_take(arena, STATES_MAX * sizeof *response->states);
    CM_TRY(cm_db_query(cm_call_lent(call),
                       "SELECT t.name FROM actors t JOIN journal j ON j.part = t.part AND j.seq = t.seq "
                       "WHERE t.name > $1 AND t.name < $2 AND " CM_RESOURCE_IS_THERE " ORDER BY t.name LIMIT $3",
                       CM_WITH(cm_v_text("states/"), cm_v_text("states/~"), cm_v_int(STATES_MAX)), &rows));
    while (cm_rows_next(&rows)) {
        char *state = cm_arena_strdup(arena, cm_rows_text(&rows, 0));
        if (!bsearch(&state, inside, edition->n_members, sizeof *inside, compare_names))
            response->states[response->n_states++] = state;
    }
    return cm_rows_end(&rows);
}
