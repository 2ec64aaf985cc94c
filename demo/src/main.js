/** The page: you, your guests, and panels that show what your client hears. */

import { Chat } from './chat.js';
import { Cluster } from './cluster.js';
import { $, redraw, write } from './draw.js';
import { Guests } from './guests.js';
import { Ledger } from './ledger.js';
import { cleanName, someName } from './names.js';
import { People } from './people.js';
import { Seat } from './seat.js';
import { Table } from './table.js';
import { Wire } from './wire.js';

const GUESTS_MAX = 6;
const HISTORY = 20;

const { gateways } = await (await fetch('/gateways.json')).json();
for (const gateway of gateways) {
  gateway.url = `ws://${location.hostname}:${gateway.port}/imq/v1/ws`;
}

let you;
const seats = () => [you, ...guests.seats];
const chat = new Chat();
const table = new Table();
const people = new People();
const cluster = new Cluster(seats);
const ledger = new Ledger(seats);
const wire = new Wire(seats);
const guests = new Guests(guestSeat, () => {
  wire.choices();
  cluster.changed();
  $('add').disabled = guests.all.length >= GUESTS_MAX;
});

function guestSeat(name, through, changed) {
  const tell = () => {
    changed();
    heard();
  };
  const seat = new Seat(name, through, { frames: wire.frames, tell });
  seat.imq.on('status', cluster.changed);
  ledger.joined(seat);
  return seat;
}

/** Something went over a wire. */
function heard() {
  wire.changed();
  redraw(showStatus);
}

function sitDown(name) {
  you = new Seat(name, gateways, { frames: wire.frames, history: HISTORY, tell: heard });
  sessionStorage.setItem('user', name);
  $('name').value = name;
  $('return').hidden = true;
  you.room.on('message', (message) => {
    chat.hear(message);
    table.hear(message);
  });
  you.room.on('gap', ({ mount }) => {
    if (mount === 'chat') chat.tell('Some messages are missing here.');
  });
  you.imq.on('status', ({ status, resumed }) => {
    if (status === 'up' && !resumed && wasUp) chat.tell('You are here anew: too long away.');
    wasUp ||= status === 'up';
    redraw(showStatus);
    cluster.changed();
  });
  for (const panel of [table, people, cluster, ledger, wire]) panel.watch(you);
  redraw(showStatus);
}
let wasUp = false;

function showStatus() {
  const { status, way, reason, user, tookMs } = you;
  const texts = {
    connecting: 'connecting',
    up: `connected ${way}`,
    reconnecting: 'reconnecting',
    closed: `over: ${reason || 'closed'}`,
  };
  document.body.dataset.status = status;
  write($('status-text'), texts[status]);
  $('return').hidden = status !== 'closed';
  const took = tookMs === undefined ? '' : `The last one was in the room after ${tookMs.toFixed(1)} ms.`;
  write($('took'), took);
  $('name').setAttribute('aria-label', `Your name, now ${user}`);
}

/** What can't be done is said where things are said. */
const failed = (error) => chat.tell(`Not done: ${error.message}`);

$('talk').onsubmit = (event) => {
  event.preventDefault();
  const text = $('say').value.trim();
  if (!text) return;
  $('say').value = '';
  you.say(text).catch(failed);
};
$('roll').onclick = () => you.roll().catch(failed);
$('point').onclick = () => you.score(1).catch(failed);
$('add').onclick = () => guests.add(gateways, you.gateway);
$('who').onsubmit = (event) => {
  event.preventDefault();
  const name = cleanName($('name').value);
  if (name && name !== you.user) {
    void you.close();
    wasUp = false;
    sitDown(name);
  } else {
    $('name').value = you.user;
  }
};
$('return').onclick = () => {
  wasUp = false;
  sitDown(you.user);
};

// So that others see at once that we have left; a page that comes back from the cache begins anew.
addEventListener('pagehide', () => seats().forEach((seat) => void seat.close()));
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

sitDown(sessionStorage.getItem('user') || someName());
