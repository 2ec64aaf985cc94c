/** The panel of what goes over this page's WebSockets. */

import { $, element, redraw, write } from './draw.js';
import { Frames, isNoise, kindOf } from './frames.js';

const ROWS = 60;
/** So often is enough to be read, and the rate is of so long. */
const DRAW_MS = 120;
const RATE_MS = 1_000;

export class Wire {
  frames = new Frames();
  #you;
  #seats;
  #rows = [];
  #paused = false;
  #drawnAt = 0;
  #before = { at: 0, frames: 0, bytes: 0 };
  #draw = () => this.#show();

  constructor(seats) {
    this.#seats = seats;
    for (let at = 0; at < ROWS; at++) this.#rows.push(this.#row());
    $('pause').onclick = () => this.#pause(!this.#paused);
    $('wire-of').onchange = $('wire-quiet').onchange = () => this.#show();
    setInterval(() => this.#rate(), RATE_MS);
  }

  watch(seat) {
    this.#you = seat;
    this.choices();
  }

  /** Whose frames may be chosen. */
  choices() {
    const select = $('wire-of');
    const chosen = select.options.length ? select.value : this.#you.user;
    const users = this.#seats().map((seat) => seat.user);
    const options = users.map((user) => new Option(user === this.#you.user ? 'you' : user, user));
    select.replaceChildren(...options, new Option('everybody here', ''));
    select.value = chosen === '' || users.includes(chosen) ? chosen : this.#you.user;
    this.changed();
  }

  changed = () => {
    if (!this.#paused) redraw(this.#draw);
  };

  #pause(paused) {
    this.#paused = paused;
    $('pause').setAttribute('aria-pressed', String(paused));
    write($('pause'), paused ? 'Go on' : 'Pause');
    if (paused) return;
    $('frame').hidden = true;
    this.changed();
  }

  #show() {
    const now = performance.now();
    if (now - this.#drawnAt < DRAW_MS && !this.#paused) return redraw(this.#draw);
    this.#drawnAt = now;
    const [of, quiet] = [$('wire-of').value, $('wire-quiet').checked];
    const wanted = (frame) => (!of || frame.of === of) && !(quiet && isNoise(frame.text));
    const frames = this.frames.newest(ROWS, wanted);
    this.#rows.forEach((row, at) => {
      const frame = frames[at];
      row.item.hidden = !frame;
      if (!frame || row.frame === frame) return;
      row.frame = frame;
      row.item.classList.toggle('out', frame.out);
      write(row.time, clock(frame.at));
      write(row.way, frame.out ? '↑' : '↓');
      write(row.spoken, frame.out ? 'sent' : 'received');
      write(row.bytes, `${frame.bytes} B`);
      write(row.kind, kindOf(frame.text));
      write(row.text, frame.text.slice(0, 300));
    });
  }

  #row() {
    const item = element('li');
    const open = element('button', 'frame');
    const row = { item };
    for (const part of ['time', 'way', 'spoken', 'bytes', 'kind', 'text']) {
      row[part] = element('span', part === 'spoken' ? 'hidden' : part);
      open.append(row[part], ' ');
    }
    row.way.ariaHidden = 'true';
    open.onclick = () => this.#open(row.frame);
    item.append(open);
    item.hidden = true;
    $('frames').append(item);
    return row;
  }

  /** Shows a whole frame, and stands still for it. */
  #open(frame) {
    this.#pause(true);
    const whole = frame.cut ? `${frame.text}…` : pretty(frame.text);
    const way = frame.out ? 'sent' : 'received';
    write($('frame'), `${way} at ${clock(frame.at)}, ${frame.bytes} bytes\n${whole}`);
    $('frame').hidden = false;
  }

  #rate() {
    const total = this.frames.totals.get(this.#you?.user) ?? { frames: 0, bytes: 0 };
    const { frames, bytes } = this.#before;
    const perSecond = (part) => Math.max(part, 0).toLocaleString('en');
    const messages = perSecond(total.frames - frames);
    write($('rate'), `${messages} frames/s, ${perSecond(total.bytes - bytes)} B/s`);
    this.#before = { ...total };
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function clock(at) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
