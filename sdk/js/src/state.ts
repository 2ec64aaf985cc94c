import { Emitter } from './emitter.js';
import type { LiveRoom } from './live.js';
import type { StateChange } from './machine/wire.js';
import { snakes } from './names.js';
import { Reread } from './reread.js';
import type { Change, ChangeOptions, Entry, Value } from './room.js';

/** A key's value has changed, as `get` gives it. */
export interface ValueChange<V> {
  key: string;
  /** Absent: the key is gone. */
  value: V | undefined;
  old: V | undefined;
  /** A write of this client is in it that the queue hasn't confirmed yet. */
  isPending: boolean;
}

/**
 * A state mount of a room as a live map. Its own writes show at once, before the queue confirms
 * them, and are taken back if they are refused.
 */
export class StateMap<V = Value> extends Emitter<{ change: ValueChange<V> }> {
  /** What the queue has said. */
  #base = new Map<string, { value: V; version: number }>();
  /** Writes that are unanswered, in their order. */
  #pending: Change[][] = [];
  /** What `get` gives: the base with the pending writes. */
  #shown = new Map<string, V>();
  #room: LiveRoom;
  #mount: string;
  #reread: Reread<Entry>;

  /** @internal */
  constructor(room: LiveRoom, mount: string) {
    super();
    this.#room = room;
    this.#mount = mount;
    const read = async (after?: string) => {
      const { keyPrefix } = room.options;
      const { entries, next } = await room.readState(mount, { keyPrefix, after });
      return { items: entries, next };
    };
    const done = (entries: Entry[], touched: Set<string>) => {
      const gone = new Set(this.#base.keys());
      for (const { key } of entries) gone.delete(key);
      for (const key of gone) if (!touched.has(key)) this.#base.delete(key);
      for (const entry of entries) if (!touched.has(entry.key)) this.#put(entry);
      this.#show([...gone, ...keysOf(entries)]);
    };
    this.#reread = new Reread(read, done, (run, ms) => room.later(run, ms));
  }

  get size(): number {
    return this.#shown.size;
  }

  get(key: string): V | undefined {
    return this.#shown.get(key);
  }

  has(key: string): boolean {
    return this.#shown.has(key);
  }

  /** The number of the key's last change, for `ifVersion`; 0: it is absent. */
  version(key: string): number {
    return this.#base.get(key)?.version ?? 0;
  }

  keys(): IterableIterator<string> {
    return this.#shown.keys();
  }

  values(): IterableIterator<V> {
    return this.#shown.values();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#shown.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  /** Gives a key a value. The answer is the change's number, when the queue has confirmed it. */
  set(key: string, value: V, options: ChangeOptions = {}): Promise<number> {
    return this.change([{ ...options, key, set: value }]);
  }

  /** Adds to a number, which is 0 where there is none. */
  add(key: string, amount: number, options: ChangeOptions = {}): Promise<number> {
    return this.change([{ ...options, key, add: amount }]);
  }

  delete(key: string, options: ChangeOptions = {}): Promise<number> {
    return this.change([{ ...options, key, delete: true }]);
  }

  /** Changes several keys, all or none. */
  change(changes: Change[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const pending = changes.filter(({ key }) => this.#room.receives(this.#mount, key)).map(kept);
      this.#pending.push(pending);
      this.#show(keysOf(pending));
      const fields = { mount: this.#mount, changes: changes.map(snakes) };
      const failed = (error: unknown) => {
        this.#settle(pending, 0);
        reject(error);
      };
      // Its result comes before its event; then it is part of the base already.
      const done = ({ seq = 0 }) => {
        this.#settle(pending, seq);
        resolve(seq);
      };
      try {
        this.#room.command('send_state', fields, { resolve: done, reject: failed });
      } catch (error) {
        failed(error);
      }
    });
  }

  /** @internal These are all entries. */
  reset(entries: Entry[]): void {
    this.#reread.cancel();
    const keys = [...this.#base.keys(), ...keysOf(entries)];
    this.#base.clear();
    for (const entry of entries) this.#put(entry);
    this.#show(new Set(keys));
  }

  /** @internal */
  apply(changes: StateChange[]): void {
    for (const { key, value, deleted, version } of changes) {
      this.#reread.touch(key);
      if (!deleted) this.#put({ key, value, version });
      else if (version >= this.version(key)) this.#base.delete(key);
    }
    this.#show(keysOf(changes));
  }

  /** @internal Something is missing. */
  reread(): void {
    void this.#reread.begin();
  }

  #put({ key, value, version }: Entry): void {
    const known = this.version(key);
    // Of the same change an object would only look like another one.
    if (known > version || (known === version && typeof value === 'object')) return;
    this.#base.set(key, { value: value as V, version });
  }

  /** The writes are answered; under 0 they have changed nothing. */
  #settle(pending: Change[], seq: number): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
    for (const change of pending) {
      const { key } = change;
      // When the operation was resent, its event may have come before.
      if (this.version(key) >= seq) continue;
      // What is being read anew may be older.
      this.#reread.touch(key);
      const value = changed(this.#base.get(key)?.value, change);
      if (value === undefined) this.#base.delete(key);
      else this.#base.set(key, { value: value as V, version: seq });
    }
    this.#show(keysOf(pending));
  }

  /** Finds out what is shown of these keys, and tells what is new. */
  #show(keys: Iterable<string>): void {
    for (const key of keys) {
      const changes = this.#pending.flat().filter((change) => change.key === key);
      const value = changes.reduce<unknown>(changed, this.#base.get(key)?.value) as V | undefined;
      const old = this.#shown.get(key);
      if (value === undefined) this.#shown.delete(key);
      else this.#shown.set(key, value);
      if (value === old) continue;
      this.emit('change', { key, value, old, isPending: changes.length > 0 });
    }
  }
}

function keysOf(changes: { key: string }[]): Set<string> {
  return new Set(changes.map(({ key }) => key));
}

/** A change as it will come back: the application may go on to change its objects. */
function kept(change: Change): Change {
  if (!('set' in change) || change.set instanceof Uint8Array) return change;
  return { ...change, set: JSON.parse(JSON.stringify(change.set ?? null)) };
}

/** The value that a change makes of one; undefined: absent. */
function changed(value: unknown, change: Change): unknown {
  if ('set' in change) return change.set;
  if ('delete' in change) return undefined;
  if (value === undefined) return change.add;
  return typeof value === 'number' ? value + change.add : value;
}
