// A platform whose clock, timers and sockets a test moves by hand.

/** Lets everything run that waits for a promise. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class World {
  time = 1_000_000;
  sockets = [];
  /** What the page has to say when it comes back to life. */
  awake = () => {};
  isWatched = false;
  /** The class WebSocket throws. */
  isWithoutSockets = false;
  #timers = new Set();
  #watchers = [];

  /** Every page comes back to life. */
  awakes() {
    for (const awake of this.#watchers) awake();
  }

  now = () => this.time;

  timer = (ms, run) => {
    const timer = { at: this.time + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  open = (url, listener) => {
    if (this.isWithoutSockets) throw new Error('no WebSocket here');
    const socket = new Socket(url, listener);
    this.sockets.push(socket);
    return socket;
  };

  random = () => 0.5;

  id = () => '0123456789abcdef';

  watch = (awake) => {
    this.awake = awake;
    this.#watchers.push(awake);
    this.isWatched = true;
    return () => (this.isWatched = false);
  };

  /** The newest socket. */
  get socket() {
    return this.sockets.at(-1);
  }

  get timers() {
    return this.#timers.size;
  }

  /** Time passes, and each timer runs when it is due. */
  async pass(ms) {
    const until = this.time + ms;
    await settled();
    for (let timer; (timer = this.#next(until)); ) {
      this.time = Math.max(this.time, timer.at);
      this.#timers.delete(timer);
      timer.run();
      await settled();
    }
    this.time = until;
  }

  /** Time passes, but no timer runs, as in a page that is frozen or a machine that sleeps. */
  freeze(ms) {
    this.time += ms;
  }

  #next(until) {
    const due = [...this.#timers].filter(({ at }) => at <= until);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}

/** The gateway's end of a connection. */
class Socket {
  isClosed = false;
  #listener;
  #sent = [];

  constructor(url, listener) {
    this.url = url;
    this.#listener = listener;
  }

  send(frame) {
    if (!this.isClosed) this.#sent.push(JSON.parse(frame));
  }

  async close() {
    this.isClosed = true;
  }

  /** What the client has sent since this was asked last. */
  take() {
    return this.#sent.splice(0);
  }

  opens() {
    this.#listener.opened();
  }

  /** The gateway says this, each in a message of its own. */
  says(...envelopes) {
    for (const envelope of envelopes) this.#listener.frame(JSON.stringify(envelope));
  }

  /** In these very letters. */
  saysText(text) {
    this.#listener.frame(text);
  }

  /** In one message. */
  saysAtOnce(...envelopes) {
    this.#listener.frame(JSON.stringify(envelopes));
  }

  /** The connection ends. */
  drops() {
    this.#listener.closed();
  }

  welcomes(fields = {}) {
    const session = { session_id: 's1', secret: 'k1', user: 'ann', gateway: 'g1' };
    this.says({ welcome: { ...session, ping_every_ms: 25_000, ...fields } });
  }
}
