"""Floods: much of what is right, or nearly, from one connection after the other. Each ends by itself, or by the server
that closes the connection; what counts is that the neighbour is served meanwhile, and what is left afterwards."""
from h2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, SETTINGS, Peer, block, call, frame,
                literal, message, request, reset, settings, window)
from server import EMPTY, INPUT, UNARY


def flood(server, pieces):
    """One connection that sends the pieces as fast as they are taken; answers whether the server ended it."""
    with Peer(server.port) as peer:
        for piece in pieces:
            if not peer.send(piece, 10) or peer.goaway:
                return True
        return False


def rapid_reset(server, tell, scale):
    """CVE-2023-44487: calls that are taken back at once. Headers are packed once and used again."""
    headers = block(request(UNARY, [("x-note", "n" * 100)]))
    streams = iter(range(1, 1 << 30, 2))
    pieces = (b"".join(frame(HEADERS, END_HEADERS, stream, headers) + reset(stream) for _, stream in
                       zip(range(500), streams)) for _ in range(20 * scale))
    flood(server, pieces)


def unfinished_calls(server, tell, scale):
    """More calls than may run on a connection, none of which ends."""
    headers = block(request(INPUT))
    for _ in range(scale):
        flood(server, [b"".join(frame(HEADERS, END_HEADERS, stream, headers) for stream in range(1, 8001, 2))])


def settings_flood(server, tell, scale):
    flood(server, (settings((4, 65535 + number % 7)) * 2000 for number in range(20 * scale)))


def ping_flood(server, tell, scale):
    ended = flood(server, (frame(PING, 0, 0, bytes(8)) * 2000 for _ in range(20 * max(scale, 5))))
    tell(ended, "the connection is still open")


def empty_data(server, tell, scale):
    flood(server, [call(1, request(INPUT), b"", ends=False)] + [frame(DATA, 0, 1) * 2000] * (20 * scale))


def small_messages(server, tell, scale):
    """Empty messages in one stream: each becomes an object, and none is answered."""
    flood(server, [call(1, request(INPUT), b"", ends=False)] + [frame(DATA, 0, 1, message() * 10)] * (20 * scale))


def priorities(server, tell, scale):
    flood(server, (b"".join(frame(PRIORITY, 0, stream, b"\0\0\0\0\1") for stream in range(first, first + 4000, 2))
                   for first in range(1, 80000 * scale, 4000)))


def windows(server, tell, scale):
    flood(server, [call(1, request(INPUT), b"", ends=False)] + [window(1, 1) * 2000] * (20 * scale))


def continuations(server, tell, scale):
    """A header block that does not end, of small headers."""
    piece = frame(CONTINUATION, 0, 1, literal("x-note", "n" * 20) * 400)
    flood(server, [frame(HEADERS, 0, 1, block(request(EMPTY)))] + [piece * 10] * (5 * scale))


def empty_continuations(server, tell, scale):
    flood(server, [frame(HEADERS, 0, 1, block(request(EMPTY)))] + [frame(CONTINUATION, 0, 1) * 5000] * (20 * scale))


FLOODS = [("rapid reset (CVE-2023-44487)", rapid_reset), ("calls that never end", unfinished_calls),
          ("SETTINGS", settings_flood), ("PING", ping_flood), ("empty DATA", empty_data), ("small messages", small_messages),
          ("PRIORITY", priorities), ("WINDOW_UPDATE", windows), ("CONTINUATION with headers", continuations),
          ("CONTINUATION without", empty_continuations)]
