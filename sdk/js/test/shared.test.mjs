// Pages that share one connection.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Imq } from '../dist/shared.js';
import { Browser } from './fake/shared.mjs';

const SCORES = { mounts: [{ name: 'scores', kind: 'state', entries: [entry('ann', 5)] }] };
function entry(key, value) {
  return { key, value, version: 4 };
}

function message(seq, payload, more = {}) {
  return { message: { sub: 1, mount: 'chat', seq, payload, sent_at_ms: seq, ...more } };
}

/** Two pages with a connection. */
async function twoPages(options) {
  const browser = new Browser();
  const pages = [browser.page(options), browser.page(options)];
  await browser.connects();
  browser.world.socket.take();
  return { browser, pages, socket: browser.world.socket };
}

/** Two pages in the room /a. */
async function twoRooms() {
  const all = await twoPages();
  const rooms = [];
  for (const page of all.pages) {
    const subscribing = page.subscribe('/a');
    await all.browser.subscribes(SCORES);
    rooms.push(await subscribing);
  }
  await all.browser.world.pass(0);
  return { ...all, rooms };
}

/** What a room tells, by name. */
function listen(room, ...names) {
  const told = [];
  for (const name of names) room.on(name, (event) => told.push([name, event]));
  return told;
}

test('pages have one socket and one session', async () => {
  const { browser, pages } = await twoPages();
  assert.equal(browser.world.sockets.length, 1);
  for (const page of pages) {
    assert.equal(page.status, 'up');
    assert.equal(page.user, 'ann');
    assert.equal(page.shared, true);
    assert.equal(page.transport, 'websocket');
  }
});

test('a page that comes later is up at once', async () => {
  const { browser } = await twoPages();
  const late = browser.page();
  await late.connected();
  assert.equal(late.transport, 'websocket');
  assert.equal(browser.world.sockets.length, 1);
});

test('only pages with the same `share`, address and user have one', async () => {
  const browser = new Browser();
  for (const share of ['ann', 'ann', 'bob']) browser.page({ share });
  browser.page({ user: 'eve' });
  await browser.world.pass(0);
  assert.equal(browser.world.sockets.length, 3);
});

test('without a `share` there is no client', () => {
  assert.throws(() => new Imq('ws://g1', { worker: () => {} }), /share/);
});

test('an event comes to each page that is in its room, and to no other', async () => {
  const { browser, pages, socket, rooms } = await twoRooms();
  const third = listen(pages[0].room('/b'), 'message');
  const told = rooms.map((room) => listen(room, 'message'));
  socket.says(message(5, 'hello'));
  await browser.world.pass(0);
  for (const heard of told) assert.deepEqual(heard.map(([, { payload }]) => payload), ['hello']);
  assert.deepEqual(third, []);
});

test('a page that comes later has the whole room, and the first is told nothing', async () => {
  const { browser, pages } = await twoPages();
  const subscribing = pages[0].subscribe('/a', { history: 5 });
  await browser.subscribes(SCORES);
  const told = listen(await subscribing, 'subscribed', 'message');
  await browser.world.pass(0);
  told.splice(0);
  const late = pages[1].room('/a');
  const heard = listen(late, 'subscribed', 'message');
  void late.subscribe({ history: 5 });
  assert.equal((await browser.subscribes(SCORES)).history, 5);
  browser.world.socket.says(message(3, 'old', { history: true }), message(5, 'new'));
  await browser.world.pass(0);
  assert.equal(late.state('scores').get('ann'), 5);
  assert.deepEqual(heard.map(([name]) => name), ['subscribed', 'message', 'message']);
  assert.deepEqual(told.map(([, { payload }]) => payload), ['new']);
});

test('what is said by the queue itself all pages are told', async () => {
  const { browser, socket, rooms } = await twoRooms();
  const told = rooms.map((room) => listen(room, 'subscribed'));
  socket.says({ subscribed: { sub: 1, queue: '/a', epoch: 10, ...SCORES } });
  await browser.world.pass(0);
  assert.deepEqual(told.map(({ length }) => length), [1, 1]);
});

