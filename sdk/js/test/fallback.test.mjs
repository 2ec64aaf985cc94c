// Networks that let no WebSocket through: events instead, and back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Imq as Core } from '../dist/core.js';
import { withFallback } from '../dist/fallback.js';
import { Imq } from '../dist/index.js';
import { subscribed, URL } from './fake/client.mjs';
import { Door } from './fake/door.mjs';
import { settled, World } from './fake/world.mjs';

const WELCOME = { welcome: { session_id: 's1', secret: 'k1', user: 'ann', ping_every_ms: 25_000 } };

/** A client that has dialled for the first time, and what it tells of its transport. */
async function dialled({ urls = 'ws://g1', isWithoutSockets = false } = {}) {
  const world = Object.assign(new World(), { isWithoutSockets });
  const door = new Door();
  const imq = new Imq(urls, { user: 'ann', world, fetch: door.fetch });
  const told = [];
  imq.on('transport', (by) => told.push(by));
  await world.pass(0);
  return { imq, world, door, told };
}

/** One whose WebSockets fail, and whose stream stands. */
async function onEvents(options) {
  const all = await dialled(options);
  await blocked(all.world, all.door);
  await streams(all.door);
  return all;
}

/** Attempts with WebSocket fail until it asks for a stream. */
async function blocked(world, door) {
  const streams = door.streams.length;
  for (let attempt = 0; attempt < 9 && door.streams.length === streams; attempt++) {
    if (!world.isWithoutSockets) world.socket.drops();
    await world.pass(10_000);
  }
}

async function streams(door, welcome = WELCOME) {
  door.stream.opens();
  door.stream.names('c1');
  door.stream.says(welcome);
  await settled();
}

test('two failures of WebSocket in a row, and events carry the connection', async () => {
  const { imq, world, door, told } = await dialled();
  world.socket.drops();
  await world.pass(0);
  assert.equal(door.streams.length, 0);
  world.socket.drops();
  await world.pass(100);
  assert.equal(world.sockets.length, 2);
  assert.equal(door.stream.url, 'http://g1/imq/v1/events');
  assert.equal(JSON.parse(door.stream.body).connect.user, 'ann');
  assert.equal(imq.transport, undefined);
  await streams(door);
  assert.equal(imq.status, 'up');
  assert.equal(imq.transport, 'events');
  assert.deepEqual(told, ['events']);
});

test('a page of an origin that gateways admit none of is told so', async (t) => {
  globalThis.location = { origin: 'https://game.example' };
  t.after(() => delete globalThis.location);
  for (const isThere of [true, false]) {
    const { imq, world, door } = await dialled();
    door.isThere = isThere;
    const codes = [];
    imq.on('failed', ({ url, error }) => codes.push([url, error.code, error.mayRetry]));
    await blocked(world, door);
    door.stream.fails(new TypeError('failed to fetch'));
    await settled();
    const told = codes.filter(([, code]) => code);
    assert.deepEqual(told, isThere ? [['ws://g1/imq/v1/ws', 'origin', true]] : []);
    imq.close();
  }
});

test('where the class WebSocket throws it is the same', async () => {
  const { imq } = await onEvents({ isWithoutSockets: true });
  assert.equal(imq.transport, 'events');
});

test('and where sockets open but bring nothing', async () => {
  const { imq, world, door } = await dialled();
  for (let attempt = 0; attempt < 2; attempt++) {
    world.socket.opens();
    await world.pass(10_100);
  }
  await streams(door);
  assert.equal(imq.transport, 'events');
});

test('a platform without a class WebSocket has events', async (t) => {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = undefined;
  t.after(() => (globalThis.WebSocket = WebSocket));
  const door = new Door();
  const imq = new Imq('ws://g1', { user: 'ann', fetch: door.fetch });
  const up = imq.connected();
  while (!door.stream) await settled();
  await streams(door);
  await up;
  assert.equal(imq.transport, 'events');
  door.stream.says({ closing: { code: 3500 } });
  await settled();
  assert.equal(imq.status, 'closed');
});

test('each gateway is tried with WebSocket first', async () => {
  const { world, door } = await dialled({ urls: ['ws://g1', 'ws://g2', 'ws://g3'] });
  await blocked(world, door);
  assert.equal(new Set(world.sockets.map(({ url }) => url)).size, 3);
  assert.equal(world.sockets.length, 3);
});

test('one good WebSocket among the gateways, and failures begin anew', async () => {
  const { imq, world, door } = await dialled({ urls: ['ws://g1', 'ws://g2'] });
  world.socket.drops();
  await world.pass(0);
  world.socket.opens();
  world.socket.welcomes();
  assert.equal(imq.transport, 'websocket');
  for (let attempt = 0; attempt < 2; attempt++) {
    world.socket.drops();
    await world.pass(1_000);
  }
  assert.equal(door.streams.length, 0);
});

