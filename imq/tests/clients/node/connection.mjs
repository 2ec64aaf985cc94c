// A WebSocket connection whose incoming messages and end can be waited for.

import WebSocket from 'ws';
import { check, inTime, same, WAIT_MS } from './report.mjs';
import { Seen } from './seen.mjs';

export class Connection {
  /** What came and isn't what anybody waited for yet. */
  inbox = [];
  seen = new Seen();
  answering = true;
  pings = 0;
  #waiters = [];
  #end;

  constructor(world, protocol, gateway = 0, options = {}) {
    this.socket = new WebSocket(world.ws[gateway], protocol, {
      perMessageDeflate: false, ...options,
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
      this.socket.once('unexpected-response', (_, response) => {
        const error = new Error(`HTTP ${response.statusCode}`);
        reject(Object.assign(error, { status: response.statusCode }));
        response.resume();
      });
    });
    this.opened.catch(() => {});
    this.#end = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const waiter of this.#waiters.splice(0)) {
          waiter.reject(new Error(`the connection ended with ${code}; ${this.#held()}`));
        }
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data, binary) => {
      for (const item of this.#readable(data, binary)) this.#arrived(item);
    });
    world.keep(this);
  }

  /** Waits for the first item that `matches`; all else stays in the inbox. */
  take(matches, what, waitMs = WAIT_MS) {
    const index = this.inbox.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.inbox.splice(index, 1)[0]);
    let waiter;
    const came = new Promise((resolve, reject) => {
      waiter = { matches, resolve, reject };
      this.#waiters.push(waiter);
    });
    return inTime(came, what, waitMs)
      .catch((error) => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        throw new Error(`waiting for ${what}: ${error.message}; ${this.#held()}`);
      });
  }

  /** The next item, whatever it is. */
  next(waitMs = WAIT_MS) {
    return this.take(() => true, 'anything', waitMs);
  }

  /** Waits for the item `name`, for which `where` holds; its body. */
  async wait(name, where = () => true, waitMs = WAIT_MS) {
    const item = await this.take((it) => it.name === name && where(it.body), name, waitMs);
    return item.body;
  }

  /** Waits for `closing`, the end, and the close frame's code, which is the same. */
  async closing(code) {
    const closing = await this.wait('closing');
    same(closing.code, code, `close code (${closing.reason})`);
    same(closing.may_retry ?? false, code < 3500, `may_retry of ${code}`);
    check(closing.reason, `closing ${code} has no reason`);
    same((await this.ended()).code, code, 'code of the close frame');
    return closing;
  }

  /** Waits for the end of the connection. */
  ended(waitMs = WAIT_MS) {
    return inTime(this.#end, 'the end of the connection', waitMs);
  }

  /** Ends the connection without a word. */
  terminate() {
    this.socket.terminate();
  }

  #readable(data, binary) {
    try {
      return this.read(data, binary);
    } catch (error) {
      return [{ name: 'unreadable', body: error }];
    }
  }

  #arrived(item) {
    if (item.name === 'ping') {
      this.pings += 1;
      if (this.answering) this.send('pong', { nonce: item.body.nonce });
      return;
    }
    this.seen.note(item.name, item.body);
    const index = this.#waiters.findIndex((waiter) => waiter.matches(item));
    if (index < 0) this.inbox.push(item);
    else this.#waiters.splice(index, 1)[0].resolve(item);
  }

  #held() {
    return `held back: ${this.inbox.map((item) => item.name).join(' ') || 'nothing'}`;
  }
}
