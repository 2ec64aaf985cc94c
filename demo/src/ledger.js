/** The panel of the numbered messages. */

import { Count } from './count.js';
import { $, element, redraw, write } from './draw.js';

const EVERY_MS = 100;

export class Ledger {
  #seat;
  #seats;
  #count;
  #timer;
  #draw = () => this.#show();

  constructor(seats) {
    this.#seats = seats;
    $('count').onclick = () => (this.#timer ? this.#stop() : this.#start());
  }

  watch(seat) {
    this.#stop();
    this.#seat = seat;
    seat.room.on('message', ({ mount }) => mount === 'count' && this.changed());
  }

  changed = () => this.#count && redraw(this.#draw);

  /** A user who comes while it runs counts from then on. */
  joined(seat) {
    if (this.#count) seat.witness.expect(this.#count.run);
  }

  #start() {
    const seat = this.#seat;
    const run = `${seat.user}/${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.#count = new Count(run, (payload) => seat.room.send('count', payload));
    for (const { witness } of this.#seats()) witness.expect(run);
    const next = () => this.#count.next().finally(this.changed);
    this.#timer = setInterval(next, EVERY_MS);
    $('count').setAttribute('aria-pressed', 'true');
    write($('count'), 'Stop counting');
    this.changed();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    $('count').setAttribute('aria-pressed', 'false');
    write($('count'), 'Count while I kill');
  }

  #show() {
    const { sent, acknowledged, waiting, unknown, refused } = this.#count;
    const table = $('ledger').querySelector('table');
    table.hidden = false;
    const mine = [`${sent} sent`, `${acknowledged} in the room`, `${waiting} on their way`];
    if (unknown || refused) mine.push(`${unknown + refused} failed`);
    const rows = [['you sent', mine.join(' · '), waiting > 0 ? 'wait' : 'good']];
    for (const seat of this.#seats()) {
      const { arrived, missing, doubled, unordered, gaps } = seat.witness;
      const faults = [`${missing} missing`, `${doubled} twice`];
      if (unordered) faults.push(`${unordered} out of order`);
      if (gaps) faults.push(`${gaps} gaps announced`);
      const good = missing + doubled + unordered + gaps === 0;
      const who = seat === this.#seat ? 'you' : seat.user;
      rows.push([`${who} got`, [`${arrived} arrived`, ...faults].join(' · '), good ? 'good' : 'bad']);
    }
    const body = table.tBodies[0];
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach(([who, text, mark], at) => {
      const row = body.rows[at] ?? body.insertRow();
      while (row.cells.length < 2) row.append(element(row.cells.length ? 'td' : 'th'));
      row.className = mark;
      write(row.cells[0], who);
      write(row.cells[1], text);
    });
  }
}
