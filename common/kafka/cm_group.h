/* cm_group.h: one member of a consumer group, which shares the partitions of a topic among its members:
 * cooperative-sticky, and with a name that outlives a restart. Reach for it where replicas follow a topic together;
 * records are read by a cm_consumer.
 *
 * Kafka's own tools show members, partitions and how far each is behind. On the in-process broker, where joining takes
 * seconds, nobody joins. Owned by one thread. */
#ifndef CM_GROUP_H
#define CM_GROUP_H

#include <stdbool.h>

#include "kafka/cm_cluster.h"

typedef struct cm_group cm_group;

/* `member` is alone with its name in `group`. Does not wait, and joins only when it is served. */
cm_status cm_group_new(const cm_cluster *cluster, const char *group, const char *member, const char *topic,
                       int partitions, cm_group **made) CM_MUST_USE;

/* Joins, and learns what was given and taken. To be called every few seconds or more often: whoever does not for a
 * minute loses what it has. Waits for the broker's first answer, 100 ms at most. FAILED_PRECONDITION where another
 * member has taken our name: make it anew after a while. */
cm_status cm_group_serve(cm_group *group) CM_MUST_USE;

/* By partition, whether it is ours; NULL where none is: the broker is away, or there are more members than partitions.
 * Lives until the next call with this group. */
const bool *cm_group_given(const cm_group *group);

/* Tells the broker the next offsets of the partitions (< 0: not of this one), for others to see; nothing rests on it,
 * so how it ends is not told. */
void cm_group_commit(cm_group *group, const int64_t *offsets);

/* Ends without leaving: the partitions wait some seconds for a member of this name. NULL: nothing. */
void cm_group_free(cm_group *group);

#endif
