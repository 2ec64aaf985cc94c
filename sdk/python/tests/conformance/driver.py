"""The machine under a script."""

from __future__ import annotations

import base64
import json
from typing import Any

from imq_client.machine.machine import (
    Awake,
    Closed,
    Command,
    Frame,
    Input,
    Machine,
    Opened,
    Settings,
    Token,
    Wake,
)
from imq_client.machine.outbox import Outbox

from .told import told

INPUTS = (
    "connected",
    "disconnected",
    "receive",
    "undecodable",
    "token",
    "command",
    "stood_still",
)

_KINDS = (
    "subscribe",
    "unsubscribe",
    "send_message",
    "send_state",
    "get_state",
    "get_history",
    "list_members",
    "close",
)


class Driver:
    def __init__(self, settings: dict[str, Any], client: type[Machine]) -> None:
        renews = settings.get("renews", False)
        self._machine = client(
            Settings(
                random=lambda: 0.5,
                id="0123456789abcdef",
                user=None if renews else settings.get("user", "alice"),
                renews=renews,
                given=settings.get("given", False),
            )
        )
        self._now = 0.0
        self._done: dict[str, Any] = {}
        self._is_open = False
        self._client_id: str | None = None
        # What each command was, by its number.
        self._kinds: dict[int, str] = {}

    def pass_to(self, at: float, stands_still: bool) -> None:
        """Runs the timers that are due by this time, or none: a process that stands still runs
        none."""
        while not stands_still and self._machine.wake_at <= at:
            self._now = max(self._now, self._machine.wake_at)
            self._handle(Wake())
        self._now = at

    def input(self, step: dict[str, Any]) -> None:
        """Does what happens in a step."""
        inputs = [name for name in INPUTS if name in step]
        if len(inputs) > 1:
            raise ValueError(f"more than one input in {step}")
        if "connected" in step:
            self._is_open = True
            self._handle(Opened())
        elif "disconnected" in step:
            self._is_open = False
            self._handle(Closed())
        elif "receive" in step:
            self._handle(Frame(json.dumps(step["receive"])))
        elif "undecodable" in step:
            self._handle(Frame("{"))
        elif "token" in step:
            self._handle(Token(step["token"]))
            # Without a token there is no transport.
            if step["token"] is None and not self._is_open:
                self._handle(Closed())
        elif "command" in step:
            kind = next(name for name in _KINDS if name in step)
            self._kinds[step["command"]] = kind
            self._handle(Command(step["command"], kind, _given(step[kind])))
        elif "stood_still" in step:
            self._handle(Awake())
            self._handle(Wake())

    def take_done(self) -> dict[str, Any]:
        """What the client has done since this was asked last."""
        done, self._done = self._done, {}
        return done

    def _handle(self, happened: Input) -> None:
        out = Outbox()
        self._machine.handle(self._now, happened, out)
        for frame in out.frames:
            sent = self._without_chance(json.loads(frame))
            self._done.setdefault("sends", []).append(sent)
        for event in out.events:
            self._done.setdefault("events", []).append(told(event, self._kinds))
        if out.wants_token:
            self._done["wants_token"] = True
        if out.transport == "stop":
            self._done["stop"] = True
        elif out.transport:
            self._is_open = False
            wait = out.transport.at - self._now
            self._done["dial"] = {"in_ms": [wait, wait], "address": out.transport.address}

    def _without_chance(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Takes out what scripts leave out."""
        if "ping" in envelope:
            del envelope["ping"]["nonce"]
        if "connect" in envelope:
            client_id = envelope["connect"].pop("client_id")
            if len(client_id) < 16:
                raise ValueError(f"{client_id} has less than 64 bits")
            if self._client_id not in (None, client_id):
                raise ValueError("the client has another id")
            self._client_id = client_id
        return envelope


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as an application gives them: bytes that are no JSON are `bytes`."""
    given: dict[str, Any] = {}
    for name, field in fields.items():
        if name == "changes":
            given[name] = [_given(change) for change in field]
        elif name.endswith("_base64"):
            given[name[:-7]] = base64.b64decode(field)
        else:
            given[name] = field
    return given
