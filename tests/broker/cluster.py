"""Several nodes of Apache Kafka as one cluster, by the program's own starter. Reach for it where leaders have to change."""
import os
import threading

from apache import free_ports
from processes import Process

CLUSTER_ID = 'tests-of-a-cluster-000'  # 22 characters of base64url


class Cluster:
    """Its nodes are processes that may be killed and started again; use start() and stop() for all of them."""

    def __init__(self, cityneg, folder, count=3):
        ports = free_ports(2 * count)
        voters = ','.join('%d@127.0.0.1:%d' % (i + 1, ports[i]) for i in range(count))
        self.nodes = {}
        for node in range(1, count + 1):
            place = os.path.join(folder, 'node-%d' % node)
            self.nodes[node] = Process('node-%d' % node, [
                cityneg, 'broker', '--apache', '--data', place, '--node', str(node), '--voters', voters, '--cluster',
                CLUSTER_ID], '--port=%d', place + '.log')
            self.nodes[node].port = ports[count + node - 1]
        self.bootstrap = ','.join(node.address() for node in self.nodes.values())

    def start(self):
        """Those that do not run; more than half have to, or none of them answers."""
        started = {}
        def start(number, node):
            started[number] = node.start()
        threads = [threading.Thread(target=start, args=item) for item in self.nodes.items() if not item[1].is_up()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, well in started.items():
            if not well:
                with open(self.nodes[number].log) as log:
                    raise AssertionError('node %d does not start: %s' % (number, log.read()[-2000:]))

    def stop(self):
        for node in self.nodes.values():
            node.kill()
