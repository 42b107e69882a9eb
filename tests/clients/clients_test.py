"""Clients of other languages call the services: Python's grpcio, grpc-go and Node's grpc-js make the calls of scenario.json.
Their packages are fetched the first time; where that cannot be, the language is skipped. Run through ctest (clients/…) or
python3."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests"), os.path.join(ROOT, "tests", "e2e")]
import packages  # noqa: E402
from platform_bed import Platform  # noqa: E402

PATIENCE = 600


class Clients(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def needs(self, had):
        """What the client needs; without it the language is skipped."""
        return had or self.skipTest("this client was NOT run")

    def scenario(self, *words, **environment):
        protos = glob.glob(os.path.join(ROOT, "proto", "cityneg", "*", "v1", "*.proto"))
        descriptors = os.path.join(self.folder, "descriptors")
        subprocess.run(["protoc", "--include_imports", "-o", descriptors, "-I", os.path.join(ROOT, "proto"), *protos],
                       check=True)
        with Platform("--empty") as platform:
            where = {name.upper(): platform.addresses[name] for name in ("registry", "negotiations", "trends")}
            done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, env={
                **os.environ, **where, **environment, "PROTOS": os.path.join(ROOT, "proto"), "DESCRIPTORS": descriptors,
                "SCENARIO": os.path.join(HERE, "scenario.json")})
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_python(self):
        python = self.needs(packages.python("grpcio==1.85.1", "grpcio-status==1.85.1"))
        self.scenario(python, "-B", os.path.join(HERE, "python", "client.py"))

    def test_go(self):
        folder = self.needs(packages.go_program(os.path.join(HERE, "go")))
        self.scenario(os.path.join(folder, "client"))

    def test_node(self):
        folder = self.needs(packages.node("@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1"))
        self.scenario("node", os.path.join(HERE, "node", "client.js"), NODE_PATH=os.path.join(folder, "node_modules"))


if __name__ == "__main__":
    unittest.main()
