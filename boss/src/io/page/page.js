// The boss's page: it reads the stream, falls back to asking every second, and hands what it knows
// to its parts, each of which draws its own.

import { at, many, say, style, time } from "./page/dom.js";
import * as boss from "./page/boss.js";
import { drawFigures } from "./page/figures.js";
import { drawMap, drawRows } from "./page/map.js";
import { drawNodes } from "./page/nodes.js";
import { drawClients, drawBusy } from "./page/lists.js";
import { drawEvents } from "./page/events.js";
import { configChanged } from "./page/config.js";
import "./page/queue.js";
import "./page/trace.js";

const MOMENTS_MAX = 300;
const EVENTS_MAX = 256;
// So long after a stream has ended another one is tried.
const AGAIN_MS = 5000;

// What the boss said last.
const known = {
  status: null, nodes: new Map(), events: [], moments: [], table: null,
  connections: null, busy: null, processes: {}, at: null,
};
let silentSince = null;

function hear(name, told) {
  if (name === "document") {
    const { status, events, moments, table, connections, busy, processes } = told;
    Object.assign(known, { status, events, moments, table, connections, busy, processes });
    known.nodes = new Map(told.nodes.map((node) => [node.id, node]));
    draw(told.at_ms, { table: true, events: true });
    configChanged();
    mood("live");
  } else if (name === "change") {
    change(told);
  }
}

function change(told) {
  if (!known.status) return;
  if (told.status) known.status = told.status;
  known.status.totals = told.totals;
  for (const node of told.nodes ?? []) known.nodes.set(node.id, node);
  for (const id of told.forgotten ?? []) known.nodes.delete(id);
  if (told.events) known.events = [...known.events, ...told.events].slice(-EVENTS_MAX);
  if (told.moments) known.moments = [...known.moments, ...told.moments].slice(-MOMENTS_MAX);
  if (told.table) known.table = told.table;
  for (const row of told.rows ?? []) known.table.rows[row.prefix] = row;
  for (const name of ["connections", "busy", "processes"]) {
    if (told[name]) known[name] = told[name];
  }
  draw(told.at_ms, { table: Boolean(told.table || told.rows), events: Boolean(told.events) });
  if ((told.events ?? []).some((event) => event.kind === "config")) configChanged();
}

function draw(atMs, changed) {
  silentSince = null;
  known.at = atMs;
  // Nobody sees it; what is missed is drawn when somebody looks.
  if (document.hidden) {
    missed = { table: missed.table || changed.table, events: missed.events || changed.events };
    return;
  }
  showStatus(known.status);
  drawFigures(known.moments, known.status.totals, atMs);
  drawNodes([...known.nodes.values()], known.status.buckets_of, known.processes);
  drawClients(known.connections);
  drawBusy(known.busy);
  if (changed.table) {
    drawMap(known.table, known.status.safety, [...known.nodes.values()]);
    drawRows(known.table);
  }
  if (changed.events) drawEvents(known.events);
}
let missed = { table: false, events: false };
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !known.status || silentSince) return;
  const late = missed;
  missed = { table: false, events: false };
  draw(known.at, late);
});

// How many hosts may die now, and in words what is wrong.
function showStatus(status) {
  const { safety } = status;
  const may = safety.hosts_may_die;
  say(at("hosts"), may);
  say(at("headline"), `${many(may, "host")} may die now without losing anything`);
  const list = at("reasons");
  const said = [...safety.reasons];
  if (safety.nodes_may_die > may) {
    said.push(`of queue nodes alone, ${safety.nodes_may_die} may end`);
  }
  if (!said.length) said.push("nothing is wrong: each bucket has all the copies that are wanted");
  if (list.dataset.said !== said.join("\n")) {
    list.dataset.said = said.join("\n");
    list.replaceChildren(...said.map((reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      return item;
    }));
  }
  style(at("safety"), safety.holding > 0 || status.unowned > 0 || status.frozen ? "bad"
    : may > 0 && may >= safety.hosts_wanted && safety.degraded === 0 ? "good"
    : may > 0 || safety.hosts_wanted === 0 ? "short" : "bad");
  say(at("state"), `${status.message} Term ${status.term}, version ${status.version}, `
    + many(status.buckets, "bucket")
    + (status.unowned ? `, ${status.unowned} of them without a node` : "")
    + `. Since the boss started: buckets promoted ${safety.promoted}, lost ${safety.lost}; `
    + `copies added ${safety.added}, dropped ${safety.dropped}.`);
  document.title = `${may} ${may === 1 ? "host" : "hosts"} may die · imq`;
}

// Nobody knows how things are: nothing of before is shown as if it were so now.
function showSilence(error) {
  silentSince ??= Date.now();
  mood("silent", `The boss doesn't answer: ${error.message}`);
  say(at("hosts"), "–");
  say(at("headline"), "How many hosts may die is unknown while the boss doesn't answer");
  style(at("safety"), "");
  at("reasons").replaceChildren();
  delete at("reasons").dataset.said;
  say(at("state"), `unknown: the boss hasn't answered since ${time(silentSince)}`);
  document.title = "no answer · imq";
  const message = "unknown while the boss doesn't answer; the node may still be serving";
  const nodes = [...known.nodes.values()].map((node) => ({ ...node, state: "unknown", message }));
  drawNodes(nodes, [], {});
  drawFigures(known.moments, {}, Date.now());
  drawMap(null, null, []);
  drawClients(null);
  drawBusy(null);
}

const WORDS = { live: "live", polls: "asking every second", silent: "no answer" };
function mood(name, sentence = "") {
  style(at("live"), `badge ${name}`);
  say(at("live"), WORDS[name]);
  const trouble = at("trouble");
  const frozen = known.status?.frozen ? "The boss is frozen: see docs/operations.md." : "";
  const said = sentence || frozen;
  say(trouble, said);
  trouble.hidden = !said;
}

// The same by asking, while there is no stream.
async function poll() {
  const [status, nodes, events, table, past] = await Promise.all(
    ["status", "nodes", "events", "table", "history"].map((path) =>
      boss.get(path).catch((error) => {
        // There is no table yet.
        if (path === "table" && error.status === 503) return null;
        throw error;
      })));
  const lists = ["connections?sort=unsent&top=10", "busy?top=10"];
  const [connections, busy] = await Promise.all(
    lists.map((path) => boss.get(path).catch(() => null)));
  Object.assign(known, { status, table, connections, busy });
  known.nodes = new Map(nodes.nodes.map((node) => [node.id, node]));
  known.events = events.events;
  known.moments = past.moments;
  draw(Date.now(), { table: true, events: true });
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function run() {
  for (;;) {
    let why = "";
    try {
      await boss.stream(hear);
    } catch (error) {
      why = error.message;
      if (error.status === 401) {
        showSilence(error);
        await boss.typeKey("Reading takes a key here.");
        await pause(500);
        continue;
      }
    }
    const until = Date.now() + AGAIN_MS;
    while (Date.now() < until) {
      try {
        await poll();
        mood("polls", `The stream has ended: ${why}. The page asks every second instead.`);
      } catch (error) {
        showSilence(error);
      }
      await pause(1000);
    }
  }
}

at("key").addEventListener("click", async () => {
  await boss.typeKey(boss.hasKey() ? "A key is typed already: another one takes its place, none "
    + "makes it forgotten." : "The admin key changes things, a key for reading shows them.");
  say(at("key"), boss.hasKey() ? "Key is typed…" : "Key…");
});

run();
