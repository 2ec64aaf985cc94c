// The fallback against real servers: the binary that IMQ_BINARY names.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Imq } from '../dist/index.js';
import { platform } from '../dist/world.js';
import { Balancer } from './server/balancer.mjs';
import { next, payloads } from './server/events.mjs';
import { BINARY, startCluster } from './server/processes.mjs';

const skip = BINARY ? false : 'IMQ_BINARY names no server';

describe('a cluster behind a network without WebSocket', { skip }, () => {
  let cluster;
  let balancer;
  const clients = [];
  before(async () => {
    cluster = await startCluster();
    balancer = await Balancer.before(cluster.urls);
  }, { timeout: 60_000 });
  after(async () => {
    await Promise.all(clients.map((imq) => imq.close()));
    balancer?.close();
    await cluster?.stop();
  });

  function client(user, url, options = {}) {
    const imq = new Imq(url, { token: () => cluster.token(user), ...options });
    clients.push(imq);
    return imq;
  }

  test('rooms live, though requests go to any gateway', async () => {
    const imq = client('ann', balancer.url);
    const room = await imq.subscribe('/room/1');
    assert.equal(imq.transport, 'events');
    const other = await client('bob', cluster.urls[0]).subscribe('/room/1');
    const [here, there] = [payloads(room, 300), payloads(other, 300)];
    const words = Array.from({ length: 100 }, (_, at) => `é ${at}`);
    for (let from = 0; from < 3; from++) {
      await Promise.all(words.map((word) => room.send('chat', word)));
    }
    assert.deepEqual(await there, [...words, ...words, ...words]);
    assert.deepEqual(await here, [...words, ...words, ...words]);
    const scores = other.state('scores');
    const changed = next(scores, 'change');
    await room.state('scores').add('ann', 3);
    assert.equal((await changed).value, 3);
    await assert.rejects(imq.subscribe('/nowhere/1'), { code: 'not_found' });
    const left = next(other, 'left');
    await imq.close();
    assert.deepEqual((await left).users, ['ann']);
    const gateways = new Set(balancer.went.filter((went) => /send/.test(went)));
    assert.equal(gateways.size, 2, 'posts went to both');
  });

  test('when WebSocket is let through the session moves to it, and loses nothing', async () => {
    let awake;
    const watch = (run) => {
      awake = run;
      return () => {};
    };
    const imq = client('cem', balancer.url, { world: { ...platform(), watch } });
    const room = await imq.subscribe('/room/2');
    const other = await client('dora', cluster.urls[1]).subscribe('/room/2');
    const seen = [];
    other.on('left', (event) => seen.push(event));
    const moved = next(imq, 'status', ({ status, resumed }) => status === 'up' && resumed);
    const heard = payloads(other, 200);
    balancer.letsSocketsThrough = true;
    awake();
    const sent = Array.from({ length: 200 }, (_, at) => room.send('chat', at));
    await moved;
    await Promise.all(sent);
    assert.equal(imq.transport, 'websocket');
    assert.deepEqual(await heard, Array.from({ length: 200 }, (_, at) => at));
    assert.deepEqual(seen, []);
    balancer.letsSocketsThrough = false;
  });
});
