"""Who is in a room, as far as its class shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .events import Page
from .reread import Reread
from .stream import Stream, Streams
from .world import Tasks

if TYPE_CHECKING:
    from .room import Room


@dataclass(frozen=True)
class MembersChange:
    """Who came and who went."""

    joined: list[str]
    left: list[str]


class Members(Collection[str]):
    """The users' ids: iterate them, ask for `len`, or whether one is `in` it."""

    def __init__(self, room: Room, tasks: Tasks) -> None:
        self._room = room
        # A dict keeps the order in which they came.
        self._users: dict[str, None] = {}
        self._count: int | None = None
        self._streams = Streams(self)
        self._reread: Reread[str] = Reread(tasks, self._read, self._were_read)

    def __len__(self) -> int:
        """How many there are; where only the number is shown, how many there were at
        `subscribe`."""
        return len(self._users) if self._count is None else self._count

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._users))

    def __contains__(self, user: object) -> bool:
        return user in self._users

    def changes(self) -> Stream[MembersChange]:
        """Who comes and goes from now on, until the subscription is over."""
        return self._streams.open(lambda change: change)

    def reset(self, users: list[str], count: int | None) -> None:
        """These are all."""
        self._reread.cancel()
        self._count = count
        self._become(users)

    def joined(self, users: list[str]) -> None:
        self._change(users, [])

    def left(self, users: list[str]) -> None:
        self._change([], users)

    def reread(self) -> None:
        """Something is missing."""
        self._reread.begin()

    def end(self) -> None:
        """The subscription is over."""
        self._reread.cancel()
        self._streams.end()

    async def _read(self, after: str) -> Page[str]:
        page = await self._room.list_members(after=after)
        self._count = page.count
        return page

    def _were_read(self, users: list[str], touched: set[str]) -> None:
        untouched = [user for user in users if user not in touched]
        self._become(untouched + [user for user in touched if user in self._users])

    def _become(self, users: list[str]) -> None:
        all_of_them = set(users)
        left = [user for user in self._users if user not in all_of_them]
        self._change([user for user in users if user not in self._users], left)

    def _change(self, joined: list[str], left: list[str]) -> None:
        for user in joined + left:
            self._reread.touch(user)
        for user in joined:
            self._users[user] = None
        for user in left:
            self._users.pop(user, None)
        if joined or left:
            self._streams.push(MembersChange(joined, left))
