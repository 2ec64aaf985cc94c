"""One session after the other, with its queues and unanswered operations.

Its owner dials where `Outbox.transport` says so, hands in what happens, sends `Outbox.frames`,
and calls again with `Wake` when `wake_at` has come.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Union

from .codec import decode
from .connection import Connection
from .desk import Desk
from .failure import CLOSED, FULL, NAME, Failure
from .limits import OP_ID_WORN, RETRY_AFTER_MS_MAX, SEEN_BYTES_MAX
from .name import is_queue_name
from .operation import Operation
from .outbox import Answer, Connected, Lost, Outbox, Redial
from .queue import Queue
from .renewal import Renewal
from .retry import Retry

Body = dict[str, Any]

# The version of the protocol that this client speaks.
_PROTOCOL = 1
# The close codes that the client itself knows (docs/protocol.md, section 9).
_BYE = 3000
_HOME_LOST = 3002
_TOKEN_EXPIRED = 3010
# From here on the client must not come back.
_FOR_GOOD = 3500

# The kinds of envelopes that only concern a subscription.
_EVENTS = {"message", "state", "joined", "left", "mount_created", "mount_deleted", "gap"}


@dataclass(frozen=True)
class Settings:
    """Who the client is."""

    random: Callable[[], float]
    """Numbers from 0 up to, not including, 1."""
    id: str
    """At least 64 random bits, drawn for this client and never stored."""
    user: str | None = None
    """The user, for a server with development authentication."""
    renews: bool = False
    """The application gives tokens; without them the end of the token is the end."""
    given: bool = False
    """The application wants to hear of queues that others put its user in."""
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Opened:
    """The transport is up."""


@dataclass(frozen=True)
class Closed:
    """The transport is gone, or could not be had."""


@dataclass(frozen=True)
class Frame:
    """A message came over the transport."""

    data: str | bytes


@dataclass(frozen=True)
class Token:
    """A new token of the user's; `None`: there is none now."""

    token: str | None


@dataclass(frozen=True)
class Command:
    """The application wants something, an operation or `close`; the answer has the ticket."""

    ticket: Any
    kind: str
    body: Body


@dataclass(frozen=True)
class Wake:
    """The time of `wake_at` has come."""


@dataclass(frozen=True)
class Awake:
    """The process has stood still: what seems to stand may be gone."""


Input = Union[Opened, Closed, Frame, Token, Command, Wake, Awake]


