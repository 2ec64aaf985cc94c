"""The life of one connection, and whether the other end is still there."""

from __future__ import annotations

from math import inf
from typing import Literal

from .limits import (
    DOUBT_MS_MAX,
    DOUBTS_MAX,
    PING_EVERY_MS,
    PING_EVERY_MS_MAX,
    PING_EVERY_MS_MIN,
    PONG_MS_MAX,
)

NO_WELCOME = "no `welcome` in time"
NO_PONG = "no answer to a ping"


class Connection:
    """`stage` is `down`: no transport; `greeting`: `connect` is sent; `up`: `welcome` came;
    `over`: closed for good."""

    def __init__(self) -> None:
        self.stage: Literal["down", "greeting", "up", "over"] = "down"
        self._since = 0.0
        self._heard = 0.0
        self._ping_after = 0.0
        # Something has to come by the deadline: `welcome`, or anything after a ping.
        self._awaits = False
        self._deadline = 0.0
        self._doubts = 0

    @property
    def is_up(self) -> bool:
        return self.stage == "up"

    @property
    def is_open(self) -> bool:
        """There is a transport."""
        return self.stage in ("greeting", "up")

    def greet(self, now: float) -> None:
        self.stage = "greeting"
        self._awaits = True
        self._deadline = now + PONG_MS_MAX
        self._doubts = 0

    def welcome(self, now: float, ping_every: float) -> None:
        """A gateway said `welcome`; it pings what was silent for so long, 0 if it doesn't say."""
        self.stage = "up"
        self._since = now
        every = min(max(ping_every, PING_EVERY_MS_MIN), PING_EVERY_MS_MAX)
        self._ping_after = 1.5 * (every if ping_every else PING_EVERY_MS)
        self.heard(now)

    def lasted(self, now: float) -> float:
        return now - self._since if self.is_up else 0

    def heard(self, now: float) -> None:
        """Anything that comes is a sign of life."""
        if not self.is_up:
            return
        self._heard = now
        self._awaits = False
        self._doubts = 0

    def doubt(self, now: float) -> bool:
        """The process has stood still: the silence meanwhile proves nothing, but the connection
        may be gone. It gets a short time to show itself. True: ping it."""
        is_asked = self._doubts > 0 and now < self._deadline
        if not self.is_open or is_asked or self._doubts == DOUBTS_MAX:
            return False
        self._doubts += 1
        self._awaits = True
        self._deadline = now + DOUBT_MS_MAX
        return self.is_up

    @property
    def wake_at(self) -> float:
        if not self.is_open:
            return inf
        return self._deadline if self._awaits else self._heard + self._ping_after

    def due(self, now: float) -> str | None:
        """What silence asks for: `ping`, or the end, and why."""
        if now < self.wake_at:
            return None
        if self._awaits:
            return NO_PONG if self.is_up else NO_WELCOME
        self._awaits = True
        self._deadline = now + PONG_MS_MAX
        return "ping"
