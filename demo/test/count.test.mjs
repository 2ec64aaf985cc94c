import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Count, Witness } from '../src/count.js';

function heard(...numbers) {
  const witness = new Witness();
  witness.expect('run');
  for (const n of numbers) witness.hear({ run: 'run', n });
  const { arrived, missing, doubled, unordered } = witness;
  return { arrived, missing, doubled, unordered };
}

test('all that came in order is good', () => {
  assert.deepEqual(heard(1, 2, 3), { arrived: 3, missing: 0, doubled: 0, unordered: 0 });
  assert.deepEqual(heard(), { arrived: 0, missing: 0, doubled: 0, unordered: 0 });
});

test('whoever came later misses nothing of before', () => {
  assert.deepEqual(heard(7, 8), { arrived: 2, missing: 0, doubled: 0, unordered: 0 });
});

test('holes, repetitions and disorder are seen', () => {
  assert.deepEqual(heard(1, 2, 5), { arrived: 3, missing: 2, doubled: 0, unordered: 0 });
  assert.deepEqual(heard(1, 2, 2, 3), { arrived: 4, missing: 0, doubled: 1, unordered: 0 });
  assert.deepEqual(heard(1, 3, 2).unordered, 1);
});

test('another run, and what is no number, is none of it', () => {
  const witness = new Witness();
  witness.expect('mine');
  for (const payload of [{ run: 'yours', n: 1 }, { run: 'mine', n: '1' }, null, 'x', undefined]) {
    witness.hear(payload ?? undefined);
  }
  assert.equal(witness.arrived, 0);
});

test('what was sent is in the room, on its way, or failed', async () => {
  const answers = [];
  const send = () => new Promise((resolve, reject) => answers.push({ resolve, reject }));
  const count = new Count('run', send);
  const all = [count.next(), count.next(), count.next()];
  assert.deepEqual([count.sent, count.waiting], [3, 3]);
  answers[0].resolve();
  answers[1].reject({ code: 'outcome_unknown' });
  answers[2].reject({ code: 'not_sent' });
  await Promise.all(all);
  const { acknowledged, unknown, refused, waiting } = count;
  assert.deepEqual({ acknowledged, unknown, refused, waiting }, {
    acknowledged: 1, unknown: 1, refused: 1, waiting: 0,
  });
});
