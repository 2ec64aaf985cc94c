// When the client dials, what it takes for a sign of life, and where its tokens come from. Each
// complaint that users of other clients have has a test here.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  comesBack,
  connected,
  connectedCore,
  dialled,
  dialledCore,
  inRoom,
  subscribed,
} from './fake/client.mjs';
import { settled } from './fake/world.mjs';

const HOUR = 3_600_000;

/** What the gateway has been asked since, but for pings. */
const kinds = (socket) => socket.take().map((envelope) => Object.keys(envelope)[0]);

test('a client that is dropped is back at once, then after longer and longer waits', async () => {
  const { world } = await connectedCore();
  await world.pass(10_000);
  world.socket.drops();
  for (const [sockets, wait] of [[2, 0], [3, 75], [4, 150], [5, 300]]) {
    await world.pass(wait - 1);
    assert.equal(world.sockets.length, sockets - 1);
    await world.pass(1);
    assert.equal(world.sockets.length, sockets);
    world.socket.drops();
  }
});

test('each of several gateways is tried in turn', async () => {
  const urls = ['https://g1', 'ws://g2:7480/x', 'http://g3'];
  const { imq, world } = await dialledCore(urls);
  const failed = [];
  imq.on('failed', ({ url }) => failed.push(url));
  for (let attempt = 0; attempt < 4; attempt++) {
    world.socket.drops();
    await world.pass(1_000);
  }
  // Chance begins with the second.
  const [one, two, three] = ['wss://g1/imq/v1/ws', 'ws://g2:7480/x', 'ws://g3/imq/v1/ws'];
  assert.deepEqual(failed, [two, three, one, two]);
});

test('a gateway that sends its clients elsewhere, and when, is obeyed', async () => {
  const { world } = await connected();
  const closing = { code: 3001, may_retry: true, retry_after_ms: 5_000, address: 'g2:7480' };
  world.socket.says({ closing });
  await world.pass(1_000);
  // Whatever the page says.
  world.awake();
  await world.pass(3_999);
  assert.equal(world.sockets.length, 1);
  await world.pass(1);
  assert.equal(world.socket.url, 'ws://g2:7480/imq/v1/ws');
  world.socket.drops();
  await world.pass(1_000);
  assert.equal(world.socket.url, 'ws://g1/imq/v1/ws');
});

test('a gateway that takes the socket and says nothing is given up', async () => {
  const { world } = await dialledCore();
  await world.pass(9_999);
  assert.equal(world.sockets.length, 1);
  await world.pass(1);
  assert.equal(world.sockets.length, 2);
  world.socket.opens();
  await world.pass(10_075);
  assert.equal(world.sockets.length, 3);
});

test('what an earlier socket still says is nobody’s concern', async () => {
  const { imq, world } = await connected();
  const [old] = world.sockets;
  await comesBack(world);
  old.says({ closing: { code: 3500 } });
  old.drops();
  assert.equal(imq.status, 'up');
});

test('a token is asked for before each connection', async () => {
  let tokens = 0;
  const { world } = await dialled({ token: async () => `t${++tokens}` });
  for (const token of ['t1', 't2']) {
    world.socket.opens();
    const [{ connect }] = world.socket.take();
    assert.equal(connect.token, token);
    world.socket.welcomes();
    world.socket.drops();
    await world.pass(100);
  }
});

test('a token is replaced before it ends, and the connection stays', async () => {
  let tokens = 0;
  const { imq, world } = await connected({ token: () => `t${++tokens}` });
  world.socket.drops();
  await world.pass(0);
  world.socket.opens();
  world.socket.welcomes({ expires_in_ms: 30_000 });
  world.socket.take();
  await world.pass(20_999);
  assert.equal(tokens, 2);
  await world.pass(6_001);
  const refreshed = world.socket.take().find((envelope) => envelope.refresh);
  assert.deepEqual(refreshed, { refresh: { op_id: 1, token: 't3' } });
  world.socket.says({ result: { op_id: 1, status: 0, expires_in_ms: HOUR } });
  assert.equal(imq.status, 'up');
  assert.equal(world.sockets.length, 2);
});

test('after its token has ended a client is back with a new one, and its rooms live', async () => {
  let tokens = 0;
  const { imq, world } = await connected({ token: async () => `t${++tokens}` });
  const subscribing = imq.subscribe('/a');
  world.socket.says({ result: { op_id: 1, status: 0 } }, subscribed());
  const room = await subscribing;
  await world.pass(0);
  const seen = [];
  room.on('message', ({ payload }) => seen.push(payload));
  world.socket.says({ closing: { code: 3010, may_retry: true } });
  await world.pass(0);
  world.socket.opens();
  const [{ connect }] = world.socket.take();
  assert.equal(connect.token, 't2');
  assert.equal(connect.resume.seen[0].queue, '/a');
  world.socket.welcomes({ resumed: true });
  const payload = 'still here';
  world.socket.says(subscribed({ sub: 2, recovered: true }), {
    message: { sub: 2, mount: 'chat', seq: 5, payload, sent_at_ms: 5 },
  });
  assert.deepEqual(seen, ['still here']);
});

