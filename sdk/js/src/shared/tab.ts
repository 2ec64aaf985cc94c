/** The page's side: what a client needs of a `Driver`, done by a worker. */

import { Driver, type Drive, type Plan, type Ticket } from '../driver.js';
import { ImqError } from '../error.js';
import type { Carrier } from '../fallback.js';
import { json } from '../json.js';
import { CLOSED, OUTCOME_UNKNOWN, type Failure } from '../machine/failure.js';
import type { Body, OperationKind, Result } from '../machine/wire.js';
import type { World } from '../world.js';
import type { Locks } from './locks.js';
import { TAKEN_EVERY, WORDS, type PageWord, type Port, type WorkerWord } from './words.js';

/** A worker that hasn't answered in this time is none. */
const HELLO_MS_MAX = 5_000;
/** A page that was busy for so long reads meanwhile what has come. */
const HELLO_MS_READ = 1_000;
/** Nor is one that doesn't in this time when the page comes back to life. */
const HERE_MS_MAX = 3_000;
/** What the application's own end is called (docs/protocol.md, section 9). */
const BYE = 3000;
/** How long the goodbye may take. */
const FAREWELL_MS_MAX = 1_000;

/** The worker as the page has it: a channel, and whether its script fails. */
export interface WorkerLike {
  port: Port;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface Sharing {
  /** Makes the worker, or throws where there is none. */
  worker: () => WorkerLike;
  share: string;
  locks: Locks | undefined;
  /** It is decided, at first or anew, whether the page shares a connection. */
  decided(isShared: boolean): void;
  /** What carries the shared connection. */
  carried(by: Carrier): void;
}

interface Asked {
  kind: OperationKind;
  body: Body;
  frame: string;
  ticket: Ticket | undefined;
}

export class Tab implements Drive {
  #world: World;
  #plan: Plan;
  #sharing: Sharing;
  #port: Port | undefined;
  /** A client of the page's own, where it can't share one. */
  #own: Driver | undefined;
  #isJoined = false;
  #isOver = false;
  /** Ends the lock by which the worker knows that the page lives. */
  #life = new AbortController();
  /** Ends what belongs to the worker of now. */
  #attempt = new AbortController();
  #taken = 0;
  #nextId = 1;
  /** What isn't answered, in its order. */
  #asked = new Map<number, Asked>();
  /** What the page is subscribed to. */
  #wishes = new Map<string, Body>();
  #unwatch: () => void;
  #closed = () => {};
  /** The worker is asked whether it is there; this takes that back. */
  #heard = () => {};

  constructor(world: World, plan: Plan, sharing: Sharing) {
    this.#world = world;
    this.#plan = plan;
    this.#sharing = sharing;
    this.#unwatch = world.watch(() => this.#awake());
    this.#begin();
  }

