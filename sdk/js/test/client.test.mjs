// The client on a fake platform: connections, subscriptions, operations.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ImqError } from '../dist/index.js';
import {
  comesBack,
  connected,
  connectedCore,
  dialled,
  inRoom,
  subscribed,
  URL,
} from './fake/client.mjs';
import { settled } from './fake/world.mjs';

const message = (seq, payload = 'hi') => ({
  message: { sub: 1, mount: 'chat', seq, from: 'bob', payload, sent_at_ms: 1700000000000 },
});

test('a client connects by itself, and says who it is', async () => {
  const { imq, world } = await dialled();
  assert.equal(imq.status, 'connecting');
  assert.equal(world.socket.url, URL);
  world.socket.opens();
  const [{ connect }] = world.socket.take();
  assert.equal(connect.user, 'ann');
  assert.equal(connect.client_name, 'imq-js');
  const isConnected = imq.connected();
  world.socket.welcomes();
  await isConnected;
  assert.equal(imq.status, 'up');
  assert.equal(imq.user, 'ann');
});

test('whoever awaits `subscribe` and then listens misses nothing', async () => {
  for (const client of [connected, connectedCore]) {
    const { imq, world } = await client();
    const subscribing = imq.subscribe('/a', { history: 2 });
    assert.deepEqual(world.socket.take(), [{ subscribe: { op_id: 1, history: 2, queue: '/a' } }]);
    // All in one message: nobody has had time to listen yet.
    const result = { result: { op_id: 1, status: 0 } };
    world.socket.saysAtOnce(result, subscribed(), message(3), message(5));
    const room = await subscribing;
    await settled();
    const seen = [];
    room.on('message', ({ seq }) => seen.push(seq));
    world.socket.says(message(6));
    await world.pass(0);
    assert.deepEqual(seen, [3, 5, 6]);
  }
});

test('events have the names of JavaScript', async () => {
  const { room, world } = await inRoom();
  const seen = [];
  room.on('message', (event) => seen.push(event));
  room.on('gap', (event) => seen.push(event));
  room.on('mountCreated', ({ mount }) => seen.push(mount));
  world.socket.says(
    message(5),
    { gap: { sub: 1, mount: 'chat', after_seq: 5, before_seq: 9 } },
    { mount_created: { sub: 1, mount: 'votes', kind: 'state', seq: 10 } },
  );
  const sentAtMs = 1700000000000;
  assert.deepEqual(seen, [
    { mount: 'chat', seq: 5, from: 'bob', payload: 'hi', sentAtMs },
    { mount: 'chat', afterSeq: 5, beforeSeq: 9 },
    'votes',
  ]);
});

test('a listener that throws harms no other, and is reported', async (t) => {
  const { imq, room, world } = await inRoom();
  const report = t.mock.method(console, 'error', () => {});
  const seen = [];
  room.on('message', () => {
    throw new Error('of the application');
  });
  room.on('message', ({ payload }) => seen.push(payload));
  world.socket.says(message(5, 'one'), message(6, 'two'));
  assert.deepEqual(seen, ['one', 'two']);
  assert.equal(report.mock.callCount(), 2);
  assert.equal(imq.status, 'up');
});

test('a listener can be taken back, also while its event is told', async () => {
  const { room, world } = await inRoom();
  const seen = [];
  const stop = room.on('message', ({ seq }) => {
    seen.push(seq);
    stop();
  });
  world.socket.says(message(5), message(6));
  assert.deepEqual(seen, [5]);
});

test('what a listener does is told after what has happened before', async () => {
  const { imq, room, world } = await inRoom();
  const seen = [];
  room.on('message', ({ seq }) => {
    seen.push(seq);
    // Answered at once, in the midst of the events.
    imq.room('no name').send('chat', 1).catch(({ code }) => seen.push(code));
  });
  world.socket.saysAtOnce(message(5), message(6));
  await settled();
  assert.deepEqual(seen, [5, 6, 'name', 'name']);
});

test('an operation is answered by its result, or a typed error', async () => {
  const { room, world } = await inRoom();
  const sent = room.send('chat', { text: 'hello' }, { excludeSelf: true });
  assert.deepEqual(world.socket.take(), [
    {
      send_message: {
        op_id: 2,
        exclude_self: true,
        mount: 'chat',
        payload: { text: 'hello' },
        queue: '/a',
      },
    },
  ]);
  world.socket.says({ result: { op_id: 2, status: 0, seq: 7 } });
  assert.equal(await sent, 7);
  const refused = room.send('news', 1);
  const reason = 'only the back end may';
  world.socket.says({ result: { op_id: 3, status: 7, error_message: reason } });
  const error = await refused.catch((error) => error);
  assert.ok(error instanceof ImqError);
  assert.equal(error.code, 'forbidden');
  assert.equal(error.mayRetry, false);
  assert.equal(error.message, 'forbidden: only the back end may');
});