test('without a function for tokens the end of the token is the end', async () => {
  const { imq, world } = await connected();
  world.socket.says({ closing: { code: 3010, may_retry: true } });
  assert.equal(imq.status, 'closed');
});

test('a token that is not to be had is a failed attempt, and told', async () => {
  let isThere = false;
  const token = () => (isThere ? 't1' : Promise.reject(new Error('the web server is down')));
  const { imq, world } = await dialled({ token });
  const failed = [];
  imq.on('failed', ({ error }) => failed.push(error.message));
  await world.pass(1_000);
  assert.equal(failed[0], 'the web server is down');
  assert.equal(world.sockets.length, 0);
  isThere = true;
  await world.pass(10_000);
  assert.equal(world.sockets.length, 1);
});

test('a function for tokens that never answers is asked again', async () => {
  let asked = 0;
  await dialled({ token: () => new Promise(() => asked++) }).then(async ({ world }) => {
    await world.pass(21_000);
  });
  assert.equal(asked, 3);
});

test('silence is pinged, and anything that comes ends it', async () => {
  const { world } = await connected();
  await world.pass(37_500);
  assert.deepEqual(kinds(world.socket), ['ping']);
  await world.pass(9_999);
  world.socket.says({ pong: { nonce: 1 } });
  await world.pass(37_499);
  assert.deepEqual(kinds(world.socket), []);
  await world.pass(10_001);
  assert.equal(world.sockets.length, 2);
});

test('a healthy socket is not closed because a timer came late', async () => {
  const { imq, world } = await connected();
  // Beyond the time for a ping and the time for its answer.
  world.freeze(60_000);
  await world.pass(0);
  assert.deepEqual(kinds(world.socket), ['ping']);
  await world.pass(1_499);
  world.socket.says({ pong: { nonce: 1 } });
  await world.pass(30_000);
  assert.equal(imq.status, 'up');
  assert.equal(world.sockets.length, 1);
});

test('nor because it slept while it awaited the answer to a ping', async () => {
  const { imq, world } = await connected();
  await world.pass(37_500);
  world.freeze(60_000);
  await world.pass(0);
  assert.deepEqual(kinds(world.socket), ['ping', 'ping']);
  world.socket.says({ pong: { nonce: 1 } });
  await world.pass(10_000);
  assert.equal(imq.status, 'up');
  assert.equal(world.sockets.length, 1);
});

test('a tab in the background, whose timers run once a minute, keeps its socket', async () => {
  const { imq, world } = await connected();
  for (let minute = 0; minute < 30; minute++) {
    // Messages aren't held back, so the gateway's pings are answered in time.
    world.freeze(25_000);
    world.socket.says({ ping: { nonce: 5 } });
    world.freeze(35_000);
    await world.pass(0);
    const asked = kinds(world.socket);
    assert.equal(asked[0], 'pong');
    if (asked.includes('ping')) world.socket.says({ pong: { nonce: 1 } });
  }
  assert.equal(imq.status, 'up');
  assert.equal(world.sockets.length, 1);
});

test('a tab in the background whose socket is dead notices it all the same', async () => {
  const { world } = await connected();
  for (let minute = 0; minute < 3; minute++) {
    world.freeze(60_000);
    await world.pass(0);
  }
  assert.equal(world.sockets.length, 2);
});

test('a tab that was frozen for an hour is live within 2 s', async () => {
  const { imq, room, world } = await inRoom();
  // The gateway is long gone, and nobody has said so.
  world.freeze(HOUR);
  const woken = world.time;
  await world.pass(1_500);
  assert.equal(world.sockets.length, 2);
  world.socket.opens();
  world.socket.welcomes({ session_id: 's2' });
  const [, { subscribe }] = world.socket.take();
  world.socket.says({ result: { op_id: subscribe.op_id, status: 0 } }, subscribed({ sub: 4 }));
  assert.ok(world.time - woken < 2_000);
  assert.equal(imq.status, 'up');
  assert.equal(room.status, 'standing');
});

test('so is one whose timers stand still in the sleep, by what the page says', async () => {
  const { world } = await connected();
  await world.pass(60);
  world.awake();
  world.awake();
  assert.deepEqual(kinds(world.socket), ['ping']);
  await world.pass(1_500);
  assert.equal(world.sockets.length, 2);
});

test('and so is one that slept while it dialled, or waited to dial', async () => {
  const { world } = await dialledCore();
  world.freeze(HOUR);
  await world.pass(0);
  assert.equal(world.sockets.length, 2);
  for (let attempt = 0; attempt < 9; attempt++) {
    world.socket.drops();
    await world.pass(attempt < 8 ? 10_000 : 0);
  }
  const sockets = world.sockets.length;
  await world.pass(1_000);
  assert.equal(world.sockets.length, sockets, 'it waits for long');
  world.awake();
  await world.pass(0);
  assert.equal(world.sockets.length, sockets + 1);
});

test('a dial that has just begun is left alone', async () => {
  const { world } = await dialled();
  await world.pass(1_000);
  world.awake();
  await settled();
  assert.equal(world.sockets.length, 1);
});
