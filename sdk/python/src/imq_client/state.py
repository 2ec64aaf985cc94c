"""A state mount of a room as a live map."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
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
_Fields = dict[str, Any]
# The value of a key that isn't there: `None` is a value.
_ABSENT = object()


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
    is_pending: bool = False
    """A write of this client is in it that the queue hasn't confirmed yet."""


class StateMap(Mapping[str, Any]):
    """Its own writes show at once, before the queue confirms them, and are taken back if they are
    refused. The values belong to the map: don't change them."""

    def __init__(self, room: Room, mount: str, tasks: Tasks) -> None:
        self._room = room
        self._mount = mount
        # What the queue has said.
        self._entries: dict[str, Entry] = {}
        # Changes of this client that are unanswered, by key, in their order.
        self._pending: dict[str, list[_Fields]] = {}
        # What the map gives: the entries with the pending changes.
        self._shown: dict[str, Any] = {}
        self._streams = Streams(self)
        self._reread: Reread[Entry] = Reread(tasks, self._read, self._were_read)

    def __getitem__(self, key: str) -> Any:
        return self._shown[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._shown)

    def version(self, key: str) -> int:
        """The number of the key's last change that the queue has confirmed, for `if_version`;
        0: it is absent."""
        entry = self._entries.get(key)
        return entry.version if entry else 0

    def changes(self) -> Stream[ValueChange]:
        """The changes from now on, until the subscription is over."""
        return self._streams.open(lambda change: change)

    def set(
        self,
        key: str,
        value: Any,
        *,
        if_version: int | None = None,
        if_absent: bool = False,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> asyncio.Future[int]:
        """Gives a key a value. It shows at once; what is awaited is the number of the change, when
        the queue has confirmed it. The conditions are those of `Change`."""
        change = Change.set(
            key,
            value,
            if_version=if_version,
            if_absent=if_absent,
            ttl_ms=ttl_ms,
            while_present=while_present,
        )
        return self.change([change])

    def add(
        self,
        key: str,
        amount: int,
        *,
        if_version: int | None = None,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> asyncio.Future[int]:
        """Adds to a number, which is 0 where there is none."""
        change = Change.add(
            key, amount, if_version=if_version, ttl_ms=ttl_ms, while_present=while_present
        )
        return self.change([change])

    def delete(self, key: str, *, if_version: int | None = None) -> asyncio.Future[int]:
        """Deletes a key."""
        return self.change([Change.delete(key, if_version=if_version)])

    def change(self, changes: Sequence[Change]) -> asyncio.Future[int]:
        """Changes several keys, all or none."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        fields = {"mount": self._mount, "changes": [change.fields for change in changes]}
        receives = self._room.receives
        written = [_kept(change) for change in changes if receives(self._mount, change.key)]

        def resolve(result: dict[str, Any]) -> None:
            seq = int(result.get("seq", 0))
            self._settle(written, seq)
            if not answer.done():
                answer.set_result(seq)

        def reject(error: ImqError) -> None:
            self._settle(written, 0)
            if not answer.done():
                answer.set_exception(error)

        for change in written:
            self._pending.setdefault(change["key"], []).append(change)
        try:
            self._room.command("send_state", fields, Ticket(resolve, reject))
        except (TypeError, ValueError):
            # The wire can't carry it.
            self._settle(written, 0)
            raise
        if not answer.done():
            for change in written:
                shown = self._shown.get(change["key"], _ABSENT)
                self._become(change["key"], _changed(shown, change))
        return answer

    def reset(self, entries: list[Entry]) -> None:
        """These are all."""
        self._reread.cancel()
        before = self._entries
        # Versions of another epoch mean nothing here.
        self._entries = {entry.key: entry for entry in entries}
        self._show([*before, *self._entries])

    def apply(self, changes: list[StateChange]) -> None:
        """The queue says what has changed."""
        for change in changes:
            self._reread.touch(change.key)
            if change.version < self.version(change.key):
                continue
            value = _ABSENT if change.is_deleted else change.value
            self._put(change.key, value, change.version)
        self._show([change.key for change in changes])

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
        gone = [key for key in self._entries if key not in kept]
        for key in gone:
            del self._entries[key]
        for entry in entries:
            if entry.key not in touched:
                self._entries[entry.key] = entry
        self._show([*gone, *(entry.key for entry in entries)])

    def _settle(self, written: list[_Fields], seq: int) -> None:
        """Own changes are answered; under 0 they have changed nothing."""
        for change in written:
            key, is_first = change["key"], self._take_pending(change)
            # The result comes before the event; but when the write was resent, the event may have
            # come before, and the change is in the entry already.
            is_new = self.version(key) < seq and self._room.receives(self._mount, key)
            if is_new:
                self._reread.touch(key)
                self._put(key, _changed(self._value(key), change), seq)
            # Otherwise the same changes are shown on top of the same value.
            if not is_new or not is_first:
                self._show([key])

    def _take_pending(self, change: _Fields) -> bool:
        """True: it was the first of its key."""
        key = change["key"]
        pending = self._pending[key]
        at = next(at for at, other in enumerate(pending) if other is change)
        del pending[at]
        if not pending:
            del self._pending[key]
        return at == 0

    def _value(self, key: str) -> Any:
        """What the queue has said."""
        entry = self._entries.get(key)
        return entry.value if entry else _ABSENT

    def _put(self, key: str, value: Any, version: int) -> None:
        if value is _ABSENT:
            self._entries.pop(key, None)
        else:
            self._entries[key] = Entry(key, value, version)

    def _show(self, keys: Iterable[str]) -> None:
        """Finds out what is shown of these keys."""
        for key in dict.fromkeys(keys):
            self._become(key, reduce(_changed, self._pending.get(key, ()), self._value(key)))

    def _become(self, key: str, value: Any) -> None:
        """This is shown from now on; tells it if it is new."""
        old = self._shown.get(key, _ABSENT)
        if value is _ABSENT:
            self._shown.pop(key, None)
        else:
            self._shown[key] = value
        if not _is_same(old, value):
            self._streams.push(_told(key, value, old, key in self._pending))


def _told(key: str, value: Any, old: Any, is_pending: bool) -> ValueChange:
    is_deleted, is_new = value is _ABSENT, old is _ABSENT
    return ValueChange(
        key,
        None if is_deleted else value,
        None if is_new else old,
        is_deleted,
        is_new,
        is_pending,
    )


def _changed(value: Any, change: _Fields) -> Any:
    """The value that a change makes of one."""
    if "set" in change:
        return change["set"]
    if "delete" in change:
        return _ABSENT
    if value is _ABSENT:
        return change["add"]
    # Anything else is a number only to the queue, which is about to say what it made of it.
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value + change["add"] if is_number else value


def _kept(change: Change) -> dict[str, Any]:
    """A change as it will come back: the application may go on to change its objects."""
    if "set" not in change.fields:
        return change.fields
    value = change.fields["set"]
    is_bytes = isinstance(value, (bytes, bytearray))
    return {**change.fields, "set": bytes(value) if is_bytes else json.loads(to_json(value))}


def _is_same(one: Any, other: Any) -> bool:
    """Equal in JSON: in Python 1 and true are equal, too."""
    if one is other or one is _ABSENT or other is _ABSENT:
        return one is other
    if isinstance(one, bytes) or isinstance(other, bytes):
        return type(one) is type(other) and bool(one == other)
    return json.dumps(one) == json.dumps(other)
