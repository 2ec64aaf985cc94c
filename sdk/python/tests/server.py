"""Real servers for tests: the binary that IMQ_BINARY names, on ports that are free."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

BINARY = os.environ.get("IMQ_BINARY", "")

# Below the ports that the system gives connections; each server takes some of the next 300.
_PORTS = int(os.environ.get("IMQ_TEST_PORTS", "20000"))
_OFFSETS = (0, 1, 80, 81, 90, 91, 100, 101, 200, 201, 290, 291)
_START_S_MAX = 60


# Programs of Python's find the library, whether it is installed or not.
_SOURCES = str(Path(__file__).resolve().parents[1] / "src")
_ENVIRONMENT = {**os.environ, "PYTHONPATH": _SOURCES}

_running: set[Process] = set()


def _stop_all(*_: object) -> None:
    for process in list(_running):
        process.stop()


# Nothing is left behind, whatever ends the tests; SIGTERM is how who runs them does it.
atexit.register(_stop_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Process:
    """A server, whose lines can be waited for."""

    def __init__(self, *arguments: str, program: str = BINARY) -> None:
        if not program:
            raise RuntimeError("IMQ_BINARY names no server: build imq, and give its path")
        command = [program, *arguments]
        self._errors = tempfile.TemporaryFile()
        self._child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=_ENVIRONMENT
        )
        _running.add(self)

    def lines_until(self, pattern: str) -> list[str]:
        """What it says, up to the first line that is like this."""
        assert self._child.stdout
        # A server that never says it must not hold the tests up.
        alarm = threading.Timer(_START_S_MAX, self._child.kill)
        alarm.start()
        lines: list[str] = []
        try:
            for line in self._child.stdout:
                lines.append(line.rstrip("\n"))
                if re.search(pattern, line):
                    return lines
        finally:
            alarm.cancel()
        self._errors.seek(0)
        raise RuntimeError(f"it has ended: {self._errors.read()[-2_000:]!r}")

    def stop(self) -> None:
        _running.discard(self)
        self._child.kill()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        self._errors.close()


class Dev:
    """A cluster in one process, with development authentication."""

    def __init__(self) -> None:
        base = _free_ports()
        self._process = Process("dev", "--port-base", str(base))
        try:
            said = "\n".join(self._process.lines_until("^imq: ready"))
        except BaseException:
            self.stop()
            raise
        self.urls = [f"ws://127.0.0.1:{base + offset}" for offset in (80, 81)]
        self.rpc = [f"http://127.0.0.1:{base + offset}" for offset in (90, 91)]
        self.boss = f"http://127.0.0.1:{base + 100}"
        self.rpc_key = _key("rpc", said)
        self.admin_key = _key("admin", said)

    def configure(self, text: str) -> None:
        """Gives the cluster a configuration."""
        url = f"{self.boss}/api/v1/config"
        headers = {"Authorization": f"Bearer {self.admin_key}"}
        request = urllib.request.Request(url, text.encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def stop(self) -> None:
        self._process.stop()


class Cluster:
    """A boss, a queue node and two gateways, which verify tokens."""

    def __init__(self) -> None:
        base = _free_ports()
        self._folder = Path(tempfile.mkdtemp(prefix="imq-python-"))
        self._keys = self._file("tokens", "t" * 32)
        config = f'[auth]\nkeys_file = "{self._keys}"\naudience = "imq"\n'
        config = self._file("gateway.toml", config)
        secret = ("--secret-file", self._file("cluster", "c" * 32))
        self.urls = [f"ws://127.0.0.1:{base + offset}" for offset in (80, 81)]

        def at(offset: int) -> str:
            return f"127.0.0.1:{base + offset}"

        data = str(self._folder / "data")
        doors = ("--listen-http", at(100), "--listen-link", at(101))
        self._processes = {"boss": Process("boss", *secret, "--data-dir", data, *doors)}
        boss = (*secret, "--boss", at(101))
        doors = ("--listen-link", at(200), "--listen-http", at(290))
        self._processes["q1"] = Process("queue-node", *boss, "--id", "q1", *doors)
        for number, name in enumerate(("g1", "g2")):
            doors = ("--listen-client", at(number), "--listen-http", at(80 + number))
            rpc = ("--listen-rpc", at(90 + number), "--rpc-key-file", self._keys)
            gateway = ("gateway", "--id", name, "--config", config, *boss, *doors, *rpc)
            self._processes[name] = Process(*gateway)

    def token(self, user: str, ttl: str) -> str:
        """A user's token, valid for so long."""
        of = ("--user", user, "--ttl", ttl, "--key-file", self._keys, "--audience", "imq")
        process = Process("token", *of)
        try:
            return process.lines_until(".")[0]
        finally:
            process.stop()

    def kill(self, name: str) -> None:
        self._processes.pop(name).stop()

    def stop(self) -> None:
        for process in self._processes.values():
            process.stop()
        shutil.rmtree(self._folder)

    def _file(self, name: str, text: str) -> str:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text + "\n")
        return str(path)


class Proxy:
    """What lies between a client and its gateway, and can break."""

    def __init__(self, target: str) -> None:
        self._port = int(target.rsplit(":", 1)[1])
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Ends all connections, and lets none through until `mend`."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            return writer.transport.abort()
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back}
        await asyncio.gather(_pass(reader, back), _pass(there, writer))
        self._writers -= {writer, back}


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


def _key(name: str, said: str) -> str:
    found = re.search(rf"^{name} key: (\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


def _free_ports() -> int:
    """The first of a row of ports of which all that a server takes are free."""
    for base in range(_PORTS, _PORTS + 12_000, 300):
        if all(_is_free(base + offset) for offset in _OFFSETS):
            return base
    raise RuntimeError(f"no free ports from {_PORTS} on")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
