"""The calls, each with its body and what its answer means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from ..change import Change
from ..events import Entry, Kind, Message, Page, entry_of, message_of
from ..machine.codec import outward
from .objects import QueueInfo, UserInfo, queue_of, user_of

T = TypeVar("T")


class Call(Generic[T]):
    """One call, to be run by `Rpc.run`, or with others by `Rpc.batch`."""

    def __init__(
        self,
        method: str,
        fields: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        *,
        writes: bool = True,
    ) -> None:
        """`TypeError` or `ValueError` for what can't be sent."""
        self.method = method
        self.body = outward(fields)
        self.read = read
        self.writes = writes
        """It changes something, so it must run once."""

    @staticmethod
    def create_queue(queue: str) -> Call[int]:
        return Call("create_queue", {"queue": queue}, _seq_of)

    @staticmethod
    def delete_queue(queue: str) -> Call[int]:
        return Call("delete_queue", {"queue": queue}, _seq_of)

    @staticmethod
    def get_queue(queue: str) -> Call[QueueInfo]:
        return Call("get_queue", {"queue": queue}, queue_of, writes=False)

    @staticmethod
    def list_queues(prefix: str = "", *, after: str = "", limit: int = 0) -> Call[Page[str]]:
        fields = {"prefix": prefix, "after": after, "limit": limit}
        return Call("list_queues", fields, _page_of("queues", str), writes=False)

    @staticmethod
    def create_mount(queue: str, mount: str, kind: Kind) -> Call[int]:
        return Call("create_mount", {"queue": queue, "mount": mount, "kind": kind}, _seq_of)

    @staticmethod
    def delete_mount(queue: str, mount: str) -> Call[int]:
        return Call("delete_mount", {"queue": queue, "mount": mount}, _seq_of)

    @staticmethod
    def send_message(queue: str, mount: str, payload: Any) -> Call[int]:
        fields = {"queue": queue, "mount": mount, "payload": payload}
        return Call("send_message", fields, _seq_of)

    @staticmethod
    def get_history(
        queue: str, mount: str, *, before_seq: int = 0, limit: int = 0
    ) -> Call[Page[Message]]:
        fields = {"queue": queue, "mount": mount, "before_seq": before_seq, "limit": limit}
        return Call("get_history", fields, _page_of("messages", message_of), writes=False)

    @staticmethod
    def send_state(queue: str, mount: str, changes: Sequence[Change]) -> Call[int]:
        every = [change.fields for change in changes]
        return Call("send_state", {"queue": queue, "mount": mount, "changes": every}, _seq_of)

    @staticmethod
    def get_state(
        queue: str, mount: str, *, key_prefix: str = "", after: str = "", limit: int = 0
    ) -> Call[Page[Entry]]:
        fields: dict[str, Any] = {"queue": queue, "mount": mount, "key_prefix": key_prefix}
        fields |= {"after": after, "limit": limit}
        return Call("get_state", fields, _page_of("entries", entry_of), writes=False)

    @staticmethod
    def join_user(queue: str, user: str) -> Call[int]:
        return Call("join_user", {"queue": queue, "user": user}, _seq_of)

    @staticmethod
    def remove_user(queue: str, user: str) -> Call[int]:
        return Call("remove_user", {"queue": queue, "user": user}, _seq_of)

    @staticmethod
    def list_members(queue: str, *, after: str = "", limit: int = 0) -> Call[Page[str]]:
        fields = {"queue": queue, "after": after, "limit": limit}
        return Call("list_members", fields, _page_of("members", str), writes=False)

    @staticmethod
    def get_user(user: str) -> Call[UserInfo]:
        return Call("get_user", {"user": user}, user_of, writes=False)

    @staticmethod
    def disconnect_user(user: str, reason: str = "") -> Call[None]:
        return Call("disconnect_user", {"user": user, "reason": reason}, lambda _: None)


def _seq_of(body: dict[str, Any]) -> int:
    return int(body.get("seq", 0))


def _page_of(name: str, item: Callable[[Any], T]) -> Callable[[dict[str, Any]], Page[T]]:
    def read(body: dict[str, Any]) -> Page[T]:
        items = [item(one) for one in body.get(name) or ()]
        return Page(items, body.get("next") or None, body.get("member_count"))

    return read
