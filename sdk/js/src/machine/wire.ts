/**
 * The messages of docs/protocol.md, sections 6 and 7, as they are in JSON. What comes from the
 * gateway may lack any field that is at its default.
 */

/** A payload, or the value of a key: anything JSON can say, or bytes. */
export type Value = unknown;

export interface Change {
  key: string;
  set?: Value;
  delete?: true;
  add?: number;
  if_version?: number;
  if_absent?: boolean;
  ttl_ms?: number;
  while_present?: boolean;
}

/** The fields of an operation; which ones depends on its kind. */
export interface Body {
  queue?: string;
  mount?: string;
  payload?: Value;
  exclude_self?: boolean;
  changes?: Change[];
  history?: number;
  mounts?: string[];
  key_prefix?: string;
  since?: Place;
  before_seq?: number;
  after?: string;
  limit?: number;
  method?: string;
}

export type OperationKind =
  | 'subscribe'
  | 'unsubscribe'
  | 'send_message'
  | 'send_state'
  | 'get_state'
  | 'get_history'
  | 'list_members'
  | 'call';

/** How far a subscription got. */
export interface Place {
  epoch: number;
  marks: Record<string, number>;
}

export interface Seen extends Place {
  queue: string;
}

export interface Entry {
  key: string;
  value: Value;
  version: number;
}

export interface Mount {
  name: string;
  kind: 'message' | 'state';
  entries?: Entry[];
}

export interface Welcome {
  session_id: string;
  secret: string;
  user: string;
  resumed?: boolean;
  ping_every_ms?: number;
  gateway?: string;
  limits?: { frame_bytes?: number; unanswered_per_queue?: number };
  expires_in_ms?: number;
}

export interface Result {
  op_id: number;
  status?: number;
  error_message?: string;
  may_retry?: boolean;
  payload?: Value;
  seq?: number;
  next?: string;
  entries?: Entry[];
  messages?: Message[];
  members?: string[];
  member_count?: number;
  expires_in_ms?: number;
}

export interface Closing {
  code: number;
  reason?: string;
  retry_after_ms?: number;
  address?: string;
}

export interface Subscribed {
  sub: number;
  queue: string;
  epoch: number;
  marks?: Record<string, number>;
  mounts?: Mount[];
  members?: string[];
  member_count?: number;
  recovered?: boolean;
  gap?: boolean;
}

export interface Unsubscribed {
  queue: string;
  reason?: string;
  may_retry?: boolean;
}

export interface Message {
  mount: string;
  seq: number;
  from?: string;
  payload: Value;
  sent_at_ms: number;
  history?: boolean;
}

export interface StateChange {
  key: string;
  value?: Value;
  deleted?: boolean;
  version: number;
}

export interface State {
  mount: string;
  seq: number;
  from?: string;
  changes?: StateChange[];
  conflated?: boolean;
}

export interface Roster {
  seq: number;
  users?: string[];
  reason?: string;
}

export interface MountWord {
  mount: string;
  kind: 'message' | 'state';
  seq: number;
}

export interface Gap {
  mount: string;
  after_seq?: number;
  before_seq: number;
}

/** What a subscribed queue says, by its kind. */
export interface QueueWords {
  subscribed: Subscribed;
  message: Message;
  state: State;
  joined: Roster;
  left: Roster;
  mount_created: MountWord;
  mount_deleted: MountWord;
  gap: Gap;
}

/** One message of the transport, to be sent. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** The bytes on the wire for envelopes, and back. */
export interface Codec {
  /** One envelope. Throws a `TypeError` or `RangeError` for what the wire can't carry. */
  encode(kind: string, body: object): Frame;
  /** An operation, encoded with `op_id: 0` as its first field, under its id. */
  number(frame: Frame, opId: number): Frame;
  /** In bytes. */
  size(frame: Frame): number;
  /** The envelopes in one message of the transport. Throws if it holds none. */
  decode(data: unknown): [kind: string, body: unknown][];
}
