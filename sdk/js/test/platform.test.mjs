// What the client makes of its platform: the page, the clock, the class WebSocket.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Imq } from '../dist/core.js';
import { watchPage } from '../dist/page.js';
import { gatewayUrl, openSocket } from '../dist/transport.js';
import { platform } from '../dist/world.js';

/** Puts something into the place of a global for a test. */
function put(t, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    if (before) Object.defineProperty(globalThis, name, before);
    else delete globalThis[name];
  });
}

test('a page that is seen, comes from the cache or is online again is awake', (t) => {
  const document = new EventTarget();
  const window = new EventTarget();
  put(t, 'document', document);
  put(t, 'window', window);
  let awake = 0;
  const end = watchPage(() => awake++);
  document.hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(awake, 0);
  document.hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event('pageshow'));
  window.dispatchEvent(new Event('online'));
  assert.equal(awake, 3);
  end();
  window.dispatchEvent(new Event('online'));
  assert.equal(awake, 3);
});

test('where there is no page there is nothing to watch', () => {
  watchPage(() => assert.fail('awake'))();
});

test('the clock never goes back, and goes on from there', (t) => {
  let date = 1_000;
  t.mock.method(Date, 'now', () => date);
  const { now } = platform(class {});
  const start = now();
  date += 5;
  assert.equal(now() - start, 5);
  date -= 3_600_000;
  assert.equal(now() - start, 5);
  date += 7;
  assert.equal(now() - start, 12);
});

test('each client draws another id', () => {
  const { id } = platform(class {});
  assert.match(id(), /^[!-~]{3,32}$/);
  assert.notEqual(id(), id());
});

test('where there is no WebSocket the application is told what to do', (t) => {
  put(t, 'WebSocket', undefined);
  assert.throws(() => new Imq('ws://g1'), /node 22/);
});

test('an address that is none is refused at once', () => {
  assert.throws(() => new Imq('no address'), TypeError);
});

test('addresses are those of the page, or of a gateway', (t) => {
  assert.equal(gatewayUrl('https://imq.example'), 'wss://imq.example/imq/v1/ws');
  assert.equal(gatewayUrl('ws://127.0.0.1:7480'), 'ws://127.0.0.1:7480/imq/v1/ws');
  assert.equal(gatewayUrl('wss://example/behind/a/proxy'), 'wss://example/behind/a/proxy');
  put(t, 'location', new URL('https://shop.example/cart'));
  assert.equal(gatewayUrl('/'), 'wss://shop.example/imq/v1/ws');
});

/** A class like WebSocket. */
class Socket {
  sent = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
  }
  send(frame) {
    this.sent.push(frame);
  }
  close(code) {
    this.closed = code;
  }
}

test('a transport asks for JSON, and tells what comes', () => {
  const told = [];
  let socket;
  class Mine extends Socket {
    constructor(...of) {
      super(...of);
      socket = this;
    }
  }
  const transport = openSocket(Mine, 'ws://g1', {
    opened: () => told.push('opened'),
    frame: (data) => told.push(data),
    closed: () => told.push('closed'),
  });
  assert.equal(socket.protocol, 'imq.json.v1');
  socket.onopen();
  socket.onmessage({ data: '{}' });
  transport.send('{"bye":{}}');
  assert.deepEqual(socket.sent, ['{"bye":{}}']);
  socket.onclose();
  assert.deepEqual(told, ['opened', '{}', 'closed']);
});

test('a transport that is closed tells nothing more', async () => {
  let socket;
  class Mine extends Socket {
    constructor(...of) {
      super(...of);
      socket = this;
    }
  }
  const nobody = () => assert.fail('told');
  const listener = { opened: nobody, frame: nobody, closed: nobody };
  const closed = openSocket(Mine, 'ws://g1', listener).close();
  assert.equal(socket.closed, 1000);
  assert.equal(socket.onmessage, null);
  socket.onerror();
  socket.onclose();
  await closed;
});
