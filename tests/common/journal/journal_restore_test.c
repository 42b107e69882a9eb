/* A restored journal is another epoch with the same rows. */
#include "journal_bed.h"

#include "journal/cm_restore.h"

static cm_status set_sent(void *argument, void *lent)
{
    return cm_tx_set_sent(lent, *(int *)argument, 1);
}

static cm_status read_sent(void *argument, void *lent)
{
    int64_t *seq = argument;

    return cm_journal_sent(lent, (int)*seq, seq);
}

/* Bed with two rows of one partition, the first of which is in a backup; closed. Answers the partition. */
static int back_up(journal_bed *b, const char *copy)
{
    int part = bed_add(b, "cities/a", "in the backup").at.part;

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), set_sent, &part));
    assert_ok(cm_store_backup(b->path, copy, NULL, NULL));
    bed_add(b, "cities/a", "after the backup");
    return part;
}

static void a_restored_journal_has_its_rows_and_another_epoch(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *copy = cm_format("%s/copy.db", b->folder);
    int part = back_up(b, copy);
    cm_uuid epoch = cm_journal_epoch(b->journal);
    int64_t sent = part;

    assert_fails(cm_journal_restore(copy, b->path, &(cm_journal_restoring){.service = "registry", .replace = true}),
                 CM_UNAVAILABLE, "has it open");
    bed_close(b);
    assert_ok(cm_journal_restore(copy, b->path, &(cm_journal_restoring){.service = "registry", .replace = true}));
    bed_open(b);
    assert_false(cm_uuid_equal(cm_journal_epoch(b->journal), epoch));
    assert_int_equal(cm_journal_head(b->journal, part), 1);
    bed_read(b, read_sent, &sent);
    assert_int_equal(sent, 0);
    assert_int_equal(bed_verified_rows(b), 1);
    assert_int_equal(bed_add(b, "cities/a", "goes on").at.seq, 2);
    assert_int_equal(bed_verified_rows(b), 2);
}

static void two_restores_are_two_epochs(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *copy = cm_format("%s/copy.db", b->folder);

    back_up(b, copy);
    bed_close(b);
    assert_ok(cm_journal_restore(copy, b->path, &(cm_journal_restoring){.service = "registry", .replace = true}));
    bed_open(b);
    cm_uuid epoch = cm_journal_epoch(b->journal);
    bed_close(b);
    assert_ok(cm_journal_restore(copy, b->path, &(cm_journal_restoring){.service = "registry", .replace = true}));
    bed_open(b);
    assert_false(cm_uuid_equal(cm_journal_epoch(b->journal), epoch));
}

static void a_backup_of_another_service_is_refused_and_nothing_is_changed(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *copy = cm_format("%s/copy.db", b->folder);

    back_up(b, copy);
    bed_close(b);
    assert_fails(cm_journal_restore(copy, b->path, &(cm_journal_restoring){.service = "trends", .replace = true}),
                 CM_FAILED_PRECONDITION, "of registry, not of trends");
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 2);
}

static void a_file_that_is_no_journal_is_refused(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *other = cm_format("%s/other.db", b->folder), *fresh = cm_format("%s/fresh.db", b->folder);
    cm_store *store;

    assert_ok(cm_store_open(other, &store));
    cm_store_close(store);
    assert_fails(cm_journal_restore(other, fresh, &(cm_journal_restoring){.service = "registry", .replace = false}),
                 CM_FAILED_PRECONDITION, "no journal");
    assert_int_not_equal(access(fresh, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_restored_journal_has_its_rows_and_another_epoch),
        BED_TEST(two_restores_are_two_epochs),
        BED_TEST(a_backup_of_another_service_is_refused_and_nothing_is_changed),
        BED_TEST(a_file_that_is_no_journal_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
