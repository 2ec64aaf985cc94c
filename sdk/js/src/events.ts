/**
 * The transport for networks that let no WebSocket through: a response that doesn't end brings
 * what the gateway says, and requests carry what the client says (docs/protocol.md, section 13).
 */

import { ImqError } from './error.js';
import type { Frame } from './machine/wire.js';
import type { Listener, Transport } from './transport.js';
import type { World } from './world.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What one request carries, in characters, unless one frame alone is longer. */
const POST_LENGTH_MAX = 16 * 1024;
/** A request that takes longer is sent again. */
const POST_MS_MAX = 10_000;
/** About how long to wait before that, if the gateway doesn't say; after that twice as long… */
const AGAIN_MS_FIRST = 100;
/** …up to this. */
const AGAIN_MS_MAX = 5_000;
/** Statuses by which a gateway says that this connection, or this client, can't go on. */
const ENDS = /^4(0[0359]|1[013]|31)$/;
/** A gateway can't make a client wait for longer. */
const RETRY_AFTER_MS_MAX = 30_000;

export class Events implements Transport {
  #world: World;
  #fetch: Fetch;
  /** Of the gateway's WebSocket; what is asked here is beside it. */
  #url: string;
  #listener: Listener;
  #refused: (error: ImqError) => void;
  #isStarted = false;
  #isOver = false;
  #stream = new AbortController();
  /** What the gateway calls this connection and its session, once it has said so. */
  #name: string | undefined;
  #session: string | undefined;
  /** Frames that no request has carried yet. */
  #waiting: string[] = [];
  #number = 0;
  #posting: Promise<void> | undefined;

  /** `refused`: why no page of this origin will ever be answered. */
  constructor(
    world: World,
    fetch: Fetch,
    url: string,
    listener: Listener,
    refused: (error: ImqError) => void,
  ) {
    this.#world = world;
    this.#fetch = fetch;
    this.#url = url.replace('ws', 'http');
    this.#listener = listener;
    this.#refused = refused;
    // The caller must have this object first.
    void Promise.resolve().then(() => this.#isOver || listener.opened());
  }

  /** The first frame is `connect`, which asks for the stream. */
  send(frame: Frame): void {
    const text = frame as string;
    if (this.#isStarted) this.#waiting.push(text);
    else void this.#read(text);
    this.#isStarted = true;
    this.#post();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#posting;
    this.#stream.abort();
  }

  async #read(connect: string): Promise<void> {
    let isAnswered = false;
    try {
      const { ok, body } = await this.#ask('events', connect, this.#stream.signal);
      isAnswered = true;
      const reader = ok && body!.getReader();
      const decoder = new TextDecoder();
      let text = '';
      for (let part; reader && !(part = await reader.read()).done; ) {
        text += decoder.decode(part.value, { stream: true });
        const events = text.split('\n\n');
        text = events.pop()!;
        events.forEach((event) => this.#event(event));
      }
    } catch {
      // The network has ended it, or we have.
      if (!isAnswered && !this.#isOver) void this.#askWhy();
    }
    this.#end();
  }

  /** Browsers hide from a page what isn't for its origin, but not that something answers. */
  async #askWhy(): Promise<void> {
    const origin = globalThis.location?.origin;
    if (!origin) return;
    try {
      const init: RequestInit = { mode: 'no-cors', cache: 'no-store', credentials: 'omit' };
      await this.#fetch(new URL('events', this.#url).href, init);
    } catch {
      return;
    }
    const reason = `who answers does not admit pages of ${origin}: see \`origins\``;
    this.#refused(new ImqError({ code: 'origin', reason, mayRetry: true }));
  }

  #event(event: string): void {
    const data = event.match(/^data:.*/gm)?.map((line) => line.slice(5)).join('\n');
    // A comment keeps proxies from closing the stream.
    if (this.#isOver || !data) return;
    if (!this.#name) {
      this.#name = JSON.parse(data).connection;
    } else {
      this.#session ??= JSON.parse(data).welcome?.session_id;
      this.#listener.frame(data);
      this.#post();
    }
  }

  #end(): void {
    this.#waiting = [];
    this.#stream.abort();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.closed();
  }

  /** One request at a time, so that frames keep their order. */
  #post(): void {
    if (this.#session) this.#posting ??= this.#postAll();
  }

  async #postAll(): Promise<void> {
    // What is sent in one go is carried by one request.
    await undefined;
    while (this.#waiting.length) {
      const of = { connection: this.#name, session: this.#session, number: ++this.#number };
      // The frames are encoded already.
      const body = `${JSON.stringify(of).slice(0, -1)},"frames":[${this.#take().join()}]}`;
      for (let attempt = 0; !(await this.#isTaken(body, attempt)); attempt++);
    }
    this.#posting = undefined;
  }

  #take(): string[] {
    let length = 0;
    const fits = (frame: string) => (length += frame.length) <= POST_LENGTH_MAX;
    const count = this.#waiting.findIndex((frame) => !fits(frame));
    return this.#waiting.splice(0, count < 0 ? Infinity : count || 1);
  }

  /** Whether nothing more is to be done about it; if not, it is time for the next attempt. */
  async #isTaken(body: string, attempt: number): Promise<boolean> {
    const { timer, random } = this.#world;
    const end = new AbortController();
    const cancel = timer(POST_MS_MAX, () => end.abort());
    let again = Math.min(AGAIN_MS_FIRST * 2 ** attempt, AGAIN_MS_MAX) * (1 - random() / 2);
    try {
      const { ok, status, headers } = await this.#ask('send', body, end.signal);
      if (ok) return true;
      const after = Number(headers.get('retry-after')) * 1_000;
      if (ENDS.test(`${status}`)) this.#end();
      else if (after) again = Math.min(after, RETRY_AFTER_MS_MAX);
    } catch {
      // It is lost, or its answer.
    } finally {
      cancel();
    }
    if (!this.#isOver) await new Promise<void>((resolve) => void timer(again, resolve));
    return this.#isOver;
  }

  #ask(what: 'events' | 'send', body: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(new URL(what, this.#url).href, {
      method: 'POST',
      body,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      // The goodbye of a page outlives it.
      keepalive: this.#isOver,
    });
  }
}
