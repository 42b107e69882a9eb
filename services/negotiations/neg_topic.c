#include "negotiations/neg_topic.h"

#include <math.h>
#include <string.h>

#include "journal/cm_check.h"

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
        size_t first = cm_check_first(topics, i);
        if (first == i && neg_topic_is(topics[i]))
            continue;
        const char *field = cm_arena_format(arena, "topics[%zu]", i);
        if (!neg_topic_is(topics[i]))
            cm_violations_add(wrong, field, "\"%.60s\" is no topic; give one of %s", topics[i], all_topics(arena));
        if (first < i)
            cm_violations_add(wrong, field, "%.60s is given at topics[%zu] already; name it once", topics[i], first);
    }
}

static bool is_among(const char *topic, char *const *topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(topics[i], topic) == 0)
            return true;
    return false;
}

static bool is_repeated(NegTopicWeight *const *weights, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(weights[i]->topic, weights[at]->topic) == 0)
            return true;
    return false;
}

void neg_topics_check_weights(char *const *topics, size_t count, NegTopicWeight *const *weights, size_t weight_count,
                              cm_arena *arena, cm_violations *wrong)
{
    double sum = 0;

    for (size_t i = 0; i < weight_count; i++) {
        if (!is_among(weights[i]->topic, topics, count) || is_repeated(weights, i))
            cm_violations_add(wrong, cm_arena_format(arena, "topic_weights[%zu].topic", i),
                              "\"%.80s\" is none of the topics, or is weighed twice; weigh each of them once",
                              weights[i]->topic);
        if (!(weights[i]->weight > 0 && weights[i]->weight <= 1))
            cm_violations_add(wrong, cm_arena_format(arena, "topic_weights[%zu].weight", i),
                              "%g is no weight; give one above 0, at most 1", weights[i]->weight);
        sum += weights[i]->weight;
    }
    if (weight_count && weight_count != count)
        cm_violations_add(wrong, "topic_weights", "%zu weights for %zu topics; weigh each of them, or none",
                          weight_count, count);
    else if (weight_count && !(fabs(sum - 1) <= 1e-6))
        cm_violations_add(wrong, "topic_weights", "the weights sum to %g; make it 1", sum);
}
