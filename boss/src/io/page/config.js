// The cluster configuration, its versions, and the way back to one of them.

import { ask, at, bytes, element, rounded, say, table, time } from "./dom.js";
import * as boss from "./boss.js";

let present = null;
let shown = null;

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

const buttons = new Map();
function actions(one) {
  const name = `${one.version} ${one.version === present}`;
  if (!buttons.has(name)) {
    const box = element("span");
    box.append(button("Show", () => show(one.version)));
    if (one.version !== present) box.append(" ", button("Put back…", () => putBack(one.version)));
    buttons.set(name, box);
  }
  return buttons.get(name);
}

const fill = table(at("versions"), [
  { name: "version", number: true,
    text: (it) => it.version === present ? `${it.version} (in use)` : it.version },
  { name: "since", text: (it) => time(it.since_ms) },
  { name: "bytes", number: true, text: (it) => rounded(it.bytes) },
  { name: "", text: actions },
], { key: (it) => it.version });

// It may be another one: looked at if somebody looks.
export async function configChanged() {
  if (!at("config").open) return;
  try {
    const { versions } = await boss.get("config/history");
    present = versions[0]?.version ?? null;
    fill(versions);
    const isKept = versions.some((it) => it.version === shown);
    await show(isKept && shown !== null ? shown : present);
  } catch (error) {
    say(at("config-done"), error.message);
  }
}

async function show(version) {
  try {
    const { toml } = await boss.get(`config?version=${version}`);
    shown = version;
    const inUse = version === present ? ", in use" : "";
    say(at("toml-name"), `Version ${version}${inUse}, ${bytes(toml.length)}; secrets are left out`);
    say(at("toml"), toml || "(empty)");
  } catch (error) {
    say(at("config-done"), error.message);
  }
}

async function putBack(version) {
  const done = at("config-done");
  try {
    const [now, then] = await Promise.all(
      [present, version].map((one) => boss.get(`config?version=${one}`)));
    const changed = difference(now.toml, then.toml);
    const isSame = changed.every(([sign]) => sign === " ");
    const more = isSame ? [element("span", "They say the same, but for secrets.")]
      : changed.map(([sign, line]) => element("span", `${sign} ${line}`,
        sign === "+" ? "plus" : sign === "-" ? "minus" : "as-is"));
    const agreed = await ask({
      title: `Put version ${version} back?`, more, yes: `Put version ${version} back`,
      text: "It becomes the newest version, for all nodes at once. This is what changes:",
    });
    if (!agreed) return;
    const put = await boss.withKey(() => boss.post(`config/rollback?version=${version}`, ""));
    if (put) say(done, `Version ${version} is in use again, as version ${put.version}.`);
    await configChanged();
  } catch (error) {
    say(done, error.message);
  }
}

// Lines that go, come, and stay; of those that stay only some around the others.
function difference(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin++;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin
    && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = common(a.slice(begin, a.length - end), b.slice(begin, b.length - end));
  const stay = (lines) => lines.map((line) => [" ", line]);
  const around = 3;
  const [head, tail] = [a.slice(Math.max(0, begin - around), begin), a.slice(a.length - end)];
  const all = [...stay(head), ...middle, ...stay(tail.slice(0, around))];
  const isNear = (at) => all.slice(Math.max(0, at - around), at + around + 1)
    .some(([sign]) => sign !== " ");
  const isShown = all.map((_, at) => isNear(at));
  return all.flatMap((line, at) => isShown[at] ? [line] : isShown[at - 1] ? [[" ", "…"]] : []);
}

// By the longest common subsequence, as far as that isn't too much work.
function common(a, b) {
  if (a.length * b.length > 4_000_000) {
    return [...a.map((line) => ["-", line]), ...b.map((line) => ["+", line])];
  }
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([" ", a[i]]);
      i++;
      j++;
    } else if (i < a.length
      && (j === b.length || longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      lines.push(["-", a[i++]]);
    } else {
      lines.push(["+", b[j++]]);
    }
  }
  return lines;
}

at("config").addEventListener("toggle", configChanged);
