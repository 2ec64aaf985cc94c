/** The gateways and queue nodes under the page, and the buttons that kill them. */

import { $, element, redraw, write } from './draw.js';
import { STAGEHAND } from './names.js';

const STANDINGS = { up: 'up', down: 'killed', returning: 'coming back' };
const ROOM = { home: 'has this room', copy: 'has a copy' };

export class Cluster {
  #seat;
  #seats;
  #cards = new Map();
  #asked = '';
  #draw = () => this.#show();

  /** `seats` gives all users of this page. */
  constructor(seats) {
    this.#seats = seats;
    for (const id of ['g1', 'g2']) this.#card(id, 'gateway', $('gateways'));
    for (const id of ['q1', 'q2']) this.#card(id, 'queue node', $('nodes'));
  }

  watch(seat) {
    this.#seat = seat;
    seat.nodes.on('change', this.changed);
    seat.room.on('message', ({ mount, from }) => {
      if (mount !== 'stage' || from !== STAGEHAND) return;
      this.#asked = '';
      this.changed();
    });
  }

  changed = () => redraw(this.#draw);

  #show() {
    const { nodes, gateway, status } = this.#seat;
    const mine = status === 'up' ? gateway : '';
    const standing = (id) => {
      const is = nodes.get(id)?.is;
      return Object.hasOwn(STANDINGS, is) ? is : 'up';
    };
    const home = ['q1', 'q2'].find((id) => nodes.get(id)?.has === 'home');
    const quiet = [...this.#cards.keys()].every((id) => standing(id) === 'up');
    for (const [id, card] of this.#cards) {
      const is = standing(id);
      const users = this.#seats().filter((seat) => seat.status === 'up' && seat.gateway === id);
      const names = users.map((seat) => (seat === this.#seat ? 'you' : seat.user));
      const has = ROOM[nodes.get(id)?.has] ?? 'has nothing of it yet';
      const carries = id.startsWith('g') ? names.join(', ') || 'nobody of this page' : has;
      const isUnder = id === mine || id === home;
      card.item.dataset.is = is;
      card.item.classList.toggle('under', isUnder && is === 'up');
      write(card.state, STANDINGS[is]);
      write(card.carries, is === 'up' ? carries : '');
      card.kill.disabled = !quiet || this.#asked !== '' || status !== 'up';
      write(card.kill, this.#asked === id ? 'Killing…' : 'Kill');
    }
    const used = new Set(this.#seats().map((seat) => (seat.status === 'up' ? seat.gateway : '')));
    for (const path of $('ways').querySelectorAll('path')) {
      const [from, to] = [path.dataset.way.slice(0, 2), path.dataset.way.slice(2)];
      const on = used.has(from) && to === home && standing(from) === 'up' && standing(to) === 'up';
      path.classList.toggle('on', on);
    }
  }

  #card(id, role, list) {
    const item = element('li', 'node');
    const [state, carries, kill] = [
      element('span', 'state'), element('span', 'note'), element('button', 'kill', 'Kill'),
    ];
    kill.setAttribute('aria-label', `Kill ${role} ${id}`);
    kill.onclick = () => this.#kill(id);
    const title = element('b', '', id);
    const what = element('span', 'role', role);
    item.append(title, what, state, carries, kill);
    list.append(item);
    this.#cards.set(id, { item, state, carries, kill });
  }

  #kill(id) {
    this.#asked = id;
    this.changed();
    // The stagehand answers in the room; if it doesn't, the buttons come back.
    const over = () => {
      this.#asked = '';
      this.changed();
    };
    setTimeout(over, 6_000);
    this.#seat.room.send('stage', { kill: id }).catch(over);
  }
}
