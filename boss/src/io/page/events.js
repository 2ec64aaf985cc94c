// What happened to the cluster, newest first; what is shown can be held still.

import { at, clock, many, offer, say, table } from "./dom.js";

const BAD = new Set(["unlinked", "lost", "refused", "dropped", "degraded", "store", "frozen"]);
const GOOD = new Set(["in_sync", "returned", "promoted", "joined"]);

const fill = table(at("events"), [
  { name: "time", text: (it) => clock(it.at_ms), look: () => "quiet" },
  { name: "kind", text: (it) => it.kind.replace("_", " "),
    look: (it) => BAD.has(it.kind) ? "alarming" : GOOD.has(it.kind) ? "good-news" : "" },
  { name: "node", text: (it) => it.node ?? "" },
  { name: "what happened", text: (it) => it.text },
], { key: (it) => it.number });

let [known, held, number] = [[], null, 0];

export function drawEvents(events) {
  // Each has a number, so that it keeps its row: those that are known already are the same.
  const begin = known.length ? events.findIndex((it) => same(it, known[known.length - 1])) + 1 : 0;
  const fresh = begin > 0 ? events.slice(begin) : events;
  if (begin === 0) known = [];
  known = [...known, ...fresh.map((it) => ({ ...it, number: number++ }))].slice(-events.length);
  offer(at("events-kind"), [...new Set(known.map((it) => it.kind))].sort());
  offer(at("events-node"), [...new Set(known.map((it) => it.node).filter(Boolean))].sort());
  show();
}

const same = (a, b) => a.at_ms === b.at_ms && a.kind === b.kind && a.text === b.text;

function show() {
  const text = at("events-text").value.trim().toLowerCase();
  const [kind, node] = [at("events-kind").value, at("events-node").value];
  const isShown = (it) => (!text || it.text.toLowerCase().includes(text))
    && (!kind || it.kind === kind)
    && (!node || it.node === node || it.text.includes(node));
  const all = held ?? known;
  const shown = all.filter(isShown).reverse();
  fill(shown);
  const last = held?.[held.length - 1]?.number ?? -1;
  const later = held ? known.filter((it) => it.number > last) : [];
  say(at("events-shown"), `${shown.length} of ${many(all.length, "event")}`
    + (later.length ? `; ${later.length} more since the pause` : ""));
}

for (const id of ["events-text", "events-kind", "events-node"]) {
  at(id).addEventListener("input", show);
}
at("events-filters").addEventListener("submit", (event) => event.preventDefault());
at("pause").addEventListener("click", () => {
  held = held ? null : known;
  at("pause").setAttribute("aria-pressed", String(Boolean(held)));
  say(at("pause"), held ? "Go on" : "Pause");
  show();
});
