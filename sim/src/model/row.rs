//! Processes by (id, incarnation), sets of them, and the row of the bucket.

/// A node by its place: 0 is a, 1 is b, 2 is c.
pub(crate) type Place = u8;
/// How many nodes there are.
pub(crate) const PLACES: Place = 3;

/// A process: a node in one of its two lives.
pub(crate) type Owner = u8;

pub(crate) fn owner(place: Place, life: u8) -> Owner {
    place + PLACES * life
}

pub(crate) fn place(owner: Owner) -> Place {
    owner % PLACES
}

/// Nodes in a message for people.
pub(crate) fn name(owner: Owner) -> &'static str {
    ["a", "b", "c", "a'", "b'", "c'"][usize::from(owner)]
}

/// A set of processes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Set(u8);

impl Set {
    pub(crate) const EMPTY: Set = Set(0);

    pub(crate) fn of(owners: &[Owner]) -> Set {
        owners.iter().fold(Set::EMPTY, |set, &owner| set.with(owner))
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn has(self, owner: Owner) -> bool {
        self.0 & (1 << owner) != 0
    }

    pub(crate) fn with(self, owner: Owner) -> Set {
        Set(self.0 | (1 << owner))
    }

    pub(crate) fn without(self, owner: Owner) -> Set {
        Set(self.0 & !(1 << owner))
    }

    pub(crate) fn and(self, other: Set) -> Set {
        Set(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    pub(crate) fn within(self, other: Set) -> bool {
        self.0 & !other.0 == 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Owner> {
        (0..2 * PLACES).filter(move |&owner| self.has(owner))
    }

    /// All sets between nothing and this one.
    pub(crate) fn subsets(self) -> impl Iterator<Item = Set> {
        (0..=self.0).filter(move |bits| bits & !self.0 == 0).map(Set)
    }

    /// With b and c exchanged.
    pub(crate) fn mirrored(self) -> Set {
        let (b, c) = (0b010_010, 0b100_100);
        Set(self.0 & !(b | c) | (self.0 & b) << 1 | (self.0 & c) >> 1)
    }
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.iter().map(name).collect();
        write!(f, "{{{}}}", names.join(","))
    }
}

pub(crate) fn mirror(place: Place) -> Place {
    (PLACES - place) % PLACES
}

pub(crate) fn mirror_owner(it: Owner) -> Owner {
    owner(mirror(place(it)), it / PLACES)
}

/// The row of the bucket. Rows are compared by `conf` alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) conf: u8,
    pub(crate) reign: u8,
    pub(crate) loss: u8,
    pub(crate) primary: Owner,
    pub(crate) in_sync: Set,
    pub(crate) learners: Set,
}

impl Row {
    /// Where an operation is meant for: what lanes know a bucket by.
    pub(crate) fn exact(&self) -> (u8, u8) {
        (self.loss, self.reign)
    }

    pub(crate) fn names(&self, owner: Owner) -> bool {
        self.in_sync.has(owner) || self.learners.has(owner)
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Row { conf, reign, loss, primary, in_sync, learners } = self;
        let primary = name(*primary);
        write!(f, "[conf {conf}, reign {reign}, loss {loss}: {primary} of {in_sync:?}")?;
        if !learners.is_empty() {
            write!(f, ", learners {learners:?}")?;
        }
        write!(f, "]")
    }
}
