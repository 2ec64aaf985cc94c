"""What the client needs of its platform. Tests give it another one, with a clock of their own."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from .transport import Listener, Transport, WebSocket


class World(Protocol):
    def now(self) -> float:
        """Milliseconds; they go on while the machine sleeps."""

    def later(self, ms: float, run: Callable[[], None]) -> Callable[[], None]:
        """Calls once after so long; the answer takes it back."""

    def open(self, url: str, listener: Listener) -> Transport: ...

    def random(self) -> float:
        """From 0 up to, not including, 1."""

    def id(self) -> str:
        """A text of 64 random bits."""


class Platform:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._random = random.SystemRandom()

    def now(self) -> float:
        # The monotonic clock of Linux stands still while the machine sleeps.
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return 1_000 * (time.monotonic() if clock is None else time.clock_gettime(clock))

    def later(self, ms: float, run: Callable[[], None]) -> Callable[[], None]:
        return self._loop.call_later(ms / 1_000, run).cancel

    def open(self, url: str, listener: Listener) -> Transport:
        return WebSocket(url, listener)

    def random(self) -> float:
        return self._random.random()

    def id(self) -> str:
        return secrets.token_hex(8)


class Tasks:
    """Runs coroutines, and keeps them alive until they end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        for task in list(self._running):
            task.cancel()
