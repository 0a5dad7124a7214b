//! Profiles of `~/.aws/config` as roles. What a profile without a source profile means depends on the tool;
//! chains of source profiles follow AWS's rules (AWS SDKs and Tools Reference Guide, "Settings reference").

use std::collections::BTreeMap;

use super::profile::{Profile, Setting, with_duration};
use super::{ImportPlace, Imported, name_of_host};
use crate::config::aws::{Document, Section, SectionKind, System, split_command};
use crate::config::draft::Table;

/// What a profile without a source profile is.
pub(super) enum Base {
    /// A role that an IdP offers: the settings for it.
    Hub(Table),
    /// A profile that cannot be imported, with the line and the reason unless those are reported already.
    Refused(Option<(usize, String)>),
    /// Long-lived access keys, at a line; the role of the profile, if it has one, is assumed with them. The words say so.
    Keys(usize, String),
    /// Not a profile of this tool.
    NotMine,
}

/// The result for a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It became the role of this name.
    Role(String),
    /// Nothing: it starts from long-lived access keys.
    Keys,
    Refused,
    NotMine,
}

/// What one tool means by its profiles.
pub(super) trait Dialect {
    /// The keys by which a profile includes the settings of another one.
    fn includes(&self) -> &'static [&'static str] {
        &[]
    }

    /// The keys that set the duration of a spoke role's session.
    fn durations(&self) -> &'static [&'static str] {
        &["duration_seconds"]
    }

    /// The program in this tool's `credential_process`.
    fn program(&self) -> &'static str;

    /// What a profile without a source profile is. Settings that this takes out of the profile count as
    /// imported.
    fn base(
        &mut self,
        profile: &mut Profile,
        out: &mut Imported,
        place: &dyn Fn(usize) -> ImportPlace,
    ) -> Base;

    /// Why a profile that asks another program is not imported; `None` if it is not this tool's.
    fn foreign(&self) -> Option<&'static str> {
        None
    }

    /// The profile whose credentials a command of this tool's prints.
    fn asked(&self, _command: &[String]) -> Option<String> {
        None
    }

    /// The result for a profile that is referred to but does not exist.
    fn missing(&self) -> Outcome {
        Outcome::Refused
    }

    /// What the tool does with a leftover key, if jit has no equivalent; empty if there is nothing to report.
    fn leftover(&self, _key: &str) -> Option<&'static str> {
        None
    }
}

