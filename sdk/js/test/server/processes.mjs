// Real servers for tests: the binary that IMQ_BINARY names, on ports that are free.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const BINARY = process.env.IMQ_BINARY;

// The runner ends a file that takes too long so.
process.once('SIGTERM', () => process.exit(1));

/** Below the ports that the system gives connections; each server takes some of the next 300. */
const PORTS = Number(process.env.IMQ_TEST_PORTS ?? 33_000);
const OFFSETS = [0, 1, 80, 81, 90, 91, 100, 101, 200, 201, 290, 291];

/** A cluster in one process, with development authentication. */
export async function startDev() {
  const base = await freePorts();
  const server = run(['dev', '--port-base', `${base}`]);
  await server.line(/^imq: ready/);
  const urls = [80, 81].map((offset) => `ws://127.0.0.1:${base + offset}`);
  return { urls, stop: server.stop };
}

/** A boss, a queue node and two gateways, which verify tokens. */
export async function startCluster() {
  const base = await freePorts();
  const folder = mkdtempSync(join(tmpdir(), 'imq-js-'));
  const file = (name, text) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const secret = file('cluster', `${'c'.repeat(32)}\n`);
  const keys = file('tokens', `${'t'.repeat(32)}\n`);
  const config = file('gateway.toml', `[auth]\nkeys_file = "${keys}"\naudience = "imq"\n`);
  const at = (offset) => `127.0.0.1:${base + offset}`;
  const link = ['--secret-file', secret];
  const boss = [...link, '--boss', at(101)];
  const node = ['--id', 'q1', '--listen-link', at(200), '--listen-http', at(290)];
  const data = ['--data-dir', join(folder, 'data')];
  const processes = {
    boss: run(['boss', ...link, ...data, '--listen-http', at(100), '--listen-link', at(101)]),
    q1: run(['queue-node', ...boss, ...node]),
  };
  for (const [id, offset] of [['g1', 0], ['g2', 1]]) {
    const doors = ['--listen-client', at(offset), '--listen-http', at(80 + offset)];
    const rpc = ['--listen-rpc', at(90 + offset), '--rpc-key-file', keys];
    const all = ['gateway', '--id', id, '--config', config, ...boss, ...doors, ...rpc];
    processes[id] = run(all);
  }
  await Promise.all([90, 91].map((offset) => ready(`http://${at(offset)}/readyz`)));
  return {
    urls: [`ws://${at(80)}`, `ws://${at(81)}`],
    /** A user's token. */
    async token(user, ttl = '1h') {
      const of = ['--user', user, '--ttl', ttl, '--key-file', keys, '--audience', 'imq'];
      return run(['token', ...of]).line(/./);
    },
    kill: (name) => processes[name].stop('SIGKILL'),
    async stop() {
      await Promise.all(Object.values(processes).map(({ stop }) => stop('SIGKILL')));
      rmSync(folder, { recursive: true });
    },
  };
}

/** A program of node's, with the arguments of this process. */
export const runNode = (args) => run([...process.execArgv, ...args], process.execPath);

function run(args, program = BINARY) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // Nothing is left behind, whatever ends the test.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  void ended.then(() => process.off('exit', kill));
  let errors = '';
  child.stderr.on('data', (data) => (errors = (errors + data).slice(-2_000)));
  const lines = createInterface(child.stdout);
  return {
    /** The first line that is like this. */
    line: (pattern) =>
      new Promise((resolve, reject) => {
        lines.on('line', (line) => pattern.test(line) && resolve(line));
        void ended.then(() => reject(new Error(`${args.join(' ')} has ended: ${errors}`)));
      }),
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

async function ready(url) {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The first of a row of ports of which all that a server takes are free. */
async function freePorts() {
  for (let base = PORTS; base < PORTS + 3_000; base += 300) {
    const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no free ports from ${PORTS} on`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