test('a refused `subscribe` fails, and is no subscription', async () => {
  const { imq, world } = await connected();
  const subscribing = imq.subscribe('/a');
  world.socket.says({ result: { op_id: 1, status: 7, error_message: 'not on the list' } });
  await assert.rejects(subscribing, { code: 'forbidden' });
  assert.equal(imq.room('/a').status, 'none');
});

test('reads and calls', async () => {
  const { imq, room, world } = await inRoom();
  const history = room.history('chat', { beforeSeq: 9, limit: 1 });
  const read = room.readState('scores', { keyPrefix: 'a' });
  const members = room.listMembers();
  const called = imq.call('roll', { sides: 6 });
  const asked = world.socket.take();
  assert.deepEqual(asked[0].get_history, {
    op_id: 2,
    before_seq: 9,
    limit: 1,
    mount: 'chat',
    queue: '/a',
  });
  assert.deepEqual(asked[3], {
    call: { op_id: 5, method: 'roll', payload: { sides: 6 }, queue: '' },
  });
  const old = { mount: 'chat', seq: 8, payload: 'old', sent_at_ms: 5 };
  world.socket.says(
    { result: { op_id: 2, status: 0, messages: [old], next: '8' } },
    { result: { op_id: 3, status: 0, entries: [{ key: 'ann', value: 5, version: 3 }] } },
    { result: { op_id: 4, status: 0, member_count: 12 } },
    { result: { op_id: 5, status: 0, payload: 4 } },
  );
  const { messages, next } = await history;
  assert.deepEqual([messages[0].sentAtMs, next], [5, 8]);
  assert.deepEqual((await read).entries, [{ key: 'ann', value: 5, version: 3 }]);
  assert.equal((await members).memberCount, 12);
  assert.equal(await called, 4);
});

test('what is unanswered is resent with its id when the session goes on', async () => {
  const { room, world } = await inRoom();
  const sent = room.send('chat', 'hello');
  const [frame] = world.socket.take();
  await comesBack(world);
  const [{ connect }] = world.socket.take();
  assert.deepEqual(connect.resume.seen, [
    { queue: '/a', epoch: 9, marks: { chat: 4, scores: 4, members: 4 } },
  ]);
  assert.equal(room.status, 'returning');
  world.socket.says(subscribed({ sub: 3, recovered: true }));
  assert.deepEqual(world.socket.take(), [frame]);
  world.socket.says({ result: { op_id: 2, status: 0, seq: 5 } });
  assert.equal(await sent, 5);
  assert.equal(room.status, 'standing');
});

test('in a new session its outcome is unknown', async () => {
  const { room, world } = await inRoom();
  const failed = assert.rejects(room.send('chat', 'hello'), { code: 'outcome_unknown' });
  await comesBack(world, { session_id: 's2' });
  await failed;
  const frames = world.socket.take();
  assert.equal(frames[1].subscribe.since.epoch, 9);
});

test('what can be sent by nobody is refused after 15 s', async () => {
  const { imq, world } = await dialled();
  const sent = imq.room('/a').send('chat', 'hello');
  const failed = assert.rejects(sent, { code: 'not_sent', mayRetry: true });
  await world.pass(15_000);
  await failed;
});

test('what the application changes later is sent as it was', async () => {
  const { imq, world } = await dialled();
  const payload = { n: 1 };
  void imq.room('/a').send('chat', payload);
  payload.n = 2;
  world.socket.opens();
  world.socket.welcomes();
  assert.deepEqual(world.socket.take()[1].send_message.payload, { n: 1 });
});

test('bytes are bytes at both ends', async () => {
  const { room, world } = await inRoom();
  void room.send('chat', new Uint8Array([255, 0]));
  assert.equal(world.socket.take()[0].send_message.payload_base64, '/wA=');
  let payload;
  room.on('message', (message) => (payload = message.payload));
  const word = { sub: 1, mount: 'chat', seq: 5, payload_base64: '/wA=', sent_at_ms: 5 };
  world.socket.says({ message: word });
  assert.deepEqual(payload, new Uint8Array([255, 0]));
});

