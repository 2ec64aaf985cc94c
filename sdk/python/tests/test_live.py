"""The client and the RPC against the real server: the binary that IMQ_BINARY names."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
import unittest
from collections.abc import Awaitable
from typing import Any, TypeVar

from imq_client import (
    Change,
    Client,
    Closed,
    Conflict,
    Forbidden,
    ImqError,
    Joined,
    NotFound,
    Precondition,
    StatusChange,
    Stream,
    TokenRefused,
    callout,
    connect,
)
from imq_client.rpc import Call, Rpc, every

from .server import Cluster, Dev, Proxy

T = TypeVar("T")

# Longer than anything here takes on a slow machine.
SOON_S = 30
SECRET = "whsec_" + "A" * 32


async def note(statuses: Stream[StatusChange], changes: list[str]) -> None:
    async for change in statuses:
        changes.append(change.status)


def soon(what: Awaitable[T]) -> Awaitable[T]:
    return asyncio.wait_for(what, SOON_S)


class WithDev(unittest.IsolatedAsyncioTestCase):
    dev: Dev

    @classmethod
    def setUpClass(cls) -> None:
        cls.dev = Dev()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dev.stop()

    def client(self, user: str, url: str = "", **options: Any) -> Client:
        imq = connect(url or self.dev.urls, user=user, **options)
        self.addAsyncCleanup(imq.close)
        return imq

    def rpc(self) -> Rpc:
        rpc = Rpc(self.dev.rpc, self.dev.rpc_key)
        self.addCleanup(rpc.close)
        return rpc

    async def test_messages_state_and_members(self) -> None:
        ann, bob = self.client("ann"), self.client("bob")
        room = await soon(ann.subscribe("/room/1"))
        self.assertEqual(["ann"], list(room.members))
        events = room.events()
        his = await soon(bob.subscribe("/room/1"))
        joined = await soon(events.__anext__())
        self.assertEqual(["bob"], joined.users if isinstance(joined, Joined) else [])
        self.assertEqual({"ann", "bob"}, set(his.members))

        messages = his.messages()
        payloads: list[Any] = [{"text": "hello 🧀"}, None, b"\x00\xff", 2**60]
        seqs = [await soon(room.send("chat", payload)) for payload in payloads]
        heard = [await soon(messages.__anext__()) for _ in payloads]
        self.assertEqual(payloads, [message.payload for message in heard])
        self.assertEqual(seqs, [message.seq for message in heard])

        scores, bobs = room.state("scores"), his.state("scores")
        changes = bobs.changes()
        await soon(scores.set("ann", 5))
        await soon(scores.add("ann", 2))
        self.assertEqual(7, scores["ann"])
        self.assertEqual([5, 7], [(await soon(changes.__anext__())).value for _ in range(2)])
        await soon(bobs.set("board", {"moves": ["e4"]}, if_absent=True))
        with self.assertRaises(Precondition):
            await soon(bobs.set("board", [], if_absent=True))
        version = bobs.version("board")
        await soon(bobs.delete("board", if_version=version))
        self.assertEqual({"ann": 7}, dict(bobs))

        page = await soon(his.history("chat", limit=2))
        self.assertEqual(payloads[2:], [message.payload for message in page.items])
        older = await soon(his.history("chat", limit=2, before_seq=int(page.next or 0)))
        self.assertEqual(payloads[:2], [message.payload for message in older.items])
        read = await soon(his.read_state("scores"))
        self.assertEqual([("ann", 7)], [(entry.key, entry.value) for entry in read.items])

        members = room.members.changes()
        await soon(his.leave())
        self.assertEqual(["bob"], (await soon(members.__anext__())).left)

    async def test_history_comes_before_what_is_new(self) -> None:
        ann = self.client("cid")
        first = await soon(ann.subscribe("/room/2"))
        for number in range(3):
            await soon(first.send("chat", number))
        room = await soon(self.client("dan").subscribe("/room/2", history=2))
        messages = room.messages()
        await soon(room.send("chat", 3))
        heard = [await soon(messages.__anext__()) for _ in range(3)]
        self.assertEqual([(1, True), (2, True), (3, False)], [
            (message.payload, message.is_history) for message in heard
        ])

    async def test_a_lost_connection_loses_nothing(self) -> None:
        proxy = Proxy(self.dev.urls[0])
        url = await proxy.open()
        self.addCleanup(proxy.close)
        imq = self.client("eve", url)
        room = await soon(imq.subscribe("/room/3"))
        statuses, messages = imq.statuses(), room.messages()
        other = await soon(self.client("fay").subscribe("/room/3"))
        proxy.cut()
        self.assertEqual("reconnecting", (await soon(statuses.__anext__())).status)
        await soon(other.send("chat", "meanwhile"))
        sending = [asyncio.ensure_future(room.send("chat", number)) for number in range(40)]
        proxy.mend()
        back = await soon(statuses.__anext__())
        self.assertEqual(("up", True), (back.status, back.resumed))
        await soon(asyncio.gather(*sending))
        heard = [(await soon(messages.__anext__())).payload for _ in range(41)]
        self.assertEqual(["meanwhile", *range(40)], heard)

    async def test_the_newest_login_stays(self) -> None:
        first = self.client("gus")
        await soon(first.connected())
        statuses = first.statuses()
        await soon(self.client("gus").connected())
        over = await soon(statuses.__anext__())
        self.assertEqual(("closed", 3500), (over.status, over.code))
        with self.assertRaises(Closed):
            await soon(first.subscribe("/room/1"))

    async def test_the_rpc(self) -> None:
        rpc = self.rpc()
        await asyncio.to_thread(self.call_everything, rpc)

    def call_everything(self, rpc: Rpc) -> None:
        self.assertEqual(0, rpc.create_queue("/room/rpc"))
        with self.assertRaises(Conflict):
            rpc.create_queue("/room/rpc")
        with self.assertRaises(NotFound):
            rpc.get_queue("/room/none")
        rpc.create_mount("/room/rpc", "doors", "state")
        queue = rpc.get_queue("/room/rpc")
        kinds = {mount.name: mount.kind for mount in queue.mounts}
        self.assertEqual({"chat": "message", "scores": "state", "doors": "state"}, kinds)
        rpc.delete_mount("/room/rpc", "doors")
        once = [rpc.send_message("/room/rpc", "chat", 1, idempotency_key="once") for _ in "ab"]
        self.assertEqual(once[0], once[1])
        with self.assertRaises(Conflict):
            rpc.send_message("/room/rpc", "chat", 2, idempotency_key="once")
        rpc.send_message("/room/rpc", "chat", b"\x00")
        page = rpc.get_history("/room/rpc", "chat")
        self.assertEqual([1, b"\x00"], [message.payload for message in page.items])
        changes = [Change.add("ann", 10), Change.set("round", {"number": 1})]
        rpc.send_state("/room/rpc", "scores", changes)
        entries = every(lambda after: rpc.get_state("/room/rpc", "scores", after=after, limit=1))
        values = {entry.key: entry.value for entry in entries}
        self.assertEqual({"ann": 10, "round": {"number": 1}}, values)
        self.assertIn("/room/rpc", rpc.list_queues("/room/").items)
        self.assertEqual(0, rpc.list_members("/room/rpc").count)
        calls: list[Call[Any]] = [
            Call.send_message("/room/rpc", "chat", "one"),
            Call.get_queue("/room/none"),
            Call.get_state("/room/rpc", "scores"),
        ]
        seq, error, state = rpc.batch(calls)
        self.assertIsInstance(seq, int)
        self.assertIsInstance(error, NotFound)
        self.assertEqual(2, len(state.items))
        rpc.delete_queue("/room/rpc")
        with Rpc(self.dev.rpc, "wrong") as stranger, self.assertRaises(ImqError) as raised:
            stranger.get_queue("/room/rpc")
        self.assertEqual("unauthenticated", raised.exception.code)

    async def test_a_back_end_and_its_users(self) -> None:
        rpc = self.rpc()
        imq = self.client("hal", given=True, client_name="tests", client_version="7")
        rooms, statuses = imq.rooms(), imq.statuses()
        self.assertEqual("/user/hal", (await soon(rooms.__anext__())).name)
        await asyncio.to_thread(rpc.create_queue, "/room/given")
        await asyncio.to_thread(rpc.join_user, "/room/given", "hal")
        room = await soon(rooms.__anext__())
        self.assertEqual(("/room/given", ["hal"]), (room.name, list(room.members)))
        messages = room.messages()
        await asyncio.to_thread(rpc.send_message, "/room/given", "chat", "from the back end")
        message = await soon(messages.__anext__())
        self.assertEqual((None, "from the back end"), (message.sender, message.payload))
        user = await asyncio.to_thread(rpc.get_user, "hal")
        self.assertTrue(user.is_online)
        self.assertIn("/room/given", user.queues)
        session = user.sessions[0]
        self.assertEqual(("tests", "7"), (session.client_name, session.client_version))
        await asyncio.to_thread(rpc.remove_user, "/room/given", "hal")
        with self.assertRaises(StopAsyncIteration):
            await soon(messages.__anext__())
        await asyncio.to_thread(rpc.disconnect_user, "hal", "see you")
        seen = [change async for change in statuses]
        self.assertEqual((3503, "closed"), (seen[-1].code, imq.status))


class Application(http.server.BaseHTTPRequestHandler):
    """A web back end that is asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            said = self._answer(callout.verify_callout(dict(self.headers.items()), body, SECRET))
        except callout.Forged:
            self.send_error(401)
            return
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, ask: dict[str, Any]) -> bytes:
        if ask["kind"] == "call":
            return callout.answer({"user": ask["user"], "twice": ask["payload"] * 2})
        if ask["kind"] == "send_message":
            return callout.amend(json.dumps(ask["payload"]).upper())
        if ask["kind"] == "subscribe" and ask["user"] == "ivy":
            return callout.allow()
        return callout.refuse("only Ivy")


