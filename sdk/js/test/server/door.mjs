// A gateway's door for the fallback, over real HTTP, that knows as much as these tests need:
// docs/protocol.md, section 13. It lets no WebSocket through.

import { createServer } from 'node:http';

export class HttpDoor {
  #server = createServer((request, response) => void this.#answer(request, response));
  #stream;
  #taken = 0;
  /** What clients have said. */
  frames = [];
  /** Answers to lose: the frames are taken, and the socket ends. */
  losses = 0;
  streams = 0;

  static async open() {
    const door = new HttpDoor();
    door.#server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    await new Promise((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    return door;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  says(envelope) {
    this.#stream.write(`data: ${JSON.stringify(envelope)}\n\n`);
  }

  /** The stream breaks. */
  breaks() {
    this.#stream.destroy();
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request, response) {
    let body = '';
    for await (const part of request) body += part;
    if (request.url === '/imq/v1/events') this.#begin(body, response);
    else this.#take(JSON.parse(body), response);
  }

  #begin(body, response) {
    const { connect } = JSON.parse(body);
    this.#taken = 0;
    this.#stream = response;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'close' });
    this.says({ connection: `c${++this.streams}` });
    response.write(':\n\n');
    const session = { session_id: 's1', secret: 'k1', user: connect.user };
    this.says({ welcome: { ...session, resumed: !!connect.resume } });
  }

  #take({ connection, session, number, frames }, response) {
    if (connection !== `c${this.streams}` || session !== 's1') return response.writeHead(410).end();
    if (number > this.#taken + 1) return response.writeHead(409).end();
    if (number === this.#taken + 1) for (const frame of frames) this.#frame(frame);
    this.#taken = Math.max(number, this.#taken);
    if (this.losses-- > 0) response.destroy();
    else response.writeHead(204).end();
  }

  #frame(frame) {
    this.frames.push(frame);
    const [body] = Object.values(frame);
    if (body.op_id) this.says({ result: { op_id: body.op_id, status: 0, seq: this.frames.length } });
  }
}
