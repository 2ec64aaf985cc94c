// Rooms with more events than a screen has frames.

import assert from 'node:assert/strict';
import test from 'node:test';
import { inRoom } from './fake/client.mjs';
import { settled } from './fake/world.mjs';

const SCORES = { mounts: [{ name: 'scores', kind: 'state', entries: [] }] };

const message = (seq) => ({
  message: { sub: 1, mount: 'chat', seq, payload: seq, sent_at_ms: seq },
});
const state = (seq, ...keys) => {
  const changes = keys.map((key) => ({ key, value: seq, version: seq }));
  return { state: { sub: 1, mount: 'scores', seq, changes } };
};

/** A page of which a test draws the frames. */
function page(t) {
  let waiting = [];
  globalThis.requestAnimationFrame = (run) => waiting.push(run);
  t.after(() => delete globalThis.requestAnimationFrame);
  return {
    get isAwaited() {
      return waiting.length > 0;
    },
    frame() {
      const runs = waiting;
      waiting = [];
      for (const run of runs) run();
    },
  };
}

/** A room, and what it draws. */
async function drawing(t) {
  const screen = page(t);
  const all = await inRoom(SCORES);
  const drawn = [];
  const stop = all.room.frame((frame) => drawn.push(frame));
  return { ...all, screen, drawn, stop };
}

test('10,000 events in a second are 60 frames: all messages, each key once a frame', async (t) => {
  const { world, room, screen, drawn } = await drawing(t);
  let seq = 5;
  const began = performance.now();
  for (let frame = 0; frame < 60; frame++) {
    for (let at = 0; at < 83; at++) {
      world.socket.says(message(seq++), state(seq++, 'a', `key ${frame}`));
    }
    screen.frame();
  }
  const took = performance.now() - began;
  assert.equal(seq - 5, 9_960);
  t.diagnostic(`9,960 events in ${took.toFixed()} ms`);
  assert.equal(drawn.length, 60);
  const seen = drawn.flatMap(({ messages }) => messages.map((one) => one.seq));
  assert.deepEqual(seen, Array.from({ length: 4_980 }, (_, at) => 5 + 2 * at));
  const [first, second] = drawn.map(({ changes }) => changes);
  assert.deepEqual(first.map(({ key, value, old }) => [key, value, old]), [
    ['a', 170, undefined],
    ['key 0', 170, undefined],
  ]);
  assert.deepEqual(second[0], { mount: 'scores', key: 'a', value: 336, old: 170, isPending: false });
  assert.equal(room.state('scores').get('a'), 9_964);
});

test('a frame in which nothing happened draws nothing', async (t) => {
  const { world, room, screen, drawn } = await drawing(t);
  assert.equal(screen.isAwaited, false);
  world.socket.says(message(5));
  screen.frame();
  assert.equal(screen.isAwaited, false);
  // What is as it was need not be drawn.
  room.state('scores').set('a', 1).catch(() => {});
  const [{ send_state }] = world.socket.take();
  world.socket.says({ result: { op_id: send_state.op_id, status: 7 } });
  screen.frame();
  assert.equal(drawn.length, 1);
});

test('a page that is not seen keeps the newest messages, and the newest of each key', async (t) => {
  const { world, screen, drawn } = await drawing(t);
  for (let seq = 5; seq < 20_005; seq++) world.socket.says(message(seq));
  for (let seq = 20_005; seq < 21_005; seq++) world.socket.says(state(seq, 'a'));
  screen.frame();
  const [{ messages, dropped, changes }] = drawn;
  assert.equal(messages.length, 4_096);
  assert.equal(messages.at(-1).seq, 20_004);
  assert.equal(dropped, 20_000 - 4_096);
  assert.deepEqual(changes.map(({ value }) => value), [21_004]);
  world.socket.says(message(21_005));
  screen.frame();
  assert.equal(drawn[1].dropped, 0);
});

test('mounts that come later are drawn, and so are members', async (t) => {
  const { world, room, screen, drawn } = await drawing(t);
  world.socket.says({ joined: { sub: 1, seq: 5, users: ['bob'] } });
  screen.frame();
  assert.equal(drawn[0].members, true);
  const change = { key: 'a', value: 1, version: 6 };
  world.socket.says({ state: { sub: 1, mount: 'later', seq: 6, changes: [change] } });
  screen.frame();
  assert.equal(drawn[1].members, false);
  assert.deepEqual(drawn[1].changes.map(({ mount }) => mount), ['later']);
  assert.equal(room.state('later').get('a'), 1);
});

test('it ends when it is no more wanted, and several don’t know of each other', async (t) => {
  const { world, room, screen, drawn, stop } = await drawing(t);
  const others = [];
  room.frame((frame) => others.push(frame));
  world.socket.says(message(5));
  stop();
  screen.frame();
  world.socket.says(message(6), state(7, 'a'));
  screen.frame();
  assert.equal(drawn.length, 0);
  assert.equal(others.length, 2);
});

test('a `draw` that throws is called again', async (t) => {
  const { world, room, screen } = await drawing(t);
  const errors = t.mock.method(console, 'error', () => {});
  room.frame(() => {
    throw new Error('mine');
  });
  for (const seq of [5, 6]) {
    world.socket.says(message(seq));
    screen.frame();
  }
  assert.equal(errors.mock.callCount(), 2);
});

test('where there is no screen it is 16 ms', async () => {
  const { world, room } = await inRoom(SCORES);
  const drawn = [];
  room.frame((frame) => drawn.push(frame));
  world.socket.says(message(5), message(6));
  await settled();
  await world.pass(15);
  assert.equal(drawn.length, 0);
  await world.pass(1);
  assert.deepEqual(drawn.map(({ messages }) => messages.length), [2]);
});
