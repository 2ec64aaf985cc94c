// Pages as they are: two versions of the library, frames of other sites, strangers' words.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inRoom } from './fake/client.mjs';
import { World } from './fake/world.mjs';
import { Imq, ImqError } from '../dist/index.js';
import { platformLocks } from '../dist/shared/locks.js';
import { Browser } from './fake/shared.mjs';

test('two versions of the library on one page don’t know of each other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'imq-js-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(fileURLToPath(new URL('../dist', import.meta.url)), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const before = Object.getOwnPropertyNames(globalThis).sort();
  const other = await import(pathToFileURL(join(folder, 'index.js')).href);
  assert.notEqual(other.Imq, Imq);
  const worlds = [new World(), new World()];
  const clients = [Imq, other.Imq].map((Client, at) => {
    return new Client('ws://g1', { user: `user ${at}`, world: worlds[at] });
  });
  for (const world of worlds) {
    await world.pass(0);
    world.socket.opens();
    world.socket.welcomes();
  }
  const [, theirs] = clients;
  await clients[0].close();
  assert.equal(theirs.status, 'up');
  const error = await theirs.subscribe('no name').catch((error) => error);
  // The class is the other version's; the names are not.
  assert.equal(error instanceof ImqError, false);
  assert.deepEqual([error.name, error.code], ['ImqError', 'name']);
  assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), before);
});

test('names and payloads of strangers are text, and reach no prototype', async () => {
  const { world, room } = await inRoom({ mounts: [{ name: 'scores', kind: 'state', entries: [] }] });
  const heard = [];
  room.on('message', (message) => heard.push(message));
  const evil = '<img src=x onerror=alert(1)>';
  const payload = JSON.parse('{"__proto__":{"isAdmin":true}}');
  world.socket.says(
    { message: { sub: 1, mount: 'chat', seq: 5, from: evil, payload: evil, sent_at_ms: 1 } },
    { joined: { sub: 1, seq: 6, users: ['__proto__', 'constructor'] } },
  );
  const entry = '{"key":"__proto__","value":{"isAdmin":true},"version":7}';
  world.socket.saysText(`{"state":{"sub":1,"mount":"scores","seq":7,"changes":[${entry}]}}`);
  const mount = '{"name":"__proto__","kind":"state","entries":[]}';
  world.socket.saysText(
    `{"subscribed":{"sub":1,"queue":"/a","epoch":9,"marks":{"__proto__":7},"mounts":[${mount}]}}`,
  );
  assert.equal(heard[0].from, evil);
  assert.equal(heard[0].payload, evil);
  assert.equal({}.isAdmin, undefined);
  assert.equal(room.state('__proto__').size, 0);
  void room.send('chat', payload).catch(() => {});
  const { send_message } = world.socket.take().at(-1);
  assert.equal(Object.hasOwn(send_message.payload, '__proto__'), true);
});

test('a frame whose site may have no locks has a socket of its own', async (t) => {
  const locks = { request: () => Promise.reject(new DOMException('no', 'SecurityError')) };
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  t.after(() => delete globalThis.navigator);
  const browser = new Browser();
  browser.locks = platformLocks();
  const imq = browser.page();
  await browser.world.pass(0);
  assert.equal(imq.shared, false);
  assert.equal(browser.world.sockets.length, 1);
});
