#include "registry/reg_membership.h"

#include <string.h>

#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_members.h"
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

static cm_status compare_spans(const RegMembership *membership, const cm_rows *other)
{
    const char *from = cm_rows_text(other, 1), *to = cm_rows_text(other, 2);

    if (!reg_spans_overlap(membership->from, membership->to, from, to))
        return cm_ok();
    return cm_invalid("from", "overlaps with %.160s, from %s to %s; give dates that do not, or end that one first",
                      cm_rows_text(other, 0), *from ? from : "unknown", *to ? to : "now");
}

/* Of the same two, one status holds at a time. That somebody left is told beside the membership that ended. */
static cm_status relate(cm_resource_context *context, ProtobufCMessage *resource, const ProtobufCMessage *before)
{
    const RegMembership *membership = (const RegMembership *)resource;
    const char *prefix = cm_arena_format(context->arena, "%s/memberships/", member(membership, context->arena));
    cm_rows rows;
    cm_status s = cm_ok();

    if (membership->status == REG_MEMBERSHIP_STATUS_LEFT)
        return cm_ok();
    CM_TRY(cm_db_query(cm_tx_db(context->tx),
                       "SELECT t.name, t.\"from\", t.\"to\" FROM memberships t JOIN journal j ON j.part = t.part AND "
                       "j.seq = t.seq WHERE t.institution = $1 AND t.name > $2 AND t.name < $3 AND t.name <> $4 AND "
                       "t.status <> 'left' AND " CM_RESOURCE_IS_THERE,
                       CM_WITH(cm_v_text(membership->institution), cm_v_text(prefix),
                               cm_v_text(cm_arena_format(context->arena, "%s~", prefix)), cm_v_text(membership->name)),
                       &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows))
        s = compare_spans(membership, &rows);
    cm_status end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
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
    .relate = relate,
};
