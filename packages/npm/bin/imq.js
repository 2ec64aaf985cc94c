#!/usr/bin/env node
// Runs the binary from this platform's package. Input, output, signals and the way it ends are this process's own.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { name, version, optionalDependencies } = require("../package.json");

function refuse(reason, remedy) {
  console.error(`imq: ${reason}.\n${remedy}`);
  process.exit(1);
}

function binary() {
  const platform = `${process.platform}-${process.arch}`;
  const carrier = `${name}-${platform}`;
  if (!(carrier in optionalDependencies)) {
    const there = Object.keys(optionalDependencies).map((carrier) => carrier.slice(name.length + 1));
    refuse(
      `there is no package with a binary for ${platform}, only for ${there.join(", ")}`,
      "Build it from source with `cargo build --release`, or run it in a Linux container or virtual machine.",
    );
  }
  try {
    return require.resolve(`${carrier}/bin/imq`);
  } catch {
    refuse(
      `the package ${carrier} isn't installed`,
      "It is an optional dependency: install without `--omit=optional`, and not from a lock file or a node_modules\n" +
        `of another platform. It needs glibc; on musl, build imq from source. By hand: npm install ${carrier}@${version}`,
    );
  }
}

const path = binary();
let child;
// Before the start: a signal in between must not end this process alone.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => refuse(`${path} can't be started: ${error.message}`, "Install the package anew."));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // Node ignores some signals, and then ends with what a shell says of them.
  process.exitCode = 128 + constants.signals[signal];
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
