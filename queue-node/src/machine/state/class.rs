//! The classes of queues, in the form that queues share.

use std::rc::Rc;

use proto::class::{
    Access, Class, ClusterConfig, MountClass, MountKind, OnSlow, TellKind, matches,
};
use proto::limits;

/// The options of a queue, one copy for all queues of the class.
#[derive(Debug, PartialEq, Clone)]
pub(crate) struct QueueClass {
    pub(crate) class: Class,
    /// Its place in the configuration that it came with, if that is known.
    pub(crate) index: Option<ClassIndex>,
    /// The pattern up to its first wildcard: what doesn't begin with it can't match.
    literal: usize,
    /// It is one queue's, whose mounts were changed.
    pub(crate) is_own: bool,
    /// A mount asks the web application about what is sent to it.
    pub(crate) asks_senders: bool,
    /// The call-out that is asked and told.
    pub(crate) target: Option<Rc<str>>,
    /// What it is told: a bit for each kind.
    told: u16,
}

/// The place of a class in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClassIndex(u32);

impl ClassIndex {
    /// The class that a record names by this number.
    pub(super) fn named(number: u32) -> ClassIndex {
        ClassIndex(number)
    }

    /// How records name it.
    pub(super) fn number(self) -> u32 {
        self.0
    }
}

impl QueueClass {
    fn new(class: Class, index: Option<ClassIndex>) -> QueueClass {
        let literal = class.pattern.find('*').unwrap_or(class.pattern.len());
        let asks_senders = class.mounts.iter().any(|mount| mount.send == Access::Callout);
        let target: Option<Rc<str>> = class.callout.as_deref().map(Rc::from);
        let tells = class.tells.iter().filter(|_| target.is_some());
        let told = tells.fold(0, |told, kind| told | bit(*kind));
        QueueClass { class, index, literal, is_own: false, asks_senders, target, told }
    }

    /// One that isn't in the configuration, or is one queue's own.
    pub(super) fn of_other_config(class: Class, is_own: bool) -> QueueClass {
        QueueClass { is_own, ..QueueClass::new(class, None) }
    }

    /// The same with other mounts, for one queue.
    fn with_mounts(&self, mounts: Vec<MountClass>) -> QueueClass {
        let class = Class { mounts, ..self.class.clone() };
        QueueClass { is_own: true, ..QueueClass::new(class, self.index) }
    }

    /// The same with another mount in a place: one as the back end makes it, or, without a name,
    /// the place of one that is gone.
    pub(super) fn with_mount(&self, place: usize, name: &str, kind: MountKind) -> QueueClass {
        let mut mounts = self.class.mounts.clone();
        let mount = made(name, kind);
        match mounts.get_mut(place) {
            Some(old) => *old = mount,
            None => mounts.push(mount),
        }
        self.with_mounts(mounts)
    }

    /// What a queue of the other class becomes: its options are these, but it keeps the mounts it
    /// has, with the options of those here that are the same.
    fn keeping_mounts_of(&self, other: &QueueClass) -> QueueClass {
        let same = |old: &MountClass| {
            let mut mounts = self.class.mounts.iter();
            let is_same = |new: &&MountClass| new.name == old.name && new.kind == old.kind;
            mounts.find(is_same).unwrap_or(old).clone()
        };
        self.with_mounts(other.class.mounts.iter().map(same).collect())
    }

    /// Whether the web application is told of this.
    #[inline]
    pub(crate) fn tells(&self, kind: TellKind) -> bool {
        self.told & bit(kind) != 0
    }

    /// Whether it is told of anything.
    #[inline]
    pub(crate) fn tells_any(&self) -> bool {
        self.told != 0
    }

    /// The mount of this name and its place among the class' mounts.
    #[inline]
    pub(crate) fn mount(&self, name: &[u8]) -> Option<(usize, &MountClass)> {
        // A mount that is gone leaves a place without a name.
        let is_it = |mount: &MountClass| mount.name.as_bytes() == name && !name.is_empty();
        let at = self.class.mounts.iter().position(is_it)?;
        Some((at, &self.class.mounts[at]))
    }

    /// Whether its queues are there without members: of others a user can't have more than
    /// subscriptions.
    pub(crate) fn outlives_members(&self) -> bool {
        self.class.idle_ttl_ms > 0
    }

