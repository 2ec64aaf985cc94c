"""Scenarios: what it takes to resume a session, and who stays when several try."""

import concurrent.futures

from client import Client
from report import scenario
from wire import Failed, check, same

OTHER = "0123456789abcdef0123456789abcdef"


def other_session(client, old):
    """Fails unless `client` got a session of its own instead of that of `old`."""
    same(client.welcome.resumed, False, "resumed")
    check(client.welcome.session_id != old.welcome.session_id, "session_id is the old one")
    return client


def works(client, room):
    """Fails unless `client`, which is in the room, can still say something and hears it."""
    seq = client.say(room, b"here")
    client.wait("message", lambda message: message.seq == seq)


@scenario("a wrong secret resumes nothing, the credentials make a session that replaces")
def wrong(world):
    room, ann, bob = world.pair()
    back = other_session(world.raw(0).resume(bob, secret=OTHER), bob)
    back.quiet()
    bob.closing(3500)
    same(list(ann.wait("left").users), [bob.user], "who left")
    back.subscribe(room)
    works(back, room)


@scenario("session ids and secrets that are none resume nothing")
def nonsense(world):
    for field in ("session_id", "secret"):
        for text in ("", "x", "é" * 16, OTHER + "00", OTHER.upper(), "0" * 32, "x" * 4000):
            bob = world.client(1)
            bob.close()
            other_session(world.raw(0).resume(bob, **{field: text}), bob)


@scenario("the id and secret of another's session resume nothing and don't touch it")
def stolen(world):
    room, ann, bob = world.pair()
    for gateway in (0, 1):
        eve = other_session(world.raw(gateway).resume(bob, user=world.name("eve")), bob)
        same(eve.welcome.user, eve.user, "who eve is")
        eve.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
        works(bob, room)
        ann.wait("message")
    same(sorted(ann.do("list_members", queue=room).members), sorted([ann.user, bob.user]),
         "members")
    bob.close()
    eve = other_session(world.raw(0).resume(bob, user=world.name("eve")), bob)
    works(world.resume(bob, 1), room)
    ann.wait("message")
    for client in (ann, eve):
        client.quiet()


@scenario("the secret before is good until the ping behind welcome is answered, then no more")
def used(world):
    room, ann, bob = world.pair()
    bob.close()
    back = world.resume(bob, 0)
    works(back, room)  # an operation behind the pong has run, so the pong has been heard
    for late in (world.raw(0), world.raw(1)):
        late.send("connect", protocol=1, user=bob.user, resume={
            "session_id": bob.welcome.session_id, "secret": bob.welcome.secret})
        late.closing(3002)
    works(back, room)  # whoever has gone on stays
    ann.taken(2, "message")
    anew = world.raw(1).login(bob.user)
    back.closing(3500)
    same(list(ann.wait("left").users), [bob.user], "who left")
    anew.subscribe(room)


@scenario("a welcome that was lost: the old secret still resumes, and nothing is lost or doubled")
def lost_welcome(world):
    room, ann, bob = world.pair()
    bob.close()
    seqs = [ann.say(room, b"1")]
    for gateway in (0, 1, 0):
        lost = world.raw(gateway)
        lost.send("connect", protocol=1, user=bob.user, resume={
            "session_id": bob.welcome.session_id, "secret": bob.welcome.secret,
            "seen": bob.seen.fields()})
        lost.wire.receive()
        lost.close()
        seqs.append(ann.say(room, b"2"))
    back = world.resume(bob, 1)
    back.wait("subscribed")
    same(back.taken(4, "message"), seqs, "what was missed")
    back.quiet()
    same(ann.taken(4, "message"), seqs, "what the other got")
    ann.quiet()


@scenario("without an answer to the ping both secrets are good, the new one too")
def unconfirmed(world):
    room, _, bob = world.pair()
    bob.close()
    back = world.resume(bob, 0, answering=False)
    back.close()
    again = world.resume(back, 1)
    again.wait("subscribed", lambda subscribed: subscribed.queue == room)
    works(again, room)


