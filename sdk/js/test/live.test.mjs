// Rooms with live state and members, and iterators.

import assert from 'node:assert/strict';
import test from 'node:test';
import { comesBack, inRoom, subscribed } from './fake/client.mjs';
import { settled } from './fake/world.mjs';

const scores = (...entries) => ({ name: 'scores', kind: 'state', entries });
const entry = (key, value, version) => ({ key, value, version });

/** In a room where bob has 3 points, and what has changed since. */
async function playing(options) {
  const word = { mounts: [scores(entry('bob', 3, 4))], members: ['ann', 'bob'] };
  const { imq, room, world } = await inRoom(word, options);
  const map = room.state('scores');
  const changes = [];
  map.on('change', ({ key, value, old, isPending }) => changes.push([key, old, value, isPending]));
  const take = () => changes.splice(0);
  return { imq, room, world, map, take };
}

/** The queue says that keys have changed. */
function state(seq, ...changes) {
  const versioned = changes.map((change) => ({ version: seq, ...change }));
  return { state: { sub: 1, mount: 'scores', seq, changes: versioned } };
}

const result = (op_id, seq) => ({ result: { op_id, status: 0, seq } });
const refusal = (op_id) => ({ result: { op_id, status: 9, error_message: 'another version' } });

test('state is there when `subscribe` is', async () => {
  const { map } = await playing();
  assert.deepEqual([...map], [['bob', 3]]);
  assert.equal(map.get('bob'), 3);
  assert.equal(map.has('ann'), false);
  assert.equal(map.size, 1);
  assert.equal(map.version('bob'), 4);
});

test('changes of others come as events, and the map has them by then', async () => {
  const { map, room, world, take } = await playing();
  let seen;
  room.on('state', () => (seen = map.get('cid')));
  const changes = [{ key: 'cid', value: 1 }, { key: 'bob', deleted: true }];
  world.socket.says(state(5, ...changes));
  assert.equal(seen, 1);
  assert.deepEqual(take(), [
    ['cid', undefined, 1, false],
    ['bob', 3, undefined, false],
  ]);
});

test('a write shows at once, and once', async () => {
  const { map, world, take } = await playing();
  const set = map.set('ann', { points: 1 });
  assert.deepEqual(map.get('ann'), { points: 1 });
  const shown = map.get('ann');
  world.socket.says(result(2, 5), state(5, { key: 'ann', value: { points: 1 } }));
  assert.equal(await set, 5);
  assert.equal(map.get('ann'), shown);
  assert.deepEqual(take(), [['ann', undefined, { points: 1 }, true]]);
  assert.equal(map.version('ann'), 5);
});

test('an addition shows at once, and is counted once', async () => {
  const { map, world, take } = await playing();
  const added = map.add('bob', 2);
  void map.add('ann', 1);
  assert.deepEqual([map.get('bob'), map.get('ann')], [5, 1]);
  // Somebody was faster.
  world.socket.says(state(5, { key: 'bob', value: 13 }));
  assert.equal(map.get('bob'), 15);
  world.socket.says(result(2, 6));
  assert.equal(map.get('bob'), 15);
  world.socket.says(state(6, { key: 'bob', value: 15 }), result(3, 7));
  world.socket.says(state(7, { key: 'ann', value: 1 }));
  await added;
  assert.deepEqual([...map], [['bob', 15], ['ann', 1]]);
  assert.deepEqual(take().map(([key, , value]) => [key, value]), [
    ['bob', 5],
    ['ann', 1],
    ['bob', 15],
  ]);
});

test('what is refused is taken back', async () => {
  const { map, world, take } = await playing();
  const set = map.set('bob', 9, { ifVersion: 3 });
  const deleted = map.delete('bob');
  const added = map.add('ann', 1);
  const [{ send_state: asked }] = world.socket.take();
  assert.deepEqual(asked.changes, [{ if_version: 3, key: 'bob', set: 9 }]);
  assert.equal(map.has('bob'), false);
  world.socket.says(refusal(2), refusal(3), refusal(4));
  for (const write of [set, deleted, added]) {
    await assert.rejects(write, { code: 'precondition' });
  }
  assert.deepEqual([...map], [['bob', 3]]);
  assert.deepEqual(take(), [
    ['bob', 3, 9, true],
    ['bob', 9, undefined, true],
    ['ann', undefined, 1, true],
    ['bob', undefined, 3, false],
    ['ann', 1, undefined, false],
  ]);
});

