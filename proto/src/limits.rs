//! Every bound in one place, each with its reason, and what must hold between them.

/// Numbers of the protocol are below 2^53, so that every JSON reader holds them exactly.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// A name is a key in many maps and travels with each operation.
pub const QUEUE_NAME_BYTES_MAX: usize = 255;
/// Mount names travel with each event.
pub const MOUNT_NAME_BYTES_MAX: usize = 64;
/// A user id is a segment of `/user/<id>`, with space to spare.
pub const USER_ID_BYTES_MAX: usize = 200;
/// Node ids are typed by operators and stand in tables.
pub const NODE_ID_BYTES_MAX: usize = 64;
/// What a client calls itself is shown to operators, nothing else.
pub const CLIENT_NAME_BYTES_MAX: usize = 64;
/// A client's id is 128 random bits in hexadecimal, or less; its user's home keeps one per session.
pub const CLIENT_ID_BYTES_MAX: usize = 32;

/// 65,536 buckets serve 8,192 queue nodes; a table of them is a few megabytes.
pub const BUCKET_BITS_MAX: u8 = 16;
/// Fewer buckets than 8 per queue node would leave nodes unevenly loaded.
pub const BUCKETS_PER_NODE_MIN: usize = 8;

/// One message or value: large ones belong into a store, with a link in the message.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// A key of a state mount is a word, not a document.
pub const KEY_BYTES_MAX: usize = 255;
/// Changes of one `send_state`: enough for a game's tick, few enough to stay one event.
pub const CHANGES_MAX: usize = 256;
/// One frame of a client: a `send_state` of many values, or a resume with many queues.
pub const CLIENT_FRAME_BYTES_MAX: usize = 256 * 1024;
/// Before `connect` is accepted, a client may have a token and nothing more.
pub const UNAUTHENTICATED_BYTES_MAX: usize = 16 * 1024;
/// A token is a few claims and a signature.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// A pong goes at once to a client with no more than this unsent; behind more it waits.
pub const PONG_UNSENT_BYTES_MAX: usize = 4 * 1024;
/// So much of a client whose connection is over is read and thrown away, so that it can read why:
/// what was on its way, not what it goes on sending.
pub const DISCARDED_BYTES_MAX: u32 = 1024 * 1024;
/// The head of a request for a WebSocket: some twenty lines and the cookies of a site. Longer ones
/// are refused, however they come.
pub const UPGRADE_BYTES_MAX: usize = 8 * 1024;
/// Its header lines: browsers send some twenty, and proxies add a few.
pub const UPGRADE_LINES_MAX: usize = 64;
/// What one `POST` of the fallback brings: the largest frame in JSON, and what says whose it is.
pub const POST_BYTES_MAX: usize = CLIENT_FRAME_BYTES_MAX + 1024;
/// All bodies of which a lane waits for the rest: sixteen of the largest.
pub const POSTS_READ_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What a lane has carried elsewhere and wasn't answered: four of the largest, some thousand
/// ordinary ones.
pub const POSTS_CARRIED_BYTES_MAX: usize = 1024 * 1024;
/// A proxy's header: of version 1 it is at most 107 bytes, of version 2 seldom more than 300, with
/// what is added about TLS.
pub const PROXY_HEADER_BYTES_MAX: usize = 1024;
/// A secret or key of a cluster: of fewer bytes even random ones can be guessed from what was heard
/// on the wire.
pub const SECRET_BYTES_MIN: usize = 16;
/// Cluster configurations that the boss keeps, the present one included: enough to go back behind a
/// day of trying.
pub const CONFIGURATIONS_MAX: usize = 16;
/// Bytes of those that count no more: they are written with each step of the boss.
pub const CONFIGURATIONS_BYTES_MAX: usize = 256 * 1024;
/// Problems that are told of one document: more are no help, and each has it read once more.
pub const DOCUMENT_PROBLEMS_MAX: usize = 100;
/// Keys of a gateway: those that rotate at one issuer, with space for several issuers.
pub const TOKEN_KEYS_MAX: usize = 32;
/// A file or document of keys: [`TOKEN_KEYS_MAX`] of them with their certificates.
pub const TOKEN_KEYS_BYTES_MAX: usize = 256 * 1024;

