"""After the faults: waits until everything has come to rest, collects what each part holds, and lets it be compared."""
import glob
import json
import os
import sqlite3
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
        self.records = self.repeats = self.facts = self.cells = 0

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

    def wait(self, what, is_so):
        until = time.monotonic() + REST_SECONDS
        while not is_so():
            if time.monotonic() > until:
                self.found.lost.append(f"{what} did not come to rest within {REST_SECONDS} s")
                return
            time.sleep(0.3)

    def wait_for(self, trends):
        heads = {service: len(rows) for service, rows in self.journals.items()}
        self.wait(trends.name, lambda: self.counted(trends) == heads)

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

    def dump(self, folder, query, store="trends"):
        with sqlite3.connect(f"file:{folder}/{store}.db?mode=ro", uri=True) as db:
            return db.execute(query).fetchall()

    def check_known(self):
        """What negotiations know of actors, once they have followed the registry to its end."""
        head = len(self.journals["registry"])
        self.wait("negotiations", lambda: self.dump(
            self.platform.data, "SELECT sum(seq) FROM feeds", "negotiations") == [(head,)])
        self.found.add(check_known(self.journals["registry"], self.dump(
            self.platform.data, "SELECT name, revision, epoch FROM known_actors", "negotiations")))

    def replay(self):
        """A second trends from nothing, fed by the journals alone, has to come to the same tables."""
        folder = os.path.join(self.folder, "replay")
        os.mkdir(folder)
        self.platform.services.pop("trends").end()
        trends = self.platform.make("trends", folder, "none", "replay")
        if not trends.start():
            self.found.wrong.append("a second trends does not start")
            return
        self.wait_for(trends)
        trends.end()
        for name in ("facts", "cells"):
            self.found.add(check_equal(name, self.dump(self.platform.data, f"SELECT * FROM {name}"),
                                       self.dump(folder, f"SELECT * FROM {name}")))
        facts = self.dump(self.platform.data, "SELECT resource, source, part, seq, revision FROM facts")
        self.facts = len(facts)
        self.cells = len(self.dump(self.platform.data, "SELECT 1 FROM cells"))
        self.found.add(check_facts(self.journals, [Fact(*fact) for fact in facts]))

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
        self.replay()
        return []
