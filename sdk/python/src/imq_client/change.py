"""What happens to one key of a state mount."""

from __future__ import annotations

from typing import Any


class Change:
    """One change; `set`, `add` and `delete` make them.

    Its conditions: `if_version`, only if the key has this version (0: only if it is absent);
    `if_absent`, only if the key is absent; `ttl_ms`, the key goes this long after the change;
    `while_present`, the key goes when this client leaves the queue (not for back ends).
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        """As they are in the protocol."""

    @property
    def key(self) -> str:
        key: str = self.fields["key"]
        return key

    @classmethod
    def set(
        cls,
        key: str,
        value: Any,
        *,
        if_version: int | None = None,
        if_absent: bool = False,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> Change:
        """Gives a key a value: anything that JSON can carry, or `bytes`."""
        return cls(
            {"key": key, "set": value, **_options(if_version, if_absent, ttl_ms, while_present)}
        )

    @classmethod
    def add(
        cls,
        key: str,
        amount: int,
        *,
        if_version: int | None = None,
        if_absent: bool = False,
        ttl_ms: int | None = None,
        while_present: bool = False,
    ) -> Change:
        """Adds to a number, which is 0 where there is none."""
        return cls(
            {"key": key, "add": amount, **_options(if_version, if_absent, ttl_ms, while_present)}
        )

    @classmethod
    def delete(cls, key: str, *, if_version: int | None = None) -> Change:
        """Deletes a key."""
        return cls({"key": key, "delete": True, **_options(if_version, False, None, False)})


def _options(
    if_version: int | None, if_absent: bool, ttl_ms: int | None, while_present: bool
) -> dict[str, Any]:
    """Without those that aren't given."""
    given = {
        "if_version": if_version,
        "if_absent": if_absent or None,
        "ttl_ms": ttl_ms,
        "while_present": while_present or None,
    }
    return {name: value for name, value in given.items() if value is not None}
