// What drivers of the browser tests do with the client's page.
import { shown, until } from "./browser.mjs";

/// A tab with the client of these parts (`client-page/page.js`), once it is in its room.
export async function enter(browser, site, parts, words = [], host = undefined) {
  const page = await browser.tab(site.url(parts, host));
  await shown(page, [`${parts.user ?? ""}: up`, ...words]);
  await until(() => page.evaluate("!!window.isIn"), () => "the tab is in its room");
  return page;
}

/// Says this in the page's room; the answer is when the room has it.
export function say(page, text) {
  return page.evaluate(`room.send('chat', ${JSON.stringify(text)})`);
}

/// Waits until the page has heard this last; all that it has heard.
export async function heardTo(page, last) {
  let heard;
  const isHeard = async () => (heard = await page.evaluate("heard")).at(-1) === last;
  await until(isHeard, async () => `${last}: ${await page.evaluate(SEEN)}`);
  return heard;
}

const SEEN = "JSON.stringify([heard.length, heard.slice(-3), trouble, refused, statuses])";
