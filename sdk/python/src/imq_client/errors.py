"""Why something was not done."""

from __future__ import annotations

from .machine.failure import Failure


class ImqError(Exception):
    """Unless it is an `OutcomeUnknown`, nothing was done."""

    code = "error"
    """What kind of failure it is, in a word."""

    def __init__(
        self, reason: str, *, may_retry: bool = False, idempotency_key: str | None = None
    ) -> None:
        super().__init__(f"{self.code}: {reason}")
        self.reason = reason
        """A sentence for developers."""
        self.may_retry = may_retry
        """The same may succeed later."""
        self.idempotency_key = idempotency_key
        """Of a call by RPC: sent again under this key, it runs once."""


class OutcomeUnknown(ImqError):
    """It was sent, and it may or may not have run. Look before you repeat it."""

    code = "outcome_unknown"


class Refused(ImqError):
    """The server said no (docs/protocol.md, section 8)."""

    code = "refused"


class Invalid(Refused):
    """The operation is malformed; the reason says where."""

    code = "invalid"


class NotFound(Refused):
    """There is no such queue, mount, key, user or method."""

    code = "not_found"


class Forbidden(Refused):
    """Not allowed for this user, member or key."""

    code = "forbidden"


class Limit(Refused):
    """A limit that the reason names is reached."""

    code = "limit"


class Precondition(Refused):
    """A condition of the operation doesn't hold."""

    code = "precondition"


class Conflict(Refused):
    """It clashes with what is already there."""

    code = "conflict"


class Unimplemented(Refused):
    """This server doesn't know the operation."""

    code = "unimplemented"


class Internal(Refused):
    """A bug of the server."""

    code = "internal"


class Unavailable(Refused):
    """Not now. By RPC also: no gateway could be reached."""

    code = "unavailable"


class Unauthenticated(Refused):
    """No valid credentials."""

    code = "unauthenticated"


class NotSent(ImqError):
    """There was no connection for 15 s."""

    code = "not_sent"


class Full(ImqError):
    """More than 4,096 operations, or 8 MiB, are waiting or unanswered."""

    code = "full"


class TooLarge(ImqError):
    """More than the server takes in one piece (256 KiB)."""

    code = "too_large"


class BadName(ImqError):
    """This is no name of a queue."""

    code = "name"


class Closed(ImqError):
    """The client is closed, or the subscription is over."""

    code = "closed"
    close_code = 0
    """If the client is: why, as a close code (docs/protocol.md, section 9)."""


class TokenRefused(Closed):
    """The client is closed since the server doesn't take the user's token."""


class Overrun(ImqError):
    """Events weren't read fast enough, and this iterator has lost some. Others have not."""

    code = "overrun"


# A close code.
_BAD_TOKEN = 3501

_KINDS: tuple[type[ImqError], ...] = (
    OutcomeUnknown,
    Invalid,
    NotFound,
    Forbidden,
    Limit,
    Precondition,
    Conflict,
    Unimplemented,
    Internal,
    Unavailable,
    Unauthenticated,
    NotSent,
    Full,
    TooLarge,
    BadName,
    Closed,
)
BY_CODE = {kind.code: kind for kind in _KINDS}
"""The exceptions by their codes."""


def closed(reason: str, close_code: int) -> Closed:
    """Says why the client is closed."""
    error = (TokenRefused if close_code == _BAD_TOKEN else Closed)(reason)
    error.close_code = close_code
    return error


def error_of(failure: Failure, idempotency_key: str | None = None) -> ImqError:
    """The exception that says this."""
    if failure.code == Closed.code:
        return closed(failure.reason, failure.close_code)
    kind = BY_CODE.get(failure.code, Refused)
    return kind(failure.reason, may_retry=failure.may_retry, idempotency_key=idempotency_key)
