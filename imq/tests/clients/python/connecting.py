"""Scenarios: frames, connect, welcome, hold, ping, bye."""

import json

from report import scenario
from wire import Failed, check, frame, same, split


@scenario("the golden frames can be read, and are written as the same bytes")
def golden(world):
    path = world.schema.folder.parent / "testdata" / "frames.json"
    cases = json.loads(path.read_text())
    check(len(cases) > 20, f"only {len(cases)} golden frames")
    for case in cases:
        direction, name = case["name"].split(".")
        envelope = (world.schema.c2g.C2g if direction == "c2g" else world.schema.g2c.G2c)()
        data, rest = split(bytes.fromhex(case["frame"]))
        same(rest, b"", f"what follows {case['name']}")
        envelope.ParseFromString(data)
        same(envelope.WhichOneof("body"), name, "body")
        same(frame(envelope.SerializeToString(deterministic=True)).hex(), case["frame"],
             f"{case['name']} written again")


@scenario("connect is answered by a welcome with session, secret, user and limits")
def welcome(world):
    seen = set()
    for gateway in range(len(world.gateways)):
        user = world.name("user")
        welcome = world.client(gateway, user).welcome
        same(welcome.user, user, "user")
        same(len(welcome.session_id), 32, "length of session_id")
        same(len(welcome.secret), 32, "length of secret")
        same(welcome.resumed, False, "resumed")
        check(welcome.generation > 0, "generation is 0")
        check(welcome.ping_every_ms > 0, "ping_every_ms is 0")
        same(welcome.limits.frame_bytes, 262144, "frame_bytes")
        same(welcome.limits.payload_bytes, 65536, "payload_bytes")
        same(welcome.limits.unanswered_per_queue, 32, "unanswered_per_queue")
        seen.add(welcome.gateway)
    same(len(seen), len(world.gateways), f"number of gateways' names ({seen})")


@scenario("operations in the same packet as connect wait for the login")
def one_packet(world):
    client, room = world.raw(), world.room()
    user = world.name("user")
    client.wire.send(
        client.encode("connect", protocol=1, user=user)
        + client.encode("subscribe", op_id=1, queue=room)
        + client.encode("send_message", op_id=2, queue=room, mount="chat", payload=b"1"))
    client.welcomed(user)
    names = [client.next()[0] for _ in range(4)]
    same(names, ["result", "subscribed", "result", "message"], "frames")


@scenario("frames torn byte by byte are understood")
def torn(world):
    client, room = world.raw(), world.room()
    packet = (client.encode("connect", protocol=1, user=world.name("user"))
              + client.encode("subscribe", op_id=1, queue=room)
              + client.encode("send_message", op_id=2, queue=room, mount="chat", payload=b"x" * 200)
              + client.encode("ping", nonce=5))
    for index in range(len(packet)):
        client.wire.send(packet[index:index + 1])
    same(client.wait("message").payload, b"x" * 200, "payload")
    same(client.wait("pong").nonce, 5, "nonce")


@scenario("with hold, results come at once and events after open")
def hold(world):
    room, _, bob = world.pair()
    client = world.client(hold=True)
    client.subscribe(room)
    bob.wait("joined")
    seq = client.say(room, b"1")
    bob.say(room, b"2")
    client.send("ping", nonce=1)
    client.wait("pong")
    same([name for name, _ in client.inbox], [], "events before open")
    client.send("open")
    same(client.wait("message").seq, seq, "seq of the first event after open")
    same(client.wait("message").payload, b"2", "payload of the second")


@scenario("a ping is answered by a pong with its nonce, also before other work")
def ping(world):
    client = world.client()
    for nonce in (1, 2**48 - 1, 0):
        client.send("ping", nonce=nonce)
        same(client.wait("pong").nonce, nonce, "nonce")


@scenario("bye ends the session: others see left, and the connection closes with 3000")
def bye(world):
    pairs = [world.pair() for _ in range(12)]
    for _, _, bob in pairs:
        check(bob.bye().reason, "closing has no reason")
    for count, (_, ann, bob) in enumerate(pairs):
        try:
            left = ann.wait("left", wait_s=5)
        except Failed as error:
            raise Failed(f"after {count} of {len(pairs)} byes: {error}") from error
        same(list(left.users), [bob.user], "who left")


