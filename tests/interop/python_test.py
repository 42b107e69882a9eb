"""Runs all cases of our client against the server of Python's grpcio, in clear and over TLS.

    python_test.py PROGRAMS CERTIFICATES.SH     exit code 77 where grpcio cannot be had
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, ".."))
import packages  # noqa: E402

PROTOS = [os.path.join(HERE, "proto", "grpc", "testing", name) for name in ("empty.proto", "messages.proto", "test.proto")]
NAME = "foo.test.google.fr"  # in the certificate


def passes(made, client, serves=(), calls=()):
    with subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "python_server.py"), made, *serves], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        address = server.stdout.readline().split()[-1]
        done = subprocess.run([client, "--server", address, *calls], timeout=120)
        server.stdin.close()
    return done.returncode == 0


def main(programs, certificates):
    client = os.path.join(programs, "interop-client")
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([certificates, made], check=True, capture_output=True)
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I", os.path.join(HERE, "proto"), f"--python_out={made}",
                        f"--grpc_python_out={made}", *PROTOS], check=True)
        clear = passes(made, client)
        tls = passes(made, client, [f"{made}/server.pem", f"{made}/server.key"],
                     ["--tls-ca", f"{made}/ca.pem", "--tls-name", NAME])
    return 0 if clear and tls else 1


if __name__ == "__main__":
    packages.inside_python(__file__, "grpcio==1.85.1", "grpcio-tools==1.85.1")
    sys.exit(main(*sys.argv[1:3]))
