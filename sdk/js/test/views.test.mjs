// Live maps by the scripts of sdk/conformance/views.

import assert from 'node:assert/strict';
import test from 'node:test';
import { StateMap } from '../dist/state.js';
import { check, views } from './conformance/views.mjs';

test('there are scripts', () => {
  assert.ok(views().length >= 12, `${views().length} scripts`);
});

for (const view of views()) test(view.script.about, () => check(view));

for (const broken of ['apply', 'reset', 'change']) {
  test(`a map without \`${broken}\` is found`, async () => {
    const { [broken]: whole } = StateMap.prototype;
    StateMap.prototype[broken] = async () => {};
    try {
      await assert.rejects(Promise.all(views().map(check)));
    } finally {
      StateMap.prototype[broken] = whole;
    }
  });
}
