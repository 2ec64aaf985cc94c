#!/usr/bin/env node
// Something like a browser for one small page: runs its scripts with just enough of a document,
// sends its origin with each WebSocket, and prints each line that the page shows. Once a line is
// shown that is awaited, it types something.

import vm from 'node:vm';
import WebSocket from 'ws';

const [address, origin, awaited, typed] = process.argv.slice(2);
if (!typed) {
  console.error('usage: node page.mjs PAGE ORIGIN AWAITED TYPED');
  process.exit(2);
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

const elements = new Map();

function shown(element) {
  console.log(element.textContent);
  if (element.textContent === awaited) {
    document.getElementById('word').value = typed;
    document.getElementById('form').onsubmit({ preventDefault() {} });
  }
}

const document = {
  createElement: () => ({}),
  getElementById(id) {
    if (!elements.has(id)) elements.set(id, { append: shown, value: '' });
    return elements.get(id);
  },
};

class OfPage extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { origin });
  }
}

const html = await fetched(address);
const context = vm.createContext({ document, WebSocket: OfPage, setTimeout, console });
for (const [, attributes, text] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
  const source = /src="([^"]+)"/.exec(attributes)?.[1];
  vm.runInContext(source ? await fetched(new URL(source, address)) : text, context);
}
