//! The stage of the scripts: a boss with its store, what is done to it in words, and what it lets
//! out in words.

use std::collections::BTreeMap;

use proto::b2n::{B2n, b2n};
use proto::link::Role;
use proto::n2b::bucket_report::Role::{Copy, Primary};
use proto::n2b::propose::{What, Why};
use proto::n2b::{
    BucketReport, Inspected, Known, Propose, Reached, Register, Unreachable, bucket_report,
};
use proto::q2g::QueueInfo;
use proto::table::{BucketTable, Moved};
use proto::{frame, table};

use super::super::*;
use crate::DEFAULT_CLUSTER;
use crate::machine::configurations::Configurations;

/// A boss whose store says yes at once, unless the script holds it.
pub(super) struct Stage {
    pub(super) boss: Boss,
    out: Outbox,
    pub(super) now: Time,
    store: Store,
    pub(super) stored: Option<Vec<u8>>,
    unconfirmed: Option<Vec<u8>>,
    /// What each link has been told.
    tables: BTreeMap<LinkId, BucketTable>,
}

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Works,
    Holds,
    Fails,
}

fn settings() -> Settings {
    Settings { settle_ms: 1000, expected_queue_nodes: Some(3), dead_ms: 500 }
}

impl Stage {
    pub(super) fn new() -> Stage {
        let text = DEFAULT_CLUSTER.replacen("copies = 2", "copies = 1", 1);
        let config = Configuration::parse(&text).unwrap();
        let config = Configurations::new(&config, 0, 0);
        Stage::found(Found { kept: Kept::new(1 << 20, config), is_older: false, chance: 0 })
    }

    pub(super) fn found(found: Found) -> Stage {
        let now = Time { ms: 0, unix_ms: 0 };
        let boss = Boss::new(now, settings(), found);
        let (out, stored, unconfirmed) = (Outbox::default(), None, None);
        let tables = BTreeMap::new();
        Stage { boss, out, now, store: Store::Works, stored, unconfirmed, tables }
    }

    /// Does one step of a script and says what came out, `; ` between.
    pub(super) fn step(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        let number = |at: usize| words.get(at).map_or(0, |word| word.parse::<u64>().unwrap());
        if words[1] != "sleeps" {
            self.pass_until(number(0));
        }
        self.now = Time { ms: number(0), unix_ms: number(0) };
        let link = LinkId(words.get(2).and_then(|word| word.parse().ok()).unwrap_or_default());
        let question = number_or(&words, 2);
        match words[1] {
            "wake" | "sleeps" => self.input(Input::Wake),
            "up" => {
                self.out.links.up(link);
                self.input(Input::LinkUp { link, peer: peer(words[3]) });
            }
            "down" | "silent" => {
                self.out.links.down(link);
                let silent_ms = if words[1] == "silent" { 500 } else { 0 };
                self.input(Input::LinkDown { link, silent_ms });
            }
            "register" => {
                let id = self.boss.links[&link].peer.id.clone();
                // `~n` is what the process has drawn.
                let drawn = words.get(4).and_then(|word| word.strip_prefix('~'));
                let process = drawn.map_or(0, |word| word.parse().unwrap());
                let report = words.get(4).filter(|_| drawn.is_none());
                let life = words.get(3).map_or(0, |word| life(word));
                let register = Register { process, ..register(&id, life, report) };
                self.say(link, n2b::Body::Register(register));
            }
            "missed" | "refused" => {
                let (id, incarnation) = words[3].split_once('#').unwrap();
                let (id, incarnation) = (id.to_owned(), life(incarnation));
                let refused = words[1] == "refused";
                self.say(link, n2b::Body::Unreachable(Unreachable { id, incarnation, refused }));
            }
            "row" => return self.row(link.0 as usize),
            "report" => {
                self.say(link, n2b::Body::Report(Report { ready: true, ..Report::default() }))
            }
            "drains" => {
                let (message, draining) = ("it is draining".to_owned(), true);
                let report = Report { message, draining, ..Report::default() };
                self.say(link, n2b::Body::Report(report));
            }
            "garbage" => self.input(Input::Frame { link, frame: b"\xff\xff" }),
            "inspected" => {
                let queue = (words[4] == "found").then(QueueInfo::default);
                let (number, found) = (number(3), queue.is_some());
                self.say(link, n2b::Body::Inspected(Inspected { number, found, queue }));
            }
            "call" | "called" => self.of_calls(&words, link),
            "door" => self.of_doors(&words, link),
            "inspect" => self.input(Input::Inspect { question, queue: words[3] }),
            "configure" => {
                let config = format!("copies = 1\n[[class]]\npattern = \"{}\"\n", words[3]);
                let config = Configuration::parse(&config).unwrap();
                let over = words.get(4).and_then(|word| word.parse().ok());
                let over = over.unwrap_or(self.version());
                self.input(Input::Configure { question, config, over });
            }
            "store" => self.store_is(words[2]),
            "back" | "known" | "adopt" => self.of_lost_steps(&words, link),
            _ => self.of_copies(&words, link),
        }
        self.came()
    }

