"""A platform whose clock, timers and sockets a test moves by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from imq_client import Client, Room, connect
from imq_client.transport import Listener

# Rounds of the event loop, after which all has run that waits for nothing else.
_ROUNDS = 20


async def settled() -> None:
    """Lets everything run that waits for a future."""
    loop = asyncio.get_running_loop()
    for _ in range(_ROUNDS):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


class Socket:
    """The gateway's end of a connection."""

    def __init__(self, url: str, listener: Listener, dialled_at: float) -> None:
        self.url = url
        self.dialled_at = dialled_at
        self.is_closed = False
        self.is_gone = False
        self._listener = listener
        self._sent: list[dict[str, Any]] = []

    def send(self, frame: str) -> None:
        if not self.is_closed:
            self._sent.append(json.loads(frame))

    async def close(self) -> None:
        self.is_closed = True

    def take(self) -> list[dict[str, Any]]:
        """What the client has sent since this was asked last."""
        sent, self._sent = self._sent, []
        return sent

    def opens(self) -> None:
        self._listener.opened()

    def says(self, **envelopes: Any) -> None:
        """The gateway says this, each in a message of its own."""
        for kind, body in envelopes.items():
            self._listener.frame(json.dumps({kind: body}))

    def welcomes(self, **fields: Any) -> None:
        session = {"session_id": "s1", "secret": "k1", "user": "ann", "ping_every_ms": 25_000}
        self.says(welcome={**session, **fields})

    def answers(self, **fields: Any) -> dict[str, Any]:
        """The result of the one operation that was sent, which is returned."""
        ((_, body),) = (item for sent in self.take() for item in sent.items())
        self.says(result={"op_id": body["op_id"], "status": 0, **fields})
        answered: dict[str, Any] = body
        return answered

    def drops(self) -> None:
        """The connection ends."""
        self.is_gone = True
        self._listener.closed(None)


class World:
    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.sockets: list[Socket] = []
        self._timers: dict[int, tuple[float, Callable[[], None]]] = {}
        self._next_timer = 0

    def now(self) -> float:
        return self.time

    def later(self, ms: float, run: Callable[[], None]) -> Callable[[], None]:
        number = self._next_timer
        self._next_timer += 1
        self._timers[number] = (self.time + ms, run)
        return lambda: void(self._timers.pop(number, None))

    def open(self, url: str, listener: Listener) -> Socket:
        self.sockets.append(Socket(url, listener, self.time))
        return self.sockets[-1]

    def random(self) -> float:
        return 0.5

    def id(self) -> str:
        return "0123456789abcdef"

    @property
    def socket(self) -> Socket:
        """The newest one."""
        return self.sockets[-1]

    @property
    def timers(self) -> int:
        return len(self._timers)

    async def passes(self, ms: float) -> None:
        """Time passes, and each timer runs when it is due."""
        until = self.time + ms
        await settled()
        while due := [(at, number) for number, (at, _) in self._timers.items() if at <= until]:
            at, number = min(due)
            self.time = max(self.time, at)
            _, run = self._timers.pop(number)
            run()
            await settled()
        self.time = until

    def freezes(self, ms: float) -> None:
        """Time passes, but no timer runs, as in a machine that sleeps."""
        self.time += ms


def void(_: object) -> None:
    pass


async def dialled(
    gateways: str | list[str] = "ws://g1", **options: Any
) -> tuple[Client, World]:
    """A client that has dialled for the first time."""
    world = World()
    imq = connect(gateways, world=world, **(options or {"user": "ann"}))
    await world.passes(0)
    return imq, world


async def connected(
    gateways: str | list[str] = "ws://g1", **options: Any
) -> tuple[Client, World]:
    """A client with a connection."""
    imq, world = await dialled(gateways, **options)
    world.socket.opens()
    world.socket.welcomes()
    world.socket.take()
    return imq, world


async def in_room(**word: Any) -> tuple[Client, World, Room]:
    """A client in the room /a."""
    imq, world = await connected()
    joining = asyncio.ensure_future(imq.subscribe("/a"))
    await settled()
    world.socket.answers()
    world.socket.says(subscribed=subscribed(**word))
    room = await joining
    await settled()
    return imq, world, room


def subscribed(**word: Any) -> dict[str, Any]:
    marks = {"chat": 4, "scores": 4, "members": 4}
    return {"sub": 1, "queue": "/a", "epoch": 9, "marks": marks, **word}


async def comes_back(world: World, **welcome: Any) -> None:
    """The connection is lost and comes back."""
    world.socket.drops()
    await world.passes(0)
    world.socket.opens()
    world.socket.welcomes(**{"resumed": True, "secret": "k2", **welcome})
    await settled()
