import { Imq } from 'imq-client';

const [user = 'ann', url = 'ws://127.0.0.1:7480'] = process.argv.slice(2);
const imq = new Imq(url, { user });
imq.on('failed', ({ url, error }) => console.log(`no connection with ${url}: ${error}`));

const room = await imq.subscribe('/room/1');
console.log('here are', [...room.members].join(', '));
room.on('joined', ({ users }) => console.log(`${users} came in`));
room.on('message', ({ from, payload }) => console.log(`${from}: ${payload}`));

const scores = room.state('scores');
scores.on('change', ({ key, value }) => console.log(`${key} has ${value} points`));
await room.send('chat', 'hello');
await scores.add(user, 10);
