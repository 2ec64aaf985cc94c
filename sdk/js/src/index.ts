/** The whole client: rooms with live state and members. */

import { Client, type Options } from './client.js';
import { LiveRoom } from './live.js';

/** A client of imq. It connects by itself, and comes back by itself. */
export class Imq extends Client<LiveRoom> {
  /** `url`: a gateway, or several; `https://host` is enough. */
  constructor(url: string | string[], options: Options = {}) {
    super(url, options, (link, name) => new LiveRoom(link, name));
  }
}

export * from './api.js';
export { LiveRoom as Room } from './live.js';
export { Members, type MembersChange } from './members.js';
export { StateMap, type ValueChange } from './state.js';
