// nginx before one gateway, as it is without a word on WebSocket: it passes no `Upgrade` on, and keeps
// requests and answers back in buffers unless an answer says not to. Gateways speak no HTTP/1.0, which
// is what it would speak otherwise.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./browser.mjs";

/// The folders are opened even where nothing is written there.
const config = (folder, port, gateway) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${gateway}; proxy_http_version 1.1; }
  }
}
`;

export class Nginx {
  #child;
  #ended;
  #folder = mkdtempSync(join(tmpdir(), "imq-nginx-"));
  #port;

  static async before(gateway) {
    const nginx = new Nginx();
    nginx.#port = await freePort();
    const file = join(nginx.#folder, "nginx.conf");
    writeFileSync(file, config(nginx.#folder, nginx.#port, `http://${new URL(gateway).host}`));
    nginx.#child = spawn("nginx", ["-c", file], { stdio: ["ignore", "ignore", "inherit"] });
    nginx.#ended = new Promise((ended) => nginx.#child.once("close", ended));
    // Nothing is left behind, whatever ends the test.
    process.once("exit", () => nginx.#child.kill("SIGKILL"));
    const answers = () => fetch(`http://127.0.0.1:${nginx.#port}/`).then(() => true, () => false);
    await until(answers, () => "nginx answers");
    return nginx;
  }

  get url() {
    return `ws://127.0.0.1:${this.#port}`;
  }

  async close() {
    this.#child.kill("SIGKILL");
    await this.#ended;
    rmSync(this.#folder, { recursive: true });
  }
}

/// A port of the system's choice, which nobody listens at any more.
function freePort() {
  return new Promise((found) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}
