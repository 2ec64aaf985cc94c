"""The RPC's client against gateways that answer as a test says."""

from __future__ import annotations

import socket
import threading
import unittest
from typing import Any

from imq_client import Conflict, ImqError, Limit, NotFound, OutcomeUnknown, Unavailable
from imq_client.rpc import Call, Change, Entry, Message, Page, Rpc, every

from .fake_gateway import Answer, Gateway, refusal


def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


class Calls(unittest.TestCase):
    def test_a_call_and_its_answer(self) -> None:
        with Gateway((200, {"seq": 7})) as gateway, Rpc(gateway.url, "k3y") as rpc:
            self.assertEqual(7, rpc.send_message("/a", "chat", {"text": "hi"}))
            self.assertEqual(7, rpc.send_message("/a", "chat", b"\x00", idempotency_key="mine"))
            first, second = gateway.asked
        self.assertEqual("/rpc/v1/send_message", first.path)
        self.assertEqual("Bearer k3y", first.headers["Authorization"])
        self.assertEqual({"queue": "/a", "mount": "chat", "payload": {"text": "hi"}}, first.body)
        self.assertEqual("AA==", second.body["payload_base64"])
        self.assertEqual(32, len(first.headers["Idempotency-Key"]))
        self.assertEqual("mine", second.headers["Idempotency-Key"])
        self.assertEqual(first.connection, second.connection)

    def test_reads_have_no_key_and_give_pages(self) -> None:
        entries = [{"key": "a", "value": 1, "version": 3}, {"key": "b", "value_base64": "AA=="}]
        with Gateway((200, {"entries": entries, "next": "b"})) as gateway:
            with Rpc(gateway.url, "k") as rpc:
                page = rpc.get_state("/a", "scores", key_prefix="x", limit=2)
            (asked,) = gateway.asked
        self.assertEqual(Page([Entry("a", 1, 3), Entry("b", b"\x00", 0)], "b"), page)
        self.assertNotIn("Idempotency-Key", asked.headers)
        self.assertEqual(("x", 2), (asked.body["key_prefix"], asked.body["limit"]))

    def test_all_pages(self) -> None:
        pages: list[Answer] = [(200, {"members": ["a", "b"], "next": "b"})]
        pages.append((200, {"members": ["c"], "member_count": 3}))
        with Gateway(*pages) as gateway, Rpc(gateway.url, "k") as rpc:
            users = list(every(lambda after: rpc.list_members("/a", after=after)))
        self.assertEqual((["a", "b", "c"], "b"), (users, gateway.asked[1].body["after"]))

    def test_changes(self) -> None:
        with Gateway((200, {"seq": 7})) as gateway, Rpc(gateway.url, "k") as rpc:
            changes = [
                Change.set("a", None, if_absent=True),
                Change.add("b", -1, ttl_ms=5),
                Change.delete("c", if_version=0),
            ]
            rpc.send_state("/a", "scores", changes)
        self.assertEqual(
            [
                {"key": "a", "set": None, "if_absent": True},
                {"key": "b", "add": -1, "ttl_ms": 5},
                {"key": "c", "delete": True, "if_version": 0},
            ],
            gateway.asked[0].body["changes"],
        )

    def test_mistakes_of_the_program(self) -> None:
        for url in ("", "127.0.0.1:7490", "ws://h", "http://h/rpc/v1"):
            with self.subTest(url), self.assertRaises(ValueError):
                Rpc(url, "k")
        for key in ("", "a\nb", "ä"):
            with self.subTest(key), self.assertRaises(ValueError):
                Rpc("http://h", key)
            with self.subTest(key), self.assertRaises(ValueError):
                Rpc("http://h", "k").create_queue("/a", idempotency_key=key)
        with self.assertRaises(ValueError):
            Rpc("http://h", "k").send_message("/a", "chat", float("nan"))
        with self.assertRaises(ValueError):
            Rpc("http://h", "k").get_state("/a", "scores", limit=-1)


