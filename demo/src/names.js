/** Who somebody is, and in which colour. */

const NAMES = ['ada', 'bo', 'cleo', 'dana', 'eli', 'finn', 'gus', 'hana', 'ida', 'jo', 'kai', 'lea'];
/** As many as the style sheet has. */
const COLOURS = 8;
/** The stagehand of `imq dev`, which is no player. */
export const STAGEHAND = 'stagehand';

/** A name that nobody here has, as far as chance can. */
export function someName(random = Math.random) {
  const name = NAMES[Math.floor(random() * NAMES.length)];
  return `${name}-${10 + Math.floor(random() * 90)}`;
}

/** What somebody typed as a user id may be: no spaces, nothing invisible. */
export function cleanName(typed) {
  const parts = typed.normalize('NFC').match(/[\p{L}\p{N}._-]+/gu) ?? [];
  return [...parts.join('-')].slice(0, 24).join('');
}

/** The same for everybody who sees the user. */
export function colourOf(user) {
  let hash = 0;
  for (const letter of user) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return `c${hash % COLOURS}`;
}
