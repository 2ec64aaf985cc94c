// Scenarios: payloads of every kind, unchanged between JSON and protobuf clients.

import { ProtoClient, jsonClient, pair } from './client.mjs';
import { check, same, scenario } from './report.mjs';

const AS_WRITTEN = [
  '1.0', '-0', '0.10', '1e400', '1E+2', '12345678901234567890', '-1', 'true', 'false', 'null',
  '""', '"plain"', '"\\u00e9\\n\\/"', '"é 漢字 🦀"', '"\\ud83e\\udd80"', '[]', '{}',
  '[1,[2,[3.50]],{"b":1,"a":2,"b":3}]', '{"":null}', `${'['.repeat(64)}${']'.repeat(64)}`,
];

function sendText(client, room, field) {
  const opId = client.nextOpId();
  client.sendText(`{"send_message":{"op_id":${opId},"queue":"${room}","mount":"chat",${field}}}`);
}

scenario('values: every kind of JSON arrives as it was written', async (world) => {
  const { room, ann, bob } = await pair(world);
  const proto = await new ProtoClient(world, 1).login(world.name('user'));
  await proto.subscribe(room);
  for (const value of AS_WRITTEN) {
    sendText(ann, room, `"payload":${value}`);
    const item = await bob.take((it) => it.name === 'message', 'message');
    check(item.text.includes(`"payload":${value}`), `${value} came as ${item.text}`);
    same((await proto.wait('message')).payload.toString(), value, 'the bytes');
  }
});

scenario('values: whitespace goes between the parts, not within strings', async (world) => {
  const { room, ann, bob } = await pair(world);
  sendText(ann, room, '"payload" : { "a b" : [ 1 , "x  y" , { } ] } ');
  const item = await bob.take((it) => it.name === 'message', 'message');
  check(item.text.includes('"payload":{"a b":[1,"x  y",{}]}'), item.text);
});

scenario('values: bytes travel as base64, with and without padding', async (world) => {
  const { room, ann, bob } = await pair(world);
  const proto = await new ProtoClient(world, 1).login(world.name('user'));
  await proto.subscribe(room);
  for (const text of ['/wD+', '/w==', '/w', '+/8=']) {
    sendText(ann, room, `"payload_base64":"${text}"`);
    const event = await bob.wait('message');
    const bytes = Buffer.from(text, 'base64');
    same(event.payload_base64, bytes.toString('base64'), 'payload_base64');
    check(!('payload' in event), 'payload beside payload_base64');
    same((await proto.wait('message')).payload.toString('hex'), bytes.toString('hex'), 'bytes');
  }
});

scenario('values: set and value take base64 and null', async (world) => {
  const { room, ann, bob } = await pair(world);
  await ann.do('send_state', {
    queue: room,
    mount: 'scores',
    changes: [{ key: 'bytes', set_base64: '/w==' }, { key: 'null', set: null }],
  });
  const { changes } = await bob.wait('state');
  same(changes.map(({ value, value_base64: bytes }) => [value, bytes]),
    [[undefined, '/w=='], [null, undefined]], 'changes');
});

scenario('values: bytes of a protobuf client that are no JSON come as base64', async (world) => {
  const { room, bob } = await pair(world);
  const proto = await new ProtoClient(world, 0).login(world.name('user'));
  await proto.subscribe(room);
  const cases = [
    [Buffer.from('{"a":1.50}'), 'payload', { a: 1.5 }],
    [Buffer.from('01'), 'payload_base64', 'MDE='],
    [Buffer.from('{"a":'), 'payload_base64', 'eyJhIjo='],
    [Buffer.from('"\\ud800"'), 'payload_base64', Buffer.from('"\\ud800"').toString('base64')],
    [Buffer.from([0x22, 0xff, 0x22]), 'payload_base64', 'Iv8i'],
    [Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`), 'payload_base64',
      Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`).toString('base64')],
  ];
  for (const [bytes, field, wanted] of cases) {
    await proto.do('send_message', { queue: room, mount: 'chat', payload: bytes });
    const event = await bob.wait('message');
    same(event[field], wanted, `${field} of ${bytes.toString('latin1').slice(0, 20)}`);
  }
});

scenario('values: too deep, or half a surrogate pair, is closed with 3502', async (world) => {
  for (const value of [`${'['.repeat(65)}${']'.repeat(65)}`, '"\\ud800"', '"\\udc00x"']) {
    const client = await jsonClient(world);
    const room = world.room();
    await client.subscribe(room);
    sendText(client, room, `"payload":${value}`);
    await client.closing(3502);
  }
});