/// Operations without an answer, per session and queue: results of so many are remembered.
pub const UNANSWERED_PER_QUEUE_MAX: usize = 32;
/// A result larger than this is not remembered, only its status.
pub const REMEMBERED_RESULT_BYTES_MAX: usize = 256;
/// A person is in some rooms, not in all of them.
pub const SUBSCRIPTIONS_MAX: usize = 256;
/// Sessions one user may have at once: more are a program gone wild.
pub const SESSIONS_MAX: usize = 64;
/// Logins of a user that end another session of theirs: so many at once, then one more each second.
pub const EVICTIONS_BURST: u64 = 10;
/// Operations of one session without an answer, over all queues: a subscribe to every queue that a
/// session may be in, several times over.
pub const UNANSWERED_PER_SESSION_MAX: u32 = 4 * SUBSCRIPTIONS_MAX as u32;
/// After a burst of those logins, one more in this time.
pub const EVICTION_EVERY_MS: u64 = 1000;
/// So many secrets are known that a session has left behind: one for each resume that a `connect`
/// can be late by.
pub const SECRETS_LEFT_BEHIND_MAX: usize = 4;
/// Queues that a user may create at once by subscribing: a person opens some rooms, a program gone
/// wild thousands.
pub const CREATIONS_BURST: u64 = 200;
/// After that, one more in this time.
pub const CREATION_EVERY_MS: u64 = 100;
/// Mounts a subscription may name.
pub const FILTER_MOUNTS_MAX: usize = 16;

/// Mounts of one queue.
pub const MOUNTS_MAX: usize = 16;
/// Members of one queue, unless its class says less.
pub const MEMBERS_MAX: usize = 1_000_000;
/// Keys of one state mount.
pub const KEYS_MAX: usize = 65_536;
/// Bytes of keys and values of one state mount: a snapshot of it must fit into one link frame.
pub const STATE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one message mount's history.
pub const HISTORY_BYTES_MAX: usize = 1024 * 1024;
/// Messages of one message mount's history.
pub const HISTORY_COUNT_MAX: usize = 10_000;
/// Entries in one page of a read.
pub const PAGE_MAX: usize = 1000;
/// Bytes of one page of a read, so that a result stays a frame of ordinary size.
pub const PAGE_BYTES_MAX: usize = 512 * 1024;
/// A time to live: 30 days. Longer is a database's.
pub const TTL_MS_MAX: u64 = 30 * 24 * 3600 * 1000;

/// A queue's replay log: what a returning subscriber can have missed in 2 × grace at a fair rate.
pub const REPLAY_LOG_BYTES_MAX: usize = 64 * 1024;
/// All replay logs of a queue node together; the longest gives first.
pub const REPLAY_LOGS_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Idempotency keys a bucket remembers, 100 bytes each. Each API key has a share, alone a half,
/// which is 4,000 new ones a second. Beyond that its requests with new keys are refused.
pub const IDEMPOTENCY_KEYS_MAX: usize = 1_000_000;
/// Keys that gateways draw for writes without one, per bucket and shared out likewise: alone 33,000
/// writes a second of an API key.
pub const KEYLESS_KEYS_MAX: usize = 1_000_000;
/// An Idempotency-Key is a UUID or a hash.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Words of a queue node to the queues of one bucket that wait for an answer: 30 seconds of
/// 2,000 joins a second. Each user has a share: beyond it, that user can't join queues of this
/// node.
pub const WORDS_PER_BUCKET_MAX: usize = 64 * 1024;
/// All such words of a queue node, some 200 bytes each, shared out in the same way.
pub const WORDS_MAX: usize = 1024 * 1024;

/// Connections of one address at once: an office or a school. A mobile provider's shared address
/// may need more; a proxy's are told apart by the PROXY protocol.
pub const ADDRESS_CONNECTIONS_MAX: u32 = 1_000;
/// Attempts to connect from one address, per second in the long run: in half a minute all who may
/// be there have come one by one.
pub const ADDRESS_ATTEMPTS_PER_S: u32 = 50;
/// Addresses a gateway remembers, 24 bytes each: more than its connections, and than come in the
/// half minute for which an attempt counts.
pub const ADDRESSES_MAX: usize = 256 * 1024;

