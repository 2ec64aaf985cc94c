//! The classes of queues, in the form that queues share.

use std::rc::Rc;

use proto::class::{Class, ClusterConfig, MountClass, MountKind, matches};

/// The options of a queue, one copy for all queues of the class.
#[derive(Debug, PartialEq, Clone)]
pub(crate) struct QueueClass {
    pub(crate) class: Class,
    /// The pattern up to its first wildcard: what doesn't begin with it can't match.
    literal: usize,
    /// It is one queue's, whose mounts were changed.
    pub(crate) is_own: bool,
}

impl QueueClass {
    fn new(class: Class) -> QueueClass {
        let literal = class.pattern.find('*').unwrap_or(class.pattern.len());
        QueueClass { class, literal, is_own: false }
    }

    /// The same with other mounts, for one queue.
    pub(crate) fn with_mounts(&self, mounts: Vec<MountClass>) -> QueueClass {
        let class = Class { mounts, ..self.class.clone() };
        QueueClass { class, literal: self.literal, is_own: true }
    }

    /// The mount of this name and its place among the class' mounts.
    #[inline]
    pub(crate) fn mount(&self, name: &[u8]) -> Option<(usize, &MountClass)> {
        // A mount that is gone leaves a place without a name.
        let is_it = |mount: &MountClass| mount.name.as_bytes() == name && !name.is_empty();
        let at = self.class.mounts.iter().position(is_it)?;
        Some((at, &self.class.mounts[at]))
    }

    /// The names of its mounts, for a sentence that helps.
    pub(crate) fn mount_names(&self) -> String {
        let names = self.class.mounts.iter().map(|mount| &*mount.name);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
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
#[derive(Debug)]
pub(crate) struct Classes {
    configured: Vec<Rc<QueueClass>>,
    /// Of user queues that none of them matches.
    of_users: Rc<QueueClass>,
}

impl Default for Classes {
    fn default() -> Classes {
        Classes::of(&ClusterConfig::default())
    }
}

impl Classes {
    /// The classes of a configuration.
    pub(crate) fn of(config: &ClusterConfig) -> Classes {
        let configured = config.class.iter().cloned().map(QueueClass::new).map(Rc::new).collect();
        Classes { configured, of_users: Rc::new(QueueClass::new(Class::of_users())) }
    }

    /// The class of a user queue's name.
    pub(crate) fn class_of_user(&self, queue: &str) -> &Rc<QueueClass> {
        self.class_of(queue).unwrap_or(&self.of_users)
    }

    /// The class of a queue's name: the first that matches.
    pub(crate) fn class_of(&self, queue: &str) -> Option<&Rc<QueueClass>> {
        self.configured.iter().find(|class| {
            let pattern = &class.class.pattern;
            let literal = &pattern.as_bytes()[..class.literal];
            queue.as_bytes().starts_with(literal) && matches(pattern, queue)
        })
    }
}