    /// Lets all timers come that are due before then.
    fn pass_until(&mut self, ms: u64) {
        while let Some(at) = self.boss.wake_at(self.now).filter(|at| *at < ms) {
            let at = at.max(self.now.ms);
            let before = (self.now.ms, self.out.effects.len());
            self.now = Time { ms: at, unix_ms: at };
            self.input(Input::Wake);
            let next = self.boss.wake_at(self.now);
            if next == Some(at) && (at, self.out.effects.len()) == before {
                // It waits for something else.
                break;
            }
        }
    }

    /// Steps of a boss whose store has lost some. Tables are `term.version`, or `-`, and rows
    /// `prefix=members/loss,reign,conf@version`.
    fn of_lost_steps(&mut self, words: &[&str], link: LinkId) {
        let rows = |from: usize| -> Vec<table::Row> {
            words.iter().skip(from).map(|word| row_of(word)).collect()
        };
        match words[1] {
            // `back link life table rows…`: with its buckets.
            "back" => {
                let id = self.boss.links[&link].peer.id.clone();
                let (table_term, table_version) = version_of(words[4]);
                let bits = self.bits();
                let report = |row: table::Row| {
                    let is_its = row.primary.as_ref().is_some_and(|primary| primary.id == id);
                    let role = if is_its { Primary } else { Copy };
                    let (prefix, role) = (row.prefix, role.into());
                    BucketReport { bits, prefix, role, row: Some(row), ..BucketReport::default() }
                };
                let buckets = rows(5).into_iter().map(report).collect();
                let register = register(&id, life(words[3]), None);
                let register = Register { table_term, table_version, buckets, ..register };
                self.say(link, n2b::Body::Register(register));
            }
            // `known link table rows…`: with a table these are its rows, else rows ahead of it.
            "known" => {
                let (term, version) = version_of(words.get(3).unwrap_or(&"-"));
                let mut known = Known::default();
                if version > 0 {
                    known.table = Some(self.table_with(term, version, rows(4)));
                } else {
                    let bits = self.bits();
                    let moved = |row| Moved { bits, row: Some(row), place: None };
                    known.ahead = rows(4).into_iter().map(moved).collect();
                }
                self.say(link, n2b::Body::Known(known));
            }
            // `adopt question [trust | bucket node]`.
            _ => {
                let question = link.0.into();
                let adopt = match words.get(4) {
                    Some(node) => {
                        let (bucket, node) = (words[3].parse().unwrap(), NodeId::try_from(*node));
                        Adopt::Bucket { bucket, node: node.unwrap() }
                    }
                    None => Adopt::All { trust_primaries: words.get(3) == Some(&"trust") },
                };
                self.input(Input::Adopt { question, adopt });
            }
        }
    }

    fn bits(&self) -> u32 {
        self.boss.kept.rows.bits().into()
    }

