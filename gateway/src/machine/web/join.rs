//! `join_user` in two steps: the user's own queue says which sessions there are, then the queue
//! that is to be joined makes them members. What is asked of that queue meanwhile waits behind it,
//! so that requests of one API key to one queue keep their order.

use std::collections::{BTreeMap, VecDeque};

use proto::codes::Status;
use proto::g2c;
use proto::g2q::{self, Guest, request::Body};
use proto::ids::SessionId;
use proto::limits;
use proto::name::{self, UserId};
use proto::q2g::{SessionInfo, UserInfo};

use super::{Sending, Waiting, Web, WebReply, WebRequest, no_table, queue_of};
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;

/// What a look-up holds up: requests of one API key to one queue, and nobody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LookupId {
    key_id: u64,
    queue_hash: u64,
}

/// The requests behind each look-up, whose first waits for a user's sessions.
pub(super) type Lookups = BTreeMap<LookupId, VecDeque<WebRequest>>;

impl Web {
    /// Sends a request, or lets it wait behind those to the same queue that aren't sent yet. They
    /// are no more than what a gateway takes of requests at all.
    pub(super) fn request_in_order(
        &mut self,
        request: WebRequest,
        desk: &mut Desk,
    ) -> Result<(), (Status, String)> {
        let lookup = LookupId { key_id: request.key_id, queue_hash: queue_of(&request)?.hash() };
        if let Some(behind) = self.lookups.get_mut(&lookup) {
            behind.push_back(request);
            return Ok(());
        }
        let Body::JoinUser(join) = &request.body else {
            return self.request_of_queue(request, desk);
        };
        let user = UserId::try_from(&*join.user)
            .map_err(|error| (Status::Invalid, format!("user: {error}")))?;
        let of_user = name::hash(name::user_queue(user).as_bytes());
        let bucket = desk.upstream.bucket_of(of_user).ok_or_else(no_table)?;
        let body = Body::GetUser(g2q::GetUser { user: join.user.clone() });
        let sending = Sending { key_id: request.key_id, ..Sending::READ };
        self.send_request((bucket, Some(of_user)), Waiting::Sessions(lookup), body, sending, desk)?;
        self.lookups.insert(lookup, VecDeque::from([request]));
        Ok(())
    }

    /// The user's own queue has answered, or can't be reached: the first request goes on, and what
    /// waited behind it.
    pub(super) fn looked_up(
        &mut self,
        lookup: LookupId,
        status: u32,
        user: Option<UserInfo>,
        desk: &mut Desk,
        out: &mut Outbox,
    ) {
        let Some(mut behind) = self.lookups.remove(&lookup) else { return };
        if let Some(first) = behind.pop_front() {
            let number = first.number;
            let is_discreet = matches!(&first.body, Body::JoinUser(join) if join.discreet);
            let sent = match guests(status, user, is_discreet) {
                Ok(guests) => self.request_of_queue(with_guests(first, guests), desk),
                Err(refusal) => Err(refusal),
            };
            refuse(number, sent, out);
        }
        for request in behind {
            let number = request.number;
            let sent = self.request_in_order(request, desk);
            refuse(number, sent, out);
        }
    }
}

/// The sessions of a user who is to join; none of one that isn't there: that is for the queue to
/// refuse, which may know the request. Who isn't to learn whether the user is there doesn't learn
/// it by another refusal, either.
fn guests(
    status: u32,
    user: Option<UserInfo>,
    is_discreet: bool,
) -> Result<Vec<Guest>, (Status, String)> {
    let is_known = status == Status::Ok.number() || status == Status::NotFound.number();
    if !is_known {
        let sentence = "the user's own queue can't be reached: nothing was done, try again later";
        return Err((Status::Unavailable, sentence.to_owned()));
    }
    let sessions = user.map_or(Vec::new(), |user| user.sessions);
    let is_full = |session: &SessionInfo| session.queues as usize >= limits::SUBSCRIPTIONS_MAX;
    if sessions.iter().any(is_full) {
        if is_discreet {
            return Ok(Vec::new());
        }
        let max = limits::SUBSCRIPTIONS_MAX;
        return Err((Status::Limit, format!("the user is in {max} queues already: leave some")));
    }
    let guest = |session: &SessionInfo| {
        let session_id = SessionId::parse(&session.session_id)?.0.to_vec();
        Some(Guest { session_id, generation: session.generation })
    };
    Ok(sessions.iter().filter_map(guest).collect())
}

fn with_guests(mut request: WebRequest, guests: Vec<Guest>) -> WebRequest {
    if let Body::JoinUser(join) = &mut request.body {
        join.sessions = guests;
    }
    request
}

fn refuse(number: u64, sent: Result<(), (Status, String)>, out: &mut Outbox) {
    if let Err((status, sentence)) = sent {
        let result = g2c::Result::refusal(0, status, sentence);
        out.replies.push(WebReply::of(number, result));
    }
}
