"""A WebSocket to a gateway."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import websockets

# The subprotocol of docs/protocol.md, section 7.
_PROTOCOL = "imq.json.v1"
_PATH = "/imq/v1/ws"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
# `subscribed` carries all state mounts of a queue: 16 of 4 MiB, and some for what is around them.
_MESSAGE_BYTES_MAX = 96 * 1024 * 1024
# How long the goodbye may take, and then the gateway's part of it.
_CLOSE_S_MAX = 1

# The same arguments in all versions that are allowed, whose types differ.
_connect: Any = websockets.connect


class Listener(Protocol):
    """What is told of a transport, in order."""

    def opened(self) -> None: ...

    def frame(self, data: str | bytes) -> None: ...

    def closed(self, error: Exception | None) -> None: ...


class Transport(Protocol):
    def send(self, frame: str) -> None: ...

    async def close(self) -> None:
        """Sends what is left, then ends. The listener isn't told."""


class WebSocket:
    def __init__(self, url: str, listener: Listener) -> None:
        self._url = url
        self._listener = listener
        self._socket: Any = None
        self._is_closing = False
        # Bounded by the machine, which limits what is unanswered. `None` is the end.
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._reading = asyncio.ensure_future(self._read())

    def send(self, frame: str) -> None:
        self._frames.put_nowait(frame)

    async def close(self) -> None:
        self._is_closing = True
        if self._socket is None:
            self._reading.cancel()
        self._frames.put_nowait(None)
        _, still = await asyncio.wait([self._reading], timeout=_CLOSE_S_MAX)
        if still:
            # The other end doesn't even read.
            self._reading.cancel()
            await asyncio.wait([self._reading], timeout=_CLOSE_S_MAX)

    async def _read(self) -> None:
        error: Exception | None = None
        try:
            await self._run()
        except Exception as raised:
            error = raised
        if not self._is_closing:
            self._listener.closed(error)

    async def _run(self) -> None:
        socket = await _connect(
            self._url,
            subprotocols=[_PROTOCOL],
            compression=None,
            max_size=_MESSAGE_BYTES_MAX,
            # The protocol has pings of its own.
            ping_interval=None,
            close_timeout=_CLOSE_S_MAX,
        )
        self._socket = socket
        writing = asyncio.ensure_future(self._write(socket))
        try:
            if not self._is_closing:
                self._listener.opened()
            async for data in socket:
                # After the goodbye only the end is waited for.
                if not self._is_closing:
                    self._listener.frame(data)
        finally:
            writing.cancel()
            await socket.close()

    async def _write(self, socket: Any) -> None:
        try:
            while (frame := await self._frames.get()) is not None:
                await socket.send(frame)
            await socket.close()
        except websockets.ConnectionClosed:
            # The reader tells.
            pass


def gateway_url(address: str) -> str:
    """A gateway's address as a URL: `https://host` is enough."""
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"a gateway is called ws://host:7480 or wss://host, not {address!r}")
    path = parts.path if parts.path.strip("/") else _PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


def at_address(url: str, address: str) -> str:
    """The same URL at another gateway."""
    return urlunsplit(urlsplit(url)._replace(netloc=address))
