// Frames in a page of a stranger's: node framed.mjs URL PORT
// Gateways admit http://localhost:PORT, so that the frame from there works wherever it is; a frame
// from elsewhere is told why it doesn't, though browsers hide the gateway's answer from it.
import assert from "node:assert/strict";
import { shown, until, withBrowser } from "./browser.mjs";
import { heardTo, say } from "./driver.mjs";
import { Site } from "./site.mjs";

const [url, port] = process.argv.slice(2);
const site = await Site.open({ port: Number(port) });
const frames = ["localhost", "other.localhost"].map((host) => {
  return [host, "shared"].map((kind) => {
    const parts = { url, user: `${kind}-${host}`, room: "/room/framed" };
    return site.url(kind === host ? parts : { ...parts, share: "all" }, host);
  });
});
const html = frames.flat().map((src) => `<iframe src="${src.replaceAll("&", "&amp;")}"></iframe>`);
const outside = await Site.open({
  answers: {
    "/outside": (response) => {
      response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html>${html.join("")}`);
    },
  },
});

try {
  await withBrowser(async (browser) => {
    await browser.tab(new URL("/outside", outside.url({}, "127.0.0.1")).href);
    const [ours, theirs] = await Promise.all(frames.map((some) => {
      return Promise.all(some.map((src) => browser.frame(src)));
    }));
    for (const frame of ours) {
      await shown(frame, ["up by websocket"]);
      await until(() => frame.evaluate("!!window.isIn"), () => "the frame is in its room");
    }
    await say(ours[0], "from a frame");
    for (const frame of ours) await heardTo(frame, "from a frame");
    for (const frame of theirs) {
      const why = await shown(frame, ["connecting", "origin: ", "other.localhost"]);
      assert.ok(!why.includes("from a frame"), why);
    }
    const [whole] = theirs;
    assert.equal(await whole.evaluate("codes.includes('origin')"), true);
    console.log("a frame of an admitted origin works, another is told why it does not");
  });
} finally {
  for (const one of [site, outside]) one.close();
}
