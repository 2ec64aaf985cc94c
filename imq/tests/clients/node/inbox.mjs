// Scenarios: the back end reaches a person through the user's own queue.

import { JsonClient, ProtoClient, jsonClient } from './client.mjs';
import { check, same, scenario } from './report.mjs';
import { call, refused } from './rpc.mjs';
import { resumed } from './sessions.mjs';

function post(world, user, payload) {
  return call(world, 'send_message', { queue: `/user/${user}`, mount: 'inbox', payload });
}

scenario('inbox: what the back end sends to a user arrives, in JSON and bytes', async (world) => {
  for (const Kind of [JsonClient, ProtoClient]) {
    const bob = await new Kind(world, 1).login(world.name('user'));
    const { seq } = await post(world, bob.user, { hello: 1.50 });
    const event = await bob.wait('message');
    same([event.seq, event.mount, event.sub, event.from ?? ''], [seq, 'inbox', bob.own.sub, ''],
      'event');
  }
});

scenario('inbox: its own queue, as JSON, has inbox as a mount', async (world) => {
  const bob = await jsonClient(world);
  check(bob.own.mounts.some(({ name }) => name === 'inbox'), JSON.stringify(bob.own));
  check(bob.own.epoch > 0 && 'inbox' in bob.own.marks, JSON.stringify(bob.own));
});

scenario('inbox: it can\'t be left, and others\' can\'t be joined', async (world) => {
  const ann = await jsonClient(world, 0);
  const bob = await jsonClient(world, 1);
  await bob.refused([7], 'unsubscribe', { queue: `/user/${bob.user}` });
  await ann.refused([7], 'subscribe', { queue: `/user/${bob.user}` });
  const { seq } = await post(world, bob.user, null);
  same((await bob.wait('message')).seq, seq, 'seq');
  await ann.quiet();
});

scenario('inbox: missed messages come on resume, at either gateway', async (world) => {
  for (const gateway of [0, 1]) {
    const first = await jsonClient(world, 0);
    first.terminate();
    const { seq } = await post(world, first.user, 'missed');
    const bob = await resumed(world, JsonClient, gateway, first);
    same(bob.own.recovered, true, 'recovered');
    same((await bob.wait('message')).seq, seq, 'seq');
    await bob.quiet();
  }
});

scenario('inbox: nobody of that name is 404', async (world) => {
  await refused(world, [404], 'send_message',
    { queue: `/user/${world.name('nobody')}`, mount: 'inbox', payload: 1 });
});
