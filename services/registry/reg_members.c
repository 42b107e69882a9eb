#include "registry/reg_members.h"

#include "base/cm_message.h"
#include "journal/cm_check.h"
#include "registry/reg_membership.h"
#include "registry/reg_names.h"

cm_date reg_date(const char *text)
{
    cm_date date;
    cm_status s = cm_date_parse(text, &date);

    cm_status_clear(&s);
    return date;
}

bool reg_span_covers(const char *from, const char *to, const char *date)
{
    cm_date on = reg_date(date);

    return !cm_date_certainly_after(reg_date(from), on) && !cm_date_certainly_after(on, reg_date(to));
}

/* Whether what ends then is over when the other begins. */
static bool is_over(const char *to, const char *from)
{
    return *to && *from && !cm_date_certainly_after(reg_date(to), reg_date(from));
}

bool reg_spans_overlap(const char *from, const char *to, const char *other_from, const char *other_to)
{
    return !is_over(to, other_from) && !is_over(other_to, from);
}

static bool is_member(const ProtobufCMessage *resource, const void *context)
{
    const RegMembership *membership = (const RegMembership *)resource;
    const RegListMembersRequest *request = context;
    bool has_status = request->n_statuses == 0 && membership->status != REG_MEMBERSHIP_STATUS_LEFT;

    for (size_t i = 0; i < request->n_statuses; i++)
        has_status |= request->statuses[i] == membership->status;
    return has_status && reg_span_covers(membership->from, membership->to, request->date);
}

static void check_statuses(cm_check check, const RegListMembersRequest *request)
{
    for (size_t i = 0; i < request->n_statuses; i++)
        if (!*cm_enum_code(&RegMembershipStatus_descriptor, (int)request->statuses[i], check.arena))
            cm_violations_add(check.wrong, cm_check_path(check, "statuses[%zu]", i),
                              "%d is no status; give one such as MEMBERSHIP_STATUS_MEMBER", (int)request->statuses[i]);
}

/* The engine lists by the request itself, with a filter that its own index answers; so a token is good for the same
 * institution, date and statuses only. */
cm_status reg_list_members(cm_call *call, const RegListMembersRequest *request, RegListMembersResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    RegListMembersRequest *listed = cm_arena_copy(arena, request, sizeof *request);
    cm_violations wrong = {0};
    cm_check check = {arena, &wrong};

    cm_check_name(check, "institution", request->institution, reg_institution_patterns, true);
    if (cm_check_given(check, "date", request->date, "give one such as 2015-12-06"))
        (void)cm_check_date(check, "date", &listed->date);
    check_statuses(check, request);
    CM_TRY(cm_violations_status(&wrong));
    listed->filter = cm_arena_format(arena, *request->filter ? "institution = \"%s\" AND (%s)" : "institution = \"%s\"",
                                     request->institution, request->filter);
    return cm_resource_list_where(call, &reg_membership_kind, &listed->base, &response->base, is_member, listed);
}