test('each page receives what it subscribed to, of what all receive', async () => {
  const { browser, pages, socket } = await twoPages();
  const [chat, scores] = pages.map((page) => page.room('/a'));
  const told = [listen(chat, 'message', 'state', 'joined'), listen(scores, 'message', 'state')];
  void chat.subscribe({ mounts: ['chat', 'members'] });
  await browser.subscribes();
  void scores.subscribe({ mounts: ['scores'], keyPrefix: 'team/' });
  const { mounts, key_prefix } = await browser.subscribes({
    mounts: [{ name: 'scores', kind: 'state', entries: [entry('ann', 1), entry('team/a', 2)] }],
  });
  assert.deepEqual(mounts, ['chat', 'members', 'scores']);
  assert.equal(key_prefix, undefined);
  assert.deepEqual([...scores.state('scores')], [['team/a', 2]]);
  const state = { sub: 1, mount: 'scores', seq: 6, changes: [{ ...entry('ann', 3), version: 6 }] };
  socket.says(message(5, 'hello'), { state }, { joined: { sub: 1, seq: 7, users: ['bob'] } });
  const both = [entry('x', 1), entry('team/a', 4)].map((change) => ({ ...change, version: 8 }));
  socket.says({ state: { ...state, seq: 8, changes: both } });
  await browser.world.pass(0);
  assert.deepEqual(told[0].map(([name]) => name), ['message', 'joined']);
  assert.deepEqual(told[1].map(([, { changes }]) => changes.map(({ key }) => key)), [['team/a']]);
});

test('operations are answered to the page that asked', async () => {
  const { browser, socket, rooms } = await twoRooms();
  const sending = rooms.map((room, at) => room.send('chat', `from ${at}`));
  await browser.world.pass(0);
  const asked = socket.take().map(({ send_message }) => send_message);
  assert.deepEqual(asked.map(({ payload }) => payload), ['from 0', 'from 1']);
  socket.says({ result: { op_id: asked[0].op_id, status: 0, seq: 7 } });
  const error_message = 'the room is closed';
  socket.says({ result: { op_id: asked[1].op_id, status: 7, error_message, may_retry: true } });
  assert.equal(await sending[0], 7);
  await assert.rejects(sending[1], {
    name: 'ImqError',
    code: 'forbidden',
    message: 'forbidden: the room is closed',
    mayRetry: true,
  });
});

test('values are what they are without a worker', async () => {
  const { browser, socket, rooms } = await twoRooms();
  const [room] = rooms;
  await assert.rejects(room.state('scores').change([{ key: 'a', set: 1n }]), TypeError);
  await assert.rejects(room.send('chat', undefined), TypeError);
  await assert.rejects(room.send('chat', '\ud800'), TypeError);
  const date = new Date(0);
  void room.send('chat', { date, f() {}, toJSON: () => 'mine' });
  void room.send('chat', new Uint8Array([0, 255]));
  void room.state('scores').set('bytes', new Uint8Array([255]));
  await browser.world.pass(0);
  const asked = socket.take().map((envelope) => Object.values(envelope)[0]);
  assert.equal(asked[0].payload, 'mine');
  assert.equal(asked[1].payload_base64, 'AP8=');
  assert.deepEqual(asked[2].changes, [{ key: 'bytes', set_base64: '/w==' }]);
});

test('a refused subscription is the asking page’s alone', async () => {
  const { browser, socket, pages, rooms } = await twoRooms();
  const subscribing = pages[1].subscribe('/b');
  const again = rooms[1].subscribe({ mounts: ['nothing'] });
  await browser.world.pass(0);
  for (const { subscribe } of socket.take()) {
    socket.says({ result: { op_id: subscribe.op_id, status: 7, error_message: 'no' } });
  }
  await assert.rejects(subscribing, { code: 'forbidden' });
  await assert.rejects(again, { code: 'forbidden' });
  const told = rooms.map((room) => listen(room, 'message'));
  socket.says(message(5, 'hello'));
  await browser.world.pass(0);
  assert.deepEqual(told.map(({ length }) => length), [1, 1]);
});

