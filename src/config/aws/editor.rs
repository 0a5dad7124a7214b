//! The editor: changes jit's own sections of `~/.aws/config`, and not a byte outside of them.
//!
//! A section is managed by jit if the line above it is `# managed by jit: NAME` with the name of that very
//! section. A user who renames the section or removes the comment takes it over.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use zeroize::Zeroizing;

use super::document::{Document, Entry, Section, SectionKind};
use super::profile::Profile;
use super::{CREDENTIAL_PROCESS, OVERRULING_KEYS, REGION};

/// What stands before the name in the comment above a section of ours.
pub(super) const MARKER: &str = "# managed by jit: ";

/// The changes after which the file has the wanted profiles, and no others that jit wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New profiles.
    pub added: Vec<String>,
    /// Existing profiles of jit whose keys change.
    pub updated: Vec<String>,
    /// Profiles of jit that need no change.
    pub unchanged: Vec<String>,
    /// Wanted profiles that jit did not write. They are left alone.
    pub conflicts: Vec<ProfileHeader>,
    /// Profiles of jit whose role no longer exists or now has another profile name.
    pub stale: Vec<ProfileHeader>,
    /// Keys in profiles of jit that take precedence over `credential_process`.
    pub overruled: Vec<Overruled>,
    edits: Vec<Edit>,
    removals: Vec<Edit>,
    appended: Vec<String>,
}

/// A profile and the line of its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileHeader {
    /// The profile.
    pub name: String,
    /// The line of its header.
    pub line: usize,
}

/// A key that the user put into a managed profile and that takes precedence over `credential_process`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overruled {
    /// The profile.
    pub name: String,
    /// The key.
    pub key: String,
    /// Its line, counted from 1.
    pub line: usize,
}

/// This section is indented in such a way that a change above it would change its meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the section on line {line} is indented, so the change would alter its meaning")]
pub struct Tangled {
    /// The line of its header, counted from 1.
    pub line: usize,
}

/// Replaces lines; an empty range inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) lines: Range<usize>,
    pub(super) text: String,
}

/// The profiles that jit wrote, with their sections.
pub fn managed_profiles(document: &Document) -> impl Iterator<Item = (&str, &Section)> {
    document.sections().iter().filter_map(|section| Some((managed_name(document, section)?, section)))
}

pub(super) fn managed_name<'s>(document: &Document, section: &'s Section) -> Option<&'s str> {
    let SectionKind::Profile(name) = &section.kind else { return None };
    let above = document.line(section.first.checked_sub(1)?).trim();
    (above.strip_prefix(MARKER)?.trim() == name).then_some(name)
}

/// The role that a section of ours asks for: the last word of its command.
pub fn role_of(document: &Document, section: &Section) -> Option<String> {
    let command = document.value(section.entry(CREDENTIAL_PROCESS)?);
    command.rsplit(' ').next().map(str::to_owned)
}

/// Compares the file with the wanted profiles. Duplicate names in `wanted` count once. A profile of jit that
/// is not wanted is stale if its role is wanted under another name, or if `knows` says that the role no
/// longer exists.
pub fn plan_profiles(document: &Document, wanted: &[Profile], knows: &dyn Fn(&str) -> bool) -> Changes {
    let mut changes = Changes::default();
    let mut sections: HashMap<&str, Vec<&Section>> = HashMap::new();
    for section in document.sections() {
        if let SectionKind::Profile(name) = &section.kind {
            sections.entry(name).or_default().push(section);
        }
    }
    let mut seen = HashSet::new();
    for profile in wanted.iter().filter(|profile| seen.insert(profile.name.as_str())) {
        let sections = sections.get(profile.name.as_str()).map_or(&[][..], Vec::as_slice);
        let foreign = sections.iter().find(|section| managed_name(document, section).is_none());
        match (sections, foreign.or(sections.get(1))) {
            ([], _) => {
                changes.added.push(profile.name.clone());
                changes.appended.push(new_section(profile, document.line_ending()));
            }
            (_, Some(other)) => {
                changes.conflicts.push(ProfileHeader { name: profile.name.clone(), line: other.line() });
            }
            ([ours, ..], None) => changes.update(document, ours, profile),
        }
    }
    let roles: HashSet<&str> = wanted.iter().map(|profile| profile.role.as_str()).collect();
    let stays =
        |section| role_of(document, section).is_some_and(|role| !roles.contains(&*role) && knows(&role));
    let others = managed_profiles(document).filter(|(name, section)| !seen.contains(name) && !stays(section));
    for (name, section) in others {
        changes.stale.push(ProfileHeader { name: name.to_owned(), line: section.line() });
        changes.removals.push(removal(document, section));
    }
    changes
}

