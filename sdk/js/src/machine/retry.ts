import { RETRY_MS_FIRST, RETRY_MS_MAX } from './limits.js';

/** When to try again, and every other use of chance. */
export class Retry {
  #random: () => number;
  #attempts = 0;

  /** `random` gives numbers from 0 up to, not including, 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long to wait after a connection that lasted so long: the first time not at all. */
  delay(lastedMs: number): number {
    if (lastedMs >= RETRY_MS_MAX) this.#attempts = 0;
    const attempts = this.#attempts++;
    return attempts === 0 ? 0 : this.jittered(attempts - 1);
  }

  /** What failed before doesn't count any more. */
  reset(): void {
    this.#attempts = 0;
  }

  /** Between half and the whole of the `doublings`-th step. */
  jittered(doublings: number): number {
    const whole = Math.min(RETRY_MS_FIRST * 2 ** doublings, RETRY_MS_MAX);
    return this.between(whole / 2, whole);
  }

  between(from: number, to: number): number {
    return from + this.#random() * (to - from);
  }
}
