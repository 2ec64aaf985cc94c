// Pages and the worker that they share, in one process: channels and locks that a test can break.

import { Imq } from '../../dist/shared.js';
import { Office } from '../../dist/shared/office.js';
import { World } from './world.mjs';

/** Two ends; what is said to one comes out of the other, later and as a copy. */
function channel() {
  const end = () => ({ onmessage: null, isClosed: false });
  const [one, other] = [end(), end()];
  const join = (from, to) => {
    from.postMessage = (word) => {
      const data = structuredClone(word);
      queueMicrotask(() => from.isClosed || to.isClosed || to.onmessage?.({ data }));
    };
    from.close = () => (from.isClosed = true);
  };
  join(one, other);
  join(other, one);
  return [one, other];
}

/** Locks by name; who has one loses it by `free`. */
export class Locks {
  #held = new Map();

  async hold(name, end) {
    this.#held.set(name, []);
    end.addEventListener('abort', () => this.free(name));
  }

  whenFree(name, unwanted, run) {
    const wanted = () => unwanted.aborted || run();
    if (this.#held.has(name)) this.#held.get(name).push(wanted);
    else queueMicrotask(wanted);
  }

  /** Whoever had it is gone. */
  free(name) {
    const waiting = this.#held.get(name) ?? [];
    this.#held.delete(name);
    for (const run of waiting) run();
  }

  names(part) {
    return [...this.#held.keys()].filter((name) => name.includes(part));
  }
}

/** A browser: its pages have one worker for each version of its script. */
export class Browser {
  world = new World();
  locks = new Locks();
  #office;
  /** Ends of the worker, which a test may let fail. */
  ports = [];
  words;

  constructor({ fetch } = {}) {
    this.fetch = fetch;
    this.starts();
  }

  /** A worker starts. */
  starts() {
    this.lock = `imq-worker-${this.ports.length}`;
    void this.locks.hold(this.lock, new AbortController().signal);
    const platform = (told) => {
      const { open } = this.world;
      const heard = (listener) => ({
        ...listener,
        frame(data) {
          told('websocket');
          listener.frame(data);
        },
      });
      return { ...this.world, open: (url, listener) => open(url, heard(listener)) };
    };
    this.#office = new Office(platform, this.locks, this.lock);
  }

  /** The worker ends, and nobody is told; the next page has another one. */
  kills() {
    for (const port of this.ports) port.close();
    const { lock } = this;
    this.starts();
    this.locks.free(lock);
  }

  /** A page, and what its console has to say. */
  page(options = {}) {
    const worker = () => {
      const [port, end] = channel();
      this.ports.push(end);
      this.#office.connect(end);
      return { port, onerror: null };
    };
    let id = 0;
    const own = { ...this.world, id: () => `${this.ports.length}-${id++}` };
    const { locks, fetch } = this;
    const given = { user: 'ann', share: 'ann', worker, locks, fetch, world: own };
    return new Imq('ws://g1', { ...given, ...options });
  }

  /** The socket comes up. */
  async connects(welcome = {}) {
    await this.world.pass(0);
    this.world.socket.opens();
    this.world.socket.welcomes(welcome);
    await this.world.pass(0);
  }

  /** The queue says yes to each `subscribe`, and what it has; the answer is the newest one. */
  async subscribes(word = {}, queue = '/a') {
    await this.world.pass(0);
    const asked = this.world.socket.take().flatMap((envelope) => envelope.subscribe ?? []);
    const marks = { chat: 4, scores: 4, members: 4 };
    for (const { op_id } of asked) {
      this.world.socket.says({ result: { op_id, status: 0 } });
      this.world.socket.says({ subscribed: { sub: 1, queue, epoch: 9, marks, ...word } });
    }
    await this.world.pass(0);
    return asked.at(-1);
  }

  /** The page is gone, without a word. */
  async closes(number) {
    this.locks.free(this.locks.names('imq-page')[number]);
    await this.world.pass(0);
  }
}
