"""The end of the user's token, on one connection."""

from __future__ import annotations

from math import inf

from .retry import Retry

# After a failure the next attempt waits 5 to 10 seconds: a refresh is dear to the gateway.
_AFTER_FAILURE = 32


class Renewal:
    """When the application is asked for a new token, and the `refresh` that brings it."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self.wake_at = inf
        self._is_asked = False
        self._op_id = 0

    def stop(self) -> None:
        """The connection is gone, or its token never ends."""
        self.wake_at = inf
        self._is_asked = False
        self._op_id = 0

    def ends_in(self, now: float, ms: float) -> None:
        """The token ends after so long; 0: never."""
        self.stop()
        if ms:
            # Not all at once, and with as much time left that a failure can be made good.
            self.wake_at = now + self._retry.between(0.7 * ms, 0.9 * ms)

    def due(self, now: float) -> bool:
        """True: ask the application now."""
        if now < self.wake_at:
            return False
        self.stop()
        self._is_asked = True
        return True

    def given(self, op_id: int) -> bool:
        """The application has given a token. True: send it under this id."""
        if not self._is_asked:
            return False
        self.stop()
        self._op_id = op_id
        return True

    def failed(self, now: float) -> None:
        """The application has none now, or the gateway doesn't believe it."""
        if not self._is_asked and not self._op_id:
            return
        self.stop()
        self.wake_at = now + self._retry.jittered(_AFTER_FAILURE)

    def is_answered_by(self, op_id: int) -> bool:
        return self._op_id != 0 and op_id == self._op_id
