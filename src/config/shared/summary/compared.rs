//! What of the old and of the new content is new, changed, gone, or the same.

use std::collections::{BTreeSet, HashMap};

use crate::config::draft::Table;

/// A table whose settings differ.
#[derive(Clone, Copy)]
pub(super) struct Change<'t> {
    pub(super) old: &'t Table,
    pub(super) new: &'t Table,
}

/// Two lists of tables, compared by name.
pub(super) struct Compared<'t> {
    pub(super) new: Vec<&'t Table>,
    pub(super) changed: Vec<Change<'t>>,
    pub(super) gone: Vec<&'t Table>,
    pub(super) same: Vec<&'t Table>,
}

impl<'t> Compared<'t> {
    pub(super) fn of(old: &'t [Table], new: &'t [Table]) -> Self {
        let mut compared = Self { new: Vec::new(), changed: Vec::new(), gone: Vec::new(), same: Vec::new() };
        let before: HashMap<&str, &Table> = old.iter().map(|table| (table.name.as_str(), table)).collect();
        for table in new {
            match before.get(table.name.as_str()) {
                None => compared.new.push(table),
                Some(one) if differing(one, table).is_empty() => compared.same.push(table),
                Some(one) => compared.changed.push(Change { old: one, new: table }),
            }
        }
        let after: BTreeSet<&str> = new.iter().map(|table| table.name.as_str()).collect();
        compared.gone = old.iter().filter(|table| !after.contains(table.name.as_str())).collect();
        compared
    }

    pub(super) fn is_same(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }

    /// `2 new, 1 changed`.
    pub(super) fn counts(&self) -> String {
        let counts = [
            (self.new.len(), "new"),
            (self.changed.len(), "changed"),
            (self.gone.len(), "removed"),
            (self.same.len(), "unchanged"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
}

/// The keys whose values differ.
pub(super) fn differing<'t>(one: &'t Table, other: &'t Table) -> Vec<&'t str> {
    let keys: BTreeSet<&str> =
        one.settings.iter().chain(&other.settings).map(|(key, _)| key.as_str()).collect();
    keys.into_iter().filter(|key| one.get(key) != other.get(key)).collect()
}
