"""docs/api says what the protos say. Run through ctest (api/pages) or python3."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..')]
import packages  # noqa: E402

packages.inside_python(__file__, 'grpcio==1.85.1', 'grpcio-status==1.85.1')

from pages import FOLDER, Pages  # noqa: E402


class Current(unittest.TestCase):
    def test_pages_are_what_the_protos_make(self):
        made, there = Pages().all(), {}
        for name in os.listdir(FOLDER):
            with open(os.path.join(FOLDER, name), encoding='utf-8') as file:
                there[name] = file.read()
        self.assertEqual(sorted(there), sorted(made))
        old = [name for name in made if made[name] != there[name]]
        self.assertEqual(old, [], 'run python3 tests/api/pages.py, and commit what it writes')


if __name__ == '__main__':
    unittest.main()
