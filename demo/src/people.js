/** Who is here, with their points. */

import { $, element, redraw, write } from './draw.js';
import { colourOf, STAGEHAND } from './names.js';

const ROWS_MAX = 60;

/** Rows for the list: the most points first, those who are gone last. */
export function standings(members, scores, limit = ROWS_MAX) {
  const here = new Set(members);
  here.delete(STAGEHAND);
  const users = new Set(here);
  for (const [user, points] of scores) if (Number.isFinite(points)) users.add(user);
  const rows = [...users].map((user) => {
    const points = scores.get(user);
    return { user, points: Number.isFinite(points) ? points : 0, here: here.has(user) };
  });
  rows.sort((a, b) => b.here - a.here || b.points - a.points || (a.user < b.user ? -1 : 1));
  return { rows: rows.slice(0, limit), here: here.size };
}

export class People {
  #seat;
  #pending = new Set();
  #rows = new Map();
  #draw = () => this.#show();

  watch(seat) {
    this.#seat = seat;
    this.#pending.clear();
    seat.scores.on('change', ({ key, isPending }) => {
      if (isPending) this.#pending.add(key);
      else this.#pending.delete(key);
      redraw(this.#draw);
    });
    seat.room.members.on('change', this.#ask);
    seat.room.on('state', this.#settle);
    redraw(this.#draw);
  }

  #ask = () => redraw(this.#draw);

  /** An addition that was confirmed shows the same number: no change tells of it. */
  #settle = ({ mount, changes }) => {
    if (mount !== 'scores') return;
    for (const { key } of changes) this.#pending.delete(key);
    redraw(this.#draw);
  };

  #show() {
    const { scores, room, user } = this.#seat;
    const { rows, here } = standings(room.members, scores);
    const most = Math.max(1, ...rows.map(({ points }) => Math.abs(points)));
    write($('how-many'), `${here} ${here === 1 ? 'user' : 'users'}`);
    const shown = rows.map((row) => {
      const drawn = this.#rows.get(row.user) ?? this.#row(row.user);
      const { item, points, bar } = drawn;
      item.classList.toggle('gone', !row.here);
      item.classList.toggle('pending', this.#pending.has(row.user));
      write(points, String(row.points));
      write(drawn.note, row.user === user ? 'you' : row.here ? '' : 'gone');
      bar.style.width = `${(100 * Math.abs(row.points)) / most}%`;
      return item;
    });
    const wanted = new Set(rows.map((row) => row.user));
    for (const name of this.#rows.keys()) if (!wanted.has(name)) this.#rows.delete(name);
    const list = $('people');
    if (shown.some((item, at) => list.children[at] !== item) || list.children.length !== shown.length) {
      list.replaceChildren(...shown);
    }
  }

  #row(user) {
    const item = element('li', colourOf(user));
    const [note, points, bar] = [element('small'), element('span', 'points'), element('i', 'bar')];
    item.append(element('b', '', user), ' ', note, points, bar);
    const row = { item, note, points, bar };
    this.#rows.set(user, row);
    return row;
  }
}
