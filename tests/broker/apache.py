"""One node of Apache Kafka for tests, by the program's own starter, with TLS and SASL besides. Reach for it where what the
in-process broker lacks is tested."""
import os
import random
import shutil
import socket
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'chaos'))
from processes import Process  # noqa: E402

USER, PASSWORD = 'alice', 'alice-secret'
JAAS = 'org.apache.kafka.common.security'


def missing():
    """What this machine lacks to run it; '' where nothing."""
    return ', '.join(program for program in ('java', 'mvn', 'openssl') if not shutil.which(program))


def free_ports(count):
    """Ports that nobody has now, no two alike; where the machine lets us, none that an outgoing connection may be given
    while its server is away."""
    with open('/proc/sys/net/ipv4/ip_local_port_range') as file:
        least, most = map(int, file.read().split())
    outside = [port for port in range(10000, 65536) if not least <= port <= most] or range(10000, 65536)
    ports = set()
    while len(ports) < count:
        port = random.choice(outside)
        try:
            socket.create_server(('127.0.0.1', port)).close()
        except OSError:
            continue
        ports.add(port)
    return list(ports)


def make_certificates(folder):
    """ca.pem, server.pem (key and certificate) and client.pem, client.key: for tests alone."""
    def openssl(*words):
        subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True)
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', '-days', '2', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test-ca')
    with open(os.path.join(folder, 'names'), 'w') as names:
        names.write('subjectAltName=DNS:localhost,IP:127.0.0.1')
    for who in ('server', 'client'):
        openssl('req', *key, '-keyout', who + '.key', '-out', who + '.csr', '-subj', '/CN=' + who)
        openssl('x509', '-req', '-days', '2', '-in', who + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
                '-CAcreateserial', '-extfile', 'names', '-out', who + '.pem')
    with open(os.path.join(folder, 'keystore.pem'), 'w') as store:
        for name in ('server.key', 'server.pem', 'ca.pem'):
            with open(os.path.join(folder, name)) as part:
                store.write(part.read())


class Apache:
    """The node: start, kill, stop; `bootstrap` has no protection, `address(protocol)` has what its name says."""

    def __init__(self, cityneg, folder):
        self.folder = folder
        port, controller, *rest = free_ports(5)
        self.ports = dict(zip(('PLAINTEXT', 'SSL', 'SASL_SSL', 'SASL_PLAINTEXT'), [port, *rest]))
        make_certificates(folder)
        with open(self.path('settings'), 'w') as file:
            file.write(self.settings(controller))
        self.process = Process('apache', [cityneg, 'broker', '--apache', '--data', self.path('data'), '--settings',
                                          self.path('settings'), '--controller-port', str(controller),
                                          '--scram-user', '%s:%s' % (USER, PASSWORD)],
                               '--port=%d', self.path('apache.log'))
        self.process.port = port
        self.bootstrap = self.address('PLAINTEXT')

    def path(self, name):
        return os.path.join(self.folder, name)

    def address(self, protocol):
        return '127.0.0.1:%d' % self.ports[protocol]

    def settings(self, controller):
        listeners = ','.join('%s://127.0.0.1:%d' % item for item in self.ports.items())
        lines = ['listeners=%s,CONTROLLER://127.0.0.1:%d' % (listeners, controller),
                 'advertised.listeners=' + listeners,
                 'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
                 'ssl.keystore.type=PEM', 'ssl.keystore.location=' + self.path('keystore.pem'),
                 'ssl.truststore.type=PEM', 'ssl.truststore.location=' + self.path('ca.pem'),
                 'listener.name.ssl.ssl.client.auth=required', 'log.cleaner.backoff.ms=200',
                 'log.retention.check.interval.ms=500']
        for name in ('sasl_ssl', 'sasl_plaintext'):
            lines.append('listener.name.%s.plain.sasl.jaas.config=%s.plain.PlainLoginModule required user_%s="%s";'
                         % (name, JAAS, USER, PASSWORD))
            lines += ['listener.name.%s.scram-sha-%d.sasl.jaas.config=%s.scram.ScramLoginModule required;'
                      % (name, bits, JAAS) for bits in (256, 512)]
        return '\n'.join(lines) + '\n'

    def start(self):
        if not self.process.start():
            with open(self.path('apache.log')) as log:
                raise AssertionError('Apache Kafka does not start: ' + log.read()[-2000:])

    def kill(self):
        self.process.kill()

    def pause(self):
        self.process.pause()

    def go_on(self):
        self.process.go_on()

    def stop(self):
        return self.process.end()
