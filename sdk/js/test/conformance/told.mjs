// What the application is told, as a script says it.

import { json } from '../../dist/json.js';

const SERVERS_OWN = new Set([
  'invalid',
  'not_found',
  'forbidden',
  'limit',
  'precondition',
  'conflict',
  'unimplemented',
  'internal',
  'unavailable',
  'unauthenticated',
]);
/** The fields of events; what a later version adds, the application isn't told. */
const FIELDS = {
  subscribed: ['epoch', 'marks', 'mounts', 'members', 'member_count', 'recovered', 'gap'],
  message: ['mount', 'seq', 'from', 'payload', 'sent_at_ms', 'history'],
  state: ['mount', 'seq', 'from', 'changes', 'conflated'],
  joined: ['seq', 'users', 'reason'],
  left: ['seq', 'users', 'reason'],
  mount_created: ['mount', 'seq', 'kind'],
  mount_deleted: ['mount', 'seq', 'kind'],
  gap: ['mount', 'after_seq', 'before_seq'],
};
const WRITES = ['send_message', 'send_state'];
const READS = ['get_state', 'get_history', 'list_members'];

export function told(event, kinds) {
  switch (event.type) {
    case 'connected':
      return { connected: { user: event.user, resumed: event.resumed } };
    case 'closed':
      return { closed: { code: event.code, may_retry: event.mayRetry } };
    case 'answer':
      return event.failure ? failed(event) : answered(event, kinds.get(event.ticket));
    case 'unsubscribed': {
      const { queue, reason, retrying } = event;
      return { queue, unsubscribed: { reason, retrying } };
    }
    default: {
      const fields = FIELDS[event.type].filter((field) => field in event.word);
      const word = Object.fromEntries(fields.map((field) => [field, event.word[field]]));
      return { queue: event.queue, [event.type]: written(word) };
    }
  }
}

function answered({ ticket, result }, kind) {
  const { seq, entries, messages, members, member_count, next } = result;
  if (WRITES.includes(kind)) return { answer: ticket, ok: { seq } };
  if (!READS.includes(kind)) return { answer: ticket, ok: {} };
  return { answer: ticket, ok: written({ entries, messages, members, member_count, next }) };
}

function failed({ ticket, failure: { code, mayRetry } }) {
  if (!SERVERS_OWN.has(code)) return { answer: ticket, failure: code };
  return { answer: ticket, failure: 'refused', status: code, may_retry: mayRetry };
}

/** The fields in JSON, where bytes are base64. */
function written(fields) {
  const values = (name, value) => {
    if (!(value instanceof Uint8Array)) return { [name]: value };
    const { it } = JSON.parse(json.encode('it', { payload: value }));
    return { [`${name}_base64`]: it.payload_base64 };
  };
  const each = ([name, field]) => {
    if (name === 'payload' || name === 'value') return values(name, field);
    const isList = ['mounts', 'entries', 'messages', 'changes'].includes(name);
    return { [name]: isList && field ? field.map(written) : field };
  };
  return JSON.parse(JSON.stringify(Object.assign({}, ...Object.entries(fields).map(each))));
}
