"""Why an operation failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STATUSES = {
    2: "outcome_unknown",
    3: "invalid",
    5: "not_found",
    7: "forbidden",
    8: "limit",
    9: "precondition",
    10: "conflict",
    12: "unimplemented",
    13: "internal",
    14: "unavailable",
    16: "unauthenticated",
}
"""The names of the statuses by which servers refuse (docs/protocol.md, section 8)."""


@dataclass(frozen=True)
class Failure:
    """Unless `code` is `outcome_unknown`, nothing was done."""

    code: str
    """A name in `STATUSES`, or the client's own reason, as below."""
    reason: str
    """A sentence for developers."""
    may_retry: bool = False
    """The same operation may succeed later."""
    close_code: int = 0
    """Why the client is over, if it is (docs/protocol.md, section 9)."""


OUTCOME_UNKNOWN = Failure("outcome_unknown", "it may or may not have run")
NOT_SENT = Failure("not_sent", "no connection for 15 s", may_retry=True)
FULL = Failure("full", "too much is waiting or unanswered", may_retry=True)
TOO_LARGE = Failure("too_large", "the gateway would not take it")
NAME = Failure("name", "a queue is called /a/b, without spaces")
CLOSED = Failure("closed", "the client is closed")


def failure_of(result: dict[str, Any]) -> Failure | None:
    """What a result says of a failure; `None`: it is none."""
    status = result.get("status", 0)
    if status == 0:
        return None
    # A status of a later version says at least that it went wrong, and how in its sentence.
    code = STATUSES.get(status, "invalid")
    return Failure(code, result.get("error_message") or code, bool(result.get("may_retry")))
