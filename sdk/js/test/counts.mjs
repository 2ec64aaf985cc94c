// A reporter of node's test runner: one line with the counts of all tests, as the gate reads them.
// It comes with the last of the runner's own sums, since nothing is waited for behind those.

export default async function* counts(source) {
  const sums = {};
  for await (const { type, data } of source) {
    if (type !== 'test:diagnostic' || data.nesting > 0) continue;
    const [, what, number] = /^(\w+) ([\d.]+)$/.exec(data.message) ?? [];
    if (what) sums[what] = Number(number);
    if (what !== 'duration_ms') continue;
    const failed = sums.fail + sums.cancelled;
    yield `${sums.pass} passed, ${failed} failed, ${sums.skipped + sums.todo} skipped\n`;
  }
}
