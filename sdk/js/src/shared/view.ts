/** The part of a subscription that one page receives, of what several pages receive together. */

import type { QueueEvent } from '../machine/outbox.js';
import type { Options } from '../machine/subscription.js';

/** Options that bring what any of these brings. */
export function union(all: Options[]): Pick<Options, 'mounts' | 'key_prefix'> {
  const mounts = all.some((options) => !options.mounts?.length)
    ? undefined
    : [...new Set(all.flatMap((options) => options.mounts!))];
  const prefixes = all.map(({ key_prefix = '' }) => key_prefix);
  return { mounts, key_prefix: prefixes.reduce(common) || undefined };
}

function common(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

/** What these options let through of an event; nothing: it isn't for them. */
export function view(event: QueueEvent, options: Options): QueueEvent | undefined {
  const { mounts, key_prefix = '' } = options;
  const has = (mount: string) => !mounts?.length || mounts.includes(mount);
  const isKey = ({ key }: { key: string }) => key.startsWith(key_prefix);
  switch (event.type) {
    case 'subscribed': {
      const { word } = event;
      const seen = word.mounts
        ?.filter(({ name }) => has(name))
        .map((mount) => ({ ...mount, entries: mount.entries?.filter(isKey) }));
      const members = has('members') ? word.members : undefined;
      return { ...event, word: { ...word, mounts: seen, members } };
    }
    case 'state': {
      const { word } = event;
      const changes = word.changes?.filter(isKey);
      const isEmpty = !changes?.length && !!word.changes?.length;
      return has(word.mount) && !isEmpty ? { ...event, word: { ...word, changes } } : undefined;
    }
    case 'message':
    case 'gap':
      return has(event.word.mount) ? event : undefined;
    default:
      return has('members') ? event : undefined;
  }
}
