/** The worker's door: pages come in, and each gets to the connection that it shares. */

import type { Carrier } from '../fallback.js';
import type { World } from '../world.js';
import { Hub, Page } from './hub.js';
import type { Locks } from './locks.js';
import { WORDS, type PageWord, type Port } from './words.js';

/** Makes one whose connections tell what carries them, and why they can't be had. */
type Platform = (
  told: (by: Carrier) => void,
  failed: (url: string, error: unknown) => void,
) => World;

export class Office {
  #platform: Platform;
  #locks: Locks;
  #lock: string;
  #hubs = new Map<string, Hub>();

  /** `lock` is held by the worker for as long as it lives. */
  constructor(platform: Platform, locks: Locks, lock: string) {
    this.#platform = platform;
    this.#locks = locks;
    this.#lock = lock;
  }

  connect(port: Port): void {
    const page = new Page(port);
    let hub: Hub | undefined;
    port.onmessage = (event) => {
      const data = event.data as PageWord;
      if (data.kind !== 'hello') return hub?.hear(page, data);
      // A page that speaks otherwise sees that, and goes.
      port.postMessage({ kind: 'hello', words: WORDS, lock: this.#lock });
      if (hub || data.words !== WORDS) return;
      const joined = (hub = this.#hub(JSON.stringify(data.terms), data.terms));
      hub.join(page);
      this.#locks.whenFree(data.lock, new AbortController().signal, () => {
        joined.lose(page);
        port.close();
      });
    };
  }

  #hub(key: string, terms: ConstructorParameters<typeof Hub>[1]): Hub {
    let hub = this.#hubs.get(key);
    if (hub) return hub;
    const world = this.#platform(
      (by) => made.carried(by),
      (url, error) => made.failed(url, error),
    );
    const made = new Hub(world, terms, () => {
      if (this.#hubs.get(key) === made) this.#hubs.delete(key);
    });
    this.#hubs.set(key, (hub = made));
    return hub;
  }
}
