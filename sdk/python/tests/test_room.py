"""Rooms with messages, state and members, over a fake transport."""

from __future__ import annotations

import asyncio
import gc
import unittest
import weakref
from typing import Any
from unittest import mock

from imq_client import (
    Change,
    Closed,
    Forbidden,
    Gap,
    Joined,
    MembersChange,
    Message,
    OutcomeUnknown,
    Overrun,
    Precondition,
    StateChanged,
    StateMap,
    Stream,
    Subscribed,
    Unsubscribed,
    ValueChange,
    reread,
    stream,
)

from .fake import World, comes_back, connected, in_room, settled, subscribed

SCORES = {"name": "scores", "kind": "state"}


def message(seq: int, payload: Any = "hi", **fields: Any) -> dict[str, Any]:
    return {"sub": 1, "mount": "chat", "seq": seq, "payload": payload, **fields}


def state(seq: int, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"sub": 1, "mount": "scores", "seq": seq, "changes": list(changes)}


async def scores_are_still_written(scores: StateMap, world: World) -> None:
    adding = scores.add("n", 1)
    world.socket.answers(seq=5)
    assert await adding == 5


async def rest(events: Stream[Any]) -> list[Any]:
    """What a stream has, when it has ended."""
    return [event async for event in events]


class Subscribing(unittest.IsolatedAsyncioTestCase):
    async def test_nothing_is_missed_by_who_reads_right_away(self) -> None:
        imq, world = await connected()

        async def join() -> Stream[Message]:
            # Through two more layers of tasks.
            room = await asyncio.wait_for(asyncio.shield(imq.subscribe("/a", history=1)), 9)
            return room.messages()

        joining = asyncio.ensure_future(join())
        await settled()
        asked = world.socket.answers()
        self.assertEqual({"op_id": 1, "queue": "/a", "history": 1}, asked)
        old = message(3, history=True, sent_at_ms=7)
        world.socket.says(subscribed=subscribed(), message=old)
        world.socket.says(message=message(5, {"x": 1}, **{"from": "bob"}))
        messages = await joining
        await settled()
        self.assertEqual(
            Message("chat", 3, None, "hi", 7, is_history=True), await messages.__anext__()
        )
        self.assertEqual(Message("chat", 5, "bob", {"x": 1}, 0), await messages.__anext__())

    async def test_a_refusal_is_raised(self) -> None:
        imq, world = await connected()
        joining = asyncio.ensure_future(imq.subscribe("/a", key_prefix="x"))
        await settled()
        world.socket.answers(status=7, error_message="no", may_retry=True)
        with self.assertRaises(Forbidden) as raised:
            await joining
        error = raised.exception
        self.assertEqual(("forbidden", "no", True), (error.code, error.reason, error.may_retry))
        self.assertEqual(("none", ""), (imq.room("/a").status, imq.room("/a").filter.key_prefix))

    async def test_leaving_ends_what_is_read(self) -> None:
        _, world, room = await in_room()
        events, messages, members = room.events(), room.messages(), room.members.changes()
        leaving = asyncio.ensure_future(room.leave())
        await settled()
        world.socket.answers()
        await leaving
        self.assertEqual([Unsubscribed("the application has left", False)], await rest(events))
        self.assertEqual([[], []], [await rest(messages), await rest(members)])
        self.assertEqual("none", room.status)

    async def test_a_room_that_was_left_is_forgotten(self) -> None:
        _, world, room = await in_room()
        left = weakref.ref(room)
        leaving = asyncio.ensure_future(room.leave())
        await settled()
        world.socket.answers()
        await leaving
        del room, leaving
        gc.collect()
        self.assertIsNone(left())

    async def test_a_subscription_that_comes_back(self) -> None:
        _, world, room = await in_room()
        events = room.events()
        gone = {"sub": 1, "queue": "/a", "reason": "moved", "may_retry": True}
        world.socket.says(unsubscribed=gone)
        self.assertEqual("returning", room.status)
        await world.passes(100)
        asked = world.socket.answers()
        self.assertEqual({"epoch": 9, "marks": subscribed()["marks"]}, asked["since"])
        world.socket.says(subscribed=subscribed(epoch=10, members=["ann"]))
        self.assertEqual("standing", room.status)
        self.assertEqual(Unsubscribed("moved", True), await events.__anext__())
        self.assertEqual(Subscribed(False, False, {}, ["ann"], None), await events.__anext__())

    async def test_a_lost_connection_interrupts_and_goes_on(self) -> None:
        _, world, room = await in_room()
        messages = room.messages()
        sending = asyncio.ensure_future(room.send("chat", b"\x00"))
        await settled()
        (sent,) = world.socket.take()
        world.socket.drops()
        self.assertEqual("returning", room.status)
        await world.passes(0)
        world.socket.opens()
        seen = world.socket.take()[0]["connect"]["resume"]["seen"]
        self.assertEqual([{"queue": "/a", "epoch": 9, "marks": subscribed()["marks"]}], seen)
        world.socket.welcomes(resumed=True)
        world.socket.says(subscribed=subscribed(sub=2, recovered=True))
        # The same operation under the same id.
        self.assertEqual([sent], world.socket.take())
        world.socket.says(result={"op_id": 2, "status": 0, "seq": 6}, message=message(5, sub=2))
        self.assertEqual((6, 5), (await sending, (await messages.__anext__()).seq))

    async def test_the_end_of_the_client_ends_everything(self) -> None:
        imq, world, room = await in_room()
        unborn = imq.room("/b").messages()
        streams: list[Stream[Any]] = [room.messages(), room.members.changes(), unborn]
        streams.append(room.state("scores").changes())
        sending = asyncio.ensure_future(room.send("chat", 1))
        await settled()
        await imq.close()
        self.assertEqual([[], [], [], []], [await rest(one) for one in streams])
        with self.assertRaises(OutcomeUnknown):
            await sending
        with self.assertRaises(Closed):
            await room.send("chat", 2)

    async def test_rooms_that_others_put_the_user_in(self) -> None:
        imq, world = await connected(user="ann", given=True)
        rooms = imq.rooms()
        world.socket.says(subscribed=subscribed(queue="/user/ann"), message=message(5))
        room = await rooms.__anext__()
        self.assertEqual(("/user/ann", "standing"), (room.name, room.status))
        self.assertIs(room, imq.room("/user/ann"))


