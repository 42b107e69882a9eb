"""gRPC's interoperability tests against grpc-go: its client calls our server and our client calls its server, in clear and
over TLS. Both are built from the module of grpc-go the first time.

    go_test.py PROGRAMS CERTIFICATES.SH     exit code 77 where there is no Go, or the module cannot be had
"""
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import packages  # noqa: E402

MODULE, VERSION = "google.golang.org/grpc/interop", "v1.81.1"
CASES = """empty_unary large_unary client_streaming server_streaming ping_pong empty_stream timeout_on_sleeping_server
 cancel_after_begin cancel_after_first_response status_code_and_message special_status_message custom_metadata
 unimplemented_method unimplemented_service""".split()
NAME = "foo.test.google.fr"  # in the certificate
PATIENCE = 120


@contextlib.contextmanager
def ours(programs, tls):
    """The port of our server, which has to end in order."""
    words = ["--tls-cert", f"{tls}/server.pem", "--tls-key", f"{tls}/server.key"] if tls else []
    with subprocess.Popen([f"{programs}/interop-server", "--port=0", *words], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline().rsplit(":", 1)[1])
        finally:
            server.terminate()
    assert server.returncode == 0, f"our server ended with {server.returncode}"


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_theirs(folder, words):
    """grpc-go's server and its port. It takes none that is free by itself, and one that was may be taken meanwhile."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.bind(("", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([f"{folder}/server", f"--port={port}", *words], stderr=subprocess.DEVNULL)
        while server.poll() is None and not listens(port) and time.monotonic() < end:
            time.sleep(0.02)
        if server.poll() is None and listens(port):
            return server, port
        server.kill()
        server.wait()
    raise AssertionError("grpc-go's server does not listen")


@contextlib.contextmanager
def theirs(folder, tls):
    """The port of grpc-go's server."""
    words = ["--use_tls", f"--tls_cert_file={tls}/server.pem", f"--tls_key_file={tls}/server.key"] if tls else []
    server, port = start_theirs(folder, words)
    try:
        yield port
    finally:
        server.kill()
        server.wait()


def they_call_us(folder, programs, tls):
    """How many cases of grpc-go's client pass."""
    words = ["--use_tls", "--use_test_ca", f"--ca_file={tls}/ca.pem", f"--server_host_override={NAME}"] if tls else []
    passed = 0
    with ours(programs, tls) as port:
        for case in CASES:
            done = subprocess.run([f"{folder}/client", "--server_host=127.0.0.1", f"--server_port={port}", *words,
                                   f"--test_case={case}"], capture_output=True, text=True, timeout=PATIENCE)
            passed += done.returncode == 0
            if done.returncode:
                print(f"FAIL {case}: {done.stderr.strip().splitlines()[-1:]}")
    return passed


def we_call_them(folder, programs, tls):
    """How many cases of our client pass."""
    words = ["--tls-ca", f"{tls}/ca.pem", "--tls-name", NAME] if tls else []
    with theirs(folder, tls) as port:
        done = subprocess.run([f"{programs}/interop-client", "--server", f"127.0.0.1:{port}", *words], capture_output=True,
                              text=True, timeout=PATIENCE)
    print("".join(line for line in done.stdout.splitlines(True) if line.startswith("FAIL")) + done.stderr, end="")
    return int(re.search(r"^(\d+) passed", done.stdout, re.M)[1])


def main(programs, certificates):
    folder = packages.go(f"{MODULE}/client@{VERSION}", f"{MODULE}/server@{VERSION}")
    if not folder:
        return 77
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([certificates, made], check=True, capture_output=True)
        for tls in (None, made):
            for text, run in (("grpc-go's client, our server", they_call_us), ("our client, grpc-go's server", we_call_them)):
                passed = run(folder, programs, tls)
                failed += len(CASES) - passed
                print(f"{text}, {'TLS' if tls else 'in clear'}: {passed} of {len(CASES)} cases pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