@scenario("a pong with another nonce, or any other frame, confirms nothing")
def other_pong(world):
    room, _, bob = world.pair()
    bob.close()
    back = world.resume(bob, 0, answering=False)
    for nonce in (0, 1, back.pings[0] ^ 1, 2**48 - 1):
        back.send("pong", nonce=nonce)
    works(back, room)
    back.close()
    works(world.resume(bob, 1), room)


@scenario("a half-open connection is closed with 3509 when its session is resumed elsewhere")
def half_open(world):
    for gateway in (0, 1):
        room, ann, bob = world.pair()
        back = world.resume(bob, gateway)
        bob.closing(3509)
        back.wait("subscribed")
        works(back, room)
        ann.wait("message")
        ann.quiet()


@scenario("a connect that comes after a newer one of its client is closed, and changes nothing")
def late(world):
    room, user = world.room(), world.name("user")
    session = {}

    def ghosts(attempt):
        for gateway in (0, 1):
            ghost = world.raw(gateway)
            ghost.send("connect", protocol=1, user=user, client_id="it", attempt=attempt, **session)
            ghost.closing(3002)

    first = world.raw(0).login(user, client_id="it", attempt=2)
    first.subscribe(room)
    ghosts(1)
    works(first, room)
    first.close()
    session = {"resume": {"session_id": first.welcome.session_id, "secret": first.welcome.secret,
                          "seen": first.seen.fields()}}
    # Without an answer to its ping, the secret before is as good as the new one.
    back = world.raw(1)
    back.op_id = first.op_id
    back.login(user, answering=False, client_id="it", attempt=4, **session)
    same(back.welcome.resumed, True, "resumed")
    back.wait("subscribed", lambda subscribed: subscribed.queue == room)
    ghosts(3)
    works(back, room)
    world.raw(0).login(user, client_id="another", attempt=1)
    back.closing(3500)


@scenario("bye ends the session: it can't be resumed")
def after_bye(world):
    room, ann, bob = world.pair()
    bob.bye()
    same(list(ann.wait("left").users), [bob.user], "who left")
    back = other_session(world.raw(0).resume(bob), bob)
    check(all(name == "unsubscribed" for name, _ in back.inbox), f"{back.inbox}")
    back.refused(7, "send_message", queue=room, mount="chat", payload=b"1")


@scenario("a session that was replaced can't be resumed, and its resume replaces in turn")
def replaced(world):
    room, ann, bob = world.pair()
    second = world.client(0, bob.user)
    bob.closing(3500)
    same(list(ann.wait("left").users), [bob.user], "who left")
    other_session(world.raw(1).resume(bob), bob)
    second.closing(3500)
    second.close()


def attempt(world, old, gateway):
    """One of two resumes at once; `fate` says whether it stays."""
    client = world.raw(gateway)
    try:
        return client.resume(old)
    except Failed:
        return client


@scenario("two resumes at once through two gateways: one stays, the other is told so")
def at_once(world):
    olds = [world.client(number % 2) for number in range(20)]
    for old in olds:
        old.close()
    with concurrent.futures.ThreadPoolExecutor(2 * len(olds)) as threads:
        tries = [threads.submit(attempt, world, old, gateway)
                 for old in olds for gateway in (0, 1)]
        clients = [future.result() for future in tries]
        codes = list(threads.map(Client.fate, clients))
    for at in range(0, len(codes), 2):
        pair = codes[at:at + 2]
        same(pair.count(None), 1, f"how many of two stay ({pair})")
        # 3002: it came when the other had answered its first ping, so its secret is an old one.
        fates = (None, 3002, 3509)
        check(pair[0] in fates and pair[1] in fates, f"codes {pair}")
        winner, loser = clients[at:at + 2] if pair[0] is None else reversed(clients[at:at + 2])
        check(loser.welcome is None or loser.welcome.generation < winner.welcome.generation,
              "the one with the higher generation was closed")
    return ", ".join(f"{codes.count(code)} × {code}" for code in (3002, 3509))
