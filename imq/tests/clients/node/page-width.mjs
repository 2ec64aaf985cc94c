// The boss's page in a browser as wide as a phone: node page-width.mjs URL WORD...
// Once it shows all these words, nothing of it may stick out sideways.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import WebSocket from "ws";

const [url, ...words] = process.argv.slice(2);
const WIDTH = 390;
const SHOWN_WITHIN_MS = 20_000;

const profile = mkdtempSync(join(tmpdir(), "imq-page-"));
const browser = spawn("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
  "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
]);

/// Where the browser takes commands; it says so when it has started.
function door() {
  let said = "";
  return new Promise((found, failed) => {
    browser.on("error", failed);
    browser.on("exit", (code) => failed(new Error(`chromium ended with ${code}: ${said}`)));
    browser.stderr.on("data", (bytes) => {
      said += bytes;
      const line = said.match(/DevTools listening on (ws:\S+)/);
      if (line) found(line[1]);
    });
  });
}

/// Commands of the Chrome DevTools Protocol, each with its answer.
class Commands {
  #socket;
  #waiting = new Map();
  #number = 0;
  session;

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (text) => {
      const { id, result, error } = JSON.parse(text);
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) answer?.failed(new Error(error.message));
      else answer?.found(result);
    });
  }

  send(method, params = {}) {
    const id = ++this.#number;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.session }));
    return new Promise((found, failed) => this.#waiting.set(id, { found, failed }));
  }

  async evaluate(expression) {
    const wanted = { expression, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", wanted);
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  }
}

/// Waits until the page shows all words.
async function shown(page) {
  const until = Date.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const text = await page.evaluate("document.body?.innerText ?? ''");
    const missing = words.filter((word) => !text.includes(word));
    if (missing.length === 0) return;
    assert.ok(Date.now() < until, `the page doesn't show ${missing}: ${text}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/// Widths, and what sticks out.
const MEASURE = `(() => {
  const root = document.documentElement;
  const out = [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > window.innerWidth + 0.5)
    .map((part) => part.tagName + "#" + part.id + " " + part.getBoundingClientRect().right);
  return { inner: window.innerWidth, scroll: root.scrollWidth, out };
})()`;

try {
  const socket = new WebSocket(await door());
  await new Promise((open, failed) => socket.on("open", open).on("error", failed));
  const page = new Commands(socket);
  const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
  page.session = sessionId;
  const phone = { width: WIDTH, height: 844, deviceScaleFactor: 3, mobile: true };
  await page.send("Emulation.setDeviceMetricsOverride", phone);
  await page.send("Page.navigate", { url });
  await shown(page);
  const { inner, scroll, out } = await page.evaluate(MEASURE);
  assert.equal(inner, WIDTH, `the page is laid out for ${inner} pixels`);
  assert.ok(scroll <= WIDTH, `${scroll} pixels wide; what sticks out: ${out.join(", ")}`);
  console.log(`${scroll} of ${WIDTH} pixels`);
  socket.close();
} finally {
  const ended = new Promise((done) => browser.once("close", done));
  browser.kill("SIGKILL");
  if (browser.exitCode === null && browser.pid) await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