test('several keys change together, or not at all', async () => {
  const { map, world } = await playing();
  const changed = map.change([{ key: 'bob', add: -3 }, { key: 'ann', set: 3 }]);
  assert.deepEqual([...map], [['bob', 0], ['ann', 3]]);
  world.socket.says(refusal(2));
  await assert.rejects(changed, { code: 'precondition' });
  assert.deepEqual([...map], [['bob', 3]]);
});

test('what the wire can’t carry is refused and never stays', async () => {
  const { map, world } = await playing();
  await assert.rejects(map.add('bob', 0.5), RangeError);
  await assert.rejects(map.set('bob', 'half: \ud83d'), TypeError);
  assert.deepEqual([...map], [['bob', 3]]);
  assert.deepEqual(world.socket.take(), []);
});

test('a write that changes nothing is over with its result', async () => {
  const { map, world } = await playing();
  const deleted = map.delete('nobody');
  world.socket.says(result(2, 0));
  assert.equal(await deleted, 0);
  assert.deepEqual([...map], [['bob', 3]]);
});

test('what is filtered out is not shown', async () => {
  const { map, world } = await playing({ keyPrefix: 'b' });
  const set = map.set('ann', 1);
  assert.equal(map.has('ann'), false);
  world.socket.says(result(2, 5));
  await set;
  assert.equal(map.has('ann'), false);
});

test('a write made without a connection is sent with the next one', async () => {
  const { map, world } = await playing();
  world.socket.drops();
  const added = map.add('bob', 1);
  assert.equal(map.get('bob'), 4);
  await world.pass(0);
  world.socket.opens();
  world.socket.welcomes({ resumed: true });
  world.socket.says(subscribed({ recovered: true }), state(5, { key: 'bob', value: 7 }));
  assert.equal(map.get('bob'), 8);
  const { send_state } = world.socket.take().find((frame) => frame.send_state);
  world.socket.says(result(send_state.op_id, 6), state(6, { key: 'bob', value: 8 }));
  await added;
  assert.equal(map.get('bob'), 8);
});

test('a write is counted once, though its event comes before its result', async () => {
  const { map, world } = await playing();
  const added = map.add('bob', 1);
  await comesBack(world);
  world.socket.says(subscribed({ recovered: true }), state(5, { key: 'bob', value: 4 }));
  world.socket.says(result(2, 5));
  await added;
  assert.equal(map.get('bob'), 4);
});

test('a write whose outcome is unknown is taken back; the queue says what is', async () => {
  const { map, world } = await playing();
  const failed = assert.rejects(map.set('bob', 9), { code: 'outcome_unknown' });
  await comesBack(world, { session_id: 's2' });
  await failed;
  assert.equal(map.get('bob'), 3);
  const [, { subscribe }] = world.socket.take();
  world.socket.says(result(subscribe.op_id, 0));
  world.socket.says(subscribed({ mounts: [scores(entry('bob', 9, 6))] }));
  assert.equal(map.get('bob'), 9);
});

test('a queue that begins anew is told of by what differs', async () => {
  const { map, room, world, take } = await playing();
  const changes = [];
  room.members.on('change', (change) => changes.push(change));
  // Lower versions: they are of another queue.
  const mounts = [scores(entry('ann', 1, 1), entry('bob', 3, 2))];
  world.socket.says(subscribed({ epoch: 10, mounts, members: ['ann', 'cid'] }));
  assert.deepEqual([...map], [['bob', 3], ['ann', 1]]);
  assert.deepEqual(take(), [['ann', undefined, 1, false]]);
  assert.deepEqual(changes, [{ joined: ['cid'], left: ['bob'] }]);
  world.socket.says(state(5, { key: 'bob', value: 4 }));
  assert.equal(map.get('bob'), 4);
});

test('where events are missing state is read anew, and what comes meanwhile counts', async () => {
  const { map, world, take } = await playing();
  world.socket.take();
  world.socket.says({ gap: { sub: 1, mount: 'scores', after_seq: 4, before_seq: 9 } });
  const [{ get_state }] = world.socket.take();
  const pages = [
    { op_id: 2, status: 0, entries: [entry('ann', 1, 8)], next: 'ann' },
    { op_id: 3, status: 0, entries: [entry('cid', 1, 7), entry('dora', 1, 6)] },
  ];
  assert.equal(get_state.mount, 'scores');
  world.socket.says({ result: pages[0] });
  await settled();
  const [{ get_state: second }] = world.socket.take();
  assert.equal(second.after, 'ann');
  world.socket.says({ result: pages[1] });
  world.socket.says(state(10, { key: 'cid', value: 2 }, { key: 'dora', deleted: true }));
  await settled();
  assert.deepEqual(new Map(map), new Map([['cid', 2], ['ann', 1]]));
  assert.deepEqual(take().map(([key]) => key).sort(), ['ann', 'bob', 'cid']);
});

