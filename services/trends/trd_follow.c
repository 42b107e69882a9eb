#include "trends/trd_facts.h"
#include "trends/trd_service.h"

static cm_status apply_registry(void *context, cm_tx *tx, const cm_row *row)
{
    (void)context;
    return trd_count(tx, "registry", row);
}

static cm_status apply_negotiations(void *context, cm_tx *tx, const cm_row *row)
{
    (void)context;
    return trd_count(tx, "negotiations", row);
}

static cm_status reset_registry(void *context, cm_tx *tx, int part)
{
    (void)context;
    return trd_forget(tx, "registry", part);
}

static cm_status reset_negotiations(void *context, cm_tx *tx, int part)
{
    (void)context;
    return trd_forget(tx, "negotiations", part);
}

cm_status trd_follow(trd_state *state, const char *bootstrap, cm_channel *registry, cm_channel *negotiations)
{
    cm_feed_options options = {.topic = "cityneg.registry.events.v1",
                               .bootstrap = bootstrap,
                               .journal = registry,
                               .into = state->journal,
                               .apply = apply_registry,
                               .reset = reset_registry,
                               .context = state};

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
    state->registry = state->negotiations = NULL;
}