/// What the kernel keeps of a client's output until the client has acknowledged it: `SO_SNDBUF`,
/// which the kernel doubles, since it counts its own structures, too. Left alone it grows to
/// megabytes for whoever doesn't read. 128 KiB are 1 MB/s to a client that is 100 ms away; what one
/// turn brings to an ordinary client is a tenth of it.
pub const CLIENT_SEND_BUFFER_BYTES: usize = 64 * 1024;
/// What of it isn't even sent: `TCP_NOTSENT_LOWAT`. More waits in the lane, where state is
/// conflated and old messages are dropped, and a client that never reads costs the kernel no more
/// than this and one segment. With less the lane would be woken more often for those who read
/// slowly: it is when half of this has left.
pub const CLIENT_UNSENT_BYTES_MAX: usize = 16 * 1024;
/// What the kernel keeps of a client's input while its lane does something else: `SO_RCVBUF`, which
/// the kernel doubles. It is what the kernel begins with; left alone it grows to megabytes for
/// whoever sends fast.
pub const CLIENT_RECEIVE_BUFFER_BYTES: usize = 64 * 1024;
/// Output that a receiver has not taken yet: from here on it is slow and gets less.
pub const SLOW_BYTES: usize = 64 * 1024;
/// What is kept for a slow receiver at most; beyond it the oldest goes, or the connection.
pub const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
/// All connections of a lane together; the one with the most unsent goes first.
pub const LANE_OUTPUT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Items of one batch of the back end: a page's worth; more are sent as several batches.
pub const BATCH_MAX: usize = 1000;
/// Items of a batch that read state or histories: all their pages are held at once.
pub const BATCH_PAGES_MAX: usize = 64;
/// The body of a batch: its items are small, or few.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Requests of back ends that wait for an answer, per gateway, items of batches counted. Each API
/// key has an equal part, of one batch at least.
pub const WEB_REQUESTS_MAX: usize = 64 * 1024;
/// Bytes of bodies and answers of back ends that a gateway holds at once, divided like the
/// requests: the largest batches of 16 connections.
pub const WEB_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What the requests of one key may cost that are at the lane at once; the others wait in the
/// key's own line. Twice what a queue node does in the time of a round trip, so that a key alone is
/// not held up, and others have no more than this before them.
pub const WEB_WINDOW_COST: usize = 4096;
/// One in so many bytes of a request costs as much as a request.
pub const WEB_COST_BYTES: usize = 4096;
/// A page of a read may be [`PAGE_BYTES_MAX`] long: so many entries cost as much as a request.
pub const WEB_COST_ENTRIES: usize = 16;
/// What one key reads or writes of JSON before another one may: less than a millisecond.
pub const WEB_PASS_BYTES: usize = 64 * 1024;
/// Connections of one port for HTTP: pools of web servers and scrapers, not people.
pub const WEB_CONNECTIONS_MAX: usize = 4096;
/// Peers of such a port that are sent away and still hear why; more are closed without a word.
pub const WEB_SENT_AWAY_MAX: usize = 64;
/// Heads of requests over HTTP: a key, an Idempotency-Key, and what proxies add.
pub const WEB_HEAD_BYTES_MAX: usize = 32 * 1024;
/// Lines of such a head.
pub const WEB_HEAD_LINES_MAX: usize = 100;
/// What the kernel may keep of answers that a peer doesn't read; the rest waits in the process,
/// where it is counted. More than any answer but large pages and batches.
pub const WEB_SEND_BUFFER_BYTES: usize = 128 * 1024;
/// The rest of a body that nobody wants is read up to here, so that the connection can go on.
pub const WEB_REST_BYTES_MAX: usize = 64 * 1024;
/// How long for that rest is waited.
pub const WEB_REST_MS_MAX: u64 = 2_000;
/// How long a connection over HTTP is listened to that has had its last answer, so that the peer,
/// if it still sends, can read it: closing on unread bytes takes the answer away again.
pub const WEB_LINGER_MS_MAX: u64 = 5_000;
/// How long it is listened to if nothing comes.
pub const WEB_LINGER_SILENT_MS_MAX: u64 = 1_000;
/// How much it is listened to: a large file, sent by mistake, at the pace of this machine.
pub const WEB_LINGER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Hops that a thread keeps of one trace: some thousand a second, asked for four times a second.
pub const TRACE_HOPS_MAX: usize = 1_024;
/// Hops of one answer to the boss, from all threads of a process, so that it isn't too long for it.
/// Each thread has an equal part; what is behind it comes with the next answer.
pub const TRACE_ANSWER_HOPS_MAX: usize = 2_048;
/// Queues and users followed at a time, by a thread and by the boss: each costs a look for every
/// event and operation.
pub const TRACES_MAX: usize = 4;
/// A trace ends so long after the last question: of a boss that is late, some are missing.
pub const TRACE_UNASKED_MS: u64 = 5_000;
// With the longest names a hop has less than a KiB.
const _: () = assert!(TRACE_ANSWER_HOPS_MAX * 1024 <= CALL_ANSWER_BYTES_MAX);