class WithCallouts(unittest.IsolatedAsyncioTestCase):
    async def test_asks_are_verified_and_answered(self) -> None:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        dev = Dev()
        self.addCleanup(dev.stop)
        dev.configure(CONFIGURATION.format(port=server.server_port, secret=SECRET))
        async with connect(dev.urls, user="ivy") as ivy, connect(dev.urls, user="jon") as jon:
            answer = await soon(ivy.call("double", 21))
            self.assertEqual({"user": "ivy", "twice": 42}, answer)
            room = await soon(ivy.subscribe("/club/1"))
            messages = room.messages()
            await soon(room.send("chat", {"a": "b"}))
            self.assertEqual('{"A": "B"}', (await soon(messages.__anext__())).payload)
            with self.assertRaises(Forbidden) as raised:
                await soon(jon.subscribe("/club/1"))
            self.assertEqual("only Ivy", raised.exception.reason)


CONFIGURATION = """
[[callout]]
name = "app"
url = "http://127.0.0.1:{port}/"
secret = "{secret}"
inner = true

[[class]]
pattern = "/club/*"
create = "auto"
join = "callout"
callout = "app"

[[class.mount]]
name = "chat"
kind = "message"
send = "callout"

[[class]]
pattern = "/user/*"
create = "auto"
callout = "app"

[[class.mount]]
name = "inbox"
kind = "message"
send = "server"
"""


