import type { Failure } from './failure.js';
import type { Frame, QueueWords, Result } from './wire.js';

/** Something the application should know. */
export type Event =
  | { type: 'connected'; user: string; gateway: string; resumed: boolean }
  /** The connection is gone. If the client may not come back, this is the last event. */
  | { type: 'closed'; code: number; reason: string; mayRetry: boolean }
  /** What became of a command: a result, or a failure. */
  | { type: 'answer'; ticket: unknown; result?: Result; failure?: Failure }
  | QueueEvent
  /** A subscription is over, or interrupted. */
  | { type: 'unsubscribed'; queue: string; reason: string; retrying: boolean };

/** What a subscribed queue said, in the words of the protocol. */
export type QueueEvent = {
  [Kind in keyof QueueWords]: { type: Kind; queue: string; word: QueueWords[Kind] };
}[keyof QueueWords];

/** Close the transport, and dial at this time; `address` is the gateway to try first. */
export interface Redial {
  at: number;
  address?: string;
}

/** What the machine wants done. */
export class Outbox {
  /** To be sent in order. The machine empties it when the connection is gone. */
  frames: Frame[] = [];
  /** For the application, in order. */
  events: Event[] = [];
  /** What to do with the transport; `stop`: close it when all is sent, and don't dial again. */
  transport: Redial | 'stop' | undefined;
  /** The token ends soon: get a new one from the application. */
  wantsToken = false;
}
