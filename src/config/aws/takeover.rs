//! Profiles that somebody else wrote, taken over: the keys that decide about credentials go, `jit` provides the credentials
//! instead, and everything else in the section stays as it is. What was there is saved as a file of the same format
//! (the originals), so that a profile can be put back as it was.

use std::collections::HashSet;

use super::document::{Document, Entry, Section, SectionKind};
use super::editor::{Edit, MARKER, Tangled, edited, key_line, managed_name, same_foreign_sections};
use super::profile::Profile;
use super::profiles::AwsProfiles;
use super::{CREDENTIAL_PROCESS, OVERRULING_KEYS};

/// Keys that mean nothing without those that decide about credentials, and that Terraform and some SDKs then refuse.
const BELONGING: [&str; 6] = [
    CREDENTIAL_PROCESS,
    "external_id",
    "mfa_serial",
    "role_session_name",
    "duration_seconds",
    "source_identity",
];
/// Above a section of the originals whose last line was the last of the file and had no end.
const NO_END: &str = "# the file ended here, without an end of the line";

/// What a profile stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileMeaning {
    /// The role with this ARN.
    Role(String),
    /// A permission set, and where Identity Center assigns it.
    PermissionSet {
        /// Twelve digits.
        account: String,
        /// Its name.
        name: String,
        /// The access portal.
        start_url: String,
    },
    /// Long-lived access keys are in it, which decide before everything else.
    Keys,
    /// Credentials that only another program knows.
    Other,
    /// No credentials: a region, an output format.
    Nothing,
}

impl ProfileMeaning {
    /// The account, if the file says it.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Role(arn) => arn.split(':').nth(4),
            Self::PermissionSet { account, .. } => Some(account),
            Self::Keys | Self::Other | Self::Nothing => None,
        }
    }

    /// Whether it is a role of AWS that a profile of `jit` could stand for.
    pub fn is_role(&self) -> bool {
        matches!(self, Self::Role(_) | Self::PermissionSet { .. })
    }
}

impl std::fmt::Display for ProfileMeaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Role(arn) => f.write_str(arn),
            Self::PermissionSet { account, name, .. } => write!(f, "{account}/{name}"),
            Self::Keys => f.write_str("long-lived access keys"),
            Self::Other => f.write_str("credentials of another program"),
            Self::Nothing => f.write_str("no credentials"),
        }
    }
}

/// What the profile called `name` stands for.
pub fn meaning(profiles: &AwsProfiles, name: &str) -> ProfileMeaning {
    let get = |key: &str| profiles.get(name, key).map(|at| at.value);
    if get("aws_access_key_id").or_else(|| get("aws_secret_access_key")).is_some() {
        return ProfileMeaning::Keys;
    }
    if let Some(arn) = get("role_arn") {
        return ProfileMeaning::Role(arn);
    }
    let of_session =
        |name: String| Some(profiles.get_of(&SectionKind::SsoSession(name), "sso_start_url")?.value);
    // granted has the same keys by names of its own.
    let of_sso = |key: &str| get(&format!("sso_{key}")).or_else(|| get(&format!("granted_sso_{key}")));
    let start_url = || of_sso("session").and_then(of_session).or_else(|| of_sso("start_url"));
    if let (Some(account), Some(name)) = (of_sso("account_id"), of_sso("role_name")) {
        return ProfileMeaning::PermissionSet { account, name, start_url: start_url().unwrap_or_default() };
    }
    let decides = |key: &&str| get(key).is_some();
    match OVERRULING_KEYS.iter().chain([&CREDENTIAL_PROCESS]).any(decides) {
        true => ProfileMeaning::Other,
        false => ProfileMeaning::Nothing,
    }
}

/// The file with profiles taken over, and what they were.
#[derive(Debug)]
pub struct TakenOver {
    /// The file.
    pub document: Document,
    /// The profiles that were taken over.
    pub names: Vec<String>,
    /// What to add to the originals.
    originals: String,
}