/// One frame of a link: the snapshot of a queue with all its mounts.
pub const LINK_FRAME_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Unsent bytes of a link before the link is ended and comes back by attaching.
pub const LINK_BACKLOG_BYTES_MAX: usize = 256 * 1024 * 1024;
/// A queue node takes no more frames of a lane with so much unsent: what one frame makes, the
/// snapshot of a queue, then still fits.
pub const LINK_PAUSE_BYTES: usize = 32 * 1024 * 1024;
/// Snapshots that wait for the end of a turn, about: beyond it they are let out as they are asked
/// for, so that what a link has unsent is known before the next is made.
pub const SNAPSHOTS_PER_TURN_BYTES: usize = 16 * 1024 * 1024;
/// Unanswered operations a lane keeps per bucket; more are refused as `unavailable`.
pub const UNANSWERED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a boss asks of a process for an operator: the body of a request.
pub const CALL_BYTES_MAX: usize = 64 * 1024;
/// What it is answered: a page of state, with what JSON adds to it. It goes over the link that
/// beats go over, so it is no more.
pub const CALL_ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// So many such requests a process has under way: people ask one at a time.
pub const CALLS_MAX: usize = 16;
/// A process answers by then, or says that it couldn't.
pub const CALL_MS_MAX: u64 = 4_000;
/// Gateways that are named to all others as having room for clients: so many that those of one that
/// drains are spread, and few bytes.
pub const DOORS_MAX: usize = 16;
/// What a gateway advertises of its door, at most: one way in by TCP, one by WebSocket, and what
/// newer ones may have beside them.
pub const DOOR_ADDRESSES_MAX: usize = 4;
/// One of them: a name of 253 bytes, a scheme, a port.
pub const DOOR_ADDRESS_BYTES_MAX: usize = 270;
/// The boss looks this often who has room: gateways report as often.
pub const DOORS_PAUSE_MS: u64 = 1_000;
/// It says so at least this often, though nothing has changed.
pub const DOORS_EVERY_MS: u64 = 10_000;
/// So long a gateway believes what it last heard of that.
pub const DOORS_BELIEVED_MS: u64 = 30_000;
/// Connections beyond those that a lane may have, of clients that are to be told where else to go.
pub const HANDED_ON_MAX: usize = 64;
/// Letters that a thread hasn't read yet; of those that say how things are now, one of each kind
/// more.
pub const LETTERS_MAX: usize = 4096;
/// Handles and subs a lane may use: it has no more sockets than that.
pub const HANDLES_MAX: u32 = 1 << 22;
/// Placeholders of one list of unanswered operations: a client refused so often is closed rather
/// than answered.
pub const UNANSWERED_PLACEHOLDERS_MAX: usize = 64 * 1024;
/// A hello is a few names; nothing larger is read before the proof.
pub const UNPROVEN_FRAME_BYTES_MAX: usize = 1024;
/// A handshake is two frames each way: whoever takes longer, however lively, isn't one of us.
pub const HANDSHAKE_MS: u64 = 5_000;
/// Accepted links of one address that haven't proven themselves yet: all lanes of a large gateway
/// dial at once when a queue node comes back.
pub const UNPROVEN_LINKS_PER_ADDRESS_MAX: usize = 256;
/// All of them: each takes a file and some KiB. The oldest makes space for a newcomer, which needs
/// only two ways there and back.
pub const UNPROVEN_LINKS_MAX: usize = 512;
/// Links accepted in one turn: fewer than may be unproven, so that who has come is heard before it
/// has to make space.
pub const LINKS_ACCEPTED_PER_TURN_MAX: usize = 64;
/// What is shown of a text from outside: a sentence or two, in a log of lines.
pub const FOREIGN_TEXT_BYTES_MAX: usize = 400;
/// Records that wait at a copy for the rest of a snapshot: what a busy bucket records in the
/// seconds that a large snapshot takes. Beyond it the copy begins anew.
pub const COPY_WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a primary keeps of a bucket's records that all copies have, for one that comes
/// back.
pub const TAIL_KEPT_BYTES: usize = 4 * 1024 * 1024;
/// The same of all buckets of a node.
pub const TAILS_KEPT_BYTES: usize = 64 * 1024 * 1024;
/// What is recorded in a bucket and isn't committed yet: beyond it operations are refused.
pub const TAIL_BUCKET_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A learner that lacks less than this of a bucket's records is waited for.
pub const AWAITED_LACKS_BYTES_MAX: usize = 256 * 1024;
/// What is on its way to a node that has copies: beyond it that node is dropped.
pub const STREAM_UNACKNOWLEDGED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What a copy has that it hasn't applied: beyond it the node says that it is full.
pub const COPY_TAIL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// After a boss that couldn't decide, or has refused, a proposal is made again so much later.
pub const PROPOSED_AGAIN_MS: u64 = 1_000;
/// A process whose timer is late by more than this has stood still.
pub const SLEPT_MS: u64 = 200;
/// A probe of a lane waits so long for buckets whose copies lag: it is answered without them then.
pub const PROBE_WAITS_MS_MAX: u64 = DEAD_MS;
/// A copy that no row names is kept so long: its node may be chosen again, and has it then.
pub const UNNAMED_COPY_MS: u64 = 30_000;
/// One slice of a snapshot: so much is written in a turn beside everything else.
pub const SLICE_BYTES: usize = 64 * 1024;
/// Slices that a copy hasn't acknowledged: two round trips' worth on a fast network.
pub const SLICES_UNACKNOWLEDGED_BYTES_MAX: usize = 1024 * 1024;
/// Slices that one turn gives out to all copies together: some tenths of a millisecond of it.
pub const SLICES_TURN_BYTES: usize = 256 * 1024;
/// A log names so many reigns: who has been away for longer gets a snapshot.
pub const OPENINGS_KEPT: usize = 16;
/// A node that takes over a bucket looks after so many of its queues in a turn, or detaches so many
/// of its sessions: some tenths of a millisecond of it, beside everything else.
pub const TAKEN_UP_PER_TURN: u32 = 256;
/// The deadlines of queues that a node has taken over, and snapshots for copies, wait so long for
/// what is said anew then: sessions, subscriptions, and operations without an answer.
pub const TAKE_UP_AFTER_MS: u64 = 200;
/// And so long from one turn to the next: it is at most a quarter of a core for some ten buckets.
pub const TAKE_UP_EVERY_MS: u64 = 4;
/// So often a primary tells a copy what a part of one of its buckets must be, one part after the
/// other.
pub const DIGEST_EVERY_MS: u64 = 100;
/// A part of a bucket that is compared at once has so many places of queues: about a millisecond of
/// a turn, and together one hundredth of a core.
pub const DIGEST_QUEUES: u32 = 512;
/// A node tells those who have copies at least so often what its clock shows: whoever takes over
/// lets a bucket's clock go on from there. So often it also shows a bucket that hasn't changed.
pub const CLOCK_EVERY_MS: u64 = 1_000;
/// A peer that knows more than we do has seen so many more steps at most: an older state was put
/// back here, or a recovery there has left room. From the largest of these jumps to [`NUMBER_MAX`]
/// are hundreds of millions of them, each a step in the store.
pub const NUMBER_AHEAD_MAX: u64 = 1 << 24;

