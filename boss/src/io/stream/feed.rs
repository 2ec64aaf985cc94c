//! What is sent: the whole for who comes, and for all others what is otherwise than it was.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use serde::Serialize;

use super::super::fleet::{Busy, Connections, Processes};
use super::seen::{Known, Seen};
use crate::machine::events::{EVENTS_MAX, Event};
use crate::machine::totals::Totals;
use crate::machine::trend::{MOMENTS_MAX, Moment};
use crate::machine::view;

/// What other processes tell. While they haven't yet there is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Beside {
    pub(super) connections: Option<Arc<Connections>>,
    pub(super) busy: Option<Arc<Busy>>,
    pub(super) processes: Arc<Processes>,
}

/// All that readers know.
#[derive(Debug, Default)]
pub(super) struct Feed {
    at_ms: u64,
    known: Known,
    status: Option<view::Status>,
    nodes: BTreeMap<String, view::Node>,
    events: VecDeque<Event>,
    moments: VecDeque<Moment>,
    table: Option<view::Table>,
    beside: Beside,
}

/// The first of a stream.
#[derive(Serialize)]
struct Document<'a> {
    at_ms: u64,
    status: Option<&'a view::Status>,
    nodes: Vec<&'a view::Node>,
    events: &'a VecDeque<Event>,
    events_count: u64,
    moments: &'a VecDeque<Moment>,
    table: Option<&'a view::Table>,
    connections: Option<&'a Connections>,
    busy: Option<&'a Busy>,
    processes: &'a Processes,
}

/// Each second: what isn't there is as it was.
#[derive(Serialize)]
struct Change<'a> {
    at_ms: u64,
    totals: &'a Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a view::Status>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<&'a view::Node>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forgotten: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[Event]>::is_empty")]
    events: &'a [Event],
    events_count: u64,
    #[serde(skip_serializing_if = "<[Moment]>::is_empty")]
    moments: &'a [Moment],
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a view::Table>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<&'a view::Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<&'a Connections>,
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<&'a Busy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<&'a Processes>,
}

impl Feed {
    pub(super) fn known(&self) -> Known {
        self.known
    }

    /// Takes what is seen, and gives what is new in it.
    pub(super) fn take(&mut self, seen: Seen, beside: Beside) -> Bytes {
        let Seen { at_ms, status, nodes, events, moments, table, known } = seen;
        let before = self.status.replace(status);
        let nodes = nodes.nodes.into_iter().map(|node| (node.id.clone(), node)).collect();
        let nodes_before = std::mem::replace(&mut self.nodes, nodes);
        let table_before = match table {
            Some(table) => std::mem::replace(&mut self.table, table),
            None => None,
        };
        let has_table = known.looks != self.known.looks;
        let beside_before = std::mem::replace(&mut self.beside, beside);
        (self.at_ms, self.known) = (at_ms, known);
        let nothing = Totals::default();
        let status = self.status.as_ref();
        let (whole, rows) = match (&self.table, &table_before) {
            (Some(now), before) if has_table => changed(now, before.as_ref()),
            _ => (None, Vec::new()),
        };
        let change = Change {
            at_ms,
            totals: status.map_or(&nothing, |status| &status.totals),
            status: status.filter(|now| !before.as_ref().is_some_and(|it| same(it, now))),
            nodes: self.nodes.values().filter(|it| nodes_before.get(&it.id) != Some(it)).collect(),
            forgotten: nodes_before
                .keys()
                .filter(|id| !self.nodes.contains_key(*id))
                .map(String::as_str)
                .collect(),
            events: &events,
            events_count: known.events,
            moments: &moments,
            table: whole,
            rows,
            connections: new(&self.beside.connections, &beside_before.connections),
            busy: new(&self.beside.busy, &beside_before.busy),
            processes: Some(self.beside.processes.as_ref())
                .filter(|now| *now != beside_before.processes.as_ref()),
        };
        let piece = piece("change", &change);
        self.events.extend(events);
        self.moments.extend(moments);
        drop_oldest(&mut self.events, EVENTS_MAX);
        drop_oldest(&mut self.moments, MOMENTS_MAX);
        piece
    }

    /// All of it.
    pub(super) fn document(&self) -> Bytes {
        let document = Document {
            at_ms: self.at_ms,
            status: self.status.as_ref(),
            nodes: self.nodes.values().collect(),
            events: &self.events,
            events_count: self.known.events,
            moments: &self.moments,
            table: self.table.as_ref(),
            connections: self.beside.connections.as_deref(),
            busy: self.beside.busy.as_deref(),
            processes: &self.beside.processes,
        };
        piece("document", &document)
    }
}

/// The whole table, if rows alone don't say what has changed; else those.
fn changed<'a>(
    now: &'a view::Table,
    before: Option<&view::Table>,
) -> (Option<&'a view::Table>, Vec<&'a view::Row>) {
    let before = before.filter(|before| {
        (before.term, before.bits, &before.places) == (now.term, now.bits, &now.places)
    });
    let Some(before) = before else { return (Some(now), Vec::new()) };
    let rows = now.rows.iter().zip(&before.rows);
    (None, rows.filter(|(now, before)| now != before).map(|(now, _)| now).collect())
}

/// Whether two say the same but for the figures, which are always said.
fn same(one: &view::Status, other: &view::Status) -> bool {
    let but_totals =
        |status: &view::Status| view::Status { totals: Totals::default(), ..status.clone() };
    but_totals(one) == but_totals(other)
}

fn new<'a, T: PartialEq>(now: &'a Option<Arc<T>>, before: &Option<Arc<T>>) -> Option<&'a T> {
    now.as_deref().filter(|_| now != before)
}

fn drop_oldest<T>(list: &mut VecDeque<T>, max: usize) {
    list.drain(..list.len().saturating_sub(max));
}

/// An event as a reader gets it.
fn piece(name: &str, what: &impl Serialize) -> Bytes {
    // JSON that isn't made for people has no line ends.
    let json = serde_json::to_string(what).unwrap_or_else(|_| "{}".to_owned());
    Bytes::from(format!("event: {name}\ndata: {json}\n\n"))
}

#[cfg(test)]
mod tests;
