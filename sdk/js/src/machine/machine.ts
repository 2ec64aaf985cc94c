/**
 * The client as a plain state machine: no clock, no socket, no timer; time and chance are given.
 * Its owner dials where `Outbox.transport` says so, hands in what happens, sends
 * `Outbox.frames`, and calls again with `wake` when `wakeAt` has come. The rules are those of
 * sdk/SPEC.md, shown by the scripts in sdk/conformance.
 */

import { Connection } from './connection.js';
import { Desk } from './desk.js';
import { CLOSED, FULL, NAME, type Failure } from './failure.js';
import { FOLLOWED_MAX, OP_ID_WORN, RETRY_AFTER_MS_MAX, SEEN_BYTES_MAX } from './limits.js';
import { byteLength, isQueueName } from './name.js';
import { Operation } from './operation.js';
import type { Outbox, Redial } from './outbox.js';
import { Queue } from './queue.js';
import { Renewal } from './renewal.js';
import { Retry } from './retry.js';
import type {
  Body,
  Closing,
  Codec,
  OperationKind,
  QueueWords,
  Result,
  Seen,
  Subscribed,
  Unsubscribed,
  Welcome,
} from './wire.js';

/** The version of the protocol that this client speaks. */
const PROTOCOL = 1;
/** The close codes that the client itself knows (docs/protocol.md, section 9). */
const BYE = 3000;
const HOME_LOST = 3002;
const TOKEN_EXPIRED = 3010;
/** From here on the client must not come back. */
const FOR_GOOD = 3500;

/** The kinds of envelopes that only concern a subscription. */
const EVENTS = /^(message|state|joined|left|mount_created|mount_deleted|gap)$/;

/** Who the client is. */
export interface Settings {
  codec: Codec;
  /** Numbers from 0 up to, not including, 1. */
  random: () => number;
  /** At least 64 random bits, drawn for this client and never stored. */
  id: string;
  /** The user, for a server with development authentication. */
  user?: string;
  /** The application gives tokens, by `token`; without them the end of the token is the end. */
  renews?: boolean;
  /** The application wants to hear of queues that others put its user in. */
  given?: boolean;
  name?: string;
  version?: string;
}

/** Something that happened to the client. */
export type Input =
  /** The transport is up. */
  | { type: 'opened' }
  /** The transport is gone, or could not be had. */
  | { type: 'closed' }
  /** A message came over the transport. */
  | { type: 'frame'; data: unknown }
  /** A new token of the user's, or that there is none now. */
  | { type: 'token'; token?: string }
  /** The application wants something; the answer carries the ticket. */
  | { type: 'command'; ticket: unknown; kind: OperationKind | 'close'; body: Body }
  /** The time of `wakeAt` has come. */
  | { type: 'wake' }
  /** The process has slept, or the network is another one: what seems to stand may be gone. */
  | { type: 'awake' };

/** One session after the other, with its queues and unanswered operations. */
export class Machine {
  #settings: Settings;
  #token: string | undefined;
  /** How often it has said `connect`. */
  #attempts = 0;
  /** Addresses that gateways have named since one took it in. */
  #followed = 0;
  #connection = new Connection();
  #session: { session_id: string; secret: string } | undefined;
  #renewal: Renewal;
  #desk: Desk;
  #queues = new Map<string, Queue>();
  /** By the gateway's numbers, which are good for one connection. */
  #subs = new Map<number, Queue>();
  /** The last attempt that the owner was told of. */
  #redial: Redial = { at: 0 };
  /** The earliest time for it. */
  #notBefore = 0;

  constructor(settings: Settings) {
    const retry = new Retry(settings.random);
    this.#settings = settings;
    this.#desk = new Desk(settings.codec, retry);
    this.#renewal = new Renewal(retry);
  }

  /** Takes what happened; what is to be done about it is put into `out`. */
  handle(now: number, input: Input, out: Outbox): void {
    this.#desk.now = now;
    this.#desk.out = out;
    switch (input.type) {
      case 'opened':
        return this.#greet();
      case 'closed':
        return this.#lose({ reason: 'the connection is lost' });
      case 'frame':
        return this.#received(input.data);
      case 'token':
        return this.#given(input.token);
      case 'command':
        return this.#command(input.ticket, input.kind, input.body);
      case 'wake':
        return this.#wake();
      case 'awake':
        return this.#awake();
    }
  }

