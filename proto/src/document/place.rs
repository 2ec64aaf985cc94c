//! Entries of a document, by their names and by where they stand in its text.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Where an entry is, or would be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is there.
    Entry {
        /// Its key, or an item of a list itself.
        key: Range<usize>,
        /// Its value.
        value: Range<usize>,
    },
    /// It isn't.
    Gap(Gap),
}

/// Where an entry would be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Where the key of the innermost entry begins that would hold it; nothing: the document would.
    pub(super) holder: Option<usize>,
    /// What isn't in that.
    pub(super) name: String,
}

/// Where the entry of this name is, like `class[2].mount[0].history`.
pub(super) fn find(table: &DeTable<'_>, place: &str) -> Found {
    let mut table = Some(table);
    let mut found = Found::Gap(Gap { holder: None, name: String::new() });
    for step in place.split('.') {
        let (name, items) = step.split_once('[').unwrap_or((step, ""));
        let Some((key, mut value)) = table.and_then(|table| table.get_key_value(name)) else {
            let holder = match found {
                Found::Entry { key, .. } => Some(key.start),
                Found::Gap(gap) => gap.holder,
            };
            return Found::Gap(Gap { holder, name: name.to_owned() });
        };
        let mut key = key.span();
        for at in items.split_terminator(']').map(|at| at.trim_start_matches('[')) {
            let item = at.parse::<usize>().ok().and_then(|at| value.get_ref().as_array()?.get(at));
            let Some(item) = item else {
                return Found::Gap(Gap { holder: Some(key.start), name: at.to_owned() });
            };
            (key, value) = (item.span(), item);
        }
        found = Found::Entry { key, value: value.span() };
        table = value.get_ref().as_table();
    }
    found
}

/// What has been taken out of a document.
#[derive(Debug)]
pub(super) struct Taken {
    /// The names of the entries that lead to it: without the numbers of items, which others get by
    /// it.
    pub(super) path: String,
    /// The place that it leaves.
    pub(super) gap: Gap,
}

/// Takes out the entry whose key or value stands there.
pub(super) fn take(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<Taken> {
    take_from(table, None, span)
}

fn take_from(table: &mut DeTable<'_>, holder: Option<usize>, span: &Range<usize>) -> Option<Taken> {
    let is_it = |entry: &Spanned<_>| entry.span() == *span;
    let named = table.iter().find(|(key, value)| key.span() == *span || is_it(value));
    if let Some(name) = named.map(|(key, _)| key.get_ref().to_string()) {
        table.remove(name.as_str());
        return Some(Taken { path: name.clone(), gap: Gap { holder, name } });
    }
    table.iter_mut().find_map(|(key, value)| {
        let taken = take_within(value.get_mut(), key.span().start, span)?;
        let name = key.get_ref();
        let path =
            if taken.path.is_empty() { name.to_string() } else { format!("{name}.{}", taken.path) };
        Some(Taken { path, ..taken })
    })
}

fn take_within(value: &mut DeValue<'_>, holder: usize, span: &Range<usize>) -> Option<Taken> {
    match value {
        DeValue::Table(table) => take_from(table, Some(holder), span),
        DeValue::Array(items) => {
            if let Some(at) = items.iter().position(|item| item.span() == *span) {
                let all = std::mem::replace(items, DeArray::new()).into_iter();
                let others = all.enumerate().filter(|(other, _)| *other != at);
                *items = others.map(|(_, item)| item).collect();
                let gap = Gap { holder: Some(holder), name: at.to_string() };
                return Some(Taken { path: String::new(), gap });
            }
            items.iter_mut().find_map(|item| {
                let start = item.span().start;
                take_within(item.get_mut(), start, span)
            })
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}
