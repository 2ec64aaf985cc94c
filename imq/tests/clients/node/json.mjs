// Scenarios over imq.json.v1.

import { JsonClient, jsonClient, pair } from './client.mjs';
import { check, same, scenario } from './report.mjs';

const statesOf = ({ changes }) => changes.map(
  ({ key, value, deleted }) => ({ key, value, deleted }));

scenario('JSON: connect, welcome, subscribe, result, subscribed', async (world) => {
  const client = await jsonClient(world);
  same(client.welcome.user, client.user, 'user');
  same(client.welcome.limits.frame_bytes, 262144, 'frame_bytes');
  const room = world.room();
  client.send('subscribe', { op_id: 3, queue: room });
  const { name, body } = await client.next();
  same([name, body.op_id, body.status], ['result', 3, 0], 'the first body');
  const next = await client.next();
  same([next.name, next.body.queue], ['subscribed', room], 'the second body');
  same(next.body.members, [client.user], 'members');
  same(next.body.mounts.map((mount) => [mount.name, mount.kind ?? 'message', mount.entries]),
    [['chat', 'message', undefined], ['scores', 'state', []]], 'mounts');
});

scenario('JSON: messages reach all through both gateways in one order', async (world) => {
  const { room, ann, bob } = await pair(world);
  const sent = [];
  for (let number = 0; number < 10; number += 1) {
    const client = number % 2 ? bob : ann;
    const result = await client.do('send_message', { queue: room, mount: 'chat', payload: number });
    sent.push([result.seq, client.user, number]);
  }
  for (const client of [ann, bob]) {
    for (const wanted of sent) {
      const event = await client.wait('message');
      same([event.seq, event.from, event.payload], wanted, 'event');
    }
  }
  ann.send('send_message', { op_id: ann.nextOpId(), queue: room, mount: 'chat', payload: 'x' });
  same([(await ann.next()).name, (await ann.next()).name], ['result', 'message'], 'order');
});

scenario('JSON: exclude_self, history, mounts and since', async (world) => {
  const { room, ann, bob } = await pair(world);
  const chat = { queue: room, mount: 'chat' };
  const hidden = await ann.do('send_message', { ...chat, payload: 1, exclude_self: true });
  const shown = await ann.do('send_message', { ...chat, payload: 2 });
  same((await ann.wait('message')).seq, shown.seq, 'first event at the sender');
  same((await bob.wait('message')).seq, hidden.seq, 'first event at the other');
  const late = await jsonClient(world, 1);
  const subscribed = await late.subscribe(room, { history: 5, mounts: ['chat'] });
  same(subscribed.mounts.map((mount) => mount.name), ['chat'], 'mounts');
  for (const { seq } of [hidden, shown]) {
    const event = await late.wait('message');
    same([event.seq, event.history], [seq, true], 'history');
  }
  const missed = await ann.do('send_message', { ...chat, payload: 3 });
  const back = await jsonClient(world, 0);
  const { epoch, marks } = subscribed;
  const again = await back.subscribe(room, { since: { epoch, marks }, mounts: ['chat'] });
  same(again.recovered, true, 'recovered');
  same((await back.wait('message')).seq, missed.seq, 'missed message');
});

