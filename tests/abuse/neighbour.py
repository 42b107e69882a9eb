"""The neighbour: a well-behaved client in a process of its own. It makes one call after the other, each with a deadline,
and says when it begins, and at its end how many there were, how many failed, and how long the slowest took.

    neighbour.py PORT PATH SECONDS      until its standard input ends
"""
import json
import select
import sys
import time

from h2 import Peer, call, message, request


def main():
    port, path, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    headers = request(path, [("grpc-timeout", f"{int(seconds * 1000)}m")])
    told = {"calls": 0, "failed": [], "slowest_ms": 0, "connections": 1}
    peer, stream = Peer(port), 1
    print("ready", flush=True)
    while told["calls"] == 0 or not select.select([sys.stdin], [], [], 0.01)[0]:
        begin = time.monotonic()
        if peer.closed or peer.goaway:
            peer, stream = Peer(port), 1
            told["connections"] += 1
        peer.send(call(stream, headers, message()), seconds)
        outcome = peer.outcome(stream, seconds)
        told["calls"] += 1
        told["slowest_ms"] = max(told["slowest_ms"], round((time.monotonic() - begin) * 1000))
        if outcome != "grpc 0":
            told["failed"].append(outcome)
        peer.headers.pop(stream, None)
        stream += 2
    print(json.dumps(told))


if __name__ == "__main__":
    main()
