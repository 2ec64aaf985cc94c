// The machine by the scripts of sdk/conformance.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Machine } from '../dist/machine/machine.js';
import { Subscription } from '../dist/machine/subscription.js';
import { failure, scripts } from './conformance/run.mjs';

/** What went wrong, in all scripts. */
function failures(Client) {
  const failed = scripts().map(({ name, script }) => [name, failure(script, Client)]);
  return failed.filter(([, why]) => why).map(([name, why]) => `${name}, ${why}`);
}

test('the machine does what the scripts say', () => {
  assert.ok(scripts().length >= 81, `${scripts().length} scripts`);
  assert.deepEqual(failures(Machine), []);
});

const broken = {
  'does nothing': class {
    wakeAt = Infinity;
    handle() {}
  },
  'never looks at the time': class extends Machine {
    get wakeAt() {
      return Infinity;
    }
  },
  'takes nothing that comes': class extends Machine {
    handle(now, input, out) {
      if (input.type !== 'frame') super.handle(now, input, out);
    }
  },
};

for (const [what, Client] of Object.entries(broken)) {
  test(`a client that ${what} is found`, () => {
    assert.notDeepEqual(failures(Client), []);
  });
}

test('marks that stand still are found', () => {
  const { follow } = Subscription.prototype;
  Subscription.prototype.follow = () => true;
  try {
    assert.notDeepEqual(failures(Machine), []);
  } finally {
    Subscription.prototype.follow = follow;
  }
});
