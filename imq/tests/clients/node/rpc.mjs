// Scenarios: a web back end calls the gateway, clients over WebSocket see what it does.

import { jsonClient, pair } from './client.mjs';
import { check, same, scenario, WAIT_MS } from './report.mjs';

/** One call: HTTP status and the answer's object. `body` may be text, sent as it is. */
async function post(world, method, body, headers = {}) {
  const response = await fetch(`http://${world.rpc}/rpc/v1/${method}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${world.rpcKey}`, 'content-type': 'application/json', ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    check(response.status !== 200, `a good answer that is no JSON: ${text}`);
  }
  return { status: response.status, answer, text };
}

/** A call that has to succeed; the answer. */
export async function call(world, method, body, headers) {
  const { status, answer, text } = await post(world, method, body, headers);
  same(status, 200, `HTTP status of ${method} (${text})`);
  return answer;
}

/** A call that has to be refused with one of `statuses` and a sentence. */
export async function refused(world, statuses, method, body, headers) {
  const { status, answer, text } = await post(world, method, body, headers);
  check(statuses.includes(status), `HTTP status of ${method} is ${status} (${text})`);
  check((answer.error_message ?? text).length > 10, `no sentence with ${status}: ${text}`);
}

/** The names of all queues, read page by page. */
async function listQueues(world) {
  const names = [];
  let after = '';
  do {
    const page = await call(world, 'list_queues', { after, limit: 1000 });
    names.push(...page.queues);
    check(names.length < 1_000_000, 'the pages do not end');
    check(!page.next || page.next !== after, 'a page has itself as the next');
    after = page.next;
  } while (after);
  return names;
}

scenario('RPC: create_queue, get_queue, list_queues, delete_queue', async (world) => {
  const queue = world.room();
  await call(world, 'create_queue', { queue });
  const found = await call(world, 'get_queue', { queue });
  check(JSON.stringify(found).includes('chat'), `no mount in ${JSON.stringify(found)}`);
  check((await listQueues(world)).includes(queue), 'the queue is not in the list');
  const { ann, room } = await pair(world);
  await ann.subscribe(queue);
  await call(world, 'delete_queue', { queue });
  const unsubscribed = await ann.wait('unsubscribed');
  same(unsubscribed.queue, queue, 'queue');
  await refused(world, [404], 'get_queue', { queue });
  await ann.do('send_message', { queue: room, mount: 'chat', payload: 'the other goes on' });
});

scenario('RPC: send_message arrives without from, at both gateways', async (world) => {
  const { room, ann, bob } = await pair(world);
  const { seq } = await call(world, 'send_message',
    `{"queue":"${room}","mount":"chat","payload":{ "n": 1.0 }}`);
  for (const client of [ann, bob]) {
    const item = await client.take((it) => it.name === 'message', 'message');
    same([item.body.seq, item.body.from ?? ''], [seq, ''], 'event');
    check(item.text.includes('"payload":{"n":1.0}'), item.text);
  }
});

scenario('RPC: send_state and get_state', async (world) => {
  const { room, ann } = await pair(world);
  const scores = { queue: room, mount: 'scores' };
  const { seq } = await call(world, 'send_state', {
    ...scores, changes: [{ key: 'a', set: 'x' }, { key: 'n', add: 2 }],
  });
  const event = await ann.wait('state');
  same([event.seq, event.from ?? ''], [seq, ''], 'event');
  const { entries } = await call(world, 'get_state', scores);
  same(entries, [{ key: 'a', value: 'x', version: seq }, { key: 'n', value: 2, version: seq }],
    'entries');
  await refused(world, [409], 'send_state',
    { ...scores, changes: [{ key: 'a', set: 1, if_absent: true }] });
});

scenario('RPC: list_members and get_history', async (world) => {
  const { room, ann, bob } = await pair(world);
  const { members } = await call(world, 'list_members', { queue: room });
  same(members, [ann.user, bob.user].sort(), 'members');
  await call(world, 'send_message', { queue: room, mount: 'chat', payload: 'one' });
  const { messages } = await call(world, 'get_history', { queue: room, mount: 'chat' });
  same(messages.map((message) => message.payload), ['one'], 'payloads');
});

scenario('RPC: a wrong key, or none, is 401', async (world) => {
  const body = { queue: world.room(), mount: 'chat', payload: 1 };
  await refused(world, [401], 'send_message', body, { authorization: 'Bearer wrong' });
  await refused(world, [401], 'send_message', body, { authorization: '' });
  await refused(world, [401], 'send_message', body, { authorization: `Basic ${world.rpcKey}` });
});

scenario('RPC: wrong JSON is 400, an unknown method 404 or 501', async (world) => {
  for (const text of ['', '{', '[]x', '"text"', '{"queue":1}', '{"queue":"/room/x"}{}']) {
    await refused(world, [400], 'send_message', text);
  }
  await refused(world, [404, 501], 'dance', {});
});

scenario('RPC: unknown queue 404, bad name 400', async (world) => {
  await refused(world, [404], 'send_message',
    { queue: world.room(), mount: 'chat', payload: 1 });
  await refused(world, [400], 'send_message', { queue: 'no slash', mount: 'chat', payload: 1 });
  await refused(world, [404], 'create_queue', { queue: '/nowhere/x' });
  await refused(world, [400, 413, 429], 'send_message',
    { queue: world.room(), mount: 'chat', payload: 'x'.repeat(400_000) });
});

scenario('RPC: one Idempotency-Key is one message; another body with it is 409', async (world) => {
  const { room, ann } = await pair(world);
  const headers = { 'idempotency-key': world.name('key') };
  const body = { queue: room, mount: 'chat', payload: 'once' };
  const first = await call(world, 'send_message', body, headers);
  const second = await call(world, 'send_message', body, headers);
  same(second.seq, first.seq, 'seq of the second answer');
  await refused(world, [409], 'send_message', { ...body, payload: 'other' }, headers);
  const last = await call(world, 'send_message', { ...body, payload: 'last' });
  same((await ann.wait('message')).seq, first.seq, 'first event');
  same((await ann.wait('message')).seq, last.seq, 'second event');
});

scenario('RPC: create_queue twice harms nobody', async (world) => {
  const queue = world.room();
  await call(world, 'create_queue', { queue });
  const { status } = await post(world, 'create_queue', { queue });
  check([200, 409].includes(status), `HTTP status ${status}`);
  const client = await jsonClient(world);
  await client.subscribe(queue);
  return `status ${status}`;
});
