// A live map under a script of sdk/conformance/views.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { comesBack, inRoom } from '../fake/client.mjs';
import { settled } from '../fake/world.mjs';

const FOLDER = new URL('../../../conformance/views/', import.meta.url);
const INPUTS = ['write', 'confirm', 'refuse', 'receive', 'lost', 'back'];
/** What they are if they aren't in a step. */
const OUTPUTS = { told: [], answers: {}, versions: {}, shows: undefined };

/** All scripts, by name. */
export function views() {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();
  return names.map((name) => {
    return { name, script: JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) };
  });
}

/** Steps through a script; fails where the map does something else. */
export async function check({ name, script }) {
  const { key_prefix: keyPrefix } = script.options ?? {};
  const mounts = [{ name: 'scores', kind: 'state', entries: script.entries }];
  const bench = new Bench(await inRoom({ mounts }, { keyPrefix }));
  for (const [index, step] of script.steps.entries()) {
    checkWords(step);
    await bench.input(step);
    const wanted = Object.entries(OUTPUTS).map(([output, absent]) => [output, step[output] ?? absent]);
    const did = bench.takeDone(step);
    const { told, ...others } = Object.fromEntries(wanted);
    assert.deepEqual(did, { told: told.sort(byKey), ...others }, `${name}, step ${index + 1}`);
  }
}

class Bench {
  #world;
  #map;
  #told = [];
  #answers = {};
  /** The writes that were sent, by their numbers, and those that weren't yet. */
  #opIds = new Map();
  #unsent = [];
  #isLost = false;

  constructor({ world, room }) {
    this.#world = world;
    this.#map = room.state('scores');
    this.#map.on('change', (change) => this.#told.push(told(change)));
  }

  /** Does what happens in a step. */
  async input(step) {
    const { socket } = this.#world;
    if ('write' in step) this.#write(step.write, step.changes);
    if ('confirm' in step) {
      socket.says({ result: { op_id: this.#opIds.get(step.confirm), status: 0, seq: step.seq } });
    }
    if ('refuse' in step) socket.says({ result: { op_id: this.#opIds.get(step.refuse), status: 9 } });
    if ('receive' in step) socket.says(step.receive);
    if ('lost' in step) {
      socket.drops();
      this.#isLost = true;
    }
    if ('back' in step) await this.#comeBack(step.back.resumed);
    await settled();
    this.#seeSent();
    await settled();
  }

  /** What the map shows, and what has come of it since this was asked last. */
  takeDone({ versions = {} }) {
    const told = this.#told.splice(0).sort(byKey);
    const answers = this.#answers;
    this.#answers = {};
    const version = (key) => [key, this.#map.version(key)];
    const known = Object.fromEntries(Object.keys(versions).map(version));
    return { told, answers, versions: known, shows: Object.fromEntries(this.#map) };
  }

  #write(number, changes) {
    this.#unsent.push(number);
    const answered = (answer) => (this.#answers[number] = answer);
    this.#map.change(changes.map(camels)).then(answered, ({ code }) => answered(code));
  }

  async #comeBack(resumed) {
    const welcome = { resumed, session_id: resumed ? 's1' : 's2' };
    if (!this.#isLost) return comesBack(this.#world, welcome);
    await this.#world.pass(0);
    this.#world.socket.opens();
    this.#world.socket.welcomes(welcome);
  }

  #seeSent() {
    const { socket } = this.#world;
    for (const { subscribe, send_state: write } of socket.take()) {
      if (subscribe) socket.says({ result: { op_id: subscribe.op_id, status: 0 } });
      const isNew = write && ![...this.#opIds.values()].includes(write.op_id);
      if (isNew) this.#opIds.set(this.#unsent.shift(), write.op_id);
    }
  }
}

/** A word that is mistyped would show nothing. */
function checkWords(step) {
  const inputs = Object.keys(step).filter((word) => INPUTS.includes(word));
  const known = [...INPUTS, ...Object.keys(OUTPUTS)];
  const others = Object.keys(step).filter((word) => !known.includes(word));
  const wanted = { write: ['changes'], confirm: ['seq'] }[inputs[0]] ?? [];
  assert.ok(inputs.length <= 1, `inputs: ${inputs}`);
  assert.deepEqual(others, wanted);
}

function told({ key, value, old, isPending }) {
  const fields = { key, value, old, pending: isPending || undefined };
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
}

/** A change as an application of this library writes it. */
function camels({ if_version: ifVersion, ...change }) {
  return ifVersion === undefined ? change : { ...change, ifVersion };
}

/** Of one moment the keys may come in any order. */
function byKey(one, other) {
  return one.key < other.key ? -1 : Number(one.key > other.key);
}
