"""Brings requests to a gateway and their answers back."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ImqError, OutcomeUnknown, Unavailable, error_of
from ..machine.codec import to_json
from ..machine.failure import Failure
from .http import Broken, ConnectFailed, Gateway, Response

# Before the first repetition; it doubles…
_WAIT_S_FIRST = 0.05
# …up to this.
_WAIT_S_MAX = 0.5


@dataclass(frozen=True)
class Request:
    method: str
    body: dict[str, Any]
    writes: bool
    key: str | None
    is_left: Callable[[dict[str, Any]], bool] = lambda _: False
    """Whether something of it is left to do after this answer."""


class Caller:
    """An attempt that came to nothing is repeated, at the next gateway, with the same
    Idempotency-Key and the same bytes, until the time of the call is over. So a write that was
    done the first time gives its answer the second time, and isn't done twice."""

    def __init__(
        self, gateways: Sequence[Gateway], key: str, timeout_s: float, connect_timeout_s: float
    ) -> None:
        self._gateways = gateways
        self._key = key
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        # Which gateway is asked first: the one that answered last.
        self._first = 0

    def close(self) -> None:
        for gateway in self._gateways:
            gateway.close()

    def post(self, request: Request) -> dict[str, Any]:
        """The body of the answer; an `ImqError` if it is a refusal, or there is none."""
        deadline = time.monotonic() + self._timeout_s
        body = to_json(request.body).encode()
        may_have_run, tries, first = False, 0, self._first
        while True:
            at = (first + tries) % len(self._gateways)
            attempt = self._try(self._gateways[at], request, body, self._until(deadline))
            if not attempt.again:
                self._first = at
                return attempt.answer()
            may_have_run = may_have_run or attempt.may_have_run
            tries += 1
            wait = self._wait_s(tries)
            if time.monotonic() + wait >= deadline:
                return attempt.give_up(may_have_run and request.writes, request.key)
            time.sleep(wait)

    def _try(self, gateway: Gateway, request: Request, body: bytes, deadline: float) -> _Attempt:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if request.key:
            headers["Idempotency-Key"] = request.key
        path = f"/rpc/v1/{request.method}"
        try:
            response = gateway.post(path, headers, body, self._connect_timeout_s, deadline)
        except ConnectFailed as error:
            unavailable = Unavailable(str(error), may_retry=True, idempotency_key=request.key)
            return _Attempt(error=unavailable, again=True)
        except Broken as error:
            unknown = OutcomeUnknown(str(error), may_retry=True, idempotency_key=request.key)
            return _Attempt(error=unknown, again=True, may_have_run=True)
        return _interpret(response, request)

    def _until(self, deadline: float) -> float:
        """How long one attempt may take. A gateway that hangs leaves time for the next one."""
        if len(self._gateways) == 1:
            return deadline
        now = time.monotonic()
        return now + (deadline - now) / 2

    def _wait_s(self, tries: int) -> float:
        """Before the next attempt."""
        # The first round over the gateways is made at once: that one is down says nothing of the
        # next.
        rounds = tries - len(self._gateways)
        if rounds < 0:
            return 0
        whole = min(_WAIT_S_FIRST * 2.0 ** min(rounds, 10), _WAIT_S_MAX)
        # Drawn, so that many processes which failed together don't come back together.
        return random.uniform(whole / 2, whole)


def refusal(error: dict[str, Any], key: str | None) -> ImqError:
    """What the `error` of an answer says."""
    code, reason = str(error.get("code")), str(error.get("message", ""))
    return error_of(Failure(code, reason, bool(error.get("may_retry"))), key)


@dataclass(frozen=True)
class _Attempt:
    """What one attempt came to."""

    body: dict[str, Any] | None = None
    error: ImqError | None = None
    again: bool = False
    """Another one may come to more."""
    may_have_run: bool = False
    """It may have been done although no answer says so."""

    def answer(self) -> dict[str, Any]:
        if self.error:
            raise self.error
        return self.body or {}

    def give_up(self, may_have_run: bool, key: str | None) -> dict[str, Any]:
        """The time is over. What one attempt may have done isn't undone by the next one's finding
        nobody."""
        if self.error is None:
            return self.answer()
        kind = OutcomeUnknown if may_have_run else Unavailable
        reason = f"{self.error.reason} (the time of the call is over)"
        raise kind(reason, may_retry=True, idempotency_key=key) from self.error


def _interpret(response: Response, request: Request) -> _Attempt:
    try:
        body = json.loads(response.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return _foreign(response, request)
    if response.status == 200:
        return _Attempt(body, again=request.is_left(body))
    error = body.get("error")
    if not isinstance(error, dict):
        return _foreign(response, request)
    refused = refusal(error, request.key)
    # Under the same key the outcome may become known.
    is_unknown = isinstance(refused, OutcomeUnknown)
    again = is_unknown or isinstance(refused, Unavailable)
    return _Attempt(error=refused, again=again, may_have_run=is_unknown)


def _foreign(response: Response, request: Request) -> _Attempt:
    """An answer of something on the way, or of somebody else at this address."""
    reason = (
        f"HTTP {response.status} with a body that isn't imq's:"
        " is this the RPC address of a gateway?"
    )
    again = response.status in (502, 503, 504)
    kind = Unavailable if response.status == 503 else OutcomeUnknown
    error = kind(reason, may_retry=again, idempotency_key=request.key)
    return _Attempt(error=error, again=again, may_have_run=kind is OutcomeUnknown)
