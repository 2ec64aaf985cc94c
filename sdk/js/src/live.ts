import type { QueueEvent } from './machine/outbox.js';
import { Frames, type Frame } from './frame.js';
import { Members } from './members.js';
import { Room, type RoomEvents, type SubscribeOptions, type Value } from './room.js';
import { StateMap } from './state.js';
import { Stream } from './stream.js';

/** A room that keeps its state and its members, and whose events can be iterated. */
export class LiveRoom extends Room {
  /** Who is here. */
  readonly members = new Members(this);
  /** @internal Of the subscription. */
  options: SubscribeOptions = {};
  #states = new Map<string, StateMap>();
  #frames = new Set<Frames>();

  /** A state mount as a live map, always the same one. */
  state<V = Value>(mount: string): StateMap<V> {
    let state = this.#states.get(mount);
    if (!state) {
      this.#states.set(mount, (state = new StateMap(this, mount)));
      for (const frames of this.#frames) frames.watch(mount, state);
    }
    return state as StateMap<V>;
  }

  /**
   * Calls `draw` once in a frame of the screen, if there is something new: so a page keeps up with
   * any number of events. The answer ends that.
   */
  frame(draw: (frame: Frame) => void): () => void {
    const frames = new Frames(this);
    for (const [mount, state] of this.#states) frames.watch(mount, state);
    frames.on('draw', draw);
    this.#frames.add(frames);
    return () => {
      this.#frames.delete(frames);
      frames.stop();
    };
  }

  /** The events of this name from now on, for `for await`, until the subscription is over. */
  stream<Name extends keyof RoomEvents>(name: Name): AsyncIterableIterator<RoomEvents[Name]> {
    const stops: (() => void)[] = [];
    const stream = new Stream<RoomEvents[Name]>(() => stops.forEach((stop) => stop()));
    stops.push(
      this.on(name, (event) => stream.push(event)),
      this.on('unsubscribed', ({ retrying }) => retrying || stream.end()),
    );
    return stream;
  }

  /** The messages from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<RoomEvents['message']> {
    return this.stream('message');
  }

  override async subscribe(options: SubscribeOptions = {}): Promise<this> {
    const before = this.options;
    this.options = options;
    try {
      return await super.subscribe(options);
    } catch (error) {
      this.options = before;
      throw error;
    }
  }

  /** @internal Whether changes of this key come here. */
  receives(mount: string, key: string): boolean {
    const { mounts = [], keyPrefix = '' } = this.options;
    const isMount = !mounts.length || mounts.includes(mount);
    return this.status !== 'none' && isMount && key.startsWith(keyPrefix);
  }

  /** @internal What is kept changes first, so that listeners see it as it is after the event. */
  protected override happened(event: QueueEvent): void {
    switch (event.type) {
      case 'subscribed': {
        const { recovered, mounts = [], members, member_count } = event.word;
        // What was missed follows.
        if (recovered) break;
        this.members.reset(members, member_count);
        const entries = new Map(mounts.map((mount) => [mount.name, mount.entries]));
        for (const mount of this.#states.keys()) if (!entries.has(mount)) entries.set(mount, []);
        for (const [mount, all] of entries) if (all) this.state(mount).reset(all);
        break;
      }
      case 'state':
        this.state(event.word.mount).apply(event.word.changes ?? []);
        break;
      case 'joined':
      case 'left':
        this.members[event.type](event.word.users ?? []);
        break;
      case 'mount_deleted':
        this.#states.get(event.word.mount)?.reset([]);
        break;
      case 'gap':
        if (event.word.mount === 'members') this.members.reread();
        else this.#states.get(event.word.mount)?.reread();
    }
    super.happened(event);
  }
}
