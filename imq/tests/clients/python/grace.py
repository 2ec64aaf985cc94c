"""Scenarios: the time that a session outlives its socket. They run beside all others."""

import time

from report import scenario
from wire import check, same

GRACE_S = 15
SLACK_S = 6


def left_after(ann, user, since, wanted_s):
    """Waits for `left` of this user, and fails if it comes too early or too late."""
    left = ann.wait("left", wait_s=wanted_s + SLACK_S)
    took_s = time.monotonic() - since
    same(list(left.users), [user], "who left")
    check(wanted_s - 1 < took_s < wanted_s + SLACK_S, f"left came after {took_s:.1f} s")
    return f"left after {took_s:.1f} s"


@scenario("a socket that ends without bye: others see left after grace, and no sooner", slow=True)
def dropped(world):
    room, ann, bob = world.pair()
    bob.change(room, {"key": "here", "set": b"1", "while_present": True})
    ann.wait("state")
    since = time.monotonic()
    bob.close()
    note = left_after(ann, bob.user, since, GRACE_S)
    ann.wait("state", lambda state: state.changes[0].deleted)
    back = world.raw(0).resume(bob)
    same(back.welcome.resumed, False, "resumed")
    back.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
    back.subscribe(room)
    same(list(ann.wait("joined").users), [bob.user], "who joined")
    return note


@scenario("late in its grace a session still resumes, and then it stays", slow=True)
def late(world):
    room, ann, bob = world.pair()
    bob.close()
    ann.never("left", GRACE_S - 4)
    seq = ann.say(room, b"missed")
    back = world.resume(bob, 0)
    back.wait("subscribed")
    same(back.taken(1, "message"), [seq], "what was missed")
    ann.never("left", GRACE_S + 4)
    live = back.say(room, b"live")
    same(back.taken(1, "message"), [live], "live message")
    same(ann.taken(2, "message"), [seq, live], "what the other got")


@scenario("the end of the old connection doesn't end the session that went on", slow=True)
def old_socket(world):
    room, ann, bob = world.pair()
    back = world.resume(bob, 0)
    bob.closing(3509)
    bob.close()
    ann.never("left", GRACE_S + 4)
    seq = back.say(room, b"1")
    back.wait("message", lambda message: message.seq == seq)
    same(ann.taken(1, "message"), [seq], "what the other got")


@scenario("a queue that a resume doesn't name in seen is left, a grace after", slow=True)
def not_named(world):
    room, ann, bob = world.pair()
    kept = world.room()
    bob.subscribe(kept)
    bob.close()
    since = time.monotonic()
    back = world.resume(bob, 1, seen=[entry for entry in bob.seen.fields()
                                      if entry["queue"] == kept])
    back.wait("subscribed", lambda subscribed: subscribed.queue == kept)
    ann.say(room, b"1")
    ann.taken(1, "message")
    back.quiet()
    note = left_after(ann, bob.user, since, GRACE_S)
    back.say(kept, b"still here")
    back.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
    return note


@scenario("a queue subscribed again after a resume that didn't name it is kept", slow=True)
def named_later(world):
    room, ann, bob = world.pair()
    bob.close()
    back = world.resume(bob, 1, seen=[])
    subscribed = back.subscribe(room)
    check(bob.user in subscribed.members, "the roster lacks its own user")
    ann.never("left", GRACE_S + 4)
    seq = back.say(room, b"1")
    same(ann.taken(1, "message"), [seq], "what the other got")


@scenario("a session that was replaced takes nothing from the one that replaced it", slow=True)
def replaced(world):
    room, ann, bob = world.pair()
    second = world.client(0, bob.user)
    bob.closing(3500)
    bob.close()
    # A room that hears of the new session first goes on with the user, and tells nobody.
    same(list(ann.wait("left").users), [bob.user], "who left")
    second.subscribe(room)
    same(list(ann.wait("joined").users), [bob.user], "who joined")
    ann.never("left", GRACE_S + 4)
    seq = second.say(room, b"1")
    for client in (ann, second):
        client.wait("message", lambda message: message.seq == seq)
    members = list(ann.do("list_members", queue=room).members)
    same(members, sorted([ann.user, bob.user]), "members")
