// As much of protobuf as the scenarios need: the fields below, by hand from docs/protocol.md.

// A list is repeated, an object is a message of these fields, 'marks' a map from text to numbers.
const SEEN = { queue: [1, 'text'], epoch: [2, 'number'], marks: [3, 'marks'] };
const RESUME = { session_id: [1, 'text'], secret: [2, 'text'], seen: [3, [SEEN]] };

const BODIES_OUT = {
  connect: [1, {
    protocol: [1, 'number'], user: [3, 'text'], client_name: [4, 'text'], resume: [6, RESUME],
  }],
  subscribe: [3, { op_id: [1, 'number'], queue: [2, 'text'] }],
  send_message: [5, {
    op_id: [1, 'number'], queue: [2, 'text'], mount: [3, 'text'], payload: [4, 'bytes'],
  }],
  ping: [12, { nonce: [1, 'number'] }],
  pong: [13, { nonce: [1, 'number'] }],
  bye: [14, {}],
};

const BODIES_IN = {
  1: ['welcome', {
    1: ['session_id', 'text'], 2: ['secret', 'text'], 3: ['user', 'text'],
    4: ['generation', 'number'], 5: ['resumed', 'bool'], 7: ['gateway', 'text'],
    9: ['expires_in_ms', 'number'],
  }],
  2: ['result', {
    1: ['op_id', 'number'], 2: ['status', 'number'], 3: ['error_message', 'text'],
    6: ['seq', 'number'], 12: ['expires_in_ms', 'number'],
  }],
  3: ['subscribed', {
    1: ['sub', 'number'], 2: ['queue', 'text'], 3: ['epoch', 'number'], 4: ['marks', 'marks'],
    8: ['recovered', 'bool'], 9: ['gap', 'bool'],
  }],
  4: ['unsubscribed', { 1: ['sub', 'number'], 2: ['queue', 'text'], 3: ['reason', 'text'] }],
  5: ['message', {
    1: ['sub', 'number'], 2: ['mount', 'text'], 3: ['seq', 'number'], 4: ['from', 'text'],
    5: ['payload', 'bytes'],
  }],
  7: ['joined', { 1: ['sub', 'number'], 3: ['seq', 'number'] }],
  8: ['left', { 1: ['sub', 'number'], 3: ['seq', 'number'] }],
  12: ['closing', { 1: ['code', 'number'], 2: ['reason', 'text'], 3: ['may_retry', 'bool'] }],
  13: ['ping', { 1: ['nonce', 'number'] }],
  14: ['pong', { 1: ['nonce', 'number'] }],
};

const DEFAULTS = { number: 0, text: '', bytes: Buffer.alloc(0), bool: false, marks: {} };

function varint(number) {
  const bytes = [];
  let left = BigInt(number);
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  bytes.push(Number(left));
  return Buffer.from(bytes);
}

/** A length-delimited field. */
function delimited(number, bytes) {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** One field of a message, in bytes. */
function encodeField(number, kind, value) {
  if (Array.isArray(kind)) {
    return Buffer.concat(value.map((part) => encodeField(number, kind[0], part)));
  }
  if (kind === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  if (kind === 'marks') {
    return Buffer.concat(Object.entries(value).map(([mount, mark]) => delimited(
      number, encodeFields({ mount: [1, 'text'], mark: [2, 'number'] }, { mount, mark }))));
  }
  return delimited(number, typeof kind === 'object' ? encodeFields(kind, value)
    : Buffer.from(value));
}

function encodeFields(known, fields) {
  return Buffer.concat(Object.entries(fields).map(
    ([field, value]) => encodeField(...known[field], value)));
}

/** One frame with the body `name`. */
export function encode(name, fields) {
  const [number, known] = BODIES_OUT[name];
  const envelope = delimited(number, encodeFields(known, fields));
  return Buffer.concat([varint(envelope.length), envelope]);
}

/** Reads a varint at `at`: its value and where it ends, or null if it isn't whole. */
function readVarint(data, at) {
  let value = 0n;
  for (let index = 0; index < 10 && at + index < data.length; index += 1) {
    const byte = data[at + index];
    value |= BigInt(byte & 127) << BigInt(7 * index);
    if (byte < 128) return { value: Number(value), end: at + index + 1 };
  }
  return null;
}

/** The fields of a message: number and value, which is a number or bytes. */
function* fieldsOf(data) {
  for (let at = 0; at < data.length;) {
    const tag = readVarint(data, at);
    const value = readVarint(data, tag.end);
    const number = tag.value >> 3;
    const kind = tag.value & 7;
    if (kind === 0) {
      yield [number, value.value];
      at = value.end;
    } else if (kind === 2) {
      at = value.end + value.value;
      yield [number, data.subarray(value.end, at)];
    } else {
      throw new Error(`wire type ${kind} isn't in the schemas`);
    }
  }
}

function decodeBody(data, known) {
  const body = {};
  for (const [name, kind] of Object.values(known)) body[name] = DEFAULTS[kind];
  for (const [number, value] of fieldsOf(data)) {
    if (!(number in known)) continue;
    const [name, kind] = known[number];
    if (kind === 'text') body[name] = value.toString();
    else if (kind === 'marks') body[name] = { ...body[name], ...markOf(value) };
    else body[name] = kind === 'bool' ? value !== 0 : value;
  }
  return body;
}

/** One entry of a map of marks. */
function markOf(data) {
  const entry = decodeBody(data, { 1: ['mount', 'text'], 2: ['mark', 'number'] });
  return { [entry.mount]: entry.mark };
}

/** The first frame of `data` and what follows it, or null if it isn't whole. */
export function decode(data) {
  const length = readVarint(data, 0);
  if (!length || data.length < length.end + length.value) return null;
  const end = length.end + length.value;
  const [[number, body]] = [...fieldsOf(data.subarray(length.end, end))];
  const [name, known] = BODIES_IN[number] ?? [`body ${number}`, {}];
  return { item: { name, body: decodeBody(body, known) }, rest: data.subarray(end) };
}