/// Takes over the profiles of `wanted` that are in the file and not `jit`'s. A profile that is there twice, or that has
/// access keys, stays as it is.
///
/// # Errors
/// [`Tangled`] if another section would not be read as before.
pub fn take_over(document: &Document, wanted: &[Profile]) -> Result<TakenOver, Tangled> {
    let eol = document.line_ending();
    let mut edits = Vec::new();
    let mut names = Vec::new();
    let mut originals = String::new();
    let mut lines = Vec::new();
    for profile in wanted {
        let kind = SectionKind::Profile(profile.name.clone());
        let mut sections = document.sections().iter().filter(|section| section.kind == kind);
        let (Some(section), None) = (sections.next(), sections.next()) else { continue };
        let has_keys = section.entry("aws_access_key_id").or(section.entry("aws_secret_access_key"));
        if managed_name(document, section).is_some() || has_keys.is_some() {
            continue;
        }
        let below = section.first + 1;
        let indent = section.entries.first().map_or("", |entry| document.indent(entry.lines.start));
        let command = key_line(indent, CREDENTIAL_PROCESS, &profile.command, eol);
        let marker = format!("{MARKER}{}{eol}", profile.name);
        edits.push(Edit { lines: section.first..section.first, text: marker });
        edits.push(Edit { lines: below..below, text: command });
        let gone = section.entries.iter().filter(|entry| goes(entry));
        edits.extend(gone.map(|entry| Edit { lines: entry.lines.clone(), text: String::new() }));
        originals.push_str(&original(document, section));
        names.push(profile.name.clone());
        lines.push(section.line());
    }
    let changed = edited(document, edits.iter().collect(), &[])?;
    same_foreign_sections((document, &lines), (&changed, &[]))?;
    // What stays in a section means what it meant.
    for (name, line) in names.iter().zip(&lines) {
        let kind = SectionKind::Profile(name.clone());
        let settings = |document: &Document, goes_too: fn(&Entry) -> bool| -> Option<Vec<(String, String)>> {
            let entries = document.named(&kind)?.entries.iter().filter(|entry| !goes_too(entry));
            Some(entries.map(|entry| (entry.key.clone(), document.value(entry))).collect())
        };
        let before = settings(document, goes);
        let after = settings(&changed, goes);
        let is_ours = managed_name(&changed, changed.named(&kind).ok_or(Tangled { line: *line })?).is_some();
        if before != after || !is_ours {
            return Err(Tangled { line: *line });
        }
    }
    Ok(TakenOver { document: changed, names, originals })
}

/// Whether a key goes when `jit` provides the credentials.
fn goes(entry: &Entry) -> bool {
    let key = entry.key.as_str();
    key.starts_with("sso_")
        || key.starts_with("granted_sso_")
        || OVERRULING_KEYS.contains(&key)
        || BELONGING.contains(&key)
}

/// A section as the originals have it.
fn original(document: &Document, section: &Section) -> String {
    let raw = document.raw(section.lines());
    let eol = document.line_ending();
    match raw.ends_with(['\n', '\r']) {
        true => format!("{raw}{eol}"),
        false => format!("{NO_END}{eol}{raw}{eol}{eol}"),
    }
}

impl TakenOver {
    /// The originals with what was taken over now. An earlier original stays only if its profile is still `jit`'s in
    /// `document`, the file as it is.
    pub fn originals(&self, before: &Document, document: &Document) -> String {
        let kept = kept(before, document, &self.names);
        format!("{kept}{}", self.originals)
    }
}

/// What of the originals is still needed, without the profiles called `without`.
fn kept(originals: &Document, document: &Document, without: &[String]) -> String {
    let ours: HashSet<&str> = super::managed_profiles(document).map(|(name, _)| name).collect();
    let is_kept = |section: &&Section| matches!(&section.kind, SectionKind::Profile(name) if ours.contains(name.as_str()) && !without.contains(name));
    let sections = originals.sections().iter().filter(is_kept);
    sections
        .map(|section| {
            originals.raw(lines_with_note(originals, section)).to_owned() + originals.line_ending()
        })
        .collect()
}

/// The lines of a section of the originals with the comment above it that belongs to it.
fn lines_with_note(originals: &Document, section: &Section) -> std::ops::Range<usize> {
    let lines = section.lines();
    if ended_the_file(originals, section) { lines.start - 1..lines.end } else { lines }
}

fn ended_the_file(originals: &Document, section: &Section) -> bool {
    section.first.checked_sub(1).is_some_and(|above| originals.line(above) == NO_END)
}

