/** Every bound of the client, each with its reason. The protocol's own are in docs/limits.md. */

/** Operations held at once over all queues, waiting or unanswered: a burst, not a database. */
export const OPERATIONS_MAX = 4096;
/** Bytes of the operations held at once: each is kept until it is answered, to be resent. */
export const OPERATION_BYTES_MAX = 8 * 1024 * 1024;
/** Operations of one queue that are unanswered, unless the gateway allows fewer. */
export const UNANSWERED_MAX = 32;
/** One envelope of ours, unless the gateway allows less. */
export const FRAME_BYTES_MAX = 256 * 1024;
/** `seen` in a resume: with the token it stays below what a gateway reads from a stranger. */
export const SEEN_BYTES_MAX = 7 * 1024;
/** Bytes of a queue's name. */
export const NAME_BYTES_MAX = 255;
/** From here on a session's operation ids are nearly used up, and a new session begins. */
export const OP_ID_WORN = 2 ** 32 - 2 ** 20;

/** What waits or is unanswered for this long is answered by the client itself. */
export const GRACE_MS = 15_000;
/** A connection that is silent this long after a ping, or brings no `welcome`, is given up. */
export const PONG_MS_MAX = 10_000;
/** The same for a connection that is doubted because the process has slept: someone is waiting. */
export const DOUBT_MS_MAX = 1_500;
/** How often in a row a connection is doubted: a process that sleeps on and on must end it too. */
export const DOUBTS_MAX = 2;
/** How often gateways ping, if they don't say, and which values are believed. */
export const PING_EVERY_MS = 25_000;
export const PING_EVERY_MS_MIN = 1_000;
export const PING_EVERY_MS_MAX = 600_000;
/** The second attempt to come back waits about this long; each further one twice as long… */
export const RETRY_MS_FIRST = 100;
/** …up to this. A connection that lasted this long makes the next attempt a first one again. */
export const RETRY_MS_MAX = 10_000;
/** A gateway can't send its clients away for longer than this. */
export const RETRY_AFTER_MS_MAX = 300_000;
/** A client follows so many addresses that gateways name before one takes it in. */
export const FOLLOWED_MAX = 2;
