#include "registry/reg_search.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_check.h"
#include "registry/reg_index.h"
#include "registry/reg_names.h"
#include "registry/reg_resolve.h"

enum { PAGE = 10, PAGE_MAX = 100, CANDIDATES = 3, CANDIDATES_MAX = 10, TEXTS_MAX = 1000, RETRY_MS = 200 };

static cm_status the_index(cm_call *call, reg_index **index)
{
    *index = cm_call_state(call);
    if (*index && reg_index_is_ready(*index))
        return cm_ok();
    cm_status s = cm_fail(CM_UNAVAILABLE, "the index of actors is being built; try again in a moment");
    cm_status_retry(&s, RETRY_MS);
    return s;
}

static void check_text(cm_check check, const char *field, const char *text)
{
    if (cm_check_given(check, field, text, "give a name or its beginning") && strlen(text) > REG_FOLD_BYTES)
        cm_violations_add(check.wrong, field, "%zu bytes; give at most %d", strlen(text), REG_FOLD_BYTES);
}

static void check_kinds(cm_check check, const char *prefix, const TypActorKind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!*cm_enum_code(&TypActorKind_descriptor, (int)kinds[i], check.arena))
            cm_violations_add(check.wrong, cm_check_path(check, "%skinds[%zu]", prefix, i),
                              "%d is no kind; give one such as ACTOR_KIND_CITY", (int)kinds[i]);
}

static void check_size(cm_check check, const char *field, int32_t size, int most)
{
    if (size < 0 || size > most)
        cm_violations_add(check.wrong, field, "%d is out of range; give 0 … %d", size, most);
}

cm_status reg_search_actors(cm_call *call, const RegSearchActorsRequest *request, RegSearchActorsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_violations wrong = {0};
    cm_check check = {arena, &wrong};
    reg_wanted wanted = {request->kinds,
                         request->n_kinds,
                         request->states,
                         request->n_states,
                         request->page_size ? (size_t)request->page_size : PAGE,
                         false};
    reg_match *matches;
    reg_index *index;

    check_text(check, "query", request->query);
    check_kinds(check, "", request->kinds, request->n_kinds);
    for (size_t i = 0; i < request->n_states; i++)
        cm_check_name(check, cm_check_path(check, "states[%zu]", i), request->states[i], reg_state_patterns, true);
    check_size(check, "page_size", request->page_size, PAGE_MAX);
    CM_TRY(cm_violations_status(&wrong));
    CM_TRY(the_index(call, &index));
    reg_index_search(index, request->query, &wanted, arena, &matches, &response->n_matches);
    response->matches = cm_arena_take(arena, (response->n_matches + 1) * sizeof *response->matches);
    for (size_t i = 0; i < response->n_matches; i++)
        response->matches[i] = matches[i].is;
    response->incomplete = reg_index_incomplete(index);
    return cm_ok();
}

static void check_raw(cm_check check, const RegRawActor *raw, size_t i)
{
    const char *prefix = cm_check_path(check, "actors[%zu].", i);
    char *date = cm_arena_strdup(check.arena, raw->date);

    check_text(check, cm_check_path(check, "%stext", prefix), raw->text);
    if (strlen(raw->country) > REG_FOLD_BYTES)
        cm_violations_add(check.wrong, cm_check_path(check, "%scountry", prefix), "%zu bytes; give at most %d",
                          strlen(raw->country), REG_FOLD_BYTES);
    (void)cm_check_date(check, cm_check_path(check, "%sdate", prefix), &date);
    check_kinds(check, prefix, raw->kinds, raw->n_kinds);
}

cm_status reg_resolve_actors(cm_call *call, const RegResolveActorsRequest *request, RegResolveActorsResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    cm_violations wrong = {0};
    cm_check check = {arena, &wrong};
    size_t most = request->candidates ? (size_t)request->candidates : CANDIDATES;
    reg_index *index;

    if (request->n_actors == 0 || request->n_actors > TEXTS_MAX)
        return cm_invalid("actors", "%zu texts; give 1 … %d", request->n_actors, TEXTS_MAX);
    for (size_t i = 0; i < request->n_actors; i++)
        check_raw(check, request->actors[i], i);
    check_size(check, "candidates", request->candidates, CANDIDATES_MAX);
    CM_TRY(cm_violations_status(&wrong));
    CM_TRY(the_index(call, &index));
    response->resolutions = cm_arena_take(arena, request->n_actors * sizeof *response->resolutions);
    response->n_resolutions = request->n_actors;
    for (size_t i = 0; i < request->n_actors; i++)
        response->resolutions[i] = reg_resolve(index, request->actors[i], most, arena);
    response->incomplete = reg_index_incomplete(index);
    return cm_ok();
}
