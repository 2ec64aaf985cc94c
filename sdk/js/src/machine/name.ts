import { NAME_BYTES_MAX } from './limits.js';

/** Segments of what can be seen: no spaces, no control characters, nothing of no width. */
const NAME = /^(\/[^/\s\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]+)+$/u;

export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

export function isQueueName(name: string): boolean {
  return NAME.test(name) && byteLength(name) <= NAME_BYTES_MAX;
}