/// The marker, the header and the keys, to be appended to a file.
fn new_section(profile: &Profile, eol: &str) -> String {
    let name = &profile.name;
    let header = if name == "default" { "[default]".to_owned() } else { format!("[profile {name}]") };
    let mut text = format!(
        "{MARKER}{name}{eol}{header}{eol}{}",
        key_line("", CREDENTIAL_PROCESS, &profile.command, eol)
    );
    if let Some(region) = &profile.region {
        text.push_str(&key_line("", REGION, region, eol));
    }
    text
}

pub(super) fn key_line(indent: &str, key: &str, value: &str, eol: &str) -> String {
    format!("{indent}{key} = {value}{eol}")
}

/// Removes a section, its marker, and the blank line that was inserted before it.
fn removal(document: &Document, section: &Section) -> Edit {
    let Range { start, end } = section.lines();
    let marker = start.saturating_sub(1);
    let blank = marker.checked_sub(1).filter(|&above| document.line(above).trim().is_empty());
    Edit { lines: blank.unwrap_or(marker)..end, text: String::new() }
}

impl Changes {
    fn update(&mut self, document: &Document, section: &Section, profile: &Profile) {
        let eol = document.line_ending();
        let indent = section.entries.first().map_or("", |entry| document.indent(entry.lines.start));
        let edits_before = self.edits.len();
        let mut put =
            |present: Option<&Entry>, (after, indent): (usize, &str), key: &str, value: &str| match present {
                Some(entry) if document.value(entry) == value => {}
                Some(entry) => {
                    let text = key_line(document.indent(entry.lines.start), key, value, eol);
                    self.edits.push(Edit { lines: entry.lines.clone(), text });
                }
                // Indented like its neighbours: a key that is indented further than the one above would
                // continue that one's value.
                None => {
                    self.edits.push(Edit { lines: after..after, text: key_line(indent, key, value, eol) })
                }
            };
        let below_header = (section.first + 1, indent);
        let command = section.entry(CREDENTIAL_PROCESS);
        put(command, below_header, CREDENTIAL_PROCESS, &profile.command);
        if let Some(region) = &profile.region {
            let below = |entry: &Entry| (entry.lines.end, document.indent(entry.lines.start));
            put(section.entry(REGION), command.map_or(below_header, below), REGION, region);
        }
        let list = if self.edits.len() > edits_before { &mut self.updated } else { &mut self.unchanged };
        list.push(profile.name.clone());
        let overruling = section.entries.iter().filter(|entry| OVERRULING_KEYS.contains(&entry.key.as_str()));
        self.overruled.extend(overruling.map(|entry| Overruled {
            name: profile.name.clone(),
            key: entry.key.clone(),
            line: entry.line(),
        }));
    }

    /// Makes the changes to the document that they were planned for; `prune` also removes the stale profiles.
    ///
    /// # Errors
    /// [`Tangled`] if a section would be read differently afterwards.
    pub fn apply(&self, document: &Document, prune: bool) -> Result<Document, Tangled> {
        let removals = if prune { self.removals.as_slice() } else { &[] };
        let edits = self.edits.iter().chain(removals).collect();
        let changed = edited(document, edits, &self.appended)?;
        same_foreign_sections((document, &[]), (&changed, &[]))?;
        self.ours_are_there(document, &changed, prune)?;
        Ok(changed)
    }

