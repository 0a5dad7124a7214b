//! `jit configure remove`: a shared file that is not wanted any more, taken out of `config.toml` again.

use clap::Args;
use zeroize::Zeroizing;

use crate::config::draft::Draft;
use crate::config::shared::{self, Part};
use crate::error::{CommandResult, Kind};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

use super::add;
use super::write::{self, Change, Options, Present, REMOVE};

/// Remove a shared file from config.toml
///
/// Removes the IdPs and roles that came from it, and leaves everything else as it
/// is. Without an argument, removes the only shared file there is. Sessions stay
/// valid until they expire; jit logout forgets them.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RemoveArgs {
    /// Where it came from: the URL or path given to jit configure add
    #[arg(value_name = "URL|FILE", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<String>,
    /// Show the diff and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Why nothing is removed.
#[derive(Debug, thiserror::Error)]
enum RemoveError {
    #[error("{0} contains no shared file")]
    NothingShared(String),
    #[error("{path} contains no file shared by {from}")]
    Unknown { path: String, from: String, parts: Vec<String> },
    #[error("{path} contains several shared files")]
    Several { path: String, parts: Vec<String> },
    #[error("the part shared by {from} was edited in {path}")]
    Edited { from: String, path: String },
    #[error("{} from the file", starts(roles))]
    InUse { roles: Vec<String> },
}

fn starts(roles: &[String]) -> String {
    match roles {
        [only] => format!("your own role {only} starts from a role or IdP"),
        several => format!("your own roles {} start from roles or IdPs", super::some(several)),
    }
}

impl Explain for RemoveError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NothingShared(_) => Vec::new(),
            Self::Unknown { parts, .. } | Self::Several { parts, .. } => parts
                .iter()
                .map(|from| Next::run(format!("configure remove {}", name::in_command(from))))
                .collect(),
            Self::Edited { .. } => {
                Next::list(["without --yes, jit shows the edits that would be lost and asks"])
            }
            Self::InUse { .. } => {
                Next::list(["delete or change these tables of config.toml first, then run the command again"])
            }
        }
    }
}

pub(super) fn run(args: &RemoveArgs, world: &World, ui: &Ui) -> CommandResult {
    let present = Present::read_unchecked(world)?;
    let text = present.text()?;
    let part = part(args, &present)?;
    if !part.is_as_it_came(text) {
        let edited = RemoveError::Edited { from: part.from.clone(), path: present.path.clone() };
        if args.yes {
            return Err(edited.into());
        }
        ui.warn(escape(&edited.to_string()));
    }
    let whole = Zeroizing::new(shared::without(text, &part));
    let gone = Draft::of(part.content(text));
    let left = Draft::of(&whole);
    let roles = in_use(&gone, &left);
    if !roles.is_empty() {
        return Err(RemoveError::InUse { roles }.into());
    }
    let what = format!("{} (shared by {})", write::names(&gone), part.from);
    let change = Change { whole: &whole, messages: REMOVE, what: &what, summary: None };
    let options = Options { yes: args.yes, dry_run: args.dry_run, ..Options::default() };
    if write::put(&present, &change, options, world, ui)? {
        ui.next(shown!("{}  removes their profiles from ~/.aws/config", "jit configure profiles --prune"));
    }
    Ok(())
}

/// The part that is meant.
fn part(args: &RemoveArgs, present: &Present) -> CommandResult<Part> {
    let mut parts = shared::parts(present.text()?);
    let path = present.path.clone();
    let froms = || parts.iter().map(|part| part.from.clone()).collect();
    let at = match &args.from {
        _ if parts.is_empty() => return Err(RemoveError::NothingShared(path).into()),
        None if parts.len() > 1 => return Err(RemoveError::Several { path, parts: froms() }.into()),
        None => 0,
        Some(from) => {
            // As it is written there, or as `add` would write it.
            let from = from.trim();
            let found = parts.iter().position(|part| part.from == from);
            let found = match found {
                Some(at) => Some(at),
                None => {
                    let from = add::place(from)?;
                    parts.iter().position(|part| part.from == from)
                }
            };
            match found {
                Some(at) => at,
                None => {
                    let from = from.to_owned();
                    return Err(RemoveError::Unknown { path, from, parts: froms() }.into());
                }
            }
        }
    };
    Ok(parts.swap_remove(at))
}

/// The roles that stay and need what goes.
fn in_use(gone: &Draft, left: &Draft) -> Vec<String> {
    let needs = |role: &&crate::config::draft::Table| {
        let of = |key: &str, tables: &[crate::config::draft::Table]| {
            role.text(key).is_some_and(|name| tables.iter().any(|table| table.name == name))
        };
        of("idp", &gone.idps) || of("via", &gone.roles)
    };
    left.roles.iter().filter(needs).map(|role| role.name.clone()).collect()
}
