"""Crowds: many connections that want little, or nothing, or that take what they get slowly."""
import select
import socket
import struct

from h2 import (DATA, END_HEADERS, HEADERS, PREFACE, TABLE_SIZE, WINDOW, Peer, call, block, frame, message, request, settings,
                window)
from server import EMPTY, INPUT, OUTPUT

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() resets


def sources(count):
    """A loopback address for every 5,000 connections, so that ports do not run short."""
    return (f"127.0.0.{2 + number // 5000}" for number in range(count))


def idle(server, tell, scale):
    """Connections that say hello, answer pings, and nothing more. Every hundredth makes a call at the end."""
    peers, poll = {}, select.poll()
    for number, source in enumerate(sources(500 * scale)):
        peer = Peer(server.port, source=source)
        peers[peer.socket.fileno()] = peer
        poll.register(peer.socket, select.POLLIN)
        for descriptor, _ in poll.poll(0) if number % 100 == 0 else []:
            peers[descriptor].take()
    peers = list(peers.values())
    for peer in peers[::100]:
        peer.send(call(1, request(EMPTY), message()))
        tell(peer.outcome() == "grpc 0", f"a call after {len(peers)} idle connections: {peer.outcome()}")
    tell(server.files() >= len(peers), f"{server.files()} descriptors for {len(peers)} connections")
    for peer in peers:
        peer.socket.close()


def silent(server, tell, scale):
    """Half-open: connections that say nothing at all, or half of hello; half of them end by a reset."""
    peers = [Peer(server.port, preface=PREFACE[:number % len(PREFACE)], source=source)
             for number, source in enumerate(sources(100 * scale))]
    for peer in peers[::2]:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        peer.socket.close()
    for peer in peers[1::2]:
        tell(peer.ended(40), "a connection that never said hello is still open")
        peer.socket.close()


def deaf(server, tell, scale):
    """Half-open: calls in the middle, and then no answer to the server's pings, as if the machine had gone."""
    peers = []
    for _ in range(5 * scale):
        peer = Peer(server.port)
        peer.send(call(1, request(INPUT), message(), ends=False))
        peer.sort = lambda *_: None
        peers.append(peer)
    for peer in peers:
        tell(peer.ended(40), "a connection that answers no ping is still open")
        peer.socket.close()


def slow_readers(server, tell, scale):
    """Ask for 1 MiB a thousand times, and take a byte now and then, or nothing."""
    asked = b"".join(b"\x12" + bytes([len(size)]) + size for size in [b"\x08\x80\x80\x40"] * 1000)
    before, peers = server.memory(), []
    for number in range(10 * scale):
        hello = PREFACE + settings((TABLE_SIZE, 0), (WINDOW, number % 2 * 1000))
        peer = Peer(server.port, preface=hello, buffer=4096)
        peer.send(call(1, request(OUTPUT), message(asked)))
        peer.wait(lambda reader: 1 in reader.headers, 10)
        peers.append(peer)
    most = before + len(peers) * 3 * 1024
    tell(server.memory() < most, f"{server.memory()} KiB while {len(peers)} read slowly; at most {most} are right")
    for peer in peers:
        peer.send(window(1, 1))
        peer.socket.close()


def huge_messages(server, tell, scale):
    """Messages that say they are of 4 GiB, or of 600 MiB and come: what is held stays within the server's bound."""
    pieces = [frame(HEADERS, END_HEADERS, 1, block(request(INPUT)))]
    before, peers = server.memory(), []
    for size in [0xffffffff, 600 << 20] * scale:
        peer = Peer(server.port)
        peer.send(b"".join(pieces) + frame(DATA, 0, 1, message(b"", length=size)))
        for _ in range(64):
            if peer.goaway or not peer.send(frame(DATA, 0, 1, bytes(16384)) * 64, 2):
                break
        peers.append(peer)
    most = before + 600 * 1024
    tell(server.memory() < most, f"{server.memory()} KiB while messages of {len(peers)} peers come; at most {most} are right")
    for peer in peers:
        peer.socket.close()


CROWDS = [("idle connections", idle), ("slow readers", slow_readers), ("messages without an end", huge_messages)]
# Against a server that waits for seconds only, so that its patience ends.
ABSENT = [("silent connections", silent), ("peers that answer no ping", deaf)]
