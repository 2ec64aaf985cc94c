//! Whom a process dials, and under which name: a node in another life is another one.

use proto::table::Place;

/// Names of dials to bosses begin so; ids of nodes can't.
const BOSS: &str = "boss/";

/// Somebody to have a link with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The boss with this number among those that the operator has named.
    Boss(usize),
    /// A queue node in one of its lives.
    Node {
        /// Its id.
        id: String,
        /// Its life.
        incarnation: u64,
    },
}

impl Target {
    /// The node that is to be found at this place.
    pub fn at(place: &Place) -> Target {
        Target::Node { id: place.id.clone(), incarnation: place.incarnation }
    }

    /// The name under which it is dialled.
    pub fn name(&self) -> String {
        match self {
            Target::Boss(number) => format!("{BOSS}{number}"),
            Target::Node { id, incarnation } => format!("{id}#{incarnation}"),
        }
    }

    /// Who is dialled under this name; nothing if nobody is.
    pub fn named(name: &str) -> Option<Target> {
        if let Some(number) = name.strip_prefix(BOSS) {
            return number.parse().ok().map(Target::Boss);
        }
        let (id, incarnation) = name.split_once('#')?;
        Some(Target::Node { id: id.to_owned(), incarnation: incarnation.parse().ok()? })
    }
}
