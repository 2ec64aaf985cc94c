/** Where no WebSocket can be had: events instead, until one can be had again. */

import type { Options } from './client.js';
import type { ImqError } from './error.js';
import { Events, type Fetch } from './events.js';
import type { Listener, Socket, Transport } from './transport.js';
import { platform, type World } from './world.js';

/** What carries a connection; `events`: requests and a stream of events. */
export type Carrier = 'websocket' | 'events';

type Failed = (url: string, error: ImqError) => void;

/** So many failures in a row, this address among them, mean that WebSocket is blocked. */
const FAILURES_MAX = 2;
/** After half to all of this on events a WebSocket is tried, after a failure twice as long… */
const PROBE_MS_FIRST = 20_000;
/** …up to this. */
const PROBE_MS_MAX = 600_000;
/** How long the attempt may take. */
const PROBE_MS_OPEN = 5_000;

/**
 * The options with the fallback: `new Imq(url, withFallback({ token }))`. At each connection
 * `told` is called with what carries it, and `failed` if gateways admit no page of this origin.
 */
export function withFallback(
  options: Options,
  told: (by: Carrier) => void = () => {},
  failed: Failed = () => {},
): Options {
  if (options.codec) throw new TypeError('the fallback has no protobuf');
  const socket = options.WebSocket ?? globalThis.WebSocket ?? Missing;
  // As a method of the options it would fail in browsers; and pages may replace the global one.
  const fetch: Fetch = (url, init) => (options.fetch ?? globalThis.fetch)(url, init);
  const choice = new Choice(options.world ?? platform(socket), fetch, told, failed);
  return { ...options, world: choice.world };
}

/** A platform without WebSocket is like a network without. */
const Missing = class {
  constructor() {
    throw new TypeError('there is no WebSocket');
  }
} as unknown as Socket;

/** Chooses for each attempt to connect. */
class Choice {
  readonly world: World;
  #platform: World;
  #fetch: Fetch;
  #told: (by: Carrier) => void;
  #refused: Failed;
  /** Where WebSocket has failed, and how often, since one was good. */
  #failed = new Set<string>();
  #failures = 0;
  #probeMs = PROBE_MS_FIRST;
  /** A WebSocket has opened beside the events: it is tried next. */
  #isProbed = false;
  /** Tries it now, if events carry the connection. */
  #probe = () => {};

  constructor(platform: World, fetch: Fetch, told: (by: Carrier) => void, refused: Failed) {
    this.#platform = platform;
    this.#fetch = fetch;
    this.#told = told;
    this.#refused = refused;
    this.world = {
      ...platform,
      open: (url, listener) => this.#open(url, listener),
      watch: (awake) =>
        platform.watch(() => {
          this.#probe();
          awake();
        }),
    };
  }

  #open(url: string, listener: Listener): Transport {
    const isBlocked = this.#failures >= FAILURES_MAX && this.#failed.has(url) && !this.#isProbed;
    this.#isProbed = false;
    return isBlocked ? this.#openEvents(url, listener) : this.#openSocket(url, listener);
  }

  #openSocket(url: string, listener: Listener): Transport {
    const failed = () => {
      if (globalThis.navigator?.onLine === false) return;
      this.#failures++;
      this.#failed.add(url);
    };
    const good = () => {
      this.#forget();
      this.#probeMs = PROBE_MS_FIRST;
      this.#told('websocket');
    };
    try {
      return watched(listener, good, failed, (watching) => this.#platform.open(url, watching));
    } catch (error) {
      failed();
      throw error;
    }
  }

  #openEvents(url: string, listener: Listener): Transport {
    let stop = () => {};
    const good = () => {
      this.#told('events');
      stop = this.#probeLater(url, () => {
        this.#isProbed = true;
        void transport.close();
        listener.closed();
      });
    };
    // Neither can be had: it is the network, or the gateways.
    const failed = () => this.#forget();
    const refused = (error: ImqError) => this.#refused(url, error);
    const start = (watching: Listener) =>
      new Events(this.#platform, this.#fetch, url, watching, refused);
    const transport = watched(listener, good, failed, start, () => stop());
    return transport;
  }

  #forget(): void {
    this.#failed.clear();
    this.#failures = 0;
  }

  /** Tries WebSocket from time to time until one opens; the answer ends that. */
  #probeLater(url: string, opened: () => void): () => void {
    const { timer, random } = this.#platform;
    let stop = () => {};
    const wait = () => {
      const cancel = timer(this.#probeMs * (1 - random() / 2), () => this.#probe());
      this.#probe = () => {
        cancel();
        this.#probe = () => {};
        this.#probeMs = Math.min(2 * this.#probeMs, PROBE_MS_MAX);
        attempt();
      };
      stop = cancel;
    };
    const attempt = () => {
      stop = tried(this.#platform, url, (isOpen) => (isOpen ? opened() : wait()));
    };
    wait();
    return () => {
      stop();
      this.#probe = () => {};
    };
  }
}

/** Tells whether anything comes of a transport, before its listener hears of it, and its end. */
function watched(
  listener: Listener,
  good: () => void,
  failed: () => void,
  start: (listener: Listener) => Transport,
  ended = () => {},
): Transport {
  let isGood: boolean | undefined;
  const end = () => {
    if (isGood === undefined) failed();
    isGood ??= false;
    ended();
  };
  const transport = start({
    opened: () => listener.opened(),
    frame(data) {
      if (isGood === undefined) good();
      isGood = true;
      listener.frame(data);
    },
    closed() {
      end();
      listener.closed();
    },
  });
  return {
    send: (frame) => transport.send(frame),
    close() {
      end();
      return transport.close();
    },
  };
}

/** Opens a WebSocket and closes it again, to see whether that can be done. */
function tried(world: World, url: string, done: (isOpen: boolean) => void): () => void {
  let stop = () => {};
  const decide = (isOpen: boolean) => {
    stop();
    done(isOpen);
  };
  const cancel = world.timer(PROBE_MS_OPEN, () => decide(false));
  stop = cancel;
  try {
    const transport = world.open(url, {
      opened: () => decide(true),
      frame() {},
      closed: () => decide(false),
    });
    stop = () => {
      cancel();
      void transport.close();
    };
  } catch {
    decide(false);
  }
  return () => stop();
}
