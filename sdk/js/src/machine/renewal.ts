import type { Retry } from './retry.js';

/** After a failure the next attempt waits 5 to 10 seconds: a refresh is dear to the gateway. */
const AFTER_FAILURE = 32;

/**
 * The end of the user's token, on one connection: when the application is asked for a new one, and
 * the `refresh` that brings it.
 */
export class Renewal {
  #retry: Retry;
  /** When the application is asked. */
  #at = Infinity;
  #isAsked = false;
  #opId = 0;

  constructor(retry: Retry) {
    this.#retry = retry;
  }

  get wakeAt(): number {
    return this.#at;
  }

  /** The connection is gone, or its token never ends. */
  stop(): void {
    this.#at = Infinity;
    this.#isAsked = false;
    this.#opId = 0;
  }

  /** The token ends after so long; 0 or absent: never. */
  endsIn(now: number, ms = 0): void {
    this.stop();
    // Not all at once, and with as much time left that a failure can be made good.
    if (ms) this.#at = now + this.#retry.between(0.7 * ms, 0.9 * ms);
  }

  /** True: ask the application now. */
  due(now: number): boolean {
    if (now < this.#at) return false;
    this.stop();
    return (this.#isAsked = true);
  }

  /** The application has given a token. True: send it under this id. */
  given(opId: number): boolean {
    if (!this.#isAsked) return false;
    this.stop();
    this.#opId = opId;
    return true;
  }

  /** The application has none now, or the gateway doesn't believe it. */
  failed(now: number): void {
    if (!this.#isAsked && !this.#opId) return;
    this.stop();
    this.#at = now + this.#retry.jittered(AFTER_FAILURE);
  }

  isAnsweredBy(opId: number): boolean {
    return this.#opId !== 0 && opId === this.#opId;
  }
}
