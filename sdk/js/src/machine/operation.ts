import { GRACE_MS } from './limits.js';
import type { Body, Codec, Frame, OperationKind } from './wire.js';

/** An operation that waits or is unanswered. */
export class Operation {
  readonly kind: OperationKind;
  readonly body: Body;
  /** The application's; undefined: the client's own, to subscribe again after it came back. */
  readonly ticket: unknown;
  /** Of its frame, with a full-grown id. */
  readonly bytes: number;
  /** 0: not sent yet. */
  opId = 0;
  #codec: Codec;
  /** Its frame, but for the id. */
  #blank: Frame;
  #deadline: number;

  /** Encodes it at once: what the application does with its values later changes nothing. */
  constructor(codec: Codec, now: number, kind: OperationKind, body: Body, ticket?: unknown) {
    this.kind = kind;
    this.body = body;
    this.ticket = ticket;
    this.#codec = codec;
    this.#blank = codec.encode(kind, { op_id: 0, ...body });
    this.bytes = codec.size(this.#blank) + 10;
    this.#deadline = now + GRACE_MS;
  }

  /** When it is answered by the client itself. To be subscribed or not is a wish: never. */
  get expires(): number {
    return this.kind.endsWith('subscribe') ? Infinity : this.#deadline;
  }

  /** It is sent for the first time, under this id. */
  number(now: number, opId: number): void {
    this.opId = opId;
    this.#deadline = now + GRACE_MS;
  }

  get frame(): Frame {
    return this.#codec.number(this.#blank, this.opId);
  }
}
