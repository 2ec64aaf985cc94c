import type { Body, Place, QueueWords, Subscribed } from './wire.js';

/** The mark that `joined`, `left`, `mount_created` and `mount_deleted` move. */
const MEMBERS = 'members';

/** What the application wants to receive. */
export type Options = Pick<Body, 'history' | 'mounts' | 'key_prefix'>;

/** A subscription that the application has and keeps, whatever happens to connections. */
export class Subscription {
  options: Options = {};
  /**
   * `standing`: the queue has said yes. `returning`: asked for anew, and operations wait, lest they
   * are refused to a non-member. `paused`: refused for now, to be asked for again at `until`.
   */
  stage: 'standing' | 'returning' | 'paused' = 'standing';
  until = 0;
  /** The session is a member, as far as we know. */
  attached = false;
  /** This connection's `connect` named it in `seen`. */
  named = false;
  /** How often it was refused in a row. */
  refusals = 0;
  #epoch: number | undefined;
  #marks = new Map<string, number>();

  /** The options are new: the place of the old ones means nothing for them. */
  change({ history, mounts, key_prefix }: Options): void {
    this.options = { history, mounts, key_prefix };
    this.#epoch = undefined;
  }

  /** The queue attaches the session. True: it is the queue of before, in the same epoch. */
  stand({ epoch, marks }: Subscribed): boolean {
    const isSame = this.#epoch === epoch;
    this.#epoch = epoch;
    this.#marks = new Map(Object.entries(marks ?? {}));
    this.stage = 'standing';
    this.attached = true;
    this.named = false;
    this.refusals = 0;
    return isSame;
  }

  /** The session is no member any more, as far as we know. */
  detach(stage: 'returning' | 'paused'): void {
    this.stage = stage;
    this.attached = false;
    this.named = false;
  }

  /** How far it got, if that is known. */
  get place(): Place | undefined {
    if (this.#epoch === undefined) return undefined;
    return { epoch: this.#epoch, marks: Object.fromEntries(this.#marks) };
  }

  /** The request that brings it back to where it was, with newer options if there are some. */
  request({ history, mounts, key_prefix }: Options = this.options): Body {
    const since = this.place;
    // Old messages were had before; what is new comes by `since`.
    return { since, history: since ? undefined : history, mounts, key_prefix };
  }

  /** Moves the marks as an event says. False: the event was had before. */
  follow<Kind extends keyof QueueWords>(kind: Kind, word: QueueWords[Kind]): boolean {
    const { mount, seq, history, before_seq } = word as {
      mount: string;
      seq: number;
      history?: boolean;
      before_seq: number;
    };
    if (kind === 'state' && seq <= this.#mark(mount)) return false;
    if (kind === 'mount_deleted') this.#marks.delete(mount);
    else if (kind === 'gap') this.#reach(mount, before_seq - 1);
    else if (mount && !history) this.#reach(mount, seq);
    const isMembers = kind !== 'message' && kind !== 'state' && kind !== 'gap';
    if (isMembers) this.#reach(MEMBERS, seq);
    return true;
  }

  #mark(mount: string): number {
    return (this.#epoch !== undefined && this.#marks.get(mount)) || 0;
  }

  #reach(mount: string, seq: number): void {
    this.#marks.set(mount, Math.max(seq, this.#marks.get(mount) ?? 0));
  }
}
