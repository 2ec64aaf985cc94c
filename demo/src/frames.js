/** What goes over a WebSocket, as the panel shows it. */

/** Frames that are kept of all connections together. */
export const KEPT = 2_000;
/** Of longer ones the panel keeps only so many characters. */
const TEXT_MAX = 4_000;

const encoder = new TextEncoder();

/** The frames of this page's connections, the oldest forgotten. */
export class Frames {
  #kept = [];
  #next = 0;
  /** Of each connection: how many frames and bytes there were, in each direction. */
  totals = new Map();

  /** Notes a frame. `out`: it was sent. */
  add(of, out, text, at) {
    const bytes = frameBytes(encoder.encode(text).length, out);
    const frame = { of, out, at, bytes, text: text.slice(0, TEXT_MAX), cut: text.length > TEXT_MAX };
    if (this.#kept.length < KEPT) this.#kept.push(frame);
    else this.#kept[this.#next] = frame;
    this.#next = (this.#next + 1) % KEPT;
    const total = this.totals.get(of) ?? { frames: 0, bytes: 0 };
    total.frames += 1;
    total.bytes += bytes;
    this.totals.set(of, total);
  }

  /** The newest first, at most so many that are `wanted`. */
  newest(limit, wanted) {
    const found = [];
    for (let back = 1; back <= this.#kept.length && found.length < limit; back++) {
      const frame = this.#kept[(this.#next - back + this.#kept.length) % this.#kept.length];
      if (wanted(frame)) found.push(frame);
    }
    return found;
  }
}

/** How many bytes a WebSocket message has with its head (RFC 6455, section 5.2). */
export function frameBytes(payload, out) {
  const length = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  return length + (out ? 4 : 0) + payload;
}

/** What a message says, in a word: `send_message`, or `3 × message`. */
export function kindOf(text) {
  const kinds = [...text.matchAll(/(?:^|^\[|[}\]],)\{"(\w+)":\{/g)].map((match) => match[1]);
  if (kinds.length === 0) return '?';
  return kinds.length === 1 ? kinds[0] : `${kinds.length} × ${kinds[0]}`;
}

/** Whether it is about pointers, or asks only whether the other side is alive. */
export function isNoise(text) {
  return text.includes('"cursors"') || /^\{"p[io]ng"/.test(text);
}

/** A class like `WebSocket` that tells of each message. */
export function tapped(WebSocket, tell) {
  return class extends WebSocket {
    constructor(url, protocol) {
      super(url, protocol);
      this.addEventListener('message', ({ data }) => tell(false, data, url));
    }

    send(data) {
      super.send(data);
      tell(true, data, this.url);
    }
  };
}

/** A function like `fetch` that tells of what takes a WebSocket's place where none can be had. */
export function tappedFetch(fetch, tell) {
  return async (url, init) => {
    tell(true, init.body, url);
    const response = await fetch(url, init);
    // What was taken has nothing to say, and some browsers have a body for it that nobody may pass on.
    if (response.status !== 200 || !response.body) return response;
    const [ours, theirs] = response.body.tee();
    void readEvents(ours, (data) => tell(false, data, url));
    return new Response(theirs, response);
  };
}

/** The events of a stream, until it ends (docs/protocol.md, section 13). */
async function readEvents(stream, tell) {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let reader = stream.getReader(), part; !(part = await reader.read()).done; ) {
      text += decoder.decode(part.value, { stream: true });
      const events = text.split('\n\n');
      text = events.pop();
      for (const event of events) {
        const data = event.match(/^data:.*/gm)?.map((line) => line.replace(/^data: ?/, '')).join('\n');
        if (data) tell(data);
      }
    }
  } catch {
    // The gateway has gone, or the client has ended it.
  }
}
