//! Adds to `config.toml`, for every command that does so: shows the change, asks, and replaces the file.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::commands::advice;
use crate::commands::load::LARGEST_CONFIG;
use crate::config::draft::{Draft, MergedDraft, Value};
use crate::config::file::File;
use crate::config::shared::Summary;
use crate::config::{Mistake, Side, host, unified_diff};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::folders;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::{Confirmation, World};
use jit_wire::explain::{Explain, Next};

use super::replace;

/// The options of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    /// Write without asking.
    pub(super) yes: bool,
    /// Show what would be written, and write nothing.
    pub(super) dry_run: bool,
    /// Where the person is asked, Enter alone means yes.
    pub(super) enter_means_yes: bool,
}

/// The messages for a kind of change.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    question: &'static str,
    done: &'static str,
    would: &'static str,
}

/// For new tables.
pub(super) const ADD: Messages =
    Messages { question: "Add this to", done: "Added to", would: "Would add to" };
/// For tables that replace existing ones.
pub(super) const UPDATE: Messages =
    Messages { question: "Change this in", done: "Updated in", would: "Would update in" };

/// Something that goes.
pub(super) const REMOVE: Messages =
    Messages { question: "Remove this from", done: "Removed from", would: "Would remove from" };

/// `config.toml` before the change.
pub(super) struct Present {
    /// The path, as the user would write it.
    pub(super) path: String,
    content: Option<Zeroizing<Vec<u8>>>,
}

impl Present {
    pub(super) fn read(world: &World) -> CommandResult<Self> {
        let present = Self::read_unchecked(world)?;
        File::parse(&present.path, present.text()?)?;
        Ok(present)
    }

    /// The same, whatever mistakes are in it: for what may put them right.
    pub(super) fn read_unchecked(world: &World) -> CommandResult<Self> {
        let path = folders::short(&world.folders.config_file, &world.folders.home);
        let content = replace::read(&world.folders.config_file, LARGEST_CONFIG)
            .map_err(|error| advice::ConfigUnread::new(&path, error))?;
        Ok(Self { path, content })
    }

    pub(super) fn text(&self) -> CommandResult<&str> {
        let content = self.content.as_deref().map_or(&[][..], Vec::as_slice);
        std::str::from_utf8(content)
            .map_err(|_| CommandError::new(Kind::Usage, format!("{} is not UTF-8 text", self.path)))
    }

    /// The text with `draft` appended, with the line endings of the file.
    fn with(&self, draft: &Draft) -> CommandResult<Zeroizing<String>> {
        let text = self.text()?;
        let added = draft.to_toml();
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines = added.lines().count();
        // Large enough never to be reallocated, which would leave copies of secrets that are not wiped.
        let mut whole =
            Zeroizing::new(String::with_capacity(text.len() + added.len() + lines + 2 * eol.len()));
        whole.push_str(text);
        if !text.is_empty() {
            if !text.ends_with('\n') {
                whole.push_str(eol);
            }
            whole.push_str(eol);
        }
        for line in added.lines() {
            whole.push_str(line);
            whole.push_str(eol);
        }
        Ok(whole)
    }
}

/// The tables of `draft` that the configuration does not have, and the names that all of its tables have
/// there.
///
/// # Errors
/// The configuration is invalid, or cannot be read.
pub(super) fn merged(draft: &Draft, world: &World) -> CommandResult<MergedDraft> {
    Ok(draft.merge(&Draft::of(Present::read(world)?.text()?)))
}

/// Adds the missing tables of `draft` to `config.toml`. Returns whether the file was written: not in a dry
/// run, if the person declines or cannot be asked, or if nothing is missing. It tells the person which.
///
/// # Errors
/// The configuration would be invalid, or cannot be read or written; it is then unchanged.
pub(super) fn add(draft: &Draft, options: Options, world: &World, ui: &Ui) -> CommandResult<bool> {
    let present = Present::read(world)?;
    let draft = draft.merge(&Draft::of(present.text()?)).draft;
    let path = &present.path;
    if draft.is_empty() {
        ui.done(shown!("Nothing to add: {} already has everything", path));
        return Ok(false);
    }
    let change = Change { whole: &present.with(&draft)?, messages: ADD, what: &names(&draft), summary: None };
    warn_of_hosts(&draft, ui);
    put(&present, &change, options, world, ui)
}

/// Warns of hosts that look like other ones.
fn warn_of_hosts(draft: &Draft, ui: &Ui) {
    let settings = draft.idps.iter().flat_map(|idp| &idp.settings);
    let warnings = settings.filter_map(|(_, value)| match value {
        Value::Text(text) => host::warning(text),
        _ => None,
    });
    let warnings: BTreeSet<String> = warnings.collect();
    warnings.iter().for_each(|warning| ui.warn(escape(warning)));
}

/// A change of the configuration.
pub(super) struct Change<'a> {
    /// The new text of the file.
    pub(super) whole: &'a str,
    pub(super) messages: Messages,
    /// The names of the tables that are added or changed.
    pub(super) what: &'a str,
    /// Shown first if the whole diff is too long.
    pub(super) summary: Option<&'a Summary>,
}

