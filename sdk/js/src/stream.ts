/** Events that a stream keeps for a reader who is slow. With one more it ends in an error. */
const KEPT_MAX = 4096;

/** Events in their order, for `for await`. */
export class Stream<Value> implements AsyncIterableIterator<Value> {
  #kept: Value[] = [];
  #readers: ((next: IteratorResult<Value>) => void)[] = [];
  #isOver = false;
  #error: Error | undefined;
  #stop: () => void;

  /** `stop` is called when no more is wanted. */
  constructor(stop: () => void) {
    this.#stop = stop;
  }

  push(value: Value): void {
    const reader = this.#readers.shift();
    if (reader) reader({ value, done: false });
    else if (this.#kept.push(value) > KEPT_MAX) {
      this.#kept.pop();
      this.end(new RangeError(`${KEPT_MAX} events were not read`));
    }
  }

  /** No more comes; what is kept can be read to the end. */
  end(error?: Error): void {
    this.#stop();
    this.#isOver = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#kept.length) return Promise.resolve({ value: this.#kept.shift()!, done: false });
    const error = this.#error;
    this.#error = undefined;
    if (error) return Promise.reject(error);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** The reader has had enough. */
  return(): Promise<IteratorResult<Value>> {
    this.#kept = [];
    this.end();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
