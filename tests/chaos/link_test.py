"""A link forwards, and is cut and stalled when it is told."""
import socket
import threading
import unittest

from link import Link


class Echo:
    """A server that says what it hears, on a port of its own."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            while heard := connection.recv(1 << 16):
                connection.sendall(heard)


def ask(connection, text):
    connection.sendall(text)
    heard = b""
    while len(heard) < len(text):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionResetError
        heard += piece
    return heard


class Links(unittest.TestCase):
    def setUp(self):
        self.link = Link("echo", Echo().server.getsockname()[1])
        self.addCleanup(self.link.close)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.link.port), timeout=10)

    def test_bytes_arrive_in_order_also_when_it_is_slow(self):
        text = bytes(range(256)) * 1000
        with self.connect() as connection:
            self.assertEqual(ask(connection, text), text)
            self.link.slow(0.001)
            self.assertEqual(ask(connection, text), text)

    def test_a_cut_ends_connections_and_refuses_new_ones_until_it_heals(self):
        with self.connect() as connection:
            ask(connection, b"before")
            self.link.cut()
            with self.assertRaises(ConnectionError):
                ask(connection, b"after")
        with self.assertRaises(ConnectionError):
            with self.connect() as connection:
                ask(connection, b"while cut")
        self.link.heal()
        with self.connect() as connection:
            self.assertEqual(ask(connection, b"healed"), b"healed")

    def test_a_stall_holds_what_is_sent_and_lets_it_go_later(self):
        with self.connect() as connection:
            ask(connection, b"before")
            self.link.stall()
            connection.sendall(b"stalled")
            connection.settimeout(0.2)
            with self.assertRaises(socket.timeout):
                connection.recv(16)
            connection.settimeout(10)
            self.link.heal()
            self.assertEqual(connection.recv(16), b"stalled")


if __name__ == "__main__":
    unittest.main()
