#include <ctype.h>
#include <string.h>

#include "base/cm_digest.h"
#include "journal/cm_actor.h"
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

static bool is_digest(const char *text)
{
    return strlen(text) == (size_t)2 * CM_SHA256 && strspn(text, "0123456789abcdef") == (size_t)2 * CM_SHA256;
}

/* A type and a subtype of RFC 6838, without parameters. */
static bool is_media_type(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    size_t type = strspn(text, letters);

    return type > 0 && text[type] == '/' && text[type + 1] && !text[type + 1 + strspn(text + type + 1, letters)];
}

static void check_attachment(cm_check check, const NegAttachment *a, size_t i)
{
    if (!is_digest(a->sha256))
        cm_violations_add(check.wrong, cm_check_path(check, "attachments[%zu].sha256", i),
                          "\"%.80s\" is no digest; give 64 hexadecimal digits in lower case", a->sha256);
    if (!is_media_type(a->media_type))
        cm_violations_add(check.wrong, cm_check_path(check, "attachments[%zu].media_type", i),
                          "\"%.80s\" is no media type; give one such as application/pdf", a->media_type);
    if (a->size < 0)
        cm_violations_add(check.wrong, cm_check_path(check, "attachments[%zu].size", i),
                          "%lld is negative; give the bytes, or leave it out", (long long)a->size);
    neg_check_url(check, cm_check_path(check, "attachments[%zu].url", i), a->url);
}

static void check_place(cm_check check, const NegEntry *e)
{
    TypActorKind kind = cm_actor_kind(e->place_actor);

    neg_check_actor(check, "place_actor", e->place_actor, NEG_OPTIONAL);
    if (kind == TYP_ACTOR_KIND_INSTITUTION || kind == TYP_ACTOR_KIND_ORGANISATION || kind == TYP_ACTOR_KIND_COMPANY)
        cm_violations_add(check.wrong, "place_actor", "%.160s is no place; give a city, a region or a state",
                          e->place_actor);
}

static void check_reply(cm_check check, const NegEntry *e)
{
    cm_check_name(check, "in_reply_to", e->in_reply_to, neg_entry_patterns, false);
    if (!*e->in_reply_to && (e->kind == NEG_ENTRY_KIND_ACCEPTANCE || e->kind == NEG_ENTRY_KIND_REJECTION))
        cm_violations_add(check.wrong, "in_reply_to", "is missing; name the proposal that is answered");
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
    neg_topics_check_weights(e->topics, e->n_topics, e->topic_weights, e->n_topic_weights, arena, wrong);
    check_place(check, e);
    check_reply(check, e);
    for (size_t i = 0; i < e->n_attachments; i++)
        check_attachment(check, e->attachments[i], i);
    if (*e->language && !is_language_tag(e->language))
        cm_violations_add(wrong, "language", "\"%.40s\" is no language tag; give one of BCP 47: en, zh-Hant, pt-BR",
                          e->language);
    neg_check_citations(check, "", e->sources, e->n_sources, 1);
    cm_check_name(check, "collection", e->collection, neg_collection_patterns, false);
}
