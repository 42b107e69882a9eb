"""docs/features.md: every command of its table is run against a platform with the samples, and its answer has what the table
says. Run through ctest (e2e/features_test) or python3."""
import os
import re
import shlex
import unittest

from platform_bed import SERVICES, Platform, until

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'features.md')
ROW = re.compile(r'^\| (.+?) \| `(\w+)` \| `cityneg (.+?)` \| `(.+?)` \|$', re.MULTILINE)


class Features(unittest.TestCase):
    def test_every_statement_is_answered(self):
        with open(PAGE, encoding='utf-8') as file:
            page = file.read()
        rows = ROW.findall(page)
        self.assertEqual(len(rows), page.count('\n| ') - page.count('\n| statement |'))
        self.assertGreater(len(rows), 50)
        with Platform() as platform:
            until(lambda: platform.counted() == {name: platform.heads(name) for name in SERVICES}, 'all was counted')
            for statement, _, command, fact in rows:
                with self.subTest(statement):
                    done = platform.run(*shlex.split(command))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(fact, done.stdout)


if __name__ == '__main__':
    unittest.main()
