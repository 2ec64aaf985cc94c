// What README.md shows is what there is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { spawnSync } from 'node:child_process';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const blocks = [...read('../README.md').matchAll(/^```js(?: (\S+))?\n(.*?)^```$/gms)];

test('a block under the name of a file is that file', () => {
  const named = blocks.filter(([, path]) => path);
  assert.ok(named.length > 0);
  for (const [, path, text] of named) assert.equal(text, read(`../${path}`));
});

test('the others are JavaScript', () => {
  for (const [, , text] of blocks) {
    const args = ['--check', '--input-type=module', '-'];
    const { stderr } = spawnSync(process.execPath, args, { input: text, encoding: 'utf8' });
    assert.equal(stderr, '', text);
  }
});
