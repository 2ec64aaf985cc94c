"""Events in their order, for `async for`."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .errors import ImqError, Overrun

KEPT_MAX = 4096
"""Events that a stream keeps for a reader who is slow. With one more it ends in an error."""

T = TypeVar("T")


class Stream(Generic[T]):
    """What happens from now on. It ends with what it is about; drop it when you have enough."""

    def __init__(self, owner: object, pick: Callable[[Any], T | None]) -> None:
        """`pick` says what is read of an event; `None`: nothing."""
        # Whose events are read is kept alive.
        self._owner = owner
        self._pick = pick
        self._kept: deque[T] = deque()
        self._is_over = False
        self._error: ImqError | None = None
        # Set when there is something to read.
        self._news = asyncio.Event()

    def __aiter__(self) -> Stream[T]:
        return self

    async def __anext__(self) -> T:
        while not self._kept:
            if self._error:
                error, self._error = self._error, None
                raise error
            if self._is_over:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._kept.popleft()

    def push(self, event: Any) -> None:
        picked = None if self._is_over else self._pick(event)
        if picked is None:
            return
        if len(self._kept) == KEPT_MAX:
            return self.end(Overrun(f"{KEPT_MAX} events were not read"))
        self._kept.append(picked)
        self._news.set()

    def end(self, error: ImqError | None = None) -> None:
        """No more comes; what is kept can be read to the end."""
        if self._is_over:
            return
        self._is_over = True
        self._error = error
        self._news.set()


class Streams:
    """The streams that somebody still reads."""

    def __init__(self, owner: object) -> None:
        self._owner = weakref.ref(owner)
        # A loop that is left with `break` drops its stream, and nothing else holds it.
        self._all: weakref.WeakSet[Stream[Any]] = weakref.WeakSet()

    def open(self, pick: Callable[[Any], T | None]) -> Stream[T]:
        stream = Stream(self._owner(), pick)
        self._all.add(stream)
        return stream

    def push(self, event: Any) -> None:
        for stream in list(self._all):
            stream.push(event)

    def end(self) -> None:
        for stream in list(self._all):
            stream.end()
        self._all.clear()
