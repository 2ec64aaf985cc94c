"""Scenarios: keys and values of a state mount."""

from report import scenario
from wire import check, same


def change(key, **fields):
    """One change of a key."""
    return {"key": key, **fields}


@scenario("set, add and delete reach all, with the change's seq as version")
def set_add_delete(world):
    room, ann, bob = world.pair()
    seq = ann.change(room, change("a", set=b"text"), change("n", add=5), change("z", set=b""))
    for client in (ann, bob):
        event = client.wait("state")
        same((event.seq, event.mount, getattr(event, "from")), (seq, "scores", ann.user), "event")
        got = {part.key: (part.value, part.version) for part in event.changes}
        same(got, {"a": (b"text", seq), "n": (b"5", seq), "z": (b"", seq)}, "changes")
    second = bob.change(room, change("n", add=-7), change("a", delete=True))
    got = {part.key: (part.deleted, part.value, part.version) for part in ann.wait("state").changes}
    same(got, {"n": (False, b"-2", second), "a": (True, b"", second)}, "changes")
    same(ann.state(room), {"n": (b"-2", second), "z": (b"", seq)}, "entries")


@scenario("if_version lets one of two writers win")
def if_version(world):
    room, ann, bob = world.pair()
    seq = ann.change(room, change("k", set=b"1", if_version=0))
    second = bob.change(room, change("k", set=b"2", if_version=seq))
    late = change("k", set=b"3", if_version=seq)
    ann.refused(9, "send_state", queue=room, mount="scores", changes=[late])
    ann.refused(9, "send_state", queue=room, mount="scores",
                changes=[change("k", set=b"3", if_version=0)])
    ann.refused(9, "send_state", queue=room, mount="scores",
                changes=[change("absent", set=b"3", if_version=seq)])
    same(ann.state(room), {"k": (b"2", second)}, "entries")


@scenario("if_absent refuses a key that is there")
def if_absent(world):
    room, ann, bob = world.pair()
    seq = ann.change(room, change("k", set=b"1", if_absent=True))
    bob.refused(9, "send_state", queue=room, mount="scores",
                changes=[change("k", set=b"2", if_absent=True)])
    same(bob.state(room), {"k": (b"1", seq)}, "entries")


@scenario("one refused change refuses them all, without an event")
def atomic(world):
    room, ann, bob = world.pair()
    ann.change(room, change("k", set=b"1"), change("word", set=b"no number"))
    bob.wait("state")
    for bad in (change("k", set=b"2", if_absent=True), change("k", set=b"2", if_version=1 << 40),
                change("word", add=1)):
        ann.refused((3, 9), "send_state", queue=room, mount="scores",
                    changes=[change("new", set=b"1"), bad])
    check("new" not in ann.state(room), "a change of a refused operation was made")
    seq = ann.change(room, change("last", set=b"1"))
    same(bob.wait("state").seq, seq, "the next event of the other")


@scenario("add refuses what overflows 64 bits")
def overflow(world):
    room, ann, _ = world.pair()
    ann.change(room, change("n", add=2**63 - 1))
    ann.refused((3, 9), "send_state", queue=room, mount="scores", changes=[change("n", add=1)])
    ann.change(room, change("n", add=-1))
    same(ann.state(room)["n"][0], str(2**63 - 2).encode(), "value")


@scenario("who joins later gets the whole state as of the marks, by key")
def snapshot(world):
    room, ann, _ = world.pair()
    for number in (3, 1, 2):
        ann.change(room, change(f"k{number}", set=str(number).encode()))
    seq = ann.change(room, change("gone", set=b"1"))
    seq = ann.change(room, change("gone", delete=True))
    late = world.client(1)
    subscribed = late.subscribe(room)
    check(subscribed.marks["scores"] >= seq, "the mark is below the last change")
    scores = next(mount for mount in subscribed.mounts if mount.name == "scores")
    same([(entry.key, entry.value) for entry in scores.entries],
         [("k1", b"1"), ("k2", b"2"), ("k3", b"3")], "entries")
    live = ann.change(room, change("k1", set=b"9"))
    same(late.wait("state").seq, live, "seq of the first live change")


@scenario("a while_present key goes when its last writer leaves, others stay")
def while_present(world):
    room, ann, bob = world.pair()
    bob.change(room, change("here", set=b"1", while_present=True), change("stays", set=b"1"))
    bob.change(room, change("other", set=b"1", while_present=True))
    ann.change(room, change("other", set=b"2"))
    for _ in range(3):
        ann.wait("state")
    bob.bye()
    event = ann.wait("state")
    same([(part.key, part.deleted) for part in event.changes], [("here", True)], "changes")
    ann.wait("left")
    same(sorted(ann.state(room)), ["other", "stays"], "keys")


@scenario("a while_present key goes also when its writer unsubscribes")
def while_subscribed(world):
    room, ann, bob = world.pair()
    bob.change(room, change("here", set=b"1", while_present=True))
    ann.wait("state")
    bob.do("unsubscribe", queue=room)
    event = ann.wait("state")
    same([(part.key, part.deleted) for part in event.changes], [("here", True)], "changes")


@scenario("a key with ttl_ms is deleted in time, unless it is set again")
def time_to_live(world):
    room, ann, bob = world.pair()
    ann.change(room, change("short", set=b"1", ttl_ms=300), change("kept", set=b"1", ttl_ms=300))
    ann.change(room, change("kept", set=b"2"))
    for _ in range(2):
        bob.wait("state")
    event = bob.wait("state")
    same([(part.key, part.deleted) for part in event.changes], [("short", True)], "changes")
    same(getattr(event, "from"), "", "from")
    same(sorted(bob.state(room)), ["kept"], "keys")
    ann.refused((3, 8), "send_state", queue=room, mount="scores",
                changes=[change("long", set=b"1", ttl_ms=31 * 86_400_000)])


@scenario("malformed changes are refused: none, no act, twice a key, long or empty keys")
def malformed(world):
    room, ann, _ = world.pair()
    for changes in ([], [change("k")], [change("", set=b"1")],
                    [change("k" * 256, set=b"1")], [change("k", set=b"x" * 65537)],
                    [change(f"k{number}", set=b"1") for number in range(257)]):
        ann.refused((3, 8), "send_state", queue=room, mount="scores", changes=changes)
    same(ann.state(room), {}, "entries")
