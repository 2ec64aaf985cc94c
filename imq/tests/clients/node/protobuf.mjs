// Scenarios over imq.proto.v1, with the hand-written codec, which golden frames check first.

import { readFileSync } from 'node:fs';
import { ProtoClient, pair } from './client.mjs';
import { decode, encode } from './proto.mjs';
import { check, same, scenario } from './report.mjs';

const GOLDEN = new URL('../../../../proto/testdata/frames.json', import.meta.url);

scenario('protobuf: golden frames are read and written as the same bytes', async () => {
  let count = 0;
  for (const { name, json, frame } of JSON.parse(readFileSync(GOLDEN, 'utf8'))) {
    const [direction, body] = name.split('.');
    const fields = json[body];
    const known = ['ping', 'pong', 'bye', 'subscribe'].includes(body)
      && Object.keys(fields).every((field) => ['nonce', 'op_id', 'queue'].includes(field));
    if (direction === 'c2g' && known) {
      same(encode(body, fields).toString('hex'), frame, name);
      count += 1;
    } else if (direction === 'g2c') {
      const { item, rest } = decode(Buffer.from(frame, 'hex'));
      same(rest.length, 0, 'bytes after the frame');
      for (const [field, value] of Object.entries(item.body)) {
        if (typeof value !== 'object') same(value, fields[field] ?? value, `${name}.${field}`);
      }
      count += 1;
    }
  }
  check(count > 15, `only ${count} golden frames`);
});

scenario('protobuf: connect, subscribe and a message, among JSON clients', async (world) => {
  const { room, ann } = await pair(world);
  const proto = await new ProtoClient(world, 1).login(world.name('user'));
  await proto.subscribe(room);
  const { seq } = await proto.do('send_message', { queue: room, mount: 'chat', payload: '"hi"' });
  const event = await ann.wait('message');
  same([event.seq, event.from, event.payload], [seq, proto.user, 'hi'], 'event');
  same((await proto.wait('message')).seq, seq, 'seq at the sender');
  proto.send('bye');
  await proto.closing(3000);
});

scenario('protobuf: several frames in one message, one frame in many fragments', async (world) => {
  const client = new ProtoClient(world);
  await client.opened;
  const room = world.room();
  const user = world.name('user');
  client.socket.send(Buffer.concat([
    encode('connect', { protocol: 1, user }),
    encode('subscribe', { op_id: 1, queue: room }), encode('ping', { nonce: 3 })]));
  await client.welcomed(user);
  same((await client.wait('subscribed')).queue, room, 'queue');
  same((await client.wait('pong')).nonce, 3, 'nonce');
  const message = { op_id: 2, queue: room, mount: 'chat', payload: '"torn"' };
  const frame = encode('send_message', message);
  frame.forEach((_, index) => {
    client.socket.send(frame.subarray(index, index + 1), { fin: index === frame.length - 1 });
  });
  same((await client.wait('message')).payload.toString(), '"torn"', 'payload');
});

scenario('protobuf: half a frame in a message, and text, are closed with 3502', async (world) => {
  const half = await new ProtoClient(world).login(world.name('user'));
  half.socket.send(encode('ping', { nonce: 300 }).subarray(0, 4));
  await half.closing(3502);
  const text = await new ProtoClient(world).login(world.name('user'));
  text.socket.send('{"ping":{}}');
  await text.closing(3502);
});
