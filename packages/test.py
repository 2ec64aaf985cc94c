#!/usr/bin/env python3
"""Tries the packages that carry the binary: made, installed from their files without a network, and run.

    packages/test.py --imq target/debug/imq

It takes npm, pipx and binutils. Its ports are free ones from 24000 on, or from IMQ_TEST_PORTS on."""

import argparse
import base64
import contextlib
import csv
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PORTS = int(os.environ.get("IMQ_TEST_PORTS", "24000"))
# What `imq dev` takes, behind its base.
OFFSETS = [0, 1, 80, 81, 90, 91, 100, 101, 200, 201, 290, 291]
PATIENCE_S = 60
# As where no network is.
OFFLINE = {"npm_config_offline": "true", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/usr/share/python-wheels"}
DOCUMENT = (HERE / "README.md").read_text()


class Made:
    """What all tests share: the packages in `out`, and `project`, into which the npm ones are installed."""

    def __init__(self, imq, folder):
        self.folder = pathlib.Path(folder)
        # Of the same name, since it is in what it says.
        self.imq = self.folder / "bare/imq"
        self.imq.parent.mkdir()
        # Debugging information makes five sixths of a debug build.
        run("strip", "-o", self.imq, imq)
        self.out = self.folder / "out"
        build(self.imq, self.out, "--debug-build")
        self.project = self.folder / "project"
        shutil.copytree(self.out, self.project)
        self.types("npm install ")
        self.command = self.project / "node_modules/.bin/imq"
        (self.wheel,) = self.out.glob("*.whl")

    def types(self, begins):
        """What comes of the document's line that begins so, with `imq --version` where it has `imq dev`."""
        (line,) = re.findall(f"^{begins}.*$", DOCUMENT, re.MULTILINE)
        places = {
            "npm_config_cache": self.folder / "npm",
            "PIPX_HOME": self.folder / "pipx",
            "PIPX_BIN_DIR": self.folder / "pipx/bin",
        }
        return run("sh", "-c", line.replace("imq dev", "imq --version"), cwd=self.project, env=places)

    def running(self):
        """The binaries that run out of this folder, by their numbers."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "exe").readlink().is_relative_to(self.folder):
                    found.append(int(process.name))
        return found


class Process:
    """A program that runs, whose lines can be waited for."""

    def __init__(self, made, *words):
        self.made = made
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.child = subprocess.Popen(words, **output, text=True)
        # Whatever it waits for, it doesn't hold the tests up.
        self.alarm = threading.Timer(PATIENCE_S, self.kill)
        self.alarm.start()

    def line_with(self, words):
        lines = []
        for line in self.child.stdout:
            lines.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without {words!r}: {''.join(lines)[-2000:]}")

    def end(self, by):
        """Sends the signal; how it ended, negative for a signal."""
        self.child.send_signal(by)
        return self.child.wait()

    def kill(self):
        """Also the binaries, which go on if what started them is killed."""
        self.child.kill()
        for number in self.made.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def stop(self):
        self.kill()
        self.child.wait()
        self.alarm.cancel()
        self.child.stdout.close()


def run(*words, **options):
    """What a program prints; it must succeed."""
    environment = {**os.environ, **OFFLINE, **options.pop("env", {})}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def free_ports(beyond=PORTS):
    """A base for `imq dev`, whose ports are all free."""
    for base in range(beyond, beyond + 5000, 300):
        if all(is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError(f"no free ports from {beyond} on")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def build(imq, out, *others):
    return run(sys.executable, HERE / "build.py", "--imq", imq, "--out", out, *others)


class Packages(unittest.TestCase):
    made: Made

    def process(self, *words):
        process = Process(self.made, *words)
        self.addCleanup(process.stop)
        return process

    def cluster(self, program):
        """`imq dev` that is ready, and where its ports begin."""
        ports = free_ports()
        cluster = self.process(program, "dev", "--port-base", str(ports))
        cluster.line_with("imq: ready")
        return cluster, ports

    def said_by(self, *words, **options):
        """Code, output and errors of a program that may fail."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, **options)
        return done.returncode, done.stdout, done.stderr

    def test_names_and_contents(self):
        version = self.said_by(self.made.imq, "--version")[1].split()[1]
        symbols = run("objdump", "-T", self.made.imq)
        needed = max(tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols))
        wheel = "imq-{}-py3-none-manylinux_{}_{}_x86_64.whl".format(version, *needed)
        names = [f"imq-server-{version}.tgz", f"imq-server-linux-x64-{version}.tgz", wheel]
        self.assertEqual(sorted(file.name for file in self.made.out.iterdir()), sorted(names))
        for package in ("imq-server", "imq-server-linux-x64"):
            folder = self.made.project / "node_modules" / package
            there = {file.name for file in folder.iterdir()}
            self.assertEqual(there, {"package.json", "README.md", "LICENSE", "bin"})
            self.assertEqual(json.loads((folder / "package.json").read_text())["version"], version)
        carried = self.made.project / "node_modules/imq-server-linux-x64/bin/imq"
        self.assertEqual(carried.read_bytes(), self.made.imq.read_bytes())

    def test_the_wheel_lists_what_it_holds(self):
        with zipfile.ZipFile(self.made.wheel) as archive:
            (about,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
            rows = {row[0]: row[1:] for row in csv.reader(archive.read(f"{about}/RECORD").decode().splitlines())}
            self.assertEqual(rows.pop(f"{about}/RECORD"), ["", ""])
            self.assertEqual(sorted([*rows, f"{about}/RECORD"]), sorted(archive.namelist()))
            for name, (digest, size) in rows.items():
                content = archive.read(name)
                of = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                self.assertEqual((digest, int(size)), (f"sha256={of}", len(content)), name)
            tag = re.search("^Tag: (.*)$", archive.read(f"{about}/WHEEL").decode(), re.MULTILINE)
            self.assertTrue(self.made.wheel.stem.endswith(tag[1]))

    def test_npx_runs_the_binary(self):
        self.assertEqual(self.made.types("npx "), run(self.made.imq, "--version"))

    def test_pipx_runs_the_binary(self):
        if shutil.which("pipx") is None:
            self.skipTest("pipx is missing: apt-get install pipx")
        self.assertEqual(self.made.types("pipx run "), run(self.made.imq, "--version"))

    def test_a_cluster_through_the_command(self):
        command = self.made.command
        cluster, ports = self.cluster(command)
        bare, _ = self.cluster(self.made.imq)
        gateway = ["--gateway", f"127.0.0.1:{ports}"]
        subscriber = self.process(command, "sub", *gateway, "/room/1")
        subscriber.line_with("subscribed")
        run(command, "pub", *gateway, "/room/1", "chat", "hello")
        self.assertIn("hello", subscriber.line_with("chat"))
        # The one ends by the signal itself, the other ends in order.
        self.assertEqual(subscriber.end(signal.SIGINT), -signal.SIGINT)
        self.assertEqual(cluster.end(signal.SIGTERM), bare.end(signal.SIGTERM))
        self.assertEqual(self.made.running(), [])
        self.assertEqual(free_ports(ports), ports)

    def test_it_ends_as_the_binary_ends(self):
        wrong = ["pub", "--no-such-option"]
        self.assertEqual(self.said_by(self.made.command, *wrong), self.said_by(self.made.imq, *wrong))
        cluster, _ = self.cluster(self.made.command)
        # It ends neither, as no terminal is closed.
        cluster.child.send_signal(signal.SIGHUP)
        cluster.line_with("SIGHUP")
        (binary,) = self.made.running()
        os.kill(binary, signal.SIGKILL)
        self.assertEqual(cluster.child.wait(), -signal.SIGKILL)

    def test_a_platform_without_a_package(self):
        played = self.made.folder / "played.js"
        played.write_text('Object.defineProperty(process, "platform", { value: "darwin" });\n')
        code, said, errors = self.said_by("node", "--require", played, self.made.command, "--version")
        self.assertEqual((code, said), (1, ""))
        self.assertIn("there is no package with a binary for darwin-x64, only for linux-x64", errors)
        self.assertIn("cargo build --release", errors)

    def test_a_package_that_was_left_out(self):
        alone = self.made.folder / "alone/node_modules/imq-server"
        shutil.copytree(self.made.project / "node_modules/imq-server", alone)
        code, said, errors = self.said_by("node", alone / "bin/imq.js", "--version")
        self.assertEqual((code, said), (1, ""))
        self.assertIn("the package imq-server-linux-x64 isn't installed", errors)
        self.assertIn("npm install imq-server-linux-x64@", errors)

    def test_what_is_no_package_of_this_version(self):
        other = self.made.folder / "other"
        said = {
            "#!/bin/sh\necho imq 99.0.0\n": "Cargo.toml has the version",
            f"#!/bin/sh\n{self.made.imq} --version\n": "is a debug build",
            f"#!/bin/sh\n{self.made.imq} --version | cut -d' ' -f1,2\n": "no 64-bit",
        }
        for script, refusal in said.items():
            other.write_text(script)
            other.chmod(0o755)
            out = self.made.folder / "refused"
            words = [sys.executable, HERE / "build.py", "--imq", other, "--out", out]
            code, _, errors = self.said_by(*words)
            self.assertEqual(code, 1)
            self.assertIn(refusal, errors)
            self.assertFalse(out.exists())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--imq", type=pathlib.Path, required=True)
    options = options.parse_args()
    # So that what was started ends, too, when somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="imq-packages-") as folder:
        Packages.made = Made(options.imq, folder)
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Packages)
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    skipped = len(result.skipped)
    failed = len(result.failures) + len(result.errors)
    # As the gate counts.
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