test('a room is left when the last page leaves it', async () => {
  const { browser, socket, rooms } = await twoRooms();
  await rooms[0].leave();
  assert.deepEqual(socket.take(), []);
  const told = rooms.map((room) => listen(room, 'message'));
  socket.says(message(5, 'hello'));
  await browser.world.pass(0);
  assert.deepEqual(told.map(({ length }) => length), [0, 1]);
  const leaving = rooms[1].leave();
  await browser.world.pass(0);
  const [{ unsubscribe }] = socket.take();
  socket.says({ result: { op_id: unsubscribe.op_id, status: 0 } });
  await leaving;
  assert.equal(rooms[1].status, 'none');
});

test('a page that is gone gives its subscriptions up', async () => {
  const { browser, socket, pages, rooms } = await twoRooms();
  const subscribing = pages[0].subscribe('/b');
  await browser.subscribes({ sub: 2 }, '/b');
  await subscribing;
  await browser.closes(0);
  assert.deepEqual(
    socket.take().map(({ unsubscribe }) => unsubscribe.queue),
    ['/b'],
  );
  const told = listen(rooms[1], 'message');
  socket.says(message(5, 'hello'));
  await browser.world.pass(0);
  assert.equal(told.length, 1);
});

test('the last page may be loaded again within 15 s', async () => {
  const browser = new Browser();
  const page = browser.page();
  await browser.connects();
  void page.subscribe('/a');
  await browser.subscribes();
  await browser.closes(0);
  await browser.world.pass(14_000);
  assert.deepEqual(browser.world.socket.take(), []);
  await browser.page().connected();
  await browser.world.pass(2_000);
  assert.deepEqual(browser.world.socket.take().map(({ unsubscribe }) => unsubscribe.queue), ['/a']);
  await browser.closes(0);
  await browser.world.pass(15_000);
  assert.deepEqual(browser.world.socket.take(), [{ bye: {} }]);
  assert.ok(browser.world.socket.isClosed);
  // The next page has another connection.
  browser.page();
  await browser.world.pass(0);
  assert.equal(browser.world.sockets.length, 2);
});

test('a page that closes its client closes no other', async () => {
  const { browser, socket, pages, rooms } = await twoRooms();
  const sending = rooms[0].send('chat', 'hello');
  const closing = pages[0].close();
  await assert.rejects(sending, { code: 'outcome_unknown' });
  await browser.world.pass(0);
  await closing;
  assert.equal(pages[0].status, 'closed');
  assert.equal(rooms[0].status, 'none');
  await assert.rejects(rooms[0].send('chat', 'more'), { code: 'closed' });
  assert.equal(pages[1].status, 'up');
  assert.ok(!socket.isClosed);
  const last = pages[1].close();
  await browser.world.pass(0);
  await last;
  assert.deepEqual(socket.take().at(-1), { bye: {} });
});

test('a listener that throws harms no page', async (t) => {
  const { browser, socket, rooms } = await twoRooms();
  const errors = t.mock.method(console, 'error', () => {});
  rooms[0].on('message', () => {
    throw new Error('mine');
  });
  const told = rooms.map((room) => listen(room, 'message'));
  socket.says(message(5, 'hello'), message(6, 'again'));
  await browser.world.pass(0);
  assert.deepEqual(told.map(({ length }) => length), [2, 2]);
  assert.equal(errors.mock.callCount(), 2);
});

test('a lost connection is the same for all, and comes back with what was missed', async () => {
  const { browser, socket, pages, rooms } = await twoRooms();
  const told = rooms.map((room) => listen(room, 'message', 'subscribed'));
  socket.drops();
  await browser.world.pass(0);
  for (const page of pages) assert.equal(page.status, 'reconnecting');
  for (const room of rooms) assert.equal(room.status, 'returning');
  await browser.connects({ resumed: true });
  browser.world.socket.says(
    { subscribed: { sub: 1, queue: '/a', epoch: 9, marks: {}, recovered: true } },
    message(5, 'missed'),
  );
  await browser.world.pass(0);
  for (const page of pages) assert.equal(page.status, 'up');
  for (const heard of told) {
    assert.deepEqual(heard.map(([name]) => name), ['subscribed', 'message']);
  }
});

