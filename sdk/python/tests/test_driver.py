"""How the client dials, keeps time, and ends, over a fake transport."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

from imq_client import Closed, NotSent, StatusChange, TokenRefused, connect
from imq_client.transport import at_address, gateway_url

from .fake import comes_back, connected, dialled, settled


class Dialling(unittest.IsolatedAsyncioTestCase):
    async def test_the_first_frame_says_who_we_are(self) -> None:
        imq, world = await dialled(user="ann", client_version="7")
        self.assertEqual("ws://g1/imq/v1/ws", world.socket.url)
        self.assertEqual([], world.socket.take())
        world.socket.opens()
        (frame,) = world.socket.take()
        said = frame["connect"]
        self.assertEqual(("ann", "imq-python", "7"), (
            said["user"], said["client_name"], said["client_version"]
        ))
        self.assertEqual("connecting", imq.status)
        world.socket.welcomes()
        await imq.connected()
        self.assertEqual(("up", "ann"), (imq.status, imq.user))

    async def test_gateways_are_tried_in_turn(self) -> None:
        _, world = await dialled(["ws://g1", "ws://g2"], user="ann")
        for _ in range(3):
            world.socket.drops()
            await world.passes(10_000)
        hosts = [socket.url[5:7] for socket in world.sockets]
        # Chance, which is a half here, chooses the first.
        self.assertEqual(["g2", "g1", "g2", "g1"], hosts)

    async def test_the_waits_between_attempts_grow(self) -> None:
        _, world = await dialled()
        waits = []
        for _ in range(9):
            lost_at = world.time
            world.socket.drops()
            await world.passes(10_000)
            waits.append(world.socket.dialled_at - lost_at)
        self.assertEqual([0, 75, 150, 300, 600, 1_200, 2_400, 4_800, 7_500], waits)

    async def test_a_socket_that_never_opens_is_given_up(self) -> None:
        _, world = await dialled()
        await world.passes(9_999)
        self.assertEqual(1, len(world.sockets))
        await world.passes(1)
        self.assertTrue(world.sockets[0].is_closed)
        self.assertEqual(2, len(world.sockets))
        world.sockets[0].opens()
        self.assertEqual([], world.sockets[0].take())

    async def test_the_address_of_closing_is_dialled_first(self) -> None:
        _, world = await connected("wss://g1/there")
        world.socket.says(closing={"code": 3001, "may_retry": True, "address": "g7:7480"})
        await world.passes(0)
        self.assertEqual("wss://g7:7480/there", world.socket.url)
        world.socket.drops()
        await world.passes(1_000)
        self.assertEqual("wss://g1/there", world.socket.url)

    async def test_addresses_of_gateways(self) -> None:
        self.assertEqual("wss://h/imq/v1/ws", gateway_url("https://h"))
        self.assertEqual("ws://h:1/imq/v1/ws", gateway_url("http://h:1/"))
        self.assertEqual("ws://h/x?y=1", gateway_url("ws://h/x?y=1#z"))
        self.assertEqual("ws://[::1]:7/x", at_address("ws://h/x", "[::1]:7"))
        for address in ("", "h", "h:7480", "ftp://h", "ws://", "/"):
            with self.subTest(address), self.assertRaises(ValueError):
                gateway_url(address)
        with self.assertRaises(ValueError):
            connect([])


class Ending(unittest.IsolatedAsyncioTestCase):
    async def test_close_says_goodbye(self) -> None:
        imq, world = await connected()
        statuses = imq.statuses()
        await imq.close()
        self.assertEqual([{"bye": {}}], world.socket.take())
        self.assertTrue(world.socket.is_closed)
        self.assertEqual(0, world.timers)
        changes = [change async for change in statuses]
        self.assertEqual([StatusChange("closed", 3000, "the client is closed")], changes)
        await imq.close()

    async def test_after_a_code_from_3500_on_it_never_dials_again(self) -> None:
        imq, world = await connected()
        waiting = asyncio.ensure_future(imq.subscribe("/a"))
        await settled()
        world.socket.says(closing={"code": 3503, "reason": "out"})
        await world.passes(60_000)
        self.assertEqual((1, 0), (len(world.sockets), world.timers))
        # It was sent already.
        self.assertEqual("outcome_unknown", getattr(await _error(waiting), "code", None))
        for late in (imq.connected(), imq.subscribe("/b")):
            with self.assertRaises(Closed) as raised:
                await late
            self.assertEqual((3503, "out"), (raised.exception.close_code, raised.exception.reason))

    async def test_a_token_that_is_refused_is_an_error_of_its_own(self) -> None:
        imq, world = await dialled()
        waiting = [
            asyncio.ensure_future(wait)
            for wait in (imq.connected(), imq.subscribe("/a"), imq.room("/b").send("chat", 1))
        ]
        await settled()
        world.socket.opens()
        world.socket.says(closing={"code": 3501, "reason": "the signature is wrong"})
        for wait in (*waiting, imq.connected(), imq.subscribe("/a")):
            with self.assertRaises(TokenRefused) as raised:
                await wait
            self.assertEqual("closed: the signature is wrong", str(raised.exception))

    async def test_leaving_the_block_closes(self) -> None:
        imq, world = await connected()
        async with imq as same:
            self.assertIs(imq, same)
        self.assertEqual("closed", imq.status)
        self.assertTrue(world.socket.is_closed)

    async def test_what_was_not_sent_for_15_s_is_given_back(self) -> None:
        imq, world = await dialled()
        sending = asyncio.ensure_future(imq.room("/a").send("chat", 1))
        await world.passes(15_000)
        self.assertIsInstance(await _error(sending), NotSent)


class Tokens(unittest.IsolatedAsyncioTestCase):
    async def test_a_token_is_asked_for_before_each_connection(self) -> None:
        tokens = iter(["t1", "t2"])

        async def token() -> str:
            return next(tokens)

        _, world = await dialled(token=token)
        world.socket.opens()
        self.assertEqual("t1", world.socket.take()[0]["connect"]["token"])
        world.socket.drops()
        await world.passes(0)
        world.socket.opens()
        self.assertEqual("t2", world.socket.take()[0]["connect"]["token"])

    async def test_without_a_token_there_is_no_socket(self) -> None:
        answers: list[object] = [OSError("down"), "", 7, "t"]

        async def token() -> str:
            answer = answers.pop(0)
            if isinstance(answer, OSError):
                raise answer
            return answer  # type: ignore[return-value]

        with self.assertLogs("imq_client", "WARNING") as logs:
            _, world = await dialled(token=token)
            self.assertEqual([], world.sockets)
            await world.passes(1_000)
        self.assertEqual(3, len(logs.output))
        self.assertEqual(1, len(world.sockets))

    async def test_a_token_that_takes_too_long_is_a_failed_attempt(self) -> None:
        asked = []

        async def token() -> str:
            asked.append(asyncio.get_running_loop().create_future())
            answer: str = await asked[-1]
            return answer

        _, world = await dialled(token=token)
        with self.assertLogs("imq_client", "WARNING"):
            await world.passes(10_000)
        self.assertEqual(2, len(asked))
        asked[0].set_result("late")
        await settled()
        self.assertEqual([], world.sockets)
        asked[1].set_result("in time")
        await settled()
        world.socket.opens()
        self.assertEqual("in time", world.socket.take()[0]["connect"]["token"])

    async def test_a_token_is_renewed_before_it_ends(self) -> None:
        tokens = iter(["t1", "t2"])

        async def token() -> str:
            return next(tokens)

        _, world = await dialled(token=token)
        world.socket.opens()
        world.socket.welcomes(expires_in_ms=20_000)
        world.socket.take()
        await world.passes(15_999)
        self.assertEqual([], world.socket.take())
        await world.passes(1)
        self.assertEqual([{"refresh": {"op_id": 1, "token": "t2"}}], world.socket.take())


class LateTimers(unittest.IsolatedAsyncioTestCase):
    async def test_after_a_sleep_the_connection_is_asked(self) -> None:
        imq, world = await connected()
        world.freezes(3_600_000)
        await world.passes(0)
        self.assertIn("ping", world.socket.take()[0])
        self.assertEqual("up", imq.status)
        await world.passes(1_500)
        self.assertEqual("reconnecting", imq.status)
        self.assertEqual(2, len(world.sockets))

    async def test_a_socket_that_was_being_opened_is_opened_anew(self) -> None:
        _, world = await dialled()
        world.freezes(60_000)
        with self.assertLogs("imq_client", "WARNING"):
            await world.passes(0)
        self.assertEqual(2, len(world.sockets))

    async def test_the_session_goes_on(self) -> None:
        imq, world = await connected()
        statuses = imq.statuses()
        await comes_back(world)
        self.assertEqual(
            ["reconnecting", "up"], [(await statuses.__anext__()).status for _ in range(2)]
        )
        (connect_frame,) = world.socket.take()
        resume = connect_frame["connect"]["resume"]
        self.assertEqual({"session_id": "s1", "secret": "k1", "seen": []}, resume)


async def _error(waiting: asyncio.Future[Any]) -> BaseException:
    try:
        await waiting
    except Exception as error:
        return error
    raise AssertionError("it has succeeded")
