// All buckets as a picture, and the same as a table. The colour is the primary's; all else is a
// shape, so that nobody needs colours to see it.

import { at, element, many, offer, say, table } from "./dom.js";

// Apart for most eyes, in the order of the nodes' ids.
const COLOURS = ["#3b7dd8", "#e69f00", "#1a9e77", "#c65a9a", "#56b4e9", "#b8541a", "#7a6ad8",
  "#8a9a1b", "#0f7f8c", "#d9534f", "#6b7280", "#a0763c"];
const PAGE_ROWS = 64;

const STATES = [
  { name: "in sync", mark: {} },
  { name: "lacks copies", mark: { degraded: true } },
  { name: "refuses writes: one copy is left", mark: { holding: true } },
  { name: "being filled", mark: { learner: true } },
  { name: "no node", mark: { unowned: true } },
];

const map = { rows: [], bits: 0, nodes: new Map(), at: null, columns: 1, size: 10 };
const box = at("map");
const canvas = box.querySelector("canvas");

const stateOf = (row) => row.primary === null ? "no node"
  : row.holding ? "refuses writes" : row.degraded ? "lacks copies" : "in sync";

const markOf = (row) => ({
  unowned: row.primary === null, holding: row.holding, degraded: row.degraded,
  learner: row.learners.length > 0, copies: row.in_sync.length, owner: row.primary?.id,
});

export function drawMap(told, safety, nodes) {
  map.rows = told?.rows ?? [];
  map.bits = told?.bits ?? 0;
  map.copies = safety?.copies ?? 0;
  const ids = new Set(nodes.filter((node) => node.role === "queue_node").map((node) => node.id));
  for (const row of map.rows) if (row.primary) ids.add(row.primary.id);
  const sorted = [...ids].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  map.nodes = new Map(sorted.map((id, index) => [id, COLOURS[index % COLOURS.length]]));
  drawOwners();
  paint();
  describe();
}

function drawOwners() {
  const counts = new Map([...map.nodes.keys()].map((id) => [id, 0]));
  let unowned = 0;
  for (const { primary } of map.rows) {
    if (primary) counts.set(primary.id, counts.get(primary.id) + 1);
    else unowned++;
  }
  const said = [...counts].map(([id, count]) => `${id}: ${many(count, "bucket")}`);
  if (unowned) said.push(`no node: ${many(unowned, "bucket")}`);
  if (!map.rows.length) said.push("no table");
  const owners = at("owners");
  if (owners.dataset.said === said.join()) return;
  owners.dataset.said = said.join();
  owners.replaceChildren(...said.map((text, index) => {
    const owner = element("span", "", "owner");
    const colour = [...map.nodes.values()][index];
    if (colour) {
      const swatch = element("span", "", "swatch");
      swatch.style.background = colour;
      owner.append(swatch);
    }
    owner.append(element("span", text));
    return owner;
  }));
}

// As large as they can be, within so much of the page.
function measure() {
  const width = Math.max(box.clientWidth, 120);
  const tallest = width < 600 ? 420 : 300;
  const count = Math.max(map.rows.length, 1);
  let size = 44;
  while (size > 6 && Math.ceil(count / Math.floor(width / size)) * size > tallest) size--;
  map.size = size;
  map.columns = Math.min(Math.floor(width / size), Math.max(count, 1));
  return { width, height: Math.ceil(count / map.columns) * size };
}

function paint() {
  const { width, height } = measure();
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const look = getComputedStyle(document.documentElement);
  const ink = { line: look.getPropertyValue("--line"), mark: look.getPropertyValue("--mark"),
    card: look.getPropertyValue("--card"), bad: look.getPropertyValue("--bad"),
    quiet: look.getPropertyValue("--quiet"), accent: look.getPropertyValue("--accent") };
  map.rows.forEach((row, index) => {
    const [x, y] = placeOf(index);
    cell(pen, ink, x, y, map.size, markOf(row));
  });
  if (map.at !== null && map.at < map.rows.length) {
    const [x, y] = placeOf(map.at);
    pen.strokeStyle = ink.mark;
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, y + 1, map.size - 2, map.size - 2);
  }
}

const placeOf = (index) =>
  [index % map.columns * map.size, Math.floor(index / map.columns) * map.size];

