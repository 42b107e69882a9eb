#include "trends/trd_filter.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "journal/cm_resource.h"
#include "trends/trd_coverage.h"
#include "trends/trd_merges.h"

enum { NAME_MOST = 4096 }; /* bytes of a label */

const trd_filter trd_filter_none = {
    .institution = "", .state = "", .collection = "", .label = "", .from = INT32_MIN, .to = INT32_MAX, .words = ""};

/* ---- what was asked for ---- */

static void say(cm_text *words, const char *before, const char *text)
{
    cm_text_format(words, "%s%s%s", words->size ? ", " : "", before, text);
}

cm_status trd_filter_day(const char *field, const char *text, bool last, int32_t *day, cm_date *date)
{
    cm_status s = cm_date_parse(text, date);

    if (!cm_is_ok(s)) {
        cm_status_clear(&s);
        return cm_invalid(field, "'%.40s' is no date; write 2015, 2015-12 or 2015-12-06", text);
    }
    if (date->precision != CM_PRECISION_NONE)
        *day = last ? cm_date_last_day(*date) : cm_date_first_day(*date);
    return cm_ok();
}

static cm_status read_period(const TrdUnitFilter *asked, trd_filter *filter, cm_text *words)
{
    cm_date from, to;

    CM_TRY(trd_filter_day("filter.from", asked->from, false, &filter->from, &from));
    CM_TRY(trd_filter_day("filter.to", asked->to, true, &filter->to, &to));
    if (filter->from > filter->to)
        return cm_invalid("filter.to", "%s ends before %s begins: such a period is empty", asked->to, asked->from);
    if (*asked->from)
        say(words, "from ", asked->from);
    if (*asked->to)
        say(words, "to ", asked->to);
    return cm_ok();
}

cm_status trd_filter_known(cm_db *db, const char *type, const char *name)
{
    int64_t known;

    CM_TRY(cm_db_integer(db, "SELECT COUNT(*) FROM facts WHERE resource = $1", CM_WITH(cm_v_text(name)), 0, &known));
    return known ? cm_ok() : cm_not_found(type, name);
}

static cm_status read_names(cm_db *db, const TrdUnitFilter *asked, cm_arena *arena, trd_filter *filter, cm_text *words)
{
    static const char *const institutions[] = {"institutions/{institution}", NULL};
    static const char *const states[] = {"states/{state}", NULL};
    trd_merges merges;

    CM_TRY(trd_merges_read(db, arena, &merges));
    if (*asked->institution) {
        CM_TRY(cm_name_check(institutions, "filter.institution", asked->institution));
        CM_TRY(trd_filter_known(db, "institution", asked->institution));
        filter->institution = trd_merges_survivor(&merges, cm_arena_strdup(arena, asked->institution));
        say(words, "", asked->institution);
    }
    if (*asked->state) {
        CM_TRY(cm_name_check(states, "filter.state", asked->state));
        CM_TRY(trd_filter_known(db, "state", asked->state));
        filter->state = trd_merges_survivor(&merges, cm_arena_strdup(arena, asked->state));
        say(words, "", asked->state);
    }
    return cm_ok();
}

/* By its label, its id or its name. */
static cm_status read_collection(cm_db *db, const TrdUnitFilter *asked, cm_arena *arena, trd_filter *filter)
{
    const char *name = trd_collection(asked->collection);
    trd_coverage coverage;

    if (!*name)
        return cm_ok();
    if (strlen(name) > NAME_MOST)
        return cm_invalid("filter.collection", "has %zu bytes; give the name of a collection", strlen(name));
    CM_TRY(trd_coverage_read(trd_now(db), arena, &coverage));
    for (size_t i = 0; i < coverage.count; i++)
        if (strcmp(coverage.collections[i].id, name) == 0 || strcmp(coverage.collections[i].label, name) == 0) {
            filter->collection = coverage.collections[i].id;
            filter->label = coverage.collections[i].label;
            return cm_ok();
        }
    return cm_not_found("collection", asked->collection);
}

static cm_status read_all(cm_db *db, const TrdUnitFilter *asked, cm_arena *arena, trd_filter *filter, cm_text *words)
{
    const char *code = cm_enum_code(&TypCertainty_descriptor, asked->certainty, arena);

    if (asked->certainty && !*code)
        return cm_invalid("filter.certainty", "%d is no certainty; give recalled, reported or checked",
                          (int)asked->certainty);
    filter->certainty = asked->certainty;
    if (asked->certainty)
        say(words, code, asked->certainty < TYP_CERTAINTY_CHECKED ? " or surer" : "");
    CM_TRY(read_names(db, asked, arena, filter, words));
    CM_TRY(read_period(asked, filter, words));
    return read_collection(db, asked, arena, filter);
}

cm_status trd_filter_read(cm_db *db, const TrdUnitFilter *asked, cm_arena *arena, trd_filter *filter)
{
    cm_text words = {0};

    *filter = trd_filter_none;
    if (!asked)
        return cm_ok();
    cm_status s = read_all(db, asked, arena, filter, &words);
    filter->words = cm_arena_strdup(arena, cm_text_get(&words));
    cm_text_clear(&words);
    return s;
}

/* ---- what fits ---- */

bool trd_filter_picks(const trd_filter *filter)
{
    return *filter->words != '\0';
}

bool trd_filter_fits(const trd_filter *filter, TypCertainty certainty, cm_date date)
{
    if (certainty < filter->certainty)
        return false;
    if (date.precision == CM_PRECISION_NONE)
        return true;
    int32_t day = cm_date_first_day(date);
    return day >= filter->from && day <= filter->to;
}

bool trd_filter_names(const trd_filter *filter, const char *const *actors, const char *const *states, size_t count)
{
    bool institution = !*filter->institution, state = !*filter->state;

    for (size_t i = 0; i < count; i++) {
        institution |= strcmp(actors[i], filter->institution) == 0;
        state |= strcmp(actors[i], filter->state) == 0 || strcmp(states[i], filter->state) == 0;
    }
    return institution && state;
}

bool trd_filter_unit(const trd_filter *filter, const trd_unit *unit, const EvtEvent *event)
{
    bool institution = !*filter->institution, state = !*filter->state;

    if (!trd_filter_fits(filter, unit->certainty, unit->date))
        return false;
    for (size_t i = 0; i < event->n_actors; i++) {
        const TypActorSnapshot *a = event->actors[i];
        bool own = !unit->actor || strcmp(unit->actor, a->actor) == 0;
        institution |= strcmp(a->actor, filter->institution) == 0;
        state |= own && (strcmp(a->actor, filter->state) == 0 || strcmp(a->state, filter->state) == 0);
    }
    return institution && state;
}

bool trd_filter_agreement(const trd_filter *filter, const trd_agreement *agreement, cm_date date)
{
    return trd_filter_fits(filter, agreement->certainty, date) &&
           trd_filter_names(filter, agreement->parties, agreement->states, agreement->party_count);
}
