// Random scripts: whatever a gateway says and an application asks, each command is answered once,
// and no message is sent twice but in one session under one id.

import assert from 'node:assert/strict';
import test from 'node:test';
import { json } from '../dist/json.js';
import { Machine } from '../dist/machine/machine.js';
import { Outbox } from '../dist/machine/outbox.js';

const SEEDS = process.env.IMQ_TEST_SEED
  ? [Number(process.env.IMQ_TEST_SEED)]
  : Array.from({ length: 300 }, (_, seed) => seed);

test('every command is answered once', () => {
  let [sent, resent] = [0, 0];
  for (const seed of SEEDS) {
    const storm = new Storm(seed);
    for (let step = 0; step < 200; step++) storm.blow();
    storm.calm();
    sent += storm.sent.size;
    resent += storm.resent;
  }
  const isStorm = SEEDS.length === 1 || (sent > 1_000 && resent > 100);
  assert.ok(isStorm, `a storm in a teacup: ${sent} sent, ${resent} resent`);
});

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Storm {
  /** The session and the id under which each ticket's message was sent. */
  sent = new Map();
  resent = 0;
  #seed;
  #random;
  #machine;
  #now = 0;
  #session = '';
  #stage = 'down';
  #newestId = 0;
  /** How often each ticket was answered. */
  #answers = new Map();
  #script = [];

  constructor(seed) {
    this.#seed = seed;
    this.#random = chance(seed);
    const id = '0123456789abcdef';
    this.#machine = new Machine({ codec: json, random: this.#random, id, renews: true });
  }

  blow() {
    this.#now += this.#one([0, 1, 200, 5_000]);
    const dice = this.#upTo(24);
    if (this.#stage === 'down' && this.#upTo(1)) {
      this.#stage = 'greeting';
      this.#say({ type: 'opened' });
    } else if (this.#stage === 'greeting' && this.#upTo(3)) {
      this.#stage = 'up';
      this.#session = `s${this.#upTo(1)}`;
      const fields = { session_id: this.#session, resumed: !!this.#upTo(1), expires_in_ms: 60_000 };
      this.#hear({ welcome: fields });
    } else if (dice === 0) {
      this.#stage = 'down';
      this.#say({ type: 'closed' });
    } else if (dice < 4) {
      // Timers may be late.
      this.#say({ type: 'wake' });
    } else if (dice < 16) {
      this.#hear(this.#envelope(dice));
    } else if (dice < 23) {
      this.#command(dice);
    } else {
      this.#say(this.#one([{ type: 'awake' }, { type: 'token', token: 't' }, { type: 'token' }]));
    }
  }

  /** Says goodbye: now every command has its answer. */
  calm() {
    this.#say({ type: 'command', ticket: 0, kind: 'close', body: {} });
    for (const [ticket, count] of this.#answers) assert.equal(count, 1, this.#told(ticket));
  }

  #upTo(max) {
    return Math.floor(this.#random() * (max + 1));
  }

  #one(items) {
    return items[this.#upTo(items.length - 1)];
  }

  /** What a gateway may say, likely or not. */
  #envelope(dice) {
    const [queue, sub, seq] = [this.#one(['/a', '/b', '/c']), this.#upTo(2), this.#upTo(40)];
    const may_retry = !!this.#upTo(1);
    if (dice < 8) {
      const op_id = Math.max(this.#newestId + 1 - this.#upTo(6), 0);
      return { result: { op_id, status: this.#one([0, 0, 0, 14, 5, 2]), may_retry } };
    }
    if (dice < 11) {
      const marks = { chat: seq, members: seq };
      return { subscribed: { sub, queue, epoch: 9 + this.#upTo(1), marks } };
    }
    if (dice === 11) return { unsubscribed: { queue, may_retry } };
    if (dice === 12) return { message: { sub, mount: 'chat', seq, payload: 1 } };
    if (dice === 13) return { state: { sub, mount: 'scores', seq } };
    if (dice === 14) return { gap: { sub, mount: 'chat', before_seq: 50 } };
    if (may_retry) return { mount_deleted: { sub, mount: 'chat', seq } };
    return { closing: { code: 3001 + (seq % 4), may_retry: true } };
  }

  #command(dice) {
    const ticket = this.#answers.size + 1;
    const queue = this.#one(['/a', '/b', '/c']);
    this.#answers.set(ticket, 0);
    const command = { type: 'command', ticket };
    if (dice < 19) this.#say({ ...command, kind: 'subscribe', body: { queue } });
    else if (dice === 19) this.#say({ ...command, kind: 'unsubscribe', body: { queue } });
    else if (dice === 20) this.#say({ ...command, kind: 'call', body: { payload: ticket } });
    else {
      const body = { queue, mount: 'chat', payload: ticket };
      this.#say({ ...command, kind: 'send_message', body });
    }
  }

  #hear(envelope) {
    this.#say({ type: 'frame', data: JSON.stringify(envelope) });
  }

  #say(input) {
    const out = new Outbox();
    this.#machine.handle(this.#now, input, out);
    this.#script.push(`${this.#now} ${JSON.stringify(input)}\n    ${JSON.stringify(out)}`);
    for (const { type, ticket } of out.events) {
      if (type === 'answer' && ticket) this.#answers.set(ticket, this.#answers.get(ticket) + 1);
    }
    for (const frame of out.frames) this.#sends(JSON.parse(frame));
    if (out.transport && input.type !== 'awake') this.#stage = 'down';
  }

  #sends({ send_message, call, ...other }) {
    const [operation = {}] = Object.values(other);
    const message = send_message ?? call ?? operation;
    this.#newestId = Math.max(this.#newestId, message.op_id ?? 0);
    if (!send_message && !call) return;
    const ticket = message.payload;
    const now = `${this.#session} ${message.op_id}`;
    assert.equal(this.#answers.get(ticket), 0, `answered and sent, ${this.#told(ticket)}`);
    if (!this.sent.has(ticket)) {
      this.sent.set(ticket, now);
    } else {
      assert.equal(this.sent.get(ticket), now, this.#told(ticket));
      this.resent++;
    }
  }

  #told(ticket) {
    return `command ${ticket}, seed ${this.#seed}:\n${this.#script.join('\n')}`;
  }
}
