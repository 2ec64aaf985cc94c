"""A subscription that the application has and keeps, whatever happens to connections."""

from __future__ import annotations

from typing import Any, Literal

# The mark that `joined`, `left`, `mount_created` and `mount_deleted` move.
_MEMBERS = "members"
_OPTIONS = ("history", "mounts", "key_prefix")

Body = dict[str, Any]


class Subscription:
    """`stage` is `standing`: the queue has said yes; `returning`: asked for anew, and operations
    wait, lest they are refused to a non-member; `paused`: refused for now, to be asked for again
    at `until`."""

    def __init__(self) -> None:
        self.options: Body = {}
        self.stage: Literal["standing", "returning", "paused"] = "standing"
        self.until = 0.0
        # The session is a member, as far as we know.
        self.attached = False
        # This connection's `connect` named it in `seen`.
        self.named = False
        # How often it was refused in a row.
        self.refusals = 0
        self._epoch: int | None = None
        self._marks: dict[str, int] = {}

    def change(self, body: Body) -> None:
        """The options are new: the place of the old ones means nothing for them."""
        self.options = _options_of(body)
        self._epoch = None

    def stand(self, word: Body) -> bool:
        """The queue attaches the session. True: it is the queue of before, in the same epoch."""
        epoch: int = word.get("epoch", 0)
        is_same = self._epoch == epoch
        self._epoch = epoch
        self._marks = dict(word.get("marks") or {})
        self.stage = "standing"
        self.attached = True
        self.named = False
        self.refusals = 0
        return is_same

    def detach(self, stage: Literal["returning", "paused"]) -> None:
        """The session is no member any more, as far as we know."""
        self.stage = stage
        self.attached = False
        self.named = False

    @property
    def place(self) -> Body | None:
        """How far it got, if that is known."""
        if self._epoch is None:
            return None
        return {"epoch": self._epoch, "marks": dict(self._marks)}

    def request(self, newest: Body | None) -> Body:
        """Brings it back to where it was, with newer options if there are some."""
        options = self.options if newest is None else _options_of(newest)
        since = self.place
        # Old messages were had before; what is new comes by `since`.
        history = None if since else options.get("history")
        return {**options, "since": since, "history": history}

    def follow(self, kind: str, word: Body) -> bool:
        """Moves the marks as an event says. False: the event was had before."""
        mount, seq = word.get("mount", ""), word.get("seq", 0)
        if kind == "state" and seq <= self._mark(mount):
            return False
        if kind == "mount_deleted":
            self._marks.pop(mount, None)
        elif kind == "gap":
            self._reach(mount, word.get("before_seq", 0) - 1)
        elif mount and not word.get("history"):
            self._reach(mount, seq)
        if kind not in ("message", "state", "gap"):
            self._reach(_MEMBERS, seq)
        return True

    def _mark(self, mount: str) -> int:
        return 0 if self._epoch is None else self._marks.get(mount, 0)

    def _reach(self, mount: str, seq: int) -> None:
        self._marks[mount] = max(seq, self._marks.get(mount, 0))


def _options_of(body: Body) -> Body:
    return {name: body.get(name) for name in _OPTIONS}
