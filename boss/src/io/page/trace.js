// What becomes of the messages of a queue or a user, hop by hop, as long as it is asked for.

import { at, element, many, say } from "./dom.js";
import * as boss from "./boss.js";

const SECONDS = 30;
// Of more messages the oldest go.
const MESSAGES = 200;
const SILENCE = 8000;
const NAMES = ["time", "since the hop before", "node", "what happened", "queue", "user", "seq",
  "bytes"];

let under = null;
// Each message: its rows, when its last hop was, and the numbers by which others know it.
let messages = new Set();
let known = new Map();
let hopsSeen = 0;

function clear() {
  messages = new Set();
  known = new Map();
  hopsSeen = 0;
  at("hops").replaceChildren();
}

// The sender's session and number, and the queue and the event's number; the home knows both.
function keysOf(hop) {
  const keys = [];
  if (hop.session !== undefined && hop.op_id !== undefined) {
    keys.push(JSON.stringify(["op", hop.session, hop.op_id]));
  }
  if (hop.queue !== undefined && hop.seq !== undefined) {
    keys.push(JSON.stringify(["event", hop.queue, hop.seq]));
  }
  return keys;
}

function add(hop) {
  hopsSeen++;
  const keys = keysOf(hop);
  const found = keys.map((key) => known.get(key)).find((message) => message !== undefined);
  const message = found ?? { rows: [], keys: new Set(), lastUs: null };
  for (const key of keys) {
    known.set(key, message);
    message.keys.add(key);
  }
  const row = rowOf(hop, message.lastUs);
  message.lastUs = hop.at_us;
  const last = message.rows.at(-1);
  if (last) last.after(row);
  else {
    row.className = "first";
    at("hops").append(row);
    messages.add(message);
  }
  message.rows.push(row);
  if (messages.size > MESSAGES) forget(messages.values().next().value);
}

function forget(message) {
  messages.delete(message);
  message.rows.forEach((row) => row.remove());
  message.keys.forEach((key) => { if (known.get(key) === message) known.delete(key); });
}

function rowOf(hop, lastUs) {
  const row = document.createElement("tr");
  const outcome = hop.status ? `: refused with ${hop.status}` : "";
  const to = hop.count === undefined ? ""
    : hop.kind === "recorded" || hop.kind === "released" ? ` for ${many(hop.count, "lane")}`
      : ` to ${many(hop.count, "client")}`;
  const cells = [timeOf(hop.at_us), lastUs === null ? "" : difference(hop.at_us - lastUs), hop.node,
    [hop.kind, hop.what].filter(Boolean).join(" ") + to + outcome, hop.queue, hop.user, hop.seq,
    hop.bytes];
  row.append(...cells.map((text, index) => {
    const number = [1, 6, 7].includes(index) ? "number" : "";
    const cell = element("td", String(text ?? ""), number);
    cell.dataset.name = NAMES[index];
    return cell;
  }));
  if (outcome) row.children[3].className = "alarming";
  return row;
}

const timeOf = (us) => `${new Date(us / 1000).toLocaleTimeString(undefined, { hour12: false })}.`
  + String(us % 1e6).padStart(6, "0");
const difference = (us) => `${us < 0 ? "−" : "+"}${(Math.abs(us) / 1000).toFixed(3)} ms`;

function hear(name, data) {
  switch (name) {
    case "begin":
      say(at("trace-state"), `following ${data.queue ?? data.user} for ${data.seconds} s…`);
      under.ahead = Object.entries(data.processes).filter(([, it]) => it.clock_ahead_ms !== 0)
        .map(([node, it]) => `the clock of ${node} is about ${it.clock_ahead_ms} ms ahead`);
      say(at("trace-notes"), under.ahead.join("; "));
      break;
    case "hops":
      data.hops.forEach(add);
      break;
    case "missing":
      under.ahead.push(`${data.node} tells nothing: ${data.why}`);
      say(at("trace-notes"), under.ahead.join("; "));
      break;
    case "end":
      under.end = data.reason + (data.missed ? `; ${many(data.missed, "hop")} too many` : "");
      break;
  }
}

async function follow() {
  const user = at("trace-user").value.trim();
  const queue = at("queue").value.trim();
  if (!user && !queue) return say(at("trace-state"), "Name a queue above, or a user.");
  const subject = user ? `user=${encodeURIComponent(user)}` : `queue=${encodeURIComponent(queue)}`;
  stop();
  clear();
  const mine = { stop: new AbortController(), ahead: [], end: "" };
  under = mine;
  say(at("trace-notes"), "");
  say(at("trace-state"), "asking all processes…");
  at("traced").hidden = false;
  at("trace-stop").hidden = false;
  let why = "";
  try {
    const path = `trace?${subject}&seconds=${SECONDS}`;
    const heard = (name, data) => { if (under === mine) hear(name, data); };
    await boss.stream(heard, { path, silenceMs: SILENCE, stop: mine.stop });
  } catch (error) {
    why = error.message;
  }
  if (under !== mine) return;
  under = null;
  at("trace-stop").hidden = true;
  say(at("trace-state"), `${mine.end || why}: ${many(hopsSeen, "hop")}.`);
}

function stop() {
  if (!under) return;
  under.end = "stopped";
  under.stop.abort();
}

at("trace").addEventListener("submit", (event) => {
  event.preventDefault();
  follow();
});
at("trace-stop").addEventListener("click", stop);
