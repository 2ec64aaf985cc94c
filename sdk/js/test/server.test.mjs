// The client against the real server: the binary that IMQ_BINARY names.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withFallback } from '../dist/fallback.js';
import { Imq } from '../dist/index.js';
import { Imq as Proto } from '../dist/proto.js';
import { Imq as Shared } from '../dist/shared.js';
import { Office } from '../dist/shared/office.js';
import { Locks } from './fake/shared.mjs';
import { next, payloads } from './server/events.mjs';
import { BINARY, runNode, startDev } from './server/processes.mjs';
import { Proxy } from './server/proxy.mjs';

const skip = BINARY ? false : 'IMQ_BINARY names no server';

describe('with `imq dev`', { skip }, () => {
  let server;
  const clients = [];
  before(async () => (server = await startDev()), { timeout: 60_000 });
  after(async () => {
    await Promise.all(clients.map((imq) => imq.close()));
    await server?.stop();
  });

  function client(user, urls = server.urls) {
    const imq = new Imq(urls, { user });
    clients.push(imq);
    return imq;
  }

  test('messages, state, members', async () => {
    const [ann, bob] = [client('ann'), client('bob')];
    const room = await ann.subscribe('/room/1');
    assert.deepEqual([...room.members], ['ann']);
    const joined = next(room, 'joined');
    const his = await bob.subscribe('/room/1');
    assert.deepEqual((await joined).users, ['bob']);
    assert.deepEqual([...his.members].sort(), ['ann', 'bob']);

    const heard = payloads(his, 3);
    const seq = await room.send('chat', { text: 'hello' });
    assert.ok((await room.send('chat', null)) > seq);
    await room.send('chat', new Uint8Array([0, 255]));
    assert.deepEqual(await heard, [{ text: 'hello' }, null, new Uint8Array([0, 255])]);

    const scores = room.state('scores');
    const bobs = his.state('scores');
    const changed = next(bobs, 'change', ({ value }) => value === 7);
    await scores.set('ann', 5);
    await scores.add('ann', 2);
    await changed;
    assert.equal(scores.get('ann'), 7);
    await bobs.set('board', { moves: ['e4'] }, { ifAbsent: true });
    const refused = bobs.set('board', [], { ifAbsent: true });
    assert.deepEqual(bobs.get('board'), []);
    await assert.rejects(refused, { code: 'precondition' });
    assert.deepEqual(bobs.get('board'), { moves: ['e4'] });

    const { messages } = await his.history('chat', { limit: 2 });
    assert.deepEqual(messages.map(({ from }) => from), ['ann', 'ann']);
    const { entries } = await his.readState('scores');
    assert.deepEqual(entries.map(({ key }) => key), ['ann', 'board']);

    const left = next(room, 'left');
    await his.leave();
    assert.deepEqual((await left).users, ['bob']);
    assert.deepEqual([...room.members], ['ann']);
  });

  test('the example of the first minute runs', async () => {
    const room = await client('guest').subscribe('/room/1');
    const heard = payloads(room, 1);
    const path = fileURLToPath(new URL('../example/first.mjs', import.meta.url));
    const example = runNode([path, 'zoe', server.urls[1]]);
    await Promise.all([example.line(/^here are .*zoe/), example.line(/^zoe has 10 points/)]);
    assert.deepEqual(await heard, ['hello']);
    await example.stop();
    await room.leave();
  });

  test('history comes before what is new', async () => {
    const imq = client('cid');
    const room = await imq.subscribe('/room/2');
    for (const word of ['one', 'two', 'three']) await room.send('chat', word);
    const late = await client('dora').subscribe('/room/2', { history: 2 });
    const heard = payloads(late, 3);
    await room.send('chat', 'four');
    assert.deepEqual(await heard, ['two', 'three', 'four']);
  });

  test('refusals have their codes', async () => {
    const imq = client('eve');
    await assert.rejects(imq.subscribe('/nowhere/1'), { code: 'not_found' });
    await assert.rejects(imq.subscribe('room'), { code: 'name' });
    await assert.rejects(imq.room('/room/3').send('chat', 1), { code: /not_found|forbidden/ });
    const room = await imq.subscribe('/room/3');
    await assert.rejects(room.send('nothing', 1), { code: 'not_found' });
    await assert.rejects(room.send('chat', 'x'.repeat(70_000)), { code: 'limit' });
    await assert.rejects(imq.call('roll'), { name: 'ImqError' });
    assert.equal(imq.status, 'up');
  });

  test('over protobuf all is the same', async () => {
    const imq = new Proto(server.urls, { user: 'pia' });
    clients.push(imq);
    const room = await imq.subscribe('/room/6');
    const other = await client('quin').subscribe('/room/6');
    const values = ['é', null, { a: [1.5, -1] }, new Uint8Array([0, 255]), new Uint8Array()];
    const [hers, his] = [payloads(room, 5), payloads(other, 5)];
    for (const value of values) await room.send('chat', value);
    assert.deepEqual(await hers, values);
    assert.deepEqual(await his, values);
    const scores = room.state('scores');
    const changed = next(other.state('scores'), 'change', ({ key }) => key === 'sum');
    await scores.change([{ key: 'bytes', set: new Uint8Array([255]) }, { key: 'sum', add: -5 }]);
    await changed;
    assert.deepEqual([...other.state('scores')], [...scores]);
    const { messages } = await room.history('chat', { limit: 2 });
    assert.deepEqual(messages.map(({ payload }) => payload), values.slice(3));
    assert.deepEqual([...room.members].sort(), ['pia', 'quin']);
    await assert.rejects(scores.set('sum', 1, { ifVersion: 1 }), { code: 'precondition' });
  });

  test('pages share one connection', async () => {
    const locks = new Locks();
    const told = [];
    const office = new Office((tell) => withFallback({}, tell).world, locks, 'imq-worker');
    await locks.hold('imq-worker', new AbortController().signal);
    const page = () => {
      const { port1, port2 } = new MessageChannel();
      office.connect(port2);
      const worker = () => ({ port: port1, onerror: null });
      const imq = new Shared(server.urls, { user: 'sam', share: 'sam', worker, locks });
      imq.on('status', ({ status, code }) => told.push(code ? `${status} ${code}` : status));
      return imq;
    };
    const pages = [page(), page()];
    const rooms = await Promise.all(pages.map((imq) => imq.subscribe('/room/7')));
    assert.deepEqual(pages.map((imq) => [imq.shared, imq.transport]), [
      [true, 'websocket'],
      [true, 'websocket'],
    ]);
    const heard = rooms.map((room) => payloads(room, 2));
    const scores = rooms.map((room) => room.state('scores'));
    const changed = next(scores[1], 'change');
    await Promise.all([rooms[0].send('chat', 'one'), scores[0].set('sam', 1)]);
    await changed;
    await rooms[1].send('chat', 'two');
    assert.deepEqual(await Promise.all(heard), [['one', 'two'], ['one', 'two']]);
    const other = await client('tom').subscribe('/room/7');
    const left = next(other, 'left');
    await rooms[0].leave();
    assert.deepEqual([...other.members].sort(), ['sam', 'tom']);
    await pages[0].close();
    await rooms[1].send('chat', 'three');
    await pages[1].close();
    assert.deepEqual((await left).users, ['sam']);
    assert.deepEqual(told, ['up', 'up', 'closed 3000', 'closed 3000']);
  });

  test('a lost connection loses nothing, and nobody sees it', async () => {
    const proxy = await Proxy.to(server.urls[0]);
    const imq = client('fay', proxy.url);
    const room = await imq.subscribe('/room/4');
    const scores = room.state('scores');
    const other = await client('gil').subscribe('/room/4');
    const seen = [];
    other.on('left', ({ users }) => seen.push(users));
    const heard = payloads(room, 3);
    await other.send('chat', 'before');
    proxy.cut();
    await next(imq, 'status', ({ status }) => status === 'reconnecting');
    await other.send('chat', 'meanwhile');
    await other.state('scores').add('fay', 10);
    const added = scores.add('fay', 1);
    const back = next(imq, 'status', ({ status }) => status === 'up');
    proxy.mend();
    assert.equal((await back).resumed, true);
    await added;
    await other.send('chat', 'after');
    assert.deepEqual(await heard, ['before', 'meanwhile', 'after']);
    assert.equal(scores.get('fay'), 11);
    assert.equal(other.state('scores').get('fay'), 11);
    assert.deepEqual(seen, []);
    proxy.close();
  });

  test('messages across lost connections are each sent once, in order', async () => {
    const proxy = await Proxy.to(server.urls[1]);
    const room = await client('hal', proxy.url).subscribe('/room/5');
    const other = await client('ida').subscribe('/room/5');
    const heard = payloads(other, 400);
    for (let batch = 0; batch < 4; batch++) {
      const sent = Array.from({ length: 100 }, (_, at) => room.send('chat', batch * 100 + at));
      await sent[20];
      proxy.cut();
      proxy.mend();
      await Promise.all(sent);
    }
    assert.deepEqual(await heard, Array.from({ length: 400 }, (_, at) => at));
    proxy.close();
  });
});
