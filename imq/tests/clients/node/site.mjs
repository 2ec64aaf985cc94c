// The web server of the browser tests: a page with the client library of this tree, and what a back
// end would answer.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const library = (name) => path(`../../../../sdk/js/src/${name}.ts`);
const { build } = createRequire(path("../../../../sdk/js/package.json"))("esbuild");

export class Site {
  #server;
  #files = new Map();

  /// Serves the page. `answers`: by path, a function that answers. `words`: the number of the words
  /// that page and shared worker speak, as if the library were of another version. `port`: one that
  /// is free, if which one matters.
  static async open({ answers = {}, words = undefined, port = 0 } = {}) {
    const site = new Site();
    const html = { type: "text/html", text: readFileSync(path("client-page/index.html")) };
    site.#files.set("/", html);
    site.#files.set("/favicon.ico", { type: "image/x-icon", text: "" });
    const entries = { "/page.js": path("client-page/page.js"), "/worker.js": library("worker") };
    for (const [name, entry] of Object.entries(entries)) {
      site.#files.set(name, { type: "text/javascript", text: await bundled(entry, words) });
    }
    site.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url, "http://site");
      if (answers[pathname]) return answers[pathname](response, request);
      const file = site.#files.get(pathname);
      response.writeHead(file ? 200 : 404, { "Content-Type": file?.type ?? "text/plain" });
      return response.end(file?.text);
    });
    await new Promise((listens) => site.#server.listen(port, "127.0.0.1", listens));
    return site;
  }

  /// From now on it hands out the files of another site, as after a release.
  release(other) {
    this.#files = other.#files;
  }

  /// The page's address for this client. Which of this machine's names it has is part of its origin.
  url(parts, host = "localhost") {
    const query = Object.entries(parts).flatMap(([name, value]) => {
      return [value].flat().map((one) => [name, one]);
    });
    return `http://${host}:${this.#server.address().port}/?${new URLSearchParams(query)}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function bundled(entry, words) {
  const spoken = {
    name: "words",
    setup({ onLoad }) {
      onLoad({ filter: /shared\/words\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        const changed = text.replace(/WORDS = \d+/, `WORDS = ${words}`);
        return { contents: changed, loader: "ts" };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    alias: { "imq-client/shared": library("shared"), "imq-client": library("index") },
    plugins: words === undefined ? [] : [spoken],
  });
  return outputFiles[0].text;
}
