// What lies between a client and its gateway, and can break.

import { connect, createServer } from 'node:net';

export class Proxy {
  #server;
  #sockets = new Set();
  #target;
  #isCut = false;

  /** Passes everything on to the gateway of this URL. */
  static async to(target) {
    const proxy = new Proxy();
    proxy.#target = new URL(target);
    proxy.#server = createServer((socket) => proxy.#accept(socket));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  /** Ends all connections, and lets none through until `mend`. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #accept(socket) {
    if (this.#isCut) return socket.destroy();
    const { hostname, port } = this.#target;
    const gateway = connect(Number(port), hostname);
    for (const [one, other] of [[socket, gateway], [gateway, socket]]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return undefined;
  }
}
