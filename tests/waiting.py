"""Waiting for what has to come, and the topics that tests wait for. Reach for it wherever a test runs programs."""
import json
import os
import time

PATIENCE = int(os.environ.get('CITYNEG_PATIENCE', 120))  # seconds, for what ends by itself
PAUSE = 0.02  # between two looks at a condition


def until(condition, what, patience=PATIENCE):
    """The first true value of condition(); AssertionError names `what` where it never comes."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('%s did not happen within %d s' % (what, patience))
        time.sleep(PAUSE)


def newest(records):
    """{partition: its newest row} of records as `cityneg events` prints them."""
    found = {}
    for record in records:
        found[record['partition']] = max(found.get(record['partition'], 0), int(record['headers']['ce_sequence']))
    return found


def whole_topic(bed, service, *options):
    """[{'partition', 'headers', …}] of a service's topic once it has every row of the journal: trends may have counted from
    the journal what is not sent yet, and a new broker is filled after its start. `bed` has run(*words) and heads(service)."""
    def whole():
        done = bed.run('events', service, '-o', 'json', *options)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [found] if not done.returncode and newest(found) == bed.heads(service) else None
    return until(whole, 'every row of %s came to Kafka' % service)[0]
