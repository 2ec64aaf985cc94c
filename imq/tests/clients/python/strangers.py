"""Scenarios: who tries to get at sessions that aren't theirs, or makes too many."""

import secrets

from report import scenario
from wire import Ended, check, same

FIRST_FRAME_BYTES = 16_384


def entries(name, bytes_max=FIRST_FRAME_BYTES - 300):
    """As many entries of `seen` as a first frame has room for; `name` makes their names."""
    out, size = [], 0
    while True:
        entry = {"queue": name(len(out)), "epoch": 2**48 - 1, "marks": {"chat": 2**53 - 1}}
        size += len(entry["queue"].encode()) + 40
        if size > bytes_max:
            return out
        out.append(entry)


@scenario("a seen full of names that aren't any, of one name, of queues that aren't there")
def full_seen(world):
    notes = []
    for name in (lambda at: "", lambda at: "/", lambda at: "x" * 200, lambda at: "/room/same",
                 lambda at: f"/room/{world.run}-{at}", lambda at: "/user/somebody",
                 lambda at: "/" + "a/" * 100 + "a"):
        bob = world.client(1)
        bob.close()
        seen = entries(name)
        client = world.raw(0)
        client.send("connect", protocol=1, user=bob.user, resume={
            "session_id": bob.welcome.session_id, "secret": bob.welcome.secret, "seen": seen})
        kind, body = client.next()
        check(kind == "welcome" and body.resumed or kind == "closing", f"{kind} came: {body}")
        notes.append(f"{len(seen)}: {kind}")
        if kind == "welcome":
            client.send("ping", nonce=5)
            client.wait("pong")
        world.works()
    return ", ".join(notes)


@scenario("200 guesses of a session's secret, which its owner doesn't feel")
def guesses(world):
    room, ann, bob = world.pair()
    for number in range(200):
        eve = world.raw(number % 2)
        eve.send("connect", protocol=1, user=world.name("eve"), resume={
            "session_id": bob.welcome.session_id, "secret": secrets.token_hex(16)})
        name, body = eve.next()
        same((name, body.resumed), ("welcome", False), "the answer to a guess")
        eve.close()
    seq = bob.say(room, b"still here")
    for client in (ann, bob):
        same(client.taken(1, "message"), [seq], "what came")
    world.works()


@scenario("one user logs in 1,000 times in a row: slowed with 3009, others don't feel it")
def one_user(world):
    user, codes = world.name("many"), {}
    for number in range(1000):
        client = world.raw(number % 2)
        client.send("connect", protocol=1, user=user)
        name, body = client.next()
        key = body.code if name == "closing" else name
        codes[key] = codes.get(key, 0) + 1
    check(codes.get(3009, 0) > 500, f"{codes}")
    world.works()
    return str(codes)


@scenario("300 sessions that are resumed in a circle and break off before their welcome")
def broken_off(world):
    for number in range(300):
        bob = world.raw(number % 2)
        bob.send("connect", protocol=1, user=f"circle-{world.run}-{number % 10}", resume={
            "session_id": secrets.token_hex(16), "secret": secrets.token_hex(16)})
        bob.close()
    world.works()
    client = world.raw(0)
    try:
        client.login(f"circle-{world.run}-0")
    except Ended:
        same(client.wait("closing").code, 3009, "close code")
