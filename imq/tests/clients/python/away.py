"""Scenarios: what a session finds when it resumes, and others changed things meanwhile."""

import concurrent.futures

from report import scenario
from wire import check, same

CROWD = 100


@scenario("who joined and left, and mounts that came and went, are told after a resume, in order")
def members_and_mounts(world):
    room, ann, bob = world.pair()
    bob.close()
    cem, seqs = world.client(1), []
    cem.subscribe(room)
    cem.unsubscribe(room)
    for method, more in (("create_mount", {"kind": "message"}), ("delete_mount", {})):
        status, answer = world.call(method, queue=room, mount="extra", **more)
        same(status, 200, f"HTTP status of {method} ({answer})")
    seqs.append(ann.say(room, b"1"))
    back = world.resume(bob, 0)
    same(back.wait("subscribed").recovered, True, "recovered")
    wanted = ["joined", "left", "mount_created", "mount_deleted", "message"]
    frames = [back.next() for _ in wanted]
    same([name for name, _ in frames], wanted, "what was missed")
    rising = [body.seq for _, body in frames]
    same(rising, sorted(set(rising)), "the order of seq")
    same([list(body.users) for _, body in frames[:2]], [[cem.user]] * 2, "who came and went")
    back.quiet()


@scenario("a queue that was deleted, and one of the same name, give unsubscribed on resume")
def deleted(world):
    for anew in (False, True):
        room, ann, bob = world.pair()
        bob.close()
        world.call("delete_queue", queue=room)
        ann.wait("unsubscribed")
        if anew:
            ann.subscribe(room)
        back = world.resume(bob, 0)
        same(back.wait("unsubscribed").queue, room, "queue")
        back.quiet()
        if anew:
            same(list(ann.do("list_members", queue=room).members), [ann.user], "members")
            ann.quiet()
        back.subscribe(room)


@scenario("who was removed by the application while away isn't back by a resume")
def removed(world):
    room, ann, bob = world.pair()
    bob.close()
    status, answer = world.call("remove_user", user=bob.user, queue=room)
    same(status, 200, f"HTTP status ({answer})")
    same(list(ann.wait("left").users), [bob.user], "who left")
    back = world.resume(bob, 1)
    same(back.wait("unsubscribed").queue, room, "queue")
    back.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
    ann.quiet()


@scenario("who was disconnected by the application, here or while away, has no session more")
def disconnected(world):
    for away in (False, True):
        room, ann, bob = world.pair()
        if away:
            bob.close()
        status, answer = world.call("disconnect_user", user=bob.user)
        same(status, 200, f"HTTP status ({answer})")
        if not away:
            bob.closing(3503)
        same(list(ann.wait("left").users), [bob.user], "who left")
        back = world.raw(0).resume(bob)
        same(back.welcome.resumed, False, "resumed")


def back_again(world, old, gateway, room):
    """Resumes and takes what comes up to the message that says `end`; the seqs of messages."""
    client = world.resume(old, gateway)
    same(client.wait("subscribed").queue, room, "queue")
    seqs = []
    while True:
        name, body = client.next()
        same(name, "message", "what comes after a resume")
        seqs.append(body.seq)
        if body.payload == b"end":
            return seqs


@scenario("100 sessions break off and resume at once while others speak: none misses anything")
def crowd(world):
    room, ann = world.room(), world.client(0)
    crowd = [world.client(number % 2) for number in range(CROWD)]
    for client in crowd:
        client.subscribe(room)
    ann.subscribe(room)
    for client in crowd:
        client.wait("joined", lambda joined: ann.user in joined.users)
        client.inbox.clear()
        client.close()
    sent = [ann.say(room, b"before") for _ in range(20)]
    with concurrent.futures.ThreadPoolExecutor(CROWD) as threads:
        running = [threads.submit(back_again, world, client, number // 2 % 2, room)
                   for number, client in enumerate(crowd)]
        sent += [ann.say(room, b"during") for _ in range(100)]
        sent += [ann.say(room, b"end")]
        for future in running:
            same(future.result(), sent, "messages of one of the crowd")
    same(ann.taken(len(sent), "message"), sent, "what the speaker got")
    ann.quiet()
    count = len(ann.do("list_members", queue=room).members)
    check(count == CROWD + 1, f"{count} members")
