#include "registry/reg_grouping.h"

#include <string.h>

#include "journal/cm_check.h"
#include "registry/reg_actor.h"
#include "registry/reg_names.h"

/* The edition's date is its id; a member was not let in after it. */
static cm_date check_edition(cm_check check, const RegGroupingEdition *edition)
{
    const char *id = strrchr(edition->name, '/') + 1;
    cm_date date;
    cm_status s = cm_date_parse(id, &date);

    if (!cm_is_ok(s))
        cm_violations_add(check.wrong, "name", "the edition's id is its date: %s", cm_status_message(s));
    cm_status_clear(&s);
    return date;
}

static void check_member(cm_check check, const RegGroupingEdition *edition, size_t i, cm_date date)
{
    RegGroupingMember *member = edition->members[i];
    const char *state = cm_check_path(check, "members[%zu].state", i);
    const char *since = cm_check_path(check, "members[%zu].since", i);

    cm_check_name(check, state, member->state, reg_state_patterns, true);
    if (cm_date_certainly_after(cm_check_date(check, since, &member->since), date))
        cm_violations_add(check.wrong, since, "%s is after the edition; give a date that is not, or leave it out",
                          member->since);
    for (size_t j = 0; j < i; j++)
        if (strcmp(edition->members[j]->state, member->state) == 0) {
            cm_violations_add(check.wrong, state, "%.80s is members[%zu] already; name each state once", member->state,
                              j);
            break;
        }
}

static void check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    RegGroupingEdition *edition = (RegGroupingEdition *)resource;
    cm_check check = {arena, wrong};
    cm_date date = check_edition(check, edition);

    (void)cm_check_given(check, "display_name", edition->display_name, "give the name by which it is known");
    if (!edition->n_members)
        cm_violations_add(wrong, "members", "is empty; name at least one state");
    for (size_t i = 0; i < edition->n_members; i++)
        check_member(check, edition, i, date);
    cm_check_citations(check, "", edition->sources, edition->n_sources);
    cm_check_collection(check, edition->collection);
}

static void name_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const RegGroupingEdition *edition = (const RegGroupingEdition *)resource;

    for (size_t i = 0; i < edition->n_members; i++)
        cm_names_add_at(names, edition->members[i]->state, "members[%zu].state", i);
}

static const char *const columns[] = {"display_name", "collection", NULL};

const cm_resource_kind reg_grouping_kind = {
    .type = "grouping_edition",
    .singular = "grouping_edition",
    .plural = "grouping_editions",
    .message = &RegGroupingEdition_descriptor,
    .patterns = reg_grouping_edition_patterns,
    .table = "grouping_editions",
    .columns = columns,
    .check = check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
};
