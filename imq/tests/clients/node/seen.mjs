// How far a client got in its queues: what it names in `seen` when it resumes its session.

const MOVE_MEMBERS = ['joined', 'left', 'mount_created', 'mount_deleted'];

/** The epoch and the marks of each subscribed queue, after section 4 of docs/protocol.md. */
export class Seen {
  #queues = new Map();
  #subs = new Map();

  /** Takes one body that came from the gateway. */
  note(name, body) {
    if (name === 'subscribed') {
      this.#queues.set(body.queue, { epoch: body.epoch, marks: { ...body.marks } });
      this.#subs.set(body.sub, body.queue);
    } else if (name === 'unsubscribed') {
      this.#queues.delete(body.queue);
    } else if ((name === 'message' || name === 'state') && !body.history) {
      this.#move(body.sub, body.mount, body.seq);
    } else if (MOVE_MEMBERS.includes(name)) {
      this.#move(body.sub, 'members', body.seq);
      if (name === 'mount_created') this.#move(body.sub, body.mount, body.seq);
      if (name === 'mount_deleted') this.#move(body.sub, body.mount, undefined);
    } else if (name === 'gap') {
      this.#move(body.sub, body.mount, body.before_seq - 1);
    }
  }

  /** The field `seen` of a `Resume`. */
  fields() {
    return [...this.#queues].map(([queue, { epoch, marks }]) => ({ queue, epoch, marks }));
  }

  /** Takes over the queues of the connection before; its `sub`s are over. */
  after(other) {
    for (const { queue, epoch, marks } of other.fields()) {
      this.#queues.set(queue, { epoch, marks: { ...marks } });
    }
  }

  #move(sub, mount, seq) {
    const queue = this.#queues.get(this.#subs.get(sub));
    if (!queue) return;
    if (seq === undefined) delete queue.marks[mount];
    else queue.marks[mount] = seq;
  }
}
