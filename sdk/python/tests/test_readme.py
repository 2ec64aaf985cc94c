"""What README.md shows is what there is."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import imq_client
from imq_client import callout, connect
from imq_client.errors import ImqError
from imq_client.rpc import Rpc

from .server import Dev, Process

FOLDER = Path(__file__).resolve().parents[1]
README = (FOLDER / "README.md").read_text()
BLOCKS = re.findall(r"^```python(?: (\S+))?\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


class Text(unittest.TestCase):
    def test_a_block_under_the_name_of_a_file_is_that_file(self) -> None:
        named = [(path, text) for path, text in BLOCKS if path]
        self.assertEqual(3, len(named))
        for path, text in named:
            self.assertEqual((FOLDER / path).read_text(), text, path)

    def test_the_others_are_python(self) -> None:
        for path, text in BLOCKS:
            ast.parse(text, path)
            compile(text, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    def test_every_exception_is_named(self) -> None:
        for kind in vars(imq_client).values():
            if inspect.isclass(kind) and issubclass(kind, ImqError):
                self.assertIn(f"`{kind.__name__}`", README)

    def test_every_method_of_the_rpc_is_named(self) -> None:
        for name, _ in inspect.getmembers(Rpc, inspect.isfunction):
            if not name.startswith("_") and name not in ("run", "close"):
                self.assertIn(f"`{name}(", README)
        for name in ("allow", "amend", "answer", "connect_as", "refuse"):
            self.assertTrue(hasattr(callout, name))
            self.assertIn(f"`{name}(", README)

    def test_everything_is_exported(self) -> None:
        for name in imq_client.__all__:
            self.assertTrue(hasattr(imq_client, name), name)


class Examples(unittest.IsolatedAsyncioTestCase):
    async def test_they_run(self) -> None:
        dev = Dev()
        self.addCleanup(dev.stop)
        async with connect(dev.urls, user="guest") as imq:
            room = await imq.subscribe("/room/1")
            messages = room.messages()
            first = Process(str(FOLDER / "example/first.py"), "zoe", dev.urls[1], program=PYTHON)
            self.addCleanup(first.stop)
            await asyncio.to_thread(first.lines_until, "^zoe has 10 points")
            self.assertEqual("hello", (await messages.__anext__()).payload)
            said = await asyncio.to_thread(run, "example/back_end.py", dev.rpc_key, *dev.rpc)
            self.assertIn("the room is there already", said)
            self.assertIn("ann has 5 points", said)
            self.assertEqual({"text": "welcome"}, (await messages.__anext__()).payload)


PYTHON = sys.executable


def run(path: str, *arguments: str) -> str:
    command = [PYTHON, str(FOLDER / path), *arguments]
    env = {**os.environ, "PYTHONPATH": str(FOLDER / "src")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr
