//! What both ends of every link say: the handshake, beats, and whose bucket the next frames are
//! about. The schema is `proto/schema/link.proto`.

pub use crate::schema::link::*;

pub use crate::schema::g2q::field::g2q::{AT, BEAT, HELLO, PROOF, REFUSE};

#[cfg(test)]
mod tests {
    use super::{AT, BEAT, HELLO, PROOF, REFUSE};
    use crate::schema::{b2n, g2q, n2b, q2g, q2q};

    #[test]
    fn what_links_say_has_the_same_numbers_in_every_envelope() {
        macro_rules! check {
            ($($envelope:path),*) => {$({
                use $envelope as other;
                let numbers = [other::HELLO, other::PROOF, other::REFUSE, other::BEAT];
                assert_eq!(numbers, [HELLO, PROOF, REFUSE, BEAT], stringify!($envelope));
            })*};
        }
        check!(b2n::field::b2n, g2q::field::g2q, n2b::field::n2b, q2g::field::q2g, q2q::field::q2q);
        assert_eq!([g2q::field::g2q::AT, q2g::field::q2g::AT, q2q::field::q2q::AT], [AT; 3]);
    }
}
