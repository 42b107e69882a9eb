"""The checker finds what it is there to find."""
import unittest

from check import (Answer, Fact, Record, Row, check_answers, check_equal, check_facts, check_known, check_rows,
                   check_topic)


def row(part, seq, resource, revision, request="r1", digest="d"):
    return Row(part, seq, f"id-{part}-{seq}", "e", resource, revision, request, digest)


def record(part, offset, seq, resource="cities/a", first=0, digest="d"):
    return Record(part, offset, first, seq, f"id-{part}-{seq}", "e", resource, digest)


class Answers(unittest.TestCase):
    def test_all_there(self):
        found = check_answers([Answer("registry", "r1", "cities/a", "1")], [row(0, 1, "cities/a", 1)])
        self.assertEqual(found.lines(), [])

    def test_an_acknowledged_row_that_is_gone_is_lost(self):
        found = check_answers([Answer("registry", "r1", "cities/a", "1")], [])
        self.assertEqual(len(found.lost), 1)

    def test_a_row_of_another_request_is_not_the_acknowledged_one(self):
        found = check_answers([Answer("registry", "r1", "cities/a", "1")], [row(0, 1, "cities/a", 1, "r2")])
        self.assertEqual(len(found.lost), 1)
        self.assertEqual(len(found.duplicated), 1)

    def test_a_request_done_twice_is_duplicated(self):
        found = check_answers([Answer("registry", "r1", "cities/a", "2")],
                              [row(0, 1, "cities/a", 1), row(0, 2, "cities/a", 2)])
        self.assertEqual(found.lost, [])
        self.assertEqual(len(found.duplicated), 1)


class Rows(unittest.TestCase):
    def test_a_gap_in_a_partition(self):
        self.assertEqual(check_rows([row(0, 1, "a", 1), row(0, 2, "b", 1)]).lines(), [])
        self.assertEqual(len(check_rows([row(0, 1, "a", 1), row(0, 3, "b", 1)]).wrong), 1)

    def test_a_revision_twice(self):
        self.assertEqual(len(check_rows([row(0, 1, "a", 1), row(0, 2, "a", 1)]).wrong), 1)


class Topics(unittest.TestCase):
    rows = [row(0, 1, "cities/a", 1), row(0, 2, "cities/a", 2), row(0, 3, "cities/a", 3)]

    def test_repeats_are_counted_and_fine(self):
        records = [record(0, 0, 1), record(0, 1, 2), record(0, 2, 1), record(0, 3, 2), record(0, 4, 3)]
        found, repeats = check_topic(self.rows, records)
        self.assertEqual((found.lines(), repeats), ([], 2))

    def test_a_skipped_row_is_lost(self):
        found, _ = check_topic(self.rows, [record(0, 0, 1), record(0, 1, 3)])
        self.assertEqual(len(found.lost), 1)

    def test_a_missing_end_is_lost(self):
        self.assertEqual(len(check_topic(self.rows, [record(0, 0, 1)])[0].lost), 1)
        self.assertEqual(len(check_topic(self.rows, [])[0].lost), 1)

    def test_a_topic_may_begin_later_where_the_broker_let_records_go(self):
        self.assertEqual(check_topic(self.rows, [record(0, 7, 2, first=7), record(0, 8, 3, first=7)])[0].lines(), [])
        self.assertEqual(len(check_topic(self.rows, [record(0, 0, 2), record(0, 1, 3)])[0].lost), 1)

    def test_other_bytes_are_wrong(self):
        records = [record(0, 0, 1), record(0, 1, 2, digest="x"), record(0, 2, 2), record(0, 3, 3)]
        self.assertEqual(len(check_topic(self.rows, records)[0].wrong), 1)


class Facts(unittest.TestCase):
    journals = {"registry": [row(0, 1, "cities/a", 1), row(0, 2, "cities/a", 2)]}

    def test_the_newest_row_is_what_counts(self):
        self.assertEqual(check_facts(self.journals, [Fact("cities/a", "registry", 0, 2, 2)]).lines(), [])

    def test_an_old_fact_and_a_missing_one_are_lost(self):
        self.assertEqual(len(check_facts(self.journals, [Fact("cities/a", "registry", 0, 1, 1)]).lost), 1)
        self.assertEqual(len(check_facts(self.journals, []).lost), 1)

    def test_a_fact_that_no_journal_has_is_one_too_many(self):
        facts = [Fact("cities/a", "registry", 0, 2, 2), Fact("cities/b", "registry", 0, 3, 1)]
        self.assertEqual(len(check_facts(self.journals, facts).duplicated), 1)


class Known(unittest.TestCase):
    rows = [row(0, 1, "cities/a", 1), row(0, 2, "cities/a", 2), row(0, 3, "cities/a/memberships/b", 1)]

    def test_the_newest_actor_is_what_is_known(self):
        self.assertEqual(check_known(self.rows, [("cities/a", 2, "e")]).lines(), [])

    def test_old_missing_and_invented_actors_are_told(self):
        for known in ([("cities/a", 1, "e")], [("cities/a", 2, "old")], [],
                      [("cities/a", 2, "e"), ("cities/gone", 1, "e")]):
            self.assertEqual(len(check_known(self.rows, known).wrong), 1, known)


class Replays(unittest.TestCase):
    def test_every_difference_is_told(self):
        self.assertEqual(check_equal("cells", [(1, 2)], [(1, 2)]).lines(), [])
        self.assertEqual(len(check_equal("cells", [(1, 2)], [(1, 3)]).wrong), 2)
        self.assertEqual(len(check_equal("cells", [(1, 2), (1, 2)], [(1, 2)]).wrong), 1)


if __name__ == "__main__":
    unittest.main()
