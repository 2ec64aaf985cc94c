// How soon the demo is there: node demo-first.mjs IMQ PORT_BASE
// It starts `imq dev`, and goes to the page in a browser that runs already once imq says that it is
// ready. The page is there when it is connected and shows what it is about.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { shown, withBrowser } from "./browser.mjs";

const [imq, base] = process.argv.slice(2);
const VISIBLE_MS_MAX = 2_000;

await withBrowser(async (browser) => {
  const page = await browser.tab("about:blank");
  const stdio = ["ignore", "pipe", "inherit"];
  const server = spawn(imq, ["dev", "--port-base", base], { stdio });
  const ended = new Promise((done) => server.once("close", done));
  try {
    const lines = createInterface(server.stdout);
    await new Promise((ready, failed) => {
      lines.on("line", (line) => line.startsWith("imq: ready") && ready());
      server.once("close", () => failed(new Error("imq has ended")));
    });
    const begun = Date.now();
    await page.send("Page.navigate", { url: `http://127.0.0.1:${Number(base) + 80}/` });
    await shown(page, ["connected through", "q1", "q2"]);
    const tookMs = Date.now() - begun;
    console.log(`the demo is there ${tookMs} ms after \`imq: ready\``);
    assert.ok(tookMs <= VISIBLE_MS_MAX, `${tookMs} ms`);
    assert.deepEqual(page.errors, []);
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
});
