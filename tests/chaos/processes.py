"""The platform as processes that may be killed, stopped and started again, each on the port that it got first."""
import mmap
import os
import re
import select
import signal
import struct
import subprocess
import time

from link import Link

SERVICES = ("registry", "negotiations", "trends")
START_SECONDS = 150


def end_in_order(seconds):
    """SIGTERM, and the end of so many seconds, end this program with everything cleaned up."""
    def give_up(number, _):
        raise SystemExit("stopped" if number == signal.SIGTERM else f"not done after {seconds} s")
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)


class Shim:
    """What chaos_shim.c reads: how far a service's clock is off, and whether its fsyncs fail."""

    def __init__(self, path):
        self.path = path
        with open(path, "w+b") as file:
            file.write(bytes(16))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), 16)

    def step_clock(self, microseconds):
        struct.pack_into("=q", self.memory, 0, microseconds)

    def fail_fsync(self, fails):
        struct.pack_into("=q", self.memory, 8, fails)


class Process:
    """One program of ours. It tells its port through a pipe, and ends when this process does."""

    def __init__(self, name, words, port_option, log, shim=None):
        self.name, self.words, self.port_option, self.log, self.shim = name, words, port_option, log, shim
        self.port, self.process, self.stopped = 0, None, False
        self.life, self.keep = os.pipe()

    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it and waits until it serves; answers whether it does."""
        ready, tell = os.pipe()
        words = self.words + [self.port_option % self.port, f"--ready-fd={tell}", f"--parent-fd={self.life}"]
        environment = {**os.environ, "CITYNEG_CHAOS": self.shim.path} if self.shim else None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            pass_fds=(tell, self.life), env=environment)
        os.close(tell)
        line = b""
        deadline = time.monotonic() + START_SECONDS
        while not line.endswith(b"\n") and select.select([ready], [], [], deadline - time.monotonic())[0]:
            got = os.read(ready, 64)
            if not got:
                break
            line += got
        os.close(ready)
        if not line.endswith(b"\n"):
            self.kill()
            return False
        self.port = int(line)
        return True

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        if self.is_up():
            self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait()

    def end(self):
        """In order, as an operator does it; answers the exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def family(self):
        """Its own id and those of its children: Apache Kafka is a child of its starter."""
        if not self.is_up():
            return []
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return [self.process.pid, *map(int, children.read().split())]

    def pause(self):
        self.stopped = True
        for pid in self.family():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in reversed(self.family()):
            os.kill(pid, signal.SIGCONT)
        self.stopped = False

    def wait(self):
        code = self.process.wait() if self.process else None
        self.process, self.stopped = None, False
        return code


class RealBroker:
    """A broker that a program of the caller's starts and crashes: PROGRAM start prints the bootstrap address."""

    name = "broker"

    def __init__(self, program):
        self.program, self.bootstrap, self.up = program, None, False

    def address(self):
        return self.bootstrap

    def call(self, word):
        return subprocess.run([self.program, word], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

    def start(self):
        until = time.monotonic() + START_SECONDS
        while (done := self.call("start")).returncode != 0 and time.monotonic() < until:
            time.sleep(1)  # somebody else may have its port for a moment
        before, self.bootstrap = self.bootstrap, done.stdout.strip()
        self.up = done.returncode == 0
        if self.up and before not in (None, self.bootstrap):
            raise SystemExit(f"the broker was at {before} and came back at {self.bootstrap}; give it a port of its own")
        return self.up

    def is_up(self):
        return self.up

    def kill(self):
        self.up = False
        self.call("crash")

    def end(self):
        self.up = False
        self.call("stop")


class Platform:
    """Stores, broker and services, as many replicas as the stores allow, and a link in front of each service."""

    def __init__(self, build, stores, logs, broker=None):
        self.build, self.stores, self.logs = build, stores, logs
        self.broker = broker or Process("broker", [self.program("cityneg"), "broker"], "--port=%d", self.log("broker"))
        self.services, self.links = {}, {}

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def log(self, name):
        return os.path.join(self.logs, f"{name}.log")

    def replicas(self, service):
        """Their names: registry, registry-2."""
        return [name for name in self.services if name.split("-")[0] == service]

    def make(self, service, stores, kafka, name, number=1):
        """A service, which calls others by their replica of the same number."""
        words = [os.path.join(self.build, "tests", f"chaos_{service}"), *stores.words(service), f"--kafka={kafka}",
                 "--drain-grace=2000"]
        for other in SERVICES[:SERVICES.index(service)]:
            words.append(f"--{other}={self.links[self.replicas(other)[number - 1]].address()}")
        return Process(name, words, "--listen=127.0.0.1:%d", self.log(name), Shim(os.path.join(self.logs, f"{name}.shim")))

    def start(self):
        if not self.stores.start():
            raise SystemExit("the stores do not start; see their log")
        if not self.broker.start():
            raise SystemExit("the broker does not start; see its log")
        for service in SERVICES:
            for number in range(1, self.stores.replicas + 1):
                name = service if number == 1 else f"{service}-{number}"
                process = self.make(service, self.stores, self.broker.address(), name, number)
                if not process.start():
                    raise SystemExit(f"{name} does not start: {self.last_line(name)}")
                self.services[name] = process
                self.links[name] = Link(name, process.port)

    def last_line(self, name):
        if not os.path.exists(self.log(name)):
            return "it has no log"
        with open(self.log(name), errors="replace") as log:
            return ([""] + log.read().splitlines())[-1]

    def parts(self):
        return [*self.stores.parts(), self.broker, *self.services.values()]

    def all_links(self):
        return [*self.links.values(), *self.stores.links]

    def heal(self):
        """Everything runs again; answers the names of what does not."""
        failed = []
        for link in self.all_links():
            link.heal()
        for part in self.parts():
            if getattr(part, "shim", None):
                part.shim.fail_fsync(False)
            if getattr(part, "stopped", False):
                part.go_on()
            if not part.is_up() and not part.start():
                failed.append(f"{part.name}: {self.last_line(part.name)}")
        return failed

    def stop(self):
        """Ends everything; answers what did not end as it should."""
        failed = []
        for part in reversed(self.parts()):
            code = part.end()
            if code not in (0, None):
                failed.append(f"{part.name} ended with code {code}")
        for link in self.links.values():
            link.close()
        self.links = {}
        self.stores.close()
        return failed

    def run(self, *words):
        """A program of ours and what it prints."""
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, timeout=300)

    def addresses(self, services=SERVICES):
        """As options: of each service the first replica."""
        return [f"--{service}={self.links[service].address()}" for service in services]

    def all_addresses(self, services):
        """As options: of each service every replica, with commas between."""
        return [f"--{service}=" + ",".join(self.links[name].address() for name in self.replicas(service))
                for service in services]

    def sanitizers(self):
        """Lines in the logs that no program of ours may write."""
        bad = []
        for name in sorted(os.listdir(self.logs)):
            with open(os.path.join(self.logs, name), errors="replace") as log:
                bad += [f"{name}: {line.strip()}" for line in log
                        if re.search(r"AddressSanitizer|runtime error:|ThreadSanitizer|LeakSanitizer", line)]
        return bad
