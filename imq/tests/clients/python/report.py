"""Scenarios, and the lines that say what came of them."""

import concurrent.futures
import http.client
import json
import secrets
import sys
import time
import traceback

from client import Client
from wire import Failed, check, same

SCENARIOS = []
SLOW = []


def scenario(sentence, slow=False):
    """Marks a function as a scenario; it gets a `World` and fails by raising.

    One that is slow, because it waits for a time of the protocol's, runs beside all others.
    """
    def mark(function):
        (SLOW if slow else SCENARIOS).append((sentence, function))
        return function
    return mark


def address(text):
    """`HOST:PORT` as the socket module wants it."""
    host, _, port = text.rpartition(":")
    return host, int(port)


class World:
    """The cluster as one run sees it: its gateways, and names that nobody else uses."""

    def __init__(self, schema, gateways, rpc=None, rpc_key="", tls=None):
        self.schema = schema
        self.tls = tls
        self.gateways = gateways
        self.rpc = rpc
        self.rpc_key = rpc_key
        self.run = secrets.token_hex(4)
        self.count = 0
        self.clients = []

    def name(self, word):
        """A name of this run alone."""
        self.count += 1
        return f"{word}-{self.run}-{self.count:04}"

    def room(self):
        """The name of a fresh queue of the class `/room/*`."""
        return "/room/" + self.name("py")

    def raw(self, gateway=0, receive_bytes=None):
        """A connection that hasn't said anything yet."""
        client = Client(self.schema, self.gateways[gateway], receive_bytes, self.tls)
        self.clients.append(client)
        return client

    def client(self, gateway=0, user=None, **fields):
        """A connection with a user of its own."""
        return self.raw(gateway).login(user or self.name("user"), **fields)

    def pair(self, **fields):
        """A fresh room with two who are in it, each at its own gateway."""
        room = self.room()
        ann, bob = self.client(0), self.client(1)
        ann.subscribe(room, **fields)
        bob.subscribe(room, **fields)
        ann.wait("joined")
        return room, ann, bob

    def resume(self, old, gateway=0, **changes):
        """A connection that goes on with the session of `old`, and did so."""
        client = self.raw(gateway).resume(old, **changes)
        same(client.welcome.resumed, True, "resumed")
        same(client.welcome.session_id, old.welcome.session_id, "session_id")
        check(client.welcome.generation > old.welcome.generation, "the generation didn't rise")
        check(client.welcome.secret != old.welcome.secret, "the secret is the old one")
        return client

    def call(self, method, **body):
        """A call of the web back end; the HTTP status and the answer's object."""
        connection = http.client.HTTPConnection(*self.rpc, timeout=10)
        connection.request("POST", "/rpc/v1/" + method, body=json.dumps(body), headers={
            "Authorization": "Bearer " + self.rpc_key, "Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text or b"{}")

    def metric(self, beginning):
        """The sum of the first gateway's counters and gauges whose lines begin so."""
        connection = http.client.HTTPConnection(*self.rpc, timeout=10)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(beginning))

    def apart(self):
        """Another world on the same cluster, for a scenario that runs beside others."""
        return World(self.schema, self.gateways, self.rpc, self.rpc_key, self.tls)

    def works(self):
        """A normal client logs in, subscribes and gets its message, within a second."""
        started = time.monotonic()
        room, client = self.room(), self.client(0)
        client.subscribe(room)
        seq = client.say(room, b"alive")
        same(client.wait("message").seq, seq, "seq")
        took_s = time.monotonic() - started
        check(took_s < 1, f"a normal client took {took_s:.2f} s")
        client.bye()

    def clear(self):
        """Ends all connections that a scenario left open."""
        for client in self.clients:
            client.close()
        self.clients = []


def outcome(world, sentence, function):
    """Runs one scenario; whether it passed, and its line."""
    started = time.monotonic()
    try:
        note = function(world)
    except Exception as error:  # any failure is a line; the rest still runs
        traceback.print_exc(file=sys.stderr)
        why = str(error) if isinstance(error, Failed) else repr(error)
        return False, f"not ok {sentence}: {why}"
    finally:
        world.clear()
        print(f"  {time.monotonic() - started:.2f} s: {sentence}", file=sys.stderr)
    return True, f"ok {sentence}" + (f" ({note})" if note else "")


def run(world):
    """Runs all scenarios, prints a line for each; whether all passed."""
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, len(SLOW))) as threads:
        slow = [threads.submit(outcome, world.apart(), *scenario) for scenario in SLOW]
        for at in range(len(SCENARIOS) + len(SLOW)):
            if at < len(SCENARIOS):
                good, line = outcome(world, *SCENARIOS[at])
            else:
                good, line = slow[at - len(SCENARIOS)].result()
            passed, failed = passed + good, failed + (not good)
            print(line, flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed == 0
