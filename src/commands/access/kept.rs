//! What was found when a ledger was read last, for shells that complete and for `jit status`: they ask nobody, and must not wait
//! for AWS.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::CompletionCandidate;
use jit_access::fold::{Case, Phase, State};
use jit_access::id::Id;
use jit_wire::env::Env;
use jit_wire::name::is_plain_word;
use jit_wire::timestamp::Timestamp;

use crate::sys::{folders, fs};
use crate::ui::text::escape;

use super::Desk;

/// Below the state folder.
const FOLDER: &str = "access";
/// The requests that were open: a line for each, its short id, a tab, and what it is about.
const OPEN: &str = "open-requests";
/// What the policy lets people ask for, in the same form.
const NAMES: &str = "names";
/// The person's own open requests: the access, a tab, and then the short id, what it is, and until when, in seconds since 1970.
const MINE: &str = "mine";
/// A shell shows no more, and nobody reads more.
const MOST: usize = 200;
const LARGEST: u64 = 64 * 1024;

/// Notes what `desk` has.
pub(super) fn note(desk: &Desk<'_>) {
    let open: Vec<(Id, String)> = desk
        .cases()
        .filter(|case| desk.state(case).is_open())
        .map(|case| (case.id, format!("{} for {}", case.request.access, desk.name_of(case.author))))
        .collect();
    let newest = &open[open.len().saturating_sub(MOST)..];
    let shorts = desk.shorts(newest.iter().map(|(id, _)| *id));
    write(desk, OPEN, newest.iter().map(|(id, about)| (shorts[id].as_str(), about.as_str())));
    let mine: Vec<(String, String)> =
        desk.mine_open().iter().filter_map(|(case, state)| of_mine(case, state, desk)).collect();
    write(desk, MINE, mine.iter().map(|(access, about)| (access.as_str(), about.as_str())));
    let names = desk.policy.policy.access.iter().take(MOST);
    let names: Vec<(&String, String)> = names.map(|(name, access)| (name, access.role.to_string())).collect();
    write(desk, NAMES, names.iter().map(|(name, role)| (name.as_str(), role.as_str())));
}

fn of_mine(case: &Case<'_>, state: &State, desk: &Desk<'_>) -> Option<(String, String)> {
    let (what, until) = match state {
        State::Pending => {
            let ttl = i64::from(desk.policy.policy.limits.request_ttl);
            ("pending", Timestamp(case.at.0.saturating_add(ttl)))
        }
        State::Granted { from, phase: Phase::Scheduled, .. } => ("scheduled", *from),
        State::Granted { until, phase: Phase::Live { .. }, .. } => ("live", *until),
        _ => return None,
    };
    Some((case.request.access.clone(), format!("{} {what} {}", desk.short(case.id), until.0)))
}

/// An open request of the person, as it was when the ledger was read last.
pub(crate) struct KeptRequest {
    /// What was asked for.
    pub(crate) access: String,
    /// The short id.
    pub(crate) short: String,
    /// `pending`, `scheduled` or `live`.
    pub(crate) state: String,
    /// When it lapses, starts or ends.
    pub(crate) until: Timestamp,
}

/// The person's own open requests whose time has not come.
pub(crate) fn mine(state: &Path, now: Timestamp) -> Vec<KeptRequest> {
    let kept = |(access, about): (String, String)| {
        let mut words = about.split(' ').map(str::to_owned);
        let short = words.next()?;
        let state = words.next()?;
        let until = Timestamp(words.next()?.parse().ok()?);
        (until > now).then_some(KeptRequest { access, short, state, until })
    };
    lines(state, MINE).into_iter().filter_map(kept).collect()
}

/// It is a help and no more: what cannot be written is not completed.
fn write<'t>(desk: &Desk<'_>, file: &str, lines: impl Iterator<Item = (&'t str, &'t str)>) {
    let line = |(word, about): (&str, &str)| format!("{word}\t{}\n", escape(about).as_str());
    let text: String = lines.map(line).collect();
    let path = desk.world.folders.state.join(FOLDER).join(file);
    if fs::read_limited(&path, LARGEST).ok().as_deref() != Some(text.as_bytes()) {
        let _ = fs::write_atomically(&path, text.as_bytes());
    }
}

fn lines(state: &Path, file: &str) -> Vec<(String, String)> {
    let text = fs::read_limited(&state.join(FOLDER).join(file), LARGEST).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(word, about)| (word.to_owned(), about.to_owned())).collect()
}

/// What the policy let people ask for when it was read last: each with its role, whose account may be left open (`*`).
pub(crate) fn names(state: &Path) -> Vec<(String, String)> {
    lines(state, NAMES)
}

fn words(file: &str, typed: &str) -> Vec<CompletionCandidate> {
    let state = folders::of_user(&Env::of_process()).state;
    lines(&state, file)
        .into_iter()
        .filter(|(word, _)| word.starts_with(typed) && is_plain_word(word))
        .map(|(word, about)| CompletionCandidate::new(word).help(Some(escape(&about).into_string().into())))
        .collect()
}

/// The short ids of open requests that begin with what was typed.
pub(crate) fn request_ids(typed: &OsStr) -> Vec<CompletionCandidate> {
    words(OPEN, &typed.to_string_lossy().to_ascii_lowercase())
}

/// The names of what can be asked for that begin with what was typed.
pub(crate) fn request_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    words(NAMES, &typed.to_string_lossy())
}
