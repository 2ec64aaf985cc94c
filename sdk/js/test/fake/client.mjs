// Clients on a fake platform, as far as most tests want them.

import { Imq as Core } from '../../dist/core.js';
import { Imq } from '../../dist/index.js';
import { settled, World } from './world.mjs';

export const URL = 'ws://g1/imq/v1/ws';

/** A client that has dialled for the first time. */
export async function dialled(options = { user: 'ann' }, urls = 'ws://g1', Client = Imq) {
  const world = new World();
  const imq = new Client(urls, { ...options, world });
  await world.pass(0);
  return { imq, world };
}

/** A client with a connection. */
export async function connected(options, urls) {
  const { imq, world } = await dialled(options, urls);
  world.socket.opens();
  world.socket.welcomes();
  world.socket.take();
  return { imq, world };
}

/** The same of the small entry, which only knows WebSocket. */
export const dialledCore = (urls) => dialled({ user: 'ann' }, urls, Core);

export async function connectedCore() {
  const { imq, world } = await dialledCore();
  world.socket.opens();
  world.socket.welcomes();
  world.socket.take();
  return { imq, world };
}

/** A client in the room /a. */
export async function inRoom(word = {}, options = {}) {
  const { imq, world } = await connected();
  const subscribing = imq.subscribe('/a', options);
  const [{ subscribe }] = world.socket.take();
  world.socket.says({ result: { op_id: subscribe.op_id, status: 0 } });
  world.socket.says(subscribed(word));
  const room = await subscribing;
  await world.pass(0);
  return { imq, world, room };
}

export function subscribed(word = {}) {
  const marks = { chat: 4, scores: 4, members: 4 };
  return { subscribed: { sub: 1, queue: '/a', epoch: 9, marks, ...word } };
}

/** The connection is lost and comes back. */
export async function comesBack(world, welcome = { resumed: true, secret: 'k2' }) {
  world.socket.drops();
  await world.pass(0);
  world.socket.opens();
  world.socket.welcomes(welcome);
  await settled();
}
