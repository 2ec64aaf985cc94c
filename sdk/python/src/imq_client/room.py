"""A queue, subscribed or not: its operations and, while it is subscribed, its events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .change import Change
from .driver import Ticket
from .errors import ImqError, closed
from .events import (
    Entry,
    Event,
    Gap,
    Joined,
    Left,
    Message,
    MountDeleted,
    Page,
    StateChanged,
    Subscribed,
    Unsubscribed,
    entry_of,
    event_of,
    message_of,
)
from .machine.outbox import Interrupted, Lost, Said
from .members import Members
from .state import StateMap
from .stream import Stream, Streams
from .world import Tasks

# So many rounds of the event loop the events after `subscribe` wait for whoever awaits it, through
# as many layers of tasks (`wait_for`, `gather`), to begin to read.
_HELD_ROUNDS = 8


@dataclass(frozen=True)
class Link:
    """What a room needs of its client."""

    command: Callable[[str, dict[str, Any], Ticket], None]
    listen: Callable[[Room, bool], None]
    """The room wants its events, or doesn't any more."""
    tasks: Tasks


@dataclass(frozen=True)
class Filter:
    """Which part of a queue a subscription receives."""

    history: int = 0
    mounts: Sequence[str] = ()
    key_prefix: str = ""

    def passes(self, mount: str, key: str) -> bool:
        return (not self.mounts or mount in self.mounts) and key.startswith(self.key_prefix)


