"""When to try again, and every other use of chance."""

from __future__ import annotations

from collections.abc import Callable

from .limits import FOLLOWED_MAX, RETRY_MS_FIRST, RETRY_MS_MAX

# So many doublings are beyond the longest wait.
_DOUBLINGS_MAX = 32


class Retry:
    """The back-off between connections."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives numbers from 0 up to, not including, 1."""
        self._random = random
        self._attempts = 0
        # Gateways that others have named, since the last `welcome`.
        self._followed = 0

    def delay(self, lasted_ms: float) -> float:
        """How long to wait after a connection that lasted so long: the first time not at all."""
        if lasted_ms >= RETRY_MS_MAX:
            self._attempts = 0
        attempts = self._attempts
        self._attempts += 1
        return 0 if attempts == 0 else self.jittered(attempts - 1)

    def reset(self) -> None:
        """What failed before doesn't count any more."""
        self._attempts = 0

    def follows(self) -> bool:
        """Whether to go to the gateway that another one has named, rather than by the client's own
        list: two that are full would send it to and fro."""
        self._followed += 1
        return self._followed <= FOLLOWED_MAX

    def welcomed(self) -> None:
        """A gateway has taken the client in."""
        self._followed = 0

    def jittered(self, doublings: int) -> float:
        """Between half and the whole of this step."""
        whole = min(RETRY_MS_FIRST * 2 ** min(doublings, _DOUBLINGS_MAX), RETRY_MS_MAX)
        return self.between(whole / 2, whole)

    def between(self, low: float, high: float) -> float:
        """A number between these."""
        return low + self._random() * (high - low)

    def nonce(self) -> int:
        """A number of 48 bits for a ping."""
        return int(self._random() * 2**48)
