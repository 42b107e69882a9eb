"""What the images, compose and the chart say of the programs is true: every option that they give exists, the ports and the
health services are the programs' own, and all three speak of the same services. Needs no Docker and no cluster. Run through
ctest (e2e/deploy_test), or: CITYNEG=…/bin/cityneg python3 deploy_test.py"""
import json
import os
import re
import subprocess
import unittest

from platform_bed import CITYNEG, HERE

ROOT = os.path.join(HERE, '..', '..')
SERVICES = {'registry': 7001, 'negotiations': 7002, 'trends': 7003}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding='utf-8') as file:
        return file.read()


def options_of(program):
    """The long options that a program's --help lists."""
    done = subprocess.run([program, '--help'], capture_output=True, text=True, timeout=30, check=True)
    return set(re.findall(r'--[a-z][a-z-]*', done.stdout))


def stages():
    """{target: its lines} of the Dockerfile."""
    parts = re.split(r'^FROM \S+ AS (\S+)$', read('docker', 'Dockerfile').replace('\\\n', ' '), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class Deploy(unittest.TestCase):
    def setUp(self):
        self.programs = {name: os.path.join(os.path.dirname(CITYNEG), 'cityneg-' + name) for name in SERVICES}

    def test_images_give_only_options_that_the_programs_have(self):
        for name, port in SERVICES.items():
            stage = stages()[name]
            words = json.loads(re.search(r'^CMD (\[.*\])$', stage, re.M).group(1))
            self.assertEqual({word.split('=')[0] for word in words} - options_of(self.programs[name]), set(), name)
            self.assertIn('--listen=0.0.0.0:%d' % port, words)
            self.assertIn('EXPOSE %d %d\n' % (port, port + 100), stage)
            probe = json.loads(re.search(r'CMD (\["cityneg", "health".*\])$', stage, re.M).group(1))
            self.assertEqual(probe[2], '127.0.0.1:%d' % port)
            self.assertIn(probe[3], self.health_services(), name)

    def test_the_chart_gives_only_options_that_the_programs_have(self):
        given = set(re.findall(r'^ +- (--[a-z-]+)', read('helm', 'cityneg', 'templates', 'statefulsets.yaml'), re.M))
        self.assertGreaterEqual(len(given), 9)
        self.assertEqual(given - options_of(self.programs['trends']), set())
        self.assertEqual(given - {'--registry', '--negotiations', '--tls-ca'} - options_of(self.programs['registry']), set())

    def test_the_chart_probes_services_that_exist_at_the_programs_ports(self):
        template = read('helm', 'cityneg', 'templates', 'statefulsets.yaml')
        values = read('helm', 'cityneg', 'values.yaml')
        for name, port in SERVICES.items():
            service = re.search(r'"%s" "([\w.]+)"' % name, template).group(1)
            self.assertIn(service, self.health_services())
            self.assertRegex(values, r'(?m)^%s:\n  port: %d$' % (name, port))

    def test_compose_builds_a_target_that_exists_for_every_service(self):
        compose = read('docker', 'compose.yaml')
        targets = re.findall(r'target: (\w+)', compose)
        self.assertEqual(set(targets), set(SERVICES) | {'cli'})
        self.assertLessEqual(set(targets), set(stages()))
        for name, port in SERVICES.items():
            self.assertIn('127.0.0.1:${%s_PORT:-%d}:%d' % (name.upper(), port, port), compose)

    def test_compose_with_tls_gives_only_options_that_the_programs_have(self):
        parts = re.split(r'^  (\w+):$', read('docker', 'compose.tls.yaml').split('services:')[1], flags=re.M)
        services = dict(zip(parts[1::2], parts[2::2]))
        self.assertEqual(set(services), set(SERVICES))
        for name, text in services.items():
            given = set(re.findall(r'^ +- (--[a-z-]+)', text, re.M))
            self.assertGreaterEqual(given, {'--tls-cert', '--tls-client-ca', '--jwt-jwks', '--roles'})
            self.assertEqual(given - options_of(self.programs[name]), set(), name)

    def test_the_schema_names_every_value(self):
        schema = json.loads(read('helm', 'cityneg', 'values.schema.json'))
        values = re.findall(r'^(\w+):', read('helm', 'cityneg', 'values.yaml'), re.M)
        self.assertEqual(set(values) - set(schema['properties']), set())
        self.assertFalse(schema['additionalProperties'])

    def health_services(self):
        """Full names of the services in proto/: what a server registers with its health service."""
        names = set()
        for name in SERVICES:
            text = read('proto', 'cityneg', name, 'v1', name + '.proto')
            package = re.search(r'^package ([\w.]+);', text, re.M).group(1)
            names |= {'%s.%s' % (package, service) for service in re.findall(r'^service (\w+)', text, re.M)}
        return names


if __name__ == '__main__':
    unittest.main()
