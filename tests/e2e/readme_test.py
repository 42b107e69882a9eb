"""The README's tour, run as a reader would paste it, against a platform of its own. Run through ctest (e2e/readme_test), or:
CITYNEG=…/bin/cityneg python3 readme_test.py"""
import os
import re
import shutil
import subprocess
import unittest

from platform_bed import CITYNEG, HERE, PATIENCE, Platform

README = os.path.join(HERE, '..', '..', 'README.md')
DEFAULTS = {'registry': '127.0.0.1:7001', 'negotiations': '127.0.0.1:7002', 'trends': '127.0.0.1:7003',
            'kafka': '127.0.0.1:9092'}


def tour():
    """The shell blocks of "Five minutes", without the one that starts the platform."""
    with open(README, encoding='utf-8') as file:
        section = re.search(r'^## Five minutes$(.*?)^## ', file.read(), re.M | re.S).group(1)
    blocks = re.findall(r'^```sh\n(.*?)^```$', section, re.M | re.S)
    return [block for block in blocks if './cityneg up' not in block]


@unittest.skipUnless(shutil.which('grpcurl') and shutil.which('kcat'), 'grpcurl or kcat is not installed')
class Readme(unittest.TestCase):
    def test_the_tour_works_when_pasted(self):
        with Platform() as platform:
            # The reader's platform has the default addresses, this one whatever was free.
            script = '\n'.join(tour()).replace('./cityneg ', 'cityneg ')
            for name, address in DEFAULTS.items():
                script = script.replace(address, platform.addresses[name])
            script = 'set -euo pipefail\ncityneg() { "%s" "$@" %s; }\n%s' % (CITYNEG, ' '.join(platform.where()), script)
            done = subprocess.run(['bash', '-c', script], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            said = done.stdout + done.stderr
            self.assertIn('cityneg.negotiations.v1.NegotiationsService', said)
            self.assertIn('"displayName": "Paris"', said)
            self.assertRegex(said, r'ce_id=[0-9a-f-]{36}.*ce_subject=negotiations/\S+/entries/invented')
            self.assertIn('entry.date: "2015-13-04" is no date', said)
            virtual = [int(n) for n in re.findall(r'^  virtual .*\n(?:    .*\n)*?    n (\d+) of', said, re.M)]
            self.assertEqual(len(virtual), 2, said)
            self.assertEqual(virtual[1], virtual[0] - 1, 'the corrected entry still counts as virtual')
            self.assertIn('every hash is what was recorded', said)


if __name__ == '__main__':
    unittest.main()
