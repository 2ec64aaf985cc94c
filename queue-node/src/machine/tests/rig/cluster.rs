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
    let mut asked = Class {
        create: Create::Callout,
        join: Access::Callout,
        callout: Some("app".to_owned()),
        ..class("/asked/*", 5000)
    };
    asked.mounts.iter_mut().for_each(|mount| mount.send = Access::Callout);
    let told = |pattern: &str, idle_ttl_ms| Class {
        callout: Some("app".to_owned()),
        tells: TELLS.to_vec(),
        ..class(pattern, idle_ttl_ms)
    };
    let secret = Class { presence: Presence::Off, ..told("/secret/*", 0) };
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
        asked,
        told("/told/*", 1000),
        told("/flash/*", 0),
        secret,
        Class {
            callout: Some("app".to_owned()),
            tells: TELLS.to_vec(),
            ..users("/user/tim", SessionPolicy::NewestWins, 1)
        },
        users("/user/one", SessionPolicy::NewestWins, 1),
        users("/user/old", SessionPolicy::OldestWins, 1),
        users("/user/two", SessionPolicy::Many, 2),
        users("/user/*", SessionPolicy::Many, 64),
    ];
    let app = Callout {
        name: "app".to_owned(),
        url: "https://app.test/".to_owned(),
        secret: None,
        secret_file: None,
        secret_env: None,
        deadline_ms: 3000,
        concurrency_max: 64,
        no_answer: NoAnswer::Refuse,
        inner: false,
    };
    ClusterConfig { copies: 1, class, callout: vec![app], ..ClusterConfig::default() }
}

/// What its classes tell that tell.
const TELLS: [TellKind; 9] = [
    TellKind::UserOnline,
    TellKind::UserOffline,
    TellKind::Joined,
    TellKind::Left,
    TellKind::QueueCreated,
    TellKind::QueueFirstJoin,
    TellKind::QueueLastLeave,
    TellKind::QueueDestroyed,
    TellKind::Closed,
];

/// The configuration after an operator changed it: `CHANGE PATTERN VALUE`, three words each; for
/// `untold` they are any.
pub(crate) fn configured(words: &[&str]) -> ClusterConfig {
    let mut config = config();
    for change in words.chunks_exact(3) {
        let [what, pattern, value] = change else { panic!("three words") };
        if *what == "untold" {
            config.callout.clear();
            continue;
        }
        let number = || value.parse().expect("a number");
        let class = config.class.iter_mut().find(|class| class.pattern == *pattern);
        let class = class.expect("a class of this pattern");
        match *what {
            "max_members" => class.max_members = number(),
            "idle_ttl" => class.idle_ttl_ms = number() as u64,
            "history" => class.mounts[0].history = number(),
            "history_bytes" => class.mounts[0].history_bytes = number(),
            "history_ms" => class.mounts[0].history_ms = number() as u64,
            "join" => class.join = access(value),
            "send" => class.mounts[0].send = access(value),
            "presence_off" => class.presence = Presence::Off,
            "tells" => (class.callout, class.tells) = (Some("app".to_owned()), TELLS.to_vec()),
            "add_mount" => {
                let name = (*value).to_owned();
                class.mounts.insert(0, MountClass { name, ..class.mounts[0].clone() });
            }
            other => panic!("no change {other}"),
        }
    }
    config
}

fn access(text: &str) -> Access {
    match text {
        "open" => Access::Open,
        "members" => Access::Members,
        "server" => Access::Server,
        "callout" => Access::Callout,
        other => panic!("no access {other}"),
    }
}

/// A table of one bit whose rows belong to these nodes, each with the table's version as its conf.
pub(crate) fn table(version: u64, owners: [&str; 2], loss: u64, reign: u64) -> Arc<BucketTable> {
    let row = |(prefix, id)| row(prefix, id, (loss, reign, version));
    let rows = (0u32..).zip(owners).map(row).collect();
    let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
    let places = vec![place("q1"), place("q2")];
    let wire = Table { term: 1, version, bits: 1, rows, places };
    Arc::new(BucketTable::try_from(wire).expect("a good table"))
}

/// A row of which its primary is the only member.
pub(crate) fn row(prefix: u32, id: &str, (loss, reign, conf): (u64, u64, u64)) -> Row {
    let owner = Owner { id: id.to_owned(), incarnation: 1 };
    let (primary, in_sync) = (Some(owner.clone()), vec![owner]);
    Row { prefix, loss, reign, conf, primary, in_sync, ..Row::default() }
}

pub(crate) fn session_id(user: &str, number: u64) -> SessionId {
    SessionId::new(name::hash(format!("/user/{user}").as_bytes()), number)
}
