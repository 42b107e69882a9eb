#include "negotiations/neg_force.h"

/* Dates are in their canonical form since the agreement was recorded. */
static int32_t day_of(const NegStatusStep *step, int32_t before)
{
    cm_date date;
    cm_status s = cm_date_parse(step->date, &date);
    bool known = cm_is_ok(s) && date.precision != CM_PRECISION_NONE;

    cm_status_clear(&s);
    return known ? cm_date_middle_day(date) : before;
}

NegAgreementStatus neg_force_status(const NegAgreement *agreement, int32_t day)
{
    NegAgreementStatus status = NEG_AGREEMENT_STATUS_UNSPECIFIED;
    int32_t at = INT32_MIN;

    for (size_t i = 0; i < agreement->n_status_history; i++) {
        at = day_of(agreement->status_history[i], at);
        if (at <= day)
            status = agreement->status_history[i]->status;
    }
    return status;
}

bool neg_force_holds(const NegAgreement *agreement, int32_t day)
{
    switch (neg_force_status(agreement, day)) {
        case NEG_AGREEMENT_STATUS_SIGNED:
        case NEG_AGREEMENT_STATUS_IN_FORCE:
        case NEG_AGREEMENT_STATUS_RESUMED:
            return true;
        default:
            return false;
    }
}
