/** What is said and rolled, and what the stagehand did: a bounded list. */

import { $, element, redraw } from './draw.js';
import { colourOf, STAGEHAND } from './names.js';

/** Lines that stay on the page, and that are drawn at once: more than are seen. */
const LINES_MAX = 150;
const DRAWN_MAX = 40;
const TEXT_MAX = 400;
const FACES = ['', '⚀', '⚁', '⚂', '⚃', '⚄', '⚅'];

/** The dice of a payload, if it is such a one. */
export function rollOf(payload) {
  const dice = payload?.roll;
  if (!Array.isArray(dice) || dice.length < 1 || dice.length > 6) return undefined;
  return dice.every((die) => Number.isInteger(die) && die >= 1 && die <= 6) ? dice : undefined;
}

/** What was said, as one line of text. */
export function textOf(payload) {
  const said = typeof payload === 'string' ? payload : payload?.text;
  const text = typeof said === 'string' ? said : (JSON.stringify(payload) ?? '(bytes)');
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

/** A sentence for what the stagehand told; nothing: it is of no interest. */
export function sentenceOf(word) {
  if (word?.killed) return `${word.by} killed ${word.killed}. The room goes on.`;
  if (word?.back) return `${word.back} is back after ${(word.after_ms / 1000).toFixed(1)} s.`;
  if (word?.refused) return `${word.refused} stays: ${word.reason}.`;
  return undefined;
}

const clock = new Intl.DateTimeFormat([], { timeStyle: 'short' });

export class Chat {
  #follows = true;
  #waiting = [];
  #skipped = 0;
  #draw = () => this.#show();

  constructor() {
    const list = $('chat');
    // Whoever has scrolled up reads.
    list.onscroll = () => {
      this.#follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    };
  }

  hear({ mount, from = 'server', payload, sentAtMs }) {
    if (mount === 'chat') {
      const roll = rollOf(payload);
      const sum = roll?.reduce((a, b) => a + b);
      const text = roll ? `${roll.map((die) => FACES[die]).join(' ')} = ${sum}` : textOf(payload);
      this.#add({ from, text, at: sentAtMs, kind: roll ? 'roll' : '' });
    } else if (mount === 'stage' && from === STAGEHAND) {
      const text = sentenceOf(payload);
      if (text) this.tell(text, sentAtMs);
    }
  }

  /** A line of the page's own. */
  tell(text, at = Date.now()) {
    this.#add({ from: '', text, at, kind: 'news' });
  }

  #add(line) {
    this.#waiting.push(line);
    if (this.#waiting.length > DRAWN_MAX) {
      this.#waiting.shift();
      this.#skipped += 1;
    }
    redraw(this.#draw);
  }

  #show() {
    const list = $('chat');
    const many = this.#skipped > 0;
    // Each mount brings its own history: here they are one.
    this.#waiting.sort((a, b) => a.at - b.at);
    const lines = this.#waiting.map(lineOf);
    if (many) {
      lines.unshift(element('li', 'news', `${this.#skipped} more came too fast to be drawn`));
    }
    // A flood isn't read out.
    list.ariaLive = many ? 'off' : 'polite';
    this.#waiting = [];
    this.#skipped = 0;
    list.append(...lines);
    while (list.childElementCount > LINES_MAX) list.firstElementChild.remove();
    if (this.#follows) list.scrollTop = list.scrollHeight;
  }
}

function lineOf({ from, text, at, kind }) {
  const line = element('li', kind);
  if (from) line.append(element('b', colourOf(from), from), ' ');
  line.append(element('span', '', text), ' ');
  line.append(element('time', '', clock.format(at)));
  return line;
}
