/** The script of a `SharedWorker` that has the socket of several pages: see `imq-client/shared`. */

import { withFallback } from './fallback.js';
import { platformLocks } from './shared/locks.js';
import { Office } from './shared/office.js';

const locks = platformLocks();
const lock = `imq-worker-${crypto.randomUUID()}`;

// Pages only come where there are locks: without them a worker would not see them go.
if (locks) {
  const office = new Office((...told) => withFallback({}, ...told).world!, locks, lock);
  const isHeld = locks.hold(lock, new AbortController().signal);
  addEventListener('connect', (event) => {
    const port = (event as MessageEvent).ports[0]!;
    void isHeld.then(() => office.connect(port));
  });
}
