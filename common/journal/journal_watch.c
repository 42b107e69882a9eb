#include <stdlib.h>

#include "base/cm_memory.h"
#include "journal/journal.h"

cm_watch *cm_journal_watch(cm_journal *journal, void (*notify)(void *context), void *context)
{
    cm_watch *watch = cm_alloc(sizeof *watch);

    *watch = (cm_watch){.notify = notify, .context = context};
    pthread_mutex_lock(&journal->watching);
    watch->next = journal->watches;
    journal->watches = watch;
    pthread_mutex_unlock(&journal->watching);
    return watch;
}

void cm_journal_unwatch(cm_journal *journal, cm_watch *watch)
{
    cm_watch **at = &journal->watches;

    if (!watch)
        return;
    pthread_mutex_lock(&journal->watching);
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    pthread_mutex_unlock(&journal->watching);
    free(watch);
}

void journal_notify(cm_journal *journal)
{
    pthread_mutex_lock(&journal->watching);
    for (cm_watch *watch = journal->watches; watch; watch = watch->next)
        watch->notify(watch->context);
    pthread_mutex_unlock(&journal->watching);
}