test('a write that is confirmed while state is read anew stays', async () => {
  const { map, world } = await playing();
  world.socket.take();
  world.socket.says({ gap: { sub: 1, mount: 'scores', after_seq: 4, before_seq: 9 } });
  const [{ get_state }] = world.socket.take();
  const written = map.set('eve', 5);
  const [{ send_state }] = world.socket.take();
  world.socket.says({ result: { op_id: send_state.op_id, status: 0, seq: 10 } });
  await written;
  const entries = [entry('ann', 1, 8)];
  world.socket.says({ result: { op_id: get_state.op_id, status: 0, entries } });
  await settled();
  assert.deepEqual(new Map(map), new Map([['ann', 1], ['eve', 5]]));
  assert.equal(map.version('eve'), 10);
});

test('a read that fails is made again', async () => {
  const { map, world } = await playing();
  world.socket.take();
  world.socket.says({ gap: { sub: 1, mount: 'scores', after_seq: 4, before_seq: 9 } });
  world.socket.says({ result: { op_id: 2, status: 14, may_retry: true } });
  await world.pass(1_000);
  const entries = [entry('ann', 1, 8)];
  world.socket.says({ result: { op_id: 3, status: 0, entries } });
  await settled();
  assert.deepEqual([...map], [['ann', 1]]);
});

test('members come and go', async () => {
  const { room, world } = await playing();
  const { members } = room;
  const changes = [];
  members.on('change', (change) => changes.push(change));
  assert.deepEqual([...members], ['ann', 'bob']);
  world.socket.says({ joined: { sub: 1, seq: 5, users: ['cid'] } });
  world.socket.says({ left: { sub: 1, seq: 6, users: ['bob'] } });
  assert.deepEqual([...members], ['ann', 'cid']);
  assert.equal(members.size, 2);
  assert.ok(members.has('cid'));
  world.socket.take();
  world.socket.says({ gap: { sub: 1, mount: 'members', after_seq: 6, before_seq: 9 } });
  world.socket.says({ left: { sub: 1, seq: 9, users: ['ann'] } });
  const [{ list_members }] = world.socket.take();
  world.socket.says({ result: { op_id: list_members.op_id, members: ['ann', 'dora'] } });
  await settled();
  assert.deepEqual([...members], ['dora']);
  assert.deepEqual(changes.at(-1), { joined: ['dora'], left: ['cid'] });
});

test('where only their number is shown, there is that', async () => {
  const { room } = await inRoom({ member_count: 12 });
  assert.equal(room.members.size, 12);
});

const message = (seq) => ({
  message: { sub: 1, mount: 'chat', seq, payload: seq, sent_at_ms: 5 },
});

test('messages can be iterated until the subscription is over', async () => {
  const { room, world } = await inRoom();
  const seen = [];
  const reading = (async () => {
    for await (const { payload } of room) seen.push(payload);
  })();
  world.socket.says(message(5), message(6));
  await settled();
  world.socket.says(message(7), { unsubscribed: { queue: '/a', reason: 'deleted' } });
  await reading;
  assert.deepEqual(seen, [5, 6, 7]);
});

test('who stops iterating gets nothing any more', async () => {
  const { room, world } = await inRoom();
  const stream = room.stream('joined');
  world.socket.says({ joined: { sub: 1, seq: 5, users: ['cid'] } });
  world.socket.says({ joined: { sub: 1, seq: 6, users: ['dora'] } });
  for await (const { users } of stream) {
    assert.deepEqual(users, ['cid']);
    break;
  }
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
});

test('who doesn’t read loses the iterator, is told, and delays nobody', async () => {
  const { imq, room, world } = await inRoom();
  const stream = room.stream('message');
  let heard = 0;
  room.on('message', () => heard++);
  for (let seq = 1; seq <= 5_000; seq++) world.socket.says(message(seq + 10));
  world.socket.take();
  world.socket.says({ ping: { nonce: 1 } });
  assert.deepEqual(world.socket.take(), [{ pong: { nonce: 1 } }]);
  let read = 0;
  await assert.rejects(async () => {
    for await (const _ of stream) read++;
  }, RangeError);
  assert.deepEqual([heard, read, imq.status], [5_000, 4_096, 'up']);
});
