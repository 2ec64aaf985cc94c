"""What the RPC describes (docs/rpc.md, section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..events import Kind


@dataclass(frozen=True)
class MountInfo:
    """A mount as it is."""

    name: str
    kind: Kind
    entries: int
    """Keys, or messages in the history."""
    bytes: int


@dataclass(frozen=True)
class QueueInfo:
    """A queue as it is."""

    queue: str
    epoch: int
    """A different number each time a queue of this name is created."""
    seq: int
    """Its newest event."""
    members: int
    created_at_ms: int
    mounts: list[MountInfo]
    pattern: str
    """Of its class."""


@dataclass(frozen=True)
class SessionInfo:
    """One login of a user."""

    session_id: str
    gateway: str
    client_name: str
    client_version: str
    since_ms: int
    is_detached: bool
    """It has no socket, but can still be resumed."""


@dataclass(frozen=True)
class UserInfo:
    """A user as the cluster knows them."""

    user: str
    is_online: bool
    since_ms: int | None
    """Online since, or last seen; `None`: unknown."""
    sessions: list[SessionInfo]
    queues: list[str]
    """The queues they are in."""


def queue_of(body: dict[str, Any]) -> QueueInfo:
    """Of the answer of `get_queue`."""
    queue = body["queue"]
    mounts = [
        MountInfo(mount["name"], mount["kind"], mount["entries"], mount["bytes"])
        for mount in queue.get("mounts", [])
    ]
    return QueueInfo(
        queue["queue"],
        queue["epoch"],
        queue["seq"],
        queue["members"],
        queue["created_at_ms"],
        mounts,
        queue.get("class", ""),
    )


def user_of(body: dict[str, Any]) -> UserInfo:
    """Of the answer of `get_user`."""
    user = body["user"]
    sessions = [
        SessionInfo(
            session["session_id"],
            session["gateway"],
            session.get("client_name", ""),
            session.get("client_version", ""),
            session["since_ms"],
            session["detached"],
        )
        for session in user.get("sessions", [])
    ]
    queues = user.get("queues", [])
    return UserInfo(user["user"], user["online"], user.get("since_ms"), sessions, queues)