test('a subscription that the queue ends is over for all', async () => {
  const { browser, socket, rooms } = await twoRooms();
  const told = rooms.map((room) => listen(room, 'unsubscribed'));
  socket.says({ unsubscribed: { queue: '/a', reason: 'kicked' } });
  await browser.world.pass(0);
  for (const heard of told) {
    assert.deepEqual(heard, [['unsubscribed', { reason: 'kicked', retrying: false }]]);
  }
});

test('so is a client that the gateway closes for good; a new page begins anew', async () => {
  const { browser, socket, pages } = await twoPages();
  socket.says({ closing: { code: 3503, reason: 'banned' } });
  await browser.world.pass(0);
  for (const page of pages) assert.equal(page.status, 'closed');
  await assert.rejects(pages[0].call('roll'), { code: 'closed' });
  browser.page();
  await browser.world.pass(0);
  assert.equal(browser.world.sockets.length, 2);
});

test('a queue that is given is given to every page, and to later ones', async () => {
  const { browser, socket, pages } = await twoPages({ given: true });
  const rooms = [];
  for (const page of pages) page.on('room', (room) => rooms.push(room));
  socket.says({ subscribed: { sub: 1, queue: '/user/ann', epoch: 9, marks: {} } });
  await browser.world.pass(0);
  assert.deepEqual(rooms.map(({ name }) => name), ['/user/ann', '/user/ann']);
  const late = browser.page({ given: true });
  late.on('room', (room) => rooms.push(room));
  await browser.subscribes({}, '/user/ann');
  assert.equal(rooms.length, 3);
  assert.equal(rooms[2].status, 'standing');
});

test('a token is asked of one page, and of the next if that gives none', async () => {
  const browser = new Browser();
  const asked = [];
  const token = (name, answer) => () => {
    asked.push(name);
    return answer();
  };
  browser.page({ token: token('frozen', () => new Promise(() => {})) });
  browser.page({ token: token('refused', () => Promise.reject(new Error('401'))) });
  browser.page({ token: token('good', () => 't1') });
  browser.page({ token: token('unasked', () => 't2') });
  await browser.world.pass(2_999);
  assert.deepEqual(asked, ['frozen']);
  await browser.world.pass(1);
  assert.deepEqual(asked, ['frozen', 'refused', 'good']);
  browser.world.socket.opens();
  assert.equal(browser.world.socket.take()[0].connect.token, 't1');
});

test('if none has one, all are told why', async () => {
  const browser = new Browser();
  const told = [];
  const page = browser.page({ token: () => Promise.reject(new Error('401')) });
  page.on('failed', ({ error }) => told.push(error.message));
  await browser.world.pass(10);
  assert.match(told[0], /401/);
});

test('a page that takes nothing for long is cut off, and comes anew when it does', async () => {
  const { browser, socket, pages, rooms } = await twoRooms();
  const [, worker] = browser.ports;
  const say = worker.postMessage;
  const kept = [];
  worker.postMessage = (word) => kept.push(word);
  for (let seq = 5; seq < 5_005; seq++) {
    socket.says(message(seq, seq));
    if (seq % 100 === 0) await browser.world.pass(0);
  }
  await browser.world.pass(0);
  assert.ok(kept.length < 4_100);
  assert.equal(kept.at(-1).kind, 'cut');
  for (const word of kept) say(word);
  // The same page takes part again, with the room as it is now.
  const told = listen(rooms[1], 'subscribed');
  await browser.world.pass(0);
  await browser.subscribes({ mounts: [{ name: 'scores', kind: 'state', entries: [] }] });
  assert.equal(told.length, 1);
  assert.equal(pages[1].status, 'up');
  assert.equal(rooms[1].state('scores').size, 0);
});

