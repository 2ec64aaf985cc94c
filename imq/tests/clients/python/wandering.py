"""Scenarios: users who lose their connection over and over while they speak and listen."""

import concurrent.futures
import random
import time

from inbox import post
from report import scenario
from wire import Ended, Failed, check, same

WANDERERS = 10
ROUNDS = 12
BATCH = 8
APART_S = 1.1  # more than one resume a second would in the end be slowed with 3009


class Wanderer:
    """One user with one session and many connections."""

    def __init__(self, world, room, seed):
        self.world, self.room = world, room
        self.chance = random.Random(seed)
        self.client = world.client(self.chance.randrange(2))
        self.client.subscribe(room)
        self.said = 0
        self.pending = {}  # op_id: the operation that has no answer yet
        self.heard = []  # seq and payload of each message, over all connections

    def speak(self):
        """Sends some messages at once."""
        for _ in range(BATCH):
            payload = f"{self.client.user} {self.said}".encode()
            self.said += 1
            self.send({"op_id": self.client.next_op_id(), "queue": self.room, "mount": "chat",
                       "payload": payload})

    def send(self, fields):
        """Sends one message, which waits for its answer from now on."""
        self.pending[fields["op_id"]] = fields
        self.client.send("send_message", **fields)

    def listen(self, for_s):
        """Takes what comes for so long."""
        until = time.monotonic() + for_s
        while (left_s := until - time.monotonic()) > 0:
            try:
                self.take(*self.client.read(left_s))
            except Ended:
                raise
            except Failed:
                return

    def take(self, name, body):
        """Notes an answer, or a message that was heard."""
        if name == "result":
            same(body.status, 0, f"status ({body.error_message})")
            check(self.pending.pop(body.op_id, None), "a second answer, or one to nothing")
        elif name == "message":
            self.heard.append((body.seq, body.payload))
        else:
            check(name in ("joined", "subscribed"), f"{name} came: {body}")

    def take_held(self):
        """Notes what came while something else was waited for."""
        for name, body in self.client.inbox:
            self.take(name, body)
        self.client.inbox.clear()

    def move(self):
        """Breaks off somewhere, goes on somewhere, and sends again what has no answer."""
        old = self.client
        if self.chance.random() < 0.7:
            old.close()  # else it is half-open while the session is resumed
        self.client = self.world.resume(old, self.chance.randrange(2))
        old.close()
        same(self.client.wait("subscribed").queue, self.room, "queue")
        self.take_held()
        for op_id in sorted(self.pending):
            self.client.send("send_message", **self.pending[op_id])

    def wander(self):
        """Speaks, listens for a while, moves, and so on; ends when all is answered."""
        self.take_held()
        for _ in range(ROUNDS):
            self.speak()
            listen_s = self.chance.choice((0, 0.005, 0.02, 0.2))
            self.listen(listen_s)
            self.move()
            self.listen(APART_S - listen_s)
        same(self.pending, {}, "operations without an answer")
        return self

    def hear_out(self, last):
        """Listens up to the message whose payload is `last`."""
        while not self.heard or self.heard[-1][1] != last:
            self.take(*self.client.read())


@scenario("ten who wander between gateways while they speak: all hear all, once", slow=True)
def wanderers(world):
    room, ann = world.room(), world.client(0)
    ann.subscribe(room)
    crowd = [Wanderer(world, room, f"{world.run} {number}") for number in range(WANDERERS)]
    with concurrent.futures.ThreadPoolExecutor(WANDERERS) as threads:
        for future in [threads.submit(wanderer.wander) for wanderer in crowd]:
            future.result()
    ann.say(room, b"end")
    for wanderer in crowd:
        wanderer.hear_out(b"end")
    wanted = []
    while not wanted or wanted[-1][1] != b"end":
        event = ann.wait("message")
        wanted.append((event.seq, event.payload))
    same(wanted, sorted(set(wanted)), "the order of seq at the one who stayed")
    for wanderer in crowd:
        check(wanderer.heard == wanted, difference(wanderer.heard, wanted))
        own = [payload for _, payload in wanted
               if payload.startswith(wanderer.client.user.encode() + b" ")]
        same(own, [f"{wanderer.client.user} {number}".encode() for number in range(wanderer.said)],
             "one's own messages")
    check(all(name in ("joined", "result") for name, _ in ann.inbox), f"{ann.held()}")
    return f"{len(wanted)} messages over {WANDERERS * (ROUNDS + 1)} connections"


def difference(heard, wanted):
    """What two lists of messages differ in."""
    return (f"missed {sorted(set(wanted) - set(heard))[:5]}, "
            f"not to be heard {sorted(set(heard) - set(wanted))[:5]}, "
            f"{len(heard) - len(set(heard))} twice, in order: {heard == sorted(heard)}")


@scenario("messages to the inbox of a user who wanders come once each", slow=True)
def wandering(world):
    bob = world.client(0)
    sent, got = [], []
    for number in range(12):
        sent.append(post(world, bob.user, number))
        if number % 2:
            bob.close()
        sent.append(post(world, bob.user, number))
        bob = world.resume(bob, number % 2)
        bob.never("closing", APART_S)
        sent.append(post(world, bob.user, number))
        while not got or got[-1] != sent[-1]:
            got += bob.taken(1, "message")
    same(got, sent, "messages")
