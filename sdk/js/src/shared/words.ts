/** What a page and the worker that has the socket say to each other. */

import type { Carrier } from '../fallback.js';
import type { Code } from '../machine/failure.js';
import type { Event } from '../machine/outbox.js';
import type { Result } from '../machine/wire.js';

/**
 * The version of these words. Page and worker may be of different versions of the library; unless
 * they agree in this, the page has a socket of its own.
 */
export const WORDS = 1;

/** After so many words that a page hasn't taken, the worker gives it up. */
export const UNTAKEN_MAX = 4096;
/** The page confirms each of these. */
export const TAKEN_EVERY = 256;

/** What all pages of one connection have in common. */
export interface Terms {
  /** Whose connection it is. */
  share: string;
  urls: string[];
  user?: string;
  given?: boolean;
  name?: string;
  version?: string;
  /** The pages have a function for tokens. */
  renews: boolean;
}

export type PageWord =
  /** The first word. The page has the lock of this name for as long as it lives. */
  | { kind: 'hello'; words: number; terms: Terms; lock: string }
  /** `frame`: the operation, encoded, without a number. */
  | { kind: 'command'; id: number; frame: string }
  | { kind: 'token'; token?: string; error?: string }
  /** The page came back to life, or the network did; the answer is `here`. */
  | { kind: 'awake' }
  /** All words up to this number are taken. */
  | { kind: 'taken'; count: number }
  | { kind: 'close' };

export type WorkerWord =
  /** The first word. The worker has this lock for as long as it lives. */
  | { kind: 'hello'; words: number; lock: string }
  | { kind: 'event'; event: Exclude<Event, { type: 'answer' }> }
  | { kind: 'answer'; id: number; result: Result }
  | { kind: 'refusal'; id: number; failure: { code: Code; reason: string; mayRetry: boolean } }
  | { kind: 'failed'; url: string; error: string }
  | { kind: 'transport'; by: Carrier }
  /** Give a token. */
  | { kind: 'token' }
  | { kind: 'here' }
  /** The page took too little; it may come anew. */
  | { kind: 'cut' }
  /** All is said that the page's `close` asked for. */
  | { kind: 'closed' };

/** One end of a channel between the two. */
export interface Port {
  postMessage(word: PageWord | WorkerWord): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}
