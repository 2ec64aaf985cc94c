//! What a boss whose store has lost steps has heard of them, and whom it waits for.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;
use proto::limits::BUCKET_BITS_MAX;
use proto::n2b::Known;
use proto::name::NodeId;
use proto::table::{BucketTable, Version};

use super::history::History;
use super::registration::ahead;
use super::roster::{NodeRole, Owner, Roster, State};
use super::table::{Row, Rows};

/// Terms of which a whole table is kept: one for each time that the store fell back.
const TABLES_MAX: usize = 8;

/// Single rows that are kept: those of a few falls for each bucket of the largest table.
const ROWS_MAX: usize = 1 << (BUCKET_BITS_MAX + 2);

/// No row changes until it is known what was lost.
#[derive(Debug)]
pub struct Frozen {
    /// A sentence.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since_unix_ms: u64,
    answers: BTreeMap<NodeId, Answer>,
    /// Whole tables of steps that the store lacks, the newest of each term.
    tables: BTreeMap<u64, (u64, Rows)>,
    /// Rows that the store can't have had, whoever told them: of each step one.
    rows: BTreeMap<(BucketId, u64, u64), Row>,
    /// The newest cluster configuration that somebody knows.
    config: Option<(u64, String)>,
    /// The steps that were told.
    told: History,
    /// Queue nodes that somebody's table or row names.
    named: BTreeSet<NodeId>,
}

/// What one process has told.
#[derive(Debug)]
struct Answer {
    owner: Owner,
    /// It has acted upon them, and its table lacks them.
    ahead: Vec<(BucketId, Row)>,
}

impl Frozen {
    /// From now on.
    pub fn new(reason: String, since_unix_ms: u64) -> Frozen {
        Frozen {
            reason,
            since_unix_ms,
            answers: BTreeMap::new(),
            tables: BTreeMap::new(),
            rows: BTreeMap::new(),
            config: None,
            told: History::default(),
            named: BTreeSet::new(),
        }
    }

    /// Somebody speaks of this step.
    pub fn heard(&mut self, step: Version) {
        self.told.add(step);
    }

    /// Somebody has a row that the store can't have had.
    pub fn heard_row(&mut self, bucket: BucketId, row: &Row) {
        let Version { term, version } = row.step();
        self.named.extend(row.in_sync().iter().map(|member| member.id.clone()));
        if self.rows.len() < ROWS_MAX {
            self.rows.entry((bucket, term, version)).or_insert_with(|| row.clone());
        }
    }

    /// A process has said all that it knows.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(
        &mut self,
        owner: Owner,
        known: Known,
        history: &History,
    ) -> Result<Vec<Version>, &'static str> {
        let mut steps = Vec::new();
        if let Some(table) = known.table {
            let table = BucketTable::try_from(table).map_err(|_| "its table can't be read")?;
            steps.push(table.version());
            self.named.extend(table.places().iter().filter_map(|p| id(&p.id)));
            if !history.has(table.version()) {
                self.keep(&table)?;
            }
        }
        let ahead = ahead(&known.ahead);
        for (bucket, row) in &ahead {
            steps.push(row.step());
            self.heard_row(*bucket, row);
        }
        steps.iter().for_each(|step| self.heard(*step));
        let newest = self.config.as_ref().map_or(0, |(version, _)| *version);
        if known.config_version > newest && !known.config.is_empty() {
            self.config = Some((known.config_version, known.config));
        }
        self.answers.insert(owner.id.clone(), Answer { owner, ahead });
        Ok(steps)
    }

    fn keep(&mut self, table: &BucketTable) -> Result<(), &'static str> {
        let Version { term, version } = table.version();
        if self.tables.get(&term).is_some_and(|(known, _)| *known >= version) {
            return Ok(());
        }
        let rows: Vec<Row> = table
            .rows()
            .iter()
            .map(Row::of_table)
            .collect::<Option<_>>()
            .ok_or("its table has rows that no boss gives")?;
        let rows = Rows::try_from(rows).map_err(|_| "its table can't be read")?;
        let named = rows.iter().flat_map(|row| row.in_sync());
        self.named.extend(named.map(|member| member.id.clone()));
        self.tables.insert(term, (version, rows));
        while self.tables.len() > TABLES_MAX {
            self.tables.pop_first();
        }
        Ok(())
    }

    /// Another process has this id: what it held is no more.
    pub fn forget(&mut self, id: &NodeId) {
        self.answers.remove(id);
    }

    /// Who has to answer yet, by id: queue nodes that anybody names, but for those that are gone
    /// and that no row names; and gateways that aren't gone.
    pub fn waits_for(&self, roster: &Roster, rows: &Rows) -> BTreeSet<NodeId> {
        let in_rows: BTreeSet<&NodeId> = rows
            .iter()
            .chain(self.tables.values().flat_map(|(_, rows)| rows.iter()))
            .flat_map(|row| row.in_sync().iter().chain(row.learners()))
            .map(|owner| &owner.id)
            .collect();
        let is_wanted = |id: &&NodeId| match roster.get(id) {
            Some(node) if node.state == State::Gone => {
                node.role == NodeRole::QueueNode && in_rows.contains(id)
            }
            Some(_) | None => true,
        };
        let of_roster = roster.iter().map(|node| &node.id);
        let all = of_roster.chain(&self.named).chain(in_rows.iter().copied());
        let missing = all.filter(is_wanted).filter(|id| !self.answers.contains_key(*id));
        missing.cloned().collect()
    }

    /// Whether steps are lost of which nobody has told a table yet.
    pub fn lacks_table(&self, history: &History) -> bool {
        self.tables.is_empty() && !history.has_all(&self.told)
    }

    /// The processes that have answered.
    pub fn answered(&self) -> BTreeSet<Owner> {
        self.answers.values().map(|answer| answer.owner.clone()).collect()
    }

    /// Takes out what was told: whole tables, rows that were acted upon, the newest configuration,
    /// and the steps.
    pub fn into_parts(self) -> Told {
        let acted = self.answers.into_values().flat_map(|answer| answer.ahead).collect();
        let rows = self.rows.into_iter().map(|((bucket, ..), row)| (bucket, row)).collect();
        Told { tables: self.tables, acted, rows, config: self.config, steps: self.told }
    }
}

/// What was told of lost steps.
#[derive(Debug)]
pub struct Told {
    /// Whole tables, by their terms.
    pub tables: BTreeMap<u64, (u64, Rows)>,
    /// Rows that their tellers have acted upon.
    pub acted: Vec<(BucketId, Row)>,
    /// All single rows.
    pub rows: Vec<(BucketId, Row)>,
    /// The newest cluster configuration.
    pub config: Option<(u64, String)>,
    /// All steps.
    pub steps: History,
}

fn id(text: &str) -> Option<NodeId> {
    NodeId::try_from(text).ok()
}
