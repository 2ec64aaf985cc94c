// A page whose token lasts for seconds: node expiry.mjs URL IMQ KEYS
// IMQ is the program that makes tokens with the secret in the file KEYS. As long as the back end
// gives new ones nothing is interrupted; when it doesn't, the page says so, and comes back with the
// next one that is good. One that nobody believes is the end, which it says, too.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { shown, withBrowser } from "./browser.mjs";
import { enter, heardTo, say } from "./driver.mjs";
import { Site } from "./site.mjs";

const [url, imq, keys] = process.argv.slice(2);
const LIFE_S = 2;
const LIVES = 3;

function token(file) {
  const of = ["--user", "ann", "--ttl", `${LIFE_S}s`, "--key-file", file, "--audience", "imq"];
  return execFileSync(imq, ["token", ...of], { encoding: "utf8" }).trim();
}
writeFileSync(`${keys}.other`, `${"o".repeat(43)}\n`, { mode: 0o600 });

let asked = 0;
const answers = { good: () => [200, token(keys)], none: () => [403, ""] };
answers.bad = () => [200, token(`${keys}.other`)];
let backEnd = answers.good;
function answer(response) {
  asked++;
  const [status, text] = backEnd();
  response.writeHead(status).end(text);
}
const site = await Site.open({ answers: { "/token": answer } });

await withBrowser(async (browser) => {
  const parts = { url, room: "/room/expiry", token: "/token" };
  const page = await enter(browser, site, parts, ["ann: up by websocket"]);
  const said = [];
  const begun = Date.now();
  while (Date.now() - begun < LIVES * LIFE_S * 1_000) {
    said.push(said.length);
    await say(page, said.length - 1);
  }
  assert.ok(asked > LIVES, `${asked} tokens`);
  assert.deepEqual(await heardTo(page, said.length - 1), said);
  const seen = await page.evaluate("[statuses.length, trouble, refused]");
  assert.deepEqual(seen, [1, [], []], "one connection, without a gap");
  console.log(`${asked} tokens of ${LIFE_S} s, one connection, ${said.length} messages`);

  backEnd = answers.none;
  await shown(page, ["ann: reconnecting", "3010", "token", "Error: no token: 403"]);
  backEnd = answers.good;
  await shown(page, ["ann: up"]);
  await say(page, said.length);
  said.push(said.length);
  assert.deepEqual(await heardTo(page, said.length - 1), said);
  assert.equal(await page.evaluate("statuses.at(-1).resumed"), true);
  assert.deepEqual(await page.evaluate("trouble"), []);
  console.log("refused by the back end: it says so, and comes back with the next token");

  backEnd = answers.bad;
  await shown(page, ["ann: closed", "3501"]);
  const failed = page.evaluate("room.send('chat', 'late').catch(({ name, code }) => [name, code])");
  assert.deepEqual(await failed, ["ImqError", "closed"]);
  console.log("a token that nobody believes: closed with 3501");
});
site.close();
