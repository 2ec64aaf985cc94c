//! Patterns of queue names.

use crate::name::{QueueName, Space};

/// Why this is no pattern of queue names, or can match none, if so: a sentence that begins with it.
pub fn pattern_problem(pattern: &str) -> Option<String> {
    if !pattern.starts_with('/') || pattern.len() < 2 {
        return Some(format!("{pattern:?}: a pattern begins with '/' and a segment"));
    }
    let segments = || pattern.split('/').skip(1);
    let last = segments().count() - 1;
    if segments().take(last).any(|segment| segment == "**") {
        return Some(format!("{pattern:?}: '**' may only be at the end"));
    }
    if let Some(segment) = segments().find(|one| one.contains('*') && !is_wild(one)) {
        let why = "'*' stands for a whole segment, so it can't be a part of";
        return Some(format!("{pattern:?}: {why} {segment:?}"));
    }
    // The shortest name that it could match.
    let shortest = segments().map(|segment| if is_wild(segment) { "x" } else { segment });
    let name: String = shortest.flat_map(|segment| ["/", segment]).collect();
    match QueueName::try_from(name.as_str()).map(QueueName::space) {
        Err(error) => Some(format!("{pattern:?} matches no queue: {error}")),
        Ok(Space::Reserved) => {
            let why = "no queues can be created in /sys/ and below /user/<id>";
            Some(format!("{pattern:?} matches no queue: {why}"))
        }
        Ok(Space::Application | Space::User(_)) => None,
    }
}

/// Whether a pattern matches a name: `*` is one segment, `**` one or more to the end.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), name.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return true,
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

/// Whether a pattern matches every name that the other one does.
pub(super) fn covers(pattern: &str, other: &str) -> bool {
    let (mut wide, mut narrow) = (pattern.split('/'), other.split('/'));
    loop {
        match (wide.next(), narrow.next()) {
            (Some("**"), Some(_)) => return true,
            (Some("*"), Some(segment)) if segment != "**" => {}
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return true,
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

/// Whether a pattern matches the queue of any user.
pub(super) fn matches_users(pattern: &str) -> bool {
    let mut segments = pattern.split('/').skip(1);
    match (segments.next(), segments.next(), segments.next()) {
        (Some("**"), None, None) => true,
        (Some("*" | "user"), Some(_), None) => true,
        (_, _, _) => false,
    }
}

fn is_wild(segment: &str) -> bool {
    segment == "*" || segment == "**"
}
