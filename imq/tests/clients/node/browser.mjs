// A browser that does what a test says, by the Chrome DevTools Protocol.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import WebSocket from "ws";

const SHOWN_WITHIN_MS = 20_000;
/// However a test fails, its browser ends after this long: before who has started the test loses
/// patience and ends it alone.
const BROWSER_MS_MAX = 55_000;
const DESK = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false };

/// Has `act` done with a page at this address, in a window of these metrics; then all is ended.
export async function browse(url, metrics, act) {
  await withBrowser(async (browser) => act(await browser.tab(url, metrics)));
}

/// Has `act` done with a browser of its own, which is ended then.
export async function withBrowser(act) {
  const profile = mkdtempSync(join(tmpdir(), "imq-page-"));
  const browser = spawn("chromium", [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
  ]);
  let opened;
  const end = () => {
    opened?.wake();
    browser.kill("SIGKILL");
  };
  const bound = setTimeout(end, BROWSER_MS_MAX);
  // Where another one's failure ends the process.
  process.once("exit", end);
  try {
    const socket = new WebSocket(await door(browser));
    await new Promise((open, failed) => socket.on("open", open).on("error", failed));
    await act((opened = new Browser(socket)));
    socket.close();
  } finally {
    clearTimeout(bound);
    process.off("exit", end);
    const ended = new Promise((done) => browser.once("close", done));
    end();
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
class Browser {
  #socket;
  #waiting = new Map();
  #number = 0;
  #pages = new Map();

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (text) => {
      const { id, result, error, method, params, sessionId } = JSON.parse(text);
      if (method) return this.#pages.get(sessionId)?.happened(method, params);
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) answer?.failed(new Error(error.message));
      else answer?.found(result);
    });
    socket.on("close", () => {
      for (const { failed } of this.#waiting.values()) failed(new Error("the browser is gone"));
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#number;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((found, failed) => this.#waiting.set(id, { found, failed }));
  }

  /// Stops all its processes as the machine's sleep does; the answer wakes them up.
  async suspend() {
    const { processInfo } = await this.send("SystemInfo.getProcessInfo");
    const signal = (name) => processInfo.forEach(({ id }) => process.kill(id, name));
    signal("SIGSTOP");
    // One that was killed while it sleeps could not end those below it.
    this.wake = () => {
      signal("SIGCONT");
      this.wake = () => {};
    };
    return this.wake;
  }

  wake = () => {};

  /// Opens a page beside the others.
  async tab(url, metrics = DESK) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const page = await this.#attach(targetId);
    await page.send("Emulation.setDeviceMetricsOverride", metrics);
    await page.send("Page.navigate", { url });
    return page;
  }

  /// A frame of another site, by its address, once it is there.
  async frame(url) {
    let found;
    await until(async () => {
      const { targetInfos } = await this.send("Target.getTargets");
      found = targetInfos.find((target) => target.type === "iframe" && target.url === url);
      return found;
    }, () => `a frame ${url}`);
    return this.#attach(found.targetId);
  }

  async #attach(targetId) {
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    this.#pages.set(sessionId, page);
    await page.send("Runtime.enable");
    await page.send("Log.enable");
    return page;
  }
}

/// One of the browser's pages.
class Page {
  #browser;
  #target;
  #session;
  /// What it has complained of: errors on its console, and exceptions that nobody caught.
  errors = [];

  constructor(browser, target, session) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  happened(method, { type, args, entry, exceptionDetails }) {
    if (method === "Runtime.exceptionThrown") this.errors.push(exceptionDetails.exception);
    if (method === "Runtime.consoleAPICalled" && type === "error") this.errors.push(args);
    if (method === "Log.entryAdded" && entry.level === "error") this.errors.push(entry.text);
  }

  send(method, params) {
    return this.#browser.send(method, params, this.#session);
  }

  async evaluate(expression) {
    const wanted = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", wanted);
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  }

  /// Closes it as its user does.
  async close() {
    await this.#browser.send("Target.closeTarget", { targetId: this.#target });
  }
}

/// Waits until the page shows all words; all that it shows then.
export async function shown(page, words) {
  let text;
  const missing = async () => {
    text = await page.evaluate("document.body?.innerText ?? ''");
    return words.filter((word) => !text.includes(word));
  };
  await until(async () => (await missing()).length === 0, () => `${words} in: ${text}`);
  return text;
}

/// Waits until it is so.
export async function until(so, what) {
  const end = Date.now() + SHOWN_WITHIN_MS;
  while (!(await so())) {
    if (Date.now() > end) assert.fail(`in vain: ${await what()}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
