"""Runs the machine: dials, keeps one timer, asks for tokens, and tells what the machine says."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Union

from .errors import ImqError, error_of
from .machine.machine import (
    Awake,
    Closed,
    Command,
    Frame,
    Input,
    Machine,
    Opened,
    Settings,
    Token,
    Wake,
)
from .machine.outbox import Answer, Connected, Event, Interrupted, Lost, Outbox, Said
from .transport import Transport, at_address
from .world import Tasks, World

# How long a token, and then a socket, may take.
_DIAL_MS_MAX = 10_000
# One that began so long before the process stood still is begun anew.
_DIAL_MS_DOUBTED = 1_500
# The timer rings at least this often: it stands still while the machine sleeps.
_TICK_MS = 10_000
# A timer that is later than this has slept (rule 30).
_LATE_MS = 2_000

TokenSource = Callable[[], Awaitable[str]]
"""Gives the user's token, a fresh one each time."""

Told = Union[Connected, Lost, Said, Interrupted]

_log = logging.getLogger("imq_client")


@dataclass(frozen=True)
class Ticket:
    """Who waits for an answer. Both are called in the order of events."""

    resolve: Callable[[dict[str, Any]], None]
    reject: Callable[[ImqError], None]


@dataclass(frozen=True)
class Plan:
    urls: list[str]
    """Gateways. One is chosen at random, then each in turn."""
    token: TokenSource | None
    user: str | None
    given: bool
    name: str | None
    version: str | None
    tell: Callable[[Told], None]


