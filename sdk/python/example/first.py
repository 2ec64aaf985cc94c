"""Joins a room, says hello, and scores. Run it as several users."""

import asyncio
import sys

from imq_client import Joined, Message, connect


async def main(user: str = "ann", url: str = "ws://127.0.0.1:7480") -> None:
    async with connect(url, user=user) as imq:
        room = await imq.subscribe("/room/1")
        events = room.events()
        print("here are", ", ".join(room.members), flush=True)
        await room.send("chat", "hello")
        scores = room.state("scores")
        await scores.add(user, 10)
        print(user, "has", scores[user], "points", flush=True)
        async for event in events:
            if isinstance(event, Message):
                print(f"{event.sender or 'the back end'}: {event.payload}", flush=True)
            elif isinstance(event, Joined):
                print(", ".join(event.users), "came in", flush=True)


try:
    asyncio.run(main(*sys.argv[1:]))
except KeyboardInterrupt:
    pass
