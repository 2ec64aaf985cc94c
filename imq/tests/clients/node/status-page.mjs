// The script of the boss's page with a boss that answers, falls silent and answers again: what the
// page shows then. The document is as much of one as the script needs.
import { readFileSync } from "node:fs";
import vm from "node:vm";
import assert from "node:assert/strict";

class Element {
  constructor() {
    this.own = "";
    this.children = [];
    this.dataset = {};
  }
  set textContent(text) {
    this.own = String(text);
    this.children = [];
  }
  get textContent() {
    return this.own + this.children.map((child) => child.textContent ?? child).join(" ");
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  addEventListener() {}
}

const page = readFileSync(process.argv[2], "utf8");
const script = page.match(/<script>([^]*)<\/script>/)[1];
const parts = new Map();
const at = (id) => {
  if (!parts.has(id)) parts.set(id, new Element());
  return parts.get(id);
};
const totals = {
  connections: 3, sessions: 3, queues: 7, messages_per_s: 1.5, deliveries_per_s: 9, round_trip_ms: 0.25,
};
const node = {
  id: "g1", role: "gateway", host: "a", address: "a:1", state: "up", incarnation: 1,
  message: "imq node is available and accepting connections.",
};
const safety = {
  copies: 2, hosts_may_die: 1, nodes_may_die: 1, hosts_wanted: 1, reasons: [], degraded: 0, degraded_buckets: [],
  holding: 0,
  promoted: 0, lost: 0, added: 16, dropped: 0,
};
const answers = {
  "/api/v1/status": {
    term: 1, version: 2, message: "imq boss is available.", buckets: 8, unowned: 0, buckets_of: [], safety, totals,
  },
  "/api/v1/nodes": { nodes: [node] },
  "/api/v1/events": { events: [{ at_ms: 1, kind: "joined", text: "g1 joined" }] },
};
let is_there = true;
let round;
const context = {
  document: { getElementById: at, createElement: () => new Element() },
  fetch: async (path) => {
    if (!is_there) throw new Error("Failed to fetch");
    return { ok: true, json: async () => answers[path] };
  },
  AbortSignal,
  setTimeout: (next) => round(next),
};
const rounds = () => new Promise((done) => { round = done; });
const shown = () => [...parts.values()].map((part) => part.textContent).join("\n");

let ended = rounds();
vm.runInNewContext(script, context);
let again = await ended;
assert.match(shown(), /imq boss is available/);
assert.match(shown(), /imq node is available/);
assert.match(at("figures").textContent, /7 queues/);
assert.equal(at("hosts").textContent, "1");
assert.equal(at("safety").className, "good");

Object.assign(safety, {
  hosts_may_die: 0, nodes_may_die: 0, degraded: 1, holding: 1,
  reasons: ["writes and logins are refused, by `alone = \"hold\"`: 1 of 8 buckets"],
  degraded_buckets: [{ bucket: "0/3", primary: "q1", in_sync: ["q1"], missing: [], learners: [], holding: true }],
});
ended = rounds();
again();
again = await ended;
assert.equal(at("safety").className, "bad");
assert.match(at("reasons").textContent, /writes and logins are refused/);
assert.match(at("degraded").textContent, /q1 \(holds\)/);

is_there = false;
ended = rounds();
again();
again = await ended;
assert.doesNotMatch(shown(), /available/, shown());
assert.match(at("state").textContent, /^unknown/);
assert.match(at("trouble").textContent, /doesn't answer: Failed to fetch/);
assert.match(at("nodes").textContent, /g1 .*unknown/);
assert.equal(at("hosts").textContent, "–");
assert.equal(at("safety").className, "");
assert.doesNotMatch(at("figures").textContent, /[0-9]/);

is_there = true;
ended = rounds();
again();
await ended;
assert.match(shown(), /imq boss is available/);
assert.match(shown(), /imq node is available/);
assert.equal(at("trouble").textContent, "");
