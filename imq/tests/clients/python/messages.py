"""Scenarios: messages, their order, history, and coming back with `since`."""

from report import scenario
from wire import check, same


@scenario("subscribe gives a result, then subscribed, with the sender in its own roster")
def subscribe(world):
    client, room = world.client(), world.room()
    client.send("subscribe", op_id=7, queue=room)
    name, result = client.next()
    same((name, result.op_id, result.status), ("result", 7, 0), "the first frame")
    name, subscribed = client.next()
    same((name, subscribed.queue), ("subscribed", room), "the second frame")
    check(subscribed.sub > 0, "sub is 0")
    check(subscribed.epoch > 0, "epoch is 0")
    same(sorted(subscribed.marks), ["chat", "members", "scores"], "marks")
    kinds = {mount.name: mount.kind for mount in subscribed.mounts}
    same(kinds, {"chat": 0, "scores": 1}, "mounts")
    same(list(subscribed.members), [client.user], "members")
    same((subscribed.recovered, subscribed.gap), (False, False), "recovered and gap")


@scenario("a second subscribe to the same queue gives subscribed anew")
def again(world):
    room, ann, bob = world.pair()
    first = ann.say(room, b"1")
    same(ann.wait("message").seq, first, "seq")
    subscribed = ann.subscribe(room, mounts=["chat"])
    same([mount.name for mount in subscribed.mounts], ["chat"], "mounts of the new filter")
    bob.change(room, {"key": "a", "set": b"1"})
    seq = bob.say(room, b"2")
    name, event = ann.next()
    same((name, event.seq), ("message", seq), "the next event after a narrower filter")


@scenario("a message reaches all through both gateways with one seq and one order")
def order(world):
    room, ann, bob = world.pair()
    cem = world.client(1)
    cem.subscribe(room)
    sent = [(client.say(room, f"{client.user} {number}".encode()), client.user, number)
            for number in range(10) for client in (ann, bob, cem)]
    same(sent, sorted(sent), "seqs rise in the order of results")
    for client in (ann, bob, cem):
        for seq, user, number in sent:
            event = client.wait("message")
            same((event.seq, getattr(event, "from"), event.payload),
                 (seq, user, f"{user} {number}".encode()), f"event at {client.user}")
            check(event.sent_at_ms > 1_500_000_000_000, "sent_at_ms is no time")
            check(not event.history, "a live event is flagged history")


@scenario("writers at the same time: everybody sees the same order")
def concurrent(world):
    room, ann, bob = world.pair()
    for number in range(20):
        for client in (ann, bob):
            client.send("send_message", op_id=client.next_op_id(), queue=room, mount="chat",
                        payload=f"{client.user} {number}".encode())
    seen = [[(event.seq, event.payload) for event in (client.wait("message") for _ in range(40))]
            for client in (ann, bob)]
    same(seen[0], seen[1], "events at the two gateways")
    same(seen[0], sorted(seen[0]), "the order of seq")
    for user in (ann.user, bob.user):
        mine = [payload for _, payload in seen[0] if payload.startswith(user.encode())]
        same(mine, [f"{user} {number}".encode() for number in range(20)], "one sender's order")


@scenario("the result comes before the event that it makes")
def result_first(world):
    room, ann, _ = world.pair()
    for number in range(20):
        op_id = ann.next_op_id()
        ann.send("send_message", op_id=op_id, queue=room, mount="chat", payload=b"1")
        name, result = ann.next()
        same((name, result.op_id), ("result", op_id), "the first frame")
        name, event = ann.next()
        same((name, event.seq), ("message", result.seq), "the second frame")


@scenario("exclude_self keeps a message from its sender alone, also in a replay")
def exclude_self(world):
    room, ann, bob = world.pair()
    hidden = ann.say(room, b"hidden", exclude_self=True)
    shown = ann.say(room, b"shown")
    same(ann.wait("message").seq, shown, "first event at the sender")
    same([bob.wait("message").seq for _ in range(2)], [hidden, shown], "events at the other")


@scenario("a message of the back end comes without from")
def back_end(world):
    room, ann, bob = world.pair()
    status, answer = world.call("send_message", queue=room, mount="chat", payload={"hi": 1})
    same(status, 200, f"HTTP status ({answer})")
    for client in (ann, bob):
        event = client.wait("message")
        same((getattr(event, "from"), event.payload), ("", b'{"hi":1}'), "event")
        same(event.seq, answer["seq"], "seq in the answer")


@scenario("history: the last messages, flagged, oldest first, then live ones")
def history(world):
    room, ann, _ = world.pair()
    seqs = [ann.say(room, str(number).encode()) for number in range(10)]
    late = world.client(1)
    subscribed = late.subscribe(room, history=3)
    check(subscribed.marks["chat"] >= seqs[-1], "the mark of chat is below its last message")
    ann.say(room, b"live")
    events = [late.wait("message") for _ in range(4)]
    same([event.seq for event in events[:3]], seqs[-3:], "seqs of history")
    same([event.history for event in events], [True, True, True, False], "flags")
    same(events[3].payload, b"live", "live payload")


