"""What was acknowledged, what the journals, the topics and trends hold, compared row by row.

Each function takes plain lists and answers a Findings: what was lost, what is there twice, and what is wrong otherwise,
a line each. Nothing here starts a program or reads a file, so that check_test.py can feed it what must be found.
"""
from collections import Counter, defaultdict, namedtuple

Answer = namedtuple("Answer", "service request_id name etag")
Row = namedtuple("Row", "part seq id epoch resource revision request_id digest")
Record = namedtuple("Record", "part offset first seq id epoch resource digest")
Fact = namedtuple("Fact", "resource source part seq revision")


class Findings:
    """Lines of what was lost, duplicated or wrong; empty where all is well."""

    def __init__(self):
        self.lost, self.duplicated, self.wrong = [], [], []

    def add(self, other):
        self.lost += other.lost
        self.duplicated += other.duplicated
        self.wrong += other.wrong

    def lines(self):
        return ([f"lost: {line}" for line in self.lost] + [f"duplicated: {line}" for line in self.duplicated]
                + [f"wrong: {line}" for line in self.wrong])


def check_answers(answers, rows):
    """Each acknowledged change has its row, and each row was acknowledged: `answers` and `rows` of one service."""
    found = Findings()
    by_change = {(row.resource, row.revision): row for row in rows}
    asked = {(answer.request_id, answer.name) for answer in answers}
    for answer in answers:
        row = by_change.get((answer.name, int(answer.etag)))
        if row is None or row.request_id != answer.request_id:
            found.lost.append(f"{answer.service}: {answer.name} at etag {answer.etag}, request {answer.request_id}")
    for (request_id, name), count in Counter((row.request_id, row.resource) for row in rows).items():
        if count > 1:
            found.duplicated.append(f"{name}: {count} rows of request {request_id}")
        if (request_id, name) not in asked:
            found.duplicated.append(f"{name}: a row of request {request_id}, which nobody has the answer of")
    return found


def check_rows(rows):
    """Sequence numbers and revisions are 1, 2, 3 … each."""
    found = Findings()
    for what, key, number in (("partition", lambda row: row.part, lambda row: row.seq),
                              ("resource", lambda row: row.resource, lambda row: row.revision)):
        numbers = defaultdict(list)
        for row in rows:
            numbers[key(row)].append(number(row))
        for name, got in numbers.items():
            if sorted(got) != list(range(1, len(got) + 1)):
                found.wrong.append(f"{what} {name}: its rows are not numbered 1 to {len(got)}")
    return found


def check_topic(rows, records):
    """Every row that the topic can still hold is in its partition, in order up to repeats. Answers also how many
    records were repeats."""
    found = Findings()
    by_position = {(row.part, row.seq): row for row in rows}
    newest, begins, repeats = {}, {}, 0
    for record in sorted(records, key=lambda record: (record.part, record.offset)):
        row = by_position.get((record.part, record.seq))
        where = f"partition {record.part}, offset {record.offset}"
        if row is None or (row.id, row.digest, row.epoch) != (record.id, record.digest, record.epoch):
            found.wrong.append(f"{where}: is not what the journal has at seq {record.seq}")
            continue
        if record.part not in newest:  # a broker that lets old records go begins anywhere
            begins[record.part] = record.seq if record.first > 0 else 1
            newest[record.part] = begins[record.part] - 1
        if record.seq > newest[record.part] + 1:
            found.lost.append(f"{where}: seq {record.seq} follows {newest[record.part]}")
        repeats += record.seq <= newest[record.part]
        newest[record.part] = max(newest[record.part], record.seq)
    heads = {part: max(row.seq for row in rows if row.part == part) for part in {row.part for row in rows}}
    for part, head in heads.items():
        if newest.get(part, 0) < head:
            found.lost.append(f"partition {part}: ends with seq {newest.get(part, 0)}, the journal with {head}")
    return found, repeats


def check_facts(journals, facts):
    """Trends know the newest row of every resource, and nothing else. `journals`: rows by service."""
    found = Findings()
    newest = {}
    for service, rows in journals.items():
        for row in rows:
            key = (service, row.resource)
            if key not in newest or newest[key].revision < row.revision:
                newest[key] = row
    seen = Counter((fact.source, fact.resource) for fact in facts)
    for (service, resource), row in newest.items():
        if (service, resource) not in seen:
            found.lost.append(f"trends: {resource} is not known")
    for fact in facts:
        row = newest.get((fact.source, fact.resource))
        if row is None or seen[fact.source, fact.resource] > 1:
            found.duplicated.append(f"trends: {fact.resource} is known {seen[fact.source, fact.resource]} times")
        elif (row.part, row.seq, row.revision) != (fact.part, fact.seq, fact.revision):
            found.lost.append(f"trends: {fact.resource} is at revision {fact.revision}, the journal at {row.revision}")
    return found


def check_known(rows, known):
    """Negotiations know the registry's newest actors, and none that the registry has not. `known`: name, revision and
    epoch of each."""
    found = Findings()
    newest = {}
    for row in rows:
        if "/" not in row.resource.partition("/")[2] and newest.get(row.resource, (0,))[0] < row.revision:
            newest[row.resource] = (row.revision, row.epoch)
    known = {name: (revision, epoch) for name, revision, epoch in known}
    for name in newest.keys() | known.keys():
        if newest.get(name) != known.get(name):
            found.wrong.append(f"negotiations know {name} at {known.get(name)}, the registry has {newest.get(name)}")
    return found


def check_equal(name, one, other):
    """Two dumps of a table are the same rows."""
    found = Findings()
    one, other = Counter(one), Counter(other)
    for row in (one - other):
        found.wrong.append(f"{name}: {row} is only in what was counted as it came")
    for row in (other - one):
        found.wrong.append(f"{name}: {row} is only in what a replay gives")
    return found
