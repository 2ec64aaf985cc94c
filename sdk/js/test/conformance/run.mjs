// Runs a script of sdk/conformance; its README says what scripts mean.

import { readdirSync, readFileSync } from 'node:fs';
import { Driver, INPUTS } from './driver.mjs';
import { difference } from './equal.mjs';

const FOLDER = new URL('../../../conformance/scripts/', import.meta.url);
const OUTPUTS = ['sends', 'events', 'dial', 'stop', 'wants_token'];

/** All scripts, by name. */
export function scripts() {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();
  return names.map((name) => {
    return { name, script: JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) };
  });
}

/** The first step at which the client does something else, and what; nothing: there is none. */
export function failure({ settings, steps }, Client) {
  const driver = new Driver(settings, Client);
  for (const [index, step] of steps.entries()) {
    checkWords(step);
    driver.passTo(step.at, 'stood_still' in step);
    driver.input(step);
    const did = driver.takeDone();
    const differences = OUTPUTS.map((output) => difference(output, step[output], did[output]));
    if (differences.join('') === '') continue;
    const input = INPUTS.find((input) => input in step) ?? 'time';
    const at = `step ${index + 1} (at ${step.at}: ${input}), script -, client +:`;
    return at + differences.join('');
  }
  return undefined;
}

/** A word that is mistyped would show nothing. */
function checkWords(step) {
  const known = ['at', ...INPUTS, ...OUTPUTS];
  const others = Object.keys(step).filter((word) => !known.includes(word));
  if (others.length !== ('command' in step ? 1 : 0)) throw new Error(`words: ${others}`);
}
