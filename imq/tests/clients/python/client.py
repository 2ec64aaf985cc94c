"""A client of a gateway after docs/protocol.md, with nothing hidden from the scenario."""

import time

from seen import Seen
from wire import WAIT_S, Ended, Failed, Wire, check, frame, same


class Client:
    """One connection. What comes and isn't what a scenario waits for stays in `inbox`."""

    def __init__(self, schema, address, receive_bytes=None, tls=None):
        self.schema = schema
        self.wire = Wire(address, receive_bytes, tls)
        self.inbox = []
        self.op_id = 0
        self.user = ""
        self.welcome = None
        self.own = None  # `subscribed` of the user's own queue
        self.seen = Seen()
        self.pings = []  # nonces of the gateway's
        self.answering = True

    def encode(self, name, **fields):
        """The bytes of one frame."""
        return frame(self.schema.body(name, fields).SerializeToString())

    def send(self, name, **fields):
        """Sends one body."""
        self.wire.send(self.encode(name, **fields))

    def login(self, user, answering=True, **fields):
        """Connects as `user`; unless `answering`, no ping is answered, so nothing is confirmed."""
        self.answering = answering
        self.send("connect", protocol=1, user=user, client_name="python", **fields)
        return self.welcomed(user)

    def welcomed(self, user):
        """Waits for `welcome`, which comes before all else, the ping, and the user's own queue."""
        self.user = user
        name, body = self.next()
        if name == "closing":
            self.inbox.append((name, body))
            raise Ended(f"closed with {body.code} ({body.reason}) in the place of welcome")
        same(name, "welcome", "the first frame")
        self.welcome = body
        self.own = self.wait("subscribed", lambda subscribed: subscribed.queue == "/user/" + user)
        check(self.pings, "no ping between welcome and subscribed of the user's own queue")
        return self

    def resume(self, old, user=None, **changes):
        """Connects with the session of `old`; `changes` are other fields of `resume`."""
        self.op_id = old.op_id
        self.seen.after(old.seen)
        fields = {"session_id": old.welcome.session_id, "secret": old.welcome.secret,
                  "seen": old.seen.fields()}
        answering, hold = changes.pop("answering", True), changes.pop("hold", False)
        return self.login(user or old.user, answering, resume={**fields, **changes}, hold=hold)

    def next(self, wait_s=WAIT_S):
        """The next body and its name, from the inbox or the wire; pings are answered."""
        if self.inbox:
            return self.inbox.pop(0)
        return self.read(wait_s)

    def read(self, wait_s=WAIT_S):
        """The next body from the wire."""
        until = time.monotonic() + wait_s
        while True:
            envelope = self.schema.g2c.G2c()
            envelope.ParseFromString(self.wire.receive(until - time.monotonic()))
            name = envelope.WhichOneof("body")
            body = getattr(envelope, name) if name else None
            if name == "ping":
                self.pings.append(body.nonce)
                if self.answering:
                    self.send("pong", nonce=body.nonce)
            elif name:
                self.seen.note(name, body)
                return name, body

    def wait(self, name, where=lambda body: True, wait_s=WAIT_S):
        """The first body called `name` for which `where` holds; all else stays in the inbox."""
        for index, (kept, body) in enumerate(self.inbox):
            if kept == name and where(body):
                del self.inbox[index]
                return body
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            try:
                came, body = self.read(max(0.001, until - time.monotonic()))
            except Failed as error:
                raise type(error)(f"waiting for {name}: {error}; {self.held()}") from error
            if came == name and where(body):
                return body
            self.inbox.append((came, body))
        raise Failed(f"no {name} for {wait_s} s; {self.held()}")

    def held(self):
        """What came and nobody asked for, for messages of failure."""
        return f"held back: {[name for name, _ in self.inbox]}" if self.inbox else "nothing else"

    def next_op_id(self):
        """A fresh number for an operation."""
        self.op_id += 1
        return self.op_id

    def ask(self, name, **fields):
        """Sends an operation and waits for its result, whatever its status."""
        fields.setdefault("op_id", self.next_op_id())
        self.send(name, **fields)
        return self.wait("result", lambda result: result.op_id == fields["op_id"])

    def do(self, name, **fields):
        """Sends an operation that has to succeed."""
        result = self.ask(name, **fields)
        same(result.status, 0, f"status of {name} ({result.error_message})")
        return result

    def refused(self, status, name, **fields):
        """Sends an operation that has to be refused, with one of these statuses and a sentence."""
        result = self.ask(name, **fields)
        wanted = status if isinstance(status, tuple) else (status,)
        check(result.status in wanted,
              f"status of {name} is {result.status} ({result.error_message}), not {wanted}")
        check(len(result.error_message) > 10, f"no sentence with status {result.status}")
        return result

    def subscribe(self, queue, **fields):
        """Subscribes and gives back `subscribed`, which follows the result."""
        self.do("subscribe", queue=queue, **fields)
        return self.wait("subscribed", lambda subscribed: subscribed.queue == queue)

    def unsubscribe(self, queue):
        """Leaves a queue."""
        self.do("unsubscribe", queue=queue)
        self.seen.forget(queue)

    def say(self, queue, payload, **fields):
        """Sends a message to the mount `chat`; its `seq`."""
        return self.do("send_message", queue=queue, mount="chat", payload=payload, **fields).seq

    def change(self, queue, *changes):
        """Changes keys of the mount `scores`; the `seq` of the change."""
        return self.do("send_state", queue=queue, mount="scores", changes=list(changes)).seq

    def state(self, queue, **fields):
        """The entries of `scores`, by key."""
        result = self.do("get_state", queue=queue, mount="scores", **fields)
        return {entry.key: (entry.value, entry.version) for entry in result.entries}

    def taken(self, count, *names):
        """The next events of these names: their `seq`s. Anything else that comes is a failure."""
        seqs = []
        for _ in range(count):
            name, body = self.next()
            check(name in names, f"{name} came, not {names}: {body}")
            seqs.append(body.seq)
        return seqs

    def quiet(self):
        """Fails if anything but a pong comes that the gateway had already to send."""
        self.send("ping", nonce=2**40)
        name, body = self.next()
        same(name, "pong", f"a frame out of nowhere ({body})")

    def closing(self, code=None, wait_s=WAIT_S):
        """Waits for `closing` and the end of the connection after it."""
        closing = self.wait("closing", wait_s=wait_s)
        if code is not None:
            same(closing.code, code, f"close code ({closing.reason})")
        same(closing.may_retry, closing.code < 3500, f"may_retry of {closing.code}")
        try:
            name, _ = self.read(wait_s)
        except Ended:
            return closing
        raise Failed(f"{name} came after closing")

    def never(self, name, for_s):
        """Listens for so long, and fails if `name` comes; all else stays in the inbox."""
        try:
            body = self.wait(name, wait_s=for_s)
        except Ended:
            raise
        except Failed:
            return
        raise Failed(f"{name} came: {body}")

    def fate(self, wait_s=1.5):
        """The code with which the gateway closes this connection, None if it doesn't so soon."""
        try:
            return self.wait("closing", wait_s=wait_s).code
        except Ended as error:
            raise Failed(f"{self.user}'s connection ended without closing") from error
        except Failed:
            return None

    def bye(self):
        """Ends the session and the connection."""
        self.send("bye")
        return self.closing(3000)

    def close(self):
        """Ends the connection without a word."""
        self.wire.close()
