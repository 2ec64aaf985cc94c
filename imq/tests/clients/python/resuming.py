"""Scenarios: a session that goes on after its connection ended, here or at another gateway."""

from report import scenario
from wire import check, same

FIRST = 100  # queues in `seen`; all of them are more than a first frame may have


def back_in(client, room):
    """The `subscribed` that comes of itself, with no `result` before it."""
    name, subscribed = client.next()
    same((name, getattr(subscribed, "queue", "")), ("subscribed", room), "the frame after login")
    return subscribed


@scenario("resume, here and elsewhere: what was missed comes once, others hear nothing")
def missed(world):
    for gateway in (0, 1):
        room, ann, bob = world.pair()
        bob.say(room, b"before")
        for client in (ann, bob):
            client.taken(1, "message")
        marks = dict(bob.seen.queues[room][1])
        bob.close()
        messages = [ann.say(room, str(number).encode()) for number in range(5)]
        change = ann.change(room, {"key": "k", "set": b"1"})
        back = world.resume(bob, gateway)
        subscribed = back_in(back, room)
        same((subscribed.recovered, subscribed.gap), (True, False), "recovered and gap")
        same(subscribed.epoch, bob.seen.queues[room][0], "epoch")
        same(dict(subscribed.marks), marks, "marks")
        same([len(mount.entries) for mount in subscribed.mounts], [0, 0], "entries")
        same(len(subscribed.members), 0, "members of a recovered subscription")
        same(back.taken(6, "message", "state"), messages + [change], "what was missed")
        live = back.say(room, b"live")
        same(back.taken(1, "message"), [live], "live message")
        same(ann.taken(7, "message", "state"), messages + [change, live], "what the other got")
        for client in (ann, back):
            client.quiet()


@scenario("what was missed before and after a first resume comes with its old seq, none twice")
def twice(world):
    room, ann, bob = world.pair()
    got, sent = [], []
    for gateway in (0, 1, 1, 0, 1, 0):
        bob.close()
        sent += [ann.say(room, b"x") for _ in range(3)]
        bob = world.resume(bob, gateway)
        back_in(bob, room)
        sent += [bob.say(room, b"y")]
        got += bob.taken(4, "message")
    same(got, sent, "messages over six connections")
    same(ann.taken(len(sent), "message"), sent, "messages at the other")
    bob.quiet()


@scenario("a state that changed in between is whole again after a resume")
def state(world):
    room, ann, bob = world.pair()
    bob.change(room, {"key": "mine", "set": b"1", "while_present": True}, {"key": "n", "add": 1})
    held = bob.state(room)
    bob.wait("state")
    bob.close()
    for number in range(10):
        ann.change(room, {"key": "n", "add": 1}, {"key": f"k{number % 3}", "set": b"%d" % number})
    ann.change(room, {"key": "k0", "delete": True})
    back = world.resume(bob, 1)
    back_in(back, room)
    for _ in range(11):
        for part in back.wait("state").changes:
            held.pop(part.key, None)
            if not part.deleted:
                held[part.key] = (part.value, part.version)
    same(held, ann.state(room), "the state as the client puts it together")
    check("mine" in held, "a key while_present went, though its session didn't")
    back.quiet()


@scenario("more was missed than the queue keeps: everything whole, and gaps in their place")
def beyond(world):
    room, ann, bob = world.pair()
    marks = dict(bob.seen.queues[room][1])
    bob.close()
    seqs = [ann.say(room, b"x" * 8192) for _ in range(100)]
    ann.change(room, {"key": "k", "set": b"1"})
    back = world.resume(bob, 1)
    subscribed = back_in(back, room)
    live = ann.say(room, b"live")
    if subscribed.recovered:
        same(back.taken(102, "message", "state")[-1], live, "the last event")
        return "recovered"
    entries = [entry.key for mount in subscribed.mounts for entry in mount.entries]
    same(entries, ["k"], "entries")
    same(sorted(subscribed.members), sorted([ann.user, bob.user]), "members")
    check(subscribed.gap, "neither recovered nor a gap")
    gap = back.wait("gap", lambda gap: gap.mount == "chat")
    check(gap.after_seq >= marks["chat"], "the gap begins before the client's mark")
    rest = [seq for seq in seqs if not gap.after_seq < seq < gap.before_seq]
    check(len(rest) < len(seqs), f"the gap is empty: {gap}")
    same([back.wait("message").seq for _ in rest + [live]], rest + [live],
         f"messages after a gap below {gap.before_seq}")
    back.quiet()
    return f"gap of {len(seqs) - len(rest)}"


@scenario("a busy mount doesn't push out quiet ones: one who missed little is recovered, no gap")
def quiet_mounts(world):
    room, ann, bob = world.pair()
    world.call("create_mount", queue=room, mount="quiet", kind="message")
    bob.wait("mount_created")
    for _ in range(40):
        seq = ann.say(room, b"x" * 4096)
        bob.wait("message", lambda message, seq=seq: message.seq == seq)
    bob.close()
    missed = ann.say(room, b"missed")
    back = world.resume(bob, 1)
    subscribed = back_in(back, room)
    same((subscribed.recovered, subscribed.gap), (True, False), "recovered and gap")
    same(back.taken(1, "message"), [missed], "what was missed")


