/** The whole client over protobuf: fewer bytes, and binary payloads as they are. No fallback. */

import { Client, type Options } from './client.js';
import { LiveRoom } from './live.js';
import { proto, PROTO_PROTOCOL } from './proto/codec.js';
import type { Socket } from './transport.js';

/** The options with protobuf, for the small entry: `new Imq(url, withProto({ token }))`. */
export function withProto(options: Options): Options {
  const Base = options.WebSocket ?? globalThis.WebSocket;
  // Without a class the client says so itself.
  return { ...options, codec: proto, WebSocket: Base && binary(Base) };
}

/** The same class, for another subprotocol. */
function binary(Base: Socket): Socket {
  return class extends Base {
    constructor(url: string) {
      super(url, PROTO_PROTOCOL);
      this.binaryType = 'arraybuffer';
    }
  };
}

/** A client of imq. It connects by itself, and comes back by itself. */
export class Imq extends Client<LiveRoom> {
  /** `url`: a gateway, or several; `https://host` is enough. */
  constructor(url: string | string[], options: Options = {}) {
    super(url, withProto(options), (link, name) => new LiveRoom(link, name));
  }
}

export * from './api.js';
export type { Frame } from './frame.js';
export { LiveRoom as Room } from './live.js';
export { Members, type MembersChange } from './members.js';
export { StateMap, type ValueChange } from './state.js';
