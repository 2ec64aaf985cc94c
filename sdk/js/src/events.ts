/**
 * The transport for networks that let no WebSocket through: a response that doesn't end brings
 * what the gateway says, and requests carry what the client says (docs/protocol.md, section 1).
 */

import type { Listener, Transport } from './transport.js';
import type { World } from './world.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What one request carries, in characters, unless one frame alone is longer. */
const POST_LENGTH_MAX = 16 * 1024;
/** A request that takes longer is sent again. */
const POST_MS_MAX = 10_000;
/** How long to wait before that, if the gateway doesn't say… */
const AGAIN_MS = 1_000;
/** …and for how long a gateway can make it wait. */
const AGAIN_MS_MAX = 10_000;

export class Events implements Transport {
  #world: World;
  #fetch: Fetch;
  /** Of the gateway's WebSocket; what is asked here is beside it. */
  #url: string;
  #listener: Listener;
  #isStarted = false;
  #isOver = false;
  #stream = new AbortController();
  /** What the gateway calls this connection, once it has said so. */
  #name = '';
  /** Frames that no request has carried yet. */
  #waiting: string[] = [];
  #posts = 0;
  #posting: Promise<void> | undefined;

  constructor(world: World, fetch: Fetch, url: string, listener: Listener) {
    this.#world = world;
    this.#fetch = fetch;
    this.#url = url.replace('ws', 'http');
    this.#listener = listener;
    // The caller must have this object first.
    void Promise.resolve().then(() => this.#isOver || listener.opened());
  }

  /** The first frame is `connect`, which asks for the stream. */
  send(frame: string): void {
    if (this.#isStarted) this.#waiting.push(frame);
    else void this.#read(frame);
    this.#isStarted = true;
    this.#post();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#posting;
    this.#stream.abort();
  }

  async #read(connect: string): Promise<void> {
    try {
      const { ok, body } = await this.#ask('events', connect, this.#stream.signal);
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
    }
    this.#end();
  }

  #event(event: string): void {
    const data = event.match(/^data:.*/gm)?.map((line) => line.slice(5)).join('\n');
    // A comment keeps proxies from closing the stream.
    if (this.#isOver || !data) return;
    if (this.#name) return this.#listener.frame(data);
    this.#name = data.trim();
    this.#post();
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
    if (this.#name) this.#posting ??= this.#postAll();
  }

  async #postAll(): Promise<void> {
    // What is sent in one go is carried by one request.
    await undefined;
    while (this.#waiting.length) {
      const connection = JSON.stringify(this.#name);
      const count = ++this.#posts;
      const body = `{"connection":${connection},"count":${count},"frames":[${this.#take().join()}]}`;
      while (!(await this.#isTaken(body)));
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
  async #isTaken(body: string): Promise<boolean> {
    const { timer } = this.#world;
    const end = new AbortController();
    const cancel = timer(POST_MS_MAX, () => end.abort());
    let again = AGAIN_MS;
    try {
      const { ok, status, headers } = await this.#ask('send', body, end.signal);
      if (ok) return true;
      if (status === 503 || status === 429) again = Number(headers.get('retry-after')) * 1_000;
      else this.#end();
    } catch {
      // It is lost, or its answer.
    } finally {
      cancel();
    }
    if (this.#isOver) return true;
    const ms = Math.min(again || AGAIN_MS, AGAIN_MS_MAX);
    await new Promise<void>((resolve) => void timer(ms, resolve));
    return this.#isOver;
  }

  #ask(what: 'events' | 'send', body: string, signal: AbortSignal): Promise<Response> {
    return this.#fetch(new URL(what, this.#url).href, {
      method: 'POST',
      body,
      signal,
      cache: 'no-store',
      // The goodbye of a page outlives it.
      keepalive: this.#isOver,
    });
  }
}
