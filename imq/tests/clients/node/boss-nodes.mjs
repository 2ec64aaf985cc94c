// The boss's page, open while a queue node comes and dies: node boss-nodes.mjs URL NODE
// It prints `live`, then `there` once the page shows NODE among the hosts and on the map, then `dead`
// once its words say that no host may die any more; who has started it adds and kills the node, which
// is on a host of its own, meanwhile.
import assert from "node:assert/strict";
import { shown, until, withBrowser } from "./browser.mjs";

const [url, node] = process.argv.slice(2);
const ONE_HOST = "all queue nodes that are linked are on one host";
const text = (page, id) => page.evaluate(`document.getElementById("${id}").innerText`);

/// The cells of the node's row among the hosts.
const row = (page) => page.evaluate(`[...document.querySelectorAll("#nodes tr")]
  .map((row) => [...row.cells].map((cell) => cell.innerText))
  .find((cells) => cells[1] === "${node}")`);

await withBrowser(async (browser) => {
  const page = await browser.tab(url);
  await shown(page, ["live", "q1", "q2", "2 copies"]);
  await page.evaluate("window.isSame = true");
  /// Waits until the headline and what is below it say all these words.
  const says = async (words) => {
    let said = "";
    const isSaid = async () => {
      said = `${await text(page, "headline")}: ${await text(page, "reasons")}`;
      return words.every((word) => said.includes(word));
    };
    await until(isSaid, () => `${words} in ${said}`);
  };
  await says(["0 hosts may die now", ONE_HOST]);
  assert.equal(await row(page), undefined);
  console.log("live");

  await until(async () => (await row(page))?.[4] === "up", () => `${node} is up in the list`);
  const owns = async () => (await text(page, "owners")).includes(node);
  await until(owns, async () => `${node} on the map: ${await text(page, "owners")}`);
  await says(["1 host may die now"]);
  console.log("there");

  await says(["0 hosts may die now", ONE_HOST]);
  await until(async () => (await row(page))[4] === "gone", async () => `gone, not ${await row(page)}`);
  console.log("dead");

  assert.equal(await page.evaluate("window.isSame"), true, "it is the page of before");
  await shown(page, ["live"]);
  assert.deepEqual(page.errors, []);
});
