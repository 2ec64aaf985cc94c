"""Reads something anew of which events are missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from .errors import Closed, ImqError
from .events import Page
from .world import Tasks

# How long after a refusal the next attempt comes.
_AGAIN_S = 1.0

T = TypeVar("T")


class Reread(Generic[T]):
    """Page by page. What events change meanwhile is newer than what is read."""

    def __init__(
        self,
        tasks: Tasks,
        read: Callable[[str], Awaitable[Page[T]]],
        done: Callable[[list[T], set[str]], None],
    ) -> None:
        """`done` takes what was read, and the keys that events have changed meanwhile."""
        self._tasks = tasks
        self._read = read
        self._done = done
        # The keys that events have changed since it began; none: nothing is missing.
        self._touched: set[str] | None = None

    def touch(self, key: str) -> None:
        if self._touched is not None:
            self._touched.add(key)

    def cancel(self) -> None:
        """The whole has come otherwise."""
        self._touched = None

    def begin(self) -> None:
        """Begins, or begins anew."""
        self._touched = set()
        self._tasks.run(self._run(self._touched))

    async def _run(self, touched: set[str]) -> None:
        while self._touched is touched:
            try:
                items = await self._pages(touched)
            except Closed:
                return
            except ImqError:
                await asyncio.sleep(_AGAIN_S)
                # From the beginning, since a page may be old by now.
                touched.clear()
                continue
            if self._touched is touched:
                self._touched = None
                self._done(items, touched)

    async def _pages(self, touched: set[str]) -> list[T]:
        page = await self._read("")
        items = list(page.items)
        while page.next and self._touched is touched:
            page = await self._read(page.next)
            items += page.items
        return items