test('a page that is offline learns nothing of WebSocket', async (t) => {
  const { world, door } = await dialled();
  const { navigator } = globalThis;
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true });
  t.after(() => Object.defineProperty(globalThis, 'navigator', { value: navigator }));
  for (let attempt = 0; attempt < 6; attempt++) {
    world.socket.drops();
    await world.pass(10_000);
  }
  assert.equal(door.streams.length, 0);
});

test('a proxy that buffers is noticed, and WebSocket has its turn again', async () => {
  const { imq, world, door } = await dialled();
  await blocked(world, door);
  door.stream.opens();
  await world.pass(10_100);
  assert.ok(door.stream.isEnded);
  assert.equal(world.sockets.length, 3);
  await blocked(world, door);
  assert.equal(world.sockets.length, 4);
  await streams(door);
  assert.equal(imq.transport, 'events');
});

test('a gateway without events, too', async () => {
  const { world, door } = await dialled();
  await blocked(world, door);
  door.stream.answers(404);
  await world.pass(1_000);
  assert.equal(world.sockets.length, 3);
});

test('a room lives over events', async () => {
  const { imq, world, door } = await onEvents();
  const subscribing = imq.subscribe('/a');
  await settled();
  assert.equal(door.post.url, 'http://g1/imq/v1/send');
  assert.deepEqual(door.post.carries(), {
    connection: 'c1',
    session: 's1',
    number: 1,
    kinds: ['subscribe'],
  });
  door.post.answers(204);
  door.stream.says({ result: { op_id: 1, status: 0 } }, subscribed());
  const room = await subscribing;
  await world.pass(0);
  const heard = [];
  room.on('message', ({ payload }) => heard.push(payload));
  // A network splits it anywhere, in the middle of a letter too.
  const bytes = new TextEncoder().encode(
    `: still here\n\ndata: ${JSON.stringify({
      message: { sub: 1, mount: 'chat', seq: 5, payload: 'é', sent_at_ms: 5 },
    })}\n\n`,
  );
  for (const byte of bytes) door.stream.bytes(Uint8Array.of(byte));
  await settled();
  await settled();
  assert.deepEqual(heard, ['é']);
});

test('what is said in one go is one request, and the next waits for its answer', async () => {
  const { imq, door } = await onEvents();
  const room = imq.room('/a');
  for (const word of ['one', 'two']) void room.send('chat', word);
  await settled();
  void room.send('chat', 'three');
  await settled();
  assert.deepEqual(door.posts.map((post) => post.words()), [['one', 'two']]);
  door.post.answers(204);
  await settled();
  assert.deepEqual(door.post.words(), ['three']);
  assert.equal(door.post.carries().number, 2);
});

test('a request has a bounded length, and a longer frame goes alone', async () => {
  const { imq, door } = await onEvents();
  const room = imq.room('/a');
  const words = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(6_000));
  words[2] = 'c'.repeat(40_000);
  for (const word of words) void room.send('chat', word);
  const seen = [];
  for (let post = 0; post < 3; post++) {
    await settled();
    seen.push(door.post.words().map(([letter]) => letter).join(''));
    door.post.answers(204);
  }
  assert.deepEqual(seen, ['ab', 'c', 'd']);
});

test('a lost answer, and the same request goes again under its number', async () => {
  const { imq, world, door } = await onEvents();
  imq.room('/a').send('chat', 'hello').catch(() => {});
  await settled();
  const [first] = door.posts;
  first.fails();
  for (const ms of [75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750]) {
    const posts = door.posts.length;
    await world.pass(ms - 1);
    assert.equal(door.posts.length, posts);
    await world.pass(1);
    assert.equal(door.posts.length, posts + 1);
    assert.equal(door.post.body, first.body);
    door.post.fails();
  }
  await world.pass(5_000);
  door.post.answers(204);
  void imq.room('/a').send('chat', 'again');
  await settled();
  assert.equal(door.post.carries().number, 2);
});

test('so does one that is not answered within 10 s', async () => {
  const { imq, world, door } = await onEvents();
  void imq.room('/a').send('chat', 'hello');
  await world.pass(9_999);
  assert.equal(door.posts.length, 1);
  await world.pass(101);
  assert.ok(door.posts[0].isEnded);
  assert.equal(door.post.carries().number, 1);
  assert.equal(door.posts.length, 2);
});

test('a gateway that can’t now says when', async () => {
  const { imq, world, door } = await onEvents();
  imq.room('/a').send('chat', 'hello').catch(() => {});
  await settled();
  for (const [status, after, ms] of [
    [503, '3', 3_000],
    [429, '600', 30_000],
    [502, '', 300],
    // Of a proxy.
    [408, '', 600],
  ]) {
    const posts = door.posts.length;
    door.post.answers(status, { 'retry-after': after });
    await world.pass(ms - 1);
    assert.equal(door.posts.length, posts);
    await world.pass(1);
    assert.equal(door.posts.length, posts + 1);
    assert.equal(door.post.carries().number, 1);
  }
});

