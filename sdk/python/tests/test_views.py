"""Live maps by the scripts of sdk/conformance/views."""

from __future__ import annotations

import unittest
from typing import Any
from unittest import mock

from imq_client import StateMap

from .conformance.views import differences, views

# So many there are at least: an empty folder shows nothing.
_VIEWS_MIN = 12


class Views(unittest.IsolatedAsyncioTestCase):
    async def test_a_map_does_what_the_scripts_say(self) -> None:
        self.assertGreaterEqual(len(views()), _VIEWS_MIN)
        for name, script in views().items():
            with self.subTest(name):
                self.assertEqual([], await differences(script))

    async def test_broken_maps_are_found(self) -> None:
        async def found() -> bool:
            for script in views().values():
                if await differences(script):
                    return True
            return False

        def nothing(*_: Any) -> None:
            pass

        for broken in ("_settle", "apply", "reset"):
            with self.subTest(broken), mock.patch.object(StateMap, broken, nothing):
                self.assertTrue(await found())
