/** The whole client: rooms with live state and members, and the fallback. */

import { Client, type Options } from './client.js';
import { withFallback, type Carrier } from './fallback.js';
import { LiveRoom } from './live.js';

/** A client of imq. It connects by itself, and comes back by itself. */
export class Imq extends Client<LiveRoom> {
  #transport: Carrier | undefined;

  /** `url`: a gateway, or several; `https://host` is enough. */
  constructor(url: string | string[], options: Options = {}) {
    let told: (by: Carrier) => void;
    const failed = (url: string, error: unknown) => this.emit('failed', { url, error });
    const all = withFallback(options, (by) => told(by), failed);
    super(url, all, (link, name) => new LiveRoom(link, name));
    told = (by) => this.carried(by);
  }

  /** @internal */
  protected carried(by: Carrier): void {
    if (by === this.#transport) return;
    this.#transport = by;
    this.emit('transport', by);
  }

  /** What carries the connection, or did last; nothing: there was none yet. */
  get transport(): Carrier | undefined {
    return this.#transport;
  }
}

export * from './api.js';
export type { Frame } from './frame.js';
export { LiveRoom as Room } from './live.js';
export { Members, type MembersChange } from './members.js';
export { StateMap, type ValueChange } from './state.js';
