// When what a client does is what a script says.

import { isDeepStrictEqual } from 'node:util';

/** What is compared as it is: the application's values, and marks, whose names aren't fields. */
const AS_THEY_ARE = ['payload', 'value', 'set', 'marks'];
/** Fields that may be there with their default. */
const OPTIONAL = [
  'payload',
  'value',
  'set',
  'payload_base64',
  'value_base64',
  'set_base64',
  'add',
  'if_version',
  'member_count',
];

/** A value without fields at their default. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const said = Object.entries(value).filter(([name, field]) => !isDefault(name, field));
  const plainly = ([name, field]) => [name, AS_THEY_ARE.includes(name) ? field : plain(field)];
  return Object.fromEntries(said.map(plainly));
}

function isDefault(name, field) {
  if (field === undefined) return true;
  if (OPTIONAL.includes(name)) return false;
  if (Array.isArray(field)) return field.length === 0;
  if (typeof field === 'object' && field) return name === 'marks' && !Object.keys(field).length;
  return !field;
}

/** What the script says and what the client did, a line each, unless it is the same. */
export function difference(output, said, done) {
  const list = (value) => (value === undefined ? [] : [value].flat()).map(plain);
  const [wanted, did] = [list(said), list(done)];
  const isMet = (one, at) => isSame(output, one, did[at]);
  if (wanted.length === did.length && wanted.every(isMet)) return '';
  const lines = (sign, values) =>
    values.map((value) => `\n  ${sign} ${output} ${JSON.stringify(value)}`).join('');
  return lines('-', wanted) + lines('+', did);
}

function isSame(output, wanted, did) {
  if (output === 'dial') {
    const [from, to] = wanted.in_ms;
    const [at] = did.in_ms;
    return from <= at && at <= to && wanted.address === did.address;
  }
  if (typeof wanted !== 'object') return wanted === did;
  const rest = structuredClone(did);
  // Where the words are the client's own, the script doesn't have them.
  if (wanted.unsubscribed && !('reason' in wanted.unsubscribed)) delete rest.unsubscribed?.reason;
  if (!('status' in wanted)) delete rest.status;
  return isDeepStrictEqual(wanted, rest);
}
