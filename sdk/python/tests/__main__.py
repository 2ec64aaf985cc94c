"""Runs all tests, and prints how many there were in one line, as the gate reads it."""

import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).parent

suite = unittest.defaultTestLoader.discover(str(FOLDER), top_level_dir=str(FOLDER.parent))
result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
skipped = len(result.skipped)
failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
sys.exit(0 if result.wasSuccessful() else 1)
