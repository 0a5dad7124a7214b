//! A profile of `~/.aws/config` as `config.toml` would have it, so that whoever has profiles needs nothing else. What the
//! keys mean is botocore's word (AWS SDKs and Tools Reference Guide, "Settings reference").

use super::{Document, Kind, Section, System, split_command};
use crate::arn::RoleArn;
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::idp::{CenterSection, IdpSection};
use crate::config::section::At;

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: the profile {profile} {why}")]
pub struct Unfit {
    /// The file.
    pub path: String,
    /// The line, counted from one.
    pub line: usize,
    /// The profile.
    pub profile: String,
    /// What is in the way.
    pub why: String,
}

/// A file with the role that `profile` is, and all that it is reached by; `None` if there is no such profile, or if it
/// asks `jit` itself.
///
/// # Errors
/// [`Unfit`]: the profile is incomplete, goes in a circle, or gets its credentials in a way that `jit` does not.
pub fn as_roles(document: &Document, path: &str, profile: &str) -> Result<Option<File>, Unfit> {
    let mut file = File { path: path.to_owned(), ..File::default() };
    let mut reader = Reader { document, path, file: &mut file };
    let Some(section) = reader.section(profile) else { return Ok(None) };
    if section.entry("credential_process").is_some_and(|entry| asks_jit(&document.value(entry))) {
        return Ok(None);
    }
    reader.role(profile, &mut Vec::new())?;
    Ok(Some(file))
}

/// The profiles that can be used, each with what it is as a role.
pub fn usable<'d>(document: &'d Document, path: &str) -> impl Iterator<Item = (&'d str, File)> {
    document.sections().iter().filter_map(move |section| match &section.kind {
        Kind::Profile(name) => Some((name.as_str(), as_roles(document, path, name).ok()??)),
        _ => None,
    })
}

fn asks_jit(command: &str) -> bool {
    let words = split_command(command, System::HERE).unwrap_or_default();
    words.iter().any(|word| word == "credential-process")
}

struct Reader<'a> {
    document: &'a Document,
    path: &'a str,
    file: &'a mut File,
}

