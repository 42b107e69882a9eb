/* What an operator may want to know of the lanes. */
#include "journal/journal.h"

static void again(void *journal, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_counted(&((const cm_journal *)journal)->again));
}

static void deadlocks(void *journal, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_store_deadlocks(((const cm_journal *)journal)->store));
}

void cm_journal_measure(cm_journal *journal, cm_metrics *metrics)
{
    cm_metrics_add(metrics, &(cm_metric){"cityneg_journal_again_total",
                                         "Writing requests that ran again with all partitions to themselves.",
                                         CM_COUNTER, again, journal});
    cm_metrics_add(metrics, &(cm_metric){"cityneg_store_deadlocks_total",
                                         "Transactions that the database gave up since two waited for each other.",
                                         CM_COUNTER, deadlocks, journal});
}
