// What axe finds on a page, light and dark, on a desk and on a phone:
// node axe.mjs URL PICTURES READY BUTTON WORD...
// BUTTON is pressed once the page shows READY, unless it is `-`; it is looked at once it shows all words.
// Pictures of all that are kept in files whose names begin with PICTURES.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { shown, withBrowser } from "./browser.mjs";

const [url, pictures, ready, button, ...words] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = [[1280, 900, false], [360, 740, true]];

const PRESS = `(() => {
  const wanted = ${JSON.stringify(button)};
  const all = [...document.querySelectorAll("button")];
  all.find((one) => one.textContent.trim() === wanted).click();
})()`;
const LOOK = `axe.run().then(({ violations }) => JSON.stringify(violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ html }) => html) }))))`;

/// Keeps a picture of the whole page, also of what is below the window.
async function keep(page, file) {
  const wanted = { format: "png", captureBeyondViewport: true };
  const { data } = await page.send("Page.captureScreenshot", wanted);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.from(data, "base64"));
}

await withBrowser(async (browser) => {
  for (const scheme of ["light", "dark"]) {
    for (const [width, height, mobile] of SIZES) {
      const page = await browser.tab(url, { width, height, deviceScaleFactor: 1, mobile });
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await page.send("Emulation.setEmulatedMedia", { features });
      await shown(page, [ready]);
      if (button !== "-") await page.evaluate(PRESS);
      await shown(page, words);
      await page.evaluate(AXE);
      const faults = JSON.parse(await page.evaluate(LOOK));
      assert.deepEqual(faults, [], `${scheme}, ${width} pixels: ${JSON.stringify(faults)}`);
      const kept = `${pictures}-${scheme}-${width}.png`;
      await keep(page, kept);
      console.log(`${scheme}, ${width} pixels: nothing serious; ${kept}`);
      await page.close();
    }
  }
});
