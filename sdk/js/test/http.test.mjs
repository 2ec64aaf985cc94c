// The fallback over real HTTP, with the platform's own `fetch` and WebSocket.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Imq } from '../dist/index.js';
import { next } from './server/events.mjs';
import { HttpDoor } from './server/door.mjs';

async function connected(t) {
  const door = await HttpDoor.open();
  const imq = new Imq(door.url, { user: 'ann' });
  t.after(async () => {
    await imq.close();
    door.close();
  });
  await imq.connected();
  return { door, imq };
}

test('where a network refuses WebSocket, a client speaks over HTTP', async (t) => {
  const { door, imq } = await connected(t);
  assert.equal(imq.transport, 'events');
  const words = Array.from({ length: 200 }, (_, at) => `é ${at}`);
  await Promise.all(words.map((word) => imq.room('/a').send('chat', word)));
  assert.deepEqual(door.frames.map(({ send_message }) => send_message.payload), words);
});

test('answers that are lost lose nothing, and nothing is said twice', async (t) => {
  const { door, imq } = await connected(t);
  door.losses = 2;
  const words = ['one', 'two', 'three'];
  await Promise.all(words.map((word) => imq.room('/a').send('chat', word)));
  await imq.room('/a').send('chat', 'four');
  const said = door.frames.map(({ send_message }) => send_message.payload);
  assert.deepEqual(said, [...words, 'four']);
});

test('a stream that breaks is begun anew, and the session goes on', async (t) => {
  const { door, imq } = await connected(t);
  const back = next(imq, 'status', ({ status }) => status === 'up');
  door.breaks();
  assert.equal((await back).resumed, true);
  assert.equal(await imq.room('/a').send('chat', 'hello'), 1);
  assert.equal(door.streams, 2);
});

test('goodbye is said', async (t) => {
  const { door, imq } = await connected(t);
  await imq.close();
  assert.deepEqual(door.frames, [{ bye: {} }]);
});
