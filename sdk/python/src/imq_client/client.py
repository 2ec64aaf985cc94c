"""A client: one user, one connection, any number of rooms."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from .driver import Driver, Plan, Ticket, Told, TokenSource
from .errors import closed
from .machine.outbox import Connected, Lost
from .room import Link, Room
from .stream import Stream, Streams
from .transport import gateway_url
from .world import Platform, World

Status = Literal["connecting", "up", "reconnecting", "closed"]
"""`connecting`: never connected yet; `up`: connected; `reconnecting`: the connection is lost, and
the client comes back by itself; `closed`: over for good."""


@dataclass(frozen=True)
class StatusChange:
    """The connection has come or gone."""

    status: Status
    code: int = 0
    """Why a connection is gone: a close code (docs/protocol.md, section 9), or 0."""
    reason: str = ""
    resumed: bool = False
    """With `up`: the session of before goes on."""


class Client:
    """It connects by itself, and comes back by itself. `connect` makes one."""

    def __init__(self, world: World, plan: dict[str, Any]) -> None:
        self.status: Status = "connecting"
        self.user: str | None = None
        """Who the gateway takes us for, once it has said so."""
        # Why it is over; none: it isn't.
        self._end: Lost | None = None
        self._statuses = Streams(self)
        self._new_rooms = Streams(self)
        # As long as somebody has them; those that are subscribed, always.
        self._rooms: weakref.WeakValueDictionary[str, Room] = weakref.WeakValueDictionary()
        self._subscribed: dict[str, Room] = {}
        self._awaiting: list[asyncio.Future[None]] = []
        self._driver = Driver(world, Plan(**plan, tell=self._happened))
        self._link = Link(self._command, self._listen, self._driver.tasks)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def connected(self) -> None:
        """Waits for the connection, for ever if need be. `Closed` when the client is over."""
        if self._end:
            raise closed(self._end.reason, self._end.code)
        if self.status == "up":
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaiting.append(waiting)
        await waiting

    def room(self, name: str) -> Room:
        """The queue of this name, to read before it is subscribed, or to use without that."""
        room = self._rooms.get(name)
        if room is None:
            self._rooms[name] = room = Room(self._link, name)
        return room

    async def subscribe(
        self, name: str, *, history: int = 0, mounts: Sequence[str] = (), key_prefix: str = ""
    ) -> Room:
        """Joins a queue: see `Room.subscribe`."""
        room = self.room(name)
        return await room.subscribe(history=history, mounts=mounts, key_prefix=key_prefix)

    async def call(self, method: str, payload: Any = None) -> Any:
        """Calls the web application, by the call-out of the user's own class."""
        # Without a queue's name it is one of the user's own.
        return await Room(self._link, "").call(method, payload)

    def statuses(self) -> Stream[StatusChange]:
        """How the connection comes and goes from now on, until the client is closed."""
        return self._statuses.open(lambda change: change)

    def rooms(self) -> Stream[Room]:
        """The rooms that others put the user in from now on, and the user's inbox. For clients
        that are made with `given`."""
        return self._new_rooms.open(lambda room: room)

    async def close(self) -> None:
        """Ends the session now, so that others see the user leave, and the client with it."""
        await self._driver.close()

    def _command(self, kind: str, body: dict[str, Any], ticket: Ticket) -> None:
        self._driver.command(kind, body, ticket)

    def _happened(self, event: Told) -> None:
        if isinstance(event, Connected):
            self.user = event.user
            self._become(StatusChange("up", resumed=event.resumed))
            for waiting in self._take_awaiting():
                waiting.set_result(None)
        elif isinstance(event, Lost):
            self._lost(event)
        else:
            known = self._rooms.get(event.queue)
            room = known or self.room(event.queue)
            if known is None:
                self._new_rooms.push(room)
            room.hear(event)

    def _lost(self, event: Lost) -> None:
        for room in list(self._rooms.values()):
            room.lost(event)
        if event.may_retry:
            lost: Status = "connecting" if self.status == "connecting" else "reconnecting"
            return self._become(StatusChange(lost, event.code, event.reason))
        self._end = event
        self._become(StatusChange("closed", event.code, event.reason))
        self._statuses.end()
        self._new_rooms.end()
        for waiting in self._take_awaiting():
            waiting.set_exception(closed(event.reason, event.code))

    def _take_awaiting(self) -> list[asyncio.Future[None]]:
        awaiting, self._awaiting = self._awaiting, []
        return [waiting for waiting in awaiting if not waiting.done()]

    def _become(self, change: StatusChange) -> None:
        self.status = change.status
        self._statuses.push(change)

    def _listen(self, room: Room, listens: bool) -> None:
        """A room that nobody is in, and nobody has, is forgotten."""
        if listens:
            self._subscribed[room.name] = self._rooms[room.name] = room
        elif self._subscribed.get(room.name) is room:
            del self._subscribed[room.name]


def connect(
    gateways: str | Sequence[str],
    *,
    user: str | None = None,
    token: TokenSource | None = None,
    given: bool = False,
    client_name: str = "imq-python",
    client_version: str | None = None,
    world: World | None = None,
) -> Client:
    """A client, within a running event loop. It doesn't wait for the connection: what is asked
    before is sent when it is up.

    `gateways`: one or several, such as `ws://127.0.0.1:7480` or `https://host`. `token`: gives
    the user's token, a fresh one each time; it is called before each connection, and before a
    token ends. `user`: instead of it, for a server with development authentication, such as `imq
    dev`. `given`: tell of rooms that the back end puts the user in, by `rooms`. `client_name` and
    `client_version` are for operators. `world` is for tests.
    """
    urls = [gateways] if isinstance(gateways, str) else list(gateways)
    if not urls:
        raise ValueError("gateways: name at least one")
    plan = {
        "urls": [gateway_url(url) for url in urls],
        "token": token,
        "user": user,
        "given": given,
        "name": client_name,
        "version": client_version,
    }
    return Client(world or Platform(), plan)
