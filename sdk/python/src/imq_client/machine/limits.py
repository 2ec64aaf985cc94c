"""Every bound of the client, each with its reason. The protocol's own are in docs/limits.md."""

from __future__ import annotations

OPERATIONS_MAX = 4096
"""Operations held at once over all queues, waiting or unanswered: a burst, not a database."""
OPERATION_BYTES_MAX = 8 * 1024 * 1024
"""Bytes of the operations held at once: each is kept until it is answered, to be resent."""
UNANSWERED_MAX = 32
"""Operations of one queue that are unanswered, unless the gateway allows fewer."""
FRAME_BYTES_MAX = 256 * 1024
"""One envelope of ours, unless the gateway allows less."""
SEEN_BYTES_MAX = 7 * 1024
"""`seen` in a resume: with the token it stays below what a gateway reads from a stranger."""
NAME_BYTES_MAX = 255
"""Bytes of a queue's name."""
OP_ID_WORN = 2**32 - 2**20
"""From here on a session's operation ids are nearly used up, and a new session begins."""

GRACE_MS = 15_000
"""What waits or is unanswered for this long is answered by the client itself."""
PONG_MS_MAX = 10_000
"""A connection that is silent this long after a ping, or brings no `welcome`, is given up."""
DOUBT_MS_MAX = 1_500
"""The same for a connection that is doubted because the process has stood still."""
DOUBTS_MAX = 2
"""How often in a row a connection is doubted: a process that sleeps on and on must end it too."""
PING_EVERY_MS = 25_000
"""How often gateways ping, if they don't say."""
PING_EVERY_MS_MIN = 1_000
"""A gateway that asks for pings more often is not believed."""
PING_EVERY_MS_MAX = 600_000
"""Nor one that asks more seldom: a dead socket must be noticed the same day."""
RETRY_MS_FIRST = 100
"""The second attempt to come back waits about this long; each further one twice as long…"""
RETRY_MS_MAX = 10_000
"""…up to this. A connection that lasted this long makes the next attempt a first one again."""
RETRY_AFTER_MS_MAX = 300_000
"""A gateway can't send its clients away for longer than this."""
FOLLOWED_MAX = 2
"""A client follows so many addresses that gateways name before one takes it in."""
