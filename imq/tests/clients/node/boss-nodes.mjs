// The boss's page, open while queue nodes come and die: node boss-nodes.mjs URL
// It prints `live`; `there` once it shows q3 among the hosts and on the map; `spread` once q1 is killed and its copies are q3's; `alone` once q3 is killed, too. Who has
// started it does that to the nodes meanwhile.
import assert from "node:assert/strict";
import { shown, until, withBrowser } from "./browser.mjs";

const [url] = process.argv.slice(2);
/// Nodes that are dialled within one machine are on it.
const ONE_HOST = "all queue nodes that are linked are on one host";
const text = (page, id) => page.evaluate(`document.getElementById("${id}").innerText`);

/// A node's row among the hosts, if it has one.
const cells = (page, node) => page.evaluate(`[...document.querySelectorAll("#nodes tr")]
  .map((row) => [...row.cells].map((cell) => cell.innerText))
  .find((cells) => cells[1] === "${node}")`);
const state = async (page, node) => (await cells(page, node))?.[4];

/// Tables whose heads don't name the columns that the page's scripts fill.
const HEADS = `[...document.querySelectorAll("table")]
  .map((table) => [[...table.tHead.rows[0].cells].map((head) => head.innerText),
    [...table.tBodies[0].rows[0]?.cells ?? []].map((cell) => cell.dataset.name)])
  .filter(([heads, names]) => names.length > 0 && heads.join() !== names.join())`;

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
  const becomes = async (node, wanted) => {
    const isSo = async () => (await state(page, node)) === wanted;
    await until(isSo, async () => `${node} ${wanted}, not ${await state(page, node)}`);
  };
  await says(["0 hosts may die now", ONE_HOST, "of queue nodes alone, 1 may end"]);
  assert.equal(await state(page, "q3"), undefined);
  assert.deepEqual(await page.evaluate(HEADS), [], "heads that don't fit what stands below");
  console.log("live");

  await becomes("q3", "up");
  const owns = async () => (await text(page, "owners")).includes("q3");
  await until(owns, async () => `q3 on the map: ${await text(page, "owners")}`);
  console.log("there");

  await becomes("q1", "gone");
  const holds = async () => (await cells(page, "q3")).slice(6, 8).reduce((a, b) => a + +b, 0) > 0;
  await until(holds, async () => `copies of q3: ${await cells(page, "q3")}`);
  await says([ONE_HOST, "of queue nodes alone, 1 may end"]);
  console.log("spread");

  await becomes("q3", "gone");
  await says(["0 hosts may die now", "2 copies are wanted, and queue nodes linked: 1"]);
  await shown(page, ["q1 is given up", "q3 is given up"]);
  console.log("alone");

  assert.equal(await page.evaluate("window.isSame"), true, "it is the page of before");
  await shown(page, ["live"]);
  assert.deepEqual(page.errors, []);
});
