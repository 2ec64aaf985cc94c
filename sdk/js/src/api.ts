/** What both entries have. */

export type { ClientEvents, Options, Status, StatusEvent } from './client.js';
export type { TokenSource } from './driver.js';
export { ImqError } from './error.js';
export type { Carrier } from './fallback.js';
export type { Code } from './machine/failure.js';
export type {
  Change,
  ChangeOptions,
  Entry,
  GapEvent,
  Message,
  MountEvent,
  Page,
  RoomEvents,
  RosterEvent,
  StateEvent,
  SubscribedEvent,
  SubscribeOptions,
  UnsubscribedEvent,
  Value,
} from './room.js';