    /// Takes back that the profiles called `names` are stale, and says which would have been.
    pub fn spare(&mut self, names: &HashSet<&str>) -> Vec<ProfileHeader> {
        let stale = std::mem::take(&mut self.stale).into_iter().zip(std::mem::take(&mut self.removals));
        let (spared, stale): (Vec<_>, Vec<_>) =
            stale.partition(|(place, _)| names.contains(place.name.as_str()));
        (self.stale, self.removals) = stale.into_iter().unzip();
        spared.into_iter().map(|(place, _)| place).collect()
    }
}

/// The document with its edits made, and with `appended` behind all else, each after a blank line.
pub(super) fn edited(
    document: &Document,
    mut edits: Vec<&Edit>,
    appended: &[String],
) -> Result<Document, Tangled> {
    let eol = document.line_ending();
    edits.sort_by_key(|edit| edit.lines.start);
    let added: usize =
        edits.iter().map(|edit| &edit.text).chain(appended).map(|text| text.len() + 2 * eol.len()).sum();
    // Large enough never to grow, which would leave copies behind that nobody wipes.
    let mut out = Zeroizing::new(String::with_capacity(document.text().len() + added + eol.len()));
    let mut at = 0;
    for edit in &edits {
        out.push_str(document.raw(at..edit.lines.start.max(at)));
        if !edit.text.is_empty() {
            end_line(&mut out, eol);
        }
        out.push_str(&edit.text);
        at = at.max(edit.lines.end);
    }
    out.push_str(document.raw(at..document.line_count()));
    for section in appended {
        if !out.is_empty() {
            end_line(&mut out, eol);
            // Behind a carriage return that stands alone, a line feed would be the rest of the same line end.
            let blank = if out.ends_with('\r') && eol == "\n" { "\r" } else { eol };
            out.push_str(blank);
        }
        out.push_str(section);
    }
    Document::parse(out.as_bytes()).map_err(|broken| Tangled { line: line_before(broken.line, &edits) })
}

impl Changes {
    /// Checks that every section of jit except the removed ones is still a section of its own.
    fn ours_are_there(&self, before: &Document, after: &Document, prune: bool) -> Result<(), Tangled> {
        let kept: HashSet<&str> = managed_profiles(after).map(|(name, _)| name).collect();
        let goes = |line| prune && self.stale.iter().any(|place| place.line == line);
        let mut ours = managed_profiles(before).map(|(name, section)| (name, section.line()));
        match ours.find(|(name, line)| !goes(*line) && !kept.contains(name)) {
            Some((_, line)) => Err(Tangled { line }),
            None => Ok(()),
        }
    }
}

fn end_line(text: &mut String, eol: &str) {
    if !text.is_empty() && !text.ends_with(['\n', '\r']) {
        text.push_str(eol);
    }
}

/// The line before the edits of what is now `line`. Both are counted from 1; the edits are in order.
fn line_before(line: usize, edits: &[&Edit]) -> usize {
    edits.iter().fold(line, |line, edit| {
        if edit.lines.start < line {
            (line + edit.lines.len()).saturating_sub(edit.text.lines().count())
        } else {
            line
        }
    })
}

/// A document, and the lines (counted from one) of sections in it that are meant to change.
type Except<'a> = (&'a Document, &'a [usize]);

/// Holds two documents' sections that are not ours against each other, line for line.
pub(super) fn same_foreign_sections(before: Except<'_>, after: Except<'_>) -> Result<(), Tangled> {
    fn foreign<'a>((document, except): Except<'a>) -> impl Iterator<Item = (usize, &'a str)> {
        let sections = document.sections().iter().filter(|section| managed_name(document, section).is_none());
        let sections = sections.filter(|section| !except.contains(&section.line()));
        sections.map(|section| (section.line(), document.raw(section.lines()).trim_end_matches(['\r', '\n'])))
    }
    let mut old = foreign(before);
    let mut new = foreign(after);
    loop {
        match (old.next(), new.next()) {
            (None, None) => return Ok(()),
            (Some((_, old)), Some((_, new))) if old == new => {}
            // The section that differs has absorbed the next one.
            (Some((line, _)), _) | (None, Some((line, _))) => {
                return Err(Tangled { line: old.next().map_or(line, |(next, _)| next) });
            }
        }
    }
}

#[cfg(test)]
mod tests;