impl<'a> Reader<'a> {
    fn section(&self, profile: &str) -> Option<&'a Section> {
        self.document.named(&Kind::Profile(profile.to_owned()))
    }

    fn unfit(&self, profile: &str, line: usize, why: impl Into<String>) -> Unfit {
        Unfit { path: self.path.to_owned(), line, profile: profile.to_owned(), why: why.into() }
    }

    /// Adds the role that a profile is. `way` are the profiles that led here.
    fn role(&mut self, profile: &str, way: &mut Vec<String>) -> Result<(), Unfit> {
        let document = self.document;
        let missing = |reader: &Self| {
            let before = way.last().cloned().unwrap_or_default();
            let line = reader.section(&before).and_then(|section| section.entry("source_profile"));
            reader.unfit(
                &before,
                line.map_or(1, super::Entry::line),
                format!("names the source_profile {profile}, which is not there"),
            )
        };
        let section = self.section(profile).ok_or_else(|| missing(self))?;
        if way.iter().any(|one| one == profile) {
            let circle = format!("goes in a circle: {} → {profile}", way.join(" → "));
            return Err(self.unfit(profile, section.line(), circle));
        }
        way.push(profile.to_owned());
        let get = |key: &str| {
            let entry = section.entry(key)?;
            Some(At { value: document.value(entry), line: entry.line() })
        };
        for (key, how) in [
            ("credential_process", "gets its credentials from a command"),
            ("web_identity_token_file", "gets its credentials with a token in a file"),
            ("credential_source", "gets its credentials from the machine it is on"),
            ("mfa_serial", "wants the code of an MFA device"),
            ("login_session", "gets its credentials from `aws login`"),
            ("aws_access_key_id", "has static keys"),
            ("services", "names endpoints of its own"),
            ("endpoint_url", "names an endpoint of its own"),
        ] {
            if let Some(at) = get(key) {
                let why = format!("{how} (`{key}`), which jit does not use");
                return Err(self.unfit(profile, at.line, why));
            }
        }
        let (target, parent) = match get("role_arn") {
            Some(arn) => {
                let Some(source) = get("source_profile") else {
                    let why = "has a role_arn without a source_profile";
                    return Err(self.unfit(profile, arn.line, why));
                };
                let value: RoleArn = arn.value.parse().map_err(|why| {
                    self.unfit(profile, arn.line, format!("has no ARN as its role_arn: {why}"))
                })?;
                self.role(&source.value, way)?;
                (Target::Arn(At { value, line: arn.line }), Parent::Via(source))
            }
            None => self.assigned(profile, section)?,
        };
        let seconds = get("duration_seconds").map(|at| match at.value.parse() {
            Ok(value) => Ok(At { value, line: at.line }),
            Err(_) => Err(self.unfit(profile, at.line, "has a duration_seconds that is no number")),
        });
        let is_assigned = matches!(target, Target::Assigned { .. });
        let role = RoleSection {
            line: target.line(),
            target,
            parent,
            provider_arn: None,
            // Where Identity Center decides, the AWS CLI ignores these.
            duration: seconds.transpose()?.filter(|_| !is_assigned),
            session_name: get("role_session_name").filter(|_| !is_assigned),
            source_identity: None,
            external_id: get("external_id").filter(|_| !is_assigned),
            tags: None,
            transitive_tags: None,
            policy: None,
            policy_arns: None,
            region: get("region"),
            description: None,
            color: None,
            confirm: false,
            auto_login: None,
        };
        self.file.roles.insert(profile.to_owned(), role);
        Ok(())
    }

    /// A permission set, and the Identity Center that assigns it.
    fn assigned(&mut self, profile: &str, section: &Section) -> Result<(Target, Parent), Unfit> {
        let document = self.document;
        let get = |section: &Section, key: &str| {
            let entry = section.entry(key)?;
            Some(At { value: document.value(entry), line: entry.line() })
        };
        let need = |key: &str| {
            let why = format!("has no `{key}`");
            get(section, key).ok_or_else(|| self.unfit(profile, section.line(), why))
        };
        let session = get(section, "sso_session");
        if session.is_none() && get(section, "sso_start_url").is_none() {
            let why = "names neither a role_arn nor an Identity Center, so there is nothing to become";
            return Err(self.unfit(profile, section.line(), why));
        }
        let (account, permission_set) = (need("sso_account_id")?, need("sso_role_name")?);
        let (name, place) = match &session {
            Some(session) => {
                let place = document.named(&Kind::SsoSession(session.value.clone()));
                let gone = || {
                    let why = format!("names [sso-session {}], which is not there", session.value);
                    self.unfit(profile, session.line, why)
                };
                (session.value.clone(), place.ok_or_else(gone)?)
            }
            None => (String::new(), section),
        };
        let part = |key: &str| {
            let why = format!("is not told its `{key}`");
            let found = get(place, key).ok_or_else(|| self.unfit(profile, place.line(), why))?;
            // What is given in both places has to be the same, as for botocore.
            match get(section, key).filter(|own| own.value != found.value) {
                Some(own) => {
                    let why = format!("and its sso-session have different values of `{key}`");
                    Err(self.unfit(profile, own.line, why))
                }
                None => Ok(found),
            }
        };
        let (mut start_url, region) = (part("sso_start_url")?, part("sso_region")?);
        let end = start_url.value.find('#').unwrap_or(start_url.value.len());
        start_url.value.truncate(start_url.value[..end].trim_end_matches('/').len());
        let name = if name.is_empty() { start_url.value.clone() } else { name };
        let center = CenterSection { start_url, region, flow: None, redirect_port: None, auto_login: None };
        self.file.idps.insert(name.clone(), IdpSection::IdentityCenter(center));
        let line = session.map_or(section.line(), |session| session.line);
        Ok((Target::Assigned { account, permission_set }, Parent::Idp(At { value: name, line })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::resolve::{self, Flags};
    use crate::sys::env::Env;

    const FILE: &str = "\
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start/#/
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile dev]
sso_session = acme
sso_account_id = 333333333333
sso_role_name = Developer
region = eu-central-1

[profile old]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 333333333333
sso_role_name = Developer

[profile prod]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = dev
role_session_name = alice
external_id = x-1
duration_seconds = 1800

[profile own]
credential_process = \"/usr/bin/jit\" credential-process own

[profile circle]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = circle

[profile half]
role_arn = arn:aws:iam::222222222222:role/admin
sso_session = acme

[profile keys]
aws_access_key_id = AKIAEXAMPLE

[profile on-keys]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = keys

[profile process]
credential_process = /usr/bin/vault

[profile lost]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = nowhere

[profile empty]
output = json

[profile split]
sso_session = acme
sso_region = eu-west-2
sso_account_id = 333333333333
sso_role_name = Developer
";

    #[test]
    fn profiles_become_roles_with_the_line_of_each_value() {
        let document = Document::parse(FILE.as_bytes()).unwrap();
        let plan = |name: &str| {
            let file = as_roles(&document, "~/.aws/config", name).unwrap().unwrap();
            resolve::plan(&file, name, Flags::default(), &Env::of([]), Vec::new).unwrap()
        };
        let prod = plan("prod");
        assert_eq!(
            prod.legs.iter().map(|leg| leg.role.value.as_str()).collect::<Vec<_>>(),
            ["333333333333/Developer", "arn:aws:iam::222222222222:role/admin"]
        );
        let last = prod.target();
        assert_eq!(last.duration.value, 1800);
        assert_eq!(last.external_id.as_ref().unwrap().origin.to_string(), "~/.aws/config:22");
        assert_eq!(plan("dev").region.unwrap().value, "eu-central-1");
        // The old form and the new one lead to the same login.
        assert_eq!(plan("old").proof.login_key(), plan("dev").proof.login_key());
        let names: Vec<&str> = usable(&document, "").map(|(name, _)| name).collect();
        assert_eq!(names, ["dev", "old", "prod"]);
        assert!(as_roles(&document, "", "nowhere").unwrap().is_none());
        assert!(as_roles(&document, "", "own").unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_used_says_why_and_where() {
        let document = Document::parse(FILE.as_bytes()).unwrap();
        for (name, words) in [
            ("circle", ":28: the profile circle goes in a circle: circle → circle"),
            ("half", ": the profile half has a role_arn without a source_profile"),
            ("keys", "has static keys (`aws_access_key_id`)"),
            ("on-keys", "the profile keys has static keys"),
            ("process", "gets its credentials from a command"),
            ("lost", "the profile lost names the source_profile nowhere, which is not there"),
            ("empty", "names neither a role_arn nor an Identity Center"),
            ("split", "and its sso-session have different values of `sso_region`"),
        ] {
            let error = as_roles(&document, "~/.aws/config", name).err().unwrap().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