@scenario("since, in a new session, brings what was missed and no entries")
def since(world):
    room, ann, bob = world.pair()
    ann.change(room, {"key": "k", "set": b"0"})
    bob.wait("state")
    before = bob.subscribe(room)
    marks = dict(before.marks)
    bob.bye()
    messages = [ann.say(room, str(number).encode()) for number in range(5)]
    state = ann.change(room, {"key": "k", "set": b"1"})
    back = world.client(0)
    back.do("subscribe", queue=room, since={"epoch": before.epoch, "marks": marks})
    name, subscribed = back.next()
    same(name, "subscribed", "the frame after the result")
    same((subscribed.recovered, subscribed.gap), (True, False), "recovered and gap")
    same(dict(subscribed.marks), marks, "marks")
    same([len(mount.entries) for mount in subscribed.mounts], [0, 0], "entries")
    same([back.wait("message").seq for _ in messages], messages, "missed messages")
    same(back.wait("state").seq, state, "missed change")
    live = ann.say(room, b"live")
    same(back.wait("message").seq, live, "live message")


@scenario("since of long ago: recovered, or a snapshot with a gap that names what is missing")
def since_gap(world):
    room, ann, bob = world.pair()
    before = bob.subscribe(room)
    bob.bye()
    payload = b"x" * 8192
    seqs = [ann.say(room, payload) for _ in range(200)]
    back = world.client(1)
    subscribed = back.subscribe(
        room, since={"epoch": before.epoch, "marks": dict(before.marks)})
    if subscribed.recovered and not subscribed.gap:
        same([back.wait("message").seq for _ in seqs], seqs, "missed messages")
        return "recovered"
    gap = back.wait("gap", lambda gap: gap.mount == "chat")
    check(gap.after_seq >= before.marks["chat"], "the gap begins before the client's mark")
    check(gap.before_seq > gap.after_seq + 1, "the gap is empty")
    covered = [seq for seq in seqs if gap.after_seq < seq < gap.before_seq]
    rest = [seq for seq in seqs if seq >= gap.before_seq]
    check(covered, "the gap covers no message")
    live = ann.say(room, b"live")
    events = [back.wait("message").seq]
    while events[-1] != live:
        events.append(back.wait("message").seq)
    check(events in (rest + [live], [live]), f"after a gap below {gap.before_seq} came {events}")
    return f"gap of {len(covered)}, {len(events) - 1} after it, recovered {subscribed.recovered}"


@scenario("since with another epoch gives the whole present and no gap")
def since_epoch(world):
    room, ann, _ = world.pair()
    ann.change(room, {"key": "k", "set": b"1"})
    late = world.client(1)
    subscribed = late.subscribe(room, since={"epoch": 1, "marks": {"chat": 1}})
    same((subscribed.recovered, subscribed.gap), (False, False), "recovered and gap")
    entries = [entry.key for mount in subscribed.mounts for entry in mount.entries]
    same(entries, ["k"], "entries")
    live = ann.say(room, b"live")
    same(late.wait("message").seq, live, "live message")


@scenario("no event comes after the result of unsubscribe")
def unsubscribe(world):
    room, ann, bob = world.pair()
    ann.do("unsubscribe", queue=room)
    same(list(bob.wait("left").users), [ann.user], "who left")
    bob.say(room, b"1")
    bob.wait("message")
    ann.send("ping", nonce=1)
    same(ann.next()[0], "pong", "the frame after unsubscribe")


@scenario("500 messages in one packet to 20 queues: all are done, in each queue's order")
def pipelined(world):
    client = world.client()
    rooms = [world.room() for _ in range(20)]
    subs = {room: client.subscribe(room).sub for room in rooms}
    packet = b"".join(
        client.encode("send_message", op_id=client.next_op_id(), queue=room, mount="chat",
                      payload=str(number).encode())
        for number in range(25) for room in rooms)
    client.wire.send(packet)
    events = {sub: [] for sub in subs.values()}
    for _ in range(500):
        event = client.wait("message")
        events[event.sub].append(event.payload)
    for sub in subs.values():
        same(events[sub], [str(number).encode() for number in range(25)], "one queue's events")
    statuses = [client.wait("result").status for _ in range(500)]
    same(set(statuses), {0}, "statuses")


@scenario("500 messages in one packet to one queue: each has its result, refused ones no event")
def beyond_unanswered(world):
    room, client, other = world.pair()
    first = client.op_id + 1
    client.wire.send(b"".join(
        client.encode("send_message", op_id=client.next_op_id(), queue=room, mount="chat",
                      payload=str(number).encode())
        for number in range(500)))
    results = [client.wait("result") for _ in range(500)]
    check({result.status for result in results} <= {0, 8}, "a status that is neither ok nor limit")
    done = [result for result in results if result.status == 0]
    check(len(done) >= 32, f"only {len(done)} were done")
    same(sorted(result.op_id for result in results), list(range(first, first + 500)), "op_ids")
    same([result.op_id for result in done], sorted(result.op_id for result in done),
         "the order of results")
    end = client.say(room, b"end")
    wanted = [result.seq for result in done] + [end]
    for reader in (client, other):
        same([reader.wait("message").seq for _ in wanted], wanted, "events")
    return f"{len(done)} done, {500 - len(done)} refused"
