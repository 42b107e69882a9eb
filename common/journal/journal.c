#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "journal/cm_resource.h"
#include "journal/journal.h"

enum { PARTITIONS = 8, PARTITIONS_MAX = 1024, READERS = 2, BATCH = 512 };

static int or_default(int given, int otherwise)
{
    return given ? given : otherwise;
}

static cm_status check(const cm_journal_options *options)
{
    if (options->partitions < 0 || options->partitions > PARTITIONS_MAX)
        return cm_fail(CM_INVALID_ARGUMENT, "%d partitions; give 1 to %d", options->partitions, PARTITIONS_MAX);
    if (options->largest_batch < 0)
        return cm_fail(CM_INVALID_ARGUMENT, "a batch of %d requests; give 1 or more", options->largest_batch);
    return cm_ok();
}

static cm_journal *make(cm_store *store, const cm_journal_options *options)
{
    cm_journal *journal = cm_alloc(sizeof *journal);

    journal->store = store;
    journal->service = cm_strdup(options->service);
    journal->topic = options->topic ? cm_strdup(options->topic) : cm_format("cityneg.%s.events.v1", options->service);
    journal->largest_batch = or_default(options->largest_batch, BATCH);
    journal->clock = options->clock ? options->clock : cm_clock_wall_us;
    journal->late.end = &journal->late.first;
    pthread_mutex_init(&journal->lock, NULL);
    pthread_mutex_init(&journal->heading, NULL);
    pthread_mutex_init(&journal->watching, NULL);
    pthread_rwlock_init(&journal->feeding, NULL);
    return journal;
}

static cm_status start(cm_journal *journal, const cm_journal_options *options)
{
    const cm_migrations *sets[] = {&journal_migrations, &cm_resource_migrations, options->migrations};

    CM_TRY(cm_store_migrate(journal->store, sets, options->migrations ? 3 : 2));
    CM_TRY(journal_lanes_open(journal));
    cm_store_set_owner(journal->store, journal);
    CM_TRY(journal_load(journal, or_default(options->partitions, PARTITIONS)));
    CM_TRY(journal_readers_start(journal, or_default(options->readers, READERS)));
    return journal_writer_start(journal);
}

cm_status cm_journal_open(cm_store *store, const cm_journal_options *options, cm_journal **result)
{
    cm_journal *journal;
    cm_status s;

    CM_TRY(check(options));
    journal = make(store, options);
    s = start(journal, options);
    if (!cm_is_ok(s)) {
        cm_journal_close(journal);
        return s;
    }
    *result = journal;
    return cm_ok();
}

void cm_journal_close(cm_journal *journal)
{
    if (!journal)
        return;
    journal_writer_stop(journal);
    cm_pool_free(journal->pool);
    journal_lanes_close(journal);
    pthread_rwlock_destroy(&journal->feeding);
    pthread_mutex_destroy(&journal->watching);
    pthread_mutex_destroy(&journal->heading);
    pthread_mutex_destroy(&journal->lock);
    free(journal->service);
    free(journal->topic);
    journal_free_epochs(journal);
    free(journal);
}

cm_executor *cm_journal_writer(cm_journal *journal)
{
    return &journal->writer;
}

cm_executor *cm_journal_readers(cm_journal *journal)
{
    return &journal->readers;
}

const char *cm_journal_name(const cm_journal *journal)
{
    return journal->service;
}

const char *cm_journal_source(const cm_journal *journal)
{
    return atomic_load(&journal->epoch)->source;
}

const char *cm_journal_topic(const cm_journal *journal)
{
    return journal->topic;
}

cm_uuid cm_journal_epoch(const cm_journal *journal)
{
    return atomic_load(&journal->epoch)->epoch;
}

const char *cm_journal_epoch_text(const cm_journal *journal)
{
    return atomic_load(&journal->epoch)->text;
}

int cm_journal_partitions(const cm_journal *journal)
{
    return journal->partitions;
}

cm_store *cm_journal_store(cm_journal *journal)
{
    return journal->store;
}

int cm_journal_part(const char *resource, int partitions)
{
    const char *second = strchr(resource, '/');
    size_t root = second ? strcspn(second + 1, "/") + (size_t)(second + 1 - resource) : strlen(resource);

    return (int)((cm_murmur2(resource, root) & 0x7fffffff) % (uint32_t)partitions);
}

int64_t cm_journal_head(const cm_journal *journal, int part)
{
    return atomic_load(&journal->committed[part]);
}
