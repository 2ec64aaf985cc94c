// Scenarios: sessions that go on over WebSocket, in JSON and in protobuf, and logins that compete.

import { JsonClient, ProtoClient, jsonClient, pair } from './client.mjs';
import { check, same, scenario } from './report.mjs';

const CLIENTS = { JSON: JsonClient, protobuf: ProtoClient };

/** A connection of this kind that goes on with the session of `old`, and did so. */
export async function resumed(world, Kind, gateway, old, changes = {}) {
  const client = await new Kind(world, gateway).resume(old, changes);
  same(client.welcome.resumed, true, 'resumed');
  same(client.welcome.session_id, old.welcome.session_id, 'session_id');
  check(client.welcome.generation > old.welcome.generation, 'the generation did not rise');
  check(client.welcome.secret !== old.welcome.secret, 'the secret is the old one');
  return client;
}

/** Sends a message and waits for its result; its `seq`. */
async function say(client, room, text) {
  const payload = client instanceof ProtoClient ? JSON.stringify(text) : text;
  return (await client.do('send_message', { queue: room, mount: 'chat', payload })).seq;
}

/** The next bodies have to be these messages. */
async function messages(client, seqs) {
  for (const seq of seqs) {
    const { name, body } = await client.next();
    same([name, body.seq], ['message', seq], `what comes to ${client.user}`);
  }
}

for (const [kind, Kind] of Object.entries(CLIENTS)) {
  scenario(`${kind}: resume, here and elsewhere, brings what was missed once`, async (world) => {
    for (const gateway of [0, 1]) {
      const { room, ann, bob: first } = await pair(world);
      first.terminate();
      const missed = [await say(ann, room, 1), await say(ann, room, 2)];
      const bob = await resumed(world, Kind, gateway, first);
      const subscribed = await bob.next();
      same([subscribed.name, subscribed.body.queue, subscribed.body.recovered],
        ['subscribed', room, true], 'the body after the login');
      await messages(bob, missed);
      const live = await say(bob, room, 3);
      await messages(bob, [live]);
      await messages(ann, [...missed, live]);
      await ann.quiet();
      bob.terminate();
      const later = await say(ann, room, 4);
      const again = await resumed(world, JsonClient, 1 - gateway, bob);
      await again.wait('subscribed');
      await messages(again, [later]);
    }
  });

  scenario(`${kind}: a half-open connection is closed with 3509`, async (world) => {
    for (const gateway of [0, 1]) {
      const old = await new Kind(world, 0).login(world.name('user'));
      await resumed(world, Kind, gateway, old);
      await old.closing(3509);
    }
  });

  scenario(`${kind}: a second login closes the first with 3500`, async (world) => {
    for (const gateway of [0, 1]) {
      const { room, ann, bob } = await pair(world);
      const newer = await new Kind(world, gateway).login(bob.user);
      await bob.closing(3500);
      same((await ann.wait('left')).users, [bob.user], 'who left');
      await newer.subscribe(room);
    }
  });

  scenario(`${kind}: welcome lost, the old secret resumes; answered, no more`, async (world) => {
    const first = await new Kind(world, 0).login(world.name('user'));
    first.terminate();
    const lost = await resumed(world, Kind, 1, first, { answering: false });
    lost.terminate();
    const bob = await resumed(world, Kind, 0, first);
    await bob.subscribe(world.room());
    const { session_id, secret } = first.welcome;
    const late = new Kind(world, 1);
    await late.opened;
    late.send('connect', { protocol: 1, user: first.user, resume: { session_id, secret } });
    await late.closing(3002);
    await bob.subscribe(world.room());
  });
}

scenario('sessions: JSON resumes what protobuf began, with its operations', async (world) => {
  const { room, ann } = await pair(world);
  const proto = await new ProtoClient(world, 1).login(world.name('user'));
  await proto.subscribe(room);
  await ann.wait('joined');
  const opId = proto.nextOpId();
  const operation = { op_id: opId, queue: room, mount: 'chat', payload: '1' };
  proto.send('send_message', operation);
  const { seq } = await ann.wait('message');
  proto.terminate();
  const json = await resumed(world, JsonClient, 0, proto);
  await json.wait('subscribed');
  json.send('send_message', { ...operation, payload: 1 });
  const result = await json.wait('result');
  same([result.op_id, result.status, result.seq], [opId, 0, seq], 'result');
  await ann.quiet();
});

scenario('sessions: seen names a queue it isn\'t in, and gets unsubscribed', async (world) => {
  const first = await jsonClient(world);
  first.terminate();
  const queue = world.room();
  const seen = [...first.seen.fields(), { queue, epoch: 7, marks: {} }];
  const bob = await resumed(world, JsonClient, 1, first, { seen });
  const unsubscribed = await bob.wait('unsubscribed');
  same([unsubscribed.queue, unsubscribed.sub ?? 0], [queue, 0], 'queue and sub');
});

scenario('sessions: another\'s id and secret resume nothing, and touch nothing', async (world) => {
  const { room, ann, bob } = await pair(world);
  const eve = await new JsonClient(world).resume(bob, { user: world.name('eve') });
  same(eve.welcome.resumed ?? false, false, 'resumed');
  same(eve.welcome.user, eve.user, 'user');
  const seq = await say(bob, room, 'still here');
  await messages(bob, [seq]);
  await messages(ann, [seq]);
  await ann.quiet();
});

scenario('sessions: bye, then resume: a new session', async (world) => {
  const bob = await jsonClient(world);
  bob.send('bye');
  await bob.closing(3000);
  const late = await new JsonClient(world, 1).resume(bob);
  same(late.welcome.resumed ?? false, false, 'resumed');
});

scenario('sessions: 20 logins in a row meet 3009 with retry_after_ms', async (world) => {
  const user = world.name('flapper');
  let inside = 0;
  for (let count = 0; count < 20; count += 1) {
    const client = new JsonClient(world, count % 2);
    await client.opened;
    client.send('connect', { protocol: 1, user });
    const { name, body } = await client.next();
    if (name === 'welcome') {
      inside += 1;
    } else {
      same([name, body.code, body.may_retry], ['closing', 3009, true], 'the refusal');
      check(body.retry_after_ms > 0, 'no retry_after_ms');
      same((await client.ended()).code, 3009, 'code of the close frame');
      return `after ${inside}`;
    }
  }
  throw new Error('none was refused');
});