/// Goes through the profiles.
pub(super) struct Chain<'a> {
    document: &'a Document,
    path: &'a str,
    pub(super) out: Imported,
    /// The result for each profile so far.
    pub(super) done: BTreeMap<String, Outcome>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(document: &'a Document, path: &'a str, out: Imported) -> Self {
        Self { document, path, out, done: BTreeMap::new() }
    }

    /// Imports every profile of the tool.
    pub(super) fn walk(mut self, dialect: &mut impl Dialect) -> Imported {
        let mut names: Vec<&str> = Vec::new();
        for section in self.document.sections() {
            if let SectionKind::Profile(name) = &section.kind
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        for name in names {
            self.role(name, dialect, &mut Vec::new());
        }
        self.out
    }

    fn place(&self, line: usize) -> ImportPlace {
        ImportPlace { path: self.path.to_owned(), line: Some(line) }
    }

    fn refuse(&mut self, line: usize, profile: &str, why: impl Into<String>) -> Outcome {
        self.out.no_equal(self.place(line), format!("profile {profile}"), why);
        Outcome::Refused
    }

    fn role(&mut self, name: &str, dialect: &mut impl Dialect, way: &mut Vec<String>) -> Outcome {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let Some(section) = self.document.named(&SectionKind::Profile(name.to_owned())) else {
            return dialect.missing();
        };
        if way.iter().any(|one| one == name) {
            return self.refuse(
                section.line(),
                name,
                format!("is in a loop of source profiles: {} → {name}", way.join(" → ")),
            );
        }
        way.push(name.to_owned());
        let outcome = self.taken(section, name, dialect, way);
        way.pop();
        self.done.insert(name.to_owned(), outcome.clone());
        outcome
    }

    fn taken(
        &mut self,
        section: &Section,
        name: &str,
        dialect: &mut impl Dialect,
        way: &mut Vec<String>,
    ) -> Outcome {
        let mut profile = Profile::of(self.document, section, name, dialect.includes());
        if let Some(command) = profile.get("credential_process") {
            let words = split_command(&command.value, System::HERE).unwrap_or_default();
            let program = words.first().map(|word| word.rsplit(['/', '\\']).next().unwrap_or(word));
            match program.map(|program| program.trim_end_matches(".exe")) {
                Some("jit") => return Outcome::NotMine,
                Some(program) if program == dialect.program() => {
                    let alone = ["role_arn", "sso_session", "sso_start_url"]
                        .iter()
                        .all(|key| profile.get(key).is_none());
                    if let Some(asked) = dialect.asked(&words).filter(|_| alone) {
                        let line = command.line;
                        return self.asks_for(&mut profile, line, &asked, dialect, way);
                    }
                }
                _ => {
                    let line = command.line;
                    return match dialect.foreign() {
                        Some(why) => self.refuse(line, name, why),
                        None => Outcome::NotMine,
                    };
                }
            }
        }
        let source = profile.take("source_profile").filter(|source| source.value != name);
        let table = match (profile.get("role_arn").cloned(), source) {
            (Some(arn), Some(source)) => {
                profile.take("role_arn");
                match (self.role(&source.value, dialect, way), self.out.hub.as_ref()) {
                    (Outcome::Role(via), _) => self.spoke(&mut profile, &via, &arn, dialect.durations()),
                    (Outcome::Keys, Some(hub)) => {
                        let hub = hub.name.clone();
                        self.spoke(&mut profile, &hub, &arn, dialect.durations())
                    }
                    (Outcome::Keys, None) => {
                        let why = format!(
                            "its source_profile {} has long-lived access keys; import with --hub ROLE to reach it from a hub role that you have",
                            source.value
                        );
                        self.refuse(source.line, name, why);
                        return Outcome::Keys;
                    }
                    (Outcome::Refused, _) => {
                        let why = format!(
                            "its source_profile {} could not be imported; with a hub role, write via = \"HUB\" and its role_arn",
                            source.value
                        );
                        return self.refuse(source.line, name, why);
                    }
                    (Outcome::NotMine, _) => return Outcome::NotMine,
                }
            }
            _ => {
                let path = self.path;
                let place = move |line| ImportPlace { path: path.to_owned(), line: Some(line) };
                let base = match self.center(&mut profile) {
                    Some(base) => base,
                    None => dialect.base(&mut profile, &mut self.out, &place),
                };
                match base {
                    Base::Hub(table) => table,
                    Base::Refused(why) => {
                        if let Some((line, why)) = why {
                            self.refuse(line, name, why);
                        }
                        return Outcome::Refused;
                    }
                    Base::Keys(line, why) => {
                        let arn = profile.get("role_arn").cloned();
                        match (arn, self.out.hub.as_ref().map(|hub| hub.name.clone())) {
                            (Some(arn), Some(hub)) => {
                                profile.take("role_arn");
                                self.spoke(&mut profile, &hub, &arn, dialect.durations())
                            }
                            _ => {
                                self.refuse(line, name, why);
                                return Outcome::Keys;
                            }
                        }
                    }
                    Base::NotMine => return Outcome::NotMine,
                }
            }
        };
        let table = table.with_some("region", profile.take("region").map(|region| region.value));
        let table = Table { name: name.to_owned(), ..table };
        let role = self.out.role(self.place(profile.line), format!("profile {name}"), table);
        self.leftovers(&profile, dialect);
        Outcome::Role(role)
    }

    /// A profile whose command has the tool print the credentials of the profile `asked`: the same role, by another name.
    fn asks_for(
        &mut self,
        profile: &mut Profile,
        line: usize,
        asked: &str,
        dialect: &mut impl Dialect,
        way: &mut Vec<String>,
    ) -> Outcome {
        let name = profile.name.clone();
        if asked == name {
            let why = "asks the tool for its own credentials, and this file does not say what they are";
            return self.refuse(line, &name, why);
        }
        let outcome = self.role(asked, dialect, way);
        let same = match &outcome {
            Outcome::Role(role) => self.out.draft.roles.iter().find(|table| table.name == *role).cloned(),
            Outcome::Keys | Outcome::Refused | Outcome::NotMine => None,
        };
        let Some(mut table) = same else {
            self.refuse(
                line,
                &name,
                format!("uses the credentials of the profile {asked}, which could not be imported"),
            );
            return outcome;
        };
        if let Some(region) = profile.take("region") {
            table.settings.retain(|(key, _)| key != "region");
            table = table.with("region", region.value);
        }
        let role =
            self.out.role(self.place(profile.line), format!("profile {name}"), Table { name, ..table });
        self.leftovers(profile, dialect);
        Outcome::Role(role)
    }

    /// A spoke role.
    fn spoke(&mut self, profile: &mut Profile, via: &str, arn: &Setting, durations: &[&str]) -> Table {
        let text = |profile: &mut Profile, key: &str| profile.take(key).map(|setting| setting.value);
        let mut table = Table::new("").with("via", via).with("role_arn", arn.value.as_str());
        for key in durations {
            if let Some(setting) = profile.take(key) {
                let place = self.place(setting.line);
                table = with_duration(table, key, &setting.value, place, &mut self.out);
            }
        }
        table = table
            .with_some("session_name", text(profile, "role_session_name"))
            .with_some("external_id", text(profile, "external_id"))
            .with_some("source_identity", text(profile, "source_identity"));
        if let Some(tags) = profile.take("session_tags") {
            let pairs = tags.value.split(',').map(|pair| {
                pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            });
            match pairs.collect::<Option<BTreeMap<_, _>>>() {
                Some(pairs) => table = table.with("tags", pairs),
                None => {
                    let why = "this is not a list of NAME=VALUE; write tags = { NAME = \"VALUE\" }";
                    self.out.no_equal(self.place(tags.line), "`session_tags`", why);
                }
            }
        }
        if let Some(names) = profile.take("transitive_session_tags") {
            let names: Vec<_> = names.value.split(',').map(|name| name.trim().to_owned()).collect();
            table = table.with("transitive_tags", names);
        }
        table
    }

    /// A permission set of Identity Center, by the keys of AWS's tools or those of granted.
    fn center(&mut self, profile: &mut Profile) -> Option<Base> {
        let session = profile.take("sso_session").or_else(|| profile.take("granted_sso_session"));
        let mut part = |key: &str| {
            profile.take(&format!("granted_sso_{key}")).or_else(|| profile.take(&format!("sso_{key}")))
        };
        let [mut start_url, mut region, account, role] =
            ["start_url", "region", "account_id", "role_name"].map(&mut part);
        if session.is_none() && start_url.is_none() {
            return None;
        }
        let line = profile.line;
        let mut name = None;
        if let Some(session) = &session {
            let kind = SectionKind::SsoSession(session.value.clone());
            let Some(section) = self.document.named(&kind) else {
                let why = format!("refers to [sso-session {}], which does not exist", session.value);
                return Some(Base::Refused(Some((session.line, why))));
            };
            let of_session = |key: &str| {
                let entry = section.entry(key)?;
                Some(Setting { value: self.document.value(entry), line: entry.line() })
            };
            start_url = start_url.or_else(|| of_session("sso_start_url"));
            region = region.or_else(|| of_session("sso_region"));
            name = Some(session.value.clone());
        }
        let (Some(start_url), Some(region), Some(account), Some(role)) = (start_url, region, account, role)
        else {
            let why = "lacks one of start URL, region, account and role of Identity Center";
            return Some(Base::Refused(Some((line, why.to_owned()))));
        };
        let end = start_url.value.find('#').unwrap_or(start_url.value.len());
        let address = start_url.value[..end].trim_end_matches('/');
        let idp = Table::new(name.clone().unwrap_or_else(|| name_of_host(address)))
            .with("type", "identity-center")
            .with("start_url", address)
            .with("region", region.value);
        let what = name.map_or_else(|| format!("the portal {address}"), |name| format!("sso-session {name}"));
        let idp = self.out.idp(self.place(start_url.line), what, idp);
        for key in ["duration_seconds", "role_session_name"] {
            if let Some(setting) = profile.take(key) {
                let why = "Identity Center sets this for a permission set";
                self.out.no_equal(self.place(setting.line), format!("`{key}`"), why);
            }
        }
        if let Some(arn) = profile.take("role_arn") {
            let why = "has both a role_arn and a permission set, but no source_profile";
            return Some(Base::Refused(Some((arn.line, why.to_owned()))));
        }
        let table = Table::new("").with("idp", idp).with("account", account.value);
        Some(Base::Hub(table.with("permission_set", role.value)))
    }

    fn leftovers(&mut self, profile: &Profile, dialect: &impl Dialect) {
        for (key, line, why) in profile.left(|key| dialect.leftover(key)) {
            self.out.no_equal(self.place(line), format!("`{key}`"), why);
        }
    }
}
