//! What a client of the fallback over HTTP has posted to another lane than its connection's:
//! brought to the lane where its session has its seat, and that one's word brought back (ADR 23).
//! Nothing of it is kept: if a link ends meanwhile, no answer comes, and the client posts again.

use link::machine::LinkId;
use proto::g2q;
use proto::ids::SessionId;
use proto::link::Role;
use proto::posted::Posted;
use proto::q2g::{self, q2g::Body};
use proto::wire;

use crate::machine::bucket::Bucket;
use crate::machine::turn::Turn;

impl Bucket {
    /// `carry`: a lane hasn't the connection.
    pub(crate) fn carry(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        carry: g2q::Carry,
        id: SessionId,
    ) {
        let g2q::Carry { number, connection, count, frames, .. } = carry;
        match self.carries_to(id) {
            Ok(seat) => {
                let asker = link.0;
                let carried = q2g::Carried { asker, number, connection, count, frames };
                let message = q2g::Q2g { body: Some(Body::Carried(carried)) };
                self.say(turn, seat, |out| wire::put_message(out, &message));
            }
            Err(posted) => self.answer_carry(turn, link, number, posted.status()),
        }
    }

    /// `carried_taken`: the lane that has the connection has decided. The number of the link may be
    /// another lane's by now, which drops what it hasn't asked.
    pub(crate) fn carried_taken(&mut self, turn: &mut Turn<'_>, taken: g2q::CarriedTaken) {
        let link = LinkId(taken.asker);
        let state = turn.shared.links.get(link);
        if state.is_some_and(|state| state.peer.role == Role::Gateway && !state.ending) {
            self.answer_carry(turn, link, taken.number, taken.status);
        }
    }

    fn answer_carry(&mut self, turn: &mut Turn<'_>, link: LinkId, number: u64, status: u32) {
        let taken = q2g::CarryTaken { number, status };
        let message = q2g::Q2g { body: Some(Body::CarryTaken(taken)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    /// The link of the lane where a session is heard. One that is there and isn't heard may be
    /// introduced in a moment.
    fn carries_to(&self, id: SessionId) -> Result<LinkId, Posted> {
        if self.stopped(false).is_some() {
            return Err(Posted::NotNow);
        }
        let key = self.state.people().find(id).ok_or(Posted::Gone)?;
        self.state.logins().present(key).ok_or(Posted::Gone)?;
        self.seats.get(&key).map(|seat| seat.link).ok_or(Posted::NotNow)
    }
}
