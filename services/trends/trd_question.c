#include "trends/trd_question.h"

#include <string.h>

#include "trends/trd_answer.h"

const trd_question trd_questions[] = {
    {"format-mix", "In which formats cities negotiate", "a negotiation", "its start", trd_format_units,
     trd_answer_format},
    {"capacity-mix", "In which capacity cities and regions take part", "a negotiation and a city or region in it",
     "the negotiation's start", trd_capacity_units, trd_answer_capacity},
    {"topic-mix", "What is negotiated, bilaterally and otherwise", "a negotiation, split evenly over its topics",
     "its start", trd_topic_units, trd_answer_topic},
    {"channel-mix", "Through which channels", "an entry whose channel is known", "its date", trd_channel_units,
     trd_answer_channel},
    {"city-state-divergence", "Where a city's stance differs from its state's",
     "a city and an issue on which its own state took a stance too", "the city's date", NULL, trd_answer_divergence,
     trd_evidence_divergence},
    {"cohesion", "How far members of an institution agree",
     "an issue on which at least three members of an institution took a stance", "the last stance", NULL,
     trd_answer_cohesion, trd_evidence_cohesion},
    {"power-balance", "How a city's power stands within its state", "a city and a year", "the year", NULL,
     trd_answer_power, trd_evidence_power},
    {"reorientation", "Towards whom partnerships turn", "a focal city and a foreign party, by their first agreement",
     "its signature", NULL, trd_answer_reorientation, trd_evidence_reorientation},
    {"partnership-fate", "What becomes of partnerships", "an agreement all of whose parties are cities",
     "each change of status", NULL, trd_answer_fate, trd_evidence_fate},
    {"accessions", "Who joins institutions", "a membership", "its beginning", trd_accession_units,
     trd_answer_accessions},
};

const int trd_question_count = (int)(sizeof trd_questions / sizeof *trd_questions);

const trd_question *trd_question_find(const char *name)
{
    for (int i = 0; i < trd_question_count; i++)
        if (strcmp(trd_questions[i].name, name) == 0)
            return &trd_questions[i];
    return NULL;
}

const char *trd_question_group(const char *question, const char *category, cm_arena *arena)
{
    const char *slash = strchr(category, '/');
    bool itself = strcmp(question, "accessions") == 0 || strcmp(question, "cohesion") == 0;

    if (strcmp(question, "reorientation") == 0)
        return category;
    if (!itself && strcmp(question, "topic-mix") != 0 && strcmp(question, "partnership-fate") != 0)
        return "";
    if (slash)
        return cm_arena_strndup(arena, category, (size_t)(slash - category));
    return itself ? category : "";
}
