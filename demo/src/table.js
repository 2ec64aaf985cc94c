/** The table: everybody's pointer, and the last roll. */

import { rollOf } from './chat.js';
import { $, element, redraw, write } from './draw.js';
import { colourOf } from './names.js';

/** Pointers beyond so many aren't drawn. */
const POINTERS_MAX = 60;
/** How far an arrow key moves, of the table's width. */
const STEP = 0.04;
/** Where the pips of a die are, in a grid of three by three. */
const PIPS = ['', '4', '28', '248', '0268', '02468', '023568'];

/** A pointer's place, from what anybody may have written there. */
export function placeOf(value) {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  if (!value.every((part) => typeof part === 'number' && part >= 0 && part <= 1000)) return undefined;
  return { x: value[0] / 1000, y: value[1] / 1000 };
}

export class Table {
  #seat;
  #places = new Map();
  #drawn = new Map();
  #roll;
  /** Where the arrow keys have moved us; nothing: there is a real pointer. */
  #keyed;
  #draw = () => this.#show();

  constructor() {
    const table = $('table');
    table.addEventListener('pointermove', (event) => {
      const { left, top, width, height } = table.getBoundingClientRect();
      this.#keyed = undefined;
      this.#seat?.pointer.move((event.clientX - left) / width, (event.clientY - top) / height);
    });
    table.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => redraw(this.#draw)).observe(table);
  }

  /** Shows what this user sees. */
  watch(seat) {
    this.#seat = seat;
    this.#places.clear();
    seat.cursors.on('change', ({ key, value }) => {
      const place = placeOf(value);
      if (place) this.#places.set(key, place);
      else this.#places.delete(key);
      redraw(this.#draw);
    });
    redraw(this.#draw);
  }

  hear({ mount, from = 'server', payload, history }) {
    const roll = mount === 'chat' ? rollOf(payload) : undefined;
    if (!roll) return;
    this.#roll = { from, roll, history };
    redraw(this.#draw);
  }

  #key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === 'Enter') $('roll').click();
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const [x, y] = this.#keyed ?? [0.5, 0.5];
    const clamped = (part) => Math.min(Math.max(part, 0), 1);
    this.#keyed = [clamped(x + move[0] * STEP), clamped(y + move[1] * STEP)];
    this.#seat?.pointer.move(...this.#keyed);
  }

  #show() {
    const { clientWidth, clientHeight } = $('table');
    const seen = [...this.#places].filter(([user]) => user !== this.#seat?.user || this.#keyed);
    const wanted = new Map(seen.slice(0, POINTERS_MAX));
    for (const [user, drawn] of this.#drawn) {
      if (wanted.has(user)) continue;
      drawn.remove();
      this.#drawn.delete(user);
    }
    for (const [user, { x, y }] of wanted) {
      const drawn = this.#drawn.get(user) ?? this.#pointer(user);
      drawn.style.transform = `translate(${x * clientWidth}px, ${y * clientHeight}px)`;
    }
    if (this.#roll) this.#showRoll(this.#roll);
    this.#roll = undefined;
  }

  #pointer(user) {
    const drawn = element('div', `pointer ${colourOf(user)}`);
    drawn.append(element('i'), element('span', '', user));
    this.#drawn.set(user, drawn);
    $('cursors').append(drawn);
    return drawn;
  }

  #showRoll({ from, roll, history }) {
    const dice = roll.map((die) => {
      const drawn = element('div', history ? 'die' : 'die thrown');
      for (let at = 0; at < 9; at++) drawn.append(element('i', PIPS[die].includes(at) ? 'pip' : ''));
      return drawn;
    });
    $('dice').replaceChildren(...dice);
    const sum = roll.reduce((a, b) => a + b);
    write($('rolled'), `${from} rolled ${roll.join(' and ')}: ${sum}`);
  }
}
