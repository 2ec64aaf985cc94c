//! Ids and secrets that are drawn at random, and how they look as text.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

/// A session's number on the links of a lane, which is its place in the lane's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(NonZeroU32);

impl Handle {
    /// The session in this place.
    #[inline]
    pub fn at(place: usize) -> Handle {
        Handle::named(place as u32)
    }

    /// Its place.
    #[inline]
    pub fn place(self) -> usize {
        self.number() as usize
    }

    /// The session that a frame names by this number.
    #[inline]
    pub fn named(number: u32) -> Handle {
        Handle(NonZeroU32::MIN.saturating_add(number))
    }

    /// The number by which frames name it.
    #[inline]
    pub fn number(self) -> u32 {
        self.0.get() - 1
    }

    /// Nobody, or the session that a field names in which 0 is nobody.
    #[inline]
    pub fn or_nobody(number: u32) -> Option<Handle> {
        NonZeroU32::new(number).map(Handle)
    }

    /// How a field names it in which 0 is nobody.
    #[inline]
    pub fn number_or_nobody(handle: Option<Handle>) -> u32 {
        handle.map_or(0, |handle| handle.0.get())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// A lane's number for a queue on all its links, which is the queue's place in the lane's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sub(NonZeroU32);

impl Sub {
    /// The queue in this place.
    #[inline]
    pub fn at(place: usize) -> Sub {
        Sub(NonZeroU32::MIN.saturating_add(place as u32))
    }

    /// Its place.
    #[inline]
    pub fn place(self) -> usize {
        self.number() as usize - 1
    }

    /// The number by which frames name it.
    #[inline]
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// No queue, or the one that a field names in which 0 is none.
    #[inline]
    pub fn or_none(number: u32) -> Option<Sub> {
        NonZeroU32::new(number).map(Sub)
    }

    /// How a field names it in which 0 is none.
    #[inline]
    pub fn number_or_none(sub: Option<Sub>) -> u32 {
        sub.map_or(0, Sub::number)
    }
}

impl fmt::Debug for Sub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// A login of a user: the hash of the user queue's name, so that any gateway finds its home, and 64
/// random bits. Knowing one gives no power: a resume takes the [`Secret`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// The id of a new session of the user whose queue's name has this hash.
    pub fn new(user_queue_hash: u64, random: u64) -> SessionId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&user_queue_hash.to_be_bytes());
        bytes[8..].copy_from_slice(&random.to_be_bytes());
        SessionId(bytes)
    }

    /// The hash of the name of the user's queue.
    pub fn user_queue_hash(self) -> u64 {
        u64::from_be_bytes(self.0[..8].try_into().expect("eight of sixteen bytes"))
    }

    /// The id in 32 hexadecimal digits, or nothing.
    pub fn parse(text: &str) -> Option<SessionId> {
        hex::parse(text).map(SessionId)
    }
}

impl TryFrom<&[u8]> for SessionId {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(SessionId)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

/// What proves that whoever resumes a session is the one who had it. Never logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl Secret {
    /// The secret in 32 hexadecimal digits, or nothing.
    pub fn parse(text: &str) -> Option<Secret> {
        hex::parse(text).map(Secret)
    }

    /// The secret as the client gets it.
    pub fn reveal(&self) -> String {
        struct Revealed<'a>(&'a Secret);
        impl fmt::Display for Revealed<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(&self.0.0, f)
            }
        }
        Revealed(self).to_string()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Names a connection of the fallback over HTTP: whoever knows it speaks for the client. Never
/// logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionName(pub [u8; 16]);

impl ConnectionName {
    /// The name in 32 hexadecimal digits, or nothing.
    pub fn parse(text: &str) -> Option<ConnectionName> {
        hex::parse(text).map(ConnectionName)
    }

    /// The name as the client gets it.
    pub fn reveal(&self) -> String {
        Secret(self.0).reveal()
    }
}

impl TryFrom<&[u8]> for ConnectionName {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(ConnectionName)
    }
}

impl fmt::Debug for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionName(…)")
    }
}

/// One incarnation of a queue: 48 random bits, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// An epoch of 48 of these random bits.
    pub fn from_random(bits: u64) -> Epoch {
        Epoch((bits & 0xffff_ffff_ffff).max(1))
    }

    /// The epoch of this number as it came over a wire; 0 is none.
    pub fn from_wire(number: u64) -> Option<Epoch> {
        (1..1 << 48).contains(&number).then_some(Epoch(number))
    }

    /// The number as it travels.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A session's generation: its user's queue gives it a higher one with each login and each resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(NonZeroU64);

impl Generation {
    /// The lowest: what stands where one isn't read yet.
    pub const FIRST: Generation = Generation(NonZeroU64::MIN);
    /// Higher than any that a user queue gives: what is below it is over for good.
    pub const LAST: Generation = Generation(NonZeroU64::MAX);

    /// The number as it travels.
    #[inline]
    pub fn number(self) -> u64 {
        self.0.get()
    }

    /// The next higher one.
    #[inline]
    pub fn next(self) -> Generation {
        Generation(self.0.saturating_add(1))
    }

    /// None, or the generation that a field names in which 0 is none.
    #[inline]
    pub fn or_none(number: u64) -> Option<Generation> {
        NonZeroU64::new(number).map(Generation)
    }

    /// How a field names it in which 0 is none.
    #[inline]
    pub fn number_or_none(generation: Option<Generation>) -> u64 {
        generation.map_or(0, Generation::number)
    }
}

/// Hexadecimal text of 16 bytes.
mod hex {
    use std::fmt;

    pub(super) fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }

    pub(super) fn parse(text: &str) -> Option<[u8; 16]> {
        let digits = text.as_bytes();
        if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Generation, Handle, Sub};

    #[test]
    fn a_handle_is_a_place_and_leaves_space_for_nobody() {
        for number in [0, 1, 7, u32::MAX - 1] {
            let handle = Handle::named(number);
            assert_eq!((handle.number(), handle.place()), (number, number as usize));
            assert_eq!(Handle::at(handle.place()), handle);
            let field = Handle::number_or_nobody(Some(handle));
            assert_eq!((field, Handle::or_nobody(field)), (number + 1, Some(handle)));
        }
        assert_eq!((Handle::number_or_nobody(None), Handle::or_nobody(0)), (0, None));
        assert_eq!(size_of::<Option<Handle>>(), size_of::<u32>());
    }

    #[test]
    fn a_sub_is_a_place_and_leaves_space_for_none() {
        for place in [0, 1, 7] {
            let sub = Sub::at(place);
            assert_eq!((sub.place(), sub.number()), (place, place as u32 + 1));
            assert_eq!(Sub::or_none(Sub::number_or_none(Some(sub))), Some(sub));
        }
        assert_eq!((Sub::number_or_none(None), Sub::or_none(0)), (0, None));
        assert_eq!(size_of::<Option<Sub>>(), size_of::<u32>());
    }

    #[test]
    fn a_generation_leaves_space_for_none() {
        for number in [0, 1, u64::MAX] {
            let generation = Generation::or_none(number);
            assert_eq!(Generation::number_or_none(generation), number);
            assert_eq!(generation.map(Generation::number), (number > 0).then_some(number));
        }
        assert_eq!(size_of::<Option<Generation>>(), size_of::<u64>());
    }
}