/// The profiles of the file that were taken over: `jit`'s, and in the originals.
pub fn taken_over<'d>(
    document: &'d Document,
    originals: &'d Document,
) -> impl Iterator<Item = (&'d str, &'d Section)> {
    let names: HashSet<&str> = originals
        .sections()
        .iter()
        .filter_map(|section| match &section.kind {
            SectionKind::Profile(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    super::managed_profiles(document).filter(move |(name, _)| names.contains(name))
}

/// The file with profiles put back.
#[derive(Debug)]
pub struct PutBack {
    /// The file.
    pub document: Document,
    /// The profiles that are as they were.
    pub names: Vec<String>,
    /// Profiles that have a key again that would come back, with its line; they stay as they are.
    pub in_the_way: Vec<(String, String, usize)>,
    /// What the originals are afterwards.
    pub originals: String,
}

/// Puts back the profiles that were taken over: all, or those called `only`. A section that nobody has edited since is then
/// what it was, byte for byte; in another one, the keys that went stand below its header again.
///
/// # Errors
/// [`Tangled`] if another section would not be read as before.
pub fn put_back(document: &Document, originals: &Document, only: &[String]) -> Result<PutBack, Tangled> {
    let eol = document.line_ending();
    let mut edits = Vec::new();
    let mut names = Vec::new();
    let mut in_the_way = Vec::new();
    for (name, section) in taken_over(document, originals) {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let Some(original) = originals.named(&SectionKind::Profile(name.to_owned())) else { continue };
        let gone = || original.entries.iter().filter(|entry| goes(entry));
        let again = section.entries.iter().filter(|entry| entry.key != CREDENTIAL_PROCESS);
        let mut again = again.filter(|entry| gone().any(|gone| gone.key == entry.key));
        if let Some(entry) = again.next() {
            in_the_way.push((name.to_owned(), entry.key.clone(), entry.line()));
            continue;
        }
        let marker = section.first.saturating_sub(1);
        if let Some(end) = end_if_untouched(document, section, originals, original) {
            let mut text = originals.raw(original.lines()).to_owned();
            if end == document.line_count() && ended_the_file(originals, original) {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            edits.push(Edit { lines: marker..end, text });
        } else {
            let back: String = gone()
                .map(|entry| {
                    let raw = originals.raw(entry.lines.clone()).trim_end_matches(['\r', '\n']);
                    format!("{raw}{eol}")
                })
                .collect();
            edits.push(Edit { lines: marker..section.first, text: String::new() });
            edits.push(Edit { lines: section.first + 1..section.first + 1, text: back });
            let command = section.entry(CREDENTIAL_PROCESS);
            edits.extend(command.map(|entry| Edit { lines: entry.lines.clone(), text: String::new() }));
        }
        names.push(name.to_owned());
    }
    let changed = edited(document, edits.iter().collect(), &[])?;
    let back: Vec<usize> = changed
        .sections()
        .iter()
        .filter(|section| matches!(&section.kind, SectionKind::Profile(name) if names.contains(name)))
        .map(Section::line)
        .collect();
    same_foreign_sections((document, &[]), (&changed, &back))?;
    let originals = kept(originals, document, &names);
    Ok(PutBack { document: changed, names, in_the_way, originals })
}

/// Where a section ends that is what taking over made of `original`; `None` if somebody has edited it since.
fn end_if_untouched(
    document: &Document,
    section: &Section,
    originals: &Document,
    original: &Section,
) -> Option<usize> {
    let below = section.first + 1;
    let command = section.entry(CREDENTIAL_PROCESS)?;
    if command.lines != (below..below + 1) {
        return None;
    }
    let gone = |line: &usize| original.entries.iter().any(|entry| goes(entry) && entry.lines.contains(line));
    let kept: Vec<usize> = (original.first + 1..original.lines().end).filter(|line| !gone(line)).collect();
    let end = below + 1 + kept.len();
    let same = |(now, then): (usize, &usize)| document.line(now) == originals.line(*then);
    let untouched = end <= document.line_count()
        && section.lines().end <= end
        && document.line(section.first) == originals.line(original.first)
        && (below + 1..end).zip(&kept).all(same);
    untouched.then_some(end)
}

#[cfg(test)]
mod tests;
