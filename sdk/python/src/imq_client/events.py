"""What a room tells, and the pages of what is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, Union

Kind = Literal["message", "state"]
T = TypeVar("T")


@dataclass(frozen=True)
class Message:
    """A message of a message mount."""

    mount: str
    seq: int
    """Its number among the queue's events."""
    sender: str | None
    """The user who sent it; `None`: the back end."""
    payload: Any
    """What was sent: JSON as Python has it, or `bytes`."""
    sent_at_ms: int
    """When the queue accepted it, in milliseconds since 1970."""
    is_history: bool = False
    """An old one, which `history` of `subscribe` asked for."""


@dataclass(frozen=True)
class StateChange:
    """A key of a state mount has got a value, or is gone."""

    key: str
    value: Any
    is_deleted: bool
    version: int
    """The number of this change; what `if_version` compares."""


@dataclass(frozen=True)
class StateChanged:
    """A state mount has changed, all at once."""

    mount: str
    seq: int
    sender: str | None
    """The user who wrote it; `None`: the back end, or a key's time is over."""
    changes: list[StateChange]
    is_conflated: bool
    """Several changes in one, because this client was slow."""


@dataclass(frozen=True)
class Joined:
    """Users came in."""

    seq: int
    users: list[str]
    reason: str


@dataclass(frozen=True)
class Left:
    """Users went."""

    seq: int
    users: list[str]
    reason: str


@dataclass(frozen=True)
class MountCreated:
    """The queue has got a mount."""

    mount: str
    kind: Kind
    seq: int


@dataclass(frozen=True)
class MountDeleted:
    """A mount is gone, with all in it."""

    mount: str
    kind: Kind
    seq: int


@dataclass(frozen=True)
class Gap:
    """Events of a mount, or of `members`, are missing here; both bounds are exclusive."""

    mount: str
    after_seq: int
    before_seq: int


@dataclass(frozen=True)
class Subscribed:
    """The subscription stands, for the first time or again."""

    is_recovered: bool
    """What was missed follows as events; otherwise this is the whole queue."""
    has_gap: bool
    """Something is missing: a `Gap` says where."""
    mounts: dict[str, Kind]
    members: list[str]
    member_count: int | None
    """How many members there are, where the queue tells only that."""


@dataclass(frozen=True)
class Unsubscribed:
    """The queue, the application or the end of the client has ended the subscription."""

    reason: str
    is_retrying: bool
    """The client asks again by itself. If not, it is over, and this its last event."""


Event = Union[
    Message, StateChanged, Joined, Left, MountCreated, MountDeleted, Gap, Subscribed, Unsubscribed
]


@dataclass(frozen=True)
class Entry:
    """A key of a state mount."""

    key: str
    value: Any
    version: int
    """The number of its last change."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a read."""

    items: list[T]
    next: str | None
    """Where the next page begins; `None`: this was the last."""
    count: int | None = None
    """Of members: how many there are, where the queue tells that."""


def message_of(word: dict[str, Any]) -> Message:
    return Message(
        word.get("mount", ""),
        word.get("seq", 0),
        word.get("from") or None,
        word.get("payload"),
        word.get("sent_at_ms", 0),
        bool(word.get("history")),
    )


def entry_of(word: dict[str, Any]) -> Entry:
    return Entry(word.get("key", ""), word.get("value"), word.get("version", 0))


def event_of(kind: str, word: dict[str, Any]) -> Event:
    """What a queue said, as the application gets it."""
    mount, seq = word.get("mount", ""), word.get("seq", 0)
    if kind == "message":
        return message_of(word)
    if kind == "state":
        changes = [_change_of(change) for change in word.get("changes") or ()]
        sender = word.get("from") or None
        return StateChanged(mount, seq, sender, changes, bool(word.get("conflated")))
    if kind == "subscribed":
        return _subscribed_of(word)
    if kind == "gap":
        return Gap(mount, word.get("after_seq", 0), word.get("before_seq", 0))
    if kind in ("joined", "left"):
        users, reason = word.get("users") or [], word.get("reason", "")
        return Joined(seq, users, reason) if kind == "joined" else Left(seq, users, reason)
    of = MountCreated if kind == "mount_created" else MountDeleted
    return of(mount, word.get("kind", "message"), seq)


def _change_of(word: dict[str, Any]) -> StateChange:
    is_deleted = bool(word.get("deleted"))
    return StateChange(word.get("key", ""), word.get("value"), is_deleted, word.get("version", 0))


def _subscribed_of(word: dict[str, Any]) -> Subscribed:
    mounts = {mount["name"]: mount.get("kind", "message") for mount in word.get("mounts") or ()}
    return Subscribed(
        bool(word.get("recovered")),
        bool(word.get("gap")),
        mounts,
        word.get("members") or [],
        word.get("member_count"),
    )
