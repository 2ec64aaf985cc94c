// The client over protobuf.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Imq as Core } from '../dist/core.js';
import { withFallback } from '../dist/fallback.js';
import { json } from '../dist/json.js';
import { proto } from '../dist/proto/codec.js';
import { Imq, withProto } from '../dist/proto.js';
import { settled, World } from './fake/world.mjs';

const path = new URL('../../../proto/testdata/frames.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const utf8 = (text) => new TextEncoder().encode(text);
const decode = (text) => proto.decode(unhex(text).buffer);

/** What an application has where JSON says `set_base64` and the like. */
function inward(fields) {
  if (Array.isArray(fields)) return fields.map(inward);
  if (typeof fields !== 'object' || fields === null) return fields;
  const entries = Object.entries(fields).map(([name, field]) => {
    const [, plain] = /^(payload|set|value)_base64$/.exec(name) ?? [];
    if (plain) return [plain, new Uint8Array(Buffer.from(field, 'base64'))];
    const isValue = /^(payload|set|value)$/.test(name);
    return [name, isValue ? field : inward(field)];
  });
  return Object.fromEntries(entries);
}

/** Without what is at its default, which protobuf leaves out. */
function bare(fields) {
  if (Array.isArray(fields)) return fields.map(bare);
  if (typeof fields !== 'object' || fields === null || fields instanceof Uint8Array) return fields;
  const isDefault = (name, field) => {
    if (name === 'member_count') return false;
    return field === 0 || field === false || field === '' || field?.length === 0;
  };
  const isValue = (name) => /^(payload|value|set)$/.test(name);
  const entries = Object.entries(fields).flatMap(([name, field]) => {
    if (isValue(name)) return [[name, field]];
    return isDefault(name, field) ? [] : [[name, bare(field)]];
  });
  return Object.fromEntries(entries);
}

for (const { name, json: envelope, frame } of golden) {
  const [[kind, fields]] = Object.entries(envelope);
  const body = inward(fields);
  // JavaScript knows no 1.50, which the text of this value has.
  if (body.payload?.at === 1.5) body.payload = utf8('{"text":"hello \\"you\\"","at":1.50}');
  if (name.startsWith('c2g')) {
    test(`${name} is written as ${frame.slice(0, 24)}…`, () => {
      const { op_id, ...rest } = body;
      const first = op_id === undefined ? body : { op_id: 0, ...rest };
      const written = proto.encode(kind, first);
      assert.equal(hex(op_id === undefined ? written : proto.number(written, op_id)), frame);
    });
  } else {
    test(`${name} is read from ${frame.slice(0, 24)}…`, () => {
      const [[read, word], ...more] = decode(frame);
      assert.deepEqual(more, []);
      assert.equal(read, kind);
      assert.deepEqual(bare(word), bare(body));
    });
    test(`${name} ${frame.slice(0, 24)}… has what the client takes for granted`, () => {
      const [[, word]] = decode(frame);
      const [[, other]] = json.decode(JSON.stringify(envelope));
      for (const field of ['payload', 'kind', 'mount']) {
        assert.equal(field in word, field in other, field);
      }
      const mounts = (of) => of.mounts?.map(({ kind, entries }) => [kind, !!entries]);
      assert.deepEqual(mounts(word), mounts(other));
    });
  }
}

test('several frames come in one message, and kinds of later versions are skipped', () => {
  const [ping, pong] = ['g2c.ping', 'g2c.pong'].map(
    (name) => golden.find((one) => one.name === name).frame,
  );
  // Field 99 of the envelope; and a known body with unknown fields of each form.
  const later = '03' + '9a0600';
  const more = '15' + '6a13' + '0807' + 'f80601' + 'fa0601ff' + 'f106' + '00'.repeat(8);
  const kinds = decode(ping + later + pong).map(([kind]) => kind);
  assert.deepEqual(kinds, ['ping', 'pong']);
  assert.deepEqual(decode(more), [['ping', { nonce: 7 }]]);
});

test('what is no frame is refused', () => {
  const cut = ['05', '0308ff', '02', '80', 'ff'.repeat(12)];
  for (const bytes of [...cut, `0b0a090a04${'ff'.repeat(7)}`, '026a0f']) {
    assert.throws(() => decode(bytes), undefined, bytes);
  }
  assert.throws(() => proto.decode('text'));
});

test('numbers are exact', () => {
  for (const nonce of [0, 127, 128, 2 ** 31, 2 ** 32, 2 ** 48 - 1, 2 ** 53 - 1]) {
    const frame = proto.encode('ping', { nonce });
    // `ping` has the same fields in both directions, under numbers 12 and 13.
    frame[1] += 8;
    assert.equal(proto.decode(frame.buffer)[0][1].nonce ?? 0, nonce);
  }
  const add = (number) => hex(proto.encode('send_state', { changes: [{ key: 'a', add: number }] }));
  assert.match(add(-1), /20ffffffffffffffffff01$/);
  assert.match(add(0), /2000$/);
  for (const wrong of [-1, 1.5, NaN, 2 ** 53]) {
    assert.throws(() => proto.encode('get_history', { before_seq: wrong }), RangeError);
  }
});

test('a value is JSON or bytes, as it was', () => {
  const back = (payload) => {
    const frame = proto.encode('call', { payload });
    // `payload` is field 4 of `call`, body 10, and field 5 of `result`, body 2.
    [frame[1], frame[3]] = [0x12, 0x2a];
    return proto.decode(frame.buffer)[0][1].payload;
  };
  for (const value of [null, 0, '', 'é', [1, { a: true }], '\ufeff', new Uint8Array([255, 0])]) {
    assert.deepEqual(back(value), value);
  }
  assert.throws(() => proto.encode('call', { payload: undefined }), TypeError);
  assert.throws(() => proto.encode('call', { payload: '\ud800' }), TypeError);
  assert.throws(() => proto.encode('call', { payload: 1n }), TypeError);
});

test('a client asks for protobuf, and speaks it', async () => {
  const sockets = [];
  class Socket {
    sent = [];
    constructor(url, protocol) {
      Object.assign(this, { url, protocol });
      sockets.push(this);
    }
    send(frame) {
      this.sent.push(frame);
    }
    close() {
      this.onclose();
    }
  }
  const imq = new Imq('ws://g1', { user: 'ann', WebSocket: Socket });
  while (!sockets.length) await settled();
  const [socket] = sockets;
  assert.equal(socket.protocol, 'imq.proto.v1');
  assert.equal(socket.binaryType, 'arraybuffer');
  socket.onopen();
  const welcome = golden.find(({ name }) => name === 'g2c.welcome');
  socket.onmessage({ data: unhex(welcome.frame).buffer });
  assert.equal(imq.status, 'up');
  void imq.call('buy', [1, 2, 3]).catch(() => {});
  const call = golden.find(({ name, json }) => name === 'c2g.call' && json.call.method === 'buy');
  assert.equal(hex(socket.sent.at(-1)).slice(10), call.frame.slice(10), 'but for the id');
  await imq.close();
});

test('the small entry takes it as a part; the fallback has none', async () => {
  const world = new World();
  const imq = new Core('ws://g1', withProto({ user: 'ann', world }));
  await world.pass(0);
  const sent = [];
  world.socket.send = (frame) => sent.push(frame);
  world.socket.opens();
  assert.ok(sent[0] instanceof Uint8Array);
  await imq.close();
  assert.throws(() => withFallback(withProto({ world })), /protobuf/);
});
