"""The server under attack: the interop server as a process, what it takes, and a neighbour that is served meanwhile."""
import json
import os
import resource
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
EMPTY, UNARY, OUTPUT, INPUT = (f"/grpc.testing.TestService/{name}" for name in (
    "EmptyCall", "UnaryCall", "StreamingOutputCall", "StreamingInputCall"))


class Server:
    """One that has room for `files` descriptors."""

    def __init__(self, programs, words=(), files=None):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        room = files or hard
        self.process = subprocess.Popen(
            [os.path.join(programs, "interop-server"), "--port=0", *words], stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard)))
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def is_up(self):
        return self.process.poll() is None

    def end(self):
        """In order; answers its exit code."""
        self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def memory(self):
        """Resident, in KiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def settles(self, files, kib, seconds=30):
        """Waits until it has at most so many descriptors open and so much memory; answers what it has."""
        end = time.monotonic() + seconds
        while True:
            has = self.files(), self.memory()
            if has[0] <= files and has[1] <= kib or time.monotonic() > end:
                return has
            time.sleep(0.05)


class Neighbour:
    def __init__(self, server, seconds):
        self.process = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "neighbour.py"), str(server.port),
                                         EMPTY, str(seconds)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def end(self):
        out, _ = self.process.communicate("", 60)
        return json.loads(out)
