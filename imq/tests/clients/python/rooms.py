"""Scenarios: members, filters, reads in pages."""

from report import scenario
from wire import check, same


@scenario("others hear who joined and left, nobody hears of themselves")
def joined_left(world):
    room, ann = world.room(), world.client(0)
    ann.subscribe(room)
    bob = world.client(1)
    subscribed = bob.subscribe(room)
    same(sorted(subscribed.members), sorted([ann.user, bob.user]), "roster")
    joined = ann.wait("joined")
    same(list(joined.users), [bob.user], "who joined")
    seq = bob.say(room, b"1")
    for client in (ann, bob):
        name, event = client.next()
        same((name, event.seq), ("message", seq), f"next event at {client.user}")
    bob.do("unsubscribe", queue=room)
    left = ann.wait("left")
    same(list(left.users), [bob.user], "who left")
    check(joined.seq < seq < left.seq, "the seqs of joined, message and left don't rise")


@scenario("key_prefix holds for the snapshot, live changes and missed ones")
def key_prefix(world):
    room, ann, _ = world.pair()
    ann.change(room, {"key": "red/1", "set": b"1"}, {"key": "blue/1", "set": b"1"})
    cem = world.client(1)
    subscribed = cem.subscribe(room, key_prefix="red/")
    entries = [entry.key for mount in subscribed.mounts for entry in mount.entries]
    same(entries, ["red/1"], "entries")
    ann.change(room, {"key": "blue/2", "set": b"1"})
    seq = ann.change(room, {"key": "red/2", "set": b"1"}, {"key": "blue/3", "set": b"1"})
    event = cem.wait("state")
    same((event.seq, [part.key for part in event.changes]), (seq, ["red/2"]), "live change")
    since = {"epoch": subscribed.epoch, "marks": dict(subscribed.marks)}
    again = world.client(1)
    back = again.subscribe(room, key_prefix="red/", since=since)
    same(back.recovered, True, "recovered")
    event = again.wait("state")
    same((event.seq, [part.key for part in event.changes]), (seq, ["red/2"]), "missed change")


@scenario("mounts holds for the snapshot, history, live events and missed ones")
def mounts(world):
    room, ann, _ = world.pair()
    ann.change(room, {"key": "k", "set": b"1"})
    old = ann.say(room, b"old")
    chat, scores = world.client(1), world.client(1)
    only_chat = chat.subscribe(room, mounts=["chat"], history=5)
    same([mount.name for mount in only_chat.mounts], ["chat"], "mounts")
    same(chat.wait("message").seq, old, "history")
    only_scores = scores.subscribe(room, mounts=["scores"], history=5)
    same([mount.name for mount in only_scores.mounts], ["scores"], "mounts")
    entries = [entry.key for mount in only_scores.mounts for entry in mount.entries]
    same(entries, ["k"], "entries")
    change = ann.change(room, {"key": "k", "set": b"2"})
    message = ann.say(room, b"new")
    same(next_event(scores), ("state", change), "first live event of scores alone")
    same(next_event(chat), ("message", message), "first live event of chat alone")
    since = {"epoch": only_chat.epoch, "marks": dict(only_chat.marks)}
    again = world.client(0)
    same(again.subscribe(room, mounts=["chat"], since=since).recovered, True, "recovered")
    same(next_event(again), ("message", message), "missed event of chat alone")


def next_event(client):
    """Name and seq of the next event."""
    name, event = client.next()
    return name, event.seq


@scenario("members among the mounts brings who comes and goes, and no events of others")
def only_members(world):
    room, ann, _ = world.pair()
    cem = world.client(1)
    subscribed = cem.subscribe(room, mounts=["members"])
    same(len(subscribed.mounts), 0, "number of mounts")
    check(cem.user in subscribed.members, "the roster lacks its own user")
    ann.say(room, b"1")
    dora = world.client(0)
    dora.subscribe(room)
    name, event = cem.next()
    same((name, list(event.users)), ("joined", [dora.user]), "first event")


@scenario("get_state reads in pages, by key, with key_prefix")
def get_state(world):
    room, ann, bob = world.pair()
    keys = [f"a{number}" for number in range(7)]
    ann.change(room, *({"key": key, "set": key.encode()} for key in reversed(keys)),
               {"key": "b", "set": b"1"})
    read, after, pages = [], "", 0
    while pages == 0 or after:
        page = bob.do("get_state", queue=room, mount="scores", key_prefix="a", limit=3,
                      after=after)
        check(1 <= len(page.entries) <= 3, f"{len(page.entries)} entries in a page of 3")
        read += [entry.key for entry in page.entries]
        after, pages = page.next, pages + 1
        check(pages < 10, "the pages don't end")
    same(read, keys, "keys")
    same(len(bob.do("get_state", queue=room, mount="scores").entries), 8, "entries with limit 0")


@scenario("get_history reads the newest page first, oldest first within it")
def get_history(world):
    room, ann, bob = world.pair()
    seqs = [ann.say(room, str(number).encode()) for number in range(7)]
    pages, before = [], 0
    while not pages or before:
        page = bob.do("get_history", queue=room, mount="chat", limit=3, before_seq=before)
        check(len(page.messages) <= 3, f"{len(page.messages)} messages in a page of 3")
        pages.append([message.seq for message in page.messages])
        same([getattr(message, "from") for message in page.messages],
             [ann.user] * len(page.messages), "from")
        before = int(page.next or 0)
        check(len(pages) < 10, "the pages don't end")
    pages = [page for page in pages if page]
    same(pages, [seqs[4:], seqs[1:4], seqs[:1]], "pages")


@scenario("list_members reads in pages, by user id")
def list_members(world):
    room, users = world.room(), []
    for number in range(5):
        client = world.client(number % 2)
        client.subscribe(room)
        users.append(client.user)
    read, after, pages = [], "", 0
    while pages == 0 or after:
        page = client.do("list_members", queue=room, limit=2, after=after)
        check(len(page.members) <= 2, f"{len(page.members)} members in a page of 2")
        read += page.members
        after, pages = page.next, pages + 1
        check(pages < 10, "the pages don't end")
    same(read, sorted(users), "members")
