// A client over WebSocket; JsonClient speaks imq.json.v1, ProtoClient imq.proto.v1.

import { Connection } from './connection.mjs';
import { decode, encode } from './proto.mjs';
import { check, same } from './report.mjs';

class Client extends Connection {
  #opId = 0;
  user = '';

  /** The number of the newest operation. */
  get opId() {
    return this.#opId;
  }

  nextOpId() {
    this.#opId += 1;
    return this.#opId;
  }

  /** Connects as a user; with `answering` false no ping is answered, so nothing is confirmed. */
  async login(user, { answering = true, ...fields } = {}) {
    await this.opened;
    this.answering = answering;
    this.send('connect', { protocol: 1, user, client_name: 'node', ...fields });
    return this.welcomed(user);
  }

  /** Waits for `welcome`, which comes before all else, and for the user's own queue. */
  async welcomed(user) {
    this.user = user;
    const first = await this.next();
    same(first.name, 'welcome', `the first body (${first.body.code} ${first.body.reason})`);
    this.welcome = first.body;
    this.own = await this.wait('subscribed', ({ queue }) => queue === `/user/${user}`);
    check(this.pings > 0, 'no ping between welcome and subscribed of the own queue');
    return this;
  }

  /** Connects with the session of `old`; `changes` are other fields of `resume`. */
  resume(old, { answering = true, user = old.user, ...changes } = {}) {
    this.#opId = old.opId;
    this.seen.after(old.seen);
    const { session_id, secret } = old.welcome;
    const resume = { session_id, secret, seen: old.seen.fields(), ...changes };
    return this.login(user, { answering, resume });
  }

  /** Sends an operation and waits for its result, whatever its status. */
  ask(name, fields) {
    const opId = fields.op_id ?? this.nextOpId();
    this.send(name, { op_id: opId, ...fields });
    return this.wait('result', (result) => result.op_id === opId);
  }

  /** Sends an operation that has to succeed. */
  async do(name, fields) {
    const result = await this.ask(name, fields);
    same(result.status, 0, `status of ${name} (${result.error_message})`);
    return result;
  }

  /** Sends an operation that has to be refused, with one of `statuses` and a sentence. */
  async refused(statuses, name, fields) {
    const result = await this.ask(name, fields);
    check(statuses.includes(result.status),
      `status of ${name} is ${result.status} (${result.error_message}), not ${statuses}`);
    check(result.error_message?.length > 10, `no sentence with status ${result.status}`);
    return result;
  }

  /** Subscribes and waits for `subscribed`. */
  async subscribe(queue, fields = {}) {
    await this.do('subscribe', { queue, ...fields });
    return this.wait('subscribed', (subscribed) => subscribed.queue === queue);
  }

  /** Fails if anything but a pong comes that the gateway had already to send. */
  async quiet() {
    this.send('ping', { nonce: 2 ** 40 });
    const { name, body } = await this.next();
    check(name === 'pong', `${name} came out of nowhere: ${JSON.stringify(body)}`);
  }
}

export class JsonClient extends Client {
  constructor(world, gateway, options) {
    super(world, 'imq.json.v1', gateway, options);
  }

  send(name, fields = {}) {
    this.socket.send(JSON.stringify({ [name]: fields }));
  }

  /** Sends text as it is. */
  sendText(text) {
    this.socket.send(text);
  }

  read(data, binary) {
    check(!binary, 'a binary message over imq.json.v1');
    const text = data.toString();
    const value = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]).map((envelope) => {
      const names = Object.keys(envelope);
      check(names.length === 1, `an envelope with the keys ${names}`);
      return { name: names[0], body: envelope[names[0]], text };
    });
  }
}

export class ProtoClient extends Client {
  #rest = Buffer.alloc(0);

  constructor(world, gateway, options) {
    super(world, 'imq.proto.v1', gateway, options);
  }

  send(name, fields = {}) {
    this.socket.send(encode(name, fields));
  }

  read(data, binary) {
    check(binary, 'a text message over imq.proto.v1');
    this.#rest = Buffer.concat([this.#rest, data]);
    const items = [];
    for (let found = decode(this.#rest); found; found = decode(this.#rest)) {
      this.#rest = found.rest;
      items.push(found.item);
    }
    check(this.#rest.length === 0, 'a message ends within a frame');
    return items;
  }
}

/** A JSON client with a user of its own. */
export function jsonClient(world, gateway = 0, fields = {}) {
  return new JsonClient(world, gateway).login(world.name('user'), fields);
}

/** A fresh room with two who are in it, each at its own gateway. */
export async function pair(world, fields = {}) {
  const room = world.room();
  const ann = await jsonClient(world, 0);
  const bob = await jsonClient(world, 1);
  await ann.subscribe(room, fields);
  await bob.subscribe(room, fields);
  await ann.wait('joined');
  return { room, ann, bob };
}
