/** The whole client, for a page that shares one connection with others of the same origin. */

import type { Options } from './client.js';
import { Imq as Whole } from './index.js';
import { platformLocks, type Locks } from './shared/locks.js';
import { Tab, type WorkerLike } from './shared/tab.js';

export interface SharedOptions extends Options {
  /** Makes the worker: `() => new SharedWorker(…)`, whose script imports `imq-client/worker`. */
  worker: () => WorkerLike;
  /** Whose connection it is, such as the user's id: only pages with the same text share one. */
  share: string;
  /** @internal */
  locks?: Locks;
}

/** A client of imq whose connection is shared, where the browser can do that. */
export class Imq extends Whole {
  #isShared: boolean | undefined;

  /** `url`: a gateway, or several; `https://host` is enough. */
  constructor(url: string | string[], options: SharedOptions) {
    const { worker, share, locks = platformLocks() } = options;
    if (typeof share !== 'string' || !share) throw new TypeError('share must say whose it is');
    const sharing = {
      worker,
      share,
      locks,
      decided: (_isShared: boolean) => {},
      carried: (_by: 'websocket' | 'events') => {},
    };
    super(url, { ...options, drive: (world, plan) => new Tab(world, plan, sharing) });
    sharing.decided = (isShared) => {
      if (isShared === this.#isShared) return;
      this.#isShared = isShared;
      this.emit('shared', isShared);
    };
    sharing.carried = (by) => this.carried(by);
  }

  /** Whether the connection is one that pages share; nothing: that isn't known yet. */
  get shared(): boolean | undefined {
    return this.#isShared;
  }
}

export * from './api.js';
export { Room, Members, StateMap, type Frame, type MembersChange, type ValueChange } from './index.js';
