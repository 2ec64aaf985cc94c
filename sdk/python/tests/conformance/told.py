"""What the application is told, as a script says it."""

from __future__ import annotations

import base64
from typing import Any

from imq_client.machine.failure import STATUSES
from imq_client.machine.outbox import Answer, Connected, Event, Interrupted, Lost

# The fields of events; what a later version adds, the application isn't told.
_FIELDS = {
    "subscribed": ("epoch", "marks", "mounts", "members", "member_count", "recovered", "gap"),
    "message": ("mount", "seq", "from", "payload", "sent_at_ms", "history"),
    "state": ("mount", "seq", "from", "changes", "conflated"),
    "joined": ("seq", "users", "reason"),
    "left": ("seq", "users", "reason"),
    "mount_created": ("mount", "seq", "kind"),
    "mount_deleted": ("mount", "seq", "kind"),
    "gap": ("mount", "after_seq", "before_seq"),
}
_READ = ("entries", "messages", "members", "member_count", "next")


def told(event: Event, kinds: dict[int, str]) -> dict[str, Any]:
    if isinstance(event, Connected):
        return {"connected": {"user": event.user, "resumed": event.resumed}}
    if isinstance(event, Lost):
        return {"closed": {"code": event.code, "may_retry": event.may_retry}}
    if isinstance(event, Answer):
        return _answered(event, kinds[event.ticket])
    if isinstance(event, Interrupted):
        word = {"reason": event.reason, "retrying": event.retrying}
        return {"queue": event.queue, "unsubscribed": word}
    word = {name: event.word[name] for name in _FIELDS[event.kind] if name in event.word}
    return {"queue": event.queue, event.kind: _written(word)}


def _answered(answer: Answer, kind: str) -> dict[str, Any]:
    failure, result = answer.failure, answer.result
    if failure is None:
        ok: dict[str, Any] = {}
        if kind in ("send_message", "send_state"):
            ok = {"seq": result.get("seq", 0)}
        elif kind.startswith(("get_", "list_")):
            ok = _written({name: result[name] for name in _READ if name in result})
        return {"answer": answer.ticket, "ok": ok}
    if failure.code not in STATUSES.values() or failure.code == "outcome_unknown":
        return {"answer": answer.ticket, "failure": failure.code}
    return {
        "answer": answer.ticket,
        "failure": "refused",
        "status": failure.code,
        "may_retry": failure.may_retry,
    }


def _written(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields in JSON, where bytes are base64."""
    written: dict[str, Any] = {}
    for name, field in fields.items():
        if isinstance(field, bytes):
            written[f"{name}_base64"] = base64.b64encode(field).decode()
        elif name in ("mounts", "entries", "messages", "changes"):
            written[name] = [_written(one) for one in field]
        else:
            written[name] = field
    return written