class Streams(unittest.IsolatedAsyncioTestCase):
    async def test_who_does_not_read_is_told_and_harms_nobody(self) -> None:
        _, world, room = await in_room()
        slow, quick = room.messages(), room.messages()
        with mock.patch.object(stream, "KEPT_MAX", 100):
            for seq in range(5, 106):
                world.socket.says(message=message(seq))
                self.assertEqual(seq, (await quick.__anext__()).seq)
        self.assertEqual(list(range(5, 105)), [(await slow.__anext__()).seq for _ in range(100)])
        with self.assertRaises(Overrun):
            await slow.__anext__()
        self.assertEqual([], await rest(slow))
        world.socket.says(message=message(9_999))
        self.assertEqual(9_999, (await quick.__anext__()).seq)

    async def test_a_loop_that_is_left_keeps_nothing(self) -> None:
        _, world, room = await in_room()
        world.socket.says(message=message(5))
        left = weakref.ref(room.messages())
        gc.collect()
        self.assertIsNone(left())

    async def test_all_kinds_of_events(self) -> None:
        _, world, room = await in_room()
        events = room.events()
        change = {"key": "k", "value_base64": "AP8=", "version": 5}
        world.socket.says(
            state={**state(5, change), "from": "bob", "conflated": True},
            joined={"sub": 1, "seq": 6, "users": ["bob"]},
            left={"sub": 1, "seq": 7, "users": ["bob"], "reason": "bye"},
            mount_created={"sub": 1, "mount": "m", "kind": "state", "seq": 8},
            mount_deleted={"sub": 1, "mount": "m", "kind": "state", "seq": 9},
            gap={"sub": 1, "mount": "chat", "after_seq": 9, "before_seq": 12},
            unsubscribed={"sub": 1, "queue": "/a", "reason": "over"},
        )
        names = [type(event).__name__ for event in await rest(events)]
        expected = "StateChanged Joined Left MountCreated MountDeleted Gap Unsubscribed"
        self.assertEqual(expected.split(), names)

    async def test_events_keep_their_fields(self) -> None:
        _, world, room = await in_room()
        events = room.events()
        deleted = {"key": "k", "deleted": True, "version": 5}
        world.socket.says(
            state={**state(5, deleted), "from": "bob"},
            joined={"sub": 1, "seq": 6, "users": ["bob"], "reason": "r"},
            gap={"sub": 1, "mount": "chat", "after_seq": 9, "before_seq": 12},
        )
        changed = await events.__anext__()
        assert isinstance(changed, StateChanged)
        self.assertEqual(("scores", 5, "bob", False), (
            changed.mount, changed.seq, changed.sender, changed.is_conflated
        ))
        self.assertEqual(("k", None, True, 5), (
            changed.changes[0].key,
            changed.changes[0].value,
            changed.changes[0].is_deleted,
            changed.changes[0].version,
        ))
        self.assertEqual(Joined(6, ["bob"], "r"), await events.__anext__())
        self.assertEqual(Gap("chat", 9, 12), await events.__anext__())


