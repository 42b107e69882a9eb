#include "registry/reg_autonomy.h"

#include <math.h>
#include <string.h>

#include "base/cm_message.h"
#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_names.h"

enum { INDEX_MAX = 100 };

/* How far a published index, which is rounded, may be from what its scores give. */
static const double ROUNDED = 0.05;

static void check_score(cm_check check, const char *field, double score, double most)
{
    if (score < 0 || score > most)
        cm_violations_add(check.wrong, cm_check_path(check, "scores.%s", field), "%g is out of range; give 0 … %g",
                          score, most);
}

static void check_scores(cm_check check, const RegAutonomyScores *s)
{
    check_score(check, "legal_protection", s->legal_protection, 3);
    check_score(check, "policy_scope", s->policy_scope, 4);
    check_score(check, "policy_discretion", s->policy_discretion, 4);
    check_score(check, "effective_depth", s->effective_depth, 3);
    check_score(check, "fiscal_autonomy", s->fiscal_autonomy, 4);
    check_score(check, "financial_transfer", s->financial_transfer, 3);
    check_score(check, "self_reliance", s->self_reliance, 3);
    check_score(check, "borrowing", s->borrowing, 3);
    check_score(check, "organisational", s->organisational, 4);
    check_score(check, "supervision", s->supervision, 3);
    check_score(check, "access", s->access, 3);
}

/* Ladner, Keuffer and Baldersheim, Measuring Local Autonomy in 39 Countries (2016). */
double reg_autonomy_index(const RegAutonomyScores *s, RegAutonomyParts *parts)
{
    parts->legal_autonomy = 100.0 / 3 * s->legal_protection;
    parts->political_discretion = 100.0 / 15 * (s->effective_depth + 3 * s->policy_discretion);
    parts->policy_scope = 100.0 / 4 * s->policy_scope;
    parts->financial_autonomy = 100.0 / 24 * (3 * s->fiscal_autonomy + 3 * s->self_reliance + s->borrowing);
    parts->organisational_autonomy = 100.0 / 4 * s->organisational;
    parts->non_interference = 100.0 / 6 * (s->financial_transfer + s->supervision);
    parts->access = 100.0 / 3 * s->access;
    return (parts->legal_autonomy + 3 * parts->political_discretion + 2 * parts->policy_scope +
            3 * parts->financial_autonomy + 2 * parts->organisational_autonomy + parts->non_interference +
            parts->access) /
           13;
}

/* Whether the index is the caller's, and not left from when there were other scores, or none. */
static bool is_given(const RegAutonomyProfile *profile, const RegAutonomyProfile *before)
{
    return profile->index && !(before && before->index && before->index->value == profile->index->value);
}

/* Index and parts of the scores; a total alone says that it is one. */
static void compute(cm_check check, RegAutonomyProfile *profile, const RegAutonomyProfile *before)
{
    profile->total_only = !profile->scores;
    profile->parts = NULL;
    if (!profile->scores)
        return;
    check_scores(check, profile->scores);
    profile->parts = CM_NEW(check.arena, RegAutonomyParts);
    double index = reg_autonomy_index(profile->scores, profile->parts);
    if (is_given(profile, before) && fabs(profile->index->value - index) > ROUNDED)
        cm_violations_add(check.wrong, "index", "%g is not what the scores give, %.2f; leave it out",
                          profile->index->value, index);
    profile->index = CM_NEW(check.arena, GoogleDoubleValue);
    profile->index->value = index;
}

static void check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegAutonomyProfile *profile = (RegAutonomyProfile *)resource;
    cm_check check = {arena, wrong};
    const char *year = strrchr(profile->name, '/') + 1;

    if (strlen(year) != 4 || strspn(year, "0123456789") != 4 || *year == '0')
        cm_violations_add(wrong, "name", "the profile's id is its year: \"%.80s\" is none; give four digits", year);
    compute(check, profile, (const RegAutonomyProfile *)before);
    if (!profile->index)
        cm_violations_add(wrong, "index", "is missing; give the scores, or the Local Autonomy Index, 0 … %d",
                          INDEX_MAX);
    else if (profile->index->value < 0 || profile->index->value > INDEX_MAX)
        cm_violations_add(wrong, "index", "%g is out of range; give 0 … %d", profile->index->value, INDEX_MAX);
    cm_check_citations(check, "", profile->sources, profile->n_sources);
    cm_check_collection(check, profile->collection);
}

static void name_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const char *name = ((const RegAutonomyProfile *)resource)->name;
    const char *end = strstr(name, "/autonomyProfiles/");

    cm_names_add_at(names, cm_arena_strndup(names->arena, name, (size_t)(end - name)), "name");
}

static const char *const columns[] = {"collection", NULL};
static const char *const output_only[] = {"parts", "total_only", NULL};

const cm_resource_kind reg_autonomy_kind = {
    .type = "autonomy_profile",
    .singular = "autonomy_profile",
    .plural = "autonomy_profiles",
    .message = &RegAutonomyProfile_descriptor,
    .patterns = reg_autonomy_profile_patterns,
    .table = "autonomy_profiles",
    .columns = columns,
    .output_only = output_only,
    .check = check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
};
