//! The configuration and the table of the tests.

use std::sync::Arc;

use proto::class::*;
use proto::ids::SessionId;
use proto::name;
use proto::table::{BucketTable, Owner, Place, Row, Table};

/// The configuration of the tests.
pub(crate) fn config() -> ClusterConfig {
    let mount = |name: &str, kind, history| MountClass {
        name: name.to_owned(),
        kind,
        send: Access::Members,
        history,
        history_bytes: 65_536,
        history_ms: 0,
        on_slow: OnSlow::DropOldest,
        echo: true,
    };
    let class = |pattern: &str, idle_ttl_ms| Class {
        pattern: pattern.to_owned(),
        create: Create::Auto,
        join: Access::Open,
        max_members: 100_000,
        presence: Presence::Users,
        idle_ttl_ms,
        mounts: vec![mount("chat", MountKind::Message, 100), mount("scores", MountKind::State, 0)],
        ..Class::of_users()
    };
    let small = Class { max_members: 1, ..class("/small/*", 5000) };
    let mut quiet = Class { presence: Presence::Count, ..class("/quiet/*", 5000) };
    quiet.mounts[0].echo = false;
    let backend = Class { create: Create::Rpc, join: Access::Server, ..class("/web/*", 5000) };
    let short = class("/short/*", 0);
    let users = |pattern: &str, sessions, sessions_max| Class {
        pattern: pattern.to_owned(),
        sessions,
        sessions_max,
        ..Class::of_users()
    };
    let class = vec![
        class("/room/*", 5000),
        small,
        quiet,
        backend,
        short,
        users("/user/one", SessionPolicy::NewestWins, 1),
        users("/user/old", SessionPolicy::OldestWins, 1),
        users("/user/two", SessionPolicy::Many, 2),
        users("/user/*", SessionPolicy::Many, 64),
    ];
    ClusterConfig { copies: 1, class, ..ClusterConfig::default() }
}

/// A table of one bit whose rows belong to these nodes.
pub(crate) fn table(version: u64, owners: [&str; 2], loss: u64, conf: u64) -> Arc<BucketTable> {
    let owner = |id: &str| Some(Owner { id: id.to_owned(), incarnation: 1 });
    let row = |(prefix, id)| Row { prefix, loss, conf, primary: owner(id), ..Row::default() };
    let rows = (0u32..).zip(owners).map(row).collect();
    let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
    let places = vec![place("q1"), place("q2")];
    let wire = Table { term: 1, version, bits: 1, rows, places };
    Arc::new(BucketTable::try_from(wire).expect("a good table"))
}

pub(crate) fn session_id(user: &str, number: u64) -> SessionId {
    SessionId::new(name::hash(format!("/user/{user}").as_bytes()), number)
}
