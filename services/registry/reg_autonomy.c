#include "registry/reg_autonomy.h"

#include <string.h>

#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_names.h"

enum { INDEX_MAX = 100 };

static void check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegAutonomyProfile *profile = (RegAutonomyProfile *)resource;
    cm_check check = {arena, wrong};
    const char *year = strrchr(profile->name, '/') + 1;

    if (strlen(year) != 4 || strspn(year, "0123456789") != 4 || *year == '0')
        cm_violations_add(wrong, "name", "the profile's id is its year: \"%.80s\" is none; give four digits", year);
    if (!profile->index)
        cm_violations_add(wrong, "index", "is missing; give the Local Autonomy Index, 0 … %d", INDEX_MAX);
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

const cm_resource_kind reg_autonomy_kind = {
    .type = "autonomy_profile",
    .singular = "autonomy_profile",
    .plural = "autonomy_profiles",
    .message = &RegAutonomyProfile_descriptor,
    .patterns = reg_autonomy_profile_patterns,
    .table = "autonomy_profiles",
    .columns = columns,
    .check = check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
};
