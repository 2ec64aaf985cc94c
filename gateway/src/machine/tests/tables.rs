//! The tables that a bench hands to its lane.

use std::sync::Arc;

use proto::table::{BucketTable, Owner, Row, Table};

use super::bench::Bench;
use crate::machine::Input;

impl Bench {
    pub(super) fn table(&mut self, reign: u64, loss: u64, home: &str) {
        let owner = Owner { id: home.to_owned(), incarnation: 1 };
        let primary = (home != "nobody").then_some(owner);
        let (prefix, conf) = (0, reign);
        self.rows(0, vec![Row { prefix, loss, reign, conf, primary, ..Row::default() }]);
    }

    /// The set has grown by `n2`: `n1` is primary under the same reign.
    pub(super) fn copies(&mut self, reign: u64, conf: u64) {
        let owner = |id: &str| Owner { id: id.to_owned(), incarnation: 1 };
        let (primary, in_sync) = (Some(owner("n1")), vec![owner("n1"), owner("n2")]);
        let row = Row { reign, conf, primary, in_sync, ..Row::default() };
        self.rows(0, vec![row]);
    }

    /// Two buckets, both at home with `n1`; the data of one may be lost.
    pub(super) fn split(&mut self, reign: u64, lost: Option<u64>) {
        let primary = Some(Owner { id: "n1".to_owned(), incarnation: 1 });
        let row = |prefix| {
            let loss = u64::from(lost == Some(u64::from(prefix)));
            let conf = reign;
            Row { prefix, loss, reign, conf, primary: primary.clone(), ..Row::default() }
        };
        self.rows(1, vec![row(0), row(1)]);
    }

    /// Two buckets, each with a home of its own.
    pub(super) fn halves(&mut self, reign: u64, homes: [&str; 2]) {
        let owner = |id: &str| Owner { id: id.to_owned(), incarnation: 1 };
        let row = |prefix: u32| {
            let primary = Some(owner(homes[prefix as usize]));
            Row { prefix, reign, conf: reign, primary, ..Row::default() }
        };
        self.rows(1, vec![row(0), row(1)]);
    }

    pub(super) fn rows(&mut self, bits: u32, rows: Vec<Row>) {
        self.version += 1;
        let table = Table { term: 1, version: self.version, bits, rows, places: vec![] };
        let table = BucketTable::try_from(table).expect("a row for each bucket");
        self.handle(Input::Table(Arc::new(table)));
    }
}
