"""Trends from nothing: without its store it counts the journals again and comes to the same report and the same published
values; with its store it publishes only what changes. Run through ctest (e2e/replay_test), or:
CITYNEG=…/bin/cityneg python3 replay_test.py"""
import glob
import json
import os
import unittest

from platform_bed import SERVICES, TRENDS, Platform, until


def values(trends):
    """What was published, without when."""
    return {trend['name']: {key: trend[key] for key in trend if key not in ('etag', 'updateTime')} for trend in trends}


class Replay(unittest.TestCase):
    def setUp(self):
        self.platform = Platform()
        self.platform.start()
        self.addCleanup(self.platform.__exit__)

    def counted_all(self):
        heads = {service: self.platform.heads(service) for service in SERVICES}
        until(lambda: self.platform.counted() == heads, 'trends counted every row')

    def test_an_empty_store_comes_to_the_same(self):
        self.counted_all()
        report = self.platform.json(TRENDS, 'report')
        published = values(self.platform.published())
        self.assertEqual(self.platform.stop(), 0)
        for path in glob.glob(os.path.join(self.platform.data, 'trends.db*')):
            os.remove(path)
        self.platform.start()
        self.counted_all()
        self.assertEqual(self.platform.json(TRENDS, 'report'), report)
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