@scenario("a first frame that isn't connect is closed with 3508")
def not_connected(world):
    for name, fields in (("ping", {"nonce": 1}), ("bye", {}), ("open", {}),
                         ("subscribe", {"op_id": 1, "queue": world.room()})):
        client = world.raw()
        client.send(name, **fields)
        closing = client.closing()
        same(closing.code, 3508, f"close code after {name} ({closing.reason})")


@scenario("another version of the protocol is closed with 3505")
def version(world):
    client = world.raw()
    client.send("connect", protocol=2, user=world.name("user"))
    client.closing(3505)


@scenario("a token is closed with 3501 by a gateway that takes `user`, and it says so")
def token(world):
    client = world.raw()
    client.send("connect", protocol=1, token="e30.e30.c2ln")
    reason = client.closing(3501).reason
    check("send `user`" in reason and "leave `token` out" in reason, reason)


@scenario("a client's name may be shown, or it is closed with 3502")
def client_names(world):
    for name in ("a\nb", "a\x1b[31mb", "a\u202eb", "a\u200bb"):
        for field in ("client_name", "client_version"):
            client = world.raw()
            client.send("connect", protocol=1, user=world.name("user"), **{field: name})
            check(field in client.closing(3502).reason, "the reason doesn't name the field")


@scenario("a client's id is short and ASCII and comes with each attempt, or it is closed with 3502")
def client_ids(world):
    for field, fields in (("client_id", {"client_id": "x" * 33, "attempt": 1}),
                          ("client_id", {"client_id": "a\tb"}),
                          ("client_id", {"client_id": "\u00e9"}),
                          ("attempt", {"attempt": 1})):
        client = world.raw()
        client.send("connect", protocol=1, user=world.name("user"), **fields)
        check(f"connect.{field}" in client.closing(3502).reason, "the reason doesn't name it")
    world.raw().login(world.name("user"), client_id="x" * 32, attempt=2**32 - 1).bye()


@scenario("a user id that can't be one is closed, the longest is not")
def user_ids(world):
    for user in ("", "a b", "a/b", "/", "a\tb", "a\0b", "x" * 201,
                 "a\u200bb", "a\u202eb", "a\u2066b", "a\ufeff", "a\u00adb", "a\u0085b"):
        client = world.raw()
        client.send("connect", protocol=1, user=user)
        client.closing(3501)
    for user in ("..", "*", "\u00e9\u6f22", "x" * 200):
        world.client(0, user).bye()


@scenario("a second connect is closed with 3506")
def second_connect(world):
    client = world.client()
    client.send("connect", protocol=1, user=client.user)
    client.closing(3506)


@scenario("a frame above the limit is closed with 3507, one at the limit is not")
def frame_limit(world):
    client = world.client()
    limit = client.welcome.limits.frame_bytes
    filler = limit - 11  # tag and length of the body, the nonce, tag and length of the filler
    ping = b"\x08\x09" + b"\xfa\x01" + length(filler) + b"x" * filler
    at_limit = b"\x62" + length(len(ping)) + ping
    same(len(at_limit), limit, "length of the frame")
    client.wire.send(frame(at_limit))
    same(client.wait("pong").nonce, 9, "nonce")
    client.wire.send(frame(b"x" * (limit + 1))[:8])
    client.closing(3507)


def length(number):
    """A length in exactly three bytes of varint."""
    check(2**14 <= number < 2**21, "not a length of three bytes")
    return bytes([number & 127 | 128, number >> 7 & 127 | 128, number >> 14])


@scenario("bytes that aren't protobuf are closed with 3502")
def unreadable(world):
    for envelope in (b"\x0a\x7f", b"\x0f\x0f", b"\x00", b"\x6a\x02\x08"):
        client = world.client()
        client.wire.send(frame(envelope))
        client.closing(3502)


@scenario("unknown fields in a body are ignored, an envelope without a known body is closed")
def unknown_fields(world):
    client = world.client()
    ping = client.schema.body("ping", {"nonce": 3}).SerializeToString()
    inner = ping[2:] + b"\x7a\x03abc" + b"\xf8\x07\x01"
    client.wire.send(frame(b"\x62" + bytes([len(inner)]) + inner))
    same(client.wait("pong").nonce, 3, "nonce")
    client.wire.send(frame(b"\xfa\x01\x00"))
    client.closing(3502)
