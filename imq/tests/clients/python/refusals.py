"""Scenarios: operations sent again, and operations that have to be refused."""

from report import scenario
from wire import check, same


def send_again(client, name, **fields):
    """Sends an operation twice under one id, and once more behind the answers: all have one result."""
    client.send(name, **fields)
    first = client.do(name, **fields)
    second = client.wait("result", lambda result: result.op_id == fields["op_id"])
    third = client.do(name, **fields)
    same((second.status, second.seq), (0, first.seq), "the second result")
    same(third.seq, first.seq, "seq of the third result")
    return first.seq, "same result"


@scenario("an op_id sent again runs once: no second event, no second addition")
def resent(world):
    room, ann, bob = world.pair()
    first, note = send_again(ann, "send_message", op_id=ann.next_op_id(), queue=room, mount="chat",
                             payload=b"once")
    send_again(ann, "send_state", op_id=ann.next_op_id(), queue=room, mount="scores",
               changes=[{"key": "n", "add": 1}])
    same(ann.state(room)["n"][0], b"1", "the sum")
    last = ann.say(room, b"last")
    for client in (ann, bob):
        same([client.wait("message").seq for _ in range(2)], [first, last], "messages")
    bob.wait("state")
    check(all(name != "state" for name, _ in bob.inbox), "there was a second event")
    return note


@scenario("an op_id that goes back is refused, and nothing is done")
def going_back(world):
    room, ann, bob = world.pair()
    ann.op_id = 100
    first = ann.say(room, b"100")
    result = ann.refused((2, 3, 14), "send_message", op_id=50, queue=room, mount="chat", payload=b"50")
    ann.op_id = 200
    last = ann.say(room, b"201")
    same([bob.wait("message").seq for _ in range(2)], [first, last], "messages")
    return f"status {result.status}"


@scenario("a message without a payload is refused, an empty one is sent")
def no_payload(world):
    room, ann, bob = world.pair()
    result = ann.refused(3, "send_message", queue=room, mount="chat")
    check('"payload" is missing' in result.error_message, result.error_message)
    seq = ann.say(room, b"")
    event = bob.wait("message")
    same((event.seq, event.payload), (seq, b""), "the message")
    status, answer = world.call("send_message", queue=room, mount="chat")
    same(status, 400, f"HTTP status of {answer}")
    check('"payload" is missing' in answer["error"]["message"], answer)


@scenario("whether another user is there isn't told to a stranger")
def strangers(world):
    room, ann, bob = world.pair()
    there, away = f"/user/{ann.user}", f"/user/{world.name('nobody')}"
    for name, fields in (
            ("send_message", {"mount": "inbox", "payload": b"1"}),
            ("send_message", {"mount": "none", "payload": b"1"}),
            ("send_state", {"mount": "inbox", "changes": [{"key": "a", "add": 1}]}),
            ("get_state", {"mount": "inbox"}), ("get_history", {"mount": "inbox"}),
            ("list_members", {}), ("subscribe", {}), ("unsubscribe", {})):
        results = [bob.ask(name, queue=queue, **fields) for queue in (there, away)]
        first, second = [(result.status, result.error_message) for result in results]
        same(first, second, name)
        check(first[0] != 0, f"{name} was done")


@scenario("op_id 0 is refused or closed, and harms nobody")
def op_id_zero(world):
    room, ann, bob = world.pair()
    ann.send("send_message", op_id=0, queue=room, mount="chat", payload=b"0")
    name, body = ann.next()
    check(name in ("result", "closing"), f"{name} came")
    if name == "result":
        same(body.status, 3, "status")
    seq = bob.say(room, b"1")
    same(bob.wait("message").seq, seq, "the next event")
    return name


@scenario("an unknown queue or mount is not_found, with a sentence")
def not_found(world):
    room, ann, _ = world.pair()
    ann.refused(5, "subscribe", queue="/nowhere/" + world.name("x"))
    ann.refused(5, "send_message", queue=world.room(), mount="chat", payload=b"1")
    ann.refused(5, "send_message", queue=room, mount="nothing", payload=b"1")
    ann.refused(5, "send_state", queue=room, mount="nothing", changes=[{"key": "k", "set": b"1"}])
    ann.refused(5, "get_state", queue=room, mount="nothing")
    ann.refused(5, "get_history", queue=room, mount="nothing")
    ann.refused((3, 5), "send_message", queue=room, mount="scores", payload=b"1")
    ann.refused((3, 5), "get_state", queue=room, mount="chat")


@scenario("bad names are invalid: no slash, empty, empty segment, space, control, too long")
def bad_names(world):
    ann = world.client()
    for queue in ("room", "", "/", "/room//1", "/room/", "/room/a b", "/room/a\tb", "/room/a\0b",
                  "/room/\u00a0", "/room/" + "x" * 250):
        ann.refused(3, "subscribe", queue=queue)
    for reserved in ("/user/x", "/sys/x"):
        ann.refused((5, 7, 12), "subscribe", queue=reserved)
    longest = world.room()
    ann.subscribe(longest + "x" * (255 - len(longest)))


@scenario("an oversized payload is refused with a sentence, the largest goes through")
def payload_size(world):
    room, ann, bob = world.pair()
    ann.refused((3, 8), "send_message", queue=room, mount="chat", payload=b"x" * 65537)
    seq = ann.say(room, b"x" * 65536)
    event = bob.wait("message")
    same((event.seq, len(event.payload)), (seq, 65536), "the largest message")


@scenario("an empty payload gets a result, and an event if it is good")
def empty_payload(world):
    room, ann, bob = world.pair()
    result = ann.ask("send_message", queue=room, mount="chat", payload=b"")
    if result.status == 0:
        same(bob.wait("message").payload, b"", "payload")
        return "allowed"
    same(result.status, 3, "status")
    return result.error_message


@scenario("call is unimplemented, and refresh refuses a token that isn't valid")
def unimplemented(world):
    ann = world.client()
    ann.refused(12, "call", method="buy", payload=b"{}")
    ann.refused(16, "refresh", token="e30.e30.c2ln")


@scenario("more subscriptions than allowed are refused with limit")
def subscriptions(world):
    ann = world.client()
    limit = ann.welcome.limits.subscriptions
    rooms = [world.room() for _ in range(limit + 1)]
    for room in rooms[:limit]:
        ann.send("subscribe", op_id=ann.next_op_id(), queue=room)
    for _ in range(limit):
        result = ann.wait("result")
        same(result.status, 0, f"status ({result.error_message})")
    ann.refused(8, "subscribe", queue=rooms[limit])
    ann.do("unsubscribe", queue=rooms[0])
    ann.do("subscribe", queue=rooms[limit])


@scenario("a subscribe with too many mounts or too long a prefix is refused")
def filter_limits(world):
    ann = world.client()
    ann.refused((3, 8), "subscribe", queue=world.room(), mounts=[f"m{n}" for n in range(17)])
    ann.refused((3, 8), "subscribe", queue=world.room(), key_prefix="x" * 256)
    room = world.room()
    ann.subscribe(room)
    ann.refused((3, 8), "get_state", queue=room, mount="scores", key_prefix="x" * 256)


@scenario("who isn't in a queue may not send to it")
def strangers(world):
    room, ann, bob = world.pair()
    cem = world.client(1)
    cem.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
    cem.refused(7, "send_state", queue=room, mount="scores", changes=[{"key": "k", "set": b"1"}])
    ann.do("unsubscribe", queue=room)
    ann.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
    seq = bob.say(room, b"1")
    same(bob.wait("message").seq, seq, "the next message")