scenario('JSON: state with conditions, snapshot, time to live', async (world) => {
  const { room, ann, bob } = await pair(world);
  const scores = { queue: room, mount: 'scores' };
  const { seq } = await ann.do('send_state', {
    ...scores,
    changes: [{ key: 'a', set: { x: 1 } }, { key: 'n', add: 5 }, { key: 'o', set: null }],
  });
  const event = await bob.wait('state');
  same([event.seq, statesOf(event)], [seq, [
    { key: 'a', value: { x: 1 }, deleted: undefined },
    { key: 'n', value: 5, deleted: undefined },
    { key: 'o', value: null, deleted: undefined },
  ]], 'event');
  await bob.refused([9], 'send_state', {
    ...scores, changes: [{ key: 'new', set: 1 }, { key: 'a', set: 2, if_absent: true }],
  });
  await bob.refused([9], 'send_state', {
    ...scores, changes: [{ key: 'a', set: 2, if_version: 0 }],
  });
  await bob.do('send_state', {
    ...scores, changes: [{ key: 'a', delete: true, if_version: seq },
      { key: 'o', set: 1, ttl_ms: 200 }],
  });
  await ann.wait('state');
  same(statesOf(await ann.wait('state'))[0].deleted, true, 'deleted');
  const expired = await ann.wait('state');
  same([expired.from ?? '', statesOf(expired)],
    ['', [{ key: 'o', value: undefined, deleted: true }]], 'expired');
  const late = await jsonClient(world, 1);
  const subscribed = await late.subscribe(room);
  const { entries } = subscribed.mounts.find((mount) => mount.name === 'scores');
  same(entries, [{ key: 'n', value: 5, version: seq }], 'entries');
  const read = await late.do('get_state', { ...scores, limit: 1 });
  same(read.entries, entries, 'entries of get_state');
});

scenario('JSON: joined, left, list_members, get_history', async (world) => {
  const { room, ann, bob } = await pair(world);
  const members = await ann.do('list_members', { queue: room });
  same(members.members, [ann.user, bob.user].sort(), 'members');
  await bob.do('unsubscribe', { queue: room });
  same((await ann.wait('left')).users, [bob.user], 'who left');
  const seqs = [];
  for (const payload of ['a', 'b', 'c']) {
    seqs.push((await ann.do('send_message', { queue: room, mount: 'chat', payload })).seq);
  }
  const page = await ann.do('get_history', { queue: room, mount: 'chat', limit: 2 });
  same(page.messages.map((message) => [message.seq, message.payload]),
    [[seqs[1], 'b'], [seqs[2], 'c']], 'newest page');
  const older = await ann.do('get_history', {
    queue: room, mount: 'chat', limit: 2, before_seq: Number(page.next),
  });
  same(older.messages.map((message) => message.seq), [seqs[0]], 'older page');
});

scenario('JSON: several envelopes in an array', async (world) => {
  const client = new JsonClient(world);
  await client.opened;
  const room = world.room();
  const user = world.name('user');
  client.sendText(JSON.stringify([
    { connect: { protocol: 1, user } },
    { subscribe: { op_id: 1, queue: room } },
    { send_message: { op_id: 2, queue: room, mount: 'chat', payload: 'hi' } },
    { ping: { nonce: 4 } },
  ]));
  await client.welcomed(user);
  same((await client.wait('subscribed')).queue, room, 'queue');
  same((await client.wait('message')).payload, 'hi', 'payload');
  same((await client.wait('pong')).nonce, 4, 'nonce');
});

scenario('JSON: refusals have a status and a sentence', async (world) => {
  const { room, ann } = await pair(world);
  await ann.refused([5], 'subscribe', { queue: '/nowhere/x' });
  await ann.refused([3], 'subscribe', { queue: 'no slash' });
  await ann.refused([5], 'send_message', { queue: room, mount: 'nothing', payload: 1 });
  await ann.refused([3, 8], 'send_message',
    { queue: room, mount: 'chat', payload: 'x'.repeat(65535) });
  await ann.refused([12], 'call', { method: 'buy', payload: [1] });
  await ann.do('send_message', { queue: room, mount: 'chat', payload: 'x'.repeat(65534) });
});

scenario('JSON: null fields, an empty array for an object, unknown fields', async (world) => {
  const client = await jsonClient(world);
  const room = world.room();
  client.sendText(`{"subscribe":{"op_id":1,"queue":"${room}","since":null,"history":null,`
    + '"mounts":null,"future":{"a":[1]}}}');
  same((await client.wait('subscribed')).queue, room, 'queue');
  client.sendText('{"ping":[]}');
  same((await client.wait('pong')).nonce ?? 0, 0, 'nonce');
  client.sendText(' { "bye" : [ ] } ');
  await client.closing(3000);
});

