"""Where the services keep what they are told: files of SQLite, or a PostgreSQL that may be killed, stopped and cut off."""
import csv
import ctypes
import glob
import os
import pwd
import re
import shutil
import signal
import sqlite3
import subprocess
import time

from link import Link

START_SECONDS = 60


def numbers(row):
    """Columns that are whole numbers as such."""
    return tuple(int(value) if isinstance(value, str) and re.fullmatch(r"-?[1-9]\d*|0", value) else value
                 for value in row)


class Files:
    """A file a service, in one folder."""

    replicas = 1

    def __init__(self, folder):
        self.folder, self.links = folder, []

    def start(self):
        return True

    def parts(self):
        return []

    def of(self, service):
        """Where this service's are."""
        return self

    def words(self, service):
        return [f"--data={self.folder}"]

    def empty(self, folder):
        """Stores of which nothing is there yet."""
        os.mkdir(folder)
        return Files(folder)

    def query(self, service, sql):
        with sqlite3.connect(f"file:{self.folder}/{service}.db?mode=ro", uri=True) as db:
            return [numbers(row) for row in db.execute(sql)]

    def change(self, service, sql):
        with sqlite3.connect(f"file:{self.folder}/{service}.db?mode=rw", uri=True) as db:
            db.execute(sql)

    @staticmethod
    def hex(column):
        return f"lower(hex({column}))"

    @staticmethod
    def bytes(digits):
        return f"x'{digits}'"

    def close(self):
        pass


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class Postgres:
    """A server of our own with a database a service, and a link in front of it. It is a part that can be broken."""

    replicas, name = 2, "postgresql"

    def __init__(self, folder, log, databases=("registry", "negotiations", "trends")):
        self.folder, self.log, self.databases = folder, log, databases
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]
        if not self.programs:
            raise SystemExit("--store postgres: PostgreSQL is not installed (apt-get install postgresql)")
        self.data = os.path.join(folder, "postgresql")
        self.process, self.stopped, self.port, self.links = None, False, 0, []

    def program(self, name):
        return os.path.join(self.programs[0], name)

    def spawn(self, words, log):
        user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                preexec_fn=end_with_parent, **user)

    def make(self):
        os.mkdir(self.data)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.data, account.pw_uid, account.pw_gid)
        with open(self.log, "ab") as log:
            made = self.spawn([self.program("initdb"), "-D", self.data, "-U", "cityneg", "-A", "trust", "-E", "UTF8",
                               "--locale=C.UTF-8", "--no-sync"], log)
            if made.wait():
                raise SystemExit(f"initdb failed; see {self.log}")

    def start(self):
        """Starts it and waits until it answers; the first time with everything it needs."""
        first = not os.path.isdir(self.data)
        if first:
            self.make()
            self.port = Link.free_port()
        words = [self.program("postgres"), "-D", self.data, "-p", str(self.port), "-k", "", "-c",
                 "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c",
                 "max_wal_size=128MB", "-c", "min_wal_size=32MB"]
        with open(self.log, "ab") as log:
            self.process = self.spawn(words, log)
        if not self.answers():
            self.kill()
            return False
        if first:
            for database in self.databases:
                self.psql("postgres", f"CREATE DATABASE {database}")
            self.links = [Link("postgresql", self.port)]
        return True

    def answers(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if subprocess.run([self.program("pg_isready"), "-q", "-h", "127.0.0.1", "-p",
                               str(self.port)]).returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def of(self, service):
        return self

    # ---- breaking ----

    def parts(self):
        return [self]

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def everyone(self):
        """The server and what it has forked, which are sessions of their own."""
        return [self.process.pid, *children(self.process.pid)] if self.is_up() else []

    def send(self, number):
        for pid in self.everyone():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # it ended by itself meanwhile

    def kill(self):
        if self.is_up():
            self.process.send_signal(signal.SIGSTOP)  # so that nothing is forked meanwhile
        self.send(signal.SIGKILL)
        self.wait()

    def end(self):
        if self.is_up():
            self.process.send_signal(signal.SIGINT)
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

    # ---- a copy of its files, as failovers and restores have it ----

    def copy(self, folder):
        done = self.spawn([self.program("pg_basebackup"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "cityneg", "-D",
                           folder, "-c", "fast", "--no-sync"], subprocess.DEVNULL)
        if done.wait():
            raise SystemExit("pg_basebackup failed")

    def put_back(self, folder):
        """The server crashes, and comes back with the files of the copy."""
        self.kill()
        shutil.rmtree(self.data)
        os.rename(folder, self.data)
        if not self.start():
            raise SystemExit(f"PostgreSQL does not start from a copy; see {self.log}")

    # ---- what services and checkers see ----

    def words(self, service):
        return [f"--store=postgresql://cityneg@127.0.0.1:{self.links[0].port}/{service}"]

    def empty(self, folder):
        self.psql("postgres", "CREATE DATABASE replay")
        return Replay(self)

    def psql(self, database, sql):
        done = subprocess.run([self.program("psql"), "-X", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U",
                               "cityneg", "-d", database, "-v", "ON_ERROR_STOP=1", "--csv", "-t", "-c", sql],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(f"psql {database}: {done.stderr.strip()}")
        return done.stdout

    def query(self, service, sql):
        return [numbers(row) for row in csv.reader(self.psql(service, sql).splitlines())]

    def change(self, service, sql):
        self.psql(service, sql)

    @staticmethod
    def hex(column):
        return f"encode({column}, 'hex')"

    @staticmethod
    def bytes(digits):
        return f"decode('{digits}', 'hex')"

    def close(self):
        for link in self.links:
            link.close()


class Apart:
    """Registry and negotiations on PostgreSQL, trends in a file: what the one loses the other has counted."""

    replicas = 1

    def __init__(self, server, files):
        self.server, self.files = server, files
        self.folder = files.folder

    def of(self, service):
        return self.files if service == "trends" else self.server

    @property
    def links(self):
        return self.server.links

    def start(self):
        return self.server.start()

    def parts(self):
        return self.server.parts()

    def words(self, service):
        return self.of(service).words(service)

    def empty(self, folder):
        return self.files.empty(folder)

    def query(self, service, sql):
        return self.of(service).query(service, sql)

    def change(self, service, sql):
        self.of(service).change(service, sql)

    def close(self):
        self.server.close()


class Replay:
    """A further database of the same server, for trends that count anew."""

    def __init__(self, server):
        self.server = server

    def words(self, service):
        return self.server.words("replay")

    def query(self, service, sql):
        return self.server.query("replay", sql)
