// The demo in a browser, as its user would have it: node demo-page.mjs URL OTHER
// Two tabs, one at each gateway. What one says, the other shows, also while the gateway below the
// first is killed and comes back, and when the queue node is. It prints how long the page took.
import assert from "node:assert/strict";
import { browse, shown } from "./browser.mjs";

const [url, other] = process.argv.slice(2);
const desk = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false };

/// Says something as the page's user.
const say = (page, text) => page.evaluate(`(() => {
  const field = document.querySelector('input[placeholder="Say something"]');
  field.value = ${JSON.stringify(text)};
  field.form.requestSubmit();
})()`);

/// Presses the button by which a node is killed.
const kill = (page, id) => page.evaluate(`(() => {
  const button = document.querySelector('button[aria-label^="Kill "][aria-label$=" ${id}"]');
  button.click();
})()`);

/// The gateway that the page is connected through.
async function through(page) {
  return /connected through (g\d)/.exec(await shown(page, ["connected through"]))[1];
}

const begun = Date.now();
await browse(url, desk, async (first) => {
  await through(first);
  console.log(`visible within ${Date.now() - begun} ms of the browser's start`);
  await browse(other, desk, async (second) => {
    await through(second);
    await shown(first, ["2 users"]);
    await say(first, "hello from the first");
    await shown(second, ["hello from the first"]);
    await kill(first, await through(first));
    await say(first, "said while my gateway was dead");
    await shown(second, ["said while my gateway was dead"]);
    await shown(first, ["connected through"]);
    await say(second, "<u id=stranger>and back</u>");
    // What strangers send is never markup.
    await shown(first, ["<u id=stranger>and back</u>"]);
    assert.equal(await first.evaluate("document.getElementById('stranger')"), null);
    await shown(first, ["g1", "g2", "q1", "q2"]);
    await first.evaluate(`new Promise((done) => {
      const look = () => [...document.querySelectorAll("button")]
        .filter((one) => (one.getAttribute("aria-label") ?? "").startsWith("Kill ") && !one.disabled)
        .length === 4 ? done() : setTimeout(look, 50);
      look();
    })`);
    await kill(first, "q1");
    await say(first, "said while q1 was dead");
    await shown(second, ["said while q1 was dead"]);
  });
});
