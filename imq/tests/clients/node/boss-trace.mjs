// The boss's page while a queue is followed: node boss-trace.mjs URL QUEUE
// It prints `following` once all processes follow, and `traced` once it shows all hops of a message
// that who has started it has sent meanwhile. Then it stops, and prints `stopped`.
import assert from "node:assert/strict";
import { shown, until, withBrowser } from "./browser.mjs";

const [url, queue] = process.argv.slice(2);
const HOPS = `[...document.querySelectorAll("#hops tr")]
  .map((row) => [row.className, ...[...row.cells].map((cell) => cell.innerText)])`;
const HEADS = `[[...document.querySelectorAll("#hops-list th")].map((head) => head.innerText),
  [...document.querySelector("#hops tr").cells].map((cell) => cell.dataset.name)]`;
const click = (page, what) => page.evaluate(`document.querySelector("${what}").click()`);
const state = (page) => page.evaluate(`document.getElementById("trace-state").innerText`);

await withBrowser(async (browser) => {
  const page = await browser.tab(url);
  await shown(page, ["live", "g1", "g2", "q1", "q2"]);
  await click(page, "#trace button");
  assert.match(await state(page), /Name a queue/);
  await page.evaluate(`document.getElementById("queue").value = ${JSON.stringify(queue)}`);
  await click(page, "#trace button");
  await until(async () => (await state(page)).includes("following"), () => "it follows");
  console.log("following");

  const wanted = ["g1 received send_message", "q1 decided send_message",
    "q1 released send_message", "g1 answered send_message", "g2 delivered message to 1 client"];
  // Those of the message stand together.
  let hops = [];
  const isTraced = async () => {
    const messages = [];
    for (const cells of await page.evaluate(HOPS)) {
      if (cells[0] === "first") messages.push([]);
      messages.at(-1).push(cells);
    }
    const said = (message) => message.map((cells) => `${cells[3]} ${cells[4]}`);
    hops = messages.find((message) => said(message).includes("q1 decided send_message")) ?? [];
    return wanted.every((one) => said(hops).includes(one));
  };
  await until(isTraced, () => JSON.stringify(hops));
  assert.equal(hops[0][2], "");
  assert.ok(hops.slice(1).every((cells) => /^[+−]\d+\.\d{3} ms$/.test(cells[2])), hops.join("\n"));
  const [heads, names] = await page.evaluate(HEADS);
  assert.deepEqual(heads, names);
  console.log("traced");

  await click(page, "#trace-stop");
  await until(async () => (await state(page)).startsWith("stopped"), async () => state(page));
  assert.deepEqual(page.errors, []);
  console.log("stopped");
});
