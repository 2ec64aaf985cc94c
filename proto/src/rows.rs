//! Changed rows: how the boss tells a table to whoever has the one before it. The schema is
//! `proto/schema/table.proto`.

use crate::table::{BucketTable, Owner, Place, Rows, Table, TableError, Version};

impl Rows {
    /// What makes the new table of the old one. Nothing: they have other bits, and the new one is
    /// to be told whole.
    pub fn between(old: &Table, new: &Table) -> Option<Rows> {
        if old.bits != new.bits || old.rows.len() != new.rows.len() {
            return None;
        }
        let rows = old.rows.iter().zip(&new.rows).filter(|(before, after)| before != after);
        let places = new.places.iter().filter(|place| !old.places.contains(place));
        let is_gone = |place: &&Place| !new.places.iter().any(|other| other.id == place.id);
        let gone = old.places.iter().filter(is_gone);
        Some(Rows {
            term: new.term,
            version: new.version,
            from_term: old.term,
            from_version: old.version,
            rows: rows.map(|(_, row)| row.clone()).collect(),
            places: places.cloned().collect(),
            gone: gone.map(owner).collect(),
        })
    }

    /// The table that the receiver must have.
    pub fn from(&self) -> Version {
        Version { term: self.from_term, version: self.from_version }
    }
}

impl BucketTable {
    /// The table that these changes make of this one.
    ///
    /// # Errors
    /// If they are of another table, or no boss makes such changes.
    pub fn with(&self, changes: Rows) -> Result<BucketTable, TableError> {
        if changes.from() != self.version() {
            return Err(TableError::Base);
        }
        let Rows { term, version, rows, places, gone, .. } = changes;
        let mut table = Table { term, version, ..self.wire().clone() };
        let error = TableError::Rows { rows: table.rows.len(), bits: table.bits };
        for row in rows {
            let place = table.rows.get_mut(row.prefix as usize).ok_or(error)?;
            *place = row;
        }
        table.places.retain(|place| !gone.contains(&owner(place)));
        for place in places {
            // In the order of their ids.
            match table.places.binary_search_by(|other| other.id.cmp(&place.id)) {
                Ok(at) => table.places[at] = place,
                Err(at) => table.places.insert(at, place),
            }
        }
        BucketTable::try_from(table)
    }
}

fn owner(place: &Place) -> Owner {
    Owner { id: place.id.clone(), incarnation: place.incarnation }
}
