// The cluster's figures as lines of the last five minutes. Lines move, boxes stay where they are.

import { at, element, rounded, say, style } from "./dom.js";

const SPAN_MS = 300_000;
// Where nobody reported for so long the line has a gap.
const GAP_MS = 3_500;
const [WIDTH, HEIGHT] = [300, 40];
const SVG = "http://www.w3.org/2000/svg";

const FIGURES = [
  { name: "connections", of: (it) => it.connections },
  { name: "sessions", of: (it) => it.sessions },
  { name: "queues", of: (it) => it.queues },
  { name: "subscriptions", of: (it) => it.subscriptions },
  { name: "messages/s", of: (it) => it.messages_per_s },
  { name: "deliveries/s", of: (it) => it.deliveries_per_s },
  { name: "operations/s", of: (it) => it.operations_per_s },
  {
    name: "round trip", unit: "\u00a0ms",
    title: "half of the round trips, and 99 of 100, take no longer",
    of: (it) => it.round_trip_p50_ms, second: (it) => it.round_trip_p99_ms, names: ["p50", "p99"],
  },
  {
    name: "errors/s", alarms: true, title: "operations refused, or with an unknown outcome",
    of: (it) => it.errors_per_s,
  },
  { name: "disconnects/s", of: (it) => it.disconnects_per_s },
  {
    name: "became slow/s", alarms: true, title: "receivers that became slow",
    of: (it) => it.slow_per_s,
  },
  {
    name: "dropped/s", alarms: true, title: "messages dropped for slow receivers",
    of: (it) => it.dropped_per_s,
  },
];

let boxes = null;

function build() {
  boxes = FIGURES.map((figure) => {
    const box = element("div", "", "figure");
    box.setAttribute("role", "img");
    if (figure.title) box.title = figure.title;
    const head = element("div", "", "name");
    const [name, most] = [element("span", figure.name), element("span")];
    head.append(name, most);
    const value = element("b", "–");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const area = document.createElementNS(SVG, "path");
    area.setAttribute("class", "area");
    svg.append(area);
    const lines = (figure.second ? ["", "second"] : [""]).map((className) => {
      const path = document.createElementNS(SVG, "path");
      if (className) path.setAttribute("class", className);
      svg.append(path);
      return path;
    });
    box.append(head, value, svg);
    return { figure, box, most, value, lines, area };
  });
  at("figures").replaceChildren(...boxes.map(({ box }) => box));
}

const isNumber = (value) => typeof value === "number";

// The figures as they are now, and as they were.
export function drawFigures(moments, totals, nowMs) {
  if (!boxes) build();
  for (const { figure, box, most, value, lines, area } of boxes) {
    const series = [figure.of, figure.second].filter(Boolean);
    const largest = series.flatMap((of) => moments.map(of)).filter(isNumber)
      .reduce((a, b) => Math.max(a, b), 0);
    const now = series.map((of) => of(totals));
    const said = now.map((one, index) => {
      const text = isNumber(one) ? rounded(one) + (figure.unit ?? "") : "–";
      return figure.names ? `${figure.names[index]} ${text}` : text;
    });
    const both = () => `${rounded(now[0])} / ${rounded(now[1])}${figure.unit}`;
    say(value, figure.names && isNumber(now[0]) ? both() : figure.names ? "–" : said[0]);
    say(most, figure.names ? "p50 / p99" : `≤ ${rounded(largest)}`);
    style(box, figure.alarms && now[0] > 0 ? "figure alarming" : "figure");
    const label = `${figure.name}: ${said.join(", ")}; at most ${rounded(largest)}`
      + `${figure.unit ?? ""} in the last five minutes`;
    if (box.getAttribute("aria-label") !== label) box.setAttribute("aria-label", label);
    const drawn = series.map((of) => runs(moments, of, largest, nowMs));
    drawn.forEach((all, index) => {
      lines[index].setAttribute("d", all.map((run) => `M${run.join("L")}`).join(""));
    });
    area.setAttribute("d", drawn[0].map(below).join(""));
  }
  drawCodes(moments);
}

// The points of the line, broken where nobody reported.
function runs(moments, of, largest, nowMs) {
  const all = [];
  let before = -Infinity;
  for (const moment of moments) {
    const value = of(moment);
    const age = nowMs - moment.at_ms;
    if (!isNumber(value) || age > SPAN_MS) continue;
    const x = WIDTH * (1 - age / SPAN_MS);
    const y = HEIGHT - 2 - (HEIGHT - 4) * (largest > 0 ? value / largest : 0);
    if (moment.at_ms - before > GAP_MS) all.push([]);
    all[all.length - 1].push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    before = moment.at_ms;
  }
  return all;
}

function below(run) {
  const [left, right] = [run[0], run[run.length - 1]].map((point) => point.split(" ")[0]);
  return `M${left} ${HEIGHT}L${run.join("L")}L${right} ${HEIGHT}Z`;
}

// Why connections were closed: how many of each code. Moments are a second apart.
function drawCodes(moments) {
  const codes = new Map();
  for (const moment of moments) {
    for (const [code, rate] of Object.entries(moment.disconnects ?? {})) {
      codes.set(code, (codes.get(code) ?? 0) + rate);
    }
  }
  const sorted = [...codes].sort((a, b) => b[1] - a[1]);
  const text = sorted.map(([code, count]) => `${code} ${rounded(Math.max(1, Math.round(count)))}`);
  say(at("codes"), text.length ? `Disconnects by code: ${text.join(", ")}`
    : "Gateways closed no connection in the last five minutes.");
}
