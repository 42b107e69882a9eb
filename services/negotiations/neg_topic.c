#include "negotiations/neg_topic.h"

#include <string.h>

const char *const neg_topics[] = {
    "climate", "disasters",   "migration", "urban_innovation", "urban_governance", "humanitarian",
    "science", "education",   "culture",   "economy",          "health",           "human_rights",
    "peace",   "digital",     "energy",    "transport",        "tourism",          "sport",
    "youth",   "environment", NULL,
};

bool neg_topic_is(const char *code)
{
    for (const char *const *topic = neg_topics; *topic; topic++)
        if (strcmp(*topic, code) == 0)
            return true;
    return false;
}

static const char *all_topics(cm_arena *arena)
{
    const char *text = neg_topics[0];

    for (const char *const *topic = neg_topics + 1; *topic; topic++)
        text = cm_arena_format(arena, "%s, %s", text, *topic);
    return text;
}

void neg_topics_check(char *const *topics, size_t count, cm_arena *arena, cm_violations *wrong)
{
    for (size_t i = 0; i < count; i++) {
        const char *field = cm_arena_format(arena, "topics[%zu]", i);
        if (!neg_topic_is(topics[i]))
            cm_violations_add(wrong, field, "\"%.60s\" is no topic; give one of %s", topics[i], all_topics(arena));
        for (size_t j = 0; j < i; j++)
            if (strcmp(topics[i], topics[j]) == 0) {
                cm_violations_add(wrong, field, "%.60s is given at topics[%zu] already; name it once", topics[i], j);
                break;
            }
    }
}
