#include "registry/reg_influence.h"

#include <string.h>

#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_names.h"

enum { YEAR_MAX = 9999 };

/* The tiers of the Globalization and World Cities network, the highest first. */
static const char *const tiers[] = {"Alpha++", "Alpha+", "Alpha",  "Alpha-",           "Beta+",      "Beta", "Beta-",
                                    "Gamma+",  "Gamma",  "Gamma-", "High Sufficiency", "Sufficiency"};

static bool is_tier(const char *text)
{
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcmp(tiers[i], text) == 0)
            return true;
    return false;
}

static void check_tier(cm_violations *wrong, const RegInfluence *influence)
{
    if (influence->number)
        cm_violations_add(wrong, "number", "%g was given for a measure in tiers; give the tier",
                          influence->number->value);
    if (!is_tier(influence->tier))
        cm_violations_add(wrong, "tier", "\"%.80s\" is no tier; give Alpha++ … Gamma-, High Sufficiency or Sufficiency",
                          influence->tier);
}

static void check_number(cm_violations *wrong, const RegInfluence *influence)
{
    bool is_share = influence->measure == REG_MEASURE_GDP_SHARE;

    if (*influence->tier)
        cm_violations_add(wrong, "tier", "\"%.80s\" was given for a measure in numbers; give the number",
                          influence->tier);
    if (!influence->number)
        cm_violations_add(wrong, "number", "is missing; give what was measured");
    else if (influence->number->value < 0)
        cm_violations_add(wrong, "number", "%g is negative; give a number ≥ 0", influence->number->value);
    else if (is_share && influence->number->value > 100)
        cm_violations_add(wrong, "number", "%g %% is more than all; give 0 … 100", influence->number->value);
}

static void check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegInfluence *influence = (RegInfluence *)resource;
    cm_check check = {arena, wrong};

    if (influence->measure == REG_MEASURE_UNSPECIFIED)
        cm_violations_add(wrong, "measure",
                          "is missing; give gawc_2024, population, gdp_share, consulates or foreign_missions");
    else if (influence->measure == REG_MEASURE_GAWC_2024)
        check_tier(wrong, influence);
    else
        check_number(wrong, influence);
    if (influence->year < 0 || influence->year > YEAR_MAX)
        cm_violations_add(wrong, "year", "%d is no year; give 1 … %d, or 0 where it is not known", influence->year,
                          YEAR_MAX);
    cm_check_citations(check, "", influence->sources, influence->n_sources);
    cm_check_collection(check, influence->collection);
}

static void name_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const char *name = ((const RegInfluence *)resource)->name;
    const char *end = strstr(name, "/influences/");

    cm_names_add_at(names, cm_arena_strndup(names->arena, name, (size_t)(end - name)), "name");
}

static const char *const columns[] = {"measure", "year", "collection", NULL};

const cm_resource_kind reg_influence_kind = {
    .type = "influence",
    .singular = "influence",
    .plural = "influences",
    .message = &RegInfluence_descriptor,
    .patterns = reg_influence_patterns,
    .table = "influences",
    .columns = columns,
    .check = check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
};
