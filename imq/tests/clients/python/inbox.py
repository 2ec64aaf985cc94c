"""Scenarios: the user's own queue, by which the application reaches a person anywhere."""

from report import scenario
from wire import check, same


def own(client):
    """The name of a user's own queue."""
    return "/user/" + client.user


def post(world, user, payload):
    """The back end sends to a user's inbox; the message's `seq`."""
    status, answer = world.call("send_message", queue="/user/" + user, mount="inbox",
                                payload=payload)
    same(status, 200, f"HTTP status ({answer})")
    return answer["seq"]


@scenario("the user's own queue comes unasked, and what the back end sends reaches the user")
def unasked(world):
    for gateway in (0, 1):
        bob = world.client(gateway)
        check(bob.own.sub > 0 and bob.own.epoch > 0, f"sub or epoch is 0: {bob.own}")
        check("inbox" in [mount.name for mount in bob.own.mounts], f"no inbox: {bob.own}")
        bob.quiet()
        seqs = [post(world, bob.user, number) for number in range(3)]
        for number, seq in enumerate(seqs):
            event = bob.wait("message")
            same((event.sub, event.mount, event.seq, event.payload, getattr(event, "from")),
                 (bob.own.sub, "inbox", seq, b"%d" % number, ""), "event")


@scenario("the own queue can't be left, and others' can't be joined or sent to")
def closed(world):
    ann, bob = world.client(0), world.client(1)
    bob.refused(7, "unsubscribe", queue=own(bob))
    ann.refused(7, "subscribe", queue=own(bob))
    ann.refused((5, 7), "subscribe", queue="/user/" + world.name("nobody"))
    for queue in (own(ann), own(bob)):
        ann.refused(7, "send_message", queue=queue, mount="inbox", payload=b"1")
    ann.refused((5, 7), "get_history", queue=own(bob), mount="inbox")
    ann.refused((5, 7), "list_members", queue=own(bob))
    seq = post(world, bob.user, "still here")
    same(bob.taken(1, "message"), [seq], "what came")
    ann.quiet()


@scenario("subscribed again, the own queue gives its history, with another filter too")
def again(world):
    bob = world.client(1)
    seqs = [post(world, bob.user, number) for number in range(5)]
    bob.taken(5, "message")
    bob.subscribe(own(bob), history=3)
    events = [bob.wait("message") for _ in range(3)]
    same([(event.seq, event.history) for event in events], [(seq, True) for seq in seqs[2:]],
         "history")
    page = bob.do("get_history", queue=own(bob), mount="inbox", limit=2)
    same([message.seq for message in page.messages], seqs[3:], "the newest page")
    bob.subscribe(own(bob), mounts=["nothing"])
    post(world, bob.user, "filtered")
    bob.quiet()


@scenario("the own queue stands in seen, and what was missed comes on resume")
def recovered(world):
    for gateway in (0, 1):
        bob = world.client(0)
        first = post(world, bob.user, "first")
        same(bob.taken(1, "message"), [first], "what came")
        bob.close()
        seqs = [post(world, bob.user, number) for number in range(3)]
        back = world.resume(bob, gateway)
        same((back.own.recovered, back.own.epoch), (True, bob.own.epoch), "recovered and epoch")
        same(back.taken(3, "message"), seqs, "what was missed")
        live = post(world, bob.user, "live")
        same(back.taken(1, "message"), [live], "live message")
        back.quiet()


@scenario("a resume without the own queue in seen gives it all the same, not recovered")
def not_in_seen(world):
    bob = world.client(0)
    post(world, bob.user, "missed")
    bob.wait("message")
    bob.close()
    back = world.resume(bob, 1, seen=[])
    same(back.own.recovered, False, "recovered")
    seq = post(world, bob.user, "live")
    same(back.wait("message", lambda message: not message.history).seq, seq, "live message")


@scenario("a message to somebody who just left is in the history of the next login")
def offline(world):
    bob = world.client(0)
    bob.bye()
    seq = post(world, bob.user, "see you")
    back = world.client(1, bob.user)
    same(back.own.epoch, bob.own.epoch, "epoch")
    back.subscribe(own(back), history=10)
    same([(event.seq, event.payload) for event in [back.wait("message")]],
         [(seq, b'"see you"')], "history")


@scenario("a login that replaces another gets the inbox, and the other gets no more")
def replaced(world):
    bob = world.client(0)
    newer = world.client(1, bob.user)
    bob.closing(3500)
    seq = post(world, bob.user, "to the newer")
    same(newer.taken(1, "message"), [seq], "what came")


@scenario("a message to somebody who never was is refused with 404")
def nobody(world):
    status, answer = world.call("send_message", queue="/user/" + world.name("nobody"),
                                mount="inbox", payload=1)
    same(status, 404, f"HTTP status ({answer})")