class State(unittest.IsolatedAsyncioTestCase):
    async def test_the_map_follows_the_queue(self) -> None:
        entry = {"key": "ann", "value": 1, "version": 3}
        _, world, room = await in_room(mounts=[{**SCORES, "entries": [entry]}])
        scores = room.state("scores")
        self.assertEqual({"ann": 1}, dict(scores))
        self.assertEqual((3, 0), (scores.version("ann"), scores.version("x")))
        changes = scores.changes()
        world.socket.says(
            state=state(5, {"key": "ann", "value": True, "version": 5}),
        )
        world.socket.says(
            state=state(6, {"key": "bob", "value": None, "version": 6},
                        {"key": "ann", "deleted": True, "version": 6}),
        )
        self.assertEqual({"bob": None}, dict(scores))
        world.socket.says(unsubscribed={"sub": 1, "queue": "/a"})
        self.assertEqual(
            [
                ValueChange("ann", True, 1, False, False),
                ValueChange("bob", None, None, False, True),
                ValueChange("ann", None, True, True, False),
            ],
            await rest(changes),
        )

    async def test_what_is_older_than_what_is_known_changes_nothing(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        world.socket.says(state=state(10, {"key": "k", "value": "new", "version": 10}))
        world.socket.says(state=state(11, {"key": "k", "value": "old", "version": 9}))
        self.assertEqual({"k": "new"}, dict(room.state("scores")))

    async def test_a_write_shows_at_once_and_once(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        scores = room.state("scores")
        changes = scores.changes()
        value = {"deep": [1]}
        setting = scores.set("k", value, if_absent=True, ttl_ms=5)
        value["deep"].append(2)
        self.assertEqual(({"k": {"deep": [1]}}, 0), (dict(scores), scores.version("k")))
        sent = world.socket.answers(seq=5)
        self.assertEqual(
            [{"key": "k", "set": {"deep": [1]}, "if_absent": True, "ttl_ms": 5}], sent["changes"]
        )
        self.assertEqual((5, {"deep": [1]}, 5), (await setting, scores["k"], scores.version("k")))
        # The event that follows says the same.
        world.socket.says(state=state(5, {"key": "k", "value": {"deep": [1]}, "version": 5}))
        adding = scores.change([Change.add("n", -2), Change.delete("k", if_version=5)])
        sent = world.socket.answers(seq=6)
        self.assertEqual(
            [{"key": "n", "add": -2}, {"key": "k", "delete": True, "if_version": 5}],
            sent["changes"],
        )
        self.assertEqual((6, {"n": -2}), (await adding, dict(scores)))
        world.socket.says(unsubscribed={"sub": 1, "queue": "/a"})
        self.assertEqual(
            [
                ValueChange("k", {"deep": [1]}, None, False, True, True),
                ValueChange("n", -2, None, False, True, True),
                ValueChange("k", None, {"deep": [1]}, True, False, True),
            ],
            await rest(changes),
        )

    async def test_a_refused_write_is_taken_back(self) -> None:
        entry = {"key": "n", "value": 3, "version": 3}
        _, world, room = await in_room(mounts=[{**SCORES, "entries": [entry]}])
        scores = room.state("scores")
        changes = scores.changes()
        adding = scores.add("n", 1, if_version=9)
        self.assertEqual(4, scores["n"])
        world.socket.answers(status=9)
        with self.assertRaises(Precondition):
            await adding
        self.assertEqual({"n": 3}, dict(scores))
        there, back = [await changes.__anext__() for _ in range(2)]
        self.assertEqual(ValueChange("n", 4, 3, False, False, True), there)
        self.assertEqual(ValueChange("n", 3, 4, False, False, False), back)

    async def test_what_the_wire_cannot_carry_never_shows(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        scores = room.state("scores")
        changes = scores.changes()
        for amount in (0.5, "1", 2**63):
            with self.assertRaises(ValueError):
                scores.add("n", amount)  # type: ignore[arg-type]
        with self.assertRaises(ValueError):
            scores.set("n", float("nan"))
        self.assertEqual(({}, []), (dict(scores), world.socket.take()))
        await scores_are_still_written(scores, world)
        self.assertEqual(("n", 1), ((change := await changes.__anext__()).key, change.value))

    async def test_a_write_that_nobody_waits_for_any_more_is_written(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        scores = room.state("scores")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(scores.set("n", 1), 0)
        self.assertEqual(({"n": 1}, 0), (dict(scores), scores.version("n")))
        world.socket.answers(seq=5)
        self.assertEqual(({"n": 1}, 5), (dict(scores), scores.version("n")))

    async def test_a_resent_write_does_not_count_twice(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        scores = room.state("scores")
        adding = scores.add("n", 1)
        world.socket.says(state=state(5, {"key": "n", "value": 1, "version": 5}))
        world.socket.answers(seq=5)
        await adding
        self.assertEqual(1, scores["n"])

    async def test_keys_that_do_not_come_here_do_not_show(self) -> None:
        _, world, room = await in_room(mounts=[SCORES])
        joining = asyncio.ensure_future(room.subscribe(key_prefix="a/"))
        await settled()
        world.socket.answers()
        world.socket.says(subscribed=subscribed(mounts=[SCORES]))
        await joining
        writing = room.change("scores", [Change.set("a/1", 1), Change.set("b", 1)])
        world.socket.answers(seq=5)
        await writing
        self.assertEqual({"a/1": 1}, dict(room.state("scores")))

    async def test_after_a_gap_it_is_read_anew(self) -> None:
        entries = [{"key": key, "value": 1, "version": 3} for key in "abc"]
        _, world, room = await in_room(mounts=[{**SCORES, "entries": entries}])
        scores = room.state("scores")
        world.socket.says(gap={"sub": 1, "mount": "scores", "after_seq": 4, "before_seq": 9})
        await settled()
        with mock.patch.object(reread, "_AGAIN_S", 0):
            # The first attempt fails, and then comes another.
            world.socket.answers(status=14, may_retry=True)
            await settled()
        # What comes meanwhile is newer than what is read.
        world.socket.says(
            state=state(10, {"key": "b", "value": 7, "version": 10},
                        {"key": "c", "deleted": True, "version": 10}),
        )
        old = [{"key": key, "value": 2, "version": 5} for key in "bcd"]
        world.socket.answers(entries=old[:2], next="c")
        await settled()
        self.assertEqual("c", world.socket.answers(entries=old[2:])["after"])
        await settled()
        self.assertEqual({"b": 7, "d": 2}, dict(scores))

    async def test_another_epoch_replaces_all(self) -> None:
        entry = {"key": "ann", "value": 1, "version": 3}
        _, world, room = await in_room(mounts=[{**SCORES, "entries": [entry]}])
        await comes_back(world, session_id="s2", resumed=False)
        world.socket.take()
        new = {"key": "bob", "value": 2, "version": 1}
        world.socket.says(result={"op_id": 1, "status": 0})
        world.socket.says(subscribed=subscribed(epoch=10, mounts=[{**SCORES, "entries": [new]}]))
        self.assertEqual({"bob": 2}, dict(room.state("scores")))
        self.assertEqual(1, room.state("scores").version("bob"))


class MembersOfARoom(unittest.IsolatedAsyncioTestCase):
    async def test_who_is_here(self) -> None:
        _, world, room = await in_room(members=["ann", "bob"])
        changes = room.members.changes()
        world.socket.says(
            joined={"sub": 1, "seq": 5, "users": ["cid"]},
            left={"sub": 1, "seq": 6, "users": ["bob"]},
        )
        self.assertEqual((["ann", "cid"], 2), (list(room.members), len(room.members)))
        self.assertTrue("cid" in room.members and "bob" not in room.members)
        self.assertEqual(MembersChange(["cid"], []), await changes.__anext__())
        self.assertEqual(MembersChange([], ["bob"]), await changes.__anext__())

    async def test_only_a_number(self) -> None:
        _, _, room = await in_room(member_count=1_000)
        self.assertEqual((1_000, []), (len(room.members), list(room.members)))

    async def test_after_a_gap_they_are_read_anew(self) -> None:
        _, world, room = await in_room(members=["ann", "bob"])
        world.socket.says(gap={"sub": 1, "mount": "members", "after_seq": 4, "before_seq": 9})
        await settled()
        world.socket.says(left={"sub": 1, "seq": 10, "users": ["cid"]})
        world.socket.answers(members=["ann", "cid", "dan"])
        await settled()
        self.assertEqual({"ann", "dan"}, set(room.members))


class Reading(unittest.IsolatedAsyncioTestCase):
    async def test_pages_and_calls(self) -> None:
        imq, world = await connected()
        room = imq.room("/a")
        reading = asyncio.ensure_future(room.history("chat", before_seq=9, limit=2))
        await settled()
        asked = world.socket.answers(messages=[message(7, "x")], next="7")
        self.assertEqual(
            {"op_id": 1, "queue": "/a", "mount": "chat", "before_seq": 9, "limit": 2}, asked
        )
        page = await reading
        self.assertEqual(("7", ["x"]), (page.next, [item.payload for item in page.items]))
        counting = asyncio.ensure_future(room.list_members())
        await settled()
        world.socket.answers(member_count=3)
        counted = await counting
        self.assertEqual(([], None, 3), (counted.items, counted.next, counted.count))
        calling = asyncio.ensure_future(imq.call("roll", {"sides": 6}))
        await settled()
        asked = world.socket.answers(payload=4)
        self.assertEqual({"queue": "", "method": "roll", "payload": {"sides": 6}}, {
            name: asked[name] for name in ("queue", "method", "payload")
        })
        self.assertEqual(4, await calling)

    async def test_what_the_wire_cannot_carry_is_raised_at_once(self) -> None:
        imq, world = await connected()
        for payload in (float("nan"), object(), "\ud800"):
            with self.assertRaises((TypeError, ValueError)):
                await imq.room("/a").send("chat", payload)
        with self.assertRaises(ValueError):
            await imq.subscribe("/a", history=-1)
        self.assertEqual([], world.socket.take())
