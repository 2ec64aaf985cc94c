// A gateway's door for events: a function like `fetch`, whose answers a test gives by hand.

export class Door {
  /** Requests for a stream. */
  streams = [];
  /** Requests that bring frames. */
  posts = [];
  /** Something answers, though no page of this origin may read it. */
  isThere = false;
  fetch = async (url, init) => {
    if (init.mode === 'no-cors') {
      if (!this.isThere) throw new TypeError('nothing answers');
      return {};
    }
    const request = new Request(url, init);
    (url.endsWith('/events') ? this.streams : this.posts).push(request);
    return request.answer;
  };

  /** The newest of each. */
  get stream() {
    return this.streams.at(-1);
  }

  get post() {
    return this.posts.at(-1);
  }
}

class Request {
  #answer;
  #body;

  constructor(url, { body, signal, keepalive, headers }) {
    Object.assign(this, { url, body, signal, keepalive, headers });
    this.answer = new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      signal.onabort = () => this.fails(signal.reason);
    });
  }

  get isEnded() {
    return this.signal.aborted;
  }

  /** The answer begins, and its body comes by and by. */
  opens() {
    const stream = new ReadableStream({ start: (body) => void (this.#body = body) });
    this.#answer.resolve(new Response(stream));
  }

  answers(status, headers = {}) {
    this.#answer.resolve(new Response(null, { status, headers }));
  }

  fails(error = new TypeError('the network')) {
    this.#answer.reject(error);
    if (this.#body) this.#body.error(error);
    this.#body = undefined;
  }

  bytes(bytes) {
    this.#body.enqueue(bytes);
  }

  /** The gateway's name for the connection. */
  names(name) {
    this.says({ connection: name });
  }

  says(...envelopes) {
    for (const envelope of envelopes) {
      this.bytes(new TextEncoder().encode(`data: ${JSON.stringify(envelope)}\n\n`));
    }
  }

  /** What a request brings. */
  carries() {
    const { frames, ...of } = JSON.parse(this.body);
    return { ...of, kinds: frames.map((frame) => Object.keys(frame)[0]) };
  }

  /** The payloads in it. */
  words() {
    return JSON.parse(this.body).frames.map(({ send_message }) => send_message.payload);
  }

  ends() {
    this.#body.close();
  }
}