test('a connection that is gone at the gateway is begun anew, the session goes on', async () => {
  const { imq, world, door } = await onEvents();
  const sending = imq.room('/a').send('chat', 'hello');
  await settled();
  door.post.answers(410);
  await world.pass(1_000);
  assert.equal(imq.status, 'reconnecting');
  assert.equal(door.streams.length, 2);
  const { connect } = JSON.parse(door.stream.body);
  assert.equal(connect.resume.session_id, 's1');
  door.stream.opens();
  door.stream.names('c2');
  door.stream.says({ welcome: { ...WELCOME.welcome, resumed: true } });
  await settled();
  const { connection, number, kinds } = door.post.carries();
  assert.deepEqual([connection, number, kinds], ['c2', 1, ['send_message']]);
  door.post.answers(204);
  door.stream.says({ result: { op_id: 1, status: 0, seq: 7 } });
  assert.equal(await sending, 7);
});

test('a stream that ends is a lost connection', async () => {
  const { imq, world, door } = await onEvents();
  door.stream.ends();
  await settled();
  assert.equal(imq.status, 'reconnecting');
  await world.pass(1_000);
  assert.equal(door.streams.length, 2);
});

test('goodbye is said by a request that outlives its page', async () => {
  const { imq, world, door } = await onEvents();
  const closing = imq.close();
  await settled();
  assert.deepEqual(door.post.carries().kinds, ['bye']);
  assert.equal(door.post.keepalive, true);
  assert.equal(door.stream.isEnded, false);
  door.post.answers(204);
  await closing;
  assert.equal(door.stream.isEnded, true);
  assert.equal(world.timers, 0);
});

test('a goodbye that fails is not repeated', async () => {
  const { imq, world, door } = await onEvents();
  const closing = imq.close();
  await settled();
  door.post.fails();
  await closing;
  await world.pass(60_000);
  assert.equal(door.posts.length, 1);
});

test('when a WebSocket opens beside the events the connection moves to it', async () => {
  const { imq, world, door, told } = await onEvents();
  const sockets = world.sockets.length;
  await world.pass(14_999);
  assert.equal(world.sockets.length, sockets);
  await world.pass(1);
  const probe = world.socket;
  assert.equal(probe.url, URL);
  assert.equal(door.stream.isEnded, false);
  probe.opens();
  assert.equal(imq.status, 'reconnecting');
  await world.pass(0);
  assert.ok(probe.isClosed);
  assert.ok(door.stream.isEnded);
  world.socket.opens();
  const [{ connect }] = world.socket.take();
  assert.equal(connect.resume.session_id, 's1');
  world.socket.welcomes({ resumed: true });
  assert.equal(imq.status, 'up');
  assert.deepEqual(told, ['events', 'websocket']);
  await world.pass(30_000);
  assert.equal(world.sockets.length, sockets + 2);
});

test('as long as none does it is tried more and more rarely', async () => {
  const { imq, world, door } = await onEvents();
  const times = [];
  let known = world.sockets.length;
  for (let second = 0; second < 4_000; second++) {
    await world.pass(1_000);
    if (!(second % 20)) door.stream.says({ ping: { nonce: 1 } });
    if (door.posts.length) door.post.answers(204);
    if (world.sockets.length === known) continue;
    known = world.sockets.length;
    times.push(second);
    world.socket.drops();
  }
  const waits = times.map((time, at) => time - (times[at - 1] ?? 0));
  assert.deepEqual(waits.slice(0, 6).map((wait) => Math.round(wait / 15)), [1, 2, 4, 8, 16, 30]);
  assert.ok(waits.at(-1) <= 451 && waits.at(-1) >= 449, `${waits}`);
  assert.equal(imq.transport, 'events');
});

test('a page that comes back to life tries it at once', async () => {
  const { world } = await onEvents();
  const sockets = world.sockets.length;
  world.awake();
  world.awake();
  assert.equal(world.sockets.length, sockets + 1);
  await world.pass(5_000);
  assert.ok(world.socket.isClosed, 'a probe has 5 s');
});

test('a WebSocket that opened and then brings nothing costs one attempt', async () => {
  const { imq, world, door } = await onEvents();
  world.awake();
  world.socket.opens();
  await world.pass(0);
  world.socket.opens();
  await world.pass(10_100);
  assert.equal(door.streams.length, 2);
  await streams(door);
  assert.equal(imq.transport, 'events');
});

test('a connection that is lost ends its attempts', async () => {
  const { imq, world, door } = await onEvents();
  const sockets = world.sockets.length;
  door.stream.ends();
  await world.pass(0);
  door.stream.fails();
  await settled();
  void imq.close();
  await world.pass(60_000);
  assert.ok(world.sockets.length <= sockets + 1);
  assert.equal(world.timers, 0);
});

test('the small entry takes the fallback as a part', async () => {
  const world = new World();
  const door = new Door();
  const told = [];
  const options = { user: 'ann', world, fetch: door.fetch };
  const imq = new Core('ws://g1', withFallback(options, (by) => told.push(by)));
  await world.pass(0);
  await blocked(world, door);
  await streams(door);
  assert.equal(imq.status, 'up');
  assert.deepEqual(told, ['events']);
});