  /** When `wake` is due, in the milliseconds of `now`; `Infinity`: not at all. */
  get wakeAt(): number {
    return Math.min(this.#connection.wakeAt, this.#desk.lookAt, this.#renewal.wakeAt);
  }

  /** Says who we are, and what we had. */
  #greet(): void {
    if (this.#connection.stage !== 'down') return;
    const { id, user, name, version } = this.#settings;
    this.#connection.greet(this.#desk.now);
    this.#desk.send('connect', {
      protocol: PROTOCOL,
      token: this.#token,
      user,
      client_name: name,
      client_version: version,
      client_id: id,
      attempt: ++this.#attempts,
      resume: this.#session && { ...this.#session, seen: this.#seen() },
    });
  }

  /** What the session is attached to, as far as it fits; the rest is subscribed anew. */
  #seen(): Seen[] {
    const all: Seen[] = [];
    let bytes = 0;
    for (const queue of this.#queues.values()) {
      const seen = queue.seen();
      const length = seen ? byteLength(JSON.stringify(seen)) + 1 : 0;
      if (!seen || bytes + length > SEEN_BYTES_MAX) continue;
      bytes += length;
      queue.setNamed();
      all.push(seen);
    }
    return all;
  }

  #received(data: unknown): void {
    if (!this.#connection.isOpen) return;
    // What is too old must not be resent because of what comes now.
    this.#lookIfDue();
    let envelopes: [kind: string, body: unknown][];
    try {
      envelopes = this.#settings.codec.decode(data);
    } catch {
      return this.#lose({ reason: 'the gateway sent no envelope' });
    }
    for (const [kind, body] of envelopes) {
      this.#connection.heard(this.#desk.now);
      this.#envelope(kind, body as never);
      // The rest is of a connection that is given up.
      if (!this.#connection.isOpen) return;
    }
  }

  #envelope(kind: string, body: never): void {
    switch (kind) {
      case 'ping':
        return this.#desk.send('pong', { nonce: (body as { nonce: number }).nonce });
      case 'closing':
        return this.#lose(body);
      case 'welcome':
        if (!this.#connection.isUp) return this.#welcome(body);
        return this.#lose({ reason: 'a second `welcome`' });
    }
    if (!this.#connection.isUp) {
      return this.#lose({ reason: 'no `welcome` at first' });
    }
    switch (kind) {
      case 'result':
        this.#result(body);
        break;
      case 'subscribed':
        return this.#subscribed(body);
      case 'unsubscribed':
        return this.#unsubscribed(body);
    }
    if (EVENTS.test(kind)) this.#event(kind as keyof QueueWords, body);
    if (this.#desk.nextOpId > OP_ID_WORN) {
      this.#session = undefined;
      this.#lose({ reason: 'all operation ids are used' });
    }
  }

  #welcome(welcome: Welcome): void {
    const { session_id, secret, user, gateway = '', limits, expires_in_ms } = welcome;
    const resumed = !!welcome.resumed && this.#session?.session_id === session_id;
    this.#followed = 0;
    this.#connection.welcome(this.#desk.now, welcome.ping_every_ms ?? 0);
    this.#session = { session_id, secret };
    this.#desk.isUp = true;
    this.#desk.limit(limits);
    if (this.#settings.renews) this.#renewal.endsIn(this.#desk.now, expires_in_ms);
    this.#desk.tell({ type: 'connected', user, gateway, resumed });
    if (resumed) this.#resend();
    else this.#desk.nextOpId = 1;
    for (const queue of this.#queues.values()) {
      queue.welcome(resumed);
      this.#forgetIfIdle(queue);
    }
  }

  /** Where there is no subscription, there is nothing to wait for; the oldest go first. */
  #resend(): void {
    const queues = [...this.#queues.values()].filter((queue) => !queue.isSubscribed);
    const operations = queues.flatMap((queue) => queue.unanswered);
    this.#desk.sendAll(operations.sort((one, other) => one.opId - other.opId));
  }

  #result(result: Result): void {
    if (this.#renewal.isAnsweredBy(result.op_id)) {
      if (result.status) this.#renewal.failed(this.#desk.now);
      else this.#renewal.endsIn(this.#desk.now, result.expires_in_ms);
      return;
    }
    for (const queue of this.#queues.values()) {
      if (queue.result(result)) return this.#forgetIfIdle(queue);
    }
  }

  #subscribed(word: Subscribed): void {
    if (this.#settings.given) this.#queue(word.queue).wish();
    const queue = this.#queues.get(word.queue);
    if (!queue?.isSubscribed) return;
    this.#subs.set(word.sub, queue);
    queue.subscribed(word);
  }

  #unsubscribed(word: Unsubscribed): void {
    const queue = this.#queues.get(word.queue);
    if (!queue) return;
    queue.unsubscribed(word);
    this.#forgetIfIdle(queue);
  }

  #event<Kind extends keyof QueueWords>(kind: Kind, word: QueueWords[Kind]): void {
    const { sub } = word as unknown as { sub: number };
    const queue = this.#subs.get(sub);
    // The queue may have got another number since, or none.
    if (queue?.sub === sub) queue.event(kind, word);
  }

  /** The connection is over: come back later, unless the gateway said not to. */
  #lose({ code = 0, reason = '', retry_after_ms = 0, address }: Partial<Closing>): void {
    if (this.#connection.stage === 'over') return;
    const { now, out, retry } = this.#desk;
    const wasUp = this.#connection.isUp;
    const delay = retry.delay(this.#connection.lasted(now));
    this.#down('down');
    out.frames = [];
    // With the same token it would end the same way.
    const isSpent = code === TOKEN_EXPIRED && !this.#settings.renews;
    const mayRetry = !isSpent && code < FOR_GOOD;
    if (!mayRetry) this.#end();
    if (wasUp || code) this.#desk.tell({ type: 'closed', code, reason, mayRetry });
    if (!mayRetry) return;
    if (code === HOME_LOST) this.#session = undefined;
    this.#notBefore = now + Math.min(retry_after_ms, RETRY_AFTER_MS_MAX);
    const at = Math.max(now + delay, this.#notBefore);
    // Two gateways that are full would send it to and fro.
    const follows = address && this.#followed++ < FOLLOWED_MAX;
    this.#redial = { at, address: follows ? address : undefined };
    out.transport = this.#redial;
  }

  /** Nothing comes after this: every operation gets its answer now. */
  #end(): void {
    this.#down('over');
    this.#session = undefined;
    for (const queue of this.#queues.values()) queue.end();
    this.#queues.clear();
    this.#desk.lookAt = Infinity;
    this.#desk.out.transport = 'stop';
  }

  #down(stage: 'down' | 'over'): void {
    this.#connection.stage = stage;
    this.#desk.isUp = false;
    this.#renewal.stop();
    this.#subs.clear();
  }

  #command(ticket: unknown, kind: OperationKind | 'close', body: Body): void {
    const isOver = this.#connection.stage === 'over';
    if (kind === 'close' && !isOver) return this.#bye(ticket);
    const failure = isOver ? CLOSED : this.#submit(ticket, kind as OperationKind, body);
    if (failure) this.#desk.tell({ type: 'answer', ticket, failure });
  }

  #submit(ticket: unknown, kind: OperationKind, body: Body): Failure | undefined {
    // A call without a queue is one of the user's own, whose name the client need not know.
    const name = body.queue ?? '';
    if (!isQueueName(name) && (name || kind !== 'call')) return NAME;
    const { codec, now } = this.#desk;
    const operation = new Operation(codec, now, kind, body, ticket);
    if (!this.#desk.admit(operation)) return FULL;
    const queue = this.#queue(kind === 'call' ? '' : name);
    queue.submit(operation);
    this.#forgetIfIdle(queue);
    return undefined;
  }

  #bye(ticket: unknown): void {
    if (this.#connection.isUp) this.#desk.send('bye', {});
    this.#end();
    this.#desk.tell({ type: 'answer', ticket, result: { op_id: 0 } });
    this.#desk.tell({ type: 'closed', code: BYE, reason: CLOSED.reason, mayRetry: false });
  }

  #given(token: string | undefined): void {
    if (token !== undefined) this.#token = token;
    if (token === undefined) return this.#renewal.failed(this.#desk.now);
    if (!this.#renewal.given(this.#desk.nextOpId)) return;
    this.#desk.send('refresh', { op_id: this.#desk.nextOpId++, token });
  }

  #wake(): void {
    const { now, out } = this.#desk;
    const due = this.#connection.due(now);
    if (due === 'ping') this.#ping();
    else if (due) this.#lose({ reason: due });
    if (this.#renewal.due(now)) out.wantsToken = true;
    this.#lookIfDue();
  }

  /** Whoever waits for the application has waited long enough: no back-off, and short deadlines. */
  #awake(): void {
    const { now, out, retry } = this.#desk;
    retry.reset();
    if (this.#connection.doubt(now)) this.#ping();
    if (this.#connection.stage !== 'down' || now >= this.#redial.at) return;
    this.#redial.at = Math.max(now, this.#notBefore);
    out.transport = this.#redial;
  }

  #ping(): void {
    // Whatever comes is a sign of life, so it needn't be told from other answers.
    this.#desk.send('ping', { nonce: 1 });
  }

  #lookIfDue(): void {
    if (this.#desk.now < this.#desk.lookAt) return;
    this.#desk.lookAt = Infinity;
    for (const queue of this.#queues.values()) {
      queue.look();
      this.#desk.look(queue.lookAt);
      this.#forgetIfIdle(queue);
    }
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (!queue) this.#queues.set(name, (queue = new Queue(this.#desk, name)));
    return queue;
  }

  #forgetIfIdle(queue: Queue): void {
    if (queue.isIdle) this.#queues.delete(queue.name);
  }
}
