import {
  DOUBT_MS_MAX,
  DOUBTS_MAX,
  PING_EVERY_MS,
  PING_EVERY_MS_MAX,
  PING_EVERY_MS_MIN,
  PONG_MS_MAX,
} from './limits.js';

/**
 * The life of one connection, and whether the other end is still there. `down`: no transport;
 * `greeting`: `connect` is sent; `up`: `welcome` came; `over`: closed for good.
 */
export class Connection {
  stage: 'down' | 'greeting' | 'up' | 'over' = 'down';
  #since = 0;
  #heard = 0;
  #pingAfter = 0;
  /** What has to have come by `#deadline`: `welcome`, or anything after a ping. */
  #awaits = false;
  #deadline = 0;
  #doubts = 0;

  get isUp(): boolean {
    return this.stage === 'up';
  }

  /** There is a transport. */
  get isOpen(): boolean {
    return this.isUp || this.stage === 'greeting';
  }

  greet(now: number): void {
    this.stage = 'greeting';
    this.#awaits = true;
    this.#deadline = now + PONG_MS_MAX;
    this.#doubts = 0;
  }

  /** A gateway said `welcome`; it pings what was silent for `pingEvery`, 0 if it doesn't say. */
  welcome(now: number, pingEvery: number): void {
    const every = Math.min(Math.max(pingEvery, PING_EVERY_MS_MIN), PING_EVERY_MS_MAX);
    this.stage = 'up';
    this.#since = now;
    this.#pingAfter = 1.5 * (pingEvery ? every : PING_EVERY_MS);
    this.heard(now);
  }

  lasted(now: number): number {
    return this.isUp ? now - this.#since : 0;
  }

  /** Anything that comes is a sign of life. */
  heard(now: number): void {
    if (!this.isUp) return;
    this.#heard = now;
    this.#awaits = false;
    this.#doubts = 0;
  }

  /**
   * The process has slept: the silence meanwhile proves nothing, but the connection may be gone.
   * It gets a short time to show itself. True: ping it.
   */
  doubt(now: number): boolean {
    const isAsked = this.#doubts > 0 && now < this.#deadline;
    if (!this.isOpen || isAsked || this.#doubts === DOUBTS_MAX) return false;
    this.#doubts++;
    this.#awaits = true;
    this.#deadline = now + DOUBT_MS_MAX;
    return this.isUp;
  }

  get wakeAt(): number {
    if (!this.isOpen) return Infinity;
    return this.#awaits ? this.#deadline : this.#heard + this.#pingAfter;
  }

  /** What silence asks for: a ping, or the end, and why. */
  due(now: number): 'ping' | 'no `welcome` in time' | 'no answer to a ping' | undefined {
    if (now < this.wakeAt) return undefined;
    if (this.#awaits) return this.isUp ? 'no answer to a ping' : 'no `welcome` in time';
    this.#awaits = true;
    this.#deadline = now + PONG_MS_MAX;
    return 'ping';
  }
}
