// Networks that let no WebSocket through: node blocked.mjs WS GATEWAY...
// One page is behind a balancer that refuses them and sends each request to the next gateway, one
// behind nginx as it is without a word on WebSocket or buffering. Both go on by requests, and say
// so; the first goes back once WebSocket is let through. WS is a gateway's own, for who speaks with
// them. Nobody loses anything, or hears it twice.
import assert from "node:assert/strict";
import { shown, withBrowser } from "./browser.mjs";
import { enter, heardTo, say } from "./driver.mjs";
import { Nginx } from "./nginx.mjs";
import { Site } from "./site.mjs";
import { Balancer } from "../../../../sdk/js/test/server/balancer.mjs";

const [url, ...gateways] = process.argv.slice(2);
const ROUND = 30;

/// What the two say to each other at the same time, this round's numbers, while `act` goes on.
async function talk(pages, round, act = async () => {}) {
  const sends = pages.map(async ({ page, user }) => {
    for (let at = 0; at < ROUND; at++) await say(page, `${user} ${round * ROUND + at}`);
  });
  await Promise.all([...sends, act()]);
}

/// Each has heard each number of both, once and in order.
async function heardAll(pages, rounds) {
  for (const { page } of pages) await say(page, "end");
  const want = (user) => Array.from({ length: rounds * ROUND }, (_, at) => `${user} ${at}`);
  for (const { page, user } of pages) {
    const heard = await heardTo(page, "end");
    for (const { user: of } of pages) {
      assert.deepEqual(heard.filter((one) => one.startsWith(of)), want(of), `${user} hears ${of}`);
    }
    assert.deepEqual(await page.evaluate("trouble"), []);
  }
}

async function balanced(browser, site) {
  const balancer = await Balancer.before(gateways);
  try {
    const parts = (user, at) => ({ url: at, user, room: "/room/blocked" });
    const ann = await enter(browser, site, parts("ann", balancer.url), ["by events"]);
    const ben = await enter(browser, site, parts("ben", url), ["by websocket"]);
    const pages = [{ page: ann, user: "ann" }, { page: ben, user: "ben" }];
    await talk(pages, 0);
    await talk(pages, 1, async () => {
      balancer.letsSocketsThrough = true;
      // The network has changed, says the browser; without that it is tried after 10 to 20 s.
      await ann.evaluate("dispatchEvent(new Event('online'))");
      await shown(ann, ["ann: up by websocket"]);
    });
    await talk(pages, 2);
    await heardAll(pages, 3);
    assert.ok(await ann.evaluate("statuses.slice(1).every(({ resumed, status }) =>"
      + " resumed || status === 'reconnecting')"), "its session went on");
    const went = balancer.went.filter((one) => one.startsWith("/imq/v1/send "));
    assert.equal(new Set(went).size, 2, "what one gateway streams is posted to both");
    console.log("by requests through a balancer, and back to WebSocket");
  } finally {
    balancer.close();
  }
}

async function buffered(browser, site) {
  const nginx = await Nginx.before(gateways[0]);
  try {
    const parts = (user, at) => ({ url: at, user, room: "/room/buffered" });
    const eve = await enter(browser, site, parts("eve", nginx.url), ["by events"]);
    const fay = await enter(browser, site, parts("fay", url), ["by websocket"]);
    const pages = [{ page: eve, user: "eve" }, { page: fay, user: "fay" }];
    await talk(pages, 0);
    await heardAll(pages, 1);
    // One word comes at once, not when a buffer is full.
    await say(fay, "a single word");
    await heardTo(eve, "a single word");
    console.log("by requests through nginx");
  } finally {
    await nginx.close();
  }
}

const site = await Site.open();
try {
  await withBrowser((browser) => Promise.all([balanced(browser, site), buffered(browser, site)]));
} finally {
  site.close();
}
