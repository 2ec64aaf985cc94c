/** A user of this page: a client of its own, with the room. There is one for you and each guest. */

import { Imq } from 'imq-client';
import { tapped, tappedFetch } from './frames.js';
import { Witness } from './count.js';

export const ROOM = '/demo/table';

export class Seat {
  /** `tell` hears of everything that may change what is shown. */
  constructor(user, gateways, { frames, history = 0, tell }) {
    this.user = user;
    this.witness = new Witness();
    this.reason = '';
    this.gateway = '';
    this.tookMs = undefined;
    const names = new Map(gateways.flatMap(({ id, url }) => placesOf(url).map((at) => [at, id])));
    const tap = (out, data, url) => {
      if (!out) this.gateway = names.get(url) ?? '';
      frames.add(user, out, data, Date.now());
      tell();
    };
    const urls = gateways.map(({ url }) => url);
    this.imq = new Imq(urls, {
      user,
      clientName: 'imq-demo',
      // For the panel of what goes over the wire: an application needs neither.
      WebSocket: tapped(WebSocket, tap),
      fetch: tappedFetch((url, init) => fetch(url, init), tap),
    });
    this.imq.on('transport', tell);
    this.imq.on('status', ({ reason }) => {
      this.reason = reason;
      tell();
    });
    this.room = this.imq.room(ROOM);
    this.scores = this.room.state('scores');
    this.cursors = this.room.state('cursors');
    this.nodes = this.room.state('nodes');
    this.room.on('message', ({ mount, payload }) => {
      if (mount === 'count') this.witness.hear(payload);
    });
    this.room.on('gap', ({ mount }) => {
      if (mount === 'count') this.witness.gaps += 1;
    });
    this.subscribed = this.room.subscribe({ history });
    this.subscribed.catch((error) => {
      this.reason = error.message;
      tell();
    });
    this.pointer = new Pointer(this.cursors, user);
  }

  /** The gateway, and how it is reached if not by a WebSocket. */
  get way() {
    return `through ${this.gateway || '…'}${this.imq.transport === 'events' ? ', by requests' : ''}`;
  }

  /** What people see of the connection. */
  get status() {
    return this.imq.status;
  }

  async say(text) {
    const began = performance.now();
    await this.room.send('chat', { text });
    this.tookMs = performance.now() - began;
  }

  /** Rolls, tells everybody, and takes the points: they show here before the room has them. */
  async roll(random = Math.random) {
    const roll = [1, 2].map(() => 1 + Math.floor(random() * 6));
    const began = performance.now();
    const points = this.score(roll[0] + roll[1]);
    await this.room.send('chat', { roll });
    this.tookMs = performance.now() - began;
    await points;
  }

  score(points) {
    return this.scores.add(this.user, points);
  }

  close() {
    return this.imq.close();
  }
}

/** Where a gateway is spoken to: its WebSocket, and what takes its place where none can be had. */
function placesOf(url) {
  const http = url.replace('ws:', 'http:');
  return [url, http.replace(/ws$/, 'events'), http.replace(/ws$/, 'send')];
}

/** One write at a time: of those in between only the newest is ever sent. */
class Pointer {
  #cursors;
  #user;
  #next;
  #writes = false;

  constructor(cursors, user) {
    this.#cursors = cursors;
    this.#user = user;
  }

  move(x, y) {
    this.#next = [x, y].map((part) => Math.round(Math.min(Math.max(part, 0), 1) * 1000));
    if (!this.#writes) void this.#write();
  }

  async #write() {
    this.#writes = true;
    try {
      for (let place; (place = this.#next); ) {
        this.#next = undefined;
        await this.#cursors.set(this.#user, place, { whilePresent: true });
      }
    } catch {
      // The next move tries again.
    } finally {
      this.#writes = false;
    }
  }
}
