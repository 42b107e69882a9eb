#include "negotiations/neg_checks.h"
#include "negotiations/neg_names.h"

void neg_check_position(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                        cm_violations *wrong)
{
    static const char scale[] = "give -2 (strongly against), -1, 0, 1 or 2 (strongly for)";
    NegPosition *p = (NegPosition *)resource;
    cm_check check = {arena, wrong};

    neg_check_actor(check, "actor", p->actor, NEG_REQUIRED);
    cm_check_name(check, "issue", p->issue, neg_issue_patterns, true);
    if (!p->stance)
        cm_violations_add(wrong, "stance", "missing; %s", scale);
    else if (p->stance->value < -2 || p->stance->value > 2)
        cm_violations_add(wrong, "stance", "%d is out of range; %s", (int)p->stance->value, scale);
    neg_check_dated(check, "date", &p->date);
    cm_check_name(check, "negotiation", p->negotiation, neg_negotiation_patterns, false);
    neg_check_citations(check, "", p->sources, p->n_sources, 1);
    cm_check_name(check, "collection", p->collection, neg_collection_patterns, false);
}
