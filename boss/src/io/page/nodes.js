// All nodes, those of a host together.

import { at, bytes, rounded, table } from "./dom.js";

const STATES = new Set(["joining", "up", "draining", "gone", "unknown"]);

const fill = table(at("nodes"), [
  { name: "host", text: ({ node }) => node.host },
  { name: "node", text: ({ node }) => node.id },
  { name: "role", text: ({ node }) => node.role.replace("_", " ") },
  { name: "address", text: ({ node }) => node.address },
  { name: "status", text: ({ node }) => node.state,
    look: ({ node }) => STATES.has(node.state) ? node.state : "" },
  { name: "message", text: ({ node }) => node.message },
  { name: "primary", number: true, text: ({ share }) => share?.buckets ?? "" },
  { name: "copies", number: true, text: ({ share }) => share?.copies ?? "" },
  { name: "filling", number: true, text: ({ share }) => share?.learners ?? "",
    look: ({ share }) => share?.learners ? "warning" : "" },
  { name: "lag of its copies", number: true, text: ({ share }) => lag(share) },
  { name: "files", number: true, text: ({ process }) => files(process),
    look: ({ process }) => isNear(process) ? "alarming" : "" },
  { name: "memory", number: true,
    text: ({ process }) => process ? bytes(process.memory_bytes) : "" },
  { name: "CPU", number: true, text: ({ process }) => cpu(process) },
  { name: "version", text: ({ process }) => process?.version ?? "" },
], { key: ({ node }) => node.id });

function lag(share) {
  if (typeof share?.lag_records !== "number") return "";
  if (share.lag_records === 0) return "0";
  return `${rounded(share.lag_records)} records, ${bytes(share.lag_bytes)}`;
}

function files(process) {
  if (typeof process?.open_files !== "number") return "";
  const most = process.open_files_max;
  return rounded(process.open_files) + (typeof most === "number" ? ` of ${rounded(most)}` : "");
}

const isNear = (process) => process?.open_files > process?.open_files_max * 0.9;
const cpu = (process) => typeof process?.cpu === "number" ? rounded(process.cpu * 100, " %") : "";

export function drawNodes(nodes, shares, processes) {
  const of = new Map(shares.map((share) => [share.id, share]));
  const compare = (a, b) => a.localeCompare(b, undefined, { numeric: true });
  const sorted = [...nodes].sort((a, b) => compare(a.host, b.host) || compare(a.role, b.role)
    || compare(a.id, b.id));
  fill(sorted.map((node) => {
    // A node that is away takes nothing of its machine that anybody knows of.
    const process = node.state === "gone" ? undefined : processes?.[node.id];
    return { node, share: of.get(node.id), process };
  }));
}
