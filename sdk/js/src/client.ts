import { Driver, type Drive, type Plan, type TokenSource } from './driver.js';
import { Emitter } from './emitter.js';
import { ImqError } from './error.js';
import type { Fetch } from './events.js';
import type { Carrier } from './fallback.js';
import { json } from './json.js';
import { CLOSED } from './machine/failure.js';
import type { Event } from './machine/outbox.js';
import type { Codec, Value } from './machine/wire.js';
import type { Link, Room } from './room.js';
import { gatewayUrl, type Socket } from './transport.js';
import { platform, type World } from './world.js';

export interface Options {
  /**
   * Gives the user's token, a fresh one each time: it is called before each connection, and before
   * a token ends.
   */
  token?: TokenSource;
  /** The user, for a server with development authentication, such as `imq dev`. */
  user?: string;
  /** Tell of queues that the back end puts the user in, and of the user's inbox, by `room`. */
  given?: boolean;
  /** What the application calls itself, for operators. */
  clientName?: string;
  clientVersion?: string;
  /** A class like the platform's `WebSocket`, where there is none. */
  WebSocket?: Socket;
  /** A function like the platform's `fetch`, for the fallback. */
  fetch?: Fetch;
  /** @internal Other bytes on the wire. */
  codec?: Codec;
  /** @internal Another platform, for tests. */
  world?: World;
  /** @internal Does the work elsewhere. */
  drive?: (world: World, plan: Plan) => Drive;
}

/**
 * `connecting`: never connected yet; `up`: connected; `reconnecting`: the connection is lost, and
 * the client comes back by itself; `closed`: over for good.
 */
export type Status = 'connecting' | 'up' | 'reconnecting' | 'closed';

export interface StatusEvent {
  status: Status;
  /** Why a connection is gone: a close code (docs/protocol.md, section 9), or 0. */
  code: number;
  reason: string;
  /** With `up`: the session of before goes on. */
  resumed: boolean;
}

export interface ClientEvents<R> {
  status: StatusEvent;
  /** An attempt to connect has failed; the client goes on trying. */
  failed: { url: string; error: unknown };
  /** With the fallback: from now on connections are of this kind. */
  transport: Carrier;
  /** With `imq-client/shared`: whether this page shares a connection. */
  shared: boolean;
  /** The back end has put the user into a queue (see `given`). */
  room: R;
}

/** A client: one user, one connection, any number of rooms of the class `R`. */
export class Client<R extends Room> extends Emitter<ClientEvents<R>> {
  #driver: Drive;
  #makeRoom: (link: Link, name: string) => R;
  #rooms = new Map<string, R>();
  #link: Link;
  #status: Status = 'connecting';
  #user: string | undefined;
  #awaiting: { resolve(): void; reject(error: unknown): void }[] = [];

  /** @internal */
  constructor(
    urls: string | string[],
    options: Options,
    makeRoom: (link: Link, name: string) => R,
  ) {
    super();
    const world = options.world ?? platform(options.WebSocket);
    this.#makeRoom = makeRoom;
    const plan: Plan = {
      urls: [urls].flat().map(gatewayUrl),
      codec: options.codec ?? json,
      token: options.token,
      user: options.user,
      given: options.given,
      name: options.clientName ?? 'imq-js',
      version: options.clientVersion,
      tell: (event) => this.#happened(event),
      failed: (url, error) => this.emit('failed', { url, error }),
    };
    this.#driver = options.drive?.(world, plan) ?? new Driver(world, plan);
    this.#link = {
      command: (kind, body, ticket) => this.#driver.command(kind, body, ticket),
      later: (run, ms) => void world.timer(ms, run),
      listen: (room, listens) => this.#listen(room as R, listens),
    };
  }

  get status(): Status {
    return this.#status;
  }

  /** Who the gateway takes us for, once it has said so. */
  get user(): string | undefined {
    return this.#user;
  }

  /** Waits for the connection, for ever if need be. Fails when the client is closed. */
  connected(): Promise<void> {
    if (this.#status === 'up') return Promise.resolve();
    if (this.#status === 'closed') return Promise.reject(new ImqError(CLOSED));
    return new Promise((resolve, reject) => this.#awaiting.push({ resolve, reject }));
  }

  /** The queue of this name, to listen to before it is subscribed, or to use without that. */
  room(name: string): R {
    let room = this.#rooms.get(name);
    if (!room) this.#rooms.set(name, (room = this.#makeRoom(this.#link, name)));
    return room;
  }

  /** Joins a queue: `room(name).subscribe(options)`. */
  subscribe(name: string, options?: Parameters<R['subscribe']>[0]): Promise<R> {
    return this.room(name).subscribe(options);
  }

  /** Calls the web application, by the call-out of the user's own class. */
  call(method: string, payload?: Value): Promise<Value> {
    // Without a queue's name it is one of the user's own.
    return this.#makeRoom(this.#link, '').call(method, payload);
  }

  /** Ends the session now, and the client with it. The answer is when the goodbye is said. */
  close(): Promise<void> {
    return this.#driver.close();
  }

  #happened(event: Exclude<Event, { type: 'answer' }>): void {
    if (event.type === 'connected') {
      this.#user = event.user;
      this.#become('up', 0, '', event.resumed);
      for (const { resolve } of this.#awaiting.splice(0)) resolve();
    } else if (event.type === 'closed') {
      this.#closed(event.mayRetry, event.code, event.reason);
    } else {
      const known = this.#rooms.get(event.queue);
      const room = known ?? this.room(event.queue);
      if (!known) this.emit('room', room);
      room.hear(event);
    }
  }

  #closed(mayRetry: boolean, code: number, reason: string): void {
    for (const room of [...this.#rooms.values()]) room.lost(reason, !mayRetry);
    const lost = this.#status === 'connecting' ? 'connecting' : 'reconnecting';
    this.#become(mayRetry ? lost : 'closed', code, reason);
    if (mayRetry) return;
    const error = new ImqError({ ...CLOSED, reason });
    for (const { reject } of this.#awaiting.splice(0)) reject(error);
  }

  #become(status: Status, code: number, reason: string, resumed = false): void {
    this.#status = status;
    this.emit('status', { status, code, reason, resumed });
  }

  /** Rooms that nobody is in are forgotten. */
  #listen(room: R, listens: boolean): void {
    if (listens) this.#rooms.set(room.name, room);
    else if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
  }
}
