"""An operation that waits or is unanswered."""

from __future__ import annotations

from math import inf
from typing import Any

from .codec import encode, number
from .limits import GRACE_MS


class Operation:
    def __init__(self, now: float, kind: str, body: dict[str, Any], ticket: Any = None) -> None:
        """Encodes it at once: what the application does with its values later changes nothing.
        Without a ticket it is the client's own, to subscribe again after it came back."""
        self.kind = kind
        self.body = body
        self.ticket = ticket
        self.op_id = 0
        # Its frame, but for the id.
        self._blank = encode(kind, {"op_id": 0, **body})
        # With a full-grown id.
        self.bytes = len(self._blank.encode()) + 10
        self._deadline = now + GRACE_MS

    @property
    def expires(self) -> float:
        """When the client itself answers it. To be subscribed or not is a wish: never."""
        return inf if self.kind in ("subscribe", "unsubscribe") else self._deadline

    def number(self, now: float, op_id: int) -> None:
        """It is sent for the first time, under this id."""
        self.op_id = op_id
        self._deadline = now + GRACE_MS

    @property
    def frame(self) -> str:
        return number(self._blank, self.op_id)