class Driver:
    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._plan = plan
        self._machine = Machine(
            Settings(
                random=world.random,
                id=world.id(),
                user=plan.user,
                renews=plan.token is not None,
                given=plan.given,
                name=plan.name,
                version=plan.version,
            )
        )
        self.tasks = Tasks()
        self._out = Outbox()
        self._next_url = int(world.random() * len(plan.urls))
        self._url = ""
        # The gateway to go to first, as the last one named it.
        self._address: str | None = None
        self._transport: Transport | None = None
        # What comes of an earlier attempt to connect is ignored.
        self._attempt = 0
        self._dial_at = world.now()
        # When the present attempt began; none: there is none.
        self._dialled_at: float | None = None
        self._rings_at = inf
        self._cancel_timer: Callable[[], None] = lambda: None
        self._events: deque[Event] = deque()
        self._is_telling = False
        self._is_over = False
        self._farewell: Transport | None = None
        self._arm()

    def command(self, kind: str, body: dict[str, Any], ticket: Ticket | None) -> None:
        """Raises `TypeError` or `ValueError` for what the wire can't carry."""
        self._handle(Command(ticket, kind, body))

    async def close(self) -> None:
        """Says goodbye, and returns when it is said."""
        if not self._is_over:
            self.command("close", {}, None)
        if self._farewell:
            await self._farewell.close()

    def _handle(self, happened: Input) -> None:
        out = self._out
        self._machine.handle(self._world.now(), happened, out)
        frames, out.frames = out.frames, []
        for frame in frames:
            if self._transport:
                self._transport.send(frame)
        transport, out.transport = out.transport, None
        wants_token, out.wants_token = out.wants_token, False
        if transport == "stop":
            self._stop()
        elif transport:
            self._hang_up()
            self._dial_at = transport.at
            self._address = transport.address
        if wants_token:
            self.tasks.run(self._renew())
        self._arm()
        events, out.events = out.events, []
        self._events.extend(events)
        self._tell()

    def _tell(self) -> None:
        """In order, also where what is told makes the machine say more."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Answer):
                    _answer(event)
                else:
                    self._plan.tell(event)
        finally:
            self._is_telling = False

    def _arm(self) -> None:
        """Sees to it that the timer rings when something is due."""
        if self._is_over:
            return
        now = self._world.now()
        given_up_at = inf if self._dialled_at is None else self._dialled_at + _DIAL_MS_MAX
        at = min(self._machine.wake_at, self._dial_at, given_up_at, now + _TICK_MS)
        if at >= self._rings_at:
            return
        self._cancel_timer()
        self._rings_at = at
        self._cancel_timer = self._world.later(max(at - now, 0), self._ring)

    def _ring(self) -> None:
        is_late = self._world.now() - self._rings_at > _LATE_MS
        self._rings_at = inf
        if is_late:
            self._awake()
        self._handle(Wake())
        if self._dialled_for >= _DIAL_MS_MAX:
            self._fail(TimeoutError("no gateway answers"))
        if self._world.now() >= self._dial_at and not self._is_over:
            self._dial()
        self._arm()

    def _awake(self) -> None:
        """The process has stood still."""
        self._handle(Awake())
        if self._dialled_for > _DIAL_MS_DOUBTED:
            self._fail(TimeoutError("the process has stood still"))

    @property
    def _dialled_for(self) -> float:
        return 0 if self._dialled_at is None else self._world.now() - self._dialled_at

    def _dial(self) -> None:
        self._dial_at = inf
        self._dialled_at = self._world.now()
        self._url = self._take_url()
        self._attempt += 1
        if self._plan.token:
            self.tasks.run(self._dial_with_token(self._attempt))
        else:
            self._open()

    async def _dial_with_token(self, attempt: int) -> None:
        error: Exception | None = None
        try:
            token = await self._ask_for_token()
        except Exception as raised:
            error = raised
        if attempt != self._attempt:
            return
        if error:
            return self._fail(error)
        self._handle(Token(token))
        self._dialled_at = self._world.now()
        self._open()

    def _open(self) -> None:
        self._transport = self._world.open(self._url, _Listener(self, self._attempt))

    def _take_url(self) -> str:
        address, self._address = self._address, None
        if address and self._url:
            return at_address(self._url, address)
        url = self._plan.urls[self._next_url % len(self._plan.urls)]
        self._next_url += 1
        return url

    async def _renew(self) -> None:
        token: str | None = None
        try:
            token = await self._ask_for_token()
        except Exception as error:
            _log.warning("no new token: %r", error)
        self._handle(Token(token))

    async def _ask_for_token(self) -> str:
        if self._plan.token is None:
            raise TypeError("there is no source of tokens")
        token: Any = await self._plan.token()
        if not isinstance(token, str) or not token:
            raise TypeError(f"the token is no text: {type(token).__name__}")
        return token

    def is_current(self, attempt: int) -> bool:
        return attempt == self._attempt

    def opened(self) -> None:
        self._dialled_at = None
        self._handle(Opened())

    def received(self, data: str | bytes) -> None:
        self._handle(Frame(data))

    def closed(self, error: Exception | None) -> None:
        self._transport = None
        if self._dialled_at is not None:
            return self._fail(error)
        _log.info("the connection with %s is lost: %r", self._url, error)
        self._handle(Closed())

    def _fail(self, error: Exception | None) -> None:
        """An attempt to connect has failed."""
        self._hang_up()
        _log.warning("no connection with %s: %r", self._url, error)
        self._handle(Closed())

    def _hang_up(self) -> None:
        self._attempt += 1
        self._dialled_at = None
        transport, self._transport = self._transport, None
        if transport:
            self._farewell = transport
            self.tasks.run(transport.close())

    def _stop(self) -> None:
        self._is_over = True
        self._hang_up()
        self._cancel_timer()


class _Listener:
    """Tells the driver of one attempt, as long as it is the present one."""

    def __init__(self, driver: Driver, attempt: int) -> None:
        self._driver = driver
        self._attempt = attempt

    def opened(self) -> None:
        if self._driver.is_current(self._attempt):
            self._driver.opened()

    def frame(self, data: str | bytes) -> None:
        if self._driver.is_current(self._attempt):
            self._driver.received(data)

    def closed(self, error: Exception | None) -> None:
        if self._driver.is_current(self._attempt):
            self._driver.closed(error)


def _answer(answer: Answer) -> None:
    ticket: Ticket | None = answer.ticket
    if ticket is None:
        return
    if answer.failure:
        ticket.reject(error_of(answer.failure))
    else:
        ticket.resolve(answer.result)
