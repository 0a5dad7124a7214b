//! What a shared file says of one role in many accounts: its `[spokes.NAME]` tables.

use super::{Compared, list};
use crate::config::draft::{Table, Value};

/// The tables that stand for one role in many accounts. Each of their roles is told of like any other.
pub(super) fn lines(spokes: &Compared<'_>, lines: &mut Vec<String>) {
    if spokes.is_same() && spokes.same.is_empty() {
        return;
    }
    lines.push(format!("  tables for several accounts: {}", spokes.counts()));
    let told = |table: &Table| {
        let accounts = match table.get("accounts") {
            Some(Value::Map(accounts)) if accounts.len() == 1 => "1 account".to_owned(),
            Some(Value::Map(accounts)) => format!("{} accounts", accounts.len()),
            _ => "every account of the organization".to_owned(),
        };
        let text = |key| table.text(key).unwrap_or_default();
        format!("[spokes.{}] ({} in {accounts}, via {})", table.name, text("role_name"), text("via"))
    };
    let mut tell = |what: &str, tables: Vec<&Table>| {
        let told: Vec<String> = tables.into_iter().map(told).collect();
        lines.extend(list(told.iter().map(String::as_str)).map(|tables| format!("    {what}: {tables}")));
    };
    tell("changed", spokes.changed.iter().map(|change| change.new).collect());
    tell("new", spokes.new.clone());
    tell("removed", spokes.gone.clone());
}