/// A session outlives its socket this long.
pub const GRACE_MS: u64 = 15_000;
/// An active link asks for a sign of life this often.
pub const BEAT_MS: u64 = 100;
/// A quiet link does so this often: it costs a cluster that does nothing next to nothing.
pub const QUIET_BEAT_MS: u64 = 1_000;
/// A peer that gives no sign of life for so long, though it was asked for one, is dead.
pub const DEAD_MS: u64 = 500;
/// The links of a thread that has said something are active for so long.
pub const ACTIVE_MS: u64 = 2_000;
/// So many links away threads are active with it: a lane's node, and the boss and the other lanes
/// beside that, who are to judge a home that the lane finds silent.
pub const ACTIVE_HOPS: u32 = 2;
/// An ask of the web application: a user waits for it. An operation may need two of them, and is
/// given up after a grace.
pub const CALLOUT_MS_MAX: u64 = 7_000;
/// Asks of one gateway that are under way at one call-out.
pub const CALLOUTS_MAX: usize = 10_000;
/// One user holds at most this part of all places, under way and waiting, so that whoever floods
/// leaves space for others.
pub const CALLOUTS_PART_OF_A_USER: usize = 4;
/// But at least so many: who comes back subscribes to several queues at once.
pub const CALLOUTS_OF_A_USER_MIN: usize = 8;
/// Bytes of all asks of a target that are under way or wait: a thousand of the largest payloads.
pub const CALLOUTS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of the operations in all lines of a lane: what call-outs hold of them, once more.
pub const ASKING_LINES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// An answer of the web application is a verdict and at most one payload.
pub const CALLOUT_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Call-outs that their thread hasn't begun yet; lanes bound those under way.
pub const CALLOUTS_UNBEGUN_MAX: usize = 16 * 1024;
/// Tells of one request.
pub const TELLS_PER_REQUEST_MAX: usize = 100;
/// Tells that a lane takes for one target, some kilobyte each at most. The rest stays with the
/// nodes.
pub const TELLS_WAITING_MAX: usize = 10_000;
/// A request with tells may take so long: nobody waits for it.
pub const TELLS_MS_MAX: u64 = 10_000;
/// Tells of a target that a gateway has and hasn't acknowledged: a few of its batches.
pub const TELLS_ON_THE_WAY_MAX: usize = 256;
/// All tells that a node keeps, some 300 bytes each: half a minute of 2,000 a second. Beyond it the
/// oldest of the longest list goes.
pub const TELLS_KEPT_MAX: usize = 64 * 1024;
/// A socket that hasn't connected by then is closed.
pub const CONNECT_MS_MAX: u64 = 5_000;
/// Who is handed a page has it by then: some 300 KB over a bad mobile line.
pub const PAGE_MS_MAX: u64 = 60_000;
/// The body of a `POST` is there by then, counted from its head.
pub const POST_MS_MAX: u64 = 10_000;
/// A connection over which nothing more is posted is closed: proxies and browsers keep theirs about
/// as long.
pub const POST_IDLE_MS_MAX: u64 = 60_000;
/// What was carried elsewhere is answered by then, or is to be sent again.
pub const CARRY_MS_MAX: u64 = 5_000;
/// Something is said on a stream of the fallback at least this often, or proxies close it.
pub const COMMENT_EVERY_MS: u64 = 15_000;
/// A client that was silent for this long is pinged.
pub const PING_EVERY_MS: u64 = 25_000;
/// More pings than one a second would be the load.
pub const PING_EVERY_MS_MIN: u64 = 1_000;
/// Silence of more than ten minutes no address translation bears.
pub const PING_EVERY_MS_MAX: u64 = 600_000;
/// A client that doesn't answer the ping for this long is gone.
pub const PONG_MS_MAX: u64 = 10_000;
/// A write of the back end without an Idempotency-Key is resent by the gateway for this long.
pub const KEYLESS_RESEND_MS: u64 = 5_000;
/// The key that the gateway gives it is remembered for this long.
pub const KEYLESS_REMEMBER_MS: u64 = 15_000;
/// An Idempotency-Key is remembered for this long.
pub const IDEMPOTENCY_MS: u64 = 120_000;
/// A request's head must be there so long after its first byte; a connection's first byte so long
/// after its beginning: who connects has something to ask.
pub const WEB_HEAD_MS_MAX: u64 = 5_000;
/// A connection over HTTP may be idle for so long between two requests.
pub const WEB_IDLE_MS_MAX: u64 = 30_000;
/// One that is idle for so long gives its buffers back.
pub const WEB_DOZE_MS: u64 = 1_000;
/// Of so many idle ones, that is; any more of a port do it at once: 8 KiB each, so that a thousand
/// that ask one thing each and stay take 2 MiB.
pub const WEB_AWAKE_MAX: usize = 256;
/// When all places of a port are taken, who has asked nothing for so long gives way.
pub const WEB_GIVES_WAY_MS: u64 = 1_000;
/// In this time a peer must take [`WEB_STALL_BYTES`] of an answer, or all of it.
pub const WEB_STALL_MS_MAX: u64 = 10_000;
/// What a peer must take of an answer in [`WEB_STALL_MS_MAX`]: less is a trickle.
pub const WEB_STALL_BYTES: usize = 64 * 1024;
/// A request's body must be there by then.
pub const WEB_BODY_MS_MAX: u64 = 10_000;
/// A gateway waits so long for its lane's word, which comes before: a lane gives up after
/// `KEYLESS_RESEND_MS`.
pub const WEB_ANSWER_MS: u64 = 20_000;

