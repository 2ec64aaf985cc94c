#!/usr/bin/env node
// A client of imq written from docs/protocol.md alone: does a running cluster keep its word over
// WebSocket and over the back end's RPC? Every scenario prints `ok` or `not ok` with a sentence,
// the last line has the sums.

import { parseArgs } from 'node:util';
import { run, World } from './report.mjs';
import './protobuf.mjs';
import './json.mjs';
import './values.mjs';
import './websocket.mjs';
import './rpc.mjs';
import './sessions.mjs';
import './inbox.mjs';

const { values } = parseArgs({
  options: {
    ws: { type: 'string', multiple: true }, rpc: { type: 'string' },
  },
});
const rpcKey = process.env.IMQ_RPC_KEY;
if (values.ws?.length !== 2 || !values.rpc || !rpcKey) {
  console.error('usage: IMQ_RPC_KEY=KEY node check.mjs --ws URL --ws URL --rpc HOST:PORT');
  process.exit(2);
}
const world = new World({ ws: values.ws, rpc: values.rpc, rpcKey });
process.exitCode = await run(world) ? 0 : 1;
