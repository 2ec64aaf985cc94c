import type { Ticket } from './driver.js';
import { Emitter } from './emitter.js';
import { ImqError } from './error.js';
import { CLOSED } from './machine/failure.js';
import type { Event, QueueEvent } from './machine/outbox.js';
import type { Body, Entry, OperationKind, Result, Subscribed, Value } from './machine/wire.js';
import { camel, camels, snakes } from './names.js';

export type { Entry, Value };

/** Which part of a queue a subscription receives. */
export interface SubscribeOptions {
  /** How many old messages of each message mount come first. */
  history?: number;
  /** Only these mounts; `members` may be one of them. */
  mounts?: string[];
  /** Of state mounts, only keys that begin so. */
  keyPrefix?: string;
}

/** A page of a read. */
export interface Page {
  /** The `next` of the page before; absent: the first page. */
  after?: string;
  /** How many at most; absent: as many as a page holds. */
  limit?: number;
}

/** A message of a message mount. */
export interface Message {
  mount: string;
  /** Its number in the queue. */
  seq: number;
  /** The user who sent it; absent: the back end. */
  from?: string;
  payload: Value;
  /** When the queue accepted it, in milliseconds since 1970. */
  sentAtMs: number;
  /** An old one, which `history` of `subscribe` asked for. */
  history?: boolean;
}

/** A change of a state mount, all at once. */
export interface StateEvent {
  mount: string;
  seq: number;
  /** The user who wrote it; absent: the back end, or a key's time is over. */
  from?: string;
  changes: { key: string; value?: Value; deleted?: boolean; version: number }[];
  /** Several changes in one, because this client was slow. */
  conflated?: boolean;
}

/** Users who came or went. */
export interface RosterEvent {
  seq: number;
  users: string[];
  reason?: string;
}

export interface MountEvent {
  mount: string;
  kind: 'message' | 'state';
  seq: number;
}

/** Events of a mount, or of `members`, are missing here; both bounds are exclusive. */
export interface GapEvent {
  mount: string;
  afterSeq?: number;
  beforeSeq: number;
}

/** The subscription stands, for the first time or again. */
export interface SubscribedEvent {
  /** What was missed follows as events; otherwise this is the whole queue. */
  recovered?: boolean;
  /** Something is missing: `gap` says where. */
  gap?: boolean;
  mounts: { name: string; kind: 'message' | 'state'; entries?: Entry[] }[];
  members: string[];
  /** How many members there are, where the queue tells only that. */
  memberCount?: number;
}

/** The queue, the application or the end of the client has ended the subscription. */
export interface UnsubscribedEvent {
  reason: string;
  /** The client asks again by itself. If not, it is over, and this its last event. */
  retrying: boolean;
}

export interface RoomEvents {
  subscribed: SubscribedEvent;
  unsubscribed: UnsubscribedEvent;
  message: Message;
  state: StateEvent;
  joined: RosterEvent;
  left: RosterEvent;
  mountCreated: MountEvent;
  mountDeleted: MountEvent;
  gap: GapEvent;
}

/** Lists that the gateway leaves out when they are empty. */
const LISTS: Partial<Record<QueueEvent['type'], object>> = {
  subscribed: { mounts: [], members: [] },
  state: { changes: [] },
  joined: { users: [] },
  left: { users: [] },
};

/** A change of one key: one of `set`, `delete` and `add`, and its conditions. */
export type Change = { key: string } & (
  | { set: Value }
  | { delete: true }
  | { add: number }
) &
  ChangeOptions;

export interface ChangeOptions {
  /** Only if the key has this version; 0: only if it is absent. */
  ifVersion?: number;
  /** Only if the key is absent. */
  ifAbsent?: boolean;
  /** The key goes this long after the change. */
  ttlMs?: number;
  /** The key goes when this client leaves the queue. */
  whilePresent?: boolean;
}

/** @internal What a room needs of its client. */
export interface Link {
  command(kind: OperationKind, body: Body, ticket: Ticket): void;
  /** Calls after so long; 0: after all that waits for a promise of now. */
  later(run: () => void, ms: number): void;
  /** The room wants its events, or doesn't any more. */
  listen(room: Room, listens: boolean): void;
}

/** A queue, subscribed or not: its operations and, while it is subscribed, its events. */
export class Room extends Emitter<RoomEvents> {
  /** The name of the queue. */
  readonly name: string;
  #link: Link;
  #status: 'none' | 'standing' | 'returning' = 'none';
  #joining: { resolve(): void; reject(error: unknown): void }[] = [];
  /** Events that wait until whoever has awaited `subscribe` has had time to listen. */
  #held: QueueEvent[] | undefined;

  /** @internal */
  constructor(link: Link, name: string) {
    super();
    this.#link = link;
    this.name = name;
  }