/// Copies of a bucket: its primary and two more.
pub const COPIES_MAX: u32 = 3;

/// Whether a number that a peer names can have come about, where ours has come to `known`.
pub const fn is_plausible(named: u64, known: u64) -> bool {
    named < NUMBER_MAX && named <= known.saturating_add(NUMBER_AHEAD_MAX)
}

const _: () = assert!(PAYLOAD_BYTES_MAX * 2 <= CLIENT_FRAME_BYTES_MAX);
const _: () = assert!(STATE_BYTES_MAX * MOUNTS_MAX < LINK_FRAME_BYTES_MAX);
const _: () = assert!(LINK_FRAME_BYTES_MAX < LINK_BACKLOG_BYTES_MAX);
const _: () = assert!(LINK_PAUSE_BYTES + LINK_FRAME_BYTES_MAX <= LINK_BACKLOG_BYTES_MAX / 2);
const _: () = assert!(LINKS_ACCEPTED_PER_TURN_MAX * 2 <= UNPROVEN_LINKS_PER_ADDRESS_MAX);
const _: () = assert!(UNPROVEN_LINKS_PER_ADDRESS_MAX < UNPROVEN_LINKS_MAX);
const _: () = assert!(HANDSHAKE_MS > DEAD_MS);
const _: () = assert!(NUMBER_AHEAD_MAX < NUMBER_MAX / 1_000_000);
const _: () = assert!(SLOW_BYTES * 2 <= OUTPUT_BYTES_MAX);
const _: () = assert!(CLIENT_SEND_BUFFER_BYTES * 2 <= 128 * 1024);
const _: () = assert!(CLIENT_UNSENT_BYTES_MAX * 4 <= CLIENT_SEND_BUFFER_BYTES);
const _: () = assert!(CLIENT_UNSENT_BYTES_MAX < SLOW_BYTES);
const _: () = assert!(PAYLOAD_BYTES_MAX <= CLIENT_RECEIVE_BUFFER_BYTES);
const _: () = assert!(UNAUTHENTICATED_BYTES_MAX >= TOKEN_BYTES_MAX * 2);
const _: () = assert!(WORDS_PER_BUCKET_MAX * 8 <= WORDS_MAX);
const _: () = assert!(BEAT_MS * 3 <= DEAD_MS);
const _: () = assert!(QUIET_BEAT_MS.is_multiple_of(BEAT_MS) && QUIET_BEAT_MS < ACTIVE_MS);
// What a thread is told lasts until it is told again.
const _: () = assert!(BEAT_MS * 2 < DEAD_MS && DEAD_MS < ACTIVE_MS);
const _: () = assert!(PING_EVERY_MS_MIN < PING_EVERY_MS && PING_EVERY_MS < PING_EVERY_MS_MAX);
const _: () = assert!(DOORS_PAUSE_MS < DOORS_EVERY_MS && DOORS_EVERY_MS * 2 < DOORS_BELIEVED_MS);
const _: () = assert!(KEYLESS_RESEND_MS < KEYLESS_REMEMBER_MS);
const _: () = assert!(KEYLESS_RESEND_MS * 2 < WEB_ANSWER_MS);
const _: () = assert!(WEB_DOZE_MS < WEB_HEAD_MS_MAX && WEB_HEAD_MS_MAX < WEB_IDLE_MS_MAX);
const _: () = assert!(WEB_LINGER_SILENT_MS_MAX < WEB_LINGER_MS_MAX);
const _: () = assert!(BATCH_MAX * 16 <= WEB_REQUESTS_MAX && BATCH_BYTES_MAX * 16 <= WEB_BYTES_MAX);
const _: () = assert!(PAGE_BYTES_MAX * 4 <= CALL_ANSWER_BYTES_MAX);
const _: () = assert!(BATCH_MAX < WEB_WINDOW_COST);
const _: () = assert!(CLIENT_FRAME_BYTES_MAX <= BATCH_BYTES_MAX);
const _: () = assert!(DEAD_MS < GRACE_MS);
const _: () = assert!(CALLOUT_MS_MAX * 2 < GRACE_MS);
