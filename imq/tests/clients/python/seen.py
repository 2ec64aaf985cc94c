"""How far a client got in its queues: what it names in `seen` when it resumes its session."""

MOVES_MEMBERS = ("joined", "left", "mount_created", "mount_deleted")


class Seen:
    """The epoch and the marks of each subscribed queue, after section 4 of docs/protocol.md."""

    def __init__(self):
        self.queues = {}  # name: (epoch, marks)
        self.subs = {}  # of this connection: the queue's name

    def note(self, name, body):
        """Takes one body that came from the gateway."""
        if name == "subscribed":
            self.queues[body.queue] = (body.epoch, dict(body.marks))
            self.subs[body.sub] = body.queue
        elif name == "unsubscribed":
            self.forget(body.queue)
        elif name in ("message", "state") and not getattr(body, "history", False):
            self.move(body.sub, body.mount, body.seq)
        elif name in MOVES_MEMBERS:
            self.move(body.sub, "members", body.seq)
            if name == "mount_created":
                self.move(body.sub, body.mount, body.seq)
            elif name == "mount_deleted":
                self.lose(body.sub, body.mount)
        elif name == "gap":
            self.move(body.sub, body.mount, body.before_seq - 1)

    def move(self, sub, mount, seq):
        """Sets the mark of a mount; events of a queue that was left move nothing."""
        queue = self.queues.get(self.subs.get(sub))
        if queue is not None:
            queue[1][mount] = seq

    def lose(self, sub, mount):
        """A mount is no more, and neither is its mark."""
        queue = self.queues.get(self.subs.get(sub))
        if queue is not None:
            queue[1].pop(mount, None)

    def forget(self, queue):
        """Takes note that a queue isn't subscribed any more."""
        self.queues.pop(queue, None)
        self.subs = {sub: name for sub, name in self.subs.items() if name != queue}

    def after(self, other):
        """Goes on where the connection before ended: its queues, none of its `sub`s."""
        self.queues = {name: (epoch, dict(marks)) for name, (epoch, marks) in other.queues.items()}
        return self

    def fields(self):
        """The field `seen` of a `Resume`."""
        return [{"queue": name, "epoch": epoch, "marks": marks}
                for name, (epoch, marks) in sorted(self.queues.items())]