  /**
   * `none`: not subscribed; `standing`: subscribed, and events come; `returning`: they come again
   * as soon as the client or the queue is back.
   */
  get status(): 'none' | 'standing' | 'returning' {
    return this.#status;
  }

  /**
   * Joins the queue. Once more, it replaces the options. If it is refused, there is no
   * subscription; if the connection is lost, the client goes on trying.
   */
  subscribe(options: SubscribeOptions = {}): Promise<this> {
    return new Promise((resolve, reject) => {
      const answered = () => {
        this.#link.listen(this, true);
        this.#joining.push({ resolve: () => resolve(this), reject });
      };
      this.command('subscribe', options, { resolve: answered, reject });
    });
  }

  /** Leaves the queue. */
  leave(): Promise<void> {
    return new Promise((resolve, reject) => {
      const left = () => {
        this.#unsubscribed({ reason: 'the application has left', retrying: false });
        resolve();
      };
      this.command('unsubscribe', {}, { resolve: left, reject });
    });
  }

  /** Sends a message; the answer is its number in the queue. */
  async send(
    mount: string,
    payload: Value,
    options: { excludeSelf?: boolean } = {},
  ): Promise<number> {
    return (await this.#ask('send_message', { ...options, mount, payload })).seq ?? 0;
  }

  /** Changes keys of a state mount, all or none; the answer is the change's number. */
  async change(mount: string, changes: Change[]): Promise<number> {
    return (await this.#ask('send_state', { mount, changes: changes.map(snakes) })).seq ?? 0;
  }

  /** Reads keys of a state mount in their order, a page at a time. */
  async readState(
    mount: string,
    options: Page & { keyPrefix?: string } = {},
  ): Promise<{ entries: Entry[]; next?: string }> {
    const { entries = [], next } = await this.#ask('get_state', { ...options, mount });
    return { entries, next };
  }

  /** Reads old messages, the newest page first; `next` is the `beforeSeq` of the page before. */
  async history(
    mount: string,
    options: { beforeSeq?: number; limit?: number } = {},
  ): Promise<{ messages: Message[]; next?: number }> {
    const { messages = [], next } = await this.#ask('get_history', { ...options, mount });
    return { messages: messages.map(camels), next: Number(next) || undefined };
  }

  /** Reads who is in the queue, or how many, a page at a time. */
  async listMembers(
    options: Page = {},
  ): Promise<{ members: string[]; memberCount?: number; next?: string }> {
    const { members = [], member_count, next } = await this.#ask('list_members', options);
    return { members, memberCount: member_count, next };
  }

  /** Calls the web application by the call-out of the queue's class. */
  async call(method: string, payload: Value = null): Promise<Value> {
    return (await this.#ask('call', { method, payload })).payload;
  }

  /** @internal */
  hear(event: Extract<Event, { queue: string }>): void {
    if (event.type === 'unsubscribed') return this.#unsubscribed(event);
    if (this.#held) this.#held.push(event);
    else this.happened(event);
    if (event.type !== 'subscribed') return;
    this.#status = 'standing';
    if (!this.#joining.length) return;
    for (const { resolve } of this.#joining.splice(0)) resolve();
    if (this.#held) return;
    this.#held = [];
    this.later(() => this.#release(), 0);
  }

  /** @internal */
  later(run: () => void, ms: number): void {
    this.#link.later(run, ms);
  }

  /** @internal The connection is lost; `isOver`: for good. */
  lost(reason: string, isOver: boolean): void {
    if (isOver) this.#unsubscribed({ reason, retrying: false });
    else if (this.#status === 'standing') this.#status = 'returning';
  }

  /** @internal Tells the application. */
  protected happened({ type, word }: QueueEvent): void {
    const { sub, queue, ...fields } = word as Subscribed;
    this.emit(camel(type), camels({ ...LISTS[type], ...fields }) as never);
  }

  #unsubscribed({ reason, retrying }: UnsubscribedEvent): void {
    this.#release();
    if (this.#status === 'none' && !this.#joining.length) return;
    this.#status = retrying ? 'returning' : 'none';
    this.emit('unsubscribed', { reason, retrying });
    if (retrying) return;
    this.#link.listen(this, false);
    const error = new ImqError({ ...CLOSED, reason });
    for (const { reject } of this.#joining.splice(0)) reject(error);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.happened(event);
  }

  #ask(kind: OperationKind, fields: object): Promise<Result> {
    return new Promise((resolve, reject) => this.command(kind, fields, { resolve, reject }));
  }

  /** @internal An operation whose ticket is told in the order of events. */
  command(kind: OperationKind, fields: object, ticket: Ticket): void {
    this.#link.command(kind, { ...snakes(fields), queue: this.name }, ticket);
  }
}
