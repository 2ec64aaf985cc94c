/** What is drawn: once a frame, however much has happened. */

const jobs = new Set();

/** Has `job` run before the next picture, once. */
export function redraw(job) {
  if (jobs.size === 0) requestAnimationFrame(run);
  jobs.add(job);
}

function run() {
  const due = [...jobs];
  jobs.clear();
  for (const job of due) {
    try {
      job();
    } catch (error) {
      reportError(error);
    }
  }
}

export const $ = (id) => document.getElementById(id);

/** An element. What comes from strangers is only ever its text. */
export function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Sets a text only where it is another one. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const moves = () => !matchMedia('(prefers-reduced-motion: reduce)').matches;
