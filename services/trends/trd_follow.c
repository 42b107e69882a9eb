#include "trends/trd_facts.h"
#include "trends/trd_own_service.h"
#include "trends/trd_publisher.h"
#include "trends/trd_service.h"

/* What follows runs on the writer's thread, before the commit. */

static cm_status apply(trd_state *state, cm_tx *tx, const char *source, const cm_row *row)
{
    CM_TRY(trd_count(tx, state->cache, source, row));
    trd_publisher_moved(state->publisher);
    return cm_ok();
}

static cm_status reset(trd_state *state, cm_tx *tx, const char *source, int part)
{
    CM_TRY(trd_forget(tx, source, part));
    trd_publisher_moved(state->publisher);
    return cm_ok();
}

static cm_status apply_registry(void *context, cm_tx *tx, const cm_row *row)
{
    return apply(context, tx, "registry", row);
}

static cm_status apply_negotiations(void *context, cm_tx *tx, const cm_row *row)
{
    return apply(context, tx, "negotiations", row);
}

static cm_status reset_registry(void *context, cm_tx *tx, int part)
{
    return reset(context, tx, "registry", part);
}

static cm_status reset_negotiations(void *context, cm_tx *tx, int part)
{
    return reset(context, tx, "negotiations", part);
}

cm_status trd_follow(trd_state *state, const cm_cluster *kafka, cm_channel *registry, cm_channel *negotiations)
{
    cm_feed_options options = {.topic = "cityneg.registry.events.v1",
                               .kafka = kafka,
                               .metrics = state->metrics,
                               .journal = registry,
                               .into = state->journal,
                               .apply = apply_registry,
                               .reset = reset_registry,
                               .context = state};

    state->cache = trd_own_cache_new();
    CM_TRY(trd_publisher_start(state->journal, state->kept, &state->publisher));
    state->filler = trd_filler_start(state->journal, state->publisher);
    CM_TRY(cm_feed_start(&options, &state->registry));
    options.topic = "cityneg.negotiations.events.v1";
    options.journal = negotiations;
    options.apply = apply_negotiations;
    options.reset = reset_negotiations;
    return cm_feed_start(&options, &state->negotiations);
}

void trd_unfollow(trd_state *state)
{
    if (state->registry)
        cm_feed_stop(state->registry);
    if (state->negotiations)
        cm_feed_stop(state->negotiations);
    if (state->filler)
        trd_filler_stop(state->filler);
    if (state->publisher)
        trd_publisher_stop(state->publisher);
    trd_own_cache_free(state->cache);
    state->cache = NULL;
    state->registry = state->negotiations = NULL;
    state->publisher = NULL;
    state->filler = NULL;
}
