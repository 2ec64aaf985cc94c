#!/usr/bin/env node
// A client over WebSocket and TLS. The same form of output as check.mjs.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { JsonClient, ProtoClient } from './client.mjs';
import { check, run, same, scenario, World } from './report.mjs';

const { values } = parseArgs({
  options: { ws: { type: 'string', multiple: true }, authority: { type: 'string' } },
});
const ca = readFileSync(values.authority);

for (const [name, Client, payload] of [
  ['imq.json.v1', JsonClient, { text: 'hello' }],
  ['imq.proto.v1', ProtoClient, Buffer.from('hello')],
]) {
  scenario(`${name} over wss: a login, and messages through both gateways`, async (world) => {
    const room = world.room();
    const login = (gateway) => new Client(world, gateway, { ca }).login(world.name('user'));
    const ann = await login(0);
    const bob = await login(1);
    await ann.subscribe(room);
    await bob.subscribe(room);
    await ann.wait('joined');
    const { seq } = await ann.do('send_message', { queue: room, mount: 'chat', payload });
    const message = await bob.wait('message');
    same([message.seq, message.payload], [seq, payload], 'message');
  });
}

scenario("who doesn't know the authority doesn't connect", async (world) => {
  const client = new JsonClient(world, 0, {});
  const error = await client.opened.then(() => undefined, (reason) => reason);
  check(error?.code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', `${error?.code} ${error?.message}`);
});

scenario('a plain WebSocket at the TLS port is refused at once', async (world) => {
  const url = world.ws[0].replace('wss:', 'ws:');
  const client = new JsonClient({ ws: [url], keep: (it) => world.keep(it) }, 0, {});
  const error = await client.opened.then(() => undefined, (reason) => reason);
  check(error && error.status === undefined, `${error?.status} ${error?.message}`);
});

process.exitCode = await run(new World({ ws: values.ws })) ? 0 : 1;
