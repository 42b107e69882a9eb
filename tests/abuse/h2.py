"""HTTP/2 by hand (RFC 9113, RFC 7541): frames that are right or wrong, and a peer that sends them and tells what it got.

Header blocks are written as literals without compression; of those received, static names and plain literals are read,
which is all that a server sends to a peer that allows it no table.
"""
import select
import socket
import struct
import time

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
TABLE_SIZE, MOST_STREAMS, WINDOW = 1, 3, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATIC = """:authority :method :method :path :path :scheme :scheme :status :status :status :status :status :status :status
 accept-charset accept-encoding accept-language accept-ranges accept access-control-allow-origin age allow authorization
 cache-control content-disposition content-encoding content-language content-length content-location content-range
 content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range
 if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh
 retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate""".split()
VALUES = {2: "GET", 3: "POST", 4: "/", 5: "/index.html", 6: "http", 7: "https", 8: "200", 9: "204", 10: "206", 11: "304",
          12: "400", 13: "404", 14: "500", 16: "gzip, deflate"}


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """`length` lies about the payload's."""
    size = len(payload) if length is None else length
    return struct.pack(">BHBBI", size >> 16, size & 0xffff, kind, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", key, value) for key, value in pairs))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def integer(value, bits, first=0):
    """An HPACK integer with a prefix of so many bits."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + [value])


def literal(name, value, first=0):
    """A header without index (first 0), never indexed (0x10), or to be indexed (0x40)."""
    name, value = (text.encode() if isinstance(text, str) else text for text in (name, value))
    return bytes([first]) + integer(len(name), 7) + name + integer(len(value), 7) + value


def block(headers):
    return b"".join(literal(name, value) for name, value in headers)


def request(path, extra=(), **other):
    """The headers of a call; a keyword changes one of them (None leaves it out), `extra` come last."""
    usual = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers",
             "content-type": "application/grpc"}
    usual.update({{"method": ":method", "scheme": ":scheme", "content_type": "content-type"}.get(key, key): value
                  for key, value in other.items()})
    return [(name, value) for name, value in usual.items() if value is not None] + list(extra)


def message(payload=b"", flag=0, length=None):
    """gRPC's prefix and a message; `length` lies."""
    return struct.pack(">BI", flag, len(payload) if length is None else length) + payload


def call(stream, headers, body=None, ends=True):
    """A whole call: its headers, and its body where it has one."""
    ends_now = END_STREAM if body is None and ends else 0
    out = frame(HEADERS, END_HEADERS | ends_now, stream, block(headers))
    return out if body is None else out + frame(DATA, END_STREAM if ends else 0, stream, body)


def read_integer(data, at, bits):
    value = data[at] & (1 << bits) - 1
    at += 1
    if value == (1 << bits) - 1:
        shift = 0
        while True:
            value += (data[at] & 127) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 128:
                break
    return value, at


def read_text(data, at):
    is_huffman = data[at] & 128
    size, at = read_integer(data, at, 7)
    return ("?" if is_huffman else data[at:at + size].decode("latin-1")), at + size


def read_block(data):
    headers, at = {}, 0
    while at < len(data):
        first = data[at]
        if first & 128:
            index, at = read_integer(data, at, 7)
            headers[STATIC[index - 1]] = VALUES.get(index, "")
            continue
        if first & 0xe0 == 0x20:
            _, at = read_integer(data, at, 5)
            continue
        index, at = read_integer(data, at, 6 if first & 0x40 else 4)
        if index:
            name = STATIC[index - 1]
        else:
            name, at = read_text(data, at)
        headers[name], at = read_text(data, at)
    return headers


class Peer:
    """A connection. `send` gives up quietly once the server has closed it: `closed` then says so."""

    def __init__(self, port, preface=PREFACE + settings((TABLE_SIZE, 0)), source=None, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self.buffer, self.closed, self.goaway = b"", False, None
        self.headers, self.resets, self.data = {}, {}, {}
        if preface:
            self.send(preface)
        self.socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, seconds=20):
        """All of it, reading what comes meanwhile; False where it was closed, or took nothing for so long."""
        data, sent, end = memoryview(data), 0, time.monotonic() + seconds
        self.socket.setblocking(False)
        while sent < len(data) and not self.closed and time.monotonic() < end:
            ready = self.ready(select.POLLIN | select.POLLOUT, end)
            try:
                if ready & select.POLLOUT:
                    sent += self.socket.send(data[sent:sent + 262144])
                    end = time.monotonic() + seconds
                if ready & ~select.POLLOUT:
                    self.take()
            except OSError:
                self.closed = True
        return sent == len(data)

    def ready(self, events, end):
        """What of `events` is, at the latest at `end`; poll, since descriptors may be beyond what select takes."""
        poll = select.poll()
        poll.register(self.socket, events)
        return next((got for _, got in poll.poll(max(0, end - time.monotonic()) * 1000)), 0)

    def take(self):
        """Reads what is there, and sorts it."""
        try:
            got = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        if not got:
            self.closed = True
        self.buffer += got
        at = 0
        while len(self.buffer) - at >= 9:
            high, low, kind, flags, stream = struct.unpack_from(">BHBBI", self.buffer, at)
            size = high << 16 | low
            if len(self.buffer) - at < 9 + size:
                break
            self.sort(kind, flags, stream, self.buffer[at + 9:at + 9 + size])
            at += 9 + size
        self.buffer = self.buffer[at:]

    def sort(self, kind, flags, stream, payload):
        if kind == HEADERS:
            self.headers.setdefault(stream, {}).update(read_block(payload))
        elif kind == DATA:
            self.data[stream] = self.data.get(stream, 0) + len(payload)
        elif kind == RST_STREAM:
            self.resets[stream] = struct.unpack(">I", payload)[0]
        elif kind == GOAWAY:
            self.goaway = (struct.unpack(">I", payload[4:8])[0], payload[8:].decode("latin-1"))
        elif kind == PING and not flags & ACK:
            try:
                self.socket.send(frame(PING, ACK, 0, payload))
            except OSError:
                self.closed = True

    def wait(self, ready, seconds=20):
        """Reads until `ready(self)`, the connection's end, or so long; answers ready(self)."""
        self.socket.setblocking(False)
        end = time.monotonic() + seconds
        while not ready(self) and not self.closed and time.monotonic() < end:
            if self.ready(select.POLLIN, end):
                self.take()
        return ready(self)

    def outcome(self, stream=1, seconds=20):
        """How a call ended, or the connection: `grpc N`, `http N`, `reset N`, `goaway N`, `closed`, `nothing`."""
        def is_over(peer):
            return stream in peer.resets or "grpc-status" in peer.headers.get(stream, {})
        self.wait(is_over, seconds)
        headers = self.headers.get(stream, {})
        if "grpc-status" in headers:
            return f"grpc {headers['grpc-status']}"
        if headers.get(":status", "200") != "200":
            return f"http {headers[':status']}"
        if stream in self.resets:
            return f"reset {self.resets[stream]}"
        if self.goaway:
            return f"goaway {self.goaway[0]}"
        return "closed" if self.closed else "nothing"

    def ended(self, seconds=20):
        """Whether the server closes the connection."""
        return self.wait(lambda peer: peer.closed, seconds)
