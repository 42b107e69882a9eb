"""The platform as processes that may be killed, stopped and started again, each on the port that it got first."""
import os
import re
import select
import signal
import subprocess
import time

from link import Link

SERVICES = ("registry", "negotiations", "trends")
START_SECONDS = 60


def end_in_order(seconds):
    """SIGTERM, and the end of so many seconds, end this program with everything cleaned up."""
    def give_up(number, _):
        raise SystemExit("stopped" if number == signal.SIGTERM else f"not done after {seconds} s")
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)


class Process:
    """One program of ours. It tells its port through a pipe, and ends when this process does."""

    def __init__(self, name, words, port_option, log):
        self.name, self.words, self.port_option, self.log = name, words, port_option, log
        self.port, self.process, self.stopped = 0, None, False
        self.life, self.keep = os.pipe()

    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it and waits until it serves; answers whether it does."""
        ready, tell = os.pipe()
        words = self.words + [self.port_option % self.port, f"--ready-fd={tell}", f"--parent-fd={self.life}"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            pass_fds=(tell, self.life))
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

    def pause(self):
        self.stopped = True
        self.send(signal.SIGSTOP)

    def go_on(self):
        self.stopped = False
        self.send(signal.SIGCONT)

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
        done = self.call("start")
        self.bootstrap, self.up = done.stdout.strip(), done.returncode == 0
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
    """Broker and services over one folder of data, and a link in front of each service."""

    def __init__(self, build, data, logs, broker=None):
        self.build, self.data, self.logs = build, data, logs
        self.broker = broker or Process("broker", [self.program("cityneg"), "broker"], "--port=%d", self.log("broker"))
        self.services, self.links = {}, {}

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def log(self, name):
        return os.path.join(self.logs, f"{name}.log")

    def make(self, service, data, kafka, name=None):
        words = [self.program(f"cityneg-{service}"), f"--data={data}", f"--kafka={kafka}", "--drain-grace=2000"]
        words += [f"--{other}={link.address()}" for other, link in self.links.items() if other != service]
        return Process(name or service, words, "--listen=127.0.0.1:%d", self.log(name or service))

    def start(self):
        if not self.broker.start():
            raise SystemExit("the broker does not start; see its log")
        for service in SERVICES:
            process = self.make(service, self.data, self.broker.address())
            if not process.start():
                raise SystemExit(f"{service} does not start: {self.last_line(service)}")
            self.services[service] = process
            self.links[service] = Link(service, process.port)

    def last_line(self, name):
        with open(self.log(name), errors="replace") as log:
            return ([""] + log.read().splitlines())[-1]

    def parts(self):
        return [self.broker, *self.services.values()]

    def heal(self):
        """Everything runs again; answers the names of what does not."""
        failed = []
        for link in self.links.values():
            link.heal()
        for part in self.parts():
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
        return failed

    def run(self, *words):
        """A program of ours and what it prints."""
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, timeout=300)

    def addresses(self, names=SERVICES):
        return [f"--{name}={self.links[name].address()}" for name in names]

    def sanitizers(self):
        """Lines in the logs that no program of ours may write."""
        bad = []
        for name in sorted(os.listdir(self.logs)):
            with open(os.path.join(self.logs, name), errors="replace") as log:
                bad += [f"{name}: {line.strip()}" for line in log
                        if re.search(r"AddressSanitizer|runtime error:|ThreadSanitizer|LeakSanitizer", line)]
        return bad
