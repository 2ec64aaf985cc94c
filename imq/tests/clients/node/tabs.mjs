// Tabs that share one connection: node tabs.mjs URL BOSS
// Whoever comes and goes, there is one connection, and nobody loses anything. Tabs of two versions
// of the library that don't understand each other have one connection each.
import assert from "node:assert/strict";
import { shown, until, withBrowser } from "./browser.mjs";
import { enter, heardTo, say } from "./driver.mjs";
import { Site } from "./site.mjs";

const [url, boss] = process.argv.slice(2);
const heard = (page) => page.evaluate("heard");

/// Waits until these are all users' connections that the gateways have.
async function connected(...users) {
  let found;
  await until(async () => {
    const { connections } = await (await fetch(`${boss}/api/v1/connections`)).json();
    // The demo's own.
    found = connections.map(({ user }) => user).filter((user) => user !== "stagehand").sort();
    return found.join() === users.join();
  }, () => `connections of ${users}, not of ${found}`);
}

/// A tab that is in the room, with a connection that is `shared` or its own `alone`.
function opened(browser, site, user, state) {
  const parts = { url, room: "/room/tabs", user, share: user };
  return enter(browser, site, parts, [`by websocket, ${state}`]);
}

const [site, later] = [await Site.open(), await Site.open({ words: 1_000 })];
await withBrowser(async (browser) => {
  const first = await opened(browser, site, "ann", "shared");
  const second = await opened(browser, site, "ann", "shared");
  await connected("ann");
  await say(first, "one");
  await Promise.all([heardTo(first, "one"), heardTo(second, "one")]);
  // The tab that has started the worker goes. What the other says meanwhile comes, once.
  const numbers = Array.from({ length: 50 }, (_, at) => `while it goes ${at}`);
  const [, ...sent] = await Promise.all([first.close(), ...numbers.map((one) => say(second, one))]);
  assert.equal(new Set(sent).size, numbers.length);
  const third = await opened(browser, site, "ann", "shared");
  await connected("ann");
  await say(third, "two");
  await Promise.all([heardTo(second, "two"), heardTo(third, "two")]);
  assert.deepEqual(await heard(second), ["one", ...numbers, "two"]);
  assert.deepEqual(await heard(third), ["two"]);
  assert.deepEqual(await second.evaluate("statuses.map(({ status }) => status)"), ["up"]);
  assert.deepEqual(await second.evaluate("trouble"), []);
  console.log("three tabs, one connection");

  // After a release a new page finds the worker that the first one loaded.
  site.release(later);
  const other = await opened(browser, site, "ben", "alone");
  await connected("ann", "ben");
  await say(other, "of another version");
  const open = [second, third, other];
  await Promise.all(open.map((page) => heardTo(page, "of another version")));
  console.log("two versions, a connection each");

  // Of one user, the newest login ends the older one's session, and the tabs say so.
  const newest = await opened(browser, site, "ann", "alone");
  await Promise.all([second, third].map((page) => shown(page, ["ann: closed", "3500"])));
  await connected("ann", "ben");
  await say(newest, "by the newest");
  await Promise.all([newest, other].map((page) => heardTo(page, "by the newest")));
  for (const page of [...open, newest]) assert.deepEqual(page.errors, []);
  console.log("two versions of one user, the newest stays");
});
for (const one of [site, later]) one.close();
