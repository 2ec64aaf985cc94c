// Bundles all entries as an application would, and fails if one is larger than it may be.

import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';

const LIMITS = {
  'dist/core.js': 8192,
  'dist/index.js': 12288,
  'dist/shared.js': 14336,
  'dist/worker.js': 12288,
  'dist/proto.js': 12800,
};

for (const [entry, limit] of Object.entries(LIMITS)) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const { length } = gzipSync(outputFiles[0].contents, { level: 9 });
  console.log(`${entry}: ${length} bytes of ${limit}`);
  if (length > limit) process.exitCode = 1;
}
