"""Trends from nothing: `cityneg rebuild trends` counts the journals again and comes to the same facts, cells, report and
published values; with its store trends publishes only what changes. Run through ctest (e2e/replay_test), or:
CITYNEG=…/bin/cityneg python3 replay_test.py"""
import contextlib
import json
import os
import sqlite3
import unittest

from platform_bed import SERVICES, TRENDS, Platform, run, serve_alone, until


def values(trends):
    """What was published, without when."""
    return {trend['name']: {key: trend[key] for key in trend if key not in ('etag', 'updateTime')} for trend in trends}


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform()  # one import of the samples for all tests
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)

    def counted_all(self):
        heads = {service: self.platform.heads(service) for service in SERVICES}
        until(lambda: self.platform.counted() == heads, 'trends counted every row')

    def rebuild(self, *options, addresses=None):
        where = addresses or self.platform.where()
        return run('rebuild', 'trends', '--data', self.platform.data, *options, *where)

    def test_the_journals_give_what_was_counted_byte_for_byte(self):
        """While trends runs and more is recorded, all samples, in whatever order the topics brought them."""
        done = self.rebuild()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('equal: ', done.stdout)
        digests = [line.split()[1:] for line in done.stdout.splitlines()[:6]]
        self.assertEqual(digests[:3], digests[3:])
        self.assertEqual([name for name in os.listdir(self.platform.data) if name.startswith('rebuild')], [])

    def done(self, *words):
        done = self.platform.run(*words)
        self.assertEqual(done.returncode, 0, done.stderr)

    def asked(self):
        """What users asked, and the answer to the question of their own."""
        question = self.platform.json('trends', 'get-own-question', 'questions/meetings')
        question.pop('createTime')
        return (question, self.platform.json('trends', 'list-alerts'),
                self.platform.json('trends', 'report', '--question', 'meetings')['questions'])

    def ask_for_more(self):
        self.done('trends', 'create-own-question', '--json', json.dumps({'question': {
            'name': 'questions/meetings', 'title': 'Meetings by channel', 'counts': 'entry', 'filter': 'kind = meeting',
            'category': 'channel'}}))
        self.done('trends', 'create-alert', '--json', json.dumps({'alert': {
            'name': 'alerts/virtual', 'trend': 'trends/channel-mix-virtual', 'rule': 'ALERT_RULE_SHARE_ABOVE',
            'threshold': 0.9}}))
        until(lambda: self.platform.json('trends', 'get-own-question', 'questions/meetings').get('active'),
              'the question is filled')
        return self.asked()

    def test_a_store_that_is_wrong_is_found_and_replaced(self):
        self.counted_all()
        report = self.platform.json(TRENDS, 'report')
        published = values(self.platform.published())
        asked = self.ask_for_more()
        self.assertEqual(self.platform.stop(), 0)
        with contextlib.closing(sqlite3.connect(os.path.join(self.platform.data, 'trends.db'))) as db, db:
            db.execute("UPDATE cells SET weight = weight + 1 WHERE rowid = (SELECT min(rowid) FROM cells)")
        self.peers = []
        services = [serve_alone(self, service, ('--data', self.platform.data), self.peers) for service in SERVICES]
        done = self.rebuild(addresses=self.peers)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('what trends had counted is not what the journals give', done.stderr)
        done = self.rebuild('--replace', addresses=self.peers)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn('equal: ', done.stdout)
        for process in services:
            process.terminate()
            self.assertEqual(process.wait(), 0)
        self.platform.start()
        self.counted_all()
        self.assertEqual(self.platform.json(TRENDS, 'report'), report)
        self.assertEqual(self.asked(), asked)
        self.done('trends', 'delete-own-question', 'questions/meetings')
        self.assertEqual(values(self.platform.published()), published)

    def test_a_restart_publishes_only_what_changes(self):
        self.counted_all()
        before = self.platform.published()
        self.assertEqual(self.platform.stop(), 0)
        self.platform.start()
        done = self.platform.run('registry', 'create-membership', '--json', json.dumps({'membership': {
            'name': 'cities/kazan-ru/memberships/another', 'institution': 'institutions/c40',
            'status': 'MEMBERSHIP_STATUS_MEMBER', 'from': '2015'}}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.counted_all()
        after = self.platform.published()
        old, new = values(before), values(after)
        etags = {trend['name']: trend['etag'] for trend in before}
        changed = [trend['name'] for trend in after if new[trend['name']] != old.get(trend['name'])]
        self.assertIn('trends/accessions-c40', changed)
        self.assertLess(len(changed), len(new) / 2)
        for trend in after:
            if trend['name'] not in changed:
                self.assertEqual(trend['etag'], etags[trend['name']], trend['name'])


if __name__ == '__main__':
    unittest.main()
