import { JSON_PROTOCOL } from './json.js';
import type { Frame } from './machine/wire.js';

/** What is told of a transport, in order. */
export interface Listener {
  opened(): void;
  frame(data: unknown): void;
  closed(): void;
}

export interface Transport {
  send(frame: Frame): void;
  /** Sends what is left, then ends. The listener isn't told; the answer is when it has ended. */
  close(): Promise<void>;
}

/** The class of the platform, or one like it, such as that of the package `ws`. */
export type Socket = new (url: string, protocol: string) => WebSocket;

export function openSocket(Socket: Socket, url: string, listener: Listener): Transport {
  const socket = new Socket(url, JSON_PROTOCOL);
  socket.onopen = () => listener.opened();
  socket.onmessage = ({ data }) => listener.frame(data);
  // Some classes tell of a failed attempt by the one alone.
  socket.onerror = socket.onclose = () => listener.closed();
  return {
    send: (frame) => socket.send(frame),
    close: () =>
      new Promise((resolve) => {
        socket.onopen = socket.onmessage = null;
        socket.onerror = socket.onclose = () => resolve();
        socket.close(1000);
      }),
  };
}

/** A gateway's address as a URL: `https://host` and `/` of the page's own host are enough. */
export function gatewayUrl(address: string): string {
  const url = new URL(address, globalThis.location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.pathname === '/') url.pathname = '/imq/v1/ws';
  return url.href;
}
