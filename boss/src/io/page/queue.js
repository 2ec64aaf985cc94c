// Where a queue is, what is in it, and what can be done to it.

import { ask, at, bytes, element, many, rounded, say, time } from "./dom.js";
import * as boss from "./boss.js";

const MEMBERS = 100;
const ENTRIES = 50;
const MESSAGES = 20;
const TEXT = 300;

let queue = "";
// A look that is overtaken by another one shows nothing.
let look = 0;

const pair = (name, value) => [element("dt", name), element("dd", value)];

async function lookUp() {
  const number = ++look;
  const query = "?queue=" + encodeURIComponent(queue);
  const [place, contents] = [at("place"), at("contents")];
  at("found").hidden = false;
  try {
    const where = await boss.get("where" + query);
    const begun = performance.now();
    const info = await boss.get("queues" + query).catch((error) => error.message);
    const took = Math.round(performance.now() - begun);
    const parts = typeof info === "object" && info.found ? await details(info) : [];
    if (number !== look) return;
    place.replaceChildren(...described(where, info, took).flat());
    contents.replaceChildren(...parts);
    offerMounts(typeof info === "object" && info.found ? info.mounts : []);
  } catch (error) {
    if (number !== look) return;
    place.replaceChildren(...pair("result", error.message));
    contents.replaceChildren();
    at("publish").hidden = true;
  }
}

function described(where, info, took) {
  const { node } = where;
  const others = where.in_sync.map((one) => one.id).filter((id) => id !== node?.id);
  const end = node ? `${node.id} at ${node.address}, incarnation ${node.incarnation}` : "nobody";
  const path = `bucket ${where.bucket} → ${end}`;
  const result = typeof info === "string" ? info
    : info.found ? `there: class ${info.class || "none"}, ${many(info.members, "member")}, `
      + `seq ${info.seq}, created ${time(info.created_at_ms)}` : "there is no such queue";
  return [
    pair("queue", where.queue),
    pair("host", node ? node.host : "no node serves this bucket now"),
    pair("path", path + (others.length ? `; copies: ${others.join(", ")}` : "; no other copies")),
    pair("result", result),
    pair("time", `${time(where.asked_at_ms)}, answered in ${info.took_ms ?? took} ms`),
  ];
}

// Members, and what is in each mount. What can't be read is said in its place.
async function details(info) {
  const parts = [
    members().catch((error) => [element("p", `Members: ${error.message}`, "alarming")]),
    ...info.mounts.map((mount) => contentsOf(mount).catch((error) =>
      [element("p", error.message, "alarming")]).then((shown) => [heading(mount), ...shown])),
  ];
  return (await Promise.all(parts)).flat();
}

function heading(mount) {
  return element("h3", `Mount ${mount.name}: ${mount.kind}, `
    + `${many(mount.entries, mount.kind === "state" ? "key" : "message")}, ${bytes(mount.bytes)}`);
}

async function members() {
  const told = await boss.rpc("list_members", { queue, limit: MEMBERS });
  const list = element("ul", "", "members");
  list.append(...told.members.map((user) => {
    const item = element("li");
    const remove = element("button", "remove…");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${user}`);
    remove.addEventListener("click", () => removeUser(user));
    item.append(element("span", user), remove);
    return item;
  }));
  const more = told.member_count - told.members.length;
  return [element("h3", `${many(told.member_count, "member")}`), list,
    ...(more > 0 ? [element("p", `and ${rounded(more)} more`, "quiet")] : [])];
}

async function contentsOf(mount) {
  return mount.kind === "state" ? stateOf(mount.name) : messagesOf(mount.name);
}

// Of what is long the beginning, so that others have space.
function shownValue(it, name) {
  const bytes64 = it[name + "_base64"];
  const text = bytes64 === undefined ? JSON.stringify(it[name]) : `(bytes, base64) ${bytes64}`;
  if (text.length <= TEXT) return text;
  return `${text.slice(0, TEXT)}… (${rounded(text.length)} characters)`;
}

async function stateOf(mount) {
  const told = await boss.rpc("get_state", { queue, mount, limit: ENTRIES });
  if (!told.entries.length) return [element("p", "no keys", "quiet")];
  return [listed(["key", "value", "version"],
    told.entries.map((it) => [it.key, shownValue(it, "value"), it.version])),
    ...(told.next ? [element("p", `the first ${ENTRIES} keys`, "quiet")] : [])];
}

async function messagesOf(mount) {
  const told = await boss.rpc("get_history", { queue, mount, limit: MESSAGES });
  if (!told.messages.length) return [element("p", "no messages are kept", "quiet")];
  const rows = [...told.messages].reverse().map((it) =>
    [time(it.sent_at_ms), it.from ?? "a back end", shownValue(it, "payload"), it.seq]);
  return [listed(["sent", "from", "payload", "seq"], rows),
    ...(told.next ? [element("p", `the last ${MESSAGES} messages`, "quiet")] : [])];
}

function listed(names, rows) {
  const box = element("div", "", "wide");
  const table = element("table");
  const head = document.createElement("tr");
  head.append(...names.map((name) => element("th", name)));
  const body = document.createElement("tbody");
  body.append(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, index) => {
      const cell = element("td", String(text ?? ""));
      cell.dataset.name = names[index];
      return cell;
    }));
    return row;
  }));
  const top = document.createElement("thead");
  top.append(head);
  table.append(top, body);
  box.append(table);
  return box;
}

function offerMounts(mounts) {
  const names = mounts.filter((mount) => mount.kind === "message").map((mount) => mount.name);
  const select = at("publish-mount");
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  at("publish").hidden = names.length === 0;
}

async function removeUser(user) {
  const agreed = await ask({
    title: `Remove ${user}?`, yes: "Remove",
    text: `${user} leaves ${queue} with all sessions, and may come back if the class allows it.`,
  });
  if (!agreed) return;
  await act(async () => {
    const done = await boss.withKey(() => boss.rpc("remove_user", { queue, user }));
    return done && `${user} was removed: event ${done.seq}.`;
  });
}

async function send() {
  const mount = at("publish-mount").value;
  const text = at("publish-text").value;
  let payload = text;
  try { payload = JSON.parse(text); } catch { /* It is text. */ }
  const agreed = await ask({
    title: `Send into ${queue}?`, yes: "Send",
    text: `Everybody in it who hears ${mount} gets this:`,
    more: [element("span", JSON.stringify(payload))],
  });
  if (!agreed) return;
  await act(async () => {
    const done = await boss.withKey(() => boss.rpc("send_message", { queue, mount, payload }));
    if (done) at("publish-text").value = "";
    return done && `Sent: event ${done.seq}.`;
  });
}

async function act(what) {
  try {
    const said = await what();
    say(at("done"), said || "Nothing was done: there is no key.");
    await lookUp();
  } catch (error) {
    say(at("done"), `Not done: ${error.message}`);
  }
}

at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  queue = at("queue").value.trim();
  say(at("done"), "");
  lookUp();
});
at("publish").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