@scenario("seen names what the session isn't in: unsubscribed, and no member")
def not_in(world):
    room, ann, bob = world.pair()
    other, nowhere = world.room(), world.room()
    cem = world.client(0)
    cem.subscribe(other)
    bob.close()
    seen = bob.seen.fields() + [{"queue": name, "epoch": 77, "marks": {"chat": 1}}
                                for name in (other, nowhere, "/nowhere/x")]
    back = world.resume(bob, 0, seen=seen)
    for queue in (other, nowhere, "/nowhere/x"):
        gone = back.wait("unsubscribed", lambda body, queue=queue: body.queue == queue)
        same(gone.sub, 0, "sub of what there was none of")
        check(gone.reason, "unsubscribed has no reason")
    same(back.wait("subscribed").queue, room, "the queue that it is in")
    same(list(cem.do("list_members", queue=other).members), [cem.user], "members of the other")
    cem.quiet()


@scenario("an unsubscribed queue isn't resumed, even if it stands in seen")
def left_before(world):
    room, _, bob = world.pair()
    seen = bob.seen.fields()
    bob.unsubscribe(room)
    bob.close()
    back = world.resume(bob, 1, seen=seen)
    same(back.wait("unsubscribed").queue, room, "queue")
    back.subscribe(room)


@scenario("bad names and the same name twice in seen harm nobody")
def strange_seen(world):
    room, _, bob = world.pair()
    twice = [entry for entry in bob.seen.fields() if entry["queue"] == room]
    bob.close()
    strange = [{"queue": name, "epoch": 1, "marks": {}} for name in ("", "no slash", "/a//b")]
    client = world.raw(0)
    client.send("connect", protocol=1, user=bob.user, resume={
        "session_id": bob.welcome.session_id, "secret": bob.welcome.secret,
        "seen": twice + twice + strange})
    name, body = client.next()
    if name == "closing":
        same(body.code, 3502, "close code")
        return "closed"
    same(body.resumed, True, "resumed")
    client.wait("subscribed", lambda subscribed: subscribed.queue == room)
    client.op_id = bob.op_id
    seq = client.say(room, b"once")
    same(client.wait("message").seq, seq, "message")
    client.send("ping", nonce=1)
    client.wait("pong")
    check(all(name != "message" for name, _ in client.inbox), "the message came twice")
    return "borne"


@scenario("another epoch in seen gives the present, whole and without gaps")
def other_epoch(world):
    room, ann, bob = world.pair()
    ann.change(room, {"key": "k", "set": b"1"})
    bob.close()
    back = world.resume(bob, 1, seen=[{"queue": room, "epoch": 1, "marks": {"chat": 1}}])
    subscribed = back.wait("subscribed", lambda subscribed: subscribed.queue == room)
    same((subscribed.recovered, subscribed.gap), (False, False), "recovered and gap")
    entries = [entry.key for mount in subscribed.mounts for entry in mount.entries]
    same(entries, ["k"], "entries")


@scenario("a filter, and exclude_self, hold after a resume as before")
def filters(world):
    room, ann, bob = world.pair()
    bob.subscribe(room, mounts=["chat"])
    hidden = bob.say(room, b"hidden", exclude_self=True)
    same(ann.wait("message").seq, hidden, "message at the other")
    bob.close()
    ann.change(room, {"key": "k", "set": b"1"})
    seq = ann.say(room, b"shown")
    back = world.resume(bob, 1)
    same([mount.name for mount in back_in(back, room).mounts], ["chat"], "mounts")
    same(back.taken(1, "message"), [seq], "what was missed")
    ann.change(room, {"key": "k", "set": b"2"})
    live = ann.say(room, b"live")
    same(back.taken(1, "message"), [live], "live events")


@scenario("with hold, a resume gives subscribed at once and what was missed after open")
def held(world):
    room, ann, bob = world.pair()
    bob.close()
    seq = ann.say(room, b"1")
    back = world.resume(bob, 1, hold=True)
    back_in(back, room)
    back.quiet()
    back.send("open")
    same(back.taken(1, "message"), [seq], "what was missed")


@scenario("a session with 100 queues resumes them all, each with its one message")
def many_queues(world):
    ann, bob = world.client(0), world.client(1)
    rooms = [world.room() for _ in range(100)]
    for client in (ann, bob):
        for room in rooms:
            client.subscribe(room)
    bob.close()
    sent = {room: ann.say(room, b"1") for room in rooms}
    back = world.resume(bob, 0)
    got, came = {}, 0
    while came < 200:
        name, body = back.next()
        came += 1
        if name == "message":
            room = back.seen.subs[body.sub]
            check(room not in got, "a message came twice")
            got[room] = body.seq
        else:
            same((name, body.recovered), ("subscribed", True), "what came")
    same(got, sent, "messages")


@scenario("queues that find no room in seen are subscribed with since, and nobody notices")
def no_room(world):
    ann, bob = world.client(0), world.client(1)
    rooms = [world.room() for _ in range(bob.welcome.limits.subscriptions - 1)]
    for client in (ann, bob):
        for room in rooms:
            client.send("subscribe", op_id=client.next_op_id(), queue=room)
        for room in rooms:
            client.wait("subscribed", lambda subscribed, room=room: subscribed.queue == room)
    bob.close()
    sent = [ann.say(room, b"missed") for room in rooms]
    seen = bob.seen.fields()
    first, rest = seen[:FIRST], seen[FIRST:]
    back = world.resume(bob, 0, seen=first)
    for entry in rest:
        queue = entry.pop("queue")
        same(back.subscribe(queue, since=entry).recovered, True, f"recovered of {queue}")
    got = {back.seen.subs[body.sub]: body.seq for body in (back.wait("message") for _ in rooms)}
    same([got.get(room) for room in rooms], sent, "messages")
    back.send("ping", nonce=1)
    back.wait("pong")
    check(all(name != "message" for name, _ in back.inbox), "a message came twice")
    names = {name for name, _ in ann.inbox} - {"message", "result"}
    same(names - {"joined"}, set(), "what the other got")
    same(sum(name == "joined" for name, _ in ann.inbox), len(rooms), "joined, of the first login")
