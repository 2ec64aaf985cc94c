// The browser's locks, by which pages and worker see each other go.

import assert from 'node:assert/strict';
import test from 'node:test';
import { platformLocks } from '../dist/shared/locks.js';
import { settled } from './fake/world.mjs';

/** Like `navigator.locks`: who requests a lock has it until its callback's promise is settled. */
class LockManager {
  #last = new Map();

  request(name, options, run = options) {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(() => (options.signal?.aborted ? undefined : run({ name })));
    this.#last.set(name, mine.catch(() => {}));
    return mine;
  }
}

function put(t, navigator) {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  t.after(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete globalThis.navigator;
  });
}

test('a lock is free when its holder ends', async (t) => {
  put(t, { locks: new LockManager() });
  const locks = platformLocks();
  const life = new AbortController();
  await locks.hold('page', life.signal);
  const seen = [];
  locks.whenFree('page', new AbortController().signal, () => seen.push('first'));
  const unwanted = new AbortController();
  locks.whenFree('page', unwanted.signal, () => seen.push('unwanted'));
  locks.whenFree('page', new AbortController().signal, () => seen.push('last'));
  await settled();
  assert.deepEqual(seen, []);
  unwanted.abort();
  life.abort();
  await settled();
  assert.deepEqual(seen, ['first', 'last']);
});

test('where there are none, nothing can be shared', (t) => {
  put(t, {});
  assert.equal(platformLocks(), undefined);
  put(t, undefined);
  assert.equal(platformLocks(), undefined);
});
