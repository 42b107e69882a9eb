/* What facts rest on: sources, the collections that gathered them, and the issues that stances are about. */
#include "negotiations/neg_checks.h"

void neg_check_source(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    NegSource *s = (NegSource *)resource;
    cm_check check = {arena, wrong};
    bool recalled = s->certainty == TYP_CERTAINTY_RECALLED;

    neg_check_code(check, "certainty", &TypCertainty_descriptor, (int)s->certainty, NEG_REQUIRED);
    if (!*s->url && !recalled)
        cm_violations_add(wrong, "url", "missing; give the address of what was read, or say that it is recalled");
    neg_check_url(check, "url", s->url);
    neg_check_line(check, "publisher", s->publisher, NEG_OPTIONAL);
    neg_check_line(check, "title", s->title, NEG_OPTIONAL);
    neg_check_line(check, "licence", s->licence, NEG_OPTIONAL);
    cm_check_date(check, "published", &s->published);
}

void neg_check_collection(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                          cm_violations *wrong)
{
    NegCollection *c = (NegCollection *)resource;
    cm_check check = {arena, wrong};

    neg_check_line(check, "display_name", c->display_name, NEG_OPTIONAL);
    neg_check_code(check, "completeness", &NegCompleteness_descriptor, (int)c->completeness, NEG_OPTIONAL);
    cm_check_span(check, "", "from", &c->from, "to", &c->to);
}

void neg_check_issue(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    NegIssue *issue = (NegIssue *)resource;

    neg_check_line((cm_check){arena, wrong}, "display_name", issue->display_name, NEG_REQUIRED);
}
