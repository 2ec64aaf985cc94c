/** The worker's side of one connection: one client, whose rooms several pages are in. */

import { Driver } from '../driver.js';
import type { ImqError } from '../error.js';
import type { Carrier } from '../fallback.js';
import { json } from '../json.js';
import type { Event, QueueEvent } from '../machine/outbox.js';
import type { Body, OperationKind, Result } from '../machine/wire.js';
import type { World } from '../world.js';
import { Seats } from './seats.js';
import { UNTAKEN_MAX, type PageWord, type Port, type Terms, type WorkerWord } from './words.js';

/** After the last page has gone: it may only have been loaded again. */
const EMPTY_MS_MAX = 15_000;
/** A page that gives no token in this time is frozen, or its server is slow: another is asked. */
const TOKEN_MS_MAX = 3_000;

/** One page. */
export class Page {
  readonly #port: Port;
  #count = 0;
  #taken = 0;

  constructor(port: Port) {
    this.#port = port;
  }

  /** False: it takes nothing any more, and has been told so. */
  tell(word: WorkerWord): boolean {
    const isCut = ++this.#count - this.#taken > UNTAKEN_MAX;
    this.#port.postMessage(isCut ? { kind: 'cut' } : word);
    return !isCut;
  }

  taken(count: number): void {
    this.#taken = count;
  }
}

export class Hub {
  #world: World;
  #driver: Driver;
  #pages = new Set<Page>();
  #rooms = new Map<string, Seats<Page>>();
  #given: boolean;
  /** The connection, for pages that come while it is up. */
  #up: Extract<Event, { type: 'connected' }> | undefined;
  #carrier: Carrier | undefined;
  #awake = () => {};
  /** Who waits for a token of a page. */
  #tokens: { page: Page; resolve(token: string): void; reject(error: Error): void }[] = [];
  #ended: () => void;

