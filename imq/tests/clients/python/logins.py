"""Scenarios: one user logs in from several places. The newest login stays."""

import concurrent.futures
import threading
import time

from report import scenario
from wire import Ended, Failed, check, same

PAIRS = 50
DEAD_S = 0.5
SLACK_S = 0.3
RACE_S = 1.5


@scenario("a second login closes the first with 3500, and others see who left")
def second(world):
    for gateway in (0, 1):
        room, ann, bob = world.pair()
        newer = world.client(gateway, bob.user)
        check(newer.welcome.generation > bob.welcome.generation, "the generation didn't rise")
        closing = bob.closing(3500)
        check(closing.reason, "closing has no reason")
        same(list(ann.wait("left").users), [bob.user], "who left")
        newer.refused(7, "send_message", queue=room, mount="chat", payload=b"1")
        newer.quiet()
        newer.subscribe(room)
        same(list(ann.wait("joined").users), [bob.user], "who joined")


class Rival:
    """One of two logins at the same moment, which speaks as long as it is let."""

    def __init__(self, world, gateway, user, room):
        self.world, self.gateway, self.user, self.room = world, gateway, user, room
        self.client = world.raw(gateway)
        self.client.user = user
        self.welcome_at = self.generation = self.code = None
        self.done = []  # seqs of messages that were answered with success

    def start(self):
        """Connects, joins and speaks in one packet."""
        client = self.client
        client.wire.send(
            client.encode("connect", protocol=1, user=self.user)
            + client.encode("subscribe", op_id=client.next_op_id(), queue=self.room)
            + self.message())

    def message(self):
        """A message that says whose it is."""
        return self.client.encode("send_message", op_id=self.client.next_op_id(), queue=self.room,
                                  mount="chat", payload=b"%d" % self.gateway)

    def race(self, barrier):
        """Logs in and speaks ten times a second, until it is closed or the race is over."""
        barrier.wait()
        self.start()
        until = time.monotonic() + RACE_S
        try:
            while time.monotonic() < until:
                self.listen(0.1)
                self.client.wire.send(self.message())
        except (Ended, ConnectionError):
            pass
        return self

    def listen(self, wait_s):
        """Takes in what comes for so long."""
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            try:
                name, body = self.client.next(max(0.001, until - time.monotonic()))
            except Ended:
                raise
            except Failed:
                return
            if name == "welcome":
                self.welcome_at, self.generation = time.time(), body.generation
            elif name == "closing":
                self.code, may_retry = body.code, body.may_retry
                same(may_retry, False, "may_retry")
            elif name == "result" and body.status == 0 and body.op_id > 1:
                self.done.append(body.seq)


def judge(world, rivals, ann):
    """Fails unless one of two stayed, and nothing of the other came when it was over."""
    codes = [rival.code for rival in rivals]
    same(sorted(codes, key=str), [3500, None], f"codes of {rivals[0].user}")
    winner, loser = sorted(rivals, key=lambda rival: rival.code is not None)
    check(winner.welcome_at, "the one that stayed had no welcome")
    check(loser.generation is None or loser.generation < winner.generation,
          "the one with the higher generation was closed")
    seq = winner.client.say(winner.room, b"end")
    sent = []
    while not sent or sent[-1].seq != seq:
        sent.append(ann.wait("message"))
    late = max((event.sent_at_ms / 1000 - winner.welcome_at for event in sent
                if event.payload == b"%d" % loser.gateway), default=-9)
    check(late < DEAD_S + SLACK_S, f"a message of the loser {late:.2f} s behind the welcome")
    unheard = set(loser.done) - {event.seq for event in sent}
    check(not unheard, "a message was answered with success, and nobody got it")
    winner.client.bye()
    ann.wait("left", lambda left: list(left.users) == [winner.user] and left.seq > seq)
    same(list(ann.do("list_members", queue=winner.room).members), [ann.user], "who is left")
    return late


@scenario("50 pairs of logins at the same moment at two gateways: one of each pair stays")
def at_once(world):
    observers = [world.client(number % 2) for number in range(PAIRS)]
    rooms = [world.room() for _ in observers]
    for ann, room in zip(observers, rooms):
        ann.subscribe(room)
    users = [world.name("twin") for _ in rooms]
    rivals = [Rival(world, gateway, user, room)
              for user, room in zip(users, rooms) for gateway in (0, 1)]
    barriers = [threading.Barrier(2) for _ in rooms]
    with concurrent.futures.ThreadPoolExecutor(len(rivals)) as threads:
        running = [threads.submit(rival.race, barriers[at // 2])
                   for at, rival in enumerate(rivals)]
        for future in running:
            future.result()
    late = [judge(world, rivals[2 * at:2 * at + 2], ann) for at, ann in enumerate(observers)]
    won = sum(rival.code is None for rival in rivals[::2])
    return f"first gateway won {won}, last word of a loser {max(late):+.2f} s"


def flap(again):
    """Runs `again` 20 times; the clients that got in, and the `closing` of those that didn't."""
    clients, refused = [], []
    for number in range(20):
        client = again(number, clients)
        if client.welcome is None:
            refused.append(client.wait("closing"))
        else:
            clients.append(client)
    return clients, refused


def slowed(clients, refused):
    """Fails unless some were refused with 3009 and a time to wait; the longest, in seconds."""
    check(len(clients) >= 8, f"only {len(clients)} got in")
    check(refused, "20 in a row, and none was refused")
    same({closing.code for closing in refused}, {3009}, "codes")
    check(all(closing.may_retry and 0 < closing.retry_after_ms <= 20_000 for closing in refused),
          f"may_retry and retry_after_ms: {refused[-1]}")
    return max(closing.retry_after_ms for closing in refused) / 1000


@scenario("20 logins of a user in a row meet 3009 with retry_after_ms; who is in stays")
def flapping(world):
    user = world.name("flapper")

    def again(number, _):
        client = world.raw(number % 2)
        try:
            return client.login(user)
        except Ended:
            return client

    clients, refused = flap(again)
    wait_s = slowed(clients, refused)
    same([client.fate(5) for client in clients[:-1]], [3500] * (len(clients) - 1), "codes")
    clients[-1].never("closing", wait_s)
    world.client(1, user)
    clients[-1].closing(3500)
    return f"{len(clients)} got in, retry after {wait_s} s"


@scenario("20 resumes in a row meet 3009 with retry_after_ms; the session bears it")
def resuming(world):
    room, ann, bob = world.pair()

    def again(number, clients):
        client = world.raw(number % 2)
        try:
            return client.resume(clients[-1] if clients else bob)
        except Ended:
            return client

    clients, refused = flap(again)
    wait_s = slowed(clients, refused)
    check(all(client.welcome.resumed for client in clients), "resumed is false")
    clients[-1].never("closing", wait_s)
    back = world.resume(clients[-1], 0)
    seq = back.say(room, b"1")
    same(ann.taken(1, "message"), [seq], "what the other got")
    return f"{len(clients)} got in, retry after {wait_s} s"
