/** What the client needs of its platform. Tests give it another one, with a clock of their own. */

import { watchPage } from './page.js';
import { openSocket, type Listener, type Socket, type Transport } from './transport.js';

export interface World {
  /** Milliseconds; they go on while the process sleeps. */
  now(): number;
  /** Calls once after so long; the answer takes it back. */
  timer(ms: number, run: () => void): () => void;
  open(url: string, listener: Listener): Transport;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** A text of 64 random bits. */
  id(): string;
  /** Calls when the page comes back to life; the answer ends that. */
  watch(awake: () => void): () => void;
}

export function platform(WebSocket: Socket | undefined = globalThis.WebSocket): World {
  if (!WebSocket) {
    throw new TypeError('no WebSocket: use node 22 or the option WebSocket');
  }
  return {
    now: steadyClock(),
    timer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    open: (url, listener) => openSocket(WebSocket, url, listener),
    random: Math.random,
    id: () => crypto.getRandomValues(new Uint32Array(2)).join('-'),
    watch: watchPage,
  };
}

/**
 * `performance.now()` stands still on some platforms while the machine sleeps, so it is `Date`,
 * made never to go back.
 */
function steadyClock(): () => number {
  let last = 0;
  let offset = 0;
  return () => {
    const now = Date.now() + offset;
    if (now < last) offset += last - now;
    return (last = Math.max(now, last));
  };
}
