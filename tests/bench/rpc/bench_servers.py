"""The servers of the comparison: how each is built, started and looked at. Reach for it to add a peer."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLOCK_TICK = os.sysconf("SC_CLK_TCK")
GO_PLUGINS = ("google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11",
              "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1")


class Missing(Exception):
    """A peer cannot be built here; says what to install."""


def output(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout.strip()


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")


def build_c(build):
    output("cmake", "--build", str(build), "--target", "rpc_bench_server")
    return build / "bin" / "rpc_bench_server", "C-core " + output("pkg-config", "--modversion", "grpc")


def build_cpp(build):
    need("c++", "protoc", "grpc_cpp_plugin")
    if subprocess.run(["pkg-config", "--exists", "grpc++"], check=False).returncode:
        raise Missing("libgrpc++-dev is not installed")
    made = build / "rpc_bench" / "cpp"
    made.mkdir(parents=True, exist_ok=True)
    output("protoc", f"-I{HERE}", f"--cpp_out={made}", f"--grpc_out={made}",
           "--plugin=protoc-gen-grpc=" + shutil.which("grpc_cpp_plugin"), "bench.proto")
    flags = output("pkg-config", "--cflags", "--libs", "grpc++", "protobuf").split()
    program = made / "server"
    output("c++", "-std=c++17", "-O2", "-g", "-DNDEBUG", f"-I{made}", str(HERE / "cpp_server.cc"),
           str(made / "bench.pb.cc"), str(made / "bench.grpc.pb.cc"), "-o", str(program), *flags)
    return program, "grpc++ " + output("pkg-config", "--modversion", "grpc++")


def build_go(build):
    need("go", "protoc")
    made = build / "rpc_bench" / "go"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(HERE / "go", made)
    environment = {**os.environ, "GOBIN": str(made / "bin"), "PATH": f"{made / 'bin'}:{os.environ['PATH']}"}
    (made / "pb").mkdir()
    for plugin in GO_PLUGINS:
        output("go", "install", plugin, cwd=made, env=environment)
    output("protoc", f"-I{HERE}", f"--go_out={made / 'pb'}", f"--go-grpc_out={made / 'pb'}",
           "--go_opt=paths=source_relative", "--go-grpc_opt=paths=source_relative", "bench.proto", env=environment)
    output("go", "mod", "tidy", cwd=made, env=environment, stderr=subprocess.DEVNULL)
    output("go", "build", "-o", "server", ".", cwd=made, env=environment)
    grpc = re.search(r"grpc (v\S+)", (made / "go.mod").read_text())[1]
    return made / "server", f"grpc-go {grpc}, {output('go', 'env', 'GOVERSION')}"


BUILDERS = {"common/rpc": build_c, "grpc++": build_cpp, "grpc-go": build_go}


class Server:
    """A server process; `with` ends it."""

    def __init__(self, program):
        self.process = subprocess.Popen([str(program)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.folder = Path("/proc") / str(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stdout.close()

    def cpu_seconds(self):
        fields = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICK

    def resident_mib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", (self.folder / "status").read_text())[1]) / 1024
