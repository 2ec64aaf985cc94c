"""A state mount of a room as a live map."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .change import Change
from .driver import Ticket
from .errors import ImqError
from .events import Entry, Page, StateChange
from .machine.codec import to_json
from .reread import Reread
from .stream import Stream, Streams
from .world import Tasks

if TYPE_CHECKING:
    from .room import Room

# `set` is a method below.
_Keys = set[str]


@dataclass(frozen=True)
class ValueChange:
    """A key's value has changed, as the map gives it."""

    key: str
    value: Any
    """`None` also if the key is gone."""
    old: Any
    is_deleted: bool
    """The key is gone."""
    is_new: bool
    """The key wasn't there before."""


class StateMap(Mapping[str, Any]):
    """Its own writes show as soon as the queue has confirmed them. The values belong to the map:
    don't change them."""

    def __init__(self, room: Room, mount: str, tasks: Tasks) -> None:
        self._room = room
        self._mount = mount
        self._entries: dict[str, Entry] = {}
        self._streams = Streams(self)
        self._reread: Reread[Entry] = Reread(tasks, self._read, self._were_read)

    def __getitem__(self, key: str) -> Any:
        return self._entries[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def version(self, key: str) -> int:
        """The number of the key's last change, for `if_version`; 0: it is absent."""
        entry = self._entries.get(key)
        return entry.version if entry else 0

    def changes(self) -> Stream[ValueChange]:
        """The changes from now on, until the subscription is over."""
        return self._streams.open(lambda change: change)

    async def set(
        self,
        key: str,
        value: Any,
        *,
        if_version: int | None = None,
        if_absent: bool = False,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> int:
        """Gives a key a value. The answer is the number of the change. The conditions are those
        of `Change`."""
        change = Change.set(
            key,
            value,
            if_version=if_version,
            if_absent=if_absent,
            ttl_ms=ttl_ms,
            while_present=while_present,
        )
        return await self.change([change])

    async def add(
        self,
        key: str,
        amount: int,
        *,
        if_version: int | None = None,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> int:
        """Adds to a number, which is 0 where there is none."""
        change = Change.add(
            key, amount, if_version=if_version, ttl_ms=ttl_ms, while_present=while_present
        )
        return await self.change([change])

    async def delete(self, key: str, *, if_version: int | None = None) -> int:
        """Deletes a key."""
        return await self.change([Change.delete(key, if_version=if_version)])

    async def change(self, changes: Sequence[Change]) -> int:
        """Changes several keys, all or none."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        fields = {"mount": self._mount, "changes": [change.fields for change in changes]}
        written = [_kept(change) for change in changes]

        def resolve(result: dict[str, Any]) -> None:
            seq = int(result.get("seq", 0))
            self._wrote(written, seq)
            if not answer.done():
                answer.set_result(seq)

        def reject(error: ImqError) -> None:
            if not answer.done():
                answer.set_exception(error)

        self._room.command("send_state", fields, Ticket(resolve, reject))
        return await answer

    def reset(self, entries: list[Entry]) -> None:
        """These are all."""
        self._reread.cancel()
        kept = {entry.key for entry in entries}
        for key in [key for key in self._entries if key not in kept]:
            self._delete(key)
        for entry in entries:
            # Versions of another epoch mean nothing here.
            self._put(entry)

    def apply(self, changes: list[StateChange]) -> None:
        """The queue says what has changed."""
        for change in changes:
            self._reread.touch(change.key)
            if change.version < self.version(change.key):
                continue
            if change.is_deleted:
                self._delete(change.key)
            else:
                self._put(Entry(change.key, change.value, change.version))

    def reread(self) -> None:
        """Something is missing."""
        self._reread.begin()

    def end(self) -> None:
        """The subscription is over."""
        self._reread.cancel()
        self._streams.end()

    async def _read(self, after: str) -> Page[Entry]:
        prefix = self._room.filter.key_prefix
        return await self._room.read_state(self._mount, key_prefix=prefix, after=after)

    def _were_read(self, entries: list[Entry], touched: _Keys) -> None:
        kept = touched | {entry.key for entry in entries}
        for key in [key for key in self._entries if key not in kept]:
            self._delete(key)
        for entry in entries:
            if entry.key not in touched:
                self._put(entry)

    def _wrote(self, changes: list[dict[str, Any]], seq: int) -> None:
        """Own changes are confirmed. Their result comes before their event; but when they were
        resent, the event may have come before."""
        for change in changes:
            key = change["key"]
            if self.version(key) >= seq or not self._room.receives(self._mount, key):
                continue
            self._reread.touch(key)
            if "set" in change:
                self._put(Entry(key, change["set"], seq))
            elif "delete" in change:
                self._delete(key)
            else:
                self._add(key, change["add"], seq)

    def _add(self, key: str, amount: int, seq: int) -> None:
        old = self.get(key, 0)
        # Anything else is a number only to the queue, which is about to say what it made of it.
        if isinstance(old, int) and not isinstance(old, bool):
            self._put(Entry(key, old + amount, seq))

    def _put(self, entry: Entry) -> None:
        old = self._entries.get(entry.key)
        self._entries[entry.key] = entry
        # Equal in JSON: in Python 1 and true are equal, too.
        if old and _is_same(old.value, entry.value):
            return
        old_value = old.value if old else None
        self._streams.push(ValueChange(entry.key, entry.value, old_value, False, old is None))

    def _delete(self, key: str) -> None:
        old = self._entries.pop(key, None)
        if old:
            self._streams.push(ValueChange(key, None, old.value, True, False))


def _kept(change: Change) -> dict[str, Any]:
    """A change as it will come back: the application may go on to change its objects."""
    if "set" not in change.fields:
        return change.fields
    value = change.fields["set"]
    is_bytes = isinstance(value, (bytes, bytearray))
    return {**change.fields, "set": bytes(value) if is_bytes else json.loads(to_json(value))}


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, bytes) or isinstance(other, bytes):
        return type(one) is type(other) and bool(one == other)
    return json.dumps(one) == json.dumps(other)
