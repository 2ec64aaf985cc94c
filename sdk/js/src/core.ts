/** The small entry: everything but live state and members. */

import { Client, type Options } from './client.js';
import { Room } from './room.js';

/** A client of imq. It connects by itself, and comes back by itself. */
export class Imq extends Client<Room> {
  /** `url`: a gateway, or several; `https://host` is enough. */
  constructor(url: string | string[], options: Options = {}) {
    super(url, options, (link, name) => new Room(link, name));
  }
}

export * from './api.js';
export { Room } from './room.js';
