/* trd_service.h: TrendsService on a store of facts and cells. Reach for it in the wiring. */
#ifndef TRD_SERVICE_H
#define TRD_SERVICE_H

#include "journal/cm_feed.h"
#include "journal/cm_journal.h"
#include "rpc/cm_service.h"

/* The service's state: what it follows. */
typedef struct trd_state {
    cm_journal *journal;
    cm_metrics *metrics;              /* of the process; NULL: none */
    cm_feed *registry, *negotiations; /* NULL before they are started */
    struct trd_kept *kept;            /* the newest report */
    struct trd_publisher *publisher;  /* told of what is counted; NULL before it is started */
    struct trd_filler *filler;        /* of questions of users' own; NULL before it is started */
    struct trd_own_cache *cache;      /* of such questions, the writer's; NULL before it is started */
} trd_state;

cm_service trd_service(trd_state *state);

/* Follows both journals, through Kafka where `kafka` is not NULL, and publishes trends. */
cm_status trd_follow(trd_state *state, const cm_cluster *kafka, cm_channel *registry,
                     cm_channel *negotiations) CM_MUST_USE;
void trd_unfollow(trd_state *state);

#endif
