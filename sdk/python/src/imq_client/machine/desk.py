"""What the queues of a client share."""

from __future__ import annotations

from math import inf
from typing import Any

from .codec import encode
from .failure import Failure
from .limits import FRAME_BYTES_MAX, OPERATION_BYTES_MAX, OPERATIONS_MAX, UNANSWERED_MAX
from .operation import Operation
from .outbox import Answer, Event, Outbox
from .retry import Retry


class Desk:
    """Time, ids, limits, and where to put what the queues say."""

    def __init__(self, retry: Retry) -> None:
        self.retry = retry
        self.now = 0.0
        self.out = Outbox()
        self.is_up = False
        self.next_op_id = 1
        self.frame_bytes_max = FRAME_BYTES_MAX
        self.unanswered_max = UNANSWERED_MAX
        # No operation expires and no pause ends before this.
        self.look_at = inf
        self._operations = 0
        self._bytes = 0

    def limit(self, limits: dict[str, Any]) -> None:
        """The gateway's limits; never more than the protocol's, which count where it says
        nothing."""
        self.frame_bytes_max = min(limits.get("frame_bytes") or FRAME_BYTES_MAX, FRAME_BYTES_MAX)
        unanswered = limits.get("unanswered_per_queue") or UNANSWERED_MAX
        self.unanswered_max = min(unanswered, UNANSWERED_MAX)

    def take_op_id(self) -> int:
        op_id = self.next_op_id
        self.next_op_id += 1
        return op_id

    def send(self, kind: str, body: dict[str, Any]) -> None:
        self.out.frames.append(encode(kind, body))

    def send_all(self, operations: list[Operation]) -> None:
        """Sends operations, for the first time or once more."""
        self.out.frames.extend(operation.frame for operation in operations)

    def tell(self, event: Event) -> None:
        self.out.events.append(event)

    def look(self, at: float) -> None:
        """Something is due then."""
        self.look_at = min(self.look_at, at)

    def admit(self, operation: Operation) -> bool:
        """Takes an operation of the application in, if there is space."""
        total = self._bytes + operation.bytes
        if self._operations == OPERATIONS_MAX or total > OPERATION_BYTES_MAX:
            return False
        self._operations += 1
        self._bytes = total
        self.look(operation.expires)
        return True

    def settle(
        self,
        operation: Operation,
        *,
        result: dict[str, Any] | None = None,
        failure: Failure | None = None,
    ) -> None:
        """The operation is over; the application hears of its own."""
        if operation.ticket is None:
            return
        self._operations -= 1
        self._bytes -= operation.bytes
        self.tell(Answer(operation.ticket, result or {}, failure))
