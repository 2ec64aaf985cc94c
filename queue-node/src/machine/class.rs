//! The classes of queues, in the form that queues share.

use std::rc::Rc;

use proto::class::{Class, ClusterConfig, MountClass, MountKind, matches};

/// The options of a queue, one copy for all queues of the class.
#[derive(Debug, PartialEq)]
pub(crate) struct QueueClass {
    pub(crate) class: Class,
    /// The pattern up to its first wildcard: what doesn't begin with it can't match.
    literal: usize,
}

impl QueueClass {
    fn new(class: Class) -> QueueClass {
        let literal = class.pattern.find('*').unwrap_or(class.pattern.len());
        QueueClass { class, literal }
    }

    /// The mount of this name and its place among the class' mounts.
    #[inline]
    pub(crate) fn mount(&self, name: &[u8]) -> Option<(usize, &MountClass)> {
        let at = self.class.mounts.iter().position(|mount| mount.name.as_bytes() == name)?;
        Some((at, &self.class.mounts[at]))
    }

    /// The names of its mounts, for a sentence that helps.
    pub(crate) fn mount_names(&self) -> String {
        let names: Vec<&str> = self.class.mounts.iter().map(|mount| &*mount.name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    /// Whether queues of the other class have the same mounts, so that they can change to this one.
    pub(crate) fn has_mounts_of(&self, other: &QueueClass) -> bool {
        let shape = |class: &QueueClass| -> Vec<(String, MountKind)> {
            class.class.mounts.iter().map(|mount| (mount.name.clone(), mount.kind)).collect()
        };
        shape(self) == shape(other)
    }
}

/// All classes, in the order in which they are tried.
#[derive(Debug, Default)]
pub(crate) struct Classes(Vec<Rc<QueueClass>>);

impl Classes {
    /// The classes of a configuration.
    pub(crate) fn of(config: &ClusterConfig) -> Classes {
        Classes(config.class.iter().cloned().map(QueueClass::new).map(Rc::new).collect())
    }

    /// The class of a queue's name: the first that matches.
    pub(crate) fn class_of(&self, queue: &str) -> Option<&Rc<QueueClass>> {
        self.0.iter().find(|class| {
            let pattern = &class.class.pattern;
            let literal = &pattern.as_bytes()[..class.literal];
            queue.as_bytes().starts_with(literal) && matches(pattern, queue)
        })
    }
}