class Machine:
    def __init__(self, settings: Settings) -> None:
        retry = Retry(settings.random)
        self._settings = settings
        self._token: str | None = None
        # How often it has said `connect`.
        self._attempts = 0
        self._connection = Connection()
        # The id and the secret of the last `welcome`.
        self._session: tuple[str, str] | None = None
        self._renewal = Renewal(retry)
        self._desk = Desk(retry)
        self._queues: dict[str, Queue] = {}
        # By the gateway's numbers, which are good for one connection.
        self._subs: dict[int, Queue] = {}
        # What the application is told once it is over.
        self._closed = CLOSED
        # The last attempt that the owner was told of.
        self._redial = Redial(0, 0)

    def handle(self, now: float, happened: Input, out: Outbox) -> None:
        """Takes what happened; what is to be done about it is put into `out`. Raises `TypeError`
        or `ValueError` for a command that the wire can't carry."""
        self._desk.now = now
        self._desk.out = out
        if isinstance(happened, Frame):
            self._received(happened.data)
        elif isinstance(happened, Command):
            self._command(happened.ticket, happened.kind, happened.body)
        elif isinstance(happened, Wake):
            self._wake()
        elif isinstance(happened, Opened):
            self._greet()
        elif isinstance(happened, Closed):
            self._lose("the connection is lost")
        elif isinstance(happened, Token):
            self._given(happened.token)
        else:
            self._awake()

    @property
    def wake_at(self) -> float:
        """When `Wake` is due, in the milliseconds of `now`; infinite: not at all."""
        return min(self._connection.wake_at, self._desk.look_at, self._renewal.wake_at)

    def _greet(self) -> None:
        """Says who we are, and what we had."""
        if self._connection.stage != "down":
            return
        self._connection.greet(self._desk.now)
        self._attempts += 1
        connect: Body = {
            "protocol": _PROTOCOL,
            "token": self._token,
            "user": self._settings.user,
            "client_name": self._settings.name,
            "client_version": self._settings.version,
            "client_id": self._settings.id,
            "attempt": self._attempts,
        }
        if self._session:
            session_id, secret = self._session
            seen = self._seen()
            connect["resume"] = {"session_id": session_id, "secret": secret, "seen": seen}
        self._desk.send("connect", connect)

    def _seen(self) -> list[Body]:
        """What the session is attached to, as far as it fits; the rest is subscribed anew."""
        every: list[Body] = []
        total = 0
        for queue in self._queues.values():
            seen = queue.seen()
            if seen is None:
                continue
            length = len(json.dumps(seen, ensure_ascii=False).encode()) + 1
            if total + length > SEEN_BYTES_MAX:
                continue
            total += length
            queue.set_named()
            every.append(seen)
        return every

    def _received(self, data: str | bytes) -> None:
        if not self._connection.is_open:
            return
        # What is too old must not be resent because of what comes now.
        self._look_if_due()
        try:
            envelopes = decode(data)
        except Exception:
            return self._lose("the gateway sent no envelope")
        for kind, body in envelopes:
            self._connection.heard(self._desk.now)
            self._envelope(kind, body)
            # The rest is of a connection that is given up.
            if not self._connection.is_open:
                return

    def _envelope(self, kind: str, body: Body) -> None:
        if kind == "ping":
            self._desk.send("pong", {"nonce": body.get("nonce", 0)})
        elif kind == "closing":
            code, reason = body.get("code", 0), body.get("reason", "")
            wait = body.get("retry_after_ms", 0)
            self._lose(reason, code, wait, body.get("address") or None)
        elif not self._connection.is_up:
            if kind == "welcome":
                self._welcome(body)
            else:
                self._lose("no `welcome` at first")
        elif kind == "welcome":
            self._lose("a second `welcome`")
        else:
            self._of_session(kind, body)

    def _of_session(self, kind: str, body: Body) -> None:
        if kind == "result":
            self._result(body)
        elif kind == "subscribed":
            self._subscribed(body)
        elif kind == "unsubscribed":
            self._unsubscribed(body)
        elif kind in _EVENTS:
            self._event(kind, body)
        if self._desk.next_op_id > OP_ID_WORN:
            self._session = None
            self._lose("all operation ids are used")

    def _welcome(self, welcome: Body) -> None:
        session_id = welcome.get("session_id", "")
        had = self._session[0] if self._session else None
        resumed = bool(welcome.get("resumed")) and session_id == had
        self._desk.retry.welcomed()
        self._connection.welcome(self._desk.now, welcome.get("ping_every_ms", 0))
        self._session = (session_id, welcome.get("secret", ""))
        self._desk.is_up = True
        self._desk.limit(welcome.get("limits") or {})
        if self._settings.renews:
            self._renewal.ends_in(self._desk.now, welcome.get("expires_in_ms", 0))
        user, gateway = welcome.get("user", ""), welcome.get("gateway", "")
        self._desk.tell(Connected(user, gateway, resumed))
        if resumed:
            self._resend()
        else:
            self._desk.next_op_id = 1
        for queue in list(self._queues.values()):
            queue.welcome(resumed)
            self._forget_if_idle(queue)

    def _resend(self) -> None:
        """Where there is no subscription, there is nothing to wait for; the oldest go first."""
        queues = [queue for queue in self._queues.values() if not queue.is_subscribed]
        operations = [operation for queue in queues for operation in queue.unanswered]
        self._desk.send_all(sorted(operations, key=lambda operation: operation.op_id))

    def _result(self, result: Body) -> None:
        if self._renewal.is_answered_by(result.get("op_id", 0)):
            if result.get("status"):
                self._renewal.failed(self._desk.now)
            else:
                self._renewal.ends_in(self._desk.now, result.get("expires_in_ms", 0))
            return
        for queue in self._queues.values():
            if queue.result(result):
                return self._forget_if_idle(queue)

    def _subscribed(self, word: Body) -> None:
        name = word.get("queue", "")
        if self._settings.given:
            self._queue(name).wish()
        queue = self._queues.get(name)
        if queue is None or not queue.is_subscribed:
            return
        self._subs[word.get("sub", 0)] = queue
        queue.subscribed(word)

    def _unsubscribed(self, word: Body) -> None:
        queue = self._queues.get(word.get("queue", ""))
        if queue is None:
            return
        queue.unsubscribed(word)
        self._forget_if_idle(queue)

    def _event(self, kind: str, word: Body) -> None:
        sub = word.get("sub", 0)
        queue = self._subs.get(sub)
        # The queue may have got another number since, or none.
        if queue and queue.sub == sub:
            queue.event(kind, word)

    def _lose(
        self, reason: str, code: int = 0, retry_after_ms: int = 0, address: str | None = None
    ) -> None:
        """The connection is over: come back later, unless the gateway said not to."""
        if self._connection.stage == "over":
            return
        now, out, was_up = self._desk.now, self._desk.out, self._connection.is_up
        delay = self._desk.retry.delay(self._connection.lasted(now))
        self._down()
        self._connection.stage = "down"
        out.frames = []
        # With the same token it would end the same way.
        is_spent = code == _TOKEN_EXPIRED and not self._settings.renews
        may_retry = not is_spent and code < _FOR_GOOD
        if not may_retry:
            self._closed = Failure(CLOSED.code, reason or CLOSED.reason, close_code=code)
            self._end()
        if was_up or code:
            self._desk.tell(Lost(code, reason, may_retry))
        if not may_retry:
            return
        if code == _HOME_LOST:
            self._session = None
        not_before = now + min(retry_after_ms, RETRY_AFTER_MS_MAX)
        if address and not self._desk.retry.follows():
            address = None
        self._redial = Redial(max(now + delay, not_before), not_before, address)
        out.transport = self._redial

    def _end(self) -> None:
        """Nothing comes after this: every operation gets its answer now."""
        self._down()
        self._connection.stage = "over"
        self._session = None
        for queue in self._queues.values():
            queue.end(self._closed)
        self._queues.clear()
        self._desk.look_at = inf
        self._desk.out.transport = "stop"

    def _down(self) -> None:
        self._desk.is_up = False
        self._renewal.stop()
        self._subs.clear()

    def _command(self, ticket: Any, kind: str, body: Body) -> None:
        is_over = self._connection.stage == "over"
        if kind == "close" and not is_over:
            return self._bye(ticket)
        failure = self._closed if is_over else self._submit(ticket, kind, body)
        if failure:
            self._desk.tell(Answer(ticket, failure=failure))

    def _submit(self, ticket: Any, kind: str, body: Body) -> Failure | None:
        # A call without a queue is one of the user's own, whose name the client need not know.
        name = body.get("queue", "")
        if not is_queue_name(name) and (name or kind != "call"):
            return NAME
        operation = Operation(self._desk.now, kind, body, ticket)
        if not self._desk.admit(operation):
            return FULL
        queue = self._queue("" if kind == "call" else name)
        queue.submit(operation)
        self._forget_if_idle(queue)
        return None

    def _bye(self, ticket: Any) -> None:
        if self._connection.is_up:
            self._desk.send("bye", {})
        self._closed = Failure(CLOSED.code, CLOSED.reason, close_code=_BYE)
        self._end()
        self._desk.tell(Answer(ticket))
        self._desk.tell(Lost(_BYE, CLOSED.reason, may_retry=False))

    def _given(self, token: str | None) -> None:
        if token is None:
            return self._renewal.failed(self._desk.now)
        self._token = token
        if self._renewal.given(self._desk.next_op_id):
            self._desk.send("refresh", {"op_id": self._desk.take_op_id(), "token": token})

    def _wake(self) -> None:
        due = self._connection.due(self._desk.now)
        if due == "ping":
            self._ping()
        elif due:
            self._lose(due)
        if self._renewal.due(self._desk.now):
            self._desk.out.wants_token = True
        self._look_if_due()

    def _awake(self) -> None:
        """Whoever waits for the application has waited long enough: no back-off, and short
        deadlines."""
        now = self._desk.now
        self._desk.retry.reset()
        if self._connection.doubt(now):
            self._ping()
        if self._connection.stage != "down" or now >= self._redial.at:
            return
        self._redial.at = max(now, self._redial.not_before)
        self._desk.out.transport = self._redial

    def _ping(self) -> None:
        self._desk.send("ping", {"nonce": self._desk.retry.nonce()})

    def _look_if_due(self) -> None:
        if self._desk.now < self._desk.look_at:
            return
        self._desk.look_at = inf
        for queue in list(self._queues.values()):
            queue.look()
            self._desk.look(queue.look_at)
            self._forget_if_idle(queue)

    def _queue(self, name: str) -> Queue:
        if name not in self._queues:
            self._queues[name] = Queue(self._desk, name)
        return self._queues[name]

    def _forget_if_idle(self, queue: Queue) -> None:
        if queue.is_idle:
            self._queues.pop(queue.name, None)
