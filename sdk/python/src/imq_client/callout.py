"""What gateways ask and tell a web back end (docs/callouts.md)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .machine.codec import inward, outward, to_json

TOLERANCE_S = 300
"""So old or so far ahead a request may be: an overheard one is worth nothing afterwards."""

_ID_BYTES_MAX = 256
_SIGNATURES_MAX = 16


class Forged(Exception):
    """Nobody with the secret has sent this lately: answer with 401."""


class Unreadable(Exception):
    """It is signed, but Python can't read it: answer with 200 and `refuse(status=3)`."""


def verify_callout(
    headers: Mapping[str, str],
    body: bytes,
    secret: str | Sequence[str],
    *,
    now: float | None = None,
) -> dict[str, Any]:
    """The request of a gateway, by Standard Webhooks, with `type` `ask` or `tell`.

    `headers` may have any case. `body` has the bytes as they came. `secret` is `whsec_` and
    base64, as in the cluster configuration; several while one takes another's place. Payloads and
    values that aren't JSON are `bytes`. `now` is for tests.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    id, at, signatures = (
        lower.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not id or not at or not signatures:
        raise Forged("webhook-id, webhook-timestamp or webhook-signature is missing")
    if len(id) > _ID_BYTES_MAX or len(at) > 12 or not (at.isascii() and at.isdigit()):
        raise Forged("webhook-id is too long, or webhook-timestamp is no Unix time")
    age = (time.time() if now is None else now) - int(at)
    if abs(age) > TOLERANCE_S:
        raise Forged(f"webhook-timestamp is {age:.0f} s old: are both machines' clocks right?")
    keys = [secret] if isinstance(secret, str) else list(secret)
    given = signatures.split(" ")[:_SIGNATURES_MAX]
    # All are compared, and each in constant time: how long it takes says nothing.
    matches = [
        hmac.compare_digest(sign(key, id, at, body).encode(), one.encode())
        for key in keys
        for one in given
    ]
    if not any(matches):
        raise Forged("no signature matches: is the secret that of the cluster configuration?")
    return _read(body)


def sign(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """The signature that a gateway gives a request: `v1,` and base64."""
    mac = hmac.digest(_key_of(secret), f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


def allow() -> bytes:
    """Allows what is asked, but for `connect` and `call`."""
    return b'{"allow":true}'


def amend(payload: Any) -> bytes:
    """Allows a message, with another payload."""
    return to_json(outward({"allow": True, "payload": payload})).encode()


def connect_as(user: str, expires_in_s: int | None = None) -> bytes:
    """Allows a connection of this user, for so long; `None`: for ever."""
    fields = {"allow": True, "user": user, "expires_in_s": expires_in_s}
    return to_json(outward(fields)).encode()


def answer(payload: Any) -> bytes:
    """Answers a call."""
    return to_json(outward({"payload": payload})).encode()


def refuse(message: str = "", status: int = 7) -> bytes:
    """Refuses what is asked, with a status of docs/protocol.md, section 8; 7 is `forbidden`."""
    fields = {"allow": False, "status": status, "message": message or None}
    return to_json(outward(fields)).encode()


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("a call-out secret is `whsec_` and the base64 of 24 to 64 random bytes")
    return key


def _read(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
        for kind in ("ask", "tell"):
            if request["type"] == kind:
                return inward(request)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable(f"the body can't be read: {error}") from error
    raise Unreadable(f"the body is neither an ask nor a tell: {request['type']!r}")