    /// The names of its mounts, for a sentence that helps.
    pub(crate) fn mount_names(&self) -> String {
        let names = self.class.mounts.iter().map(|mount| &*mount.name);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    /// Whether queues of the other class have the same mounts, so that they can share this one.
    fn has_mounts_of(&self, other: &QueueClass) -> bool {
        let (these, those) = (&self.class.mounts, &other.class.mounts);
        let is_same = |(one, other): (&MountClass, &MountClass)| {
            one.name == other.name && one.kind == other.kind
        };
        these.len() == those.len() && these.iter().zip(those).all(is_same)
    }
}

/// A mount as the back end makes it.
fn made(name: &str, kind: MountKind) -> MountClass {
    MountClass {
        name: name.to_owned(),
        kind,
        send: Access::Members,
        history: 0,
        history_bytes: limits::REPLAY_LOG_BYTES_MAX,
        history_ms: 0,
        on_slow: OnSlow::default(),
        echo: true,
    }
}

fn bit(kind: TellKind) -> u16 {
    1 << kind as u16
}

/// What queues become under a new configuration, one copy for all that were alike.
#[derive(Debug, Default)]
pub(crate) struct Changed(Vec<(Rc<QueueClass>, Rc<QueueClass>, Rc<QueueClass>)>);

impl Changed {
    /// What a queue of the old class becomes by the new one.
    pub(crate) fn class(&mut self, old: &Rc<QueueClass>, new: &Rc<QueueClass>) -> Rc<QueueClass> {
        if !old.is_own && new.has_mounts_of(old) {
            return new.clone();
        }
        let mut known = self.0.iter();
        let is_known = |(from, by, _): &&(Rc<QueueClass>, Rc<QueueClass>, _)| {
            Rc::ptr_eq(from, old) && Rc::ptr_eq(by, new)
        };
        if let Some((_, _, becomes)) = known.find(is_known) {
            return becomes.clone();
        }
        let becomes = Rc::new(new.keeping_mounts_of(old));
        // A class of one queue's own comes once.
        if Rc::strong_count(old) > 1 {
            self.0.push((old.clone(), new.clone(), becomes.clone()));
        }
        becomes
    }
}

/// All classes, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct Classes {
    /// The last is that of user queues which no other matches.
    all: Vec<Rc<QueueClass>>,
    /// Of the cluster configuration that has them.
    version: u64,
}

impl Default for Classes {
    fn default() -> Classes {
        Classes::of(&ClusterConfig::default().class, 0)
    }
}

impl Classes {
    /// The classes of a configuration, and its version.
    pub(crate) fn of(configured: &[Class], version: u64) -> Classes {
        let all = configured.iter().cloned().chain([Class::of_users()]).zip(0..);
        let class = |(class, index)| Rc::new(QueueClass::new(class, Some(ClassIndex(index))));
        Classes { all: all.map(class).collect(), version }
    }

    /// The same, as if of another version: for a planted bug.
    pub(crate) fn of_version(&self, version: u64) -> Classes {
        Classes { all: self.all.clone(), version }
    }

    /// The version of the cluster configuration that has them.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The configured ones, in their order.
    pub(super) fn configured(&self) -> &[Rc<QueueClass>] {
        self.all.split_last().map_or(&[], |(_, configured)| configured)
    }

    /// The class in this place.
    pub(super) fn at(&self, index: ClassIndex) -> Option<&Rc<QueueClass>> {
        self.all.get(index.0 as usize)
    }

    /// The class of a user queue's name.
    pub(crate) fn class_of_user(&self, queue: &str) -> &Rc<QueueClass> {
        let of_users = || self.all.last().expect("user queues have a class");
        self.class_of(queue).unwrap_or_else(of_users)
    }

    /// The class of a queue's name: the first that matches.
    pub(crate) fn class_of(&self, queue: &str) -> Option<&Rc<QueueClass>> {
        self.configured().iter().find(|class| {
            let pattern = &class.class.pattern;
            let literal = &pattern.as_bytes()[..class.literal];
            queue.as_bytes().starts_with(literal) && matches(pattern, queue)
        })
    }
}
