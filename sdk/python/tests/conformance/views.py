"""A live map under a script of sdk/conformance/views."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from imq_client import Change, Client, ImqError, StateMap, ValueChange

from ..fake import World, connected, settled, subscribed

_FOLDER = Path(__file__).resolve().parents[3] / "conformance" / "views"
_INPUTS = ("write", "confirm", "refuse", "receive", "lost", "back")
# What they are if they aren't in a step.
_OUTPUTS: dict[str, Any] = {"told": [], "answers": {}, "versions": {}, "shows": None}


def views() -> dict[str, dict[str, Any]]:
    """All scripts, by name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))}


async def differences(script: dict[str, Any]) -> list[str]:
    """At which steps the map does something else, and what."""
    bench = await Bench.start(script)
    found = []
    for index, step in enumerate(script["steps"]):
        _check_words(step)
        await bench.input(step)
        did = bench.take_done(step)
        wanted = {name: step.get(name, absent) for name, absent in _OUTPUTS.items()}
        wanted["told"] = sorted(wanted["told"], key=_key)
        if json.dumps(did, sort_keys=True) != json.dumps(wanted, sort_keys=True):
            found.append(f"step {index + 1}: {did} instead of {wanted}")
    await bench.close()
    return found


class Bench:
    def __init__(self, imq: Client, world: World, scores: StateMap) -> None:
        self._imq = imq
        self._world = world
        self._scores = scores
        self._told: list[dict[str, Any]] = []
        self._answers: dict[str, Any] = {}
        # The writes that were sent, by their numbers, and those that weren't yet.
        self._op_ids: dict[int, int] = {}
        self._unsent: list[int] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._run(self._read())

    @classmethod
    async def start(cls, script: dict[str, Any]) -> Bench:
        """In a room with these entries."""
        imq, world = await connected()
        joining = asyncio.ensure_future(imq.subscribe("/a", **script.get("options", {})))
        await settled()
        world.socket.answers()
        mount = {"name": "scores", "kind": "state", "entries": script["entries"]}
        world.socket.says(subscribed=subscribed(mounts=[mount]))
        bench = cls(imq, world, (await joining).state("scores"))
        await settled()
        return bench

    async def input(self, step: dict[str, Any]) -> None:
        """Does what happens in a step."""
        socket = self._world.socket
        if "write" in step:
            changes = [Change(change) for change in step["changes"]]
            self._unsent.append(step["write"])
            self._run(self._wait(str(step["write"]), self._scores.change(changes)))
        elif "confirm" in step:
            op_id = self._op_ids[step["confirm"]]
            socket.says(result={"op_id": op_id, "status": 0, "seq": step["seq"]})
        elif "refuse" in step:
            socket.says(result={"op_id": self._op_ids[step["refuse"]], "status": 9})
        elif "receive" in step:
            socket.says(**step["receive"])
        elif "lost" in step:
            socket.drops()
        elif "back" in step:
            await self._come_back(step["back"]["resumed"])
        await settled()
        self._see_sent()

    def take_done(self, step: dict[str, Any]) -> dict[str, Any]:
        """What the map shows, and what has come of it since this was asked last."""
        told, self._told = sorted(self._told, key=_key), []
        answers, self._answers = self._answers, {}
        versions = {key: self._scores.version(key) for key in step.get("versions", {})}
        shows = dict(self._scores)
        return {"told": told, "answers": answers, "versions": versions, "shows": shows}

    async def close(self) -> None:
        """Nothing comes after this."""
        await self._imq.close()
        await asyncio.gather(*self._tasks)

    async def _come_back(self, resumed: bool) -> None:
        if not self._world.socket.is_gone:
            self._world.socket.drops()
        await self._world.passes(0)
        self._world.socket.opens()
        self._world.socket.welcomes(resumed=resumed, session_id="s1" if resumed else "s2")
        await settled()

    def _see_sent(self) -> None:
        for sent in self._world.socket.take():
            for kind, body in sent.items():
                if kind == "subscribe":
                    self._world.socket.says(result={"op_id": body["op_id"], "status": 0})
                elif kind == "send_state" and body["op_id"] not in self._op_ids.values():
                    self._op_ids[self._unsent.pop(0)] = body["op_id"]

    async def _wait(self, number: str, answer: asyncio.Future[int]) -> None:
        try:
            self._answers[number] = await answer
        except ImqError as error:
            self._answers[number] = error.code

    async def _read(self) -> None:
        async for change in self._scores.changes():
            self._told.append(_told(change))

    def _run(self, coroutine: Any) -> None:
        self._tasks.append(asyncio.ensure_future(coroutine))


def _check_words(step: dict[str, Any]) -> None:
    """A word that is mistyped would show nothing."""
    inputs = [name for name in step if name in _INPUTS]
    others = [name for name in step if name not in (*_INPUTS, *_OUTPUTS)]
    beside = {"write": ["changes"], "confirm": ["seq"]}
    wanted = beside.get(inputs[0], []) if inputs else []
    if len(inputs) > 1 or others != wanted:
        raise ValueError(f"words: {inputs}, {others}")


def _told(change: ValueChange) -> dict[str, Any]:
    told: dict[str, Any] = {"key": change.key}
    told |= {} if change.is_deleted else {"value": change.value}
    told |= {} if change.is_new else {"old": change.old}
    return told | ({"pending": True} if change.is_pending else {})


def _key(told: dict[str, Any]) -> str:
    """Of one moment the keys may come in any order."""
    key: str = told["key"]
    return key