test('what would end the client is refused instead', async () => {
  const { room, world } = await inRoom();
  const cyclic = {};
  cyclic.self = cyclic;
  await assert.rejects(room.send('chat', undefined), TypeError);
  await assert.rejects(room.send('chat', cyclic), TypeError);
  await assert.rejects(room.send('chat', 'half a smile: \ud83d'), TypeError);
  await assert.rejects(room.send('chat', ['\\', '\\\ud83d']), TypeError);
  await assert.rejects(room.history('chat', { limit: 1.5 }), RangeError);
  await assert.rejects(room.change('scores', [{ key: 'a', add: NaN }]), RangeError);
  await assert.rejects(room.send('chat', 'x'.repeat(300_000)), { code: 'too_large' });
  assert.deepEqual(world.socket.take(), []);
  // These only look like it.
  void room.send('chat', '😀 \\ud83d');
  void room.change('scores', [{ key: 'a', add: -1 }]);
  assert.equal(world.socket.take().length, 2);
});

test('rooms that others put the user in are told of, if they are wanted', async () => {
  const { imq, world } = await connected({ user: 'ann', given: true });
  const seen = [];
  imq.on('room', (room) => room.on('message', ({ payload }) => seen.push(room.name, payload)));
  world.socket.says(subscribed(), message(5));
  assert.deepEqual(seen, ['/a', 'hi']);
});

test('a room that is over is told of once, and its `subscribe` fails', async () => {
  const { imq, room, world } = await inRoom();
  const seen = [];
  room.on('unsubscribed', (event) => seen.push(event));
  world.socket.says({ unsubscribed: { sub: 1, queue: '/a', reason: 'moved', may_retry: true } });
  world.socket.says({ unsubscribed: { sub: 1, queue: '/a', reason: 'deleted' } });
  assert.deepEqual(seen, [
    { reason: 'moved', retrying: true },
    { reason: 'deleted', retrying: false },
  ]);
  assert.equal(room.status, 'none');
  assert.notEqual(imq.room('/a'), room);
});

test('who leaves hears nothing any more', async () => {
  const { room, world } = await inRoom();
  const seen = [];
  room.on('message', ({ seq }) => seen.push(seq));
  const left = room.leave();
  world.socket.says(message(5), { result: { op_id: 2, status: 0 } }, message(6));
  await left;
  assert.deepEqual(seen, [5]);
  assert.equal(room.status, 'none');
});

test('who comes back before having left hears all of it', async () => {
  const { imq, room, world } = await inRoom();
  const seen = [];
  imq.on('room', () => seen.push('another object'));
  room.on('message', ({ seq }) => seen.push(seq));
  const left = room.leave();
  const back = room.subscribe();
  const results = [2, 3].map((op_id) => ({ result: { op_id, status: 0 } }));
  world.socket.saysAtOnce(...results, subscribed({ sub: 2 }));
  await left;
  assert.equal(await back, room);
  assert.equal(room.status, 'standing');
  await world.pass(0);
  world.socket.says({ message: { ...message(5).message, sub: 2 } });
  assert.deepEqual(seen, [5]);
  assert.equal(imq.room('/a'), room);
});

test('a client that is closed says goodbye, answers all, and leaves nothing behind', async () => {
  const { imq, room, world } = await inRoom();
  const sent = room.send('chat', 'hello');
  const seen = [];
  imq.on('status', ({ status, code }) => seen.push(status, code));
  room.on('unsubscribed', ({ retrying }) => seen.push(retrying));
  world.socket.take();
  const closed = imq.close();
  await assert.rejects(sent, { code: 'outcome_unknown' });
  await closed;
  assert.deepEqual(world.socket.take(), [{ bye: {} }]);
  assert.ok(world.socket.isClosed);
  assert.deepEqual(seen, [false, 'closed', 3000]);
  await assert.rejects(room.send('chat', 'hello'), { code: 'closed' });
  await assert.rejects(imq.connected(), { code: 'closed' });
  await imq.close();
  assert.equal(world.timers, 0);
  assert.equal(world.isWatched, false);
});

test('a client that is sent away for good says why', async () => {
  const { imq, world } = await dialled();
  const seen = [];
  imq.on('status', ({ status, code, reason }) => seen.push(status, code, reason));
  const isConnected = imq.connected();
  world.socket.opens();
  world.socket.says({ closing: { code: 3501, reason: 'the signature is wrong' } });
  await assert.rejects(isConnected, { code: 'closed', message: /signature/ });
  assert.deepEqual(seen, ['closed', 3501, 'the signature is wrong']);
  await world.pass(60_000);
  assert.equal(world.sockets.length, 1);
});