for (const [what, text] of [
  ['half an object', '{"ping":{"nonce":1}'], ['no object', '"ping"'], ['a number', '17'],
  ['an empty object', '{}'], ['two bodies', '{"ping":{"nonce":1},"pong":{"nonce":1}}'],
  ['an unknown body', '{"dance":{}}'], ['an array of numbers', '[1,2]'],
  ['a number with a point', '{"ping":{"nonce":1.0}}'],
  ['a negative number', '{"ping":{"nonce":-1}}'],
  ['a string for a number', '{"ping":{"nonce":"1"}}'],
  ['a field given twice', '{"ping":{"nonce":1,"nonce":1}}'],
  ['more after the object', '{"ping":{"nonce":1}}{}'],
  ['no quotes', '{ping:{}}'], ['deep nesting', '['.repeat(100_000)],
]) {
  scenario(`JSON: ${what} is closed with 3502`, async (world) => {
    const client = await jsonClient(world);
    client.sendText(text);
    await client.closing(3502);
  });
}

for (const change of [
  '"set":1,"delete":true', '"set":1,"delete":false', '"delete":false,"set":1', '"set":1,"delete":null',
  '"set":null,"delete":true', '"set":1,"add":null', '"add":1,"set_base64":""', '"delete":false',
]) {
  scenario(`JSON: a change with ${change} is an error`, async (world) => {
    const { room, ann, bob } = await pair(world);
    ann.sendText(`{"send_state":{"op_id":2,"queue":"${room}","mount":"scores",`
      + `"changes":[{"key":"a",${change}}]}}`);
    const { name, body } = await ann.next();
    check(name === 'closing' ? body.code === 3502 : body.status === 3, `${name} came`);
    const read = await bob.do('get_state', { queue: room, mount: 'scores' });
    same(read.entries ?? [], [], 'entries');
    return name;
  });
}

scenario('JSON: a message without a payload is refused, null and nothing are payloads', async (world) => {
  const { room, ann, bob } = await pair(world);
  const refused = await ann.refused([3], 'send_message', { queue: room, mount: 'chat' });
  check(refused.error_message.includes('"payload" is missing'), refused.error_message);
  await ann.do('send_message', { queue: room, mount: 'chat', payload: null });
  same((await bob.wait('message')).payload, null, 'payload');
  await ann.do('send_message', { queue: room, mount: 'chat', payload_base64: '' });
  same((await bob.wait('message')).payload_base64, '', 'payload');
});

scenario('JSON: one\'s own history has what one didn\'t want to hear live', async (world) => {
  const { room, ann, bob } = await pair(world);
  const said = { queue: room, mount: 'chat', payload: 'not to me', exclude_self: true };
  const { seq } = await ann.do('send_message', said);
  same((await bob.wait('message')).seq, seq, 'what bob hears');
  const page = await ann.do('get_history', { queue: room, mount: 'chat' });
  same(page.messages.map((message) => message.seq), [seq], 'history');
  await ann.do('subscribe', { queue: room, history: 5 });
  const old = await ann.wait('message');
  same([old.seq, old.history], [seq, true], 'history of a subscribe');
});

scenario('JSON: not connected, wrong version and a second connect are closed', async (world) => {
  for (const [body, fields, code] of [
    ['subscribe', { op_id: 1, queue: '/room/x' }, 3508],
    ['connect', { protocol: 7, user: 'x' }, 3505], ['connect', { protocol: 1, token: 'x' }, 3501],
  ]) {
    const client = new JsonClient(world);
    await client.opened;
    client.send(body, fields);
    await client.closing(code);
  }
  const client = await jsonClient(world);
  client.send('connect', { protocol: 1, user: client.user });
  await client.closing(3506);
});
