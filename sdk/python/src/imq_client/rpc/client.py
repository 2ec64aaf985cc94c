"""The client of the RPC."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from ..change import Change
from ..errors import ImqError, Unavailable
from ..events import Entry, Kind, Message, Page
from ..machine.codec import inward
from .call import Call
from .caller import Caller, Request, refusal
from .http import Gateway
from .objects import QueueInfo, UserInfo

TIMEOUT_S_MAX = 60.0
"""Half of what a key is remembered: who resends stops before who remembers forgets."""

T = TypeVar("T")


class Rpc:
    """Calls any of the gateways. Threads may share it."""

    def __init__(
        self,
        gateways: str | Sequence[str],
        key: str,
        *,
        timeout_s: float = 10.0,
        connect_timeout_s: float = 1.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`gateways`: one or several, such as `http://127.0.0.1:7490`. `key`: the API key.
        `timeout_s`: of a call with all its attempts; `connect_timeout_s`: to connect once."""
        urls = [gateways] if isinstance(gateways, str) else list(gateways)
        if not urls:
            raise ValueError("gateways: name at least one, http://host:7490")
        if not key or not all("!" <= char <= "~" for char in key):
            raise ValueError("key: no API key is empty or has such characters")
        if not 0 < timeout_s <= TIMEOUT_S_MAX or connect_timeout_s <= 0:
            raise ValueError(f"timeouts are above 0, and of a call at most {TIMEOUT_S_MAX:.0f} s")
        doors = [Gateway(url, tls) for url in urls]
        self._caller = Caller(doors, key, timeout_s, connect_timeout_s)

    def __enter__(self) -> Rpc:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections that are kept."""
        self._caller.close()

    def create_queue(self, queue: str, *, idempotency_key: str | None = None) -> int:
        """Creates a queue. Its class gives it its mounts and rules."""
        return self.run(Call.create_queue(queue), idempotency_key=idempotency_key)

    def delete_queue(self, queue: str, *, idempotency_key: str | None = None) -> int:
        """Destroys a queue and everything in it."""
        return self.run(Call.delete_queue(queue), idempotency_key=idempotency_key)

    def get_queue(self, queue: str) -> QueueInfo:
        """Describes a queue."""
        return self.run(Call.get_queue(queue))

    def list_queues(self, prefix: str = "", *, after: str = "", limit: int = 0) -> Page[str]:
        """Lists the names of queues."""
        return self.run(Call.list_queues(prefix, after=after, limit=limit))

    def create_mount(
        self, queue: str, mount: str, kind: Kind, *, idempotency_key: str | None = None
    ) -> int:
        """Adds a mount to a queue."""
        call = Call.create_mount(queue, mount, kind)
        return self.run(call, idempotency_key=idempotency_key)

    def delete_mount(self, queue: str, mount: str, *, idempotency_key: str | None = None) -> int:
        """Deletes a mount and everything in it."""
        return self.run(Call.delete_mount(queue, mount), idempotency_key=idempotency_key)

    def send_message(
        self, queue: str, mount: str, payload: Any, *, idempotency_key: str | None = None
    ) -> int:
        """Sends a message to everyone in a queue: anything that JSON can carry, or `bytes`.
        Gives its number."""
        call = Call.send_message(queue, mount, payload)
        return self.run(call, idempotency_key=idempotency_key)

    def get_history(
        self, queue: str, mount: str, *, before_seq: int = 0, limit: int = 0
    ) -> Page[Message]:
        """Reads the latest messages, oldest first. The page's `next`, as a number, is the
        `before_seq` of the page before it."""
        return self.run(Call.get_history(queue, mount, before_seq=before_seq, limit=limit))

    def send_state(
        self,
        queue: str,
        mount: str,
        changes: Sequence[Change],
        *,
        idempotency_key: str | None = None,
    ) -> int:
        """Changes keys of a state mount, all or none. Gives the number of the change."""
        call = Call.send_state(queue, mount, changes)
        return self.run(call, idempotency_key=idempotency_key)

    def get_state(
        self, queue: str, mount: str, *, key_prefix: str = "", after: str = "", limit: int = 0
    ) -> Page[Entry]:
        """Reads keys of a state mount, sorted."""
        call = Call.get_state(queue, mount, key_prefix=key_prefix, after=after, limit=limit)
        return self.run(call)

    def join_user(self, queue: str, user: str, *, idempotency_key: str | None = None) -> int:
        """Puts a user into a queue, with all sessions they have."""
        return self.run(Call.join_user(queue, user), idempotency_key=idempotency_key)

    def remove_user(self, queue: str, user: str, *, idempotency_key: str | None = None) -> int:
        """Takes a user out of a queue, with all sessions they have."""
        return self.run(Call.remove_user(queue, user), idempotency_key=idempotency_key)

    def list_members(self, queue: str, *, after: str = "", limit: int = 0) -> Page[str]:
        """Lists the users who are in a queue; `count` says how many there are."""
        return self.run(Call.list_members(queue, after=after, limit=limit))

    def get_user(self, user: str) -> UserInfo:
        """Says whether a user is online, since when, from where, and in which queues."""
        return self.run(Call.get_user(user))

    def disconnect_user(
        self, user: str, reason: str = "", *, idempotency_key: str | None = None
    ) -> None:
        """Ends all sessions of a user."""
        self.run(Call.disconnect_user(user, reason), idempotency_key=idempotency_key)

    def run(self, call: Call[T], *, idempotency_key: str | None = None) -> T:
        """Runs a call. Without a key one is drawn for what changes something."""
        key = _key_of([call], idempotency_key)
        body = self._caller.post(Request(call.method, call.body, call.writes, key))
        return call.read(inward(body))

    def batch(
        self, calls: Sequence[Call[Any]], *, idempotency_key: str | None = None
    ) -> list[Any]:
        """Runs up to 1,000 calls in one request, at a fraction of the cost. Each gives what it
        gives alone, or the `ImqError` that it would raise: look for those."""
        key = _key_of(calls, idempotency_key)
        items = [{"method": call.method, "body": call.body} for call in calls]
        writes = any(call.writes for call in calls)
        body = {"items": items}
        request = Request("batch", body, writes, key, lambda answer: _is_left(calls, answer))
        results = self._caller.post(request).get("results", [])
        return [
            _outcome(call, result, key and f"{key}/{index}")
            for index, (call, result) in enumerate(zip(calls, results))
        ]


def every(page: Callable[[str], Page[T]]) -> Iterator[T]:
    """The items of all pages: `every(lambda after: rpc.list_members(queue, after=after))`."""
    one = page("")
    yield from one.items
    while one.next:
        one = page(one.next)
        yield from one.items


def _outcome(call: Call[T], result: dict[str, Any], key: str | None) -> T | ImqError:
    error = result.get("error")
    return refusal(error, key) if error else call.read(inward(result.get("body") or {}))


def _is_left(calls: Sequence[Call[Any]], answer: dict[str, Any]) -> bool:
    """Whether a batch can be sent again for items that were unavailable. The others stay as they
    are, by their keys. But items of one queue run in their order, and one that comes later than
    the next of its queue would break it: then the application has to say what becomes of it."""
    left: set[str] = set()
    for call, result in zip(calls, answer.get("results", [])):
        queue = call.body.get("queue") or f"/user/{call.body.get('user', '')}"
        if (result.get("error") or {}).get("code") == Unavailable.code:
            left.add(queue)
        elif queue in left:
            return False
    return bool(left)


def _key_of(calls: Sequence[Call[Any]], given: str | None) -> str | None:
    if given is None:
        # Reads need none.
        return secrets.token_hex(16) if any(call.writes for call in calls) else None
    if not given or not all("!" <= char <= "~" for char in given):
        raise ValueError("idempotency_key: visible characters of ASCII, and at least one")
    return given
