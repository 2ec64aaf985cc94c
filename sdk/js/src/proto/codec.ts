/** Envelopes in protobuf: docs/protocol.md, sections 1 and 6. */

import { isNumber, textOf } from '../json.js';
import type { Codec } from '../machine/wire.js';
import { SCHEMA, type Field } from './schema.js';

/** The subprotocol of WebSocket. */
export const PROTO_PROTOCOL = 'imq.proto.v1';

type Fields = Record<string, unknown>;

/** How a field is written (protobuf's wire types). */
const VARINT = 0;
const BYTES = 2;
/** Of `op_id`, the first field of each operation. */
const OP_ID_KEY = 1 << 3;

const utf8 = new TextEncoder();

export const proto: Codec = {
  encode: (kind, body) => framed(message('C2g', { [kind]: body })),

  /** The frame is that of an operation without an id: length, key, length, body. */
  number(frame, opId) {
    const reader = new Reader(frame as Uint8Array);
    reader.varint();
    const key = reader.varint();
    const body = reader.bytes();
    const id = [OP_ID_KEY, ...varint(opId)];
    return framed([...varint(key), ...varint(id.length + body.length), ...id, ...body]);
  },

  size: (frame) => frame.length,

  decode(data) {
    if (!(data instanceof ArrayBuffer)) throw new TypeError('a text is no frame');
    const reader = new Reader(new Uint8Array(data));
    const envelopes: [string, unknown][] = [];
    while (!reader.isAtEnd) {
      const body = reader.message('G2c');
      // A kind of a later version is none of ours.
      envelopes.push(...Object.entries(body).slice(0, 1));
    }
    return envelopes;
  },
};

function framed(envelope: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...varint(envelope.length), ...envelope]);
}

/** The bytes of a message: fields that are at their default are left out. */
function message(name: string, fields: Fields): number[] {
  const written: number[] = [];
  for (const field of SCHEMA[name]!) {
    const value = fields[field.name];
    if (value === undefined && !('vV'.includes(field.type) && field.name in fields)) continue;
    for (const one of field.isList ? (value as unknown[]) : [value]) put(written, field, one);
  }
  return written;
}

function put(written: number[], { no, name, type, isList }: Field, value: unknown): void {
  const isNumeric = 'uUib'.includes(type);
  if (isNumeric && type !== 'b' && !isNumber(name, value as number)) {
    throw new RangeError(`${name} can't be ${value}`);
  }
  if (!isList && 'usb'.includes(type) && !value) return;
  if (type === 'm') {
    for (const [key, mark] of Object.entries(value as object)) {
      const pair = message('Pair', { key, mark });
      append(written, [...varint(no * 8 + BYTES), ...varint(pair.length), ...pair]);
    }
  } else if (isNumeric) {
    append(written, [...varint(no * 8 + VARINT), ...varint(Number(value))]);
  } else {
    const bytes = bytesOf(name, type, value);
    if (type === 'V' && !bytes.length) return;
    append(written, varint(no * 8 + BYTES));
    append(written, varint(bytes.length));
    append(written, bytes);
  }
}

function bytesOf(name: string, type: string, value: unknown): ArrayLike<number> {
  if (type === 's') return utf8.encode(value as string);
  if (type !== 'v' && type !== 'V') return message(type, value as Fields);
  if (value === undefined) throw new TypeError(`${name} is undefined; for nothing send null`);
  return value instanceof Uint8Array ? value : utf8.encode(textOf(value));
}

function append(written: number[], bytes: ArrayLike<number>): void {
  for (let at = 0; at < bytes.length; at++) written.push(bytes[at]!);
}

/** Seven bits a byte, the lowest first; negative numbers as 64 bits. */
function varint(number: number): number[] {
  if (number < 0) return bigVarint(BigInt.asUintN(64, BigInt(number)));
  const bytes: number[] = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
  return [...bytes, number];
}

function bigVarint(number: bigint): number[] {
  const bytes: number[] = [];
  for (; number > 127n; number >>= 7n) bytes.push(Number(number & 127n) + 128);
  return [...bytes, Number(number)];
}

/** Reads what a gateway sent; throws at what is none of that. */
class Reader {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let number = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      number += (byte % 128) * scale;
      if (byte < 128) return number;
    }
    throw new RangeError('a number has no end');
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('a field has no end');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  message(name: string): Fields {
    return new Reader(this.bytes()).#fields(name);
  }

  #fields(name: string): Fields {
    const schema = SCHEMA[name]!;
    const fields: Fields = {};
    while (!this.isAtEnd) {
      const key = this.varint();
      const field = schema[Math.floor(key / 8) - 1];
      if (field?.type) this.#field(fields, field);
      else this.#skip(key % 8);
    }
    return withDefaults(name, fields);
  }

  #field(fields: Fields, { name, type, isList }: Field): void {
    if (type === 'm') {
      const { key = '', mark = 0 } = this.message('Pair') as { key?: string; mark?: number };
      Object.assign((fields[name] ??= {}) as object, { [key]: mark });
      return;
    }
    const value = this.#value(type);
    if (isList) ((fields[name] ??= []) as unknown[]).push(value);
    else fields[name] = value;
  }

  #value(type: string): unknown {
    if (type === 'u') return this.varint();
    if (type === 'b') return this.varint() !== 0;
    if (type === 'k') return this.varint() === 1 ? 'state' : 'message';
    if (type === 's') return textIn(this.bytes());
    if (type === 'v') return valueIn(this.bytes());
    return this.message(type);
  }

  #skip(wire: number): void {
    if (wire === VARINT) this.varint();
    else if (wire === BYTES) this.bytes();
    else if (wire === 1 || wire === 5) this.#at += wire === 1 ? 8 : 4;
    else throw new RangeError('a field of an unknown form');
  }
}

function textIn(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** JSON, or else the bytes: what sender and receiver mean is not on the wire. */
function valueIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textIn(bytes));
  } catch {
    return bytes.slice();
  }
}

/** What a gateway leaves out in protobuf, but not in JSON. */
function withDefaults(name: string, fields: Fields): Fields {
  const nothing = new Uint8Array();
  if (name === 'Message') return { payload: nothing, seq: 0, ...fields };
  if (name === 'Entry') return { value: nothing, version: 0, ...fields };
  if (name === 'StateChange') return { version: 0, ...fields };
  if (name === 'MountWord') return { kind: 'message', ...fields };
  if (name !== 'Mount') return fields;
  return fields.kind === 'state' ? { entries: [], ...fields } : { kind: 'message', ...fields };
}
