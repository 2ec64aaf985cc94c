"""Envelopes in JSON: docs/protocol.md, section 7."""

from __future__ import annotations

import base64
import json
from typing import Any

# What holds values, below an envelope of the gateway.
_LISTS = ("mounts", "entries", "messages", "changes")
_INTEGER_MAX = 2**53


def encode(kind: str, body: dict[str, Any]) -> str:
    """One envelope. `TypeError` or `ValueError` for what the wire can't carry."""
    return to_json({kind: outward(body)})


def number(frame: str, op_id: int) -> str:
    """An operation, encoded with `op_id` 0 as its first field, under its id."""
    return frame.replace('"op_id":0', f'"op_id":{op_id}', 1)


def decode(data: str | bytes) -> list[tuple[str, dict[str, Any]]]:
    """The envelopes in one message of the transport. Raises an `Exception` if it holds none."""
    envelopes = json.loads(data)
    if not isinstance(envelopes, list):
        envelopes = [envelopes]
    return [_envelope(envelope) for envelope in envelopes]


def to_json(value: Any) -> str:
    """JSON as the server takes it: no NaN, no half of a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()
    return text


def outward(body: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are written: without those that aren't given, and bytes in base64."""
    written: dict[str, Any] = {}
    for name, field in body.items():
        if name in ("payload", "set"):
            if isinstance(field, (bytes, bytearray)):
                written[f"{name}_base64"] = base64.b64encode(field).decode()
            else:
                written[name] = field
        elif field is None:
            continue
        elif name == "changes":
            written[name] = [outward(change) for change in field]
        else:
            _check_number(name, field)
            written[name] = field
    return written


def inward(body: dict[str, Any]) -> dict[str, Any]:
    """The fields as the client uses them: what isn't JSON is `bytes`."""
    for name in ("payload", "value", "set"):
        text = body.pop(f"{name}_base64", None)
        if text is not None:
            body[name] = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    for name in _LISTS:
        items = body.get(name)
        # By RPC, `entries` of a mount is their number.
        for item in items if isinstance(items, list) else ():
            inward(item)
    return body


def _envelope(envelope: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # What isn't an object with one object in it is no envelope.
    ((kind, body),) = envelope.items()
    if not isinstance(body, dict):
        raise TypeError(f"{kind} holds no fields")
    return kind, inward(body)


def _check_number(name: str, field: Any) -> None:
    """A gateway closes for good where a number is none of its own."""
    if name == "add":
        is_good = type(field) is int and -(2**63) <= field < 2**63
    elif isinstance(field, (int, float)) and not isinstance(field, bool):
        is_good = type(field) is int and 0 <= field < _INTEGER_MAX
    else:
        return
    if not is_good:
        raise ValueError(f"{name} can't be {field!r}")