    /// The boss's table as another step has it, but for these rows.
    fn table_with(&self, term: u64, version: u64, rows: Vec<table::Row>) -> table::Table {
        let own = (0..).zip(self.boss.kept.rows.iter()).map(|(prefix, row)| row.wire(prefix));
        let mut all: Vec<table::Row> = own.collect();
        for row in rows {
            let prefix = row.prefix as usize;
            all[prefix] = row;
        }
        table::Table { term, version, bits: self.bits(), rows: all, places: Vec::new() }
    }

    /// Steps of what there are copies for.
    fn of_copies(&mut self, words: &[&str], link: LinkId) {
        let number = |at: usize| number_or(words, at);
        match words[1] {
            "copies" => {
                // `copies number [hold]`.
                let alone = if words.len() > 3 { "hold" } else { "go_on" };
                let config = format!("copies = {}\nalone = \"{alone}\"\n", words[2]);
                let (config, over) = (Configuration::parse(&config).unwrap(), self.version());
                self.input(Input::Configure { question: 0, config, over });
            }
            "propose" => self.propose(link, &words[3..]),
            "has" => {
                // `has link prefix role n [conf]`.
                let role = match words[4] {
                    "primary" => bucket_report::Role::Primary,
                    "copy" => bucket_report::Role::Copy,
                    "stuck" => bucket_report::Role::Stuck,
                    _ => bucket_report::Role::Absent,
                };
                let (bits, prefix) = (u32::from(self.boss.kept.rows.bits()), number(3) as u32);
                let row = table::Row { conf: number(6), ..table::Row::default() };
                let (n, role, row) = (number(5), role.into(), Some(row));
                let report = BucketReport { bits, prefix, role, n, row, ..BucketReport::default() };
                let report = Report { buckets: vec![report], ready: true, ..Report::default() };
                self.say(link, n2b::Body::Report(report));
            }
            "full" => {
                let report = Report { full: true, ready: true, ..Report::default() };
                self.say(link, n2b::Body::Report(report));
            }
            "reached" => {
                let (id, incarnation) = words[3].split_once('#').unwrap();
                let (id, incarnation) = (id.to_owned(), life(incarnation));
                self.say(link, n2b::Body::Reached(Reached { id, incarnation }));
            }
            other => panic!("no such step: {other}"),
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.boss.configurations().present().version
    }

    /// `prefix conf add|drop whom [why]`.
    fn propose(&mut self, link: LinkId, words: &[&str]) {
        let (id, incarnation) = words[3].split_once('#').unwrap();
        let owner = table::Owner { id: id.to_owned(), incarnation: life(incarnation) };
        let what = if words[2] == "add" { What::Add } else { What::Drop };
        let why = if words.get(4) == Some(&"full") { Why::Full } else { Why::Silent };
        let propose = Propose {
            bits: self.boss.kept.rows.bits().into(),
            row_conf: words[1].parse().unwrap(),
            prefix: words[0].parse().unwrap(),
            what: what.into(),
            owner: Some(owner),
            why: why.into(),
        };
        self.say(link, n2b::Body::Propose(propose));
    }

    /// `members +learners (loss,reign,conf)` of a row; the primary is the first.
    fn row(&self, prefix: usize) -> String {
        let row = self.boss.kept.rows.iter().nth(prefix).unwrap();
        let mut names: Vec<String> = Vec::new();
        names.extend(row.in_sync().iter().map(|member| member.id.to_string()));
        names.extend(row.learners().iter().map(|learner| format!("+{}", learner.id)));
        let (loss, reign, conf) = (row.loss().0, row.reign().0, row.conf().0);
        format!("{} ({loss},{reign},{conf})", names.join(" "))
    }

    fn store_is(&mut self, word: &str) {
        self.store = match word {
            "works" => Store::Works,
            "holds" => Store::Holds,
            _ => Store::Fails,
        };
        if self.store == Store::Works && self.unconfirmed.is_some() {
            self.stored = self.unconfirmed.take();
            self.input(Input::Stored);
        }
    }

    pub(super) fn say(&mut self, link: LinkId, body: n2b::Body) {
        let frame = N2b { body: Some(body) }.encode_to_vec();
        self.input(Input::Frame { link, frame: &frame });
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.boss.handle(self.now, input, &mut self.out);
        let store = self.out.effects.iter().position(|effect| matches!(effect, Effect::Store(_)));
        let Some(at) = store else { return };
        let Effect::Store(bytes) = self.out.effects.remove(at) else { unreachable!() };
        assert!(self.unconfirmed.is_none(), "two steps at once");
        match self.store {
            Store::Works => {
                self.stored = Some(bytes);
                self.input(Input::Stored);
            }
            Store::Holds => self.unconfirmed = Some(bytes),
            Store::Fails => self.input(Input::StoreFailed { reason: "full".to_owned() }),
        }
    }

    /// In words; of changed rows the whole table that they make.
    fn said(&mut self, link: LinkId, body: b2n::Body) -> String {
        let (word, table) = if let b2n::Body::Table(table) = body {
            ("table", BucketTable::try_from(table).unwrap())
        } else if let b2n::Body::Rows(rows) = body {
            ("rows", self.tables[&link].with(rows).unwrap())
        } else {
            return said(body);
        };
        let text = format!("{word} {}", shares(table.wire()));
        self.tables.insert(link, table);
        text
    }

    fn came(&mut self) -> String {
        let mut came = Vec::new();
        for link in self.out.links.dirty() {
            let bytes = self.out.links.take(link);
            let mut rest = &bytes[..];
            while let Some((frame, end)) = frame::split(rest, usize::MAX).unwrap() {
                let body = B2n::decode(frame).unwrap().body.unwrap();
                came.push(format!("{} {}", link.0, self.said(link, body)));
                rest = &rest[end..];
            }
        }
        for (link, reason) in self.out.links.ended() {
            came.push(format!("{} ended: {reason}", link.0));
        }
        for effect in std::mem::take(&mut self.out.effects) {
            match effect {
                Effect::Answer { question, answer } => came.push(format!("{question} {answer:?}")),
                Effect::Store(_) => came.push("store".to_owned()),
            }
        }
        came.join("; ")
    }
}

/// `term.version`, or nothing.
fn version_of(text: &str) -> (u64, u64) {
    text.split_once('.')
        .map_or((0, 0), |(start, version)| (term(start.parse().unwrap()), version.parse().unwrap()))
}

/// `prefix=members/loss,reign,conf@version`, of term 1; each member as `q1#1`.
fn row_of(text: &str) -> table::Row {
    let (prefix, rest) = text.split_once('=').unwrap();
    let (members, rest) = rest.split_once('/').unwrap();
    let (numbers, step) = rest.split_once('@').unwrap();
    let numbers: Vec<u64> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    let owner = |text: &str| {
        let (id, incarnation) = text.split_once('#').unwrap();
        table::Owner { id: id.to_owned(), incarnation: life(incarnation) }
    };
    let in_sync: Vec<table::Owner> = members.split(',').map(owner).collect();
    table::Row {
        prefix: prefix.parse().unwrap(),
        loss: numbers[0],
        reign: numbers[1],
        conf: numbers[2],
        primary: in_sync.first().cloned(),
        in_sync,
        learners: Vec::new(),
        term: term(1),
        version: step.parse().unwrap(),
    }
}

/// A term by the number of its start; chance is nothing in scripts.
fn term(start: u64) -> u64 {
    if start < 1 << 16 { start << 16 } else { start }
}

/// An incarnation of term 1, or with its term in front: `4`, `2.4`; 0: none.
fn life(text: &str) -> u64 {
    let (start, counter) = text.split_once('.').unwrap_or(("1", text));
    match (start.parse::<u64>().unwrap(), counter.parse().unwrap()) {
        (_, counter @ (0 | 0x10_0000..)) => counter,
        (start, counter) => term(start) << 20 | counter,
    }
}

fn shown(life: u64) -> String {
    match life >> 36 {
        1 => (life & 0xf_ffff).to_string(),
        start => format!("{start}.{}", life & 0xf_ffff),
    }
}

fn number_or(words: &[&str], at: usize) -> u64 {
    words.get(at).and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Ids that begin with a g are gateways.
fn role(id: &str) -> Role {
    if id.starts_with('g') { Role::Gateway } else { Role::QueueNode }
}

fn peer(id: &str) -> Peer {
    let (id, role) = (id.to_owned(), role(id));
    Peer { role, id, incarnation: 0, lane: 0, version: 1, cluster_id: 0 }
}

/// `report` is `bits:prefix:loss:conf@term`; the reign is as high as the conf.
fn register(id: &str, incarnation: u64, report: Option<&&str>) -> Register {
    let numbers = report.map(|text| {
        let numbers = text.split([':', '@']).map(|number| number.parse().unwrap());
        numbers.collect::<Vec<u64>>()
    });
    let bucket = |n: &Vec<u64>| {
        let (bits, prefix) = (n[0] as u32, n[1] as u32);
        let owner = table::Owner { id: id.to_owned(), incarnation };
        let (primary, in_sync) = (Some(owner.clone()), vec![owner]);
        let (loss, reign, conf) = (n[2], n[3], n[3]);
        let row =
            table::Row { prefix, loss, reign, conf, primary, in_sync, ..table::Row::default() };
        BucketReport { bits, prefix, row: Some(row), ..BucketReport::default() }
    };
    Register {
        id: id.to_owned(),
        role: role(id).into(),
        host: format!("h-{id}"),
        address: format!("{id}:1"),
        incarnation,
        buckets: numbers.iter().map(bucket).collect(),
        table_term: numbers.as_ref().map_or(0, |numbers| term(numbers[4])),
        table_version: numbers.map_or(0, |_| 1),
        ..Register::default()
    }
}

/// What a body other than a table says.
fn said(body: b2n::Body) -> String {
    match body {
        b2n::Body::Registered(it) => format!("registered #{}", shown(it.incarnation)),
        b2n::Body::Refused(it) if it.for_good => format!("refused: {}", it.reason),
        b2n::Body::Refused(it) => format!("not now: {}", it.reason),
        b2n::Body::Wait(it) => format!("wait: {}", it.reason),
        b2n::Body::Config(it) => format!("config {}", it.version),
        b2n::Body::Inspect(it) => format!("inspect {} {}", it.number, it.queue),
        b2n::Body::Call(it) => format!("call {} {} {}", it.number, it.method, it.path),
        b2n::Body::NotNow(it) => format!("not now {}/{}: {}", it.prefix, it.bits, it.reason),
        b2n::Body::TellAll(_) => "tell all".to_owned(),
        b2n::Body::Doors(it) => super::doors::said(&it),
        b2n::Body::Table(_) | b2n::Body::Rows(_) => unreachable!("the stage keeps them"),
        b2n::Body::Hello(_) | b2n::Body::Proof(_) | b2n::Body::Refuse(_) | b2n::Body::Beat(_) => {
            panic!("a machine says nothing of the link's own")
        }
    }
}

/// `term.version owner×buckets(loss,conf)…`, the owners in order.
fn shares(table: &table::Table) -> String {
    let mut counts = BTreeMap::new();
    for row in &table.rows {
        let owner = row.primary.as_ref();
        let owner = owner
            .map_or("-".to_owned(), |owner| format!("{}#{}", owner.id, shown(owner.incarnation)));
        *counts.entry((owner, row.loss, row.conf)).or_insert(0) += 1;
    }
    let shares =
        counts.iter().map(|((owner, loss, conf), many)| format!(" {owner}×{many}({loss},{conf})"));
    format!("{}.{}{}", table.term >> 16, table.version, shares.collect::<String>())
}

/// Lines are `step => what comes out`; without an arrow, whatever it is doesn't matter. An
/// expectation that ends in `…` is a beginning.
pub(super) fn run(stage: &mut Stage, script: &str) {
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (step, expected) = line.split_once("=>").unwrap_or((line, "…"));
        let (came, expected) = (stage.step(step), expected.trim());
        match expected.strip_suffix('…') {
            Some(beginning) => assert!(came.starts_with(beginning), "{step}\n  came: {came}"),
            None => assert_eq!(came, expected, "{step}"),
        }
    }
}

pub(super) fn check(script: &str) {
    run(&mut Stage::new(), script);
}
