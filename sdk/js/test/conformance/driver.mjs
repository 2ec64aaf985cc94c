// The machine under a script of sdk/conformance.

import { json } from '../../dist/json.js';
import { Machine } from '../../dist/machine/machine.js';
import { Outbox } from '../../dist/machine/outbox.js';
import { told } from './told.mjs';

export const INPUTS = [
  'connected',
  'disconnected',
  'receive',
  'undecodable',
  'token',
  'command',
  'stood_still',
];

const KINDS = [
  'subscribe',
  'unsubscribe',
  'send_message',
  'send_state',
  'get_state',
  'get_history',
  'list_members',
];

export class Driver {
  #machine;
  #now = 0;
  #done = nothing();
  #isOpen = false;
  #clientId;
  /** What each command was, by its number. */
  #kinds = new Map();

  constructor(settings = {}, Client = Machine) {
    const { user = 'alice', renews = false, given = false } = settings;
    this.#machine = new Client({
      codec: json,
      random: () => 0.5,
      id: '0123456789abcdef',
      user: renews ? undefined : user,
      renews,
      given,
    });
  }

  /** Runs the timers that are due by this time, or none: a process that stands still runs none. */
  passTo(at, standsStill) {
    while (!standsStill && this.#machine.wakeAt <= at) {
      this.#now = Math.max(this.#now, this.#machine.wakeAt);
      this.#handle({ type: 'wake' });
    }
    this.#now = at;
  }

  /** Does what happens in a step. */
  input(step) {
    const inputs = INPUTS.filter((input) => input in step);
    if (inputs.length > 1) throw new Error(`more than one input in ${JSON.stringify(step)}`);
    switch (inputs[0]) {
      case 'connected':
        this.#isOpen = true;
        return this.#handle({ type: 'opened' });
      case 'disconnected':
        this.#isOpen = false;
        return this.#handle({ type: 'closed' });
      case 'receive':
        return this.#handle({ type: 'frame', data: JSON.stringify(step.receive) });
      case 'undecodable':
        return this.#handle({ type: 'frame', data: '{' });
      case 'token':
        this.#handle({ type: 'token', token: step.token ?? undefined });
        // Without a token there is no transport.
        if (step.token === null && !this.#isOpen) this.#handle({ type: 'closed' });
        return undefined;
      case 'command':
        return this.#command(step);
      case 'stood_still':
        this.#handle({ type: 'awake' });
        return this.#handle({ type: 'wake' });
    }
  }

  /** What the client has done since this was asked last. */
  takeDone() {
    const done = this.#done;
    this.#done = nothing();
    return done;
  }

  #command(step) {
    const ticket = step.command;
    if ('close' in step) return this.#handle({ type: 'command', ticket, kind: 'close', body: {} });
    const kind = KINDS.find((kind) => kind in step);
    this.#kinds.set(ticket, kind);
    this.#handle({ type: 'command', ticket, kind, body: given(step[kind]) });
  }

  #handle(input) {
    const out = new Outbox();
    this.#machine.handle(this.#now, input, out);
    for (const frame of out.frames) this.#done.sends.push(this.#withoutChance(JSON.parse(frame)));
    for (const event of out.events) this.#done.events.push(told(event, this.#kinds));
    if (out.wantsToken) this.#done.wants_token = true;
    if (out.transport === 'stop') {
      this.#done.stop = true;
    } else if (out.transport) {
      const { at, address } = out.transport;
      this.#isOpen = false;
      this.#done.dial = { in_ms: [at - this.#now, at - this.#now], address };
    }
  }

  /** Takes out what scripts leave out. */
  #withoutChance(envelope) {
    if (envelope.ping) delete envelope.ping.nonce;
    if (envelope.connect) {
      const { client_id: id } = envelope.connect;
      if (!(id?.length >= 16)) throw new Error(`${id} has less than 64 bits`);
      if (this.#clientId && this.#clientId !== id) throw new Error('the client has another id');
      this.#clientId = id;
      delete envelope.connect.client_id;
    }
    return envelope;
  }
}

/** The fields as an application gives them: bytes that are no JSON are `Uint8Array`s. */
function given(fields) {
  const each = Object.entries(fields).map(([name, field]) => {
    if (name === 'changes') return [name, field.map(given)];
    if (!name.endsWith('_base64')) return [name, field];
    return [name.slice(0, -7), Uint8Array.from(Buffer.from(field, 'base64'))];
  });
  return Object.fromEntries(each);
}

function nothing() {
  return { sends: [], events: [] };
}