/// Shows a change, asks, and writes it.
///
/// # Errors
/// As for [`add`].
pub(super) fn put(
    present: &Present,
    change: &Change<'_>,
    options: Options,
    world: &World,
    ui: &Ui,
) -> CommandResult<bool> {
    let Change { whole, messages, what, summary } = change;
    let path = &present.path;
    check(path, whole)?;
    let diff = unified_diff(&Side::of_config(present.text()?), &Side::of_config(whole), path);
    let asked = !options.dry_run && !options.yes && world.person.can_be_asked();
    // A person who is asked must see the change, even when quiet.
    let tell = |line: &str| if asked { ui.instruct(escape(line)) } else { ui.say(escape(line)) };
    let tell_diff = |line: &str| match asked {
        true => ui.instruct_verbatim(escape(line)),
        false => ui.say_verbatim(escape(line)),
    };
    if let Some(summary) = summary {
        summary.lines.iter().for_each(|line| tell(line));
        summary.warnings.iter().for_each(|warning| ui.warn(escape(warning)));
    }
    if summary.is_none() || !asked {
        for line in &diff {
            // Without a question, the diff is the output of the command.
            if asked || options.yes { tell_diff(line) } else { ui.verbatim(shown!("{}\n", line))? }
        }
    }
    if options.dry_run {
        ui.done(shown!("{} {}: {}", messages.would, path, what));
        return Ok(false);
    }
    let question = format!("{} {path}?", messages.question);
    let decision = loop {
        let decision = match summary {
            _ if options.yes => Some(Confirmation::Yes),
            Some(_) => world.person.decide(&question),
            None => {
                let yes = match options.enter_means_yes {
                    true => world.person.confirm_or_yes(&question),
                    false => world.person.confirm(&question),
                };
                yes.map(|yes| if yes { Confirmation::Yes } else { Confirmation::No })
            }
        };
        match decision {
            Some(Confirmation::Show) => diff.iter().for_each(|line| tell_diff(line)),
            other => break other,
        }
    };
    match decision {
        Some(Confirmation::Yes) => {}
        Some(_) => {
            ui.say("Nothing was written");
            return Ok(false);
        }
        None => {
            ui.done(shown!("{} {}: {}", messages.would, path, what));
            ui.say("Nothing was written: jit cannot ask here. Use --yes to write it");
            return Ok(false);
        }
    }
    write(present, whole, world)?;
    ui.done(shown!("{} {}: {}", messages.done, path, what));
    if present.content.is_some() {
        let backup = replace::backup_of(&world.folders.config_file);
        ui.say(shown!("Backup of the previous file: {}", folders::short(&backup, &world.folders.home)));
    }
    Ok(true)
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error("{path} would not be valid with this change")]
    Wrong { path: String, mistake: Mistake },
    #[error("cannot lock {}", path.display())]
    Locked { path: PathBuf, source: io::Error },
    #[error("cannot write {path}")]
    Disk { path: String, source: io::Error },
    #[error("another program changed {0} in the meantime")]
    Changed(String),
}

impl Explain for NotWritten {
    fn kind(&self) -> Kind {
        match self {
            Self::Wrong { .. } => Kind::Usage,
            Self::Locked { .. } | Self::Disk { .. } | Self::Changed(_) => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Wrong { mistake, .. } => vec![mistake.to_string()],
            Self::Locked { source, .. } | Self::Disk { source, .. } => vec![source.to_string()],
            Self::Changed(_) => Vec::new(),
        }
    }

    fn excerpt(&self) -> Option<String> {
        match self {
            Self::Wrong { mistake, .. } => mistake.excerpt(),
            _ => None,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Wrong { mistake, .. } => {
                let mut next = mistake.next();
                next.push(Next::words(
                    "nothing was written; fix the file or what you add, then run the command again",
                ));
                next
            }
            Self::Locked { .. } | Self::Disk { .. } => Next::list(["nothing was changed"]),
            Self::Changed(_) => Next::list(["nothing was written; run the command again"]),
        }
    }
}

/// Checks that `whole` is a valid configuration.
fn check(path: &str, whole: &str) -> CommandResult {
    let wrong = |mistake| NotWritten::Wrong { path: path.to_owned(), mistake };
    File::parse(path, whole).map(drop).map_err(|mistake| wrong(mistake).into())
}

fn write(present: &Present, whole: &str, world: &World) -> CommandResult {
    let _lock = replace::lock(world, "config.lock", "writing the configuration")
        .map_err(|(path, source)| NotWritten::Locked { path, source })?;
    let before = present.content.as_deref().map(Vec::as_slice);
    let written = replace::write(&world.folders.config_file, before, whole.as_bytes(), LARGEST_CONFIG)
        .map_err(|source| NotWritten::Disk { path: present.path.clone(), source })?;
    if written { Ok(()) } else { Err(NotWritten::Changed(present.path.clone()).into()) }
}

/// `idp acme, role hub, role admin`; a long list is shortened.
pub(super) fn names(draft: &Draft) -> String {
    let idps = draft.idps.iter().map(|table| format!("idp {}", table.name));
    let roles = draft.roles.iter().map(|table| format!("role {}", table.name));
    super::some(&idps.chain(roles).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
