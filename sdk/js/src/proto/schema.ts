/** The messages of proto/schema/c2g.proto and g2c.proto, as tables. */

export interface Field {
  /** Its number. */
  no: number;
  name: string;
  /**
   * `u` unsigned, `U` the same, written also if it is 0, `i` signed 64 bits, `b` boolean, `s` text,
   * `v` a value (bytes that may be JSON), `V` one that is left out if it is empty, `k` the kind of
   * a mount, `m` numbers by names, or the name of a message.
   */
  type: string;
  isList: boolean;
}

/** `name:type`, in the order of their numbers; `-` is a number that isn't used, `*` a list. */
const MESSAGES = {
  C2g:
    'connect:Connect open:Empty subscribe:Subscribe unsubscribe:Subscribe ' +
    'send_message:SendMessage send_state:SendState get_state:GetState get_history:GetHistory ' +
    'list_members:ListMembers call:Call refresh:Refresh ping:Ping pong:Ping bye:Empty',
  Connect:
    'protocol:u token:s user:s client_name:s client_version:s resume:Resume hold:b client_id:s ' +
    'attempt:u',
  Resume: 'session_id:s secret:s seen:Seen*',
  Seen: 'queue:s epoch:u marks:m',
  Empty: '-',
  Since: 'epoch:u marks:m',
  // `unsubscribe` has the first two.
  Subscribe: 'op_id:u queue:s since:Since history:u mounts:s* key_prefix:s',
  SendMessage: 'op_id:u queue:s mount:s payload:v exclude_self:b',
  SendState: 'op_id:u queue:s mount:s changes:Change*',
  Change: 'key:s set:v delete:b add:i if_version:U if_absent:b ttl_ms:u while_present:b',
  GetState: 'op_id:u queue:s mount:s key_prefix:s after:s limit:u',
  GetHistory: 'op_id:u queue:s mount:s before_seq:u limit:u',
  ListMembers: 'op_id:u queue:s after:s limit:u',
  Call: 'op_id:u queue:s method:s payload:V',
  Refresh: 'op_id:u - token:s',
  Ping: 'nonce:u',
  // An entry of a map.
  Pair: 'key:s mark:u',
  G2c:
    'welcome:Welcome result:Result subscribed:Subscribed unsubscribed:Unsubscribed ' +
    'message:Message state:State joined:Roster left:Roster mount_created:MountWord ' +
    'mount_deleted:MountWord gap:Gap closing:Closing ping:Ping pong:Ping',
  Welcome:
    'session_id:s secret:s user:s generation:u resumed:b ping_every_ms:u gateway:s limits:Limits ' +
    'expires_in_ms:u',
  Limits: 'frame_bytes:u payload_bytes:u unanswered_per_queue:u subscriptions:u operations_per_s:u',
  Result:
    'op_id:u status:u error_message:s may_retry:b payload:v seq:u next:s entries:Entry* ' +
    'messages:Message* members:s* member_count:u expires_in_ms:u',
  Subscribed:
    'sub:u queue:s epoch:u marks:m mounts:Mount* members:s* member_count:u recovered:b gap:b',
  Mount: 'name:s kind:k entries:Entry*',
  Entry: 'key:s value:v version:u',
  Unsubscribed: 'sub:u queue:s reason:s may_retry:b',
  Message: 'sub:u mount:s seq:u from:s payload:v sent_at_ms:u history:b',
  State: 'sub:u mount:s seq:u from:s changes:StateChange* conflated:b',
  StateChange: 'key:s value:v deleted:b version:u',
  Roster: 'sub:u - seq:u users:s* reason:s',
  MountWord: 'sub:u mount:s seq:u kind:k',
  Gap: 'sub:u mount:s after_seq:u before_seq:u',
  Closing: 'code:u reason:s may_retry:b retry_after_ms:u address:s',
};

export const SCHEMA = Object.fromEntries(
  Object.entries(MESSAGES).map(([message, fields]) => [message, fields.split(' ').map(parsed)]),
) as Record<string, Field[]>;

function parsed(field: string, at: number): Field {
  const [name, type = ''] = field.split(':') as [string, string?];
  return { no: at + 1, name, type: type.replace('*', ''), isList: type.endsWith('*') };
}
