#include <ctype.h>
#include <string.h>

#include "negotiations/neg_checks.h"
#include "negotiations/neg_names.h"
#include "negotiations/neg_topic.h"

enum { LONGEST_LANGUAGE = 35 };

/* Subtags of letters and digits, joined by hyphens: the outer form of BCP 47 (RFC 5646, section 2.1). */
static bool is_language_tag(const char *tag)
{
    size_t subtag = 0, subtags = 0;

    for (const char *c = tag;; c++) {
        if (*c == '-' || !*c) {
            if (subtag < (subtags == 0 ? 2 : 1) || subtag > 8)
                return false;
            subtag = 0;
            subtags++;
            if (!*c)
                return c - tag <= LONGEST_LANGUAGE;
        } else if (subtags == 0 ? isalpha((unsigned char)*c) : isalnum((unsigned char)*c)) {
            subtag++;
        } else {
            return false;
        }
    }
}

void neg_check_entry(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong)
{
    NegEntry *e = (NegEntry *)resource;
    cm_check check = {arena, wrong};

    neg_check_dated(check, "date", &e->date);
    neg_check_code(check, "kind", &NegEntryKind_descriptor, (int)e->kind, NEG_REQUIRED);
    neg_check_code(check, "channel", &NegChannel_descriptor, (int)e->channel, NEG_OPTIONAL);
    neg_check_actors(check, "by", e->by, e->n_by, 0);
    neg_check_actors(check, "to", e->to, e->n_to, 0);
    neg_topics_check(e->topics, e->n_topics, arena, wrong);
    if (*e->language && !is_language_tag(e->language))
        cm_violations_add(wrong, "language", "\"%.40s\" is no language tag; give one of BCP 47: en, zh-Hant, pt-BR",
                          e->language);
    neg_check_citations(check, "", e->sources, e->n_sources, 1);
    cm_check_name(check, "collection", e->collection, neg_collection_patterns, false);
}