class Repeating(unittest.TestCase):
    def test_a_refusal_is_raised_at_once(self) -> None:
        with Gateway(refusal(404, "not_found")) as gateway, Rpc(gateway.url, "k") as rpc:
            with self.assertRaises(NotFound) as raised:
                rpc.delete_queue("/a")
            self.assertEqual(1, len(gateway.asked))
        error = raised.exception
        self.assertEqual(("not_found", "m", False), (error.code, error.reason, error.may_retry))
        self.assertEqual(gateway.asked[0].headers["Idempotency-Key"], error.idempotency_key)

    def test_a_limit_is_for_the_application_to_wait_for(self) -> None:
        with Gateway(refusal(429, "limit", True)) as gateway, Rpc(gateway.url, "k") as rpc:
            with self.assertRaises(Limit) as raised:
                rpc.create_queue("/a")
            self.assertEqual((1, True), (len(gateway.asked), raised.exception.may_retry))

    def test_what_came_to_nothing_is_sent_again_with_the_same_key(self) -> None:
        tries: list[Answer] = [
            None,
            refusal(503, "unavailable", True),
            refusal(504, "outcome_unknown"),
            (502, "<html>"),
            (200, {"seq": 7}),
        ]
        with Gateway(*tries) as gateway, Rpc(gateway.url, "k") as rpc:
            self.assertEqual(7, rpc.create_queue("/a"))
        self.assertEqual(5, len(gateway.asked))
        self.assertEqual(1, len({asked.headers["Idempotency-Key"] for asked in gateway.asked}))

    def test_the_next_gateway_is_asked_and_then_stays(self) -> None:
        with Gateway((200, {"seq": 7})) as gateway:
            with Rpc([nobody(), gateway.url], "k", timeout_s=5) as rpc:
                self.assertEqual([7, 7], [rpc.create_queue("/a") for _ in range(2)])

    def test_who_answered_last_is_asked_first(self) -> None:
        with Gateway(refusal(503, "unavailable", True)) as down, Gateway((200, {"seq": 7})) as up:
            with Rpc([down.url, up.url], "k", timeout_s=5) as rpc:
                self.assertEqual([7, 7], [rpc.create_queue("/a") for _ in range(2)])
            self.assertEqual((1, 2), (len(down.asked), len(up.asked)))

    def test_nobody_answers(self) -> None:
        with Rpc([nobody(), nobody()], "k", timeout_s=0.2) as rpc:
            with self.assertRaises(Unavailable) as raised:
                rpc.create_queue("/a")
        self.assertTrue(raised.exception.may_retry)

    def test_what_may_have_run_is_not_called_undone(self) -> None:
        with Gateway(None, refusal(503, "unavailable", True)) as gateway:
            with Rpc(gateway.url, "k", timeout_s=0.3) as rpc:
                with self.assertRaises(OutcomeUnknown) as raised:
                    rpc.create_queue("/a", idempotency_key="mine")
                # Of a read it doesn't matter.
                with self.assertRaises(Unavailable):
                    rpc.get_queue("/a")
        self.assertEqual("mine", raised.exception.idempotency_key)

    def test_an_answer_that_does_not_come_is_not_waited_for(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with Rpc(url, "k", timeout_s=0.2) as rpc, self.assertRaises(OutcomeUnknown):
                rpc.create_queue("/a")

    def test_a_gateway_that_hangs_leaves_time_for_the_next(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent, Gateway((200, {"seq": 7})) as up:
            hung = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with Rpc([hung, up.url], "k", timeout_s=0.4) as rpc:
                self.assertEqual([7, 7], [rpc.create_queue("/a") for _ in range(2)])
            keys = [asked.headers["Idempotency-Key"] for asked in up.asked]
            self.assertEqual(2, len(set(keys)))
            # The second call began with the one that answers.
            silent.setblocking(False)
            silent.accept()[0].close()
            with self.assertRaises(BlockingIOError):
                silent.accept()

    def test_somebody_else_at_this_address(self) -> None:
        with Gateway((200, "<html>")) as gateway, Rpc(gateway.url, "k") as rpc:
            with self.assertRaises(OutcomeUnknown) as raised:
                rpc.create_queue("/a")
            self.assertIn("RPC address", raised.exception.reason)
            self.assertEqual(1, len(gateway.asked))

    def test_an_unknown_code_is_an_error_all_the_same(self) -> None:
        with Gateway(refusal(418, "teapot")) as gateway, Rpc(gateway.url, "k") as rpc:
            with self.assertRaises(ImqError):
                rpc.create_queue("/a")


class Batches(unittest.TestCase):
    def batch(self, *answers: Answer, queues: str = "ab") -> tuple[list[Any], Gateway]:
        with Gateway(*answers) as gateway, Rpc(gateway.url, "k", timeout_s=0.5) as rpc:
            calls = [Call.send_message(f"/{queue}", "chat", queue) for queue in queues]
            return rpc.batch(calls, idempotency_key="K"), gateway

    def test_each_item_has_its_own_answer(self) -> None:
        error = {"code": "conflict", "message": "m"}
        results = [{"status": 200, "body": {"seq": 1}}, {"status": 409, "error": error}]
        (one, other), gateway = self.batch((200, {"results": results}))
        self.assertEqual((1, Conflict, "K/1"), (one, type(other), other.idempotency_key))
        (asked,) = gateway.asked
        self.assertEqual(("/rpc/v1/batch", "K"), (asked.path, asked.headers["Idempotency-Key"]))
        body = {"queue": "/b", "mount": "chat", "payload": "b"}
        self.assertEqual({"method": "send_message", "body": body}, asked.body["items"][1])

    def test_items_that_were_unavailable_are_sent_again(self) -> None:
        done = {"status": 200, "body": {"seq": 1}}
        left = {"status": 503, "error": {"code": "unavailable", "may_retry": True}}
        both, gateway = self.batch((200, {"results": [left, done]}), (200, {"results": [done] * 2}))
        self.assertEqual(([1, 1], 2), (both, len(gateway.asked)))

    def test_but_not_if_that_would_change_the_order_within_a_queue(self) -> None:
        done = {"status": 200, "body": {"seq": 1}}
        left = {"status": 503, "error": {"code": "unavailable", "may_retry": True}}
        (one, other), gateway = self.batch((200, {"results": [left, done]}), queues="aa")
        self.assertEqual((Unavailable, 1, 1), (type(one), other, len(gateway.asked)))

    def test_reads_alone_have_no_key(self) -> None:
        results = [{"status": 200, "body": {"messages": [{"mount": "m", "payload": 1}]}}]
        with Gateway((200, {"results": results})) as gateway, Rpc(gateway.url, "k") as rpc:
            (page,) = rpc.batch([Call.get_history("/a", "m")])
        self.assertEqual([Message("m", 0, None, 1, 0)], page.items)
        self.assertNotIn("Idempotency-Key", gateway.asked[0].headers)


class Threads(unittest.TestCase):
    def test_threads_share_a_client(self) -> None:
        with Gateway((200, {"seq": 7})) as gateway, Rpc(gateway.url, "k") as rpc:
            seqs: list[int] = []

            def work() -> None:
                seqs.extend(rpc.create_queue("/a") for _ in range(20))

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual([7] * 160, seqs)
        self.assertLessEqual(len({asked.connection for asked in gateway.asked}), 8)