  /** `ended` is called when there is nothing left for pages to join. */
  constructor(world: World, terms: Terms, ended: () => void) {
    const { urls, user, given, name, version, renews } = terms;
    this.#given = !!given;
    this.#ended = ended;
    const watch = (awake: () => void) => {
      const end = world.watch(awake);
      this.#awake = awake;
      return end;
    };
    this.#world = { ...world, watch };
    this.#driver = new Driver(this.#world, {
      urls,
      codec: json,
      token: renews ? () => this.#token() : undefined,
      user,
      given,
      name,
      version,
      tell: (event) => this.#happened(event),
      failed: (url, error) => this.failed(url, error),
    });
  }

  failed(url: string, error: unknown): void {
    this.#tellAll({ kind: 'failed', url, error: `${error}` });
  }

  join(page: Page): void {
    this.#pages.add(page);
    if (this.#carrier) this.#tell(page, { kind: 'transport', by: this.#carrier });
    if (this.#up) this.#tell(page, { kind: 'event', event: { ...this.#up, resumed: false } });
    for (const [queue, seats] of this.#rooms) {
      if (seats.isGiven) this.#subscribe(page, { queue });
    }
  }

  /** What carries the connection. */
  carried(by: Carrier): void {
    this.#carrier = by;
    this.#tellAll({ kind: 'transport', by });
  }

  #tellAll(word: WorkerWord): void {
    for (const page of [...this.#pages]) this.#tell(page, word);
  }

  hear(page: Page, word: PageWord): void {
    switch (word.kind) {
      case 'command':
        return this.#command(page, word.id, word.frame);
      case 'token':
        return this.#tokenCame(page, word.token, word.error);
      case 'awake':
        this.#tell(page, { kind: 'here' });
        return this.#awake();
      case 'taken':
        return page.taken(word.count);
      case 'close':
        return this.#close(page);
    }
  }

  /** The page is gone, and with it its subscriptions. */
  lose(page: Page): void {
    if (!this.#pages.delete(page)) return;
    this.#tokenCame(page, undefined, 'the page is gone');
    // The last one's stay for a while.
    if (this.#pages.size) return this.#sweep(page);
    this.#world.timer(EMPTY_MS_MAX, () => {
      if (!this.#pages.size) void this.#end();
      else this.#sweep(page);
    });
  }

  #close(page: Page): void {
    const isLast = this.#pages.size === 1 && this.#pages.has(page);
    this.#pages.delete(page);
    if (isLast) void this.#end().then(() => page.tell({ kind: 'closed' }));
    else this.#sweep(page);
    if (!isLast) page.tell({ kind: 'closed' });
  }

  #end(): Promise<void> {
    this.#ended();
    return this.#driver.close();
  }

  /** Leaves the rooms that only this page was in. */
  #sweep(page: Page): void {
    for (const [queue, seats] of this.#rooms) {
      if (!seats.leave(page) || seats.size || seats.isGiven) continue;
      this.#rooms.delete(queue);
      this.#driver.command('unsubscribe', { queue }, NOBODY);
    }
  }

  #tell(page: Page, word: WorkerWord): void {
    if (!page.tell(word)) this.lose(page);
  }

  #command(page: Page, id: number, frame: string): void {
    const [[kind, body]] = json.decode(frame) as [[OperationKind, Body]];
    const reply = {
      resolve: (result: Result) => this.#tell(page, { kind: 'answer', id, result }),
      reject: (error: unknown) => this.#tell(page, refusal(id, error as ImqError)),
    };
    if (kind === 'subscribe') this.#subscribe(page, body, reply);
    else if (kind === 'unsubscribe') this.#unsubscribe(page, body, reply);
    else this.#driver.command(kind, body, reply);
  }

  #subscribe(page: Page, { queue, ...options }: Body, reply = NOBODY): void {
    const seats = this.#seats(queue!);
    seats.ask(page, options);
    this.#driver.command('subscribe', { queue, ...options, ...seats.union }, {
      resolve: (result) => {
        seats.join(page, options);
        reply.resolve(result);
      },
      reject: (error) => {
        seats.refuse(page, options);
        // Another page may have left because this one would stay.
        const isLeft = !seats.size && seats.isWhole;
        this.#forget(queue!);
        if (isLeft) this.#driver.command('unsubscribe', { queue }, NOBODY);
        reply.reject(error);
      },
    });
  }

  #unsubscribe(page: Page, body: Body, reply: typeof NOBODY): void {
    const seats = this.#seats(body.queue!);
    const left = (result: Result) => {
      seats.leave(page);
      this.#forget(body.queue!);
      reply.resolve(result);
    };
    if (seats.hasOthers(page)) left({ op_id: 0 });
    else this.#driver.command('unsubscribe', body, { resolve: left, reject: reply.reject });
  }

  #seats(queue: string): Seats<Page> {
    let seats = this.#rooms.get(queue);
    if (!seats) this.#rooms.set(queue, (seats = new Seats()));
    return seats;
  }

  #forget(queue: string): void {
    if (!this.#rooms.get(queue)?.size) this.#rooms.delete(queue);
  }

  #happened(event: Exclude<Event, { type: 'answer' }>): void {
    if (event.type === 'connected') this.#up = event;
    if (event.type === 'closed') {
      this.#up = undefined;
      for (const seats of this.#rooms.values()) seats.isWhole = false;
      if (!event.mayRetry) this.#ended();
    }
    if (event.type === 'connected' || event.type === 'closed') {
      this.#tellAll({ kind: 'event', event });
    } else if (event.type === 'unsubscribed') {
      const seats = this.#seats(event.queue);
      seats.isWhole = false;
      const pages = event.retrying ? seats.pages : seats.end();
      this.#forget(event.queue);
      for (const page of pages) this.#tell(page, { kind: 'event', event });
    } else {
      this.#said(event);
    }
  }

  #said(event: QueueEvent): void {
    if (this.#given && !this.#rooms.has(event.queue)) {
      const seats = this.#seats(event.queue);
      seats.isGiven = true;
      for (const page of this.#pages) seats.take(page);
    }
    for (const [page, seen] of this.#rooms.get(event.queue)?.views(event) ?? []) {
      this.#tell(page, { kind: 'event', event: seen });
    }
  }

  /** Of any page: all have the same user. */
  async #token(): Promise<string> {
    for (const page of [...this.#pages]) {
      const token = await this.#tokenOf(page).catch((error: Error) => error);
      if (typeof token === 'string') return token;
      if (page === [...this.#pages].at(-1)) throw token;
    }
    throw new Error('no page gives a token');
  }

  #tokenOf(page: Page): Promise<string> {
    return new Promise((resolve, reject) => {
      const cancel = this.#world.timer(TOKEN_MS_MAX, () => {
        reject(new Error('the page gives no token'));
      });
      const ended = <Of>(act: (of: Of) => void) => {
        return (of: Of) => {
          cancel();
          act(of);
        };
      };
      this.#tokens.push({ page, resolve: ended(resolve), reject: ended(reject) });
      this.#tell(page, { kind: 'token' });
    });
  }

  #tokenCame(page: Page, token?: string, error = 'no token'): void {
    const waiting = this.#tokens.filter((waiting) => waiting.page === page);
    this.#tokens = this.#tokens.filter((waiting) => waiting.page !== page);
    for (const { resolve, reject } of waiting) {
      if (token) resolve(token);
      else reject(new Error(error));
    }
  }
}

const NOBODY = { resolve(_result: Result) {}, reject(_error: unknown) {} };

function refusal(id: number, { code, message, mayRetry }: ImqError): WorkerWord {
  // An `ImqError` begins its message with its code.
  const reason = message.slice(code.length + 2);
  return { kind: 'refusal', id, failure: { code, reason, mayRetry } };
}
