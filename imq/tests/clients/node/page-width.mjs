// The boss's page in a browser as wide as a phone: node page-width.mjs URL WORD...
// Once it shows all these words, nothing of it may stick out sideways.
import assert from "node:assert/strict";
import { browse, shown } from "./browser.mjs";

const [url, ...words] = process.argv.slice(2);
const WIDTH = 390;

/// Widths, and what sticks out.
const MEASURE = `(() => {
  const root = document.documentElement;
  const out = [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > window.innerWidth + 0.5)
    .map((part) => part.tagName + "#" + part.id + " " + part.getBoundingClientRect().right);
  return { inner: window.innerWidth, scroll: root.scrollWidth, out };
})()`;

const phone = { width: WIDTH, height: 844, deviceScaleFactor: 3, mobile: true };
await browse(url, phone, async (page) => {
  await shown(page, words);
  const { inner, scroll, out } = await page.evaluate(MEASURE);
  assert.equal(inner, WIDTH, `the page is laid out for ${inner} pixels`);
  assert.ok(scroll <= WIDTH, `${scroll} pixels wide; what sticks out: ${out.join(", ")}`);
  console.log(`${scroll} of ${WIDTH} pixels`);
});
