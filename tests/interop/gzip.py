#!/usr/bin/env python3
"""Calls our interoperability server with Python's grpcio, compressed both ways, and sends it a message that is small only
until it is decompressed.

    gzip.py INTEROP-SERVER     exit code 77 where grpcio cannot be had
"""
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packages  # noqa: E402

PACKAGE = "grpcio==1.66.2"
SMALL, BOMB = 1_000_000, 100_000_000  # the server takes 64 MiB


def varint(number):
    out = b""
    while number > 0x7f:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def request(size):
    """A SimpleRequest with a payload of zeros, that asks for an answer of as many."""
    payload = b"\x12" + varint(size) + bytes(size)
    return b"\x10" + varint(SMALL) + b"\x1a" + varint(len(payload)) + payload


def check(address, algorithm):
    import grpc

    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(address, options=options, compression=algorithm) as channel:
        call = channel.unary_unary("/grpc.testing.TestService/UnaryCall")  # bytes in, bytes out
        answer = call(request(SMALL), timeout=60)
        payload = b"\x12" + varint(SMALL) + bytes(SMALL)
        assert answer == b"\x0a" + varint(len(payload)) + payload, f"the answer of {len(answer)} bytes is another one"
        try:
            call(request(BOMB), timeout=60)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
            assert "once decompressed" in error.details(), error.details()
        else:
            raise AssertionError("a message that is too large once decompressed was taken")
        assert call(request(SMALL), timeout=60) == answer, "the server does not go on"


def peak_kib(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main(server):
    import grpc

    for flags in ([], ["--gzip"]):
        with subprocess.Popen([server, "--port", "0", *flags], stdout=subprocess.PIPE, text=True) as process:
            try:
                address = process.stdout.readline().split()[-1]
                for algorithm in (grpc.Compression.Gzip, grpc.Compression.Deflate):
                    check(address, algorithm)
                peak = peak_kib(process)
            finally:
                process.terminate()
        print(f"{' '.join(flags) or 'plain'}: gzip and deflate are read, bombs are refused; at most {peak >> 10} MiB")
        assert process.returncode == 0, process.returncode


if __name__ == "__main__":
    packages.inside_python(__file__, PACKAGE)
    main(sys.argv[1])
