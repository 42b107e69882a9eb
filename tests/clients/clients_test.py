"""Clients of other languages call the services: Python's grpcio, grpc-go and Node's grpc-js make the calls of scenario.json.
Their packages are fetched now; where that cannot be, the language is skipped. Run through ctest (clients/…) or python3."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from platform_bed import Platform  # noqa: E402

PATIENCE = 600


class Clients(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def prepare(self, *words, **environment):
        """A step before the client can run; skips where it cannot be made."""
        try:
            done = subprocess.run(words, cwd=self.folder, env={**os.environ, **environment}, capture_output=True, text=True,
                                  timeout=PATIENCE)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            self.skipTest(f"this client was NOT run: {error}")
        if done.returncode:
            self.skipTest(f"this client was NOT run: {' '.join(words)}: {(done.stderr or done.stdout)[-300:]}")

    def scenario(self, *words):
        protos = glob.glob(os.path.join(ROOT, "proto", "cityneg", "*", "v1", "*.proto"))
        descriptors = os.path.join(self.folder, "descriptors")
        subprocess.run(["protoc", "--include_imports", "-o", descriptors, "-I", os.path.join(ROOT, "proto"), *protos],
                       check=True)
        with Platform("--empty") as platform:
            where = {name.upper(): platform.addresses[name] for name in ("registry", "negotiations", "trends")}
            done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, env={
                **os.environ, **where, "PROTOS": os.path.join(ROOT, "proto"), "DESCRIPTORS": descriptors,
                "SCENARIO": os.path.join(HERE, "scenario.json")})
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def copy(self, language):
        for path in glob.glob(os.path.join(HERE, language, "*")):
            shutil.copy(path, self.folder)

    def test_python(self):
        self.copy("python")
        self.prepare(sys.executable, "-m", "venv", "venv")
        self.prepare("venv/bin/pip", "install", "-q", "grpcio", "grpcio-status")
        self.scenario("venv/bin/python", "client.py")

    def test_go(self):
        self.copy("go")
        self.prepare("go", "mod", "tidy", GOFLAGS="-mod=mod")
        self.prepare("go", "build", "-o", "client", ".")
        self.scenario("./client")

    def test_node(self):
        self.copy("node")
        self.prepare("npm", "install", "--silent", "--no-audit", "--no-fund")
        self.scenario("node", "client.js")


if __name__ == "__main__":
    unittest.main()
