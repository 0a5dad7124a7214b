//! The report of an import: what was imported, what has no equivalent and why, and what to type next.

use std::collections::BTreeMap;

use super::ImportTool;
use crate::commands::load;
use crate::config::draft::MergedDraft;
use crate::config::import::{Imported, ImportedAs, ImportedTable, StaticKey};
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::World;
use jit_wire::name;

use super::super::some;

/// Reports what was imported, what was not, and which long-lived access keys were found.
pub(super) fn tell(imported: &Imported, merged: &MergedDraft, keys: &[StaticKey], ui: &Ui) {
    let list = |title: &'static str, rows: Vec<Vec<String>>| {
        if rows.is_empty() {
            return;
        }
        ui.say(ui.paint(Tone::Name, title));
        let indented = |row: Vec<String>| {
            let indent = |(column, cell): (usize, &String)| {
                if column == 0 { shown!("  {}", cell) } else { escape(cell) }
            };
            row.iter().enumerate().map(indent).collect::<Vec<Shown>>()
        };
        ui.say_table(&rows.into_iter().map(indented).collect::<Vec<_>>());
    };
    let taken = imported
        .taken
        .iter()
        .map(|taken| vec![taken.place.to_string(), taken.what.clone(), became(taken, merged)]);
    list("Taken:", taken.collect());
    // A setting that many profiles have is reported once.
    let mut groups: Vec<(&str, &str, String, usize)> = Vec::new();
    for one in &imported.no_equal {
        match groups.iter_mut().find(|(what, why, ..)| *what == one.what && *why == one.why) {
            Some((.., count)) => *count += 1,
            None => groups.push((&one.what, &one.why, one.place.to_string(), 0)),
        }
    }
    let groups = groups.into_iter().map(|(what, why, place, more)| {
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        vec![format!("{place}{more}"), what.to_owned(), why.to_owned()]
    });
    list("No equivalent in jit:", groups.collect());
    let found = keys.iter().map(|key| vec![key.place.to_string(), format!("[{}]", key.section)]);
    list("Long-lived access keys, which jit neither imports nor needs:", found.collect());
    if !keys.is_empty() {
        ui.say("  Once jit works, delete them there and deactivate them in IAM");
    }
}

/// The table of `config.toml` that an imported item became.
fn became(taken: &ImportedTable, merged: &MergedDraft) -> String {
    let name = |names: &BTreeMap<String, String>, name: &String| names.get(name).unwrap_or(name).clone();
    let (kind, name, is_new, differs) = match &taken.became {
        ImportedAs::Idp(idp) => {
            let name = name(&merged.idp_names, idp);
            let is_new = merged.draft.idps.iter().any(|table| table.name == name);
            let kept = merged.kept_idps.iter().find(|kept| kept.name == name);
            ("idp", name, is_new, kept.map(|kept| kept.differs.clone()).unwrap_or_default())
        }
        ImportedAs::Role(role) => {
            let name = name(&merged.role_names, role);
            let is_new = merged.draft.roles.iter().any(|table| table.name == name);
            let kept = merged.kept.iter().find(|kept| kept.name == name);
            ("role", name, is_new, kept.map(|kept| kept.differs.clone()).unwrap_or_default())
        }
    };
    let mut text = format!("→ {kind} {name}");
    if !is_new {
        text.push_str(", which already exists");
    }
    if !differs.is_empty() {
        text.push_str(&format!(" (unchanged; different: {})", differs.join(", ")));
    }
    if let Some(remark) = &taken.remark {
        text.push_str(&format!("; {remark}"));
    }
    text
}

/// What to type next.
pub(super) fn say_next(merged: &MergedDraft, tool: ImportTool, world: &World, ui: &Ui) {
    let first = merged.draft.roles.first().map(|role| role.name.clone());
    let login = match (first, merged.draft.idps.first()) {
        (Some(role), _) => format!("jit login {}", name::in_command(&role)),
        (None, Some(idp)) => format!("jit login --idp {}", name::in_command(&idp.name)),
        (None, None) => return,
    };
    ui.next(escape(&login));
    if merged.draft.roles.is_empty() {
        return;
    }
    let taken = own_profiles(world);
    let same: Vec<String> =
        merged.draft.roles.iter().map(|role| role.name.clone()).filter(|name| taken.contains(name)).collect();
    if same.is_empty() {
        ui.next("jit configure profiles  lets every AWS tool use jit");
    } else {
        ui.next(shown!(
            "jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of {} for {}",
            tool.of(),
            some(&same)
        ));
    }
}

/// The profiles of `~/.aws/config` that are not jit's.
fn own_profiles(world: &World) -> Vec<String> {
    load::profiles(world).map(|profiles| profiles.not_ours()).unwrap_or_default()
}
