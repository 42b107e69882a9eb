"""A request whose answer nobody got, since the service was killed (kill -9) after it was recorded: repeated with the same
request_id it gets its first answer, whatever was changed since; with another body it is refused with both digests. Run
through ctest (e2e/repeat_test), or: CITYNEG=…/bin/cityneg python3 repeat_test.py"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'broker'), os.path.join(HERE, '..', 'chaos')]
from bed import Bed, until  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(os.environ['CITYNEG'])))
ID, CITY = '0b8a1c52-6b0e-4f35-9d52-0d3a6f1f7a11', 'cities/c-1'
HEADERS, DATA = 1, 0  # frames of HTTP/2


def read(connection, size):
    found = b''
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise OSError('closed')
        found += piece
    return found


class Swallower:
    """Stands before a service and lets everything through but its answers: headers and messages are swallowed."""

    def __init__(self, port):
        self.target, self.swallowed = port, threading.Event()
        self.server = socket.create_server(('127.0.0.1', 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def address(self):
        return '127.0.0.1:%d' % self.server.getsockname()[1]

    def serve(self):
        while True:
            try:
                client = self.server.accept()[0]
            except OSError:
                return
            try:
                service = socket.create_connection(('127.0.0.1', self.target))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self.connect, args=(client, service), daemon=True).start()

    def connect(self, client, service):
        with client, service:
            back = threading.Thread(target=self.pump, args=(self.back, service, client), daemon=True)
            back.start()
            self.pump(self.forth, client, service)
            back.join()

    @staticmethod
    def pump(run, source, target):
        try:
            run(source, target)
        except OSError:
            pass  # one side has gone, so the other one goes too
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it had gone before

    @staticmethod
    def forth(client, service):
        while piece := client.recv(65536):
            service.sendall(piece)

    def back(self, service, client):
        while True:
            head = read(service, 9)
            body = read(service, int.from_bytes(head[:3], 'big'))
            if head[3] in (HEADERS, DATA):
                self.swallowed.set()
            else:
                client.sendall(head + body)

    def close(self):
        self.server.close()


class Repeats(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='cityneg-repeat-')
        self.addCleanup(folder.cleanup)
        self.bed = Bed(BUILD, os.path.join(folder.name, 'bed'))
        self.addCleanup(self.bed.__exit__)
        self.registry = self.bed.start('registry', '--kafka=none')

    def words(self, title, request=ID):
        body = {'actor': {'name': CITY, 'displayName': title, 'externalIds': [{'scheme': 'geonames', 'value': '1'}]},
                'updateMask': '*', 'allowMissing': True, 'requestId': request}
        return ['registry', 'update-actor', '--json', json.dumps(body)]

    def update(self, title, request):
        return self.bed.json(*self.words(title, request))

    def test_first_answer_outlives_the_service_that_nobody_heard(self):
        silent = Swallower(self.registry.port)
        self.addCleanup(silent.close)
        client = subprocess.Popen([self.bed.program('cityneg'), *self.words('First'), '--registry=' + silent.address()],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        until(lambda: self.bed.heads('registry'), 'the change was recorded')
        until(silent.swallowed.is_set, 'the service answered into nothing')
        self.registry.kill()
        client.kill()
        self.assertEqual(client.communicate()[0], '')
        self.assertTrue(self.registry.start())
        heads = self.bed.heads('registry')
        self.assertEqual(sum(heads.values()), 1)

        later = self.update('Second', '7f1d2c3b-1a2b-4c3d-8e4f-5a6b7c8d9e0f')
        self.assertEqual(later['etag'], '2')
        again = self.update('First', ID)
        self.assertEqual((again['displayName'], again['etag']), ('First', '1'))
        self.registry.kill()
        self.assertTrue(self.registry.start())
        self.assertEqual(self.update('First', ID), again)
        self.assertEqual(sum(self.bed.heads('registry').values()), 2)

        refused = self.bed.run(*self.words('Other'))
        self.assertEqual(refused.returncode, 1)
        self.assertIn('ABORTED', refused.stderr)
        digests = re.findall(r'digest ([0-9a-f]{64})', refused.stderr)
        self.assertEqual(len(set(digests)), 2, refused.stderr)
        self.assertEqual(sum(self.bed.heads('registry').values()), 2)


if __name__ == '__main__':
    unittest.main()
