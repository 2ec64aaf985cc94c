// What the boss is asked, with the key that was typed. It is kept here, in memory alone.

import { ask } from "./dom.js";

let key = "";

export const hasKey = () => key !== "";

function headers() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function answer(response) {
  const text = await response.text();
  let read = null;
  try { read = JSON.parse(text); } catch { /* Proxies answer in HTML. */ }
  if (!response.ok) {
    const message = read?.error?.message ?? `the answer was HTTP ${response.status}`;
    throw new Refused(message, response.status);
  }
  if (read === null) throw new Refused("the answer is no JSON", response.status);
  return read;
}

export async function get(path) {
  const signal = AbortSignal.timeout(8000);
  return answer(await fetch("/api/v1/" + path, { signal, headers: headers(), cache: "no-store" }));
}

export async function post(path, body) {
  const signal = AbortSignal.timeout(10000);
  const method = "POST";
  return answer(await fetch("/api/v1/" + path, { method, body, signal, headers: headers() }));
}

// What back ends call, by a gateway.
export const rpc = (method, body) => post(`rpc/${method}`, JSON.stringify(body));

// Asks for a key; true if there is one then.
export async function typeKey(why) {
  const typed = await ask({
    title: "Key", text: `${why} It stays in this page's memory until you close or reload it.`,
    yes: "Use it", key: true,
  });
  if (typed === false) return hasKey();
  key = typed;
  return hasKey();
}

export function forgetKey() {
  key = "";
}

// Does what changes something, and asks for the key if there is none, or a wrong one.
export async function withKey(act) {
  if (!hasKey() && !await typeKey("Changing something takes the admin key.")) return null;
  try {
    return await act();
  } catch (error) {
    if (error.status !== 401) throw error;
    forgetKey();
    if (!await typeKey("That was not the admin key.")) return null;
    return act();
  }
}

// Reads a stream until it ends; each event is handed over with its name. A stream that says
// nothing for so long has ended, whatever the network says.
export async function stream(hear, { path = "stream", silenceMs = 6000,
  stop = new AbortController() } = {}) {
  let timer = setTimeout(() => stop.abort(), silenceMs);
  try {
    const options = { signal: stop.signal, headers: headers(), cache: "no-store" };
    const response = await fetch("/api/v1/" + path, options);
    if (!response.ok) await answer(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parts = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("it was closed by the boss");
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), silenceMs);
      // A document may be large and come in many pieces: they are joined once.
      parts.push(value);
      if (!value.includes("\n")) continue;
      const events = parts.join("").split("\n\n");
      parts.splice(0, parts.length, events.pop());
      events.forEach((event) => hand(event, hear));
    }
  } catch (error) {
    if (stop.signal.aborted) throw new Error("nothing came for some seconds");
    throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function hand(event, hear) {
  const lines = event.split("\n");
  const field = (name) =>
    lines.find((line) => line.startsWith(name + ": "))?.slice(name.length + 2);
  const data = field("data");
  if (data !== undefined) hear(field("event"), JSON.parse(data));
}
