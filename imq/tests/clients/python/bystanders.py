"""Two who talk with each other while others are up to no good, and how long their words take."""

import multiprocessing
import time

from wire import check

PAUSE_S = 0.01
# So many words are said before the abuse begins.
QUIET = 200
# Abuse may keep both of a small machine's cores busy, so that a word waits for its turn in each
# process on its way, some 10 ms at a time; what it must not do is wait for the abuse to be over,
# which takes seconds.
BOUND_TIMES = 5
BOUND_MORE_S = 0.05


def talk(world, pipe):
    """Talks until told to end; sends how long each word took, first of so many, then of the rest."""
    room, ann, bob = world.pair()
    took_s = []
    while not pipe.poll(PAUSE_S):
        for speaker, listener in ((ann, bob), (bob, ann)):
            begun = time.monotonic()
            seq = speaker.say(room, b"word")
            listener.wait("message", lambda message, seq=seq: message.seq == seq)
            took_s.append(time.monotonic() - begun)
            # An echo is no news.
            speaker.wait("message", lambda message, seq=seq: message.seq == seq)
        if len(took_s) == QUIET:
            pipe.send(took_s)
    pipe.send(took_s[QUIET:])


def p99(latencies):
    """The value that one in a hundred exceeds."""
    check(len(latencies) >= 100, f"only {len(latencies)} words")
    return sorted(latencies)[len(latencies) * 99 // 100]


class Bystanders:
    """The two, in a process of their own, so that nothing here holds them up."""

    def __init__(self, world):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=talk, args=(world.apart(), theirs),
                                               daemon=True)
        self.process.start()
        theirs.close()
        self.quiet_s = p99(self.next())

    def next(self):
        """What they say next of their words."""
        check(self.pipe.poll(30), "they say nothing")
        return self.pipe.recv()

    def judge(self):
        """Fails unless they were never lost, and hardly slower than when all was quiet."""
        self.pipe.send("end")
        took_s = self.next()
        bound_s = BOUND_TIMES * self.quiet_s + BOUND_MORE_S
        note = (f"p99 of {len(took_s)} words {p99(took_s) * 1000:.1f} ms, worst "
                f"{max(took_s) * 1000:.0f} ms; when quiet p99 {self.quiet_s * 1000:.1f} ms")
        check(p99(took_s) < bound_s, f"{note}; bound {bound_s * 1000:.0f} ms")
        return note
