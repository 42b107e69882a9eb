/* neg_topic.h: the code list of topics that negotiations, entries and agreements are about: the contexts of PLOVER and
 * those that cities add to them. Reach for it where a topic is checked. Pure; any thread. */
#ifndef NEG_TOPIC_H
#define NEG_TOPIC_H

#include "base/cm_arena.h"
#include "base/cm_status.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* All topics in the order of the code list; ends with NULL. */
extern const char *const neg_topics[];

bool neg_topic_is(const char *code);

/* Adds to `wrong`, at topics[i], each topic that is unknown (with the list of those that are) or given twice. */
void neg_topics_check(char *const *topics, size_t count, cm_arena *arena, cm_violations *wrong);

/* The weights of a resource's topics: none, or one for each topic, above 0, that sum to 1 (to a millionth). What is
 * wrong is added at topic_weights[i] or topic_weights. */
void neg_topics_check_weights(char *const *topics, size_t count, NegTopicWeight *const *weights, size_t weight_count,
                              cm_arena *arena, cm_violations *wrong);

#endif
