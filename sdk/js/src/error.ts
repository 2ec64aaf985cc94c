import type { Code, Failure } from './machine/failure.js';

/**
 * Why something was not done. `code` says what kind of failure it is; unless it is
 * `outcome_unknown`, nothing was done. For a server's code, docs/errors/<code>.md says what to do.
 */
export class ImqError extends Error {
  override readonly name = 'ImqError';
  readonly code: Code;
  /** The same operation may succeed later. */
  readonly mayRetry: boolean;

  constructor({ code, reason, mayRetry }: Failure) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.mayRetry = mayRetry;
  }
}
