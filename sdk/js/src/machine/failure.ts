import type { Result } from './wire.js';

/** The names of the statuses by which queues and gateways refuse (docs/protocol.md, section 8). */
const STATUSES = {
  2: 'outcome_unknown',
  3: 'invalid',
  5: 'not_found',
  7: 'forbidden',
  8: 'limit',
  9: 'precondition',
  10: 'conflict',
  12: 'unimplemented',
  13: 'internal',
  14: 'unavailable',
  16: 'unauthenticated',
} as const;

export type Status = (typeof STATUSES)[keyof typeof STATUSES];

/** Why something was not done: a status of the server's, or the client's own reason. */
export type Code = Status | 'not_sent' | 'full' | 'too_large' | 'name' | 'closed' | 'origin';

/** Why an operation failed. Unless `code` is `outcome_unknown`, nothing was done. */
export interface Failure {
  code: Code;
  /** A sentence for developers. */
  reason: string;
  /** The same operation may succeed later. */
  mayRetry: boolean;
}

const failure = (code: Code, reason: string, mayRetry = false): Failure => ({
  code,
  reason,
  mayRetry,
});

export const OUTCOME_UNKNOWN = failure('outcome_unknown', 'it may or may not have run');
export const NOT_SENT = failure('not_sent', 'no connection for 15 s', true);
export const FULL = failure('full', 'too much is waiting or unanswered', true);
export const TOO_LARGE = failure('too_large', 'the gateway would not take it');
export const NAME = failure('name', 'a queue is called /a/b, without spaces');
export const CLOSED = failure('closed', 'the client is closed');

/** What a result says of a failure; nothing: it is none. */
export function failureOf(result: Result): Failure | undefined {
  const { status = 0, error_message, may_retry = false } = result;
  if (status === 0) return undefined;
  // A status of a later version says at least that it went wrong, and how in its sentence.
  const code = STATUSES[status as keyof typeof STATUSES] ?? 'invalid';
  return failure(code, error_message ?? code, may_retry);
}