// A bucket: filled with its owner's colour, a dot for each copy beside the primary; what lacks
// copies has a corner cut off, what refuses writes a bar across, what is being filled a ring, and
// what has no node is an empty frame with a cross.
function cell(pen, ink, x, y, size, mark) {
  const gap = size >= 14 ? 2 : 1;
  const [left, top, side] = [x + gap / 2, y + gap / 2, size - gap];
  if (mark.unowned) {
    pen.strokeStyle = ink.bad;
    pen.lineWidth = 1;
    pen.strokeRect(left + .5, top + .5, side - 1, side - 1);
    pen.beginPath();
    pen.moveTo(left + side * .2, top + side * .2);
    pen.lineTo(left + side * .8, top + side * .8);
    pen.moveTo(left + side * .8, top + side * .2);
    pen.lineTo(left + side * .2, top + side * .8);
    pen.stroke();
    return;
  }
  pen.fillStyle = map.nodes.get(mark.owner) ?? mark.colour ?? ink.quiet;
  pen.fillRect(left, top, side, side);
  if (mark.degraded || mark.holding) {
    pen.fillStyle = ink.card;
    pen.beginPath();
    pen.moveTo(left + side, top);
    pen.lineTo(left + side, top + side * .62);
    pen.lineTo(left + side * .38, top);
    pen.fill();
  }
  if (mark.holding) {
    pen.fillStyle = ink.mark;
    pen.fillRect(left, top + side * .4, side, Math.max(2, side * .22));
  }
  if (mark.learner) {
    pen.strokeStyle = ink.mark;
    pen.lineWidth = Math.max(1, side * .09);
    pen.beginPath();
    pen.arc(left + side * .34, top + side * .36, Math.max(1.5, side * .17), 0, 7);
    pen.stroke();
  }
  if (size < 9) return;
  pen.fillStyle = "#fff";
  for (let copy = 1; copy < mark.copies; copy++) {
    const dot = Math.max(1, side * .1);
    pen.fillRect(left + side * .12 + (copy - 1) * dot * 2, top + side - side * .1 - dot, dot, dot);
  }
  if (size >= 26 && mark.owner) {
    pen.font = `${Math.round(size * .32)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(mark.owner.slice(0, 4), left + side * .5, top + side * .45, side - 4);
  }
}

const ids = (owners) => owners.map((owner) => owner.id).join(", ");
const bucketOf = (row) => `${row.prefix}/${map.bits}`;

function describe() {
  const row = map.at === null ? null : map.rows[map.at];
  if (!row) {
    const calm = map.rows.length ? "Point at a bucket, or go through them with the arrow keys."
      : "There is no table.";
    return say(at("bucket"), calm);
  }
  const others = ids(row.in_sync.filter((owner) => owner.id !== row.primary?.id));
  say(at("bucket"), `Bucket ${bucketOf(row)}: ${stateOf(row)}. `
    + (row.primary ? `Primary ${row.primary.id}, other copies ${others || "none"}` : "No primary")
    + (row.learners.length ? `, being filled ${ids(row.learners)}` : "")
    + `; loss ${row.loss}, reign ${row.reign}, conf ${row.conf}.`);
}

function choose(index) {
  const last = map.rows.length - 1;
  map.at = index === null || last < 0 ? null : Math.min(Math.max(index, 0), last);
  paint();
  describe();
}

canvas.addEventListener("pointermove", (event) => {
  const bounds = canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - bounds.left) / map.size);
  const index = Math.floor((event.clientY - bounds.top) / map.size) * map.columns + column;
  if (column < map.columns && index < map.rows.length && index !== map.at) choose(index);
});
canvas.addEventListener("pointerleave", () => {
  if (document.activeElement !== box) choose(null);
});
box.addEventListener("focus", () => choose(map.at ?? 0));
box.addEventListener("blur", () => choose(null));
box.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -map.columns, ArrowDown: map.columns,
    Home: -Infinity, End: Infinity };
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  choose((map.at ?? 0) + step);
});
new ResizeObserver(() => paint()).observe(box);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { paint(); marks(); });

// What the marks mean, drawn as they are drawn.
function marks() {
  const look = getComputedStyle(document.documentElement);
  const ink = Object.fromEntries(["line", "mark", "card", "bad", "quiet", "accent"]
    .map((name) => [name, look.getPropertyValue(`--${name}`)]));
  at("marks").replaceChildren(...STATES.map(({ name, mark }) => {
    const item = element("li");
    const picture = element("canvas");
    const scale = window.devicePixelRatio || 1;
    picture.width = picture.height = Math.round(18 * scale);
    const pen = picture.getContext("2d");
    pen.scale(scale, scale);
    cell(pen, ink, 0, 0, 18, { copies: mark.degraded || mark.holding ? 1 : 2, ...mark });
    item.append(picture, element("span", name));
    return item;
  }), element("li", "a dot: a copy beside the primary"));
}
marks();

// The same as a table.
const fill = table(at("buckets"), [
  { name: "bucket", text: bucketOf },
  { name: "state", text: stateOf, look: (row) => row.primary === null || row.holding ? "alarming"
    : row.degraded ? "warning" : "good-news" },
  { name: "primary", text: (row) => row.primary?.id ?? "none" },
  { name: "other copies",
    text: (row) => ids(row.in_sync.filter((it) => it.id !== row.primary?.id)) },
  { name: "being filled", text: (row) => ids(row.learners) },
  { name: "loss", number: true, text: (row) => row.loss },
  { name: "reign", number: true, text: (row) => row.reign },
  { name: "conf", number: true, text: (row) => row.conf },
]);
let page = 0;

export function drawRows() {
  if (!at("bucket-table").open) return;
  offer(at("buckets-node"), map.nodes.keys());
  const [which, node] = [at("buckets-which").value, at("buckets-node").value];
  const isShown = (row) => (which === "all" || stateOf(row) !== "in sync" || row.learners.length)
    && (!node || [...row.in_sync, ...row.learners].some((owner) => owner.id === node));
  const rows = map.rows.filter(isShown);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  page = Math.min(Math.max(page, 0), pages - 1);
  fill(rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS));
  say(at("buckets-shown"), rows.length
    ? `${many(rows.length, "bucket")}, page ${page + 1} of ${pages}`
    : which === "all" ? "no buckets" : "no bucket lacks anything");
  at("buckets-back").disabled = page === 0;
  at("buckets-on").disabled = page === pages - 1;
}

at("bucket-table").addEventListener("toggle", () => drawRows());
for (const id of ["buckets-which", "buckets-node"]) {
  at(id).addEventListener("change", () => { page = 0; drawRows(); });
}
at("buckets-back").addEventListener("click", () => { page--; drawRows(); });
at("buckets-on").addEventListener("click", () => { page++; drawRows(); });
