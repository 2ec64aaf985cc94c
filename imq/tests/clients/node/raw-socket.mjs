// A TCP socket after a WebSocket handshake, for frames that a library refuses to send.

import net from 'node:net';
import { check, inTime } from './report.mjs';

export class RawSocket {
  #input = Buffer.alloc(0);
  #end;

  constructor(socket, rest) {
    this.socket = socket;
    this.#input = rest;
    this.#end = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.on('data', (data) => {
      this.#input = Buffer.concat([this.#input, data]);
    });
    socket.on('error', () => {});
    socket.resume();
  }

  /** Opens a socket to `url` and upgrades it. */
  static async open(url, protocol) {
    const { hostname, port, pathname } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    const upgraded = new Promise((resolve, reject) => {
      let head = Buffer.alloc(0);
      const onData = (data) => {
        head = Buffer.concat([head, data]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.pause();
        socket.off('data', onData);
        resolve({ head: head.subarray(0, end).toString(), rest: head.subarray(end + 4) });
      };
      socket.on('data', onData);
      socket.once('error', reject);
    });
    socket.write([
      `GET ${pathname} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Connection: Upgrade',
      'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `Sec-WebSocket-Protocol: ${protocol}`, '', '',
    ].join('\r\n'));
    const { head, rest } = await inTime(upgraded, 'the answer to the upgrade');
    check(head.startsWith('HTTP/1.1 101'), head.split('\r\n')[0]);
    check(/^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r?$/im.test(head), 'wrong accept');
    check(new RegExp(`^sec-websocket-protocol: ${protocol}\\r?$`, 'im').test(head),
      'the subprotocol is not answered');
    return new RawSocket(socket, rest);
  }

  /** Sends bytes as they are. */
  write(bytes) {
    this.socket.write(bytes);
  }

  /** Waits for the end; the code of the close frame, or null if there was none. */
  async ended() {
    await inTime(this.#end, 'the end of the connection');
    return this.#closeCode();
  }

  terminate() {
    this.socket.destroy();
  }

  #closeCode() {
    for (let at = 0; at + 2 <= this.#input.length;) {
      let length = this.#input[at + 1] & 127;
      let head = 2;
      if (length === 126) {
        length = this.#input.readUInt16BE(at + 2);
        head = 4;
      }
      if ((this.#input[at] & 15) === 8) {
        return length >= 2 ? this.#input.readUInt16BE(at + head) : 1005;
      }
      at += head + length;
    }
    return null;
  }
}
