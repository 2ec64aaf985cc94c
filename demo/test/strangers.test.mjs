// What strangers may send, and what the page makes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rollOf, sentenceOf, textOf } from '../src/chat.js';
import { cleanName, colourOf, someName } from '../src/names.js';
import { standings } from '../src/people.js';
import { placeOf } from '../src/table.js';

test('dice are dice', () => {
  assert.deepEqual(rollOf({ roll: [1, 6] }), [1, 6]);
  const none = [{ roll: [] }, { roll: [7] }, { roll: [1.5] }, { roll: ['1'] }, { roll: 3 }, null, 'x'];
  for (const payload of [...none, { roll: [1, 1, 1, 1, 1, 1, 1] }, undefined]) {
    assert.equal(rollOf(payload), undefined);
  }
});

test('whatever was said is a text of some length', () => {
  assert.equal(textOf({ text: '<b>hi</b>' }), '<b>hi</b>');
  assert.equal(textOf('hi'), 'hi');
  assert.equal(textOf({ text: 5 }), '{"text":5}');
  assert.equal(textOf(undefined), '(bytes)');
  assert.equal(textOf('x'.repeat(9_999)).length, 401);
});

test('a pointer is on the table', () => {
  assert.deepEqual(placeOf([0, 1000]), { x: 0, y: 1 });
  for (const value of [[-1, 0], [0, 1001], [0], [1, 2, 3], ['1', 2], [NaN, 1], {}, null, undefined]) {
    assert.equal(placeOf(value), undefined);
  }
});

test('the stagehand speaks in sentences', () => {
  assert.equal(sentenceOf({ killed: 'q1', by: 'ann' }), 'ann killed q1. The room goes on.');
  assert.equal(sentenceOf({ back: 'q1', after_ms: 3210 }), 'q1 is back after 3.2 s.');
  assert.equal(sentenceOf({ kill: 'q1' }), undefined);
  assert.equal(sentenceOf(null), undefined);
});

test('those who are here come first, then points; points are numbers', () => {
  const scores = new Map([['gone', 50], ['ann', 1], ['bo', 7], ['odd', '9'], ['cy', {}]]);
  const { rows, here } = standings(['ann', 'bo', 'cy', 'stagehand'], scores);
  assert.equal(here, 3);
  assert.deepEqual(rows.map(({ user, points }) => [user, points]), [
    ['bo', 7], ['ann', 1], ['cy', 0], ['gone', 50],
  ]);
  const many = Array.from({ length: 1_000 }, (_, n) => `user-${n}`);
  assert.equal(standings(many, new Map()).rows.length, 60);
});

test('a name is one that the server takes', () => {
  assert.equal(cleanName('  Ann  Smith\u200b\u202e! '), 'Ann-Smith');
  assert.equal(cleanName('<script>'), 'script');
  assert.equal(cleanName(' \u00ad '), '');
  assert.equal([...cleanName('𝕏'.repeat(40))].length, 24);
  assert.match(someName(() => 0.5), /^[a-z]+-\d\d$/);
  assert.equal(colourOf('ann'), colourOf('ann'));
  assert.match(colourOf('𝕏'), /^c[0-7]$/);
});