class Room:
    def __init__(self, link: Link, name: str) -> None:
        self.name = name
        """The name of the queue."""
        self.status: Literal["none", "standing", "returning"] = "none"
        """`none`: not subscribed; `standing`: subscribed, and events come; `returning`: they come
        again as soon as the client or the queue is back."""
        self.filter = Filter()
        """Of the subscription."""
        self._link = link
        self._streams = Streams(self)
        self._states: dict[str, StateMap] = {}
        self._joining: list[asyncio.Future[None]] = []
        # Events that wait until whoever has awaited `subscribe` has had time to read.
        self._held: list[Said] | None = None
        self.members = Members(self, link.tasks)
        """Who is here, as far as the queue's class shows it."""

    async def subscribe(
        self, *, history: int = 0, mounts: Sequence[str] = (), key_prefix: str = ""
    ) -> Room:
        """Joins the queue. Once more, it replaces the options. If it is refused, there is no
        subscription; if the connection is lost, the client goes on trying.

        `history`: how many old messages of each message mount come first. `mounts`: only these;
        `members` may be one of them. `key_prefix`: of state mounts, only keys that begin so.
        """
        before, self.filter = self.filter, Filter(history, tuple(mounts), key_prefix)
        joined = asyncio.get_running_loop().create_future()

        def resolve(_: dict[str, Any]) -> None:
            # Its `subscribed` is still to come.
            self._link.listen(self, True)
            self._joining.append(joined)

        fields: dict[str, Any] = {"queue": self.name}
        fields |= {"history": history or None, "mounts": list(mounts) or None}
        fields |= {"key_prefix": key_prefix or None}
        try:
            self._link.command("subscribe", fields, Ticket(resolve, _rejecting(joined)))
            await joined
        except (ImqError, TypeError, ValueError):
            self.filter = before
            raise
        return self

    async def leave(self) -> None:
        """Leaves the queue."""
        await self._ask(
            "unsubscribe", {}, lambda: self._unsubscribed("the application has left", False)
        )

    async def send(self, mount: str, payload: Any, *, exclude_self: bool = False) -> int:
        """Sends a message, anything that JSON can carry, or `bytes`. Gives its number in the
        queue. With `exclude_self` it doesn't come back to this client."""
        fields = {"mount": mount, "payload": payload, "exclude_self": exclude_self or None}
        return _seq_of(await self._ask("send_message", fields))

    def change(self, mount: str, changes: Sequence[Change]) -> asyncio.Future[int]:
        """Changes keys of a state mount, all or none, as `StateMap.change` does. Gives the number
        of the change."""
        return self.state(mount).change(changes)

    async def read_state(
        self, mount: str, *, key_prefix: str = "", after: str = "", limit: int = 0
    ) -> Page[Entry]:
        """Reads keys of a state mount in their order, a page at a time. The page's `next` is the
        `after` of the one that follows."""
        fields = {"mount": mount, "key_prefix": key_prefix, "after": after, "limit": limit}
        result = await self._ask("get_state", fields)
        return Page([entry_of(entry) for entry in result.get("entries") or ()], _next_of(result))

    async def history(self, mount: str, *, before_seq: int = 0, limit: int = 0) -> Page[Message]:
        """Reads old messages, the newest page first, and the oldest first within it. The page's
        `next`, as a number, is the `before_seq` of the page before it."""
        fields = {"mount": mount, "before_seq": before_seq, "limit": limit}
        result = await self._ask("get_history", fields)
        messages = [message_of(word) for word in result.get("messages") or ()]
        return Page(messages, _next_of(result))

    async def list_members(self, *, after: str = "", limit: int = 0) -> Page[str]:
        """Reads who is in the queue, or how many, a page at a time."""
        result = await self._ask("list_members", {"after": after, "limit": limit})
        return Page(result.get("members") or [], _next_of(result), result.get("member_count"))

    async def call(self, method: str, payload: Any = None) -> Any:
        """Calls the web application, by the call-out of the queue's class."""
        return (await self._ask("call", {"method": method, "payload": payload})).get("payload")

    def messages(self) -> Stream[Message]:
        """The messages from now on, until the subscription is over."""
        return self._streams.open(lambda event: event if isinstance(event, Message) else None)

    def events(self) -> Stream[Event]:
        """All events from now on, until the subscription is over."""
        return self._streams.open(lambda event: event)

    def state(self, mount: str) -> StateMap:
        """A state mount as a live map, always the same one."""
        if mount not in self._states:
            self._states[mount] = StateMap(self, mount, self._link.tasks)
        return self._states[mount]

    def receives(self, mount: str, key: str) -> bool:
        """Whether changes of this key come here."""
        return self.status != "none" and self.filter.passes(mount, key)

    def command(self, kind: str, fields: dict[str, Any], ticket: Ticket) -> None:
        """An operation whose ticket is told in the order of events."""
        self._link.command(kind, {"queue": self.name, **fields}, ticket)

    def hear(self, event: Said | Interrupted) -> None:
        """The queue has said something."""
        if isinstance(event, Interrupted):
            return self._unsubscribed(event.reason, event.retrying)
        if self._held is not None:
            self._held.append(event)
        else:
            self._happened(event)
        if event.kind != "subscribed":
            return
        self.status = "standing"
        self._link.listen(self, True)
        joining, self._joining = self._joining, []
        for joined in joining:
            if not joined.done():
                joined.set_result(None)
        if joining and self._held is None:
            self._held = []
            self._release_after(_HELD_ROUNDS)

    def lost(self, lost: Lost) -> None:
        """The connection is lost, maybe for good."""
        if not lost.may_retry:
            self._unsubscribed(lost.reason, False, lost.code)
            self._end_streams()
        elif self.status == "standing":
            self.status = "returning"

    def _happened(self, said: Said) -> None:
        """What is kept changes first, so that readers see it as it is after the event."""
        event = event_of(said.kind, said.word)
        if isinstance(event, Subscribed):
            # If it is recovered, what was missed follows.
            if not event.is_recovered:
                self._reset(event, said.word.get("mounts") or [])
        elif isinstance(event, StateChanged):
            self.state(event.mount).apply(event.changes)
        elif isinstance(event, Joined):
            self.members.joined(event.users)
        elif isinstance(event, Left):
            self.members.left(event.users)
        elif isinstance(event, MountDeleted):
            self.state(event.mount).reset([])
        elif isinstance(event, Gap):
            self._missed(event.mount)
        self._streams.push(event)

    def _reset(self, event: Subscribed, mounts: list[dict[str, Any]]) -> None:
        self.members.reset(event.members, event.member_count)
        entries: dict[str, list[Entry]] = {mount: [] for mount in self._states}
        for mount in mounts:
            if mount.get("kind") == "state":
                entries[mount["name"]] = [entry_of(entry) for entry in mount.get("entries") or ()]
        for name, every in entries.items():
            self.state(name).reset(every)

    def _missed(self, mount: str) -> None:
        if mount == "members":
            self.members.reread()
        elif mount in self._states:
            self._states[mount].reread()

    def _unsubscribed(self, reason: str, is_retrying: bool, close_code: int = 0) -> None:
        self._release()
        if self.status == "none" and not self._joining:
            return
        self.status = "returning" if is_retrying else "none"
        self._streams.push(Unsubscribed(reason, is_retrying))
        if is_retrying:
            return
        self._link.listen(self, False)
        self._end_streams()
        joining, self._joining = self._joining, []
        for joined in joining:
            if not joined.done():
                joined.set_exception(closed(reason, close_code))

    def _end_streams(self) -> None:
        self._streams.end()
        self.members.end()
        for state in self._states.values():
            state.end()

    def _release_after(self, rounds: int) -> None:
        if rounds == 0:
            self._release()
        else:
            asyncio.get_running_loop().call_soon(self._release_after, rounds - 1)

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for event in held:
            self._happened(event)

    async def _ask(
        self, kind: str, fields: dict[str, Any], then: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """`then` is called in the order of events."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def resolve(result: dict[str, Any]) -> None:
            then()
            if not answer.done():
                answer.set_result(result)

        self.command(kind, fields, Ticket(resolve, _rejecting(answer)))
        return await answer


def _rejecting(answer: asyncio.Future[Any]) -> Callable[[ImqError], None]:
    def reject(error: ImqError) -> None:
        if not answer.done():
            answer.set_exception(error)

    return reject


def _seq_of(result: dict[str, Any]) -> int:
    return int(result.get("seq", 0))


def _next_of(result: dict[str, Any]) -> str | None:
    return result.get("next") or None
