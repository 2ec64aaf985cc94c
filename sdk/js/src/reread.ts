/** How long after a refusal the next attempt comes. */
const AGAIN_MS = 1_000;

interface ReadPage<Item> {
  items: Item[];
  next?: string;
}

/**
 * Reads something anew of which events are missing, page by page. What events change meanwhile is
 * newer than what is read.
 */
export class Reread<Item> {
  #read: (after?: string) => Promise<ReadPage<Item>>;
  #done: (items: Item[], touched: Set<string>) => void;
  #later: (run: () => void, ms: number) => void;
  /** The keys that events have changed since it began; none: nothing is missing. */
  #touched: Set<string> | undefined;

  constructor(
    read: (after?: string) => Promise<ReadPage<Item>>,
    done: (items: Item[], touched: Set<string>) => void,
    later: (run: () => void, ms: number) => void,
  ) {
    this.#read = read;
    this.#done = done;
    this.#later = later;
  }

  touch(key: string): void {
    this.#touched?.add(key);
  }

  /** The whole has come otherwise. */
  cancel(): void {
    this.#touched = undefined;
  }

  /** Begins, or begins anew. */
  async begin(): Promise<void> {
    const touched = (this.#touched = new Set<string>());
    const items: Item[] = [];
    try {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: ReadPage<Item> = await this.#read(after || undefined);
        items.push(...page.items);
        after = page.next || undefined;
        if (this.#touched !== touched) return;
      }
      this.#touched = undefined;
      this.#done(items, touched);
    } catch (error) {
      if (this.#touched !== touched || (error as { code?: string }).code === 'closed') return;
      this.#later(() => this.#touched === touched && this.begin(), AGAIN_MS);
    }
  }
}
