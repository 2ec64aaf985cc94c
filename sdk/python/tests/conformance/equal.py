"""When what a client does is what a script says."""

from __future__ import annotations

import copy
import json
from typing import Any

# What is compared as it is: the application's values, and marks, whose names aren't fields.
_AS_THEY_ARE = ("payload", "value", "set", "marks")
# Fields that may be there with their default.
_OPTIONAL = (
    "payload",
    "value",
    "set",
    "payload_base64",
    "value_base64",
    "set_base64",
    "add",
    "if_version",
    "member_count",
)


def difference(output: str, said: Any, done: Any) -> str:
    """What the script says and what the client did, a line each, unless it is the same."""
    wanted, did = _list(said), _list(done)
    is_met = len(wanted) == len(did) and all(
        _is_same(output, one, other) for one, other in zip(wanted, did)
    )
    if is_met:
        return ""
    lines = [f"\n  - {output} {json.dumps(value)}" for value in wanted]
    return "".join(lines + [f"\n  + {output} {json.dumps(value)}" for value in did])


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return [_plain(one) for one in (value if isinstance(value, list) else [value])]


def _plain(value: Any) -> Any:
    """A value without fields at their default."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: field if name in _AS_THEY_ARE else _plain(field)
        for name, field in value.items()
        if not _is_default(name, field)
    }


def _is_default(name: str, field: Any) -> bool:
    if name in _OPTIONAL:
        return False
    if isinstance(field, dict):
        return name == "marks" and not field
    return not field


def _is_same(output: str, wanted: Any, did: Any) -> bool:
    if output == "dial":
        low, high = wanted["in_ms"]
        is_in_time = low <= did["in_ms"][0] <= high
        return bool(is_in_time and wanted.get("address") == did.get("address"))
    if not isinstance(wanted, dict):
        return bool(wanted == did)
    rest = copy.deepcopy(did)
    # Where the words are the client's own, the script doesn't have them.
    if "reason" not in wanted.get("unsubscribed", {"reason": ""}):
        rest.get("unsubscribed", {}).pop("reason", None)
    if "status" not in wanted:
        rest.pop("status", None)
    # 1 and true are equal in Python, and different in JSON.
    return json.dumps(wanted, sort_keys=True) == json.dumps(rest, sort_keys=True)
