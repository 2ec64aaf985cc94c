// Makes demo/dist, which is committed, so that imq is built without node. `npm ci` in sdk/js has to
// have been run once: esbuild is from there.
//
//   node demo/build.mjs            writes demo/dist
//   node demo/build.mjs --check    fails if demo/dist isn't what would be written

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const BYTES_MAX = 200 * 1024;
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const { build } = createRequire(path('../sdk/js/package.json'))('esbuild');

const shared = { bundle: true, minify: true, target: 'es2022', write: false };
const built = async (options) => (await build({ ...shared, ...options })).outputFiles[0].contents;

const files = {
  'index.html': readFileSync(path('src/index.html')),
  'favicon.svg': readFileSync(path('src/favicon.svg')),
  'style.css': await built({ entryPoints: [path('src/style.css')] }),
  'app.js': await built({
    entryPoints: [path('src/main.js')],
    format: 'esm',
    // Its sources, so that they needn't be compiled first.
    alias: { 'imq-client': path('../sdk/js/src/index.ts') },
    banner: { js: '// Made by demo/build.mjs from demo/src and sdk/js/src.' },
  }),
};

const check = process.argv.includes('--check');
let bytes = 0;
mkdirSync(path('dist'), { recursive: true });
for (const [name, contents] of Object.entries(files)) {
  bytes += contents.length;
  if (!check) writeFileSync(path(`dist/${name}`), contents);
  else if (!committed(name)?.equals(Buffer.from(contents))) {
    console.error(`demo/dist/${name} is stale: run node demo/build.mjs`);
    process.exitCode = 1;
  }
}
console.log(`${bytes} bytes of ${BYTES_MAX}`);
if (bytes > BYTES_MAX) process.exitCode = 1;

function committed(name) {
  try {
    return readFileSync(path(`dist/${name}`));
  } catch {
    return undefined;
  }
}
