//! `jit configure add`: adds a shared file to `config.toml`, after showing what it changes.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use zeroize::Zeroizing;

use crate::commands::load::{self, LARGEST_CONFIG};
use crate::config::draft::{Draft, Table, access_table};
use crate::config::host;
use crate::config::shared::{self, Part, Surroundings};
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
use crate::sys::{fs, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_wire::explain::{Explain, Next};
use jit_wire::http::{Ask, HttpError};
use jit_wire::name;
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use jit_wire::unseen::is_unseen;

use super::write::{self, ADD, Change, Options, Present, UPDATE};

/// Add a company's shared file to config.toml, or refresh it
///
/// A shared file has only [idp.NAME], [role.NAME] and [spokes.NAME] tables and
/// cannot name a program. jit shows a summary and asks before it adds the file,
/// and shows the whole diff on request. Without an argument, fetches every shared
/// file again; jit never refreshes them by itself.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct AddArgs {
    /// Where the shared file is: an https URL or a path
    #[arg(value_name = "URL|FILE", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<String>,
    /// The SHA-256 that the file must have, from the person who shares it
    #[arg(long, value_name = "HEX", requires = "from")]
    pub sha256: Option<String>,
    /// Show the summary and the diff, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Why a shared file is not added.
#[derive(Debug, thiserror::Error)]
enum AddError {
    #[error("{0} contains no shared file, so there is nothing to refresh")]
    NothingShared(String),
    #[error("the file at {from} is not the expected one")]
    OtherHash { from: String, hash: String, wanted: String },
    #[error("the part shared by {from} was edited in {path}")]
    Edited { from: String, path: String },
    #[error("cannot fetch {from}")]
    NotFetched { from: String, error: HttpError },
    #[error("{from} redirects to {to}")]
    Moved { from: String, to: String, url: Option<String> },
    #[error("{0} requires a sign-in, which jit does not support here")]
    WantsSignIn(String),
    #[error("{0} is a web page, not a configuration")]
    WebPage(String),
    #[error("{path} already defines {twice}, and {from} defines it too")]
    DefinedTwice { path: String, twice: String, from: String, shared_by: Option<String> },
}

impl Explain for AddError {
    fn kind(&self) -> Kind {
        match self {
            Self::NothingShared(_) | Self::DefinedTwice { .. } => Kind::Usage,
            _ => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::OtherHash { hash, wanted, .. } => vec![format!("its SHA-256 is {hash}, not {wanted}")],
            Self::NotFetched { error, .. } => vec![error.to_string()],
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NothingShared(_) => vec![Next::Run {
                command: "configure add URL".into(),
                does: "adds your company's shared file".into(),
            }],
            Self::OtherHash { .. } => {
                Next::list(["nothing was written; check the hash with the person who gave it to you"])
            }
            Self::Edited { .. } => {
                Next::list(["without --yes, jit shows the edits that would be lost and asks"])
            }
            // The advice must not mention `jit explain`: no role is involved.
            Self::NotFetched { error, .. } => error.next(),
            Self::Moved { url: Some(url), .. } => vec![Next::Run {
                command: format!("configure add {}", name::in_command(url)).into(),
                does: "if you trust that URL: takes the file from there from now on".into(),
            }],
            Self::Moved { url: None, .. } => Next::list(["ask the publisher of the file for its new URL"]),
            Self::WantsSignIn(_) => Next::list(["fetch it in your browser, then: jit configure add FILE"]),
            Self::WebPage(_) => Next::list([
                "it may be a sign-in page; fetch the file in your browser, then: jit configure add FILE",
            ]),
            Self::DefinedTwice { shared_by: Some(other), .. } => vec![Next::Run {
                command: format!("configure remove {}", name::in_command(other)).into(),
                does: "removes the other shared file, if this one replaces it".into(),
            }],
            Self::DefinedTwice { .. } => {
                Next::list(["rename or delete your own, then run the command again"])
            }
        }
    }
}

pub(super) fn run(args: &AddArgs, world: &World, ui: &Ui) -> CommandResult {
    let present = Present::read(world)?;
    let parts = shared::parts(present.text()?);
    let places = match &args.from {
        Some(from) => vec![place(from)?],
        None => parts.iter().map(|part| part.from.clone()).collect(),
    };
    if places.is_empty() {
        return Err(AddError::NothingShared(present.path.clone()).into());
    }
    for from in places {
        host::warning(&from).iter().for_each(|warning| ui.warn(escape(warning)));
        // Read again: the previous shared file has been written.
        let present = Present::read(world)?;
        take(&from, args, &present, world, ui)?;
    }
    Ok(())
}

/// Adds or updates the part shared by `from`.
fn take(from: &str, args: &AddArgs, present: &Present, world: &World, ui: &Ui) -> CommandResult {
    let text = present.text()?;
    let content = fetch(from, world)?;
    let hash = shared::hash(content.as_bytes());
    if let Some(wanted) = args.sha256.as_ref().filter(|wanted| !wanted.eq_ignore_ascii_case(&hash)) {
        return Err(AddError::OtherHash { from: from.to_owned(), hash, wanted: wanted.clone() }.into());
    }
    shared::check(from, &content)?;
    let draft = Draft::of(&content);
    let before = part_of(text, from, &draft);
    let moved = before.as_ref().map(|part| part.from.clone()).filter(|old| old != from);
    let edited = before.as_ref().is_some_and(|part| !part.is_as_it_came(text));
    if before.as_ref().is_some_and(|part| part.hash == hash) && !edited && moved.is_none() {
        ui.done(shown!("Nothing new at {}", from));
        return Ok(());
    }
    if edited {
        let edited = AddError::Edited { from: from.to_owned(), path: present.path.clone() };
        if args.yes {
            return Err(edited.into());
        }
        ui.warn(escape(&edited.to_string()));
    }
    let whole = Zeroizing::new(match &before {
        Some(part) => shared::instead(text, part, from, &content),
        None => shared::with(text, from, &content),
    });
    let own_text = Zeroizing::new(shared::with(&whole, from, ""));
    let own = Draft::of(&own_text);
    let both_have_access = access_table(&content).is_some() && access_table(&own_text).is_some();
    let spokes = [content.as_str(), own_text.as_str()].map(Draft::spokes_of);
    nothing_twice(from, [&draft, &own], &spokes, both_have_access, present)?;
    let rest = before.as_ref().map(|part| Zeroizing::new(shared::without(text, part)));
    let rest = rest.as_ref().map_or(text, |rest| rest.as_str());
    let around = Surroundings {
        from: from.to_owned(),
        own,
        default_role: shared::default_role(rest),
        profiles: profiles(world, ui),
        offered: offered(world),
    };
    let mut summary = shared::summary(before.as_ref().map(|part| part.content(text)), &content, &around);
    if let Some(old) = &moved {
        summary
            .lines
            .insert(0, format!("{from} takes the place of {old}, which shared the same IdPs until now"));
        if host::of(old) != host::of(from) {
            summary.warnings.push(format!(
                "Another host shares the file: {} instead of {}",
                host::of(from),
                host::of(old)
            ));
        }
    }
    let what = format!("{} (shared by {}, sha256 {hash})", write::names(&draft), from);
    let messages = if before.is_some() { UPDATE } else { ADD };
    let change = Change { whole: &whole, messages, what: &what, summary: Some(&summary) };
    let options = Options { yes: args.yes, dry_run: args.dry_run, ..Options::default() };
    if write::put(present, &change, options, world, ui)? && before.is_none() {
        ui.next("jit login");
    }
    Ok(())
}

/// The part that is to be refreshed by a file with the tables of `draft`: the one that came `from` there; else the one that
/// the file takes the place of, because it has all of its IdPs: it has moved, and two of them could not stand together.
fn part_of(text: &str, from: &str, draft: &Draft) -> Option<Part> {
    let mut parts = shared::parts(text);
    if let Some(at) = parts.iter().position(|part| part.from == from) {
        return Some(parts.swap_remove(at));
    }
    let has = |idp: &Table| draft.idps.iter().any(|own| own.name == idp.name);
    let is_moved = |part: &Part| {
        let idps = Draft::of(part.content(text)).idps;
        !idps.is_empty() && idps.iter().all(has)
    };
    let mut moved = parts.into_iter().filter(is_moved);
    moved.next().filter(|_| moved.next().is_none())
}

/// The profiles of AWS's files that jit did not write. An unreadable file is only a warning, because this
/// command does not depend on it.
fn profiles(world: &World, ui: &Ui) -> BTreeSet<String> {
    match load::profiles(world) {
        Ok(profiles) => profiles.foreign().map(str::to_owned).collect(),
        Err(error) => {
            ui.warn(shown!("{}, so jit cannot tell which profiles the shared roles would hide", error.what));
            BTreeSet::new()
        }
    }
}

/// The names of the roles that IdPs offered.
fn offered(world: &World) -> BTreeSet<String> {
    let offered = index::all(&world.folders.state);
    let names = offered.iter().flat_map(|role| {
        let by_account = role.account_name.as_ref().map(|account| format!("{account}/{}", role.role));
        std::iter::once(role.name()).chain(by_account)
    });
    names.collect()
}

/// A URL as it is, a file by its whole path.
pub(super) fn place(from: &str) -> CommandResult<String> {
    let from = from.trim();
    let wrong = |what: String| Err(CommandError::new(Kind::Usage, what));
    if from.chars().any(is_unseen) || from.contains(" sha256:") {
        return wrong("jit cannot write such a name into the configuration".to_owned());
    }
    if from.contains("://") {
        return match TrustedUrl::parse(from, Purpose::SharedFile) {
            Ok(_) => Ok(from.to_owned()),
            Err(why) => wrong(format!("`{from}` {why}")),
        };
    }
    process::absolute(Path::new(from))
        .map(|path| path.to_string_lossy().into_owned())
        .map_err(|error| CommandError::new(Kind::Usage, format!("`{from}` is not a path")).because(error))
}

fn fetch(from: &str, world: &World) -> CommandResult<Zeroizing<String>> {
    let failed = |what: String| CommandError::new(Kind::Failed, what);
    let content = if from.contains("://") {
        let url = TrustedUrl::parse(from, Purpose::SharedFile)
            .map_err(|why| CommandError::new(Kind::Usage, format!("`{from}` {why}")))?;
        let answer =
            process::block_on(world.http.ask(&Ask { accept: "application/toml, */*", ..Ask::get(&url) }))
                .map_err(|error| AddError::NotFetched { from: from.to_owned(), error })?;
        match (answer.status, answer.headers.get("location")) {
            (200, _) => answer.body.expose().clone(),
            (301 | 302 | 303 | 307 | 308, Some(to)) => {
                let there = match to.starts_with('/') {
                    true => url.at(to),
                    false => TrustedUrl::parse(to, Purpose::SharedFile),
                };
                let url = there.ok().map(|url| url.as_str().to_owned());
                return Err(AddError::Moved { from: from.to_owned(), to: to.to_owned(), url }.into());
            }
            (401 | 403, _) => {
                return Err(AddError::WantsSignIn(url.authority().to_owned()).into());
            }
            (status, _) => return Err(failed(format!("{from} answered with status {status}"))),
        }
    } else {
        fs::read_limited(Path::new(from), LARGEST_CONFIG)
            .map_err(|error| failed(format!("cannot read {from}")).because(error))?
    };
    let content = Zeroizing::new(content);
    let text = std::str::from_utf8(&content).map_err(|_| failed(format!("{from} is not UTF-8 text")))?;
    if text.trim_start().starts_with('<') {
        return Err(AddError::WebPage(from.to_owned()).into());
    }
    Ok(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")))
}

/// A table must not be defined twice: TOML would reject the file, with a less helpful message.
fn nothing_twice(
    from: &str,
    [shared, own]: [&Draft; 2],
    spokes: &[Vec<Table>; 2],
    both_have_access: bool,
    present: &Present,
) -> CommandResult {
    let twice = |kind: &str, one: &[Table], other: &[Table]| -> Vec<String> {
        let both = one.iter().filter(|table| other.iter().any(|there| there.name == table.name));
        both.map(|table| format!("[{kind}.{}]", table.name)).collect()
    };
    let mut found = [
        twice("idp", &shared.idps, &own.idps),
        twice("spokes", &spokes[0], &spokes[1]),
        twice("role", &shared.roles, &own.roles),
    ]
    .concat();
    found.extend(both_have_access.then(|| "[access]".to_owned()));
    if found.is_empty() {
        return Ok(());
    }
    let text = present.text()?;
    let in_part = |part: &Part| {
        let content = part.content(text);
        let draft = Draft::of(content);
        let titles = |kind: &str, tables: &[Table]| {
            tables.iter().map(|table| format!("[{kind}.{}]", table.name)).collect::<Vec<_>>()
        };
        let mut names = [titles("idp", &draft.idps), titles("role", &draft.roles)].concat();
        names.extend(access_table(content).map(|_| "[access]".to_owned()));
        names.iter().any(|name| found.contains(name))
    };
    let shared_by = shared::parts(text).into_iter().find(|part| part.from != from && in_part(part));
    let path = present.path.clone();
    let twice = super::some(&found);
    let shared_by = shared_by.map(|part| part.from);
    Err(AddError::DefinedTwice { path, twice, from: from.to_owned(), shared_by }.into())
}
