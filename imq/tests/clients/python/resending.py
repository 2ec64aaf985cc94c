"""Scenarios: operations without an answer, sent again under their old ids after a resume."""

from report import scenario
from wire import check, same

COUNT = 10


def batch(client, room):
    """Operations of which none may run twice: messages, and additions to one number."""
    sent = []
    for number in range(COUNT):
        sent.append(("send_message", {"op_id": client.next_op_id(), "queue": room, "mount": "chat",
                                      "payload": b"%d" % number}))
        sent.append(("send_state", {"op_id": client.next_op_id(), "queue": room, "mount": "scores",
                                    "changes": [{"key": "n", "add": 1}]}))
    return sent


def send_all(client, sent):
    """Sends operations in one packet."""
    client.wire.send(b"".join(client.encode(name, **fields) for name, fields in sent))


def ran_once(ann, back, room, sent):
    """Sends operations again; fails unless each has run once, in its order, with a result."""
    send_all(back, sent)
    results = [back.wait("result") for _ in sent]
    same([result.op_id for result in results], [fields["op_id"] for _, fields in sent], "op_ids")
    same({result.status for result in results}, {0}, "statuses")
    wanted = [result.seq for result in results]
    same(wanted, sorted(set(wanted)), "the order of seq")
    last = back.say(room, b"last")
    for client in (ann, back):
        same(client.taken(len(sent) + 1, "message", "state"), wanted + [last],
             f"events at {client.user}")
        client.quiet()
    same(ann.state(room)["n"][0], b"%d" % COUNT, "the sum")


@scenario("operations that ran before the connection ended run once, with the same results")
def ran(world):
    for gateway in (0, 1):
        room, ann, bob = world.pair()
        sent = batch(bob, room)
        send_all(bob, sent)
        ann.wait("state", lambda state: state.changes[0].value == b"%d" % COUNT)
        bob.close()
        back = world.resume(bob, gateway)
        back.wait("subscribed", lambda subscribed: subscribed.queue == room)
        send_all(back, sent)
        results = [back.wait("result") for _ in sent]
        same([result.op_id for result in results], [fields["op_id"] for _, fields in sent],
             "op_ids")
        same({result.status for result in results}, {0}, "statuses")
        last = ann.say(room, b"last")
        wanted = [result.seq for result in results]
        same(back.taken(len(sent) + 1, "message", "state"), wanted + [last], "events")
        same(ann.state(room)["n"][0], b"%d" % COUNT, "the sum")


@scenario("operations under way when the connection breaks run once, wherever it comes back")
def under_way(world):
    for gateway in (0, 1, 0, 1):
        room, ann, bob = world.pair()
        sent = batch(bob, room)
        send_all(bob, sent)
        bob.close()
        back = world.resume(bob, gateway)
        back.wait("subscribed", lambda subscribed: subscribed.queue == room)
        ran_once(ann, back, room, sent)


@scenario("operations under way on a half-open connection run once")
def half_open(world):
    for gateway in (0, 1, 0, 1):
        room, ann, bob = world.pair()
        sent = batch(bob, room)
        send_all(bob, sent[:COUNT])
        back = world.raw(gateway)
        send_all(bob, sent[COUNT:])
        back.resume(bob)
        same(back.welcome.resumed, True, "resumed")
        back.wait("subscribed", lambda subscribed: subscribed.queue == room)
        ran_once(ann, back, room, sent)
        bob.closing(3509)


@scenario("operations that never reached the gateway run once when they are sent later")
def never_sent(world):
    room, ann, bob = world.pair()
    sent = batch(bob, room)
    bob.close()
    back = world.resume(bob, 1)
    back.wait("subscribed", lambda subscribed: subscribed.queue == room)
    ran_once(ann, back, room, sent)


@scenario("a subscribe under way runs once: no second joined, and it gives subscribed")
def subscribing(world):
    for gateway in (0, 1):
        ann, bob, room = world.client(0), world.client(1), world.room()
        ann.subscribe(room)
        op_id = bob.next_op_id()
        bob.send("subscribe", op_id=op_id, queue=room)
        ann.wait("joined")
        bob.close()
        back = world.resume(bob, gateway)
        back.send("subscribe", op_id=op_id, queue=room)
        result = back.wait("result")
        same((result.op_id, result.status), (op_id, 0), "result")
        back.wait("subscribed", lambda subscribed, room=room: subscribed.queue == room)
        seq = back.say(room, b"1")
        same(back.wait("message").seq, seq, "message")
        same(ann.taken(1, "message"), [seq], "what the other got")


@scenario("an operation that was answered gives its result again, and a read runs again")
def answered(world):
    room, ann, bob = world.pair()
    op_id = bob.next_op_id()
    seq = bob.say(room, b"once", op_id=op_id)
    bob.close()
    back = world.resume(bob, 1)
    back.wait("subscribed", lambda subscribed: subscribed.queue == room)
    again = back.ask("send_message", op_id=op_id, queue=room, mount="chat", payload=b"once")
    check(again.status in (0, 2), f"status {again.status} ({again.error_message})")
    if again.status == 0:
        same(again.seq, seq, "seq")
    back.do("get_state", queue=room, mount="scores", op_id=back.next_op_id())
    last = ann.say(room, b"last")
    same([ann.wait("message").seq for _ in range(2)], [seq, last], "messages")
    return f"status {again.status}"


@scenario("operations in the same packet as a resume wait for it and run once")
def same_packet(world):
    for gateway in (0, 1):
        room, ann, bob = world.pair()
        op_id = bob.next_op_id()
        message = {"queue": room, "mount": "chat"}
        bob.send("send_message", op_id=op_id, payload=b"1", **message)
        bob.close()
        back = world.raw(gateway)
        back.wire.send(
            back.encode("connect", protocol=1, user=bob.user, resume={
                "session_id": bob.welcome.session_id, "secret": bob.welcome.secret,
                "seen": bob.seen.fields()})
            + back.encode("send_message", op_id=op_id, payload=b"1", **message)
            + back.encode("send_message", op_id=op_id + 1, payload=b"2", **message))
        back.welcomed(bob.user)
        same(back.welcome.resumed, True, "resumed")
        results = [back.wait("result") for _ in range(2)]
        same([(result.op_id, result.status) for result in results],
             [(op_id, 0), (op_id + 1, 0)], "results")
        seqs = [result.seq for result in results]
        for client in (ann, back):
            same([client.wait("message").seq for _ in seqs], seqs, f"messages at {client.user}")
        ann.quiet()


@scenario("operations under the old ids in a new session are new operations, of no member")
def new_session(world):
    room, ann, bob = world.pair()
    op_id = bob.next_op_id()
    seq = bob.say(room, b"1", op_id=op_id)
    bob.bye()
    ann.wait("left")
    back = world.client(0, bob.user)
    back.refused(7, "send_message", op_id=op_id, queue=room, mount="chat", payload=b"1")
    same(ann.taken(1, "message"), [seq], "what the other got")
    ann.quiet()
