import type { Failure } from './failure.js';
import {
  FRAME_BYTES_MAX,
  OPERATION_BYTES_MAX,
  OPERATIONS_MAX,
  UNANSWERED_MAX,
} from './limits.js';
import type { Operation } from './operation.js';
import { Outbox, type Event } from './outbox.js';
import type { Retry } from './retry.js';
import type { Codec, Result, Welcome } from './wire.js';

/** What the queues of a client share: time, ids, limits, and where to put what they say. */
export class Desk {
  now = 0;
  out = new Outbox();
  isUp = false;
  nextOpId = 1;
  frameBytesMax = FRAME_BYTES_MAX;
  unansweredMax = UNANSWERED_MAX;
  /** No operation expires and no pause ends before this. */
  lookAt = Infinity;
  #operations = 0;
  #bytes = 0;

  constructor(
    readonly codec: Codec,
    readonly retry: Retry,
  ) {}

  /** The gateway's limits; never more than the protocol's, which count where it says nothing. */
  limit({ frame_bytes, unanswered_per_queue }: NonNullable<Welcome['limits']> = {}): void {
    this.frameBytesMax = Math.min(frame_bytes || Infinity, FRAME_BYTES_MAX);
    this.unansweredMax = Math.min(unanswered_per_queue || Infinity, UNANSWERED_MAX);
  }

  send(kind: string, body: object): void {
    this.out.frames.push(this.codec.encode(kind, body));
  }

  /** Sends operations, for the first time or once more. */
  sendAll(operations: Operation[]): void {
    this.out.frames.push(...operations.map(({ frame }) => frame));
  }

  tell(event: Event): void {
    this.out.events.push(event);
  }

  /** Something is due then. */
  look(at: number): void {
    this.lookAt = Math.min(this.lookAt, at);
  }

  /** Takes an operation of the application in, if there is space. */
  admit(operation: Operation): boolean {
    const bytes = this.#bytes + operation.bytes;
    if (this.#operations === OPERATIONS_MAX || bytes > OPERATION_BYTES_MAX) return false;
    this.#operations++;
    this.#bytes = bytes;
    this.look(operation.expires);
    return true;
  }

  /** The operation is over; the application hears of its own. */
  settle({ ticket, bytes }: Operation, { result, failure }: Answer): void {
    if (ticket === undefined) return;
    this.#operations--;
    this.#bytes -= bytes;
    this.tell({ type: 'answer', ticket, result, failure });
  }
}

export interface Answer {
  result?: Result;
  failure?: Failure;
}
