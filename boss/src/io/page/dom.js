// The page's hands: everything that comes from outside is set as text, never as HTML.

export const at = (id) => document.getElementById(id);

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  if (text !== "") made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Says something anew only if it is something else, so that nothing is drawn in vain.
export function say(where, text) {
  const said = text === null || text === undefined ? "" : String(text);
  if (where.textContent !== said) where.textContent = said;
}

export function style(where, className) {
  if (where.className !== className) where.className = className;
}

// A table whose rows stay where they are. A column is a name, what to say of an item, and what it
// looks like. By their keys rows stay the same items' rows; without keys they are places, at least
// so many.
export function table(body, columns, { key = null, places = 0 } = {}) {
  const rows = new Map();
  if (places) body.classList.add("fixed");
  const make = () => {
    const row = document.createElement("tr");
    for (const column of columns) {
      const cell = element("td", "", column.number ? "number" : "");
      cell.dataset.name = column.name;
      row.append(cell);
    }
    return row;
  };
  const fill = (row, item) => columns.forEach((column, index) => {
    const cell = row.children[index];
    const text = item === null ? "" : column.text(item);
    if (text instanceof Node) {
      if (cell.firstChild !== text) cell.replaceChildren(text);
      return;
    }
    say(cell, text);
    const look = item !== null && column.look ? column.look(item) : "";
    style(cell, [column.number ? "number" : "", look].filter(Boolean).join(" "));
    const whole = String(text ?? "");
    if (places && cell.title !== whole) cell.title = whole;
  });
  return (items) => {
    const names = key ? items.map(key) : [...items.keys()];
    const count = Math.max(items.length, places);
    for (let index = items.length; index < count; index++) names.push(index);
    const wanted = new Set(names);
    for (const [name, row] of rows) {
      if (!wanted.has(name)) { row.remove(); rows.delete(name); }
    }
    names.forEach((name, index) => {
      if (!rows.has(name)) rows.set(name, make());
      const row = rows.get(name);
      fill(row, items[index] ?? null);
      if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
    });
  };
}

// What can be chosen, beside what is there already: the choice stays.
export function offer(select, names) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const name of names) {
    if (!known.has(name)) select.append(new Option(name, name));
  }
}

// Numbers as people read them.
export function rounded(value, unit = "") {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  const digits = value !== 0 && Math.abs(value) < 10 ? (Math.abs(value) < 1 ? 2 : 1) : 0;
  return value.toLocaleString(undefined, { maximumFractionDigits: digits }) + unit;
}

export function bytes(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let index = 0;
  while (value >= 1024 && index < units.length - 1) { value /= 1024; index++; }
  return rounded(value, "\u00a0" + units[index]);
}

export function span(ms) {
  if (typeof ms !== "number" || !Number.isFinite(ms)) return "–";
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

export const time = (ms) => typeof ms === "number" ? new Date(ms).toLocaleString() : "–";
export const clock = (ms) => new Date(ms).toLocaleString(undefined,
  { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const many = (count, one, more = one + "s") => `${count} ${count === 1 ? one : more}`;

// One dialogue for all questions: gives false, or what was typed, or true.
export async function ask({ title, text, yes = "Yes", more = null, key = false }) {
  const dialog = at("ask");
  if (dialog.open) return false;
  say(at("ask-name"), title);
  say(at("ask-text"), text);
  say(at("ask-yes"), yes);
  at("ask-more").hidden = !more;
  at("ask-more").replaceChildren(...(more ?? []));
  at("ask-field").hidden = !key;
  at("ask-key").value = "";
  // Return means yes, although the other button comes first.
  const form = dialog.querySelector("form");
  form.onkeydown = (event) => {
    if (event.key === "Enter" && event.target === at("ask-key")) {
      event.preventDefault();
      at("ask-yes").click();
    }
  };
  dialog.returnValue = "no";
  dialog.showModal();
  (key ? at("ask-key") : at("ask-yes")).focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  const typed = at("ask-key").value;
  at("ask-key").value = "";
  if (dialog.returnValue !== "yes") return false;
  return key ? typed.trim() : true;
}
