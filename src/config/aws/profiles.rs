//! What AWS's two files together say about a profile, by the rules of botocore.

use std::collections::{HashMap, HashSet};

use super::{Document, Entry, Section, SectionKind, managed_profiles};
use jit_wire::name;
use jit_wire::section::At;

/// `~/.aws/config` and `~/.aws/credentials`, read as one. If both set a key of a profile, the credentials
/// file counts.
#[derive(Debug)]
pub struct AwsProfiles {
    config: Document,
    credentials: Document,
    /// Their paths as the user would write them.
    paths: [String; 2],
    /// The names, in file order.
    names: Vec<String>,
    /// The sections of each name: in the configuration, in the credentials file.
    sections: HashMap<String, [Option<usize>; 2]>,
    /// Finds the path that this program was started by.
    own_program: fn() -> Option<String>,
}

impl AwsProfiles {
    /// The profiles of a configuration file and a credentials file, each with its path for messages.
    pub fn new(config: (Document, String), credentials: (Document, String)) -> Self {
        let (mut names, mut sections) = (Vec::new(), HashMap::<String, [Option<usize>; 2]>::new());
        let mut note = |name: &str, part: usize, index: usize| {
            // Such a name cannot be typed, and showing it would be unsafe.
            if !name::is_profile(name) {
                return;
            }
            let entry = sections.entry(name.to_owned()).or_insert_with(|| {
                names.push(name.to_owned());
                [None, None]
            });
            // If headers differ only in spelling, the later section counts, as in botocore.
            entry[part] = Some(index);
        };
        for (index, section) in config.0.sections().iter().enumerate() {
            if let SectionKind::Profile(name) = &section.kind {
                note(name, 0, index);
            }
        }
        for (index, section) in credentials.0.sections().iter().enumerate() {
            if section.kind != SectionKind::Defaults {
                note(&section.header, 1, index);
            }
        }
        Self {
            config: config.0,
            credentials: credentials.0,
            paths: [config.1, credentials.1],
            names,
            sections,
            own_program: || None,
        }
    }

    /// The same, with a way to find the path that this program was started by. It is called only if needed to
    /// tell whether a command is this program under another name.
    #[must_use]
    pub fn with_own_program(self, own_program: fn() -> Option<String>) -> Self {
        Self { own_program, ..self }
    }

    pub(super) fn own_program(&self) -> Option<String> {
        (self.own_program)()
    }

    /// The path of the configuration file.
    pub fn path(&self) -> &str {
        &self.paths[0]
    }

    /// The names, in file order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The profiles of the configuration file that `jit` did not write.
    pub fn not_ours(&self) -> Vec<String> {
        let ours: HashSet<&str> = managed_profiles(&self.config).map(|(name, _)| name).collect();
        let names = self.config.sections().iter().filter_map(|section| match &section.kind {
            SectionKind::Profile(name) if !ours.contains(name.as_str()) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }

    /// The profiles of both files that `jit` did not write, or not alone.
    pub fn foreign(&self) -> impl Iterator<Item = &str> {
        let ours: HashSet<&str> = managed_profiles(&self.config).map(|(name, _)| name).collect();
        let alone = move |name: &str| {
            ours.contains(name)
                && self.sections.get(name).is_some_and(|[_, credentials]| credentials.is_none())
        };
        self.names.iter().map(String::as_str).filter(move |name| !alone(name))
    }

    /// The profiles with long-lived access keys, each with the file and line of the key id.
    pub fn static_keys(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        let for_good = |name: &&String| {
            self.get(name, "aws_secret_access_key").is_some() && self.get(name, "aws_session_token").is_none()
        };
        self.names.iter().filter(for_good).filter_map(|name| {
            let (path, line) = self.place(self.get(name, "aws_access_key_id")?.line);
            Some((name.as_str(), path, line))
        })
    }

    /// The number of lines of the configuration file, and the path of the credentials file whose lines follow.
    pub(super) fn seam(&self) -> (usize, String) {
        (self.config.line_count(), self.paths[1].clone())
    }

    /// The file of a line in this numbering, and the line within that file.
    pub(super) fn place(&self, line: usize) -> (&str, usize) {
        match line.checked_sub(self.config.line_count()) {
            None | Some(0) => (&self.paths[0], line),
            Some(line) => (&self.paths[1], line),
        }
    }

    /// The column of the value on this line, or of the line's text if it has no value.
    pub(super) fn column(&self, line: usize) -> usize {
        let (document, line) = self.line_in(line);
        document.value_column(line)
    }

    /// The text of a line, unless it may be a secret.
    pub(super) fn excerpt(&self, line: usize) -> Option<String> {
        let (document, line) = self.line_in(line);
        let text = document.line_numbered(line)?;
        let lower = text.to_lowercase();
        let may_be_secret =
            ["secret", "token", "access_key", "password"].iter().any(|word| lower.contains(word));
        (!may_be_secret && !text.trim().is_empty()).then(|| text.chars().take(160).collect())
    }

    fn line_in(&self, line: usize) -> (&Document, usize) {
        match line.checked_sub(self.config.line_count()) {
            None | Some(0) => (&self.config, line),
            Some(line) => (&self.credentials, line),
        }
    }

    /// The line of the profile's header; `None` if there is no such profile.
    pub(super) fn line(&self, profile: &str) -> Option<usize> {
        let [config, credentials] = self.both(profile)?;
        let behind = |section: &Section| section.line() + self.config.line_count();
        config.map(Section::line).or_else(|| credentials.map(behind))
    }

    /// The profile's value of `key` (in lower case).
    pub(super) fn get(&self, profile: &str, key: &str) -> Option<At<String>> {
        let [config, credentials] = self.both(profile)?;
        let found = |document: &Document, section: Option<&Section>, before: usize| {
            let entry: &Entry = section?.entry(key).or_else(|| document.default_entry(key))?;
            Some(At { value: document.value(entry), line: entry.line() + before })
        };
        found(&self.credentials, credentials, self.config.line_count())
            .or_else(|| found(&self.config, config, 0))
    }

    /// The names of the `[sso-session NAME]` of the configuration, in its order.
    pub(super) fn sso_sessions(&self) -> impl Iterator<Item = &str> {
        self.config.sections().iter().filter_map(|section| match &section.kind {
            SectionKind::SsoSession(name) if name::is_profile(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The value of `key` in another section of the configuration.
    pub(super) fn get_of(&self, kind: &SectionKind, key: &str) -> Option<At<String>> {
        self.config.get(kind, key).map(|(value, line)| At { value, line })
    }

    /// The keys of another section of the configuration.
    pub(super) fn keys_of(&self, kind: &SectionKind) -> Vec<String> {
        let section = self.config.named(kind);
        let own = section.iter().flat_map(|section| &section.entries).map(|entry| entry.key.clone());
        let mut keys: Vec<String> = own.collect();
        if section.is_some() {
            keys.extend(self.config.default_entries().map(|entry| entry.key.clone()));
        }
        keys
    }

    /// The line of another section of the configuration.
    pub(super) fn line_of(&self, kind: &SectionKind) -> Option<usize> {
        self.config.named(kind).map(Section::line)
    }

    fn both(&self, profile: &str) -> Option<[Option<&Section>; 2]> {
        let [config, credentials] = self.sections.get(profile)?;
        Some([
            config.map(|index| &self.config.sections()[index]),
            credentials.map(|index| &self.credentials.sections()[index]),
        ])
    }
}