class WithTokens(unittest.IsolatedAsyncioTestCase):
    async def test_tokens_are_renewed_and_gateways_replaced(self) -> None:
        cluster = Cluster()
        self.addCleanup(cluster.stop)
        asked: list[str] = []

        async def token() -> str:
            asked.append(await asyncio.to_thread(cluster.token, "kim", "4s"))
            return asked[-1]

        # One address only, so that it is known which gateway has the client.
        proxies = [Proxy(url) for url in cluster.urls]
        urls = [await proxy.open() for proxy in proxies]
        for proxy in proxies:
            self.addCleanup(proxy.close)
        proxies[1].cut()
        async with connect(urls, token=token) as imq:
            room = await soon(imq.subscribe("/room/1"))
            self.assertEqual("kim", imq.user)
            statuses, messages = imq.statuses(), room.messages()
            changes: list[str] = []
            watching = asyncio.ensure_future(note(imq.statuses(), changes))
            # The second one after the present one is asked for when that has ended.
            wanted = len(asked) + 2
            while len(asked) < wanted:
                await soon(room.send("chat", "still here"))
                await soon(messages.__anext__())
            self.assertEqual([], changes)
            watching.cancel()
            proxies[1].mend()
            cluster.kill("g1")
            self.assertEqual("reconnecting", (await soon(statuses.__anext__())).status)
            back = await soon(statuses.__anext__())
            self.assertEqual(("up", True), (back.status, back.resumed))
            await soon(room.send("chat", "at the other gateway"))

    async def test_a_wrong_token_is_the_end(self) -> None:
        cluster = Cluster()
        self.addCleanup(cluster.stop)

        async def token() -> str:
            return "wrong"

        async with connect(cluster.urls, token=token) as imq:
            with self.assertRaises(TokenRefused) as raised:
                await soon(imq.connected())
        self.assertIn("JWT", raised.exception.reason)
