"""h2spec, the conformance tests of HTTP/2, against the interop server: nothing fails that h2spec-known.txt does not list.
Skipped where there is no Go to build it with. Run through ctest (abuse/h2spec) or python3 with PROGRAMS set to the folder of
the programs."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

from server import EMPTY, Server

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ["generic", "http2/3.5", "http2/4.1", "http2/4.2", "http2/4.3", "http2/5.1", "http2/5.1.1", "http2/5.1.2", "http2/5.3.1",
         "http2/5.4.1", "http2/5.5", "http2/6", "http2/7", "http2/8.1.2", "http2/8.1", "http2/8.2", "hpack"]


def known():
    with open(os.path.join(HERE, "h2spec-known.txt")) as file:
        return {line.split("\t")[0] for line in file if line.strip() and not line.startswith("#")}


def run(program, port, part, folder, seconds=1):
    """The cases of a part that ran, and those that failed: where nothing came within so many seconds, for one."""
    report = os.path.join(folder, part.replace("/", "-") + ".xml")
    subprocess.run([program, part, "-h", "127.0.0.1", "-p", str(port), "-P", EMPTY, "-o", str(seconds), "-j", report],
                   stdout=subprocess.DEVNULL)
    ran, failed = set(), set()
    with open(report, "rb") as file:
        text = re.sub(rb"[^\t\n\r -~]", b"?", file.read())  # it quotes what it got, byte by byte
    for case in xml.fromstring(text).iter("testcase"):
        name = f"{case.attrib['package']}: {case.attrib['classname']}"
        ran.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
    return ran, failed


class H2Spec(unittest.TestCase):
    def setUp(self):
        if not shutil.which("go"):
            self.skipTest("there is no Go: h2spec cannot be built, and HTTP/2's conformance was NOT tested")
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        built = subprocess.run(["go", "install", "github.com/summerwind/h2spec/cmd/h2spec@latest"], text=True,
                               env={**os.environ, "GOBIN": self.folder}, capture_output=True)
        if built.returncode:
            self.skipTest(f"h2spec cannot be built, and HTTP/2's conformance was NOT tested: {built.stderr[-300:]}")

    def test_no_more_fails_than_is_known(self):
        server = Server(os.environ["PROGRAMS"])
        self.addCleanup(server.end)
        ran, failed = set(), set()
        with concurrent.futures.ThreadPoolExecutor(len(PARTS)) as pool:
            for part in pool.map(lambda name: run(f"{self.folder}/h2spec", server.port, name, self.folder), PARTS):
                ran |= part[0]
                failed |= part[1]
        for part in {name.split(":")[0] for name in failed - known()}:  # slowly, where the machine has much else to do
            again = run(f"{self.folder}/h2spec", server.port, part, self.folder, 8)
            failed -= again[0] - again[1]
        print(f"{len(ran)} cases, {len(ran) - len(failed)} passed, {len(failed)} failed, {len(known())} known to fail")
        self.assertGreater(len(ran), 130)
        self.assertEqual(failed - known(), set())
        self.assertTrue(server.is_up())


if __name__ == "__main__":
    unittest.main()
