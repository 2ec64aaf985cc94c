// The machine by the scripts of sdk/conformance.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Machine } from '../dist/machine/machine.js';
import { Subscription } from '../dist/machine/subscription.js';
import { failure, scripts } from './conformance/run.mjs';

test('there are scripts', () => {
  assert.ok(scripts().length >= 72, `${scripts().length} scripts`);
});

for (const { name, script } of scripts()) {
  test(`${name}: ${script.about}`, () => {
    assert.equal(failure(script), undefined);
  });
}

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
    assert.ok(scripts().some(({ script }) => failure(script, Client)));
  });
}

test('marks that stand still are found', () => {
  const { follow } = Subscription.prototype;
  Subscription.prototype.follow = () => true;
  try {
    assert.ok(scripts().some(({ script }) => failure(script)));
  } finally {
    Subscription.prototype.follow = follow;
  }
});
