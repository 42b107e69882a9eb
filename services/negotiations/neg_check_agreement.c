#include "negotiations/neg_agreement_status.h"
#include "negotiations/neg_checks.h"
#include "negotiations/neg_names.h"
#include "negotiations/neg_topic.h"

enum { MOST_STEPS = 100 };

void neg_check_step(cm_check check, const char *prefix, NegStatusStep *step)
{
    cm_check_date(check, cm_check_path(check, "%sdate", prefix), &step->date);
    neg_check_code(check, cm_check_path(check, "%sstatus", prefix), &NegAgreementStatus_descriptor, (int)step->status,
                   NEG_REQUIRED);
    neg_check_actors(check, cm_check_path(check, "%sdecided_by", prefix), step->decided_by, step->n_decided_by, 0);
    neg_check_code(check, cm_check_path(check, "%sbasis", prefix), &NegStatusBasis_descriptor, (int)step->basis,
                   NEG_OPTIONAL);
    neg_check_citations(check, prefix, step->sources, step->n_sources, 0);
}

static void check_history(cm_check check, NegAgreement *a)
{
    int before = check.wrong->count;

    neg_check_count(check, "status_history", a->n_status_history, 1);
    if (a->n_status_history > MOST_STEPS) {
        cm_violations_add(check.wrong, "status_history", "%zu steps given; give at most %d", a->n_status_history,
                          MOST_STEPS);
        return;
    }
    for (size_t i = 0; i < a->n_status_history; i++)
        neg_check_step(check, cm_check_path(check, "status_history[%zu].", i), a->status_history[i]);
    if (check.wrong->count > before)
        return; /* what is no step has no place in the order */
    neg_agreement_settle(a->status_history, a->n_status_history, check.arena, check.wrong);
    a->status = a->status_history[a->n_status_history - 1]->status;
}

void neg_check_agreement(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                         cm_violations *wrong)
{
    NegAgreement *a = (NegAgreement *)resource;
    cm_check check = {arena, wrong};

    neg_check_code(check, "kind", &NegAgreementKind_descriptor, (int)a->kind, NEG_REQUIRED);
    neg_check_actors(check, "parties", a->parties, a->n_parties, 2);
    neg_topics_check(a->topics, a->n_topics, arena, wrong);
    cm_check_name(check, "negotiation", a->negotiation, neg_negotiation_patterns, false);
    check_history(check, a);
    neg_check_citations(check, "", a->sources, a->n_sources, 1);
    cm_check_name(check, "collection", a->collection, neg_collection_patterns, false);
}
