// The boss's page in a browser, while the boss is there and when it is gone: node status-page.mjs URL
// It prints `live` once the page shows the nodes, and ends well if the page then says of nothing that
// it is available.
import assert from "node:assert/strict";
import { browse, shown } from "./browser.mjs";

const AVAILABLE = "imq node is available and accepting connections.";

const desk = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false };
await browse(process.argv[2], desk, async (page) => {
  await shown(page, ["live", "g1", "g2", "q1", "q2", AVAILABLE]);
  console.log("live");
  const text = await shown(page, ["The boss doesn't answer", "the node may still be serving"]);
  assert.ok(!text.includes(AVAILABLE), text);
  assert.ok(text.includes("How many hosts may die is unknown"), text);
});
