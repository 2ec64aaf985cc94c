"""Signed requests of gateways."""

from __future__ import annotations

import json
import unittest
from typing import Any

from imq_client import callout
from imq_client.callout import Forged, Unreadable, sign, verify_callout

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32
AT = 1_614_265_330


def verify(body: bytes, *, secret: Any = SECRET, now: float = AT, **headers: str) -> Any:
    signed = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(AT),
        "Webhook-Signature": sign(SECRET, "msg_1", str(AT), body),
    }
    changed = {f"Webhook-{name.title()}": value for name, value in headers.items()}
    return verify_callout({**signed, **changed}, body, secret, now=now)


class Verifying(unittest.TestCase):
    def test_the_example_of_standard_webhooks(self) -> None:
        signature = sign(
            SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", str(AT), b'{"test": 2432232314}'
        )
        self.assertEqual("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature)

    def test_what_is_signed_is_read(self) -> None:
        ask = {"type": "ask", "kind": "send_message", "payload_base64": "AP8=", "later": 1}
        read = verify(json.dumps(ask).encode())
        self.assertEqual(
            {"type": "ask", "kind": "send_message", "payload": b"\x00\xff", "later": 1}, read
        )
        tell = {"type": "tell", "tells": [{"id": "1", "kind": "joined"}]}
        self.assertEqual(tell, verify(json.dumps(tell).encode()))

    def test_a_new_secret_beside_the_old_one(self) -> None:
        body = b'{"type":"ask"}'
        self.assertTrue(verify(body, secret=[OTHER, SECRET]))
        good = sign(SECRET, "msg_1", str(AT), body)
        self.assertTrue(verify(body, signature=f"v1,{'A' * 44} v2,x {good}"))

    def test_what_is_forged(self) -> None:
        body = b'{"type":"ask"}'
        good = sign(SECRET, "msg_1", str(AT), body)
        forged: list[dict[str, Any]] = [
            {"secret": OTHER},
            {"id": "msg_2"},
            {"id": ""},
            {"id": "x" * 257},
            {"timestamp": str(AT + 1)},
            {"timestamp": "²"},
            {"timestamp": "-1"},
            {"timestamp": ""},
            {"signature": ""},
            {"signature": "ä"},
            {"signature": good[:-2]},
            {"signature": good[3:]},
            {"now": AT + 301},
            {"now": AT - 301},
        ]
        for change in forged:
            with self.subTest(change), self.assertRaises(Forged):
                verify(body, **change)
        with self.assertRaises(Forged):
            verify_callout({}, body, SECRET)
        # The signature is of other bytes.
        with self.assertRaises(Forged):
            verify(body + b" ", signature=good)

    def test_what_cannot_be_read(self) -> None:
        for body in (b"", b"{", b"[]", b"{}", b'{"type":"x"}', b"\xff", b"[" * 100_000):
            with self.subTest(body[:9]), self.assertRaises(Unreadable):
                verify(body)

    def test_secrets_that_are_none(self) -> None:
        for secret in ("", SECRET[6:], "whsec_", "whsec_AAAA", "whsec_" + "!" * 32):
            with self.subTest(secret), self.assertRaises(ValueError):
                sign(secret, "1", "1", b"")


class Answering(unittest.TestCase):
    def test_answers(self) -> None:
        said = [
            callout.allow(),
            callout.amend({"text": "h*"}),
            callout.amend(b"\x00"),
            callout.connect_as("ann", 3_600),
            callout.connect_as("ann"),
            callout.answer(None),
            callout.refuse("no such room", 5),
            callout.refuse(),
        ]
        self.assertEqual(
            [
                {"allow": True},
                {"allow": True, "payload": {"text": "h*"}},
                {"allow": True, "payload_base64": "AA=="},
                {"allow": True, "user": "ann", "expires_in_s": 3_600},
                {"allow": True, "user": "ann"},
                {"payload": None},
                {"allow": False, "status": 5, "message": "no such room"},
                {"allow": False, "status": 7},
            ],
            [json.loads(one) for one in said],
        )
