//! Under which name a node is dialled: one in another life is another.

/// The name for dials to this node.
pub fn node_name(id: &str, incarnation: u64) -> String {
    format!("{id}#{incarnation}")
}

/// The id and incarnation in such a name; nothing in another's.
pub fn node_of(name: &str) -> Option<(&str, u64)> {
    let (id, incarnation) = name.split_once('#')?;
    Some((id, incarnation.parse().ok()?))
}
