"""Whatever happens in whatever order, each command is answered once, and the machine goes on."""

from __future__ import annotations

import json
import random
import unittest
from math import inf
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
from imq_client.machine.outbox import Answer, Lost, Outbox

SEEDS = 300
STEPS = 300
QUEUES = ("/a", "/b", "/user/ann")
KINDS = ("subscribe", "unsubscribe", "send_message", "get_state", "call")


class Storm:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        renews = self.chance.random() < 0.3
        given = self.chance.random() < 0.3
        self.machine = Machine(
            Settings(random=self.chance.random, id="0" * 16, renews=renews, given=given)
        )
        self.now = 0.0
        self.asked = 0
        self.answered: list[int] = []
        self.is_over = False
        # The ids that were sent in this session.
        self.sent: set[int] = set()

    def run(self) -> None:
        for _ in range(STEPS):
            self.now += self.chance.choice((0, 1, 50, 1_000, 20_000))
            self.do(Wake())
            self.do(self.happening())
            # What has been dealt with isn't due any more, or time would stand still.
            assert self.machine.wake_at > self.now, "a timer that is never done"
        self.do(Command(self.next_ticket(), "close", {}))
        assert self.machine.wake_at == inf
        assert sorted(self.answered) == list(range(1, self.asked + 1)), "not once each"

    def do(self, happened: Input) -> None:
        out = Outbox()
        self.machine.handle(self.now, happened, out)
        for event in out.events:
            assert not self.is_over or isinstance(event, Answer), "told after the end"
            if isinstance(event, Answer):
                self.answered.append(event.ticket)
            elif isinstance(event, Lost) and not event.may_retry:
                self.is_over = True
        for frame in out.frames:
            ((kind, body),) = json.loads(frame).items()
            if "op_id" in body:
                self.sent.add(body["op_id"])

    def next_ticket(self) -> int:
        self.asked += 1
        return self.asked

    def happening(self) -> Input:
        draw = self.chance.random()
        if draw < 0.4:
            return Frame(json.dumps(self.envelope()))
        if draw < 0.7:
            body: dict[str, Any] = {"queue": self.chance.choice(QUEUES), "payload": 1}
            return Command(self.next_ticket(), self.chance.choice(KINDS), body)
        if draw < 0.8:
            return Closed()
        if draw < 0.95:
            return Opened()
        return self.chance.choice((Awake(), Token("t"), Token(None), Frame("{")))

    def envelope(self) -> dict[str, Any]:
        choice = self.chance.choice
        queue, sub, seq = choice(QUEUES), choice((1, 2, 3)), self.chance.randrange(1, 50)
        place = {"epoch": choice((1, 2)), "marks": {"m": seq}}
        op_id = choice(sorted(self.sent)) if self.sent else 1
        session = {"session_id": choice("st"), "secret": "k", "resumed": choice((True, False))}
        closing = {"code": choice((0, 3001, 3002, 3010)), "retry_after_ms": choice((0, 9_000))}
        return choice(
            (
                {"welcome": {**session, "expires_in_ms": choice((0, 5_000))}},
                {"welcome": session},
                {"result": {"op_id": op_id, "status": choice((0, 0, 2, 5, 14)), "may_retry": True}},
                {"result": {"op_id": op_id, "status": choice((0, 7))}},
                {"subscribed": {"sub": sub, "queue": queue, **place}},
                {"subscribed": {"sub": sub, "queue": queue, **place}},
                {"unsubscribed": {"queue": queue, "may_retry": choice((True, False))}},
                {"message": {"sub": sub, "mount": "m", "seq": seq, "payload": 1}},
                {"state": {"sub": sub, "mount": "m", "seq": seq}},
                {"gap": {"sub": sub, "mount": "m", "before_seq": seq}},
                {"closing": closing},
                {"later": {"x": 1}},
            )
        )


class Storms(unittest.TestCase):
    def test_each_command_is_answered_once(self) -> None:
        for seed in range(SEEDS):
            with self.subTest(f"seed {seed}"):
                Storm(seed).run()
