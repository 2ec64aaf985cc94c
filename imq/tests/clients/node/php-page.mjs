// The page of the PHP example in a browser, as two users have it: node php-page.mjs URL
// What the page shows is the library's work: it is sdk/js, which the application serves.
import assert from "node:assert/strict";
import { shown, withBrowser } from "./browser.mjs";

const [url] = process.argv.slice(2);

/// Fills in a form and sends it.
const submit = (page, form, fields) => page.evaluate(`(() => {
  const form = document.getElementById(${JSON.stringify(form)});
  for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form[name].value = value;
  form.requestSubmit();
})()`);

/// A user who has logged in.
async function user(browser, name) {
  const page = await browser.tab(url);
  await shown(page, ["Log in"]);
  // The page's script is a module: it is there when all has been loaded.
  await page.evaluate("new Promise((done) => document.readyState === 'complete' ? done()"
    + " : addEventListener('load', done))");
  await submit(page, "login", { name });
  await shown(page, [`connected as ${name}`]);
  return page;
}

await withBrowser(async (browser) => {
  const [ann, bob] = [await user(browser, "ann"), await user(browser, "bob")];
  const [room, password] = ["den", "open"];
  await submit(ann, "create", { name: room, password });
  await shown(ann, ["/room/den is there"]);
  await submit(ann, "enter", { room, password });
  await shown(ann, ["you are in den", "Here: ann."]);
  await submit(bob, "enter", { room });
  await shown(bob, ["no: forbidden", "password"]);
  await submit(bob, "enter", { room, password });
  await shown(bob, ["you are in den"]);
  for (const page of [ann, bob]) await shown(page, ["Here: ann, bob."]);
  await submit(bob, "say", { text: "<b>good evening</b>" });
  await shown(ann, ["bob came in", "bob: <b>good evening</b>"]);
  await bob.evaluate("document.getElementById('roll').click()");
  const [, rolled] = /you rolled (\d)/.exec(await shown(bob, ["you rolled"]));
  for (const page of [ann, bob]) await shown(page, [`Scores: bob ${rolled}.`]);
  await bob.close();
  await shown(ann, ["bob went", "Here: ann."]);
  assert.deepEqual(ann.errors, []);
  console.log("two users, a password, a die");
});
