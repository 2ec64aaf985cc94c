/**
 * Locks of the browser, by which pages and worker know of each other's end: one has a lock for as
 * long as it lives, and who gets it after that knows.
 */
export interface Locks {
  /** Has a lock of this name until `end`; the answer is when it has it, or that it can't. */
  hold(name: string, end: AbortSignal): Promise<void>;
  /** Calls when nobody has the lock any more, unless that isn't wanted any more. */
  whenFree(name: string, unwanted: AbortSignal, run: () => void): void;
}

/** Those of the platform; none: pages can't share, since the worker would not see them go. */
export function platformLocks(): Locks | undefined {
  const locks = globalThis.navigator?.locks;
  return (
    locks && {
      hold: (name, end) =>
        new Promise((resolve, reject) => {
          const held = () => {
            resolve();
            return new Promise<void>((ended) => end.addEventListener('abort', () => ended()));
          };
          locks.request(name, held).catch(reject);
        }),
      whenFree(name, unwanted, run) {
        locks.request(name, { signal: unwanted }, run).catch(() => {});
      },
    }
  );
}
