/** Two more users in this page: each a client of its own, in a small pane of its own. */

import { rollOf, textOf } from './chat.js';
import { $, element, moves, redraw, write } from './draw.js';
import { colourOf, someName } from './names.js';
import { Seat } from './seat.js';

const REMARKS = [
  'Well rolled.', 'My turn?', 'I had better dice yesterday.', 'Who killed that?',
  'Still here.', 'Double or nothing.', 'Nobody move.', 'That was luck.',
];
/** How often a guest's pointer moves, and without motion. */
const MOVE_MS = 66;
const HOP_MS = 3_000;

/** What a guest does by itself. */
class Player {
  #seat;
  #timers = [];
  #phase = Math.random() * 7;

  constructor(seat) {
    this.#seat = seat;
    this.#every(() => (moves() ? MOVE_MS : HOP_MS), () => this.#move());
    this.#every(() => 4_000 + Math.random() * 5_000, () => seat.roll());
    this.#every(() => 9_000 + Math.random() * 14_000, () => {
      return seat.say(REMARKS[Math.floor(Math.random() * REMARKS.length)]);
    });
  }

  stop() {
    this.#timers.forEach(clearTimeout);
    this.#timers = undefined;
  }

  #move() {
    const t = performance.now() / 2_600 + this.#phase;
    const [x, y] = [0.5 + 0.38 * Math.sin(t), 0.5 + 0.34 * Math.sin(1.7 * t + this.#phase)];
    this.#seat.pointer.move(x, y);
  }

  /** The next one when the one before is done: what waits for a connection doesn't pile up. */
  #every(ms, act) {
    const at = this.#timers.length;
    const again = () => {
      if (this.#timers) this.#timers[at] = setTimeout(run, ms());
    };
    const run = () => Promise.resolve(act()).catch(() => {}).finally(again);
    this.#timers.push(0);
    again();
  }
}

export class Guests {
  all = [];
  #start;
  #changed;
  #draw = () => this.all.forEach((guest) => guest.show());

  /** `start` makes a seat for a name and gateways; `changed` is called when somebody comes or goes. */
  constructor(start, changed) {
    this.#start = start;
    this.#changed = changed;
  }

  get seats() {
    return this.all.map(({ seat }) => seat);
  }

  /** The first through the gateway that you don't use, and only that; the second through any. */
  add(gateways, yours) {
    const other = gateways.filter(({ id }) => id !== yours);
    for (const through of [other.slice(0, 1), gateways]) {
      const seat = this.#start(this.#name(), through, () => redraw(this.#draw));
      const guest = new Guest(seat, through, () => this.#remove(guest));
      this.all.push(guest);
      $('guests').append(guest.pane);
    }
    this.#changed();
    redraw(this.#draw);
  }

  /** One in a colour that nobody of this page has yet, if there is one. */
  #name() {
    const shown = [...$('people').querySelectorAll('li:not(.gone) b')];
    const users = [...shown.map((one) => one.textContent), ...this.seats.map(({ user }) => user)];
    const taken = new Set(users.map(colourOf));
    let name;
    for (let tries = 0; tries < 30; tries++) {
      name = someName();
      if (!taken.has(colourOf(name))) break;
    }
    return name;
  }

  #remove(guest) {
    this.all = this.all.filter((other) => other !== guest);
    guest.leave();
    this.#changed();
    (this.all[0]?.pane.querySelector('input') ?? $('add')).focus();
  }
}

class Guest {
  #player;
  #said = '';
  #heard = 0;

  constructor(seat, through, remove) {
    this.seat = seat;
    this.#player = new Player(seat);
    this.pane = this.#pane(through, remove);
    seat.room.on('message', ({ mount, from = 'server', payload }) => {
      if (mount !== 'chat') return;
      this.#heard += 1;
      const roll = rollOf(payload);
      this.#said = `${from}: ${roll ? `rolled ${roll.join(' and ')}` : textOf(payload)}`;
    });
  }

  leave() {
    this.#player?.stop();
    this.pane.remove();
    void this.seat.close();
  }

  show() {
    const { status, gateway } = this.seat;
    const up = status === 'up';
    this.pane.dataset.status = status;
    write(this.state, up ? `through ${gateway || '…'}` : status);
    write(this.heard, this.#said);
    write(this.total, `${this.#heard} heard`);
  }

  #pane(through, remove) {
    const { seat } = this;
    const pane = element('section', `guest ${colourOf(seat.user)}`);
    const name = element('h3', '', seat.user);
    pane.setAttribute('aria-label', `${seat.user}, another user`);
    const head = element('div', 'head');
    const dot = element('span', 'dot');
    this.state = element('span', 'note');
    this.total = element('span', 'note');
    const leave = element('button', 'quiet', 'Leave');
    leave.setAttribute('aria-label', `Leave: ${seat.user}`);
    leave.onclick = remove;
    this.heard = element('span', 'note heard');
    head.append(dot, name, this.state, this.heard, this.total, leave);
    if (through.length === 1) this.state.title = `knows only ${through[0].id}`;

    const form = element('form', 'actions');
    const say = element('input');
    say.placeholder = `Say something as ${seat.user}`;
    say.setAttribute('aria-label', say.placeholder);
    say.maxLength = 400;
    form.onsubmit = (event) => {
      event.preventDefault();
      if (say.value.trim()) seat.say(say.value.trim()).catch(() => {});
      say.value = '';
    };
    const roll = element('button', '', 'Roll');
    roll.type = 'button';
    roll.onclick = () => seat.roll().catch(() => {});
    const alone = element('button', 'quiet', 'Autoplay');
    alone.type = 'button';
    alone.setAttribute('aria-pressed', 'true');
    alone.onclick = () => {
      this.#player?.stop();
      this.#player = this.#player ? undefined : new Player(seat);
      alone.setAttribute('aria-pressed', String(this.#player !== undefined));
    };
    form.append(say, roll, alone);
    pane.append(head, form);
    return pane;
  }
}
