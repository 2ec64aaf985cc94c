//! What is answered: the statuses of operations and the codes of closing, each as a table.

/// How an operation ended. The numbers are gRPC's canonical ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "STATUSES says what each means")]
pub enum Status {
    Ok = 0,
    OutcomeUnknown = 2,
    Invalid = 3,
    NotFound = 5,
    Forbidden = 7,
    Limit = 8,
    Precondition = 9,
    Conflict = 10,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// A row of the table of statuses.
#[derive(Debug, Clone, Copy)]
pub struct StatusRow {
    /// Which status.
    pub status: Status,
    /// As it stands in JSON and in documents.
    pub name: &'static str,
    /// The status of an HTTP response that says the same.
    pub http: u16,
    /// What it means, for whoever gets it.
    pub meaning: &'static str,
}

/// All statuses, by number.
pub const STATUSES: [StatusRow; 12] = [
    row(Status::Ok, "ok", 200, "done"),
    row(
        Status::OutcomeUnknown,
        "outcome_unknown",
        504,
        "the operation may or may not have run; the server can't tell",
    ),
    row(Status::Invalid, "invalid", 400, "the operation is malformed; the message says where"),
    row(Status::NotFound, "not_found", 404, "no such queue, mount, key, user or method"),
    row(Status::Forbidden, "forbidden", 403, "not allowed for this user, member or key"),
    row(Status::Limit, "limit", 429, "a limit named in the message is reached"),
    row(Status::Precondition, "precondition", 409, "a condition of the operation does not hold"),
    row(Status::Conflict, "conflict", 409, "it clashes with what is already there"),
    row(Status::Unimplemented, "unimplemented", 501, "this server does not know the operation"),
    row(
        Status::Internal,
        "internal",
        500,
        "a bug of the server: nothing was done, and others are not harmed; report it",
    ),
    row(Status::Unavailable, "unavailable", 503, "not now; nothing was done; try again"),
    row(Status::Unauthenticated, "unauthenticated", 401, "no valid credentials"),
];

const fn row(status: Status, name: &'static str, http: u16, meaning: &'static str) -> StatusRow {
    StatusRow { status, name, http, meaning }
}

impl Status {
    /// The status of this number.
    pub fn from_number(number: u32) -> Option<Status> {
        STATUSES.iter().map(|row| row.status).find(|status| *status as u32 == number)
    }

    /// The number on the wire.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The status' row.
    pub fn row(self) -> &'static StatusRow {
        STATUSES.iter().find(|row| row.status == self).expect("every status has its row")
    }
}

/// Why a gateway closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
#[allow(missing_docs, reason = "CLOSES says what each means")]
pub enum Close {
    Bye = 3000,
    Draining = 3001,
    HomeLost = 3002,
    PingTimeout = 3003,
    Overloaded = 3004,
    Slow = 3008,
    Rate = 3009,
    TokenExpired = 3010,
    Replaced = 3500,
    BadToken = 3501,
    BadFrame = 3502,
    Forbidden = 3503,
    ConnectTimeout = 3504,
    Version = 3505,
    AlreadyConnected = 3506,
    FrameTooLarge = 3507,
    NotConnected = 3508,
    Resumed = 3509,
}

/// A row of the table of close codes.
#[derive(Debug, Clone, Copy)]
pub struct CloseRow {
    /// Which code.
    pub close: Close,
    /// As it stands in metrics and documents.
    pub name: &'static str,
    /// What it means, and what the client's author can do.
    pub meaning: &'static str,
}

/// All close codes, by number. Up to 3499 the client may connect again, from 3500 on it may not.
pub const CLOSES: [CloseRow; 18] = [
    close(Close::Bye, "bye", "the client said bye"),
    close(Close::Draining, "draining", "this gateway is shutting down; connect to another"),
    close(
        Close::HomeLost,
        "home_lost",
        "no such session, or its secret is outdated; connect again without `resume`",
    ),
    close(Close::PingTimeout, "ping_timeout", "no answer to a ping; connect again"),
    close(Close::Overloaded, "overloaded", "this gateway is full; try another, or later"),
    close(
        Close::Slow,
        "slow",
        "the client reads more slowly than events arrive; subscribe to less",
    ),
    close(Close::Rate, "rate", "the client sends, logs in or connects more often than allowed"),
    close(
        Close::TokenExpired,
        "token_expired",
        "the token has expired; connect again with a new one",
    ),
    close(Close::Replaced, "replaced", "the user logged in elsewhere"),
    close(Close::BadToken, "bad_token", "the credentials are not valid; the reason says why"),
    close(Close::BadFrame, "bad_frame", "the bytes are not a frame of this protocol"),
    close(Close::Forbidden, "forbidden", "this user may not connect, or was disconnected"),
    close(Close::ConnectTimeout, "connect_timeout", "no `connect` in time after the socket opened"),
    close(Close::Version, "version", "the gateway doesn't speak the client's protocol version"),
    close(
        Close::AlreadyConnected,
        "already_connected",
        "a second `connect`, or the user's older login is kept",
    ),
    close(Close::FrameTooLarge, "frame_too_large", "a frame above the limit in `welcome`"),
    close(Close::NotConnected, "not_connected", "the first frame must be `connect`"),
    close(Close::Resumed, "resumed", "the session continues on another connection"),
];

const fn close(close: Close, name: &'static str, meaning: &'static str) -> CloseRow {
    CloseRow { close, name, meaning }
}

impl Close {
    /// The code of this number.
    pub fn from_number(number: u32) -> Option<Close> {
        CLOSES.iter().map(|row| row.close).find(|close| *close as u32 == number)
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Whether the client may come back.
    pub fn may_retry(self) -> bool {
        self.number() < 3500
    }

    /// The code's row.
    pub fn row(self) -> &'static CloseRow {
        CLOSES.iter().find(|row| row.close == self).expect("every code has its row")
    }
}
