/** Runs the machine: dials, keeps one timer, asks for tokens, and tells what the machine says. */

import { ImqError } from './error.js';
import { Machine, type Input, type Settings } from './machine/machine.js';
import { Outbox, type Event } from './machine/outbox.js';
import type { Body, OperationKind, Result } from './machine/wire.js';
import type { Transport } from './transport.js';
import type { World } from './world.js';

/** How long a token, and then a socket, may take. */
const DIAL_MS_MAX = 10_000;
/** One that began so long before the process slept is begun anew. */
const DIAL_MS_DOUBTED = 1_500;
/** The timer rings at least this often: some platforms' timers stand still in a sleep. */
const TICK_MS = 10_000;
/** A timer that is later than this has slept; in the background they are up to 1 s late. */
const LATE_MS = 2_000;
/** How long a goodbye may take. */
const FAREWELL_MS_MAX = 1_000;

/** Gives the user's token, a fresh one each time. */
export type TokenSource = () => string | Promise<string>;

/** Who waits for an answer. Both are called in the order of events. */
export interface Ticket {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export interface Plan extends Omit<Settings, 'random' | 'id' | 'renews'> {
  /** Gateways. One is chosen at random, then each in turn. */
  urls: string[];
  token?: TokenSource;
  tell(event: Exclude<Event, { type: 'answer' }>): void;
  /** An attempt to connect has failed. */
  failed(url: string, error: unknown): void;
}

/** What a client needs of it. */
export interface Drive {
  command(kind: OperationKind | 'close', body: Body, ticket: Ticket | undefined): void;
  close(): Promise<void>;
}

export class Driver implements Drive {
  #world: World;
  #plan: Plan;
  #machine: Machine;
  #out = new Outbox();
  #nextUrl: number;
  #url = '';
  /** The gateway to go to first, as the last one named it. */
  #address: string | undefined;
  #transport: Transport | undefined;
  /** What comes of an earlier attempt to connect is ignored. */
  #attempt = 0;
  #dialAt: number;
  /** When the present attempt began; none: there is none. */
  #dialledAt: number | undefined;
  #ringsAt = Infinity;
  #cancelTimer = () => {};
  #events: Event[] = [];
  #isTelling = false;
  #isOver = false;
  #farewell = Promise.resolve();
  #unwatch: () => void;

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
    const { random } = world;
    this.#machine = new Machine({ ...plan, random, id: world.id(), renews: !!plan.token });
    this.#nextUrl = Math.floor(random() * plan.urls.length);
    this.#dialAt = world.now();
    this.#unwatch = world.watch(() => this.#awake());
    this.#arm();
  }

  /** Throws what the codec throws for what the wire can't carry. */
  command(kind: OperationKind | 'close', body: Body, ticket: Ticket | undefined): void {
    this.#handle({ type: 'command', ticket, kind, body });
  }

