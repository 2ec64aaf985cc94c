// Waiting for what rooms and clients tell.

/** The next event of this name, of which something holds. */
export function next(emitter, name, holds = () => true) {
  return new Promise((resolve) => {
    const stop = emitter.on(name, (event) => {
      if (!holds(event)) return;
      stop();
      resolve(event);
    });
  });
}

/** The first `count` payloads of messages. */
export async function payloads(room, count) {
  const seen = [];
  for await (const { payload } of room) {
    seen.push(payload);
    if (seen.length === count) break;
  }
  return seen;
}