test('a page that was kept aside without its lock comes anew when it is back', async () => {
  const { browser, pages, rooms } = await twoRooms();
  await browser.closes(1);
  browser.world.awakes();
  await browser.world.pass(0);
  browser.world.socket.says({ pong: { nonce: 1 } });
  await browser.world.pass(2_999);
  assert.equal(browser.world.socket.take().some(({ subscribe }) => subscribe), false);
  await browser.world.pass(1);
  const told = listen(rooms[1], 'subscribed');
  await browser.subscribes();
  assert.equal(told.length, 1);
  assert.deepEqual(pages.map(({ status }) => status), ['up', 'up']);
});

test('a page that comes back to life wakes the connection', async () => {
  const { browser, socket } = await twoPages();
  browser.world.awakes();
  await browser.world.pass(0);
  assert.deepEqual(socket.take().map((envelope) => Object.keys(envelope)[0]), ['ping']);
  socket.says({ pong: { nonce: 1 } });
  await browser.world.pass(4_000);
  assert.equal(browser.world.sockets.length, 1);
  assert.equal(browser.ports.length, 2);
});

test('a page that keeps up is not', async () => {
  const { browser, socket, rooms } = await twoRooms();
  const told = rooms.map((room) => listen(room, 'message'));
  for (let seq = 5; seq < 10_005; seq++) {
    socket.says(message(seq, seq));
    if (seq % 100 === 0) await browser.world.pass(0);
  }
  await browser.world.pass(0);
  assert.deepEqual(told.map(({ length }) => length), [10_000, 10_000]);
});

test('a worker that dies is replaced, and the rooms come back', async () => {
  const { browser, pages, rooms } = await twoRooms();
  const sending = rooms[0].send('chat', 'hello');
  browser.kills();
  await assert.rejects(sending, { code: 'outcome_unknown' });
  assert.deepEqual(pages.map(({ status }) => status), ['reconnecting', 'reconnecting']);
  await browser.connects();
  assert.deepEqual(pages.map(({ status }) => status), ['up', 'up']);
  await browser.subscribes(SCORES);
  assert.deepEqual(rooms.map(({ status }) => status), ['standing', 'standing']);
});

for (const [what, options] of Object.entries({
  'the browser has no SharedWorker': { worker: () => new globalThis.SharedWorker('/worker.js') },
  'the browser has no locks': { locks: undefined },
  'the worker says nothing': { worker: () => ({ port: silent() }) },
})) {
  test(`where ${what} a page has a socket of its own`, async () => {
    const browser = new Browser();
    if ('locks' in options) browser.locks = undefined;
    const imq = browser.page(options);
    const room = imq.room('/a');
    const subscribing = room.subscribe();
    await browser.world.pass(6_000);
    assert.equal(imq.shared, false);
    await browser.connects();
    await browser.subscribes();
    await subscribing;
    assert.equal(imq.status, 'up');
    assert.equal(imq.transport, 'websocket');
    await imq.close();
    assert.equal(imq.status, 'closed');
  });
}

function silent() {
  return { postMessage() {}, close() {}, onmessage: null };
}

test('a page that was busy still reads the worker’s answer', async () => {
  const browser = new Browser();
  const imq = browser.page();
  // Its timers are due before it has read anything.
  browser.world.freeze(5_000);
  await browser.world.pass(0);
  assert.equal(imq.shared, true);
  await browser.world.pass(10_000);
  assert.equal(imq.shared, true);
});

test('where the script of the worker fails, too, at once', async () => {
  const browser = new Browser();
  const worker = { port: silent(), onerror: null };
  const imq = browser.page({ worker: () => worker });
  const told = [];
  imq.on('shared', (isShared) => told.push(isShared));
  worker.onerror();
  await browser.world.pass(0);
  assert.deepEqual(told, [false]);
  assert.equal(browser.world.sockets.length, 1);
});

test('and where page and worker are of versions that don’t understand each other', async () => {
  const browser = new Browser();
  const port = silent();
  const imq = browser.page({ worker: () => ({ port, onerror: null }) });
  await browser.world.pass(0);
  port.onmessage({ data: { kind: 'hello', words: 2, lock: 'imq-worker-x' } });
  assert.equal(imq.shared, false);
  await browser.connects();
  assert.equal(imq.status, 'up');
});
