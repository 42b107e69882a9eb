"""What broken peers send, one exchange each, and what they get: rows of a name, bytes, and the outcomes that are right.

Outcomes are those of h2.Peer.outcome. Some are C-core's way (gRPC 1.51) where the specifications would have another; the
comment says which.
"""
from h2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PRIORITY, PUSH_PROMISE,
                RST_STREAM, SETTINGS, TABLE_SIZE, WINDOW, WINDOW_UPDATE, Peer, block, call, frame, literal, message, request,
                reset, settings, window)
from server import EMPTY, INPUT, UNARY

OK, UNKNOWN, INVALID, EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = (f"grpc {code}" for code in (0, 2, 3, 8, 12, 13, 14))


def spread(headers, *rest):
    """A header block over several frames, each as large as may be."""
    encoded = block(headers)
    pieces = [encoded[at:at + 16384] for at in range(0, len(encoded), 16384)]
    out = b""
    for number, piece in enumerate(pieces):
        out += frame(CONTINUATION if number else HEADERS, END_HEADERS if number == len(pieces) - 1 else 0, 1, piece)
    return out + b"".join(rest)


BODY = frame(DATA, END_STREAM, 1, message())

# What is wrong with one call: it fails, and the connection serves the next.
CALLS = [
    ("a message that ends early", call(1, request(UNARY), message(b"abc", length=100)), [INTERNAL]),
    ("a prefix that ends early", call(1, request(UNARY), b"\0\0"), [INTERNAL]),
    ("no message", call(1, request(UNARY)), [INTERNAL]),
    ("a message that is no protobuf", call(1, request(UNARY), message(b"\xff\xff")), [INVALID]),
    ("a length prefix of less than there is", call(1, request(UNARY), message(b"\x12\x05abc", length=2)), [INVALID]),
    ("a compressed message of junk", call(1, request(UNARY, [("grpc-encoding", "gzip")]), message(b"junk", 1)),
     [INTERNAL, INVALID, "reset 2"]),
    ("a compression that nobody knows", call(1, request(UNARY, [("grpc-encoding", "snappy")]), message(b"junk", 1)),
     [UNIMPLEMENTED, INTERNAL, INVALID]),
    ("a compressed message without an encoding", call(1, request(UNARY), message(b"\xff\xff", 1)), [INTERNAL, INVALID]),
    # gRPC would have INTERNAL; C-core hands on an empty message in its place.
    ("a compression flag of 7", call(1, request(UNARY), message(b"\xff\xff", 7)), [INTERNAL, INVALID, OK]),
    ("a method that is not there", call(1, request("/a/b"), message()), [UNIMPLEMENTED]),
    ("a path without a slash", call(1, request("a"), message()), [UNIMPLEMENTED]),
    ("an empty path", call(1, request(""), message()), [UNKNOWN, UNIMPLEMENTED]),
    ("GET", call(1, request(EMPTY, method="GET"), message()), [UNKNOWN]),
    ("no method", call(1, request(EMPTY, method=None), message()), [UNKNOWN]),
    ("no te", call(1, request(EMPTY, te=None), message()), [UNKNOWN]),
    ("another te", call(1, request(EMPTY, te="gzip"), message()), [UNKNOWN]),
    ("another scheme", call(1, request(EMPTY, scheme="ftp"), message()), [UNKNOWN]),
    ("headers of 17 KiB in one", spread(request(EMPTY, [("x-much", "m" * 17000)]), BODY), [EXHAUSTED]),
    ("headers of 24 KiB in four", spread(request(EMPTY, [("x-much", "m" * 6000)] * 4), BODY), [EXHAUSTED]),
    ("headers of 1 MiB in a thousand", spread(request(EMPTY, [("x-much", "m" * 1000)] * 1000), BODY), [EXHAUSTED]),
    ("a deadline that is over", call(1, request(EMPTY, [("grpc-timeout", "1n")]), message()), ["grpc 4", "reset 8", OK]),
    # gRPC would answer HTTP 415; C-core takes whatever comes, and the message decides.
    ("text/plain", call(1, request(UNARY, content_type="text/plain"), message(b"hello")), [INVALID, "http 415"]),
    ("application/json", call(1, request(UNARY, content_type="application/json"), message(b"{}{}")), [INVALID, "http 415"]),
    ("no content type", call(1, request(UNARY, content_type=None), message(b"\xff")), [INVALID, "http 415"]),
    # gRPC would have INTERNAL; C-core reads one message of a unary call, and lets go of what follows.
    ("two messages where one is right", call(1, request(EMPTY), message() + message()), [OK, INTERNAL, UNIMPLEMENTED]),
    ("an unknown kind of frame", frame(0x77, 0, 0, b"abc") + call(1, request(EMPTY), message()), [OK]),
]

