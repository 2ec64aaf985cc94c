"""What the scripts of sdk/conformance don't show of the machine and its codec."""

from __future__ import annotations

import json
import unittest
from typing import Any

from imq_client.machine import codec, limits
from imq_client.machine.machine import (
    Awake,
    Closed,
    Command,
    Frame,
    Input,
    Machine,
    Opened,
    Settings,
    Wake,
)
from imq_client.machine.name import is_queue_name
from imq_client.machine.outbox import Answer, Lost, Outbox


class Bench:
    """A machine whose time is moved by hand."""

    def __init__(self) -> None:
        self.machine = Machine(Settings(random=lambda: 0.5, id="0123456789abcdef", user="ann"))
        self.now = 0.0

    def do(self, happened: Input, after: float = 0) -> Outbox:
        self.now += after
        out = Outbox()
        self.machine.handle(self.now, happened, out)
        return out

    def hear(self, **envelope: Any) -> Outbox:
        return self.do(Frame(json.dumps(envelope)))

    def connect(self) -> None:
        self.do(Opened())
        self.hear(welcome={"session_id": "s", "secret": "k", "user": "ann"})


class Names(unittest.TestCase):
    def test_names_of_queues(self) -> None:
        for name in ("/a", "/room/1", "/käse/🧀", "/" + "a" * 254):
            self.assertTrue(is_queue_name(name), name)
        bad = ["", "a", "/", "/a/", "//a", "/a b", "/a\n", "/a\u200b", "/\ufeff", "/\ud800"]
        for name in [*bad, "/" + "a" * 255, "/" + "ä" * 128]:
            self.assertFalse(is_queue_name(name), repr(name))


class Codec(unittest.TestCase):
    def test_what_the_wire_cannot_carry_is_refused(self) -> None:
        bad = [float("nan"), float("inf"), object(), "\ud83d", {"\udc00": 1}, {1, 2}]
        for value in bad:
            with self.subTest(repr(value)), self.assertRaises((TypeError, ValueError)):
                codec.encode("send_message", {"payload": value})
        for name, number in (("limit", -1), ("limit", 1.0), ("history", 2**53), ("add", 2**63)):
            with self.subTest(name, number=number), self.assertRaises(ValueError):
                codec.encode("x", {name: number})

    def test_values_stay_what_they_are(self) -> None:
        values: list[Any] = [None, "", 0, 2**70, [], {}, "🧀", b"", b"\x00\xff"]
        for value in values:
            frame = codec.encode("message", {"payload": value})
            self.assertEqual(codec.decode(frame), [("message", {"payload": value})])

    def test_the_id_of_an_operation_is_put_into_its_frame_alone(self) -> None:
        frame = codec.encode("call", {"op_id": 0, "payload": '"op_id":0'})
        (kind, body) = codec.decode(codec.number(frame, 17))[0]
        self.assertEqual((kind, body), ("call", {"op_id": 17, "payload": '"op_id":0'}))

    def test_what_is_no_envelope_is_refused(self) -> None:
        for text in ("", "{", "{}", "1", "[1]", '{"a":1}', '{"a":{},"b":{}}'):
            with self.subTest(text), self.assertRaises(Exception):
                codec.decode(text)


class LateTimers(unittest.TestCase):
    """Rule 30."""

    def test_a_silent_connection_is_asked_and_not_given_up(self) -> None:
        bench = Bench()
        bench.connect()
        out = bench.do(Awake(), after=3_600_000)
        self.assertIn("ping", json.loads(out.frames[0]))
        self.assertIsNone(bench.do(Wake()).transport)
        bench.hear(pong={})
        self.assertIsNone(bench.do(Wake(), after=1_500).transport)

    def test_it_is_given_up_after_a_short_time(self) -> None:
        bench = Bench()
        bench.connect()
        bench.do(Awake(), after=60_000)
        out = bench.do(Wake(), after=1_500)
        self.assertEqual([Lost(0, "no answer to a ping", may_retry=True)], out.events)

    def test_it_is_doubted_twice_at_most(self) -> None:
        bench = Bench()
        bench.connect()
        for _ in range(2):
            self.assertTrue(bench.do(Awake(), after=60_000).frames)
        self.assertFalse(bench.do(Awake(), after=60_000).frames)
        self.assertIsNotNone(bench.do(Wake()).transport)

    def test_a_lost_connection_is_dialled_at_once(self) -> None:
        bench = Bench()
        for _ in range(8):
            out = bench.do(Closed())
        self.assertNotEqual(bench.now, out.transport.at)  # type: ignore[union-attr]
        out = bench.do(Awake())
        self.assertEqual(bench.now, out.transport.at)  # type: ignore[union-attr]


class Bounds(unittest.TestCase):
    def test_what_waits_is_limited_in_number(self) -> None:
        bench = Bench()
        self.assertFalse(
            any(bench.do(_send(number)).events for number in range(limits.OPERATIONS_MAX))
        )
        self.assertEqual("full", _failure(bench.do(_send(-1))))

    def test_what_waits_is_limited_in_bytes(self) -> None:
        bench = Bench()
        payload = "x" * (limits.OPERATION_BYTES_MAX // 4)
        failures = [_failure(bench.do(_send(number, payload))) for number in range(1, 5)]
        self.assertEqual([None, None, None, "full"], failures)

    def test_what_does_not_fit_into_seen_is_subscribed_anew(self) -> None:
        bench = Bench()
        bench.connect()
        names = [f"/{number}/{'x' * 200}" for number in range(60)]
        for number, name in enumerate(names, 1):
            bench.do(Command(number, "subscribe", {"queue": name}))
            bench.hear(result={"op_id": number, "status": 0})
            bench.hear(subscribed={"sub": number, "queue": name, "epoch": 1, "marks": {}})
        bench.do(Closed())
        (frame,) = bench.do(Opened()).frames
        resume = json.loads(frame)["connect"]["resume"]
        self.assertLessEqual(len(json.dumps(resume["seen"])), limits.SEEN_BYTES_MAX)
        welcome = {"session_id": "s", "secret": "k2", "user": "ann", "resumed": True}
        anew = [json.loads(frame)["subscribe"] for frame in bench.hear(welcome=welcome).frames]
        seen = [seen["queue"] for seen in resume["seen"]]
        self.assertTrue(seen and anew)
        self.assertEqual(set(names), {*seen, *(body["queue"] for body in anew)})
        self.assertEqual(len(names), len(seen) + len(anew))

    def test_what_is_too_old_is_not_sent_because_of_what_comes(self) -> None:
        bench = Bench()
        bench.do(_send(1))
        bench.do(Opened(), after=limits.GRACE_MS - 1)
        bench.now += 1
        out = bench.hear(welcome={"session_id": "s", "secret": "k", "user": "ann"})
        self.assertEqual(("not_sent", []), (_failure(out), out.frames))

    def test_a_command_that_cannot_be_written_leaves_nothing_behind(self) -> None:
        bench = Bench()
        with self.assertRaises(ValueError):
            bench.do(_send(1, float("nan")))
        self.assertEqual(float("inf"), bench.machine.wake_at)


def _send(ticket: int, payload: Any = 1) -> Command:
    return Command(ticket, "send_message", {"queue": "/a", "mount": "m", "payload": payload})


def _failure(out: Outbox) -> str | None:
    codes = [
        event.failure.code
        for event in out.events
        if isinstance(event, Answer) and event.failure is not None
    ]
    return codes[0] if codes else None
