#include "registry/reg_actor_check.h"

#include <string.h>

#include "journal/cm_actor.h"
#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_external_id.h"
#include "registry/reg_names.h"
#include "registry/reg_parents.h"

enum { LANGUAGE_MAX = 35, YEAR_MAX = 9999 };

/* The state of a state is itself, and its id is two letters, as in ISO 3166-1 alpha-2. */
static void check_state(cm_check check, RegActor *actor)
{
    bool place = actor->kind == TYP_ACTOR_KIND_CITY || actor->kind == TYP_ACTOR_KIND_REGION;
    bool needs_one = place && actor->n_external_ids == 0; /* another id tells homonyms apart until the state is known */

    if (actor->kind != TYP_ACTOR_KIND_STATE) {
        if (!needs_one || cm_check_given(check, "state", actor->state,
                                         "give states/{state}, where it lies, or an external id while "
                                         "it is not known"))
            cm_check_name(check, "state", actor->state, reg_state_patterns, false);
        return;
    }
    const char *id = strchr(actor->name, '/') + 1;
    if (strlen(id) != 2 || strspn(id, "abcdefghijklmnopqrstuvwxyz") != 2)
        cm_violations_add(check.wrong, "name",
                          "\"%.80s\" is no code of a state; give two letters as in ISO 3166-1, such as "
                          "states/ru",
                          id);
    actor->state = actor->name;
}

static void check_parent(cm_check check, const RegActor *actor)
{
    bool may_have_one = actor->kind == TYP_ACTOR_KIND_CITY || actor->kind == TYP_ACTOR_KIND_REGION;

    if (!*actor->parent)
        return;
    if (!may_have_one)
        cm_violations_add(check.wrong, "parent", "%.160s was given, but only cities and regions have one; leave it out",
                          actor->parent);
    else if (strcmp(actor->parent, actor->name) == 0)
        cm_violations_add(check.wrong, "parent", "%.160s is the actor itself; name the region that it is in",
                          actor->parent);
    else
        cm_check_name(check, "parent", actor->parent, reg_region_patterns, true);
}

/* Letters, digits and hyphens, a letter first: whatever BCP 47 allows, and more. */
static bool is_language(const char *tag)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t first = strspn(tag, letters);
    size_t rest = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return first >= 2 && first <= 8 && tag[rest] == '\0' && rest <= LANGUAGE_MAX && tag[rest - 1] != '-';
}

static void check_names(cm_check check, const RegActor *actor)
{
    for (size_t i = 0; i < actor->n_names; i++) {
        RegActorName *name = actor->names[i];
        const char *prefix = cm_check_path(check, "names[%zu].", i);
        (void)cm_check_given(check, cm_check_path(check, "%stext", prefix), name->text, "give the name");
        if (*name->language && !is_language(name->language))
            cm_violations_add(check.wrong, cm_check_path(check, "%slanguage", prefix),
                              "\"%.80s\" is no language tag; give one such as ru or zh-Hant, or leave it out",
                              name->language);
        cm_check_span(check, prefix, "from", &name->from, "to", &name->to);
    }
}

static void check_range(cm_check check, const char *field, double value, double most)
{
    if (value < -most || value > most)
        cm_violations_add(check.wrong, field, "%g is out of range; give -%g … %g degrees", value, most, most);
}

static void check_populations(cm_check check, const RegActor *actor)
{
    for (size_t i = 0; i < actor->n_populations; i++) {
        const RegPopulation *population = actor->populations[i];
        const char *year = cm_check_path(check, "populations[%zu].year", i);
        if (population->count < 0)
            cm_violations_add(check.wrong, cm_check_path(check, "populations[%zu].count", i),
                              "%lld is negative; give a count ≥ 0 or leave it out", (long long)population->count);
        if (population->year < 0 || population->year > YEAR_MAX)
            cm_violations_add(check.wrong, year, "%d is no year; give 1 … %d, or 0 where it is not known",
                              population->year, YEAR_MAX);
        for (size_t j = 0; j < i; j++)
            if (actor->populations[j]->year == population->year) {
                cm_violations_add(check.wrong, year, "%d is populations[%zu] already; give each year once",
                                  population->year, j);
                break;
            }
    }
}

static void check_institution(cm_check check, const RegActor *actor)
{
    RegInstitution *institution = actor->institution;

    if (!institution)
        return;
    if (actor->kind != TYP_ACTOR_KIND_INSTITUTION) {
        cm_violations_add(check.wrong, "institution",
                          "was given for %.160s, but only institutions have it; leave it out", actor->name);
        return;
    }
    cm_check_span(check, "institution.", "founded", &institution->founded, "ended", &institution->ended);
}

void reg_actor_check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegActor *actor = (RegActor *)resource;
    cm_check check = {arena, wrong};

    actor->kind = cm_actor_kind(actor->name);
    (void)cm_check_given(check, "display_name", actor->display_name, "give the name by which it is known");
    check_state(check, actor);
    reg_parents_check(check, actor, (const RegActor *)before);
    check_parent(check, actor);
    check_names(check, actor);
    reg_external_ids_check(check, actor);
    if (actor->location) {
        check_range(check, "location.latitude", actor->location->latitude, 90);
        check_range(check, "location.longitude", actor->location->longitude, 180);
    }
    check_populations(check, actor);
    check_institution(check, actor);
    cm_check_citations(check, "", actor->sources, actor->n_sources);
    cm_check_collection(check, actor->collection);
}
