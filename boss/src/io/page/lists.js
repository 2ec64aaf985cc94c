// Which clients are slow and which queues are busy: ten fixed places each, so that nothing jumps
// while hundreds come and go.

import { at, bytes, rounded, say, table } from "./dom.js";

const PLACES = 10;

const clients = table(at("clients"), [
  { name: "user", text: (it) => it.user },
  { name: "state", text: (it) => it.state,
    look: (it) => it.state === "ok" ? "ok" : it.state ? "slow" : "" },
  { name: "unsent", number: true, text: (it) => bytes(it.unsent_bytes) },
  { name: "unanswered", number: true, text: (it) => rounded(it.unanswered) },
  { name: "queues", number: true, text: (it) => rounded(it.subscriptions) },
  { name: "by", text: (it) => [it.transport, it.encoding].filter(Boolean).join(" ") },
  { name: "at", text: (it) => it.gateway },
], { places: PLACES });

const busy = table(at("busy"), [
  { name: "queue", text: (it) => it.queue },
  { name: "events/s", number: true, text: (it) => rounded(it.events_per_s) },
  { name: "members", number: true, text: (it) => rounded(it.members) },
  { name: "node", text: (it) => it.node },
], { places: PLACES });

const without = (missing) => missing.length
  ? ` Not heard: ${missing.map(({ node, why }) => `${node} (${why})`).join(", ")}.` : "";

export function drawClients(told) {
  const list = told?.connections ?? [];
  clients(list.slice(0, PLACES));
  const slow = list.filter((it) => it.state && it.state !== "ok").length;
  const isKnown = told && (list.length > 0 || told.missing.length === 0);
  say(at("clients-state"), !told ? "Gateways haven't been heard yet."
    : (!isKnown ? "Unknown."
      : slow === 0 ? "None is slow. By bytes that the client hasn't taken."
      : `${slow === PLACES ? "At least 10" : slow} slow. `
        + "By bytes that the client hasn't taken.") + without(told.missing));
}

export function drawBusy(told) {
  busy((told?.queues ?? []).slice(0, PLACES));
  say(at("busy-state"), told ? `By events a second.${without(told.missing)}`
    : "Queue nodes haven't been heard yet.");
}
