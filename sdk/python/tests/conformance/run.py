"""Steps through a script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imq_client.machine.machine import Machine

from .driver import INPUTS, Driver
from .equal import difference

_FOLDER = Path(__file__).resolve().parents[3] / "conformance" / "scripts"
_OUTPUTS = ("sends", "events", "dial", "stop", "wants_token")


def scripts() -> dict[str, dict[str, Any]]:
    """All scripts, by name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))}


def failure(script: dict[str, Any], client: type[Machine] = Machine) -> str | None:
    """The first step at which the client does something else, and what; `None`: there is none."""
    driver = Driver(script.get("settings", {}), client)
    for index, step in enumerate(script["steps"]):
        _check_words(step)
        driver.pass_to(step["at"], "stood_still" in step)
        driver.input(step)
        did = driver.take_done()
        differences = [difference(name, step.get(name), did.get(name)) for name in _OUTPUTS]
        if any(differences):
            what = next((name for name in INPUTS if name in step), "time")
            where = f"step {index + 1} (at {step['at']}: {what}), script -, client +:"
            return where + "".join(differences)
    return None


def _check_words(step: dict[str, Any]) -> None:
    """A word that is mistyped would show nothing."""
    known = {"at", *INPUTS, *_OUTPUTS}
    others = [word for word in step if word not in known]
    if len(others) != ("command" in step):
        raise ValueError(f"words: {others}")
