/* Erasing: what a resource's rows say goes, the rows and their chain stay.
 *
 * A row's hash covers its payload by a digest that is salted, so payload and salt can go together: the chain still
 * verifies, and nobody can find out by guessing what was said. A last row tells that it was done. */
#include <string.h>

#include "journal/journal.h"
#include "store/cm_backup.h"

static bool ends_with(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0, wanted = strlen(end);

    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

bool journal_says_erased(const char *type)
{
    return ends_with(type, ".erased.v1");
}

bool cm_row_is_erased(const cm_row *row)
{
    return !row->payload.size || journal_says_erased(row->type);
}

bool cm_row_is_retracted(const cm_row *row)
{
    return ends_with(row->type, ".retracted.v1");
}

cm_status cm_journal_erased(cm_db *db, const char *resource, int64_t *recorded_at)
{
    return cm_db_integer(db, "SELECT recorded_at FROM erased WHERE name = $1", CM_WITH(cm_v_text(resource)), 0,
                         recorded_at);
}

/* Digests of requests could be guessed from; one that is empty says that the answer was erased. */
static cm_status forget_requests(cm_db *db, const char *resource)
{
    return cm_db_run(db,
                     "UPDATE requests SET digest = $2 WHERE EXISTS (SELECT 1 FROM journal WHERE resource = $1 AND "
                     "' ' || positions || ' ' LIKE '% ' || part || ':' || seq || ' %')",
                     CM_WITH(cm_v_text(resource), cm_v_blob("", 0)));
}

static cm_status note(cm_db *db, const char *resource, cm_position at, int64_t recorded_at)
{
    return cm_db_run(db, "INSERT INTO erased (name, part, seq, recorded_at, pending) VALUES ($1, $2, $3, $4, 0)",
                     CM_WITH(cm_v_text(resource), cm_v_int(at.part), cm_v_int(at.seq), cm_v_int(recorded_at)));
}

static void scrub_later(journal_lane *lane, int64_t deleted_at)
{
    if (lane->scrub < deleted_at)
        lane->scrub = deleted_at;
}

void cm_tx_scrub(cm_tx *tx, int64_t erased_at)
{
    scrub_later(tx->lane, erased_at);
}

cm_status cm_tx_erase(cm_tx *tx, const cm_change *change, cm_position *at, int64_t *recorded_at)
{
    cm_journal *journal = tx->lane->journal;
    int64_t rows, revision, before;
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(cm_journal_erased(db, change->resource, &before));
    CM_TRY(cm_db_run(db, "DELETE FROM erased WHERE name = $1", CM_WITH(cm_v_text(change->resource))));
    CM_TRY(forget_requests(db, change->resource));
    CM_TRY(cm_db_run_changed(db, "UPDATE journal SET payload = $2, salt = $2 WHERE resource = $1",
                             CM_WITH(cm_v_text(change->resource), cm_v_blob("", 0)), &rows));
    journal->erases = true;
    *at = (cm_position){cm_journal_part(change->resource, journal->partitions), 0};
    *recorded_at = journal->clock();
    if (rows)
        CM_TRY(cm_tx_append(tx, change, at, &revision, recorded_at));
    scrub_later(tx->lane, before ? before : *recorded_at);
    return note(db, change->resource, *at, before ? before : *recorded_at);
}

/* Text that is erased but still lies in the store's files goes from there, after the commit. What cannot be done while
 * somebody reads an older state is tried again. */
void journal_scrub(journal_lane *lane)
{
    cm_status s;

    if (!lane->scrub)
        return;
    s = cm_db_scrub(lane->db, lane->scrub);
    if (cm_is_ok(s))
        lane->scrub = 0;
    cm_status_clear(&s);
}

cm_status journal_scrub_at_start(journal_lane *lane)
{
    CM_TRY(cm_db_integer(lane->db, "SELECT max(recorded_at) FROM erased WHERE pending = 0", CM_NONE, 0, &lane->scrub));
    if (!lane->journal->shared)
        scrub_later(lane, 1);
    journal_scrub(lane);
    return cm_ok();
}
