"""After the faults: waits until everything has come to rest, collects what each part holds, and lets it be compared."""
import glob
import json
import os
import random
import time

from check import (Answer, Fact, Findings, Record, Row, check_answers, check_equal, check_facts, check_known,
                   check_rows, check_topic)

REST_SECONDS = 120
TOPIC = "cityneg.%s.events.v1"
SOURCES = ("registry", "negotiations")


def table(text, kind, numbers):
    rows = []
    for line in text.splitlines():
        columns = line.split("\t")
        rows.append(kind(*(int(column) if i in numbers else column for i, column in enumerate(columns))))
    return rows


class Settled:
    """What was found, and what it was found in."""

    def __init__(self, platform, build, folder):
        self.platform, self.folder = platform, folder
        self.reader = os.path.join(build, "tests", "chaos_reader")
        self.answers, self.journals, self.found = [], {}, Findings()
        self.records = self.repeats = self.facts = self.cells = self.published = self.tampered = 0

    # ---- what there is ----

    def read_answers(self):
        for name in sorted(glob.glob(os.path.join(self.folder, "answers-*.tsv"))):
            with open(name) as file:
                self.answers += [Answer(*line.rstrip("\n").split("\t")) for line in file]

    def read_journal(self, service):
        done = self.platform.run(self.reader, "journal", self.platform.services[service].address())
        if done.returncode:
            self.found.wrong.append(f"the journal of {service} cannot be read: {done.stderr.strip()}")
        return table(done.stdout, Row, {0, 1, 5})

    def read_topic(self, service, partitions):
        done = self.platform.run(self.reader, "topic", self.platform.broker.address(), TOPIC % service,
                                 str(partitions))
        if done.returncode:
            self.found.wrong.append(f"the topic of {service} cannot be read: {done.stderr.strip()}")
        return table(done.stdout, Record, {0, 1, 2, 3})

    def counted(self, trends):
        """How many rows trends counted, by service."""
        done = self.platform.run(self.platform.program("cityneg"), "trends", "get-progress", "-o", "json",
                                 f"--trends={trends.address()}")
        if done.returncode:
            return {}
        return {source["topic"].split(".")[1]: int(source.get("rows", 0))
                for source in json.loads(done.stdout).get("sources", [])}

    # ---- rest ----

    def wait(self, what, look, wanted):
        """Until what is looked at is what is wanted; as long as it moves at all."""
        seen, until = look(), time.monotonic() + REST_SECONDS
        while seen != wanted:
            if time.monotonic() > until:
                self.found.lost.append(f"{what} rests at {seen}, not at {wanted}, for {REST_SECONDS} s")
                return
            time.sleep(0.3)
            before, seen = seen, look()
            if seen != before:
                until = time.monotonic() + REST_SECONDS

    def wait_for(self, trends):
        heads = {service: len(rows) for service, rows in self.journals.items()}
        self.wait(trends.name, lambda: self.counted(trends), heads)

    def wait_for_topic(self, service):
        """The topic is read again until it has everything; what is missing at last is told."""
        rows = self.journals[service]
        partitions = 1 + max(row.part for row in rows)
        until = time.monotonic() + REST_SECONDS
        while True:
            records = self.read_topic(service, max(8, partitions))
            found, repeats = check_topic(rows, records)
            if not found.lost or time.monotonic() > until:
                break
            time.sleep(0.5)
        self.found.add(found)
        self.records += len(records)
        self.repeats += repeats

    # ---- comparing ----

    def check_journals(self):
        for service in SOURCES:
            rows = self.journals[service] = self.read_journal(service)
            self.found.add(check_rows(rows))
            self.found.add(check_answers([a for a in self.answers if a.service == service], rows))

    def verify(self):
        done = self.platform.run(self.platform.program("cityneg"), "verify", "--deep", *self.platform.addresses())
        if done.returncode:
            self.found.wrong.append(f"verify: {done.stderr.strip()}")

    def check_known(self):
        """What negotiations know of actors, once they have followed the registry to its end."""
        head = len(self.journals["registry"])
        stores = self.platform.stores
        self.wait("negotiations", lambda: stores.query("negotiations", "SELECT sum(seq) FROM feeds"), [(head,)])
        self.found.add(check_known(self.journals["registry"], stores.query(
            "negotiations", "SELECT name, revision, epoch FROM known_actors")))

    def replay(self):
        """A second trends from nothing, fed by the journals alone, has to come to the same tables."""
        counted = self.platform.stores
        anew = counted.empty(os.path.join(self.folder, "replay"))
        trends = self.platform.make("trends", anew, "none", "replay")
        if not trends.start():
            self.found.wrong.append("a second trends does not start")
            return
        self.wait_for(trends)
        published = f"SELECT name, {counted.of('trends').hex('digest')}, withdrawn FROM trends WHERE withdrawn = 0 ORDER BY name"
        self.wait("what trends publish", lambda: counted.query("trends", published) == anew.query("trends", published),
                  True)
        for service in (trends, *map(self.platform.services.pop, self.platform.replicas("trends"))):
            service.end()
        self.published = len(counted.query("trends", published))
        for name in ("facts", "cells"):
            self.found.add(check_equal(name, counted.query("trends", f"SELECT * FROM {name}"),
                                       anew.query("trends", f"SELECT * FROM {name}")))
        facts = counted.query("trends", "SELECT resource, source, part, seq, revision FROM facts")
        self.facts = len(facts)
        self.cells = counted.query("trends", "SELECT count(*) FROM cells")[0][0]
        self.found.add(check_facts(self.journals, [Fact(*fact) for fact in facts]))

    # ---- a byte that somebody changes ----

    def verify_tells(self, row):
        done = self.platform.run(self.platform.program("cityneg"), "verify", *self.platform.addresses(SOURCES))
        return done.returncode != 0 and f"partition {row.part}, seq {row.seq}:" in done.stderr + done.stdout

    def tamper(self, service, row, column):
        """Changes one byte of a row; verify has to name it, and to be content when it is put right."""
        stores, where = self.platform.stores, f"WHERE part = {row.part} AND seq = {row.seq}"
        digits = str(stores.query(service, f"SELECT {stores.of(service).hex(column)} FROM journal {where}")[0][0])
        place = 2 * random.randrange(len(digits) // 2)
        other = f"{int(digits[place:place + 2], 16) ^ 1:02x}"
        for value in (digits[:place] + other + digits[place + 2:], digits):
            stores.change(service, f"UPDATE journal SET {column} = {stores.of(service).bytes(value)} {where}")
            if value != digits and not self.verify_tells(row):
                self.found.wrong.append(f"verify does not name partition {row.part}, seq {row.seq} of {service}, where a "
                                        f"byte of {column} was changed")
        self.tampered += 1

    def check_tampering(self):
        for column in ("payload", "salt", "payload_digest", "hash"):
            service = random.choice(SOURCES)
            self.tamper(service, random.choice(self.journals[service]), column)
        self.verify()

    def check(self):
        """Compares everything; answers what does not run."""
        failed = self.platform.heal()
        if failed:
            return failed
        self.read_answers()
        self.check_journals()
        self.wait_for(self.platform.services["trends"])
        for service in SOURCES:
            self.wait_for_topic(service)
        self.check_known()
        self.verify()
        self.check_tampering()
        self.replay()
        return []
