// Scenarios, and the lines that say what came of them.

import { isDeepStrictEqual, inspect } from 'node:util';
import { randomBytes } from 'node:crypto';

export const WAIT_MS = 10_000;

const scenarios = [];

/** Adds a scenario: a function that gets the world and fails by throwing. */
export function scenario(sentence, run) {
  scenarios.push({ sentence, run });
}

/** Fails with `why` unless `holds`. */
export function check(holds, why) {
  if (!holds) throw new Error(why);
}

/** Fails unless two values are equal. */
export function same(got, wanted, what) {
  const show = (value) => inspect(value, { breakLength: Infinity });
  check(isDeepStrictEqual(got, wanted), `${what}: ${show(got)} instead of ${show(wanted)}`);
}

/** `promise`, or a failure when it takes too long. */
export function inTime(promise, what, waitMs = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${waitMs} ms`)), waitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The cluster as one run sees it: its addresses, and names that nobody else uses. */
export class World {
  #run = randomBytes(4).toString('hex');
  #count = 0;
  #open = [];

  constructor({ ws, rpc, rpcKey }) {
    this.ws = ws;
    this.rpc = rpc;
    this.rpcKey = rpcKey;
  }

  /** A name of this run alone. */
  name(word) {
    this.#count += 1;
    return `${word}-${this.#run}-${String(this.#count).padStart(4, '0')}`;
  }

  /** The name of a fresh queue of the class `/room/*`. */
  room() {
    return `/room/${this.name('node')}`;
  }

  /** Sees to it that `connection` is closed when the scenario ends. */
  keep(connection) {
    this.#open.push(connection);
    return connection;
  }

  /** Closes what the scenario left open. */
  clear() {
    for (const connection of this.#open.splice(0)) connection.terminate();
  }
}

/** Runs all scenarios and prints a line for each; whether all passed. */
export async function run(world) {
  let passed = 0;
  let failed = 0;
  for (const { sentence, run: scenarioRun } of scenarios) {
    try {
      const note = await inTime(scenarioRun(world), 'the scenario', 60_000);
      passed += 1;
      console.log(`ok ${sentence}${note ? ` (${note})` : ''}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${sentence}: ${error.message}`);
      console.error(error);
    } finally {
      world.clear();
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
