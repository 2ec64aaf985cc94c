//! Names that can't be wrong: whoever holds one of these types holds a checked name.

use std::fmt;

use crate::limits;

/// Why a name isn't one. The text says what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum NameError {
    #[error("a queue name is 1 to {} bytes long", limits::QUEUE_NAME_BYTES_MAX)]
    QueueLength,
    #[error("a queue name begins with '/'")]
    NoSlash,
    #[error("a queue name has no empty segment: no '//' and no '/' at its end")]
    EmptySegment,
    #[error("a name has no whitespace and no control character")]
    Unprintable,
    #[error(
        "a name has no invisible character: U+{0:04X} has no width, or turns the text's direction"
    )]
    Invisible(u32),
    #[error("it has no control character")]
    Control,
    #[error("it has no invisible character: U+{0:04X} has no width, or turns the text's direction")]
    Hidden(u32),
    #[error("a name is UTF-8")]
    NotUtf8,
    #[error("a mount name is 1 to {} bytes long", limits::MOUNT_NAME_BYTES_MAX)]
    MountLength,
    #[error("'members' can't be a mount name: it is reserved for users who join and leave")]
    MembersReserved,
    #[error("a user id is 1 to {} bytes long", limits::USER_ID_BYTES_MAX)]
    UserLength,
    #[error("a user id has no '/'")]
    UserSlash,
    #[error("a node id is 1 to {} letters, digits, '-', '_' or '.'", limits::NODE_ID_BYTES_MAX)]
    NodeId,
    #[error("a client's id is at most {} printable ASCII characters", limits::CLIENT_ID_BYTES_MAX)]
    ClientId,
}

/// The name of a queue: `/`-separated, the first character `/`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName<'a>(&'a str);

/// Where a queue belongs by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space<'a> {
    /// The web application's.
    Application,
    /// `/user/<id>`: the management queue of this user.
    User(&'a str),
    /// `/sys/…`, or below a user's queue: nobody's to create.
    Reserved,
}

impl<'a> QueueName<'a> {
    /// The name as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// XXH3-64 of the name's bytes, seed 0. Its top bits choose the bucket.
    pub fn hash(self) -> u64 {
        hash(self.0.as_bytes())
    }

    /// Where the name belongs.
    pub fn space(self) -> Space<'a> {
        match self.0.strip_prefix("/user/") {
            Some(id) if !id.contains('/') => Space::User(id),
            Some(_) => Space::Reserved,
            None if self.0.starts_with("/sys/") || self.0 == "/sys" || self.0 == "/user" => {
                Space::Reserved
            }
            None => Space::Application,
        }
    }
}

/// XXH3-64 of a queue name's bytes, seed 0.
pub fn hash(name: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name)
}

impl<'a> TryFrom<&'a [u8]> for QueueName<'a> {
    type Error = NameError;

    fn try_from(bytes: &'a [u8]) -> Result<Self, NameError> {
        if bytes.is_empty() || bytes.len() > limits::QUEUE_NAME_BYTES_MAX {
            return Err(NameError::QueueLength);
        }
        if bytes[0] != b'/' {
            return Err(NameError::NoSlash);
        }
        if bytes[bytes.len() - 1] == b'/' || bytes.windows(2).any(|pair| pair == b"//") {
            return Err(NameError::EmptySegment);
        }
        printable(bytes).map(QueueName)
    }
}

impl<'a> TryFrom<&'a str> for QueueName<'a> {
    type Error = NameError;

    fn try_from(text: &'a str) -> Result<Self, NameError> {
        QueueName::try_from(text.as_bytes())
    }
}

impl fmt::Display for QueueName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for QueueName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The name of the management queue of a user.
pub fn user_queue(user: UserId<'_>) -> String {
    format!("/user/{}", user.as_str())
}

/// The name of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountName<'a>(&'a str);

impl<'a> MountName<'a> {
    /// The name as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a [u8]> for MountName<'a> {
    type Error = NameError;

    fn try_from(bytes: &'a [u8]) -> Result<Self, NameError> {
        if bytes.is_empty() || bytes.len() > limits::MOUNT_NAME_BYTES_MAX {
            return Err(NameError::MountLength);
        }
        if bytes == b"members" {
            return Err(NameError::MembersReserved);
        }
        printable(bytes).map(MountName)
    }
}

/// The web application's id of a person: opaque, but fit to be a segment of a queue name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId<'a>(&'a str);

impl<'a> UserId<'a> {
    /// The id as text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for UserId<'a> {
    type Error = NameError;

    fn try_from(text: &'a str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > limits::USER_ID_BYTES_MAX {
            return Err(NameError::UserLength);
        }
        if text.contains('/') {
            return Err(NameError::UserSlash);
        }
        printable(text.as_bytes()).map(UserId)
    }
}

/// The id that an operator gives a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(String);

impl NodeId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for NodeId {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let length = 1..=limits::NODE_ID_BYTES_MAX;
        if length.contains(&text.len()) && text.bytes().all(fits) {
            Ok(NodeId(text.to_owned()))
        } else {
            Err(NameError::NodeId)
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a client may have this id: empty is one that it didn't give.
///
/// # Errors
/// If it is too long, or has anything but printable ASCII in it.
pub fn client_id(text: &str) -> Result<(), NameError> {
    let fits = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let is_one = text.len() <= limits::CLIENT_ID_BYTES_MAX && text.bytes().all(fits);
    if is_one { Ok(()) } else { Err(NameError::ClientId) }
}

/// Whether a text that a client calls itself by may be shown to operators: it is no name, and has
/// spaces, but nothing in it may hide, or turn the text around it.
///
/// # Errors
/// If there is a control character in it, or an invisible one.
pub fn showable(text: &str) -> Result<(), NameError> {
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(());
    }
    let is_control = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match text.chars().find(|c| is_control(*c) || is_invisible(*c)) {
        Some(c) if is_control(c) => Err(NameError::Control),
        Some(c) => Err(NameError::Hidden(c.into())),
        None => Ok(()),
    }
}

/// The bytes as text without whitespace, control characters and invisible ones. ASCII, the common
/// case, is one pass.
fn printable(bytes: &[u8]) -> Result<&str, NameError> {
    let text = std::str::from_utf8(bytes).map_err(|_| NameError::NotUtf8)?;
    let fits = if text.is_ascii() {
        bytes.iter().all(u8::is_ascii_graphic)
    } else {
        !text.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    let invisible = (fits && !text.is_ascii()).then(|| text.chars().find(|c| is_invisible(*c)));
    match invisible.flatten() {
        _ if !fits => Err(NameError::Unprintable),
        Some(c) => Err(NameError::Invisible(c.into())),
        None => Ok(text),
    }
}

/// Whether a character can't be seen: two names that differ by it look alike, and one that turns
/// the direction makes a name look like another. These are Unicode's `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt`, version 16), among them everything of no width and everything
/// that turns the direction, and the marks around annotations.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests;
