// The client against a cluster of processes, which are killed: the binary that IMQ_BINARY names.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Imq } from '../dist/index.js';
import { next, payloads } from './server/events.mjs';
import { BINARY, startCluster } from './server/processes.mjs';
import { Proxy } from './server/proxy.mjs';

const skip = BINARY ? false : 'IMQ_BINARY names no server';

describe('with a cluster', { skip }, () => {
  let cluster;
  const clients = [];
  before(async () => (cluster = await startCluster()));
  after(async () => {
    await Promise.all(clients.map((imq) => imq.close()));
    await cluster?.stop();
  });

  function client(urls, token) {
    const imq = new Imq(urls, { token });
    clients.push(imq);
    return imq;
  }

  test('a token that is wrong is the end', async () => {
    const imq = client(cluster.urls[1], () => 'no token');
    await assert.rejects(imq.connected(), { code: 'closed' });
    assert.equal(imq.status, 'closed');
  });

  test('a token is replaced before it ends, and the connection outlives it', async () => {
    let tokens = 0;
    let ends = 0;
    const second = await cluster.token('ann');
    const token = () => {
      if (++tokens > 1) return second;
      ends = Date.now() + 2_000;
      return cluster.token('ann', '2s');
    };
    const imq = client(cluster.urls[1], token);
    const room = await imq.subscribe('/room/1');
    const statuses = [];
    imq.on('status', ({ status }) => statuses.push(status));
    while (tokens < 2 || Date.now() < ends + 500) {
      await room.send('chat', 'still here');
      // Faster than `welcome.limits` a client is let go.
      await new Promise((next) => { setTimeout(next, 10); });
    }
    assert.deepEqual([tokens, statuses], [2, []]);
  });

  test('when its gateway is killed a client goes on at another', async () => {
    // There is no way to the other one yet, so it begins at g1.
    const second = await Proxy.to(cluster.urls[1]);
    second.cut();
    const imq = client([cluster.urls[0], second.url], () => cluster.token('bob'));
    const room = await imq.subscribe('/room/2');
    const other = await client(cluster.urls[1], () => cluster.token('cid')).subscribe('/room/2');
    const left = [];
    other.on('left', ({ users }) => left.push(users));
    const heard = payloads(room, 3);
    await other.send('chat', 'before');
    second.mend();
    const back = next(imq, 'status', ({ status }) => status === 'up');
    await cluster.kill('g1');
    await other.send('chat', 'meanwhile');
    const added = room.state('scores').add('bob', 1);
    assert.equal((await back).resumed, true);
    await added;
    await other.send('chat', 'after');
    assert.deepEqual(await heard, ['before', 'meanwhile', 'after']);
    assert.equal(other.state('scores').get('bob'), 1);
    assert.deepEqual(left, []);
    second.close();
  });
});
