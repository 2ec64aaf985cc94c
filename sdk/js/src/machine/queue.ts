import type { Desk } from './desk.js';
import { failureOf, NOT_SENT, OUTCOME_UNKNOWN, CLOSED, TOO_LARGE } from './failure.js';
import { Operation } from './operation.js';
import { Subscription } from './subscription.js';
import type { QueueEvent } from './outbox.js';
import type { QueueWords, Result, Seen, Subscribed, Unsubscribed } from './wire.js';

/** One queue as the client knows it: its operations in order, and its subscription. */
export class Queue {
  readonly name: string;
  /** The gateway's number of it on this connection; 0: none. */
  sub = 0;
  #desk: Desk;
  #waiting: Operation[] = [];
  /** What is unanswered, by id, which is also the order in which it was sent. */
  #sent = new Map<number, Operation>();
  #subscription: Subscription | undefined;

  constructor(desk: Desk, name: string) {
    this.#desk = desk;
    this.name = name;
  }

  get isSubscribed(): boolean {
    return this.#subscription !== undefined;
  }

  /** Nothing is lost if it is forgotten. */
  get isIdle(): boolean {
    return !this.#subscription && !this.#waiting.length && !this.#sent.size;
  }

  /** In the order in which it was sent. */
  get unanswered(): Operation[] {
    return [...this.#sent.values()];
  }

  /** Takes an operation that was admitted. */
  submit(operation: Operation): void {
    if (operation.kind === 'unsubscribe') this.#dropPaused();
    this.#waiting.push(operation);
    this.#pump();
  }

  /** Takes a result, if it answers one of its operations. */
  result(result: Result): boolean {
    const operation = this.#sent.get(result.op_id);
    if (!operation) return false;
    this.#sent.delete(result.op_id);
    const { kind, ticket, body } = operation;
    let failure = failureOf(result);
    if (kind === 'unsubscribe') {
      // It had nothing to do any more.
      if (failure?.code === 'not_found') failure = undefined;
      if (!failure) this.#leave();
    } else if (kind === 'subscribe' && ticket === undefined) {
      const isRetried = failure?.mayRetry || failure?.code === 'outcome_unknown';
      if (failure) this.#pauseOrEnd(failure.reason, isRetried);
    } else if (kind === 'subscribe' && !failure) {
      this.wish().change(body);
    }
    this.#desk.settle(operation, failure ? { failure } : { result });
    this.#pump();
    return true;
  }

  /** The application wants to be subscribed. */
  wish(): Subscription {
    return (this.#subscription ??= new Subscription());
  }

  subscribed(word: Subscribed): void {
    const subscription = this.#subscription;
    if (!subscription) return;
    const isResumed = subscription.named;
    const isSame = subscription.stand(word);
    this.sub = word.sub;
    this.#desk.tell({ type: 'subscribed', queue: this.name, word });
    if (isResumed && isSame) this.#desk.sendAll(this.unanswered);
    else if (isResumed) this.#giveUp(true);
    this.#pump();
  }

  unsubscribed({ reason = '', may_retry }: Unsubscribed): void {
    const subscription = this.#subscription;
    if (!subscription) return;
    const isResumed = subscription.named;
    this.sub = 0;
    this.#pauseOrEnd(reason, may_retry);
    // The queue may have lost its memory of what it answered.
    if (isResumed) this.#giveUp(true);
    this.#pump();
  }

  event<Kind extends keyof QueueWords>(type: Kind, word: QueueWords[Kind]): void {
    if (!this.#subscription?.follow(type, word)) return;
    this.#desk.tell({ type, queue: this.name, word } as QueueEvent);
  }

  /** What `seen` says of it, if the session is attached to it. */
  seen(): Seen | undefined {
    const subscription = this.#subscription;
    if (!subscription) return undefined;
    subscription.named = false;
    const place = subscription.attached && subscription.place;
    return place ? { queue: this.name, ...place } : undefined;
  }

  /** It is named in `seen`: the gateway attaches it if the session goes on. */
  setNamed(): void {
    this.#subscription!.named = true;
  }

  /** A gateway said `welcome`. */
  welcome(isResumed: boolean): void {
    const subscription = this.#subscription;
    if (isResumed && subscription?.named) {
      // Its `subscribed` or `unsubscribed` decides the rest.
      subscription.stage = 'returning';
    } else if (!isResumed || subscription) {
      this.#giveUp(isResumed);
      this.#subscribeAgain();
    }
    this.#pump();
  }

  /** Answers what waited too long, and asks again for the subscription when its pause is over. */
  look(): void {
    const { now } = this.#desk;
    const isLate = ({ expires }: Operation) => expires <= now;
    for (const operation of this.unanswered.filter(isLate)) {
      this.#sent.delete(operation.opId);
      this.#desk.settle(operation, { failure: OUTCOME_UNKNOWN });
    }
    for (const operation of this.#waiting.filter(isLate)) {
      this.#desk.settle(operation, { failure: NOT_SENT });
    }
    this.#waiting = this.#waiting.filter((operation) => !isLate(operation));
    if (this.#pausedUntil <= now) this.#endPause();
    this.#pump();
  }

  /** When `look` has something to do. */
  get lookAt(): number {
    const operations = [...this.unanswered, ...this.#waiting];
    // A pause that ends while there is no connection is over with the next `welcome`.
    const until = this.#desk.isUp ? this.#pausedUntil : Infinity;
    return operations.reduce((at, operation) => Math.min(at, operation.expires), until);
  }

  /** The client is over. */
  end(): void {
    const waiting = this.#waiting.splice(0);
    for (const operation of this.#takeSent()) {
      this.#desk.settle(operation, { failure: OUTCOME_UNKNOWN });
    }
    for (const operation of waiting) this.#desk.settle(operation, { failure: CLOSED });
  }

  get #pausedUntil(): number {
    const subscription = this.#subscription;
    return subscription?.stage === 'paused' ? subscription.until : Infinity;
  }

  /** Sends what waits, as far as its limits allow. */
  #pump(): void {
    const stage = this.#subscription?.stage ?? 'standing';
    if (!this.#desk.isUp || stage !== 'standing') return;
    while (this.#waiting.length && this.#sent.size < this.#desk.unansweredMax) {
      const operation = this.#waiting.shift()!;
      if (operation.bytes > this.#desk.frameBytesMax) {
        this.#desk.settle(operation, { failure: TOO_LARGE });
      } else {
        this.#send(operation);
      }
    }
  }

  #send(operation: Operation): void {
    const opId = this.#desk.nextOpId++;
    operation.number(this.#desk.now, opId);
    this.#sent.set(opId, operation);
    this.#desk.sendAll([operation]);
  }

  #takeSent(): Operation[] {
    const sent = this.unanswered;
    this.#sent.clear();
    return sent;
  }

  #leave(): void {
    this.#subscription = undefined;
    this.sub = 0;
  }

  /**
   * What is unanswered can't be resent. What is only a wish, to be subscribed or not, is asked
   * anew, ahead of all that waits.
   */
  #giveUp(isSameSession: boolean): void {
    const wishes: Operation[] = [];
    for (const operation of this.#takeSent()) {
      if (operation.kind === 'subscribe') {
        // For the client's own there is another one.
        if (operation.ticket !== undefined) wishes.push(operation);
      } else if (operation.kind === 'unsubscribe' && isSameSession) {
        wishes.push(operation);
      } else if (operation.kind === 'unsubscribe') {
        // A new session is subscribed to nothing: the wish has come true.
        this.#leave();
        for (const wish of wishes.splice(0)) {
          this.#desk.settle(wish, { failure: OUTCOME_UNKNOWN });
        }
        this.#desk.settle(operation, { result: { op_id: 0 } });
      } else {
        this.#desk.settle(operation, { failure: OUTCOME_UNKNOWN });
      }
    }
    this.#waiting.unshift(...wishes);
  }

  /** Asks for the subscription anew, from where it was, ahead of all that waits. */
  #subscribeAgain(): void {
    const subscription = this.#subscription;
    if (!subscription || !this.#desk.isUp) return;
    // What the application has asked for since counts: this is decided after that.
    const newest = this.unanswered.findLast(({ kind }) => kind === 'subscribe');
    const body = { queue: this.name, ...subscription.request(newest?.body) };
    subscription.detach('returning');
    this.#send(new Operation(this.#desk.codec, this.#desk.now, 'subscribe', body));
  }

  /** The subscription doesn't stand: it is asked for again after a while, or over. */
  #pauseOrEnd(reason: string, retrying = false): void {
    const subscription = this.#subscription;
    if (!subscription) return;
    if (retrying) {
      this.#pause(subscription, subscription.refusals++);
    } else {
      this.#leave();
    }
    this.#desk.tell({ type: 'unsubscribed', queue: this.name, reason, retrying });
  }

  #pause(subscription: Subscription, doublings: number): void {
    subscription.detach('paused');
    subscription.until = this.#desk.now + this.#desk.retry.jittered(doublings);
    this.#desk.look(subscription.until);
  }

  #endPause(): void {
    const isAsked = this.unanswered.some(({ expires }) => expires === Infinity);
    if (isAsked && this.#desk.isUp) {
      // The application has asked to subscribe, or not to; what comes of that counts.
      this.#pause(this.#subscription!, 0);
    } else {
      this.#subscribeAgain();
    }
  }

  /**
   * A subscription that is paused isn't waited for when the application leaves. The session may be
   * a member all the same, so the queue hears of it.
   */
  #dropPaused(): void {
    const isWished = this.#waiting.some(({ kind }) => kind === 'subscribe');
    if (this.#subscription?.stage === 'paused' && !isWished) this.#subscription = undefined;
  }
}
