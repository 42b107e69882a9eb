"""What is done to a server: loads by h2load, and a thousand connections that stay. Reach for it to add a load."""

import re
import resource
import socket
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PAYLOAD = 128
MESSAGE = b"\x0a" + b"\x80\x01" + b"\xa5" * PAYLOAD  # field 1 of bench.proto: 128 bytes
FRAMED = b"\0" + struct.pack(">I", len(MESSAGE)) + MESSAGE
SERVICE = "/cityneg.bench.v1.EchoService/"
HEADERS = {"content-type": "application/grpc", "te": "trailers"}


@dataclass
class Load:
    """`in_flight` calls over `connections`; each sends `messages` and gets as many back."""

    name: str
    method: str
    connections: int
    in_flight: int
    messages: int
    calls: int  # in one turn


LOADS = [
    Load("unary, 1 in flight", "Say", 1, 1, 1, 15000),
    Load("unary, 32 in flight", "Say", 4, 32, 1, 60000),
    Load("unary, 256 in flight", "Say", 8, 256, 1, 60000),
    Load("streaming, 8 streams", "Talk", 4, 8, 1000, 120),
]


@dataclass
class Turn:
    """What one turn gave: messages answered, in what CPU time of the server, and the calls' times."""

    messages: int
    cpu_seconds: float
    seconds: float
    p50_us: int
    p99_us: int


def run(server, load, share=1.0):
    """One turn. RuntimeError where not every byte came back."""
    calls = max(int(load.calls * share), load.in_flight)
    with tempfile.TemporaryDirectory() as folder:
        body, log = Path(folder) / "body", Path(folder) / "log"
        body.write_bytes(FRAMED * load.messages)
        command = ["h2load", "-t1", f"-n{calls}", f"-c{load.connections}", f"-m{load.in_flight // load.connections}",
                   "-d", str(body), f"--log-file={log}"]
        for name, value in HEADERS.items():
            command += ["-H", f"{name}: {value}"]
        before = server.cpu_seconds()
        said = subprocess.run([*command, f"http://127.0.0.1:{server.port}{SERVICE}{load.method}"], check=True,
                              text=True, capture_output=True).stdout
        cpu = server.cpu_seconds() - before
        data = int(re.search(r"headers \(space.*?\((\d+)\) data", said)[1])
        if data != calls * load.messages * len(FRAMED):
            raise RuntimeError(f"{load.name}: {data} bytes came back, not {calls * load.messages * len(FRAMED)}:\n{said}")
        times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    number, unit = re.search(r"finished in ([\d.]+)(us|ms|s),", said).groups()
    return Turn(calls * load.messages, cpu, float(number) / {"s": 1, "ms": 1e3, "us": 1e6}[unit], times[len(times) // 2], times[len(times) * 99 // 100])


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name, value):
    """HPACK: a literal header that is not indexed, without Huffman coding; both are shorter than 127."""
    return b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


def connect(port):
    """A connection that has made one call and stays."""
    headers = {":method": "POST", ":scheme": "http", ":path": SERVICE + "Say", ":authority": "127.0.0.1", **HEADERS}
    block = b"".join(literal(name, value) for name, value in headers.items())
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(4, 1, 0) + frame(1, 4, 1, block) +
                       frame(0, 1, 1, FRAMED))
    received = b""
    while MESSAGE not in received:
        some = connection.recv(65536)
        if not some:
            raise RuntimeError("the server closed a connection")
        received += some
    return connection


def hold(server, count):
    """Resident MiB before, and with `count` connections that each made a call."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connect(server.port).close()
    before = server.resident_mib()
    connections = [connect(server.port) for _ in range(count)]
    after = server.resident_mib()
    for connection in connections:
        connection.close()
    return before, after
