"""The WebSocket against servers that behave as a test says."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from unittest import mock

import websockets

from imq_client import transport
from imq_client.transport import WebSocket

T = TypeVar("T")

_serve: Any = websockets.serve
# Longer than anything here takes on a slow machine.
_SOON_S = 10


def soon(what: Awaitable[T]) -> Awaitable[T]:
    return asyncio.wait_for(what, _SOON_S)


class Listener:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.news: asyncio.Queue[str] = asyncio.Queue()

    def opened(self) -> None:
        self._tell("opened")

    def frame(self, data: str | bytes) -> None:
        self._tell(str(data))

    def closed(self, error: Exception | None) -> None:
        self._tell("closed")

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self.news.put_nowait(what)


class Transport(unittest.IsolatedAsyncioTestCase):
    async def serve(self, handler: Callable[[Any], Awaitable[None]]) -> str:
        options = {"subprotocols": ["imq.json.v1"], "close_timeout": 0.1}
        server = await _serve(handler, "127.0.0.1", 0, **options)
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/imq/v1/ws"

    async def test_frames_go_and_come_in_order_and_the_last_are_sent(self) -> None:
        heard: asyncio.Queue[Any] = asyncio.Queue()

        async def handler(socket: Any) -> None:
            await socket.send("hello")
            async for data in socket:
                heard.put_nowait((socket.subprotocol, data))
            heard.put_nowait(socket.close_code)

        listener = Listener()
        socket = WebSocket(await self.serve(handler), listener)
        self.assertEqual("opened", await soon(listener.news.get()))
        self.assertEqual("hello", await soon(listener.news.get()))
        for number in range(100):
            socket.send(str(number))
        socket.send("bye")
        await soon(socket.close())
        expected = [("imq.json.v1", str(number)) for number in range(100)]
        expected.append(("imq.json.v1", "bye"))
        self.assertEqual(expected, [await soon(heard.get()) for _ in range(101)])
        self.assertEqual(1000, await soon(heard.get()))
        self.assertEqual(["opened", "hello"], listener.told)

    async def test_the_end_of_a_connection_is_told_once(self) -> None:
        async def handler(socket: Any) -> None:
            await socket.close(3001)

        listener = Listener()
        WebSocket(await self.serve(handler), listener)
        self.assertEqual(["opened", "closed"], [await soon(listener.news.get()) for _ in range(2)])

    async def test_nobody_there(self) -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        listener = Listener()
        WebSocket(f"ws://127.0.0.1:{port}", listener)
        self.assertEqual("closed", await soon(listener.news.get()))

    async def test_closing_while_it_opens(self) -> None:
        reached = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        self.addCleanup(server.close)
        listener = Listener()
        socket = WebSocket(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", listener)
        await soon(reached.wait())
        await soon(socket.close())
        self.assertEqual([], listener.told)

    async def test_a_peer_that_does_not_read_does_not_hold_up_the_end(self) -> None:
        stuck = asyncio.Event()

        async def handler(socket: Any) -> None:
            socket.transport.pause_reading()
            await stuck.wait()

        listener = Listener()
        socket = WebSocket(await self.serve(handler), listener)
        self.assertEqual("opened", await soon(listener.news.get()))
        for _ in range(400):
            socket.send("x" * 65_536)
        with mock.patch.object(transport, "_CLOSE_S_MAX", 0.1):
            await soon(socket.close())
        stuck.set()
        self.assertEqual(["opened"], listener.told)
