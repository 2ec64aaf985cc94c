// A load balancer without stickiness, in a network that lets no WebSocket through unless told to.

import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

export class Balancer {
  #server = createServer((request, response) => this.#pass(request, response));
  #gateways;
  #next = 0;
  letsSocketsThrough = false;
  /** Where each request went, by its path. */
  went = [];

  /** `urls`: the gateways. Each request goes to the next one. */
  static async before(urls) {
    const balancer = new Balancer();
    balancer.#gateways = urls.map((url) => new URL(url));
    balancer.#server.on('upgrade', (request, socket, head) => {
      if (balancer.letsSocketsThrough) balancer.#upgrade(request, socket, head);
      else socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #gateway() {
    return this.#gateways[this.#next++ % this.#gateways.length];
  }

  #pass(request, response) {
    const { hostname: host, port } = this.#gateway();
    const { method, url: path, headers } = request;
    this.went.push(`${path} ${port}`);
    const passed = ask({ host, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    // A client that hangs up.
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }

  #upgrade({ url, rawHeaders }, socket, head) {
    const { hostname, port } = this.#gateway();
    const there = connect(port, hostname);
    const lines = rawHeaders.flatMap((name, at) => {
      return at % 2 ? [] : [`${name}: ${rawHeaders[at + 1]}`];
    });
    there.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    there.write(head);
    socket.pipe(there).pipe(socket);
    for (const one of [socket, there]) {
      one.on('error', () => {
        socket.destroy();
        there.destroy();
      });
    }
  }
}
