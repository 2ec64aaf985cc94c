import { Emitter } from './emitter.js';
import type { LiveRoom } from './live.js';
import type { Message } from './room.js';
import type { StateMap, ValueChange } from './state.js';

/** Messages that are kept for a frame; a page that isn't seen draws none. */
const MESSAGES_MAX = 4096;
/** Where there are no frames. */
const FRAME_MS = 16;

/** What is new since the frame before. */
export interface Frame {
  /** In order; the oldest are missing if there were more than 4,096. */
  messages: Message[];
  /** How many messages are missing. */
  dropped: number;
  /** Each key once: `value` is the newest, `old` what it was at the frame before. */
  changes: (ValueChange<unknown> & { mount: string })[];
  /** The room's members have changed. */
  members: boolean;
}

/** Collects what happens in a room, however much it is, for one `draw` a frame. */
export class Frames extends Emitter<{ draw: Frame }> {
  #room: LiveRoom;
  #messages: Message[] = [];
  #dropped = 0;
  /** Of each mount, by key. */
  #changes: Map<string, Frame['changes'][number]>[] = [];
  #members = false;
  #isAwaited = false;
  #stops: (() => void)[];

  constructor(room: LiveRoom) {
    super();
    this.#room = room;
    this.#stops = [
      room.on('message', (message) => this.#message(message)),
      room.members.on('change', () => {
        this.#members = true;
        this.#await();
      }),
    ];
  }

  /** A state mount of the room. */
  watch(mount: string, state: StateMap): void {
    const changes = new Map<string, Frame['changes'][number]>();
    this.#changes.push(changes);
    const changed = ({ key, value, old, isPending }: ValueChange<unknown>) => {
      const before = changes.get(key);
      if (before) old = before.old;
      // It is as it was: there is nothing to draw.
      if (old === value) changes.delete(key);
      else changes.set(key, { mount, key, value, old, isPending });
      this.#await();
    };
    this.#stops.push(state.on('change', changed));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #message(message: Message): void {
    this.#messages.push(message);
    // Not one by one: that would be slow just when there are many.
    if (this.#messages.length > 2 * MESSAGES_MAX) this.#drop();
    this.#await();
  }

  #drop(): void {
    const more = Math.max(this.#messages.length - MESSAGES_MAX, 0);
    this.#messages.splice(0, more);
    this.#dropped += more;
  }

  #await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    const draw = () => this.#draw();
    if ('requestAnimationFrame' in globalThis) requestAnimationFrame(draw);
    else this.#room.later(draw, FRAME_MS);
  }

  #draw(): void {
    this.#isAwaited = false;
    // It was stopped meanwhile.
    if (!this.#stops.length) return;
    this.#drop();
    const frame = {
      messages: this.#messages,
      dropped: this.#dropped,
      changes: this.#changes.flatMap((changes) => [...changes.values()]),
      members: this.#members,
    };
    this.#messages = [];
    this.#dropped = 0;
    for (const changes of this.#changes) changes.clear();
    this.#members = false;
    if (frame.messages.length || frame.changes.length || frame.members) this.emit('draw', frame);
  }
}
