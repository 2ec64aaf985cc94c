/** Numbered messages: who sends them knows what came back, who hears them sees each hole. */

/** The sender's side. */
export class Count {
  sent = 0;
  acknowledged = 0;
  /** Nobody knows whether they ran. */
  unknown = 0;
  refused = 0;

  /** `send` sends a payload and resolves when the room has it. */
  constructor(run, send) {
    this.run = run;
    this.send = send;
  }

  get waiting() {
    return this.sent - this.acknowledged - this.unknown - this.refused;
  }

  async next() {
    this.sent += 1;
    try {
      await this.send({ run: this.run, n: this.sent });
      this.acknowledged += 1;
    } catch (error) {
      if (error.code === 'outcome_unknown') this.unknown += 1;
      else this.refused += 1;
    }
  }
}

/** A hearer's side, of one run. */
export class Witness {
  #run;
  /** The highest that it heard. */
  #newest = 0;
  #first = 0;
  arrived = 0;
  doubled = 0;
  unordered = 0;
  /** What the client library announced as missing. */
  gaps = 0;

  /** Heeds this run alone. It may have begun before us. */
  expect(run) {
    Object.assign(this, { arrived: 0, doubled: 0, unordered: 0, gaps: 0 });
    this.#run = run;
    this.#newest = this.#first = 0;
  }

  hear({ run, n } = {}) {
    if (run !== this.#run || !Number.isSafeInteger(n)) return;
    this.arrived += 1;
    this.#first ||= n;
    if (n === this.#newest) this.doubled += 1;
    else if (n < this.#newest) this.unordered += 1;
    else this.#newest = n;
  }

  /** Holes between the first that it heard and the newest. */
  get missing() {
    const span = this.#newest ? this.#newest - this.#first + 1 : 0;
    return Math.max(span - (this.arrived - this.doubled - this.unordered), 0);
  }
}
