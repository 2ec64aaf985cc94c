"""What the machine wants done, and what it tells the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Union

from .failure import Failure


@dataclass(frozen=True)
class Connected:
    """A gateway said `welcome`."""

    user: str
    gateway: str
    resumed: bool


@dataclass(frozen=True)
class Lost:
    """The connection is gone. If the client may not come back, this is the last event."""

    code: int
    reason: str
    may_retry: bool


@dataclass(frozen=True)
class Answer:
    """What became of a command: a result, or a failure."""

    ticket: Any
    result: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True)
class Said:
    """What a subscribed queue said, in the words of the protocol."""

    queue: str
    kind: str
    word: dict[str, Any]


@dataclass(frozen=True)
class Interrupted:
    """A subscription is over, or interrupted."""

    queue: str
    reason: str
    retrying: bool


Event = Union[Connected, Lost, Answer, Said, Interrupted]


@dataclass
class Redial:
    """Close the transport, and dial at this time; `address` is the gateway to try first."""

    at: float
    not_before: float
    address: str | None = None


@dataclass
class Outbox:
    frames: list[str] = field(default_factory=list)
    """To be sent in order. The machine empties it when the connection is gone."""
    events: list[Event] = field(default_factory=list)
    """For the application, in order."""
    transport: Redial | Literal["stop"] | None = None
    """What to do with the transport; `stop`: close it when all is sent, and don't dial again."""
    wants_token: bool = False
    """The token ends soon: get a new one from the application."""
