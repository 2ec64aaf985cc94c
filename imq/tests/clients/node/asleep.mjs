// A tab that the browser freezes, and a machine that sleeps: node asleep.mjs URL BOSS RPC
// The key of the RPC is IMQ_RPC_KEY. Both last until the gateway has given the connection up, the
// machine's sleep before that also for less. Whoever wakes is live within 2 s and has missed nothing.
import assert from "node:assert/strict";
import { until, withBrowser } from "./browser.mjs";
import { enter } from "./driver.mjs";
import { Site } from "./site.mjs";

const [url, boss, rpc] = process.argv.slice(2);
const LIVE_MS_MAX = 2_000;
/// Longer than what the library takes for a timer that is merely late.
const NAP_MS = 3_000;

/// The back end says the next number in the user's room.
async function say(user, payload) {
  const headers = { Authorization: `Bearer ${process.env.IMQ_RPC_KEY}` };
  const body = JSON.stringify({ queue: `/room/${user}`, mount: "chat", payload });
  const answer = await fetch(`${rpc}/rpc/v1/send_message`, { method: "POST", headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

async function isConnected(user) {
  const { connections } = await (await fetch(`${boss}/api/v1/connections?user=${user}`)).json();
  return connections.length > 0;
}

/// Puts the page to sleep while numbers are said, for as long as `lasts`, and wakes it.
async function slept(page, user, said, suspend, lasts) {
  const wake = await suspend();
  const asleepAt = Date.now();
  do {
    await say(user, said.length);
    said.push(said.length);
    // Fewer than a replay log keeps.
    await new Promise((next) => setTimeout(next, 50));
  } while (await lasts(asleepAt));
  const lastedMs = Date.now() - asleepAt;
  const ticks = await wake();
  const wokenAt = Date.now();
  await say(user, said.length);
  said.push(said.length);
  const isLive = () => page.evaluate(`imq.status === 'up' && heard.length >= ${said.length}`);
  const seen = "JSON.stringify([heard.length, trouble, statuses])";
  await until(isLive, async () => `${user} hears ${said.length}: ${await page.evaluate(seen)}`);
  const liveMs = Date.now() - wokenAt;
  console.log(`${user} was asleep for ${lastedMs} ms, and live ${liveMs} ms later`);
  assert.ok(liveMs <= LIVE_MS_MAX, `${liveMs} ms`);
  assert.deepEqual(await page.evaluate("heard"), said);
  assert.deepEqual(await page.evaluate("trouble"), []);
  return ticks;
}

const nap = (since) => Date.now() - since < NAP_MS;
const untilGivenUp = (user) => () => isConnected(user);
const states = (page) => page.evaluate("statuses.map(({ status }) => status)");

/// A page that counts how often a timer of its own rings.
async function opened(browser, site, user) {
  const page = await enter(browser, site, { url, user, room: `/room/${user}` });
  await page.evaluate("window.ticks = 0; void setInterval(() => ticks++, 100)");
  return page;
}

async function frozenTab(site) {
  await withBrowser(async (browser) => {
    const page = await opened(browser, site, "frozen");
    const become = (state) => page.send("Page.setWebLifecycleState", { state });
    const suspend = async () => {
      await become("frozen");
      const before = await page.evaluate("ticks");
      return async () => {
        const ticks = (await page.evaluate("ticks")) - before;
        await become("active");
        return ticks;
      };
    };
    const ticks = await slept(page, "frozen", [], suspend, untilGivenUp("frozen"));
    assert.ok(ticks <= 1, "its timers stood still");
    assert.deepEqual(await states(page), ["up", "reconnecting", "up"]);
    assert.ok(await page.evaluate("statuses.at(-1).resumed"));
  });
}

async function sleepingMachine(site) {
  await withBrowser(async (browser) => {
    const page = await opened(browser, site, "asleep");
    const said = [];
    await slept(page, "asleep", said, () => browser.suspend(), nap);
    assert.deepEqual(await states(page), ["up"], "a short sleep costs no connection");
    await slept(page, "asleep", said, () => browser.suspend(), untilGivenUp("asleep"));
    assert.deepEqual(await states(page), ["up", "reconnecting", "up"]);
    assert.ok(await page.evaluate("statuses.at(-1).resumed"));
  });
}

const site = await Site.open();
try {
  await Promise.all([frozenTab(site), sleepingMachine(site)]);
} finally {
  site.close();
}
