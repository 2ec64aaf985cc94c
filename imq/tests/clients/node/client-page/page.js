// The page of the browser tests. Its address says which client it is; it shows its state and what
// it hears, and `window` has the client for those who drive it.
import { Imq } from 'imq-client';
import { Imq as Shared } from 'imq-client/shared';

const query = new URL(location).searchParams;
const [user, share, token, room] = ['user', 'share', 'token', 'room'].map((it) => query.get(it));
const part = (id) => document.getElementById(id);

const options = { user: user ?? undefined };
if (token) {
  options.token = async () => {
    const answer = await fetch(token);
    if (!answer.ok) throw new Error(`no token: ${answer.status}`);
    return answer.text();
  };
}
const worker = () => new SharedWorker('/worker.js', { type: 'module' });
const urls = query.getAll('url');
const imq = share ? new Shared(urls, { ...options, share, worker }) : new Imq(urls, options);

Object.assign(window, { imq, heard: [], trouble: [], statuses: [], refused: [], codes: [] });

function show() {
  const { status, code = 0, reason = '' } = statuses.at(-1) ?? { status: imq.status };
  const carried = imq.transport ? ` by ${imq.transport}` : '';
  const shared = imq.shared === undefined ? '' : imq.shared ? ', shared' : ', alone';
  part('state').value = `${user ?? imq.user}: ${status}${carried}${shared} ${code || ''} ${reason}`;
}
imq.on('status', (status) => {
  statuses.push({ ...status, at: Date.now() });
  show();
});
imq.on('transport', show);
imq.on('shared', show);
imq.on('failed', ({ error }) => {
  refused.push(`${error}`);
  codes.push(error.code);
  part('refused').value = `${error}`;
});

const joined = imq.room(room);
window.room = joined;
joined.on('message', ({ payload }) => {
  heard.push(payload);
  part('heard').append(Object.assign(document.createElement('li'), { textContent: payload }));
});
joined.on('gap', (gap) => trouble.push(gap));
joined.on('unsubscribed', (end) => trouble.push(end));
show();
await joined.subscribe();
window.isIn = true;
