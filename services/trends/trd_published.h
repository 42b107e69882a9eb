/* trd_published.h: trends as resources: what they are called, how a finding becomes one, and reading them back. Reach
 * for it to publish trends or to answer for them. What is read lies in the arena; one thread. */
#ifndef TRD_PUBLISHED_H
#define TRD_PUBLISHED_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "journal/cm_journal.h"

/* "trends/{id}", made of these three alone: "accessions", "c40/fr" and "memberships" give
 * trends/accessions-c40--fr--in--memberships. The id is 1 … 127 of a-z, 0-9 and -; what would be longer, or could be
 * taken for another, ends with a digest of all three. */
char *trd_published_name(cm_arena *arena, const char *question, const char *category, const char *collection);

/* A trend as it is published. It borrows the finding; NULL: withdrawn. */
TrdTrend *trd_published_of(cm_arena *arena, const char *question, const char *category, const char *collection,
                           const TrdFinding *finding);

/* The trend in a row of the journal, with etag and update_time. */
cm_status trd_published_unpack(const cm_row *row, cm_arena *arena, TrdTrend **trend) CM_MUST_USE;

/* The newest value, or the one at `as_of` (0: now); *trend is NULL where there never was one. */
cm_status trd_published_get(cm_db *db, const char *name, int64_t as_of, cm_arena *arena, TrdTrend **trend) CM_MUST_USE;

/* At most `limit` trends that are not withdrawn, of a question ("": of all), after a name, in order of names. */
cm_status trd_published_list(cm_db *db, const char *question, const char *after, int limit, cm_arena *arena,
                             TrdTrend ***trends, size_t *count) CM_MUST_USE;
cm_status trd_published_list_as_of(cm_db *db, const char *question, const char *after, int limit, int64_t as_of,
                                   cm_arena *arena, TrdTrend ***trends, size_t *count) CM_MUST_USE;

#endif