# What is wrong with the connection: it is closed, at once or once the frame that was cut has not gone on.
CONNECTIONS = [
    ("HTTP/1.1", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("another preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + settings()),
    ("a TLS hello", bytes.fromhex("16030100c8010000c40303") + bytes(200)),
    ("random bytes", bytes((i * 167 + 13) % 251 for i in range(4096))),
    ("SETTINGS of 5 bytes", PREFACE + frame(SETTINGS, 0, 0, b"abcde")),
    ("SETTINGS with ACK and a payload", PREFACE + settings() + frame(SETTINGS, 1, 0, b"abcdef")),
    ("SETTINGS on a stream", PREFACE + frame(SETTINGS, 0, 1)),
    ("a window of 2^31", PREFACE + settings((WINDOW, 0x80000000))),
    ("PING of 3 bytes", PREFACE + settings() + frame(PING, 0, 0, b"abc")),
    ("WINDOW_UPDATE by 0", PREFACE + settings() + window(0, 0)),
    ("WINDOW_UPDATE of 3 bytes", PREFACE + settings() + frame(WINDOW_UPDATE, 0, 0, b"abc")),
    ("RST_STREAM of 3 bytes", PREFACE + settings() + call(1, request(INPUT), ends=False) + frame(RST_STREAM, 0, 1, b"abc")),
    ("GOAWAY of 3 bytes", PREFACE + settings() + frame(GOAWAY, 0, 0, b"abc")),
    ("CONTINUATION without HEADERS", PREFACE + settings() + frame(CONTINUATION, END_HEADERS, 1, block(request(EMPTY)))),
    ("DATA between HEADERS and CONTINUATION", PREFACE + settings() + frame(HEADERS, 0, 1, block(request(EMPTY))) + BODY),
    ("a frame of 5 MiB", PREFACE + settings() + call(1, request(INPUT), bytes(5 << 20))),
]

# Each of these is cut off after every byte, and the socket is closed: nothing is answered, nothing is left.
TRUNCATED = PREFACE + settings((TABLE_SIZE, 0)) + call(1, request(UNARY), message(b"\x12\x05abc")) + reset(3) + frame(
    PRIORITY, 0, 5, b"\0\0\0\0\1") + frame(PING, 0, 0, bytes(8))


def calls(server, tell):
    for name, data, right in CALLS:
        with Peer(server.port) as peer:
            peer.send(data)
            outcome = peer.outcome()
            tell(outcome in right, f"{name}: {outcome}, right is {' or '.join(right)}")
            if not peer.closed and not peer.goaway:
                peer.send(call(101, request(EMPTY), message()))
                after = peer.outcome(101)
                tell(after == OK or peer.goaway or peer.closed, f"{name}: the next call on the connection got {after}")


def connections(server, tell):
    for name, data in CONNECTIONS:
        with Peer(server.port, preface=None) as peer:
            peer.send(data)
            tell(peer.ended(), f"{name}: the connection is still open")


def truncated(server, tell):
    for size in range(0, len(TRUNCATED), 3):
        with Peer(server.port, preface=None) as peer:
            tell(peer.send(TRUNCATED[:size]), f"the first {size} bytes were not taken")
