// How an application in TypeScript uses the client. It is only compiled.

import { Imq, ImqError, type Message, type Room, type Status } from 'imq-client';
import { Imq as Core } from 'imq-client/core';
import { withFallback, type Carrier } from 'imq-client/fallback';
import { Imq as Shared } from 'imq-client/shared';

interface Player {
  points: number;
}

export async function play(): Promise<void> {
  const imq = new Imq(['https://g1', 'https://g2'], { token: async () => 'a token' });
  const stop: () => void = imq.on('status', ({ status }: { status: Status }) => void status);
  imq.on('room', (room: Room) => void room.members.size);
  const room: Room = await imq.subscribe('/room/1', { history: 20 });
  room.on('message', (message: Message) => void message.sentAtMs.toFixed());
  for await (const { payload } of room) void payload;
  for await (const { users } of room.stream('joined')) void users.length;
  const players = room.state<Player>('players');
  const seq: number = await players.set('ann', { points: 1 }, { ttlMs: 1_000 });
  const points: number | undefined = players.get('ann')?.points;
  players.on('change', ({ value }) => void value?.points);
  await players.change([{ key: 'ann', delete: true, ifVersion: seq }]);
  void [stop, points];
  // @ts-expect-error There is no such event.
  room.on('massage', () => {});
  // @ts-expect-error Nor such a value.
  await players.set('ann', { poins: 1 });
  // @ts-expect-error A change does one thing.
  await players.change([{ key: 'ann' }]);
}

export async function playInAPage(): Promise<void> {
  const imq = new Core('/', { user: 'ann' });
  const room = await imq.subscribe('/room/1');
  // @ts-expect-error The small entry has no live state.
  room.state('scores');
  await room.change('scores', [{ key: 'ann', add: 1, whilePresent: true }]);
  await imq.call('roll').catch((error: unknown) => {
    if (error instanceof ImqError && error.code === 'unavailable') return error.mayRetry;
    throw error;
  });
}

export function playInTabs(user: string): boolean | undefined {
  const imq = new Shared('/', {
    worker: () => new SharedWorker('/imq-worker.js', { type: 'module', name: 'imq' }),
    share: user,
    token: async () => 'a token',
  });
  imq.on('shared', (isShared: boolean) => void isShared);
  imq.on('transport', (by: Carrier) => void by);
  // @ts-expect-error Whose connection is it?
  new Shared('/', { worker: () => new SharedWorker('/imq-worker.js') });
  const small = new Core('/', withFallback({ user }, (by: Carrier) => void by));
  return imq.shared ?? small.status === 'up';
}
