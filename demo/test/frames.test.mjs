import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Frames, frameBytes, isNoise, KEPT, kindOf, tapped, tappedFetch } from '../src/frames.js';

test('a frame is as long as it is on the wire', () => {
  assert.equal(frameBytes(0, false), 2);
  assert.equal(frameBytes(125, true), 125 + 6);
  assert.equal(frameBytes(126, false), 126 + 4);
  assert.equal(frameBytes(65_536, true), 65_536 + 14);
});

test('the newest are kept, of each connection apart', () => {
  const frames = new Frames();
  for (let n = 0; n < KEPT + 5; n++) frames.add(n % 2 ? 'ann' : 'bo', false, `${n}`, n);
  const all = frames.newest(Infinity, () => true);
  assert.equal(all.length, KEPT);
  assert.equal(all[0].text, `${KEPT + 4}`);
  assert.equal(all.at(-1).text, '5');
  const ann = frames.newest(2, ({ of }) => of === 'ann');
  assert.deepEqual(ann.map(({ text }) => text), [`${KEPT + 3}`, `${KEPT + 1}`]);
  assert.equal(frames.totals.get('ann').frames + frames.totals.get('bo').frames, KEPT + 5);
});

test('bytes are counted, not letters, and long texts are cut', () => {
  const frames = new Frames();
  frames.add('ann', true, 'ä'.repeat(5_000), 0);
  const [frame] = frames.newest(1, () => true);
  assert.equal(frame.bytes, 10_000 + 8);
  assert.equal(frame.text.length, 4_000);
  assert.equal(frame.cut, true);
});

test('a message is called by its kind', () => {
  assert.equal(kindOf('{"ping":{"nonce":1}}'), 'ping');
  assert.equal(kindOf('[{"message":{"payload":{"a":1}}},{"message":{}}]'), '2 × message');
  assert.equal(kindOf('?!'), '?');
  assert.ok(isNoise('{"pong":{"nonce":1}}') && isNoise('{"state":{"mount":"cursors"}}'));
  assert.ok(!isNoise('{"message":{"payload":"ping"}}'));
});

test('a tapped socket is like the other, and tells', () => {
  class Socket extends EventTarget {
    sent = [];
    constructor(url) {
      super();
      this.url = url;
    }
    send(data) {
      this.sent.push(data);
    }
  }
  const told = [];
  const Tapped = tapped(Socket, (...frame) => told.push(frame));
  const socket = new Tapped('ws://here/', 'imq.json.v1');
  socket.send('out');
  socket.dispatchEvent(Object.assign(new Event('message'), { data: 'in' }));
  assert.deepEqual(socket.sent, ['out']);
  assert.deepEqual(told, [[true, 'out', 'ws://here/'], [false, 'in', 'ws://here/']]);
});

test('what has no body is passed on as it is', async () => {
  const taken = new Response(null, { status: 204 });
  const fetch = async () => taken;
  assert.equal(await tappedFetch(fetch, () => {})('http://here/', { body: '' }), taken);
});

test('requests in the place of a socket are told, and unchanged', async () => {
  const told = [];
  const body = 'data:{"connection":"c"}\n\n:\n\ndata:{"pi\ndata:ng":1}\n\n';
  const fetch = async () => new Response(body, { status: 200, headers: { 'retry-after': '1' } });
  const response = await tappedFetch(fetch, (...frame) => told.push(frame))('http://here/', { body: 'out' });
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal(await response.text(), body);
  assert.deepEqual(told, [
    [true, 'out', 'http://here/'],
    [false, '{"connection":"c"}', 'http://here/'],
    [false, '{"pi\nng":1}', 'http://here/'],
  ]);
});
