"""The machine by the scripts of sdk/conformance."""

from __future__ import annotations

import unittest
from math import inf
from unittest import mock

from imq_client.machine.machine import Frame, Input, Machine
from imq_client.machine.outbox import Outbox
from imq_client.machine.subscription import Subscription

from .conformance.run import failure, scripts

# So many there are at least: an empty folder shows nothing.
SCRIPTS_MIN = 81


class Idle(Machine):
    """Does nothing."""

    def handle(self, now: float, happened: Input, out: Outbox) -> None:
        pass


class Timeless(Machine):
    """Never looks at the time."""

    @property
    def wake_at(self) -> float:
        return inf


class Deaf(Machine):
    """Takes nothing that comes."""

    def handle(self, now: float, happened: Input, out: Outbox) -> None:
        if not isinstance(happened, Frame):
            super().handle(now, happened, out)


class Conformance(unittest.TestCase):
    def test_the_machine_does_what_the_scripts_say(self) -> None:
        self.assertGreaterEqual(len(scripts()), SCRIPTS_MIN)
        for name, script in scripts().items():
            with self.subTest(name):
                self.assertIsNone(failure(script))

    def test_broken_clients_are_found(self) -> None:
        for client in (Idle, Timeless, Deaf):
            with self.subTest(client.__doc__):
                self.assertTrue(any(failure(script, client) for script in scripts().values()))

    def test_marks_that_stand_still_are_found(self) -> None:
        with mock.patch.object(Subscription, "follow", lambda *_: True):
            self.assertTrue(any(failure(script) for script in scripts().values()))
