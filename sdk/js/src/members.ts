import { Emitter } from './emitter.js';
import type { LiveRoom } from './live.js';
import { Reread } from './reread.js';

export interface MembersChange {
  joined: string[];
  left: string[];
}

/** Who is in a room, as far as its class shows it. */
export class Members extends Emitter<{ change: MembersChange }> {
  #users = new Set<string>();
  #count: number | undefined;
  #reread: Reread<string>;

  /** @internal */
  constructor(room: LiveRoom) {
    super();
    const read = async (after?: string) => {
      const { members, memberCount, next } = await room.listMembers({ after });
      this.#count = memberCount;
      return { items: members, next };
    };
    const done = (users: string[], touched: Set<string>) => {
      const untouched = users.filter((user) => !touched.has(user));
      this.#become([...untouched, ...[...touched].filter((user) => this.has(user))]);
    };
    this.#reread = new Reread(read, done, (run, ms) => room.later(run, ms));
  }

  /** How many there are; where only the number is shown, how many there were at `subscribed`. */
  get size(): number {
    return this.#count ?? this.#users.size;
  }

  has(user: string): boolean {
    return this.#users.has(user);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#users.values();
  }

  /** @internal These are all. */
  reset(users: string[] = [], count?: number): void {
    this.#reread.cancel();
    this.#count = count;
    this.#become(users);
  }

  /** @internal */
  joined(users: string[]): void {
    this.#change(users, []);
  }

  /** @internal */
  left(users: string[]): void {
    this.#change([], users);
  }

  /** @internal Something is missing. */
  reread(): void {
    void this.#reread.begin();
  }

  #become(users: string[]): void {
    const all = new Set(users);
    const left = [...this.#users].filter((user) => !all.has(user));
    this.#change(users.filter((user) => !this.has(user)), left);
  }

  #change(joined: string[], left: string[]): void {
    for (const user of [...joined, ...left]) this.#reread.touch(user);
    for (const user of joined) this.#users.add(user);
    for (const user of left) this.#users.delete(user);
    if (joined.length || left.length) this.emit('change', { joined, left });
  }
}
