// A browser that does what a test says, by the Chrome DevTools Protocol.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import WebSocket from "ws";

const SHOWN_WITHIN_MS = 20_000;

/// Has `act` done with a page at this address, in a window of these metrics; then all is ended.
export async function browse(url, metrics, act) {
  const profile = mkdtempSync(join(tmpdir(), "imq-page-"));
  const browser = spawn("chromium", [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
  ]);
  try {
    const socket = new WebSocket(await door(browser));
    await new Promise((open, failed) => socket.on("open", open).on("error", failed));
    const page = new Commands(socket);
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
    page.session = sessionId;
    await page.send("Emulation.setDeviceMetricsOverride", metrics);
    await page.send("Page.navigate", { url });
    await act(page);
    socket.close();
  } finally {
    const ended = new Promise((done) => browser.once("close", done));
    browser.kill("SIGKILL");
    if (browser.exitCode === null && browser.pid) await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/// Where the browser takes commands; it says so when it has started.
function door(browser) {
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
    const wanted = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", wanted);
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  }
}

/// Waits until the page shows all words; all that it shows then.
export async function shown(page, words) {
  const until = Date.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const text = await page.evaluate("document.body?.innerText ?? ''");
    const missing = words.filter((word) => !text.includes(word));
    if (missing.length === 0) return text;
    assert.ok(Date.now() < until, `the page doesn't show ${missing}: ${text}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