  /** Says goodbye; the answer is when it is said. */
  close(): Promise<void> {
    if (!this.#isOver) this.command('close', {}, undefined);
    return new Promise((resolve) => {
      const cancel = this.#world.timer(FAREWELL_MS_MAX, resolve);
      void this.#farewell.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #handle(input: Input): void {
    const out = this.#out;
    this.#machine.handle(this.#world.now(), input, out);
    for (const frame of out.frames.splice(0)) this.#transport?.send(frame);
    const { transport, wantsToken } = out;
    out.transport = undefined;
    out.wantsToken = false;
    if (transport === 'stop') {
      this.#stop();
    } else if (transport) {
      this.#hangUp();
      this.#dialAt = transport.at;
      this.#address = transport.address;
    }
    if (wantsToken) {
      this.#askForToken().then(
        (token) => this.#handle({ type: 'token', token }),
        () => this.#handle({ type: 'token' }),
      );
    }
    this.#arm();
    this.#events.push(...out.events.splice(0));
    this.#tell();
  }

  /** In order, also where a listener makes the machine say more. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event; (event = this.#events.shift()); ) {
        if (event.type === 'answer') answer(event);
        else this.#plan.tell(event);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Sees to it that the timer rings when something is due. */
  #arm(): void {
    if (this.#isOver) return;
    const now = this.#world.now();
    const givenUpAt = (this.#dialledAt ?? Infinity) + DIAL_MS_MAX;
    const at = Math.min(this.#machine.wakeAt, this.#dialAt, givenUpAt, now + TICK_MS);
    if (at >= this.#ringsAt) return;
    this.#cancelTimer();
    this.#ringsAt = at;
    this.#cancelTimer = this.#world.timer(Math.max(at - now, 0), () => this.#ring());
  }

  #ring(): void {
    const isLate = this.#world.now() - this.#ringsAt > LATE_MS;
    this.#ringsAt = Infinity;
    if (isLate) this.#awake();
    this.#handle({ type: 'wake' });
    if (this.#dialledFor >= DIAL_MS_MAX) this.#fail();
    if (this.#world.now() >= this.#dialAt) this.#dial();
    this.#arm();
  }

  /** The process has slept, or the network has changed. */
  #awake(): void {
    this.#handle({ type: 'awake' });
    if (this.#dialledFor > DIAL_MS_DOUBTED) this.#fail();
  }

  get #dialledFor(): number {
    return this.#dialledAt === undefined ? 0 : this.#world.now() - this.#dialledAt;
  }

  #dial(): void {
    this.#dialAt = Infinity;
    this.#dialledAt = this.#world.now();
    this.#url = this.#takeUrl();
    const attempt = ++this.#attempt;
    const ifCurrent = <Args extends unknown[]>(act: (...args: Args) => void) => {
      return (...args: Args) => {
        if (attempt === this.#attempt) act(...args);
      };
    };
    const fail = ifCurrent((error: unknown) => this.#fail(error));
    const open = ifCurrent((token?: string) => {
      if (token) this.#handle({ type: 'token', token });
      this.#dialledAt = this.#world.now();
      try {
        this.#transport = this.#world.open(this.#url, {
          opened: ifCurrent(() => this.#opened()),
          frame: ifCurrent((data) => this.#handle({ type: 'frame', data })),
          closed: ifCurrent(() => this.#closed()),
        });
      } catch (error) {
        fail(error);
      }
    });
    if (this.#plan.token) this.#askForToken().then(open, fail);
    else open();
  }

  #takeUrl(): string {
    const { urls } = this.#plan;
    const address = this.#address;
    this.#address = undefined;
    if (!address || !this.#url) return urls[this.#nextUrl++ % urls.length]!;
    const url = new URL(this.#url);
    url.host = address;
    return url.href;
  }

  async #askForToken(): Promise<string> {
    const token = await this.#plan.token!();
    if (typeof token !== 'string' || !token) throw new TypeError('the token is no text');
    return token;
  }

  #opened(): void {
    this.#dialledAt = undefined;
    this.#handle({ type: 'opened' });
  }

  #closed(): void {
    this.#transport = undefined;
    if (this.#dialledAt !== undefined) this.#fail();
    else this.#handle({ type: 'closed' });
  }

  #fail(error: unknown = new Error('no gateway answers')): void {
    this.#hangUp();
    this.#plan.failed(this.#url, error);
    this.#handle({ type: 'closed' });
  }

  #hangUp(): void {
    this.#attempt++;
    this.#dialledAt = undefined;
    this.#farewell = this.#transport?.close() ?? this.#farewell;
    this.#transport = undefined;
  }

  #stop(): void {
    this.#isOver = true;
    this.#hangUp();
    this.#cancelTimer();
    this.#unwatch();
  }
}

function answer({ ticket, result, failure }: Extract<Event, { type: 'answer' }>): void {
  const waiting = ticket as Ticket | undefined;
  if (failure) waiting?.reject(new ImqError(failure));
  else waiting?.resolve(result!);
}
