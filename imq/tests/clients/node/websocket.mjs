// Scenarios: the WebSocket layer itself, with ws and with raw sockets.

import { JsonClient, jsonClient } from './client.mjs';
import { Connection } from './connection.mjs';
import { RawSocket } from './raw-socket.mjs';
import { check, inTime, same, scenario } from './report.mjs';

async function refusedUpgrade(connection) {
  const failure = await inTime(
    connection.opened.then(() => null, (error) => error), 'the answer to the upgrade');
  check(failure, 'the upgrade was granted');
  return failure.status ?? failure.message;
}

scenario('WebSocket: a wrong path is refused', async (world) => {
  const url = new URL(world.ws[0]);
  url.pathname = '/imq/v9/nothing';
  const status = await refusedUpgrade(new Connection({ ...world, ws: [url.href], keep() {} },
    'imq.json.v1'));
  same(status, 404, 'HTTP status');
});

scenario('WebSocket: a wrong subprotocol and none are refused', async (world) => {
  const statuses = [];
  for (const protocols of [['imq.nothing.v1'], []]) {
    statuses.push(await refusedUpgrade(new Connection(world, protocols)));
  }
  return statuses.join(', ');
});

scenario('WebSocket: fragments of one text message are put together', async (world) => {
  const client = await jsonClient(world);
  const text = '{"ping":{"nonce":77}}';
  [...text].forEach((letter, index) => {
    client.socket.send(letter, { fin: index === text.length - 1 });
  });
  same((await client.wait('pong')).nonce, 77, 'nonce');
});

scenario('WebSocket: its own ping is answered, also within a fragmented message', async (world) => {
  const client = await jsonClient(world);
  const pong = new Promise((resolve) => { client.socket.once('pong', resolve); });
  client.socket.send('{"ping":', { fin: false });
  client.socket.ping('abc');
  client.socket.send('{"nonce":8}}', { fin: true });
  same((await inTime(pong, 'a pong of the WebSocket layer')).toString(), 'abc', 'its data');
  same((await client.wait('pong')).nonce, 8, 'nonce');
});

scenario('WebSocket: a close frame of the client ends the connection', async (world) => {
  const client = await jsonClient(world);
  client.socket.close(1000);
  same((await client.ended()).code, 1000, 'code');
});

scenario('WebSocket: bye closes with closing and a close frame of the same code', async (world) => {
  const client = await jsonClient(world);
  client.send('bye');
  await client.closing(3000);
});

scenario('WebSocket: a binary message over imq.json.v1 is closed with 3502', async (world) => {
  const client = await jsonClient(world);
  client.socket.send(Buffer.from('{"ping":{}}'));
  await client.closing(3502);
});

scenario('WebSocket: an oversized message is closed with 3507, before and after', async (world) => {
  const fresh = new JsonClient(world);
  await fresh.opened;
  fresh.sendText(`{"connect":{"protocol":1,"user":"${'x'.repeat(20_000)}"}}`);
  await fresh.closing(3507);
  const client = await jsonClient(world);
  client.sendText(`{"ping":{"nonce":1,"filler":"${'x'.repeat(300_000)}"}}`);
  await client.closing(3507);
});

scenario('WebSocket: silence before connect is closed with 3504', async (world) => {
  const client = new JsonClient(world);
  await client.opened;
  await client.closing(3504);
});

for (const [what, first, length] of [
  ['unmasked text', 0x81, 0x02], ['a reserved bit', 0xc1, 0x82], ['a reserved opcode', 0x83, 0x82],
  ['a ping of 126 bytes', 0x89, 0xfe], ['a fragmented ping', 0x09, 0x82],
  ['a continuation of nothing', 0x80, 0x82], ['a length of 2^63', 0x82, 0xff],
]) {
  scenario(`WebSocket: ${what} ends the connection`, async (world) => {
    const socket = world.keep(await RawSocket.open(world.ws[0], 'imq.json.v1'));
    const rest = { 0xff: Buffer.alloc(8, 0xff), 0xfe: Buffer.from([0, 126]) }[length]
      ?? Buffer.alloc(0);
    const mask = Buffer.alloc(length & 0x80 ? 4 : 0);
    const filler = Buffer.alloc(126, 0x7b);
    socket.write(Buffer.concat([Buffer.from([first, length]), rest, mask, filler]));
    const code = await socket.ended();
    check([1002, 1009, 3502, 3507].includes(code), `closed with ${code}`);
    return `code ${code}`;
  });
}

scenario('WebSocket: text that isn\'t UTF-8 ends the connection', async (world) => {
  const socket = world.keep(await RawSocket.open(world.ws[0], 'imq.json.v1'));
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]));
  const code = await socket.ended();
  check([1007, 3502].includes(code), `closed with ${code}`);
  return `code ${code}`;
});
