#include "registry/reg_membership.h"

#include <string.h>

#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_names.h"

/* Whose membership it is: the name before its last two segments. */
static const char *member(const RegMembership *membership, cm_arena *arena)
{
    const char *end = strstr(membership->name, "/memberships/");

    return cm_arena_strndup(arena, membership->name, (size_t)(end - membership->name));
}

static void check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegMembership *membership = (RegMembership *)resource;
    cm_check check = {arena, wrong};

    if (cm_check_given(check, "institution", membership->institution, "give institutions/{institution}"))
        cm_check_name(check, "institution", membership->institution, reg_institution_patterns, true);
    if (strcmp(membership->institution, member(membership, arena)) == 0)
        cm_violations_add(wrong, "institution", "%.160s is the member itself; name another", membership->institution);
    if (membership->status == REG_MEMBERSHIP_STATUS_UNSPECIFIED)
        cm_violations_add(wrong, "status", "is missing; give member, associate, observer, suspended or left");
    cm_check_span(check, "", "from", &membership->from, "to", &membership->to);
    cm_check_citations(check, "", membership->sources, membership->n_sources);
    cm_check_collection(check, membership->collection);
}

static void name_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const RegMembership *membership = (const RegMembership *)resource;

    cm_names_add_at(names, member(membership, names->arena), "name");
    cm_names_add_at(names, membership->institution, "institution");
}

static const char *const columns[] = {"institution", "status", "from", "to", "collection", NULL};

const cm_resource_kind reg_membership_kind = {
    .type = "membership",
    .singular = "membership",
    .plural = "memberships",
    .message = &RegMembership_descriptor,
    .patterns = reg_membership_patterns,
    .table = "memberships",
    .columns = columns,
    .event_time = "from",
    .check = check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
};
