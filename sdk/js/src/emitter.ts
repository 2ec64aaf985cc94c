type Listener<Value> = (value: Value) => void;

/** Events by their names: `Events` says what each brings. */
export class Emitter<Events extends object> {
  #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls `listener` at each event of this name. The answer ends that. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name)!.add(listener);
    return () => this.off(name, listener);
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  /** @internal Tells all listeners; what one of them throws is the others' no concern. */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as Listener<Events[Name]>)(value);
      } catch (error) {
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }
}