  command(kind: OperationKind | 'close', body: Body, ticket: Ticket | undefined): void {
    if (this.#own) return this.#own.command(kind, body, ticket);
    // What the wire can't carry is the caller's mistake, now and not later.
    const frame = this.#plan.codec.encode(kind, body) as string;
    if (this.#isOver) return ticket?.reject(new ImqError(CLOSED));
    const asked = decoded(frame);
    const id = this.#nextId++;
    this.#asked.set(id, { ...asked, frame, ticket });
    if (this.#isJoined) this.#say({ kind: 'command', id, frame });
  }

  close(): Promise<void> {
    if (this.#own) return this.#own.close();
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#closed = resolve;
      this.#say({ kind: 'close' });
      this.#over(this.#isJoined ? OUTCOME_UNKNOWN : CLOSED);
      this.#plan.tell({ type: 'closed', code: BYE, reason: CLOSED.reason, mayRetry: false });
      if (!this.#isJoined) return this.#gone();
      const cancel = this.#world.timer(FAREWELL_MS_MAX, () => this.#gone());
      this.#attempt.signal.addEventListener('abort', cancel);
    });
  }

  /** Finds the worker, or takes a socket of its own. */
  #begin(): void {
    const attempt = (this.#attempt = new AbortController());
    const { locks, worker, share } = this.#sharing;
    const fail = () => {
      if (!attempt.signal.aborted && !this.#isJoined) this.#takeOver();
    };
    const { timer } = this.#world;
    const until = (cancel: () => void) => attempt.signal.addEventListener('abort', cancel);
    until(timer(HELLO_MS_MAX, () => until(timer(HELLO_MS_READ, fail))));
    if (!locks) return void Promise.resolve().then(fail);
    try {
      const made = worker();
      made.onerror = fail;
      const port = (this.#port = made.port);
      port.onmessage = ({ data }) => {
        if (!attempt.signal.aborted) this.#hear(data as WorkerWord);
      };
      const lock = `imq-page-${this.#world.id()}`;
      const { urls, user, given, name, version, token } = this.#plan;
      const terms = { share, urls, user, given, name, version, renews: !!token };
      const hello = () => {
        if (!attempt.signal.aborted) this.#say({ kind: 'hello', words: WORDS, terms, lock });
      };
      locks.hold(lock, this.#life.signal).then(hello, fail);
    } catch {
      void Promise.resolve().then(fail);
    }
  }

  /**
   * A browser that has kept the page aside may have taken its lock, so that the worker has given
   * the page up.
   */
  #awake(): void {
    if (!this.#isJoined) return;
    this.#say({ kind: 'awake' });
    this.#heard();
    const { signal } = this.#attempt;
    this.#heard = this.#world.timer(HERE_MS_MAX, () => {
      if (!signal.aborted) this.#restart('the worker does not answer');
    });
  }

  #hear(word: WorkerWord): void {
    this.#heard();
    if (word.kind === 'hello') return this.#joined(word);
    if (++this.#taken % TAKEN_EVERY === 0) this.#say({ kind: 'taken', count: this.#taken });
    switch (word.kind) {
      case 'event':
        return this.#happened(word.event);
      case 'answer':
        return this.#answered(word.id, word.result);
      case 'refusal':
        return this.#take(word.id)?.ticket?.reject(new ImqError(word.failure));
      case 'failed':
        return this.#plan.failed(word.url, new Error(word.error));
      case 'transport':
        return this.#sharing.carried(word.by);
      case 'token':
        return void this.#token();
      case 'cut':
        return this.#restart('the page was too slow');
      case 'closed':
        return this.#gone();
    }
  }

  #joined({ words, lock }: Extract<WorkerWord, { kind: 'hello' }>): void {
    if (words !== WORDS) return this.#takeOver();
    this.#isJoined = true;
    this.#taken = 0;
    const { signal } = this.#attempt;
    this.#sharing.locks!.whenFree(lock, signal, () => {
      if (!signal.aborted) this.#restart('the worker is gone');
    });
    this.#sharing.decided(true);
    for (const [id, { frame }] of this.#asked) this.#say({ kind: 'command', id, frame });
  }

  #happened(event: Parameters<Plan['tell']>[0]): void {
    // Those of the page's own goodbye are told.
    if (this.#isOver) return;
    if (event.type === 'unsubscribed' && !event.retrying) this.#wishes.delete(event.queue);
    const isEnd = event.type === 'closed' && !event.mayRetry;
    if (isEnd) this.#over(CLOSED);
    this.#plan.tell(event);
    if (isEnd) this.#gone();
  }

  #answered(id: number, result: Result): void {
    const asked = this.#take(id);
    if (!asked) return;
    const { kind, body } = asked;
    if (kind === 'subscribe') this.#wishes.set(body.queue!, { ...body, history: undefined });
    if (kind === 'unsubscribe') this.#wishes.delete(body.queue!);
    asked.ticket?.resolve(result);
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  async #token(): Promise<void> {
    try {
      this.#say({ kind: 'token', token: await this.#plan.token!() });
    } catch (error) {
      this.#say({ kind: 'token', error: `${error}` });
    }
  }

  /** The page has lost its worker, or the worker the page: it comes anew. */
  #restart(reason: string): void {
    const asked = [...this.#asked.values()];
    this.#leave();
    this.#asked.clear();
    this.#life = new AbortController();
    this.#plan.tell({ type: 'closed', code: 0, reason, mayRetry: true });
    for (const { kind, body } of asked) {
      if (kind === 'unsubscribe') this.#wishes.delete(body.queue!);
    }
    for (const body of this.#wishes.values()) this.command('subscribe', body, this.#renewed(body));
    for (const { kind, body, ticket } of asked) {
      // Wishes are asked anew; of others nobody knows whether they ran.
      if (kind === 'subscribe') this.command(kind, body, ticket);
      else if (kind === 'unsubscribe') ticket?.resolve({ op_id: 0 });
      else ticket?.reject(new ImqError(OUTCOME_UNKNOWN));
    }
    this.#begin();
  }

  #renewed({ queue }: Body): Ticket {
    const reject = (error: unknown) => {
      this.#wishes.delete(queue!);
      const { message: reason } = error as Error;
      this.#plan.tell({ type: 'unsubscribed', queue: queue!, reason, retrying: false });
    };
    return { resolve() {}, reject };
  }

  #takeOver(): void {
    const asked = [...this.#asked.values()];
    this.#leave();
    this.#unwatch();
    const own = (this.#own = new Driver(this.#world, this.#plan));
    this.#sharing.decided(false);
    for (const { kind, body, ticket } of asked) own.command(kind, body, ticket);
  }

  /** Nothing comes after this: all is answered now. */
  #over(failure: Failure): void {
    this.#isOver = true;
    this.#unwatch();
    for (const { ticket } of this.#asked.values()) ticket?.reject(new ImqError(failure));
    this.#asked.clear();
  }

  /** The worker need not know of the page any more. */
  #gone(): void {
    this.#leave();
    this.#closed();
  }

  #leave(): void {
    this.#heard();
    this.#isJoined = false;
    this.#attempt.abort();
    this.#life.abort();
    this.#port?.close();
  }

  #say(word: PageWord): void {
    this.#port?.postMessage(word);
  }
}

/** As it is now: the application may go on to change its objects. */
function decoded(frame: string): { kind: OperationKind; body: Body } {
  const [[kind, body]] = json.decode(frame) as [[OperationKind, Body]];
  return { kind, body };
}
