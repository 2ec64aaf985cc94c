/** Envelopes in JSON: docs/protocol.md, section 7. */

import { byteLength } from './machine/name.js';
import type { Codec } from './machine/wire.js';

/** The subprotocol of WebSocket. */
export const JSON_PROTOCOL = 'imq.json.v1';

/** What holds values, below an envelope of the gateway. */
const LISTS = ['mounts', 'entries', 'messages', 'changes'];

type Fields = Record<string, unknown>;

export const json: Codec = {
  encode(kind, body) {
    return textOf({ [kind]: outward(body as Fields) });
  },

  number(frame, opId) {
    return (frame as string).replace('"op_id":0', `"op_id":${opId}`);
  },

  size: byteLength as Codec['size'],

  decode(data) {
    const envelopes = [JSON.parse(data as string)].flat() as Fields[];
    return envelopes.map((envelope) => {
      const [kind, body] = Object.entries(envelope)[0]!;
      return [kind, inward(body as Fields)];
    });
  },
};

/** As JSON; throws for what gateways don't take for it. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value);
  // Well-formed text has only one reason to escape a surrogate: the other half is missing.
  if (text.includes('\\ud') && /\\ud[89a-f]/.test(text.replaceAll('\\\\', ''))) {
    throw new TypeError('a text holds half a surrogate pair');
  }
  return text;
}

/** The fields as they are written. A gateway closes for good where a number is none of its own. */
function outward(body: Fields): Fields {
  const written: Fields = {};
  for (const [name, field] of Object.entries(body)) {
    if (name === 'payload' || name === 'set') {
      if (field === undefined) throw new TypeError(`${name} is undefined; for nothing send null`);
      if (field instanceof Uint8Array) written[`${name}_base64`] = base64(field);
      else written[name] = field;
    } else if (name === 'changes') {
      written[name] = (field as Fields[]).map(outward);
    } else if (typeof field === 'number' && !isNumber(name, field)) {
      throw new RangeError(`${name} can't be ${field}`);
    } else {
      written[name] = field;
    }
  }
  return written;
}

export function isNumber(name: string, field: number): boolean {
  return Number.isSafeInteger(field) && (field >= 0 || name === 'add');
}

/** The fields as the client uses them: bytes are `Uint8Array`s. Throws if they are none. */
function inward(body: Fields): Fields {
  for (const name of ['payload', 'value']) {
    const text = body[`${name}_base64`];
    if (text !== undefined) body[name] = bytes(text as string);
  }
  for (const name of LISTS) (body[name] as Fields[] | undefined)?.forEach(inward);
  return body;
}

function base64(field: Uint8Array): string {
  return btoa(Array.from(field, (byte) => String.fromCharCode(byte)).join(''));
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
