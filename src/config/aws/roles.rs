//! A profile of `~/.aws/config` as `config.toml` would have it, so that whoever has profiles needs nothing else. What the
//! keys mean, and which of them counts, is botocore's word (AWS SDKs and Tools Reference Guide, "Settings reference").

use super::profiles::Profiles;
use super::{Kind, System, split_command};
use crate::arn::RoleArn;
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::idp::{CenterSection, CredentialSource, IdpSection, SourceSection};
use crate::config::section::At;
use crate::name;
use crate::secret::Secret;
use crate::trusted_url::{Purpose, TrustedUrl};

/// More commands than this that call each other are a mistake.
const DEEPEST: usize = 4;
/// The services that `jit` calls, as `[services]` names them.
const SERVICES: [&str; 4] = ["sts", "sso", "sso_oidc", "iam"];

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
/// asks `jit` itself. `within` are the profiles whose commands led here, outermost first.
///
/// # Errors
/// [`Unfit`]: the profile is incomplete, goes in a circle, or gets its credentials in a way that `jit` does not.
pub fn as_roles(profiles: &Profiles, profile: &str, within: &[&str]) -> Result<Option<File>, Unfit> {
    let Some(line) = profiles.line(profile) else { return Ok(None) };
    let file = File { path: profiles.path().to_owned(), seam: Some(profiles.seam()), ..File::default() };
    let mut reader = Reader { profiles, file };
    if profiles.get(profile, "credential_process").is_some_and(|command| asks_jit(&command.value)) {
        return Ok(None);
    }
    if within.contains(&profile) || within.len() >= DEEPEST {
        let way = within.join(" → ");
        return Err(reader.unfit(profile, line, format!("is asked by its own command: {way} → {profile}")));
    }
    reader.role(profile, &mut Vec::new())?;
    reader.endpoints(profile)?;
    Ok(Some(reader.file))
}

/// The profiles that can be used, each with what it is as a role.
pub fn usable(profiles: &Profiles) -> impl Iterator<Item = (&str, File)> {
    let names = profiles.names().iter();
    names.filter_map(|name| Some((name.as_str(), as_roles(profiles, name, &[]).ok()??)))
}

fn asks_jit(command: &str) -> bool {
    let words = split_command(command, System::HERE).unwrap_or_default();
    words.iter().any(|word| word == "credential-process")
}

struct Reader<'a> {
    profiles: &'a Profiles,
    file: File,
}

impl Reader<'_> {
    fn unfit(&self, profile: &str, line: usize, why: impl Into<String>) -> Unfit {
        let (path, line) = self.profiles.place(line);
        Unfit { path: path.to_owned(), line, profile: profile.to_owned(), why: why.into() }
    }

    /// Adds the role that a profile is. `way` are the profiles that led here.
    fn role(&mut self, profile: &str, way: &mut Vec<String>) -> Result<(), Unfit> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        let is_source = !way.is_empty();
        way.push(profile.to_owned());
        let keys = self.keys(profile)?;
        let arn = get("role_arn").filter(|_| !(is_source && keys.is_some()));
        let (target, parent) = match (arn, get("web_identity_token_file")) {
            (Some(arn), Some(token)) => {
                let source = SourceSection::TokenFile(token);
                (self.arn(profile, arn)?, self.starts_from(profile, source))
            }
            (Some(arn), None) => {
                let parent = self.parent(profile, &arn, keys, way)?;
                (self.arn(profile, arn)?, parent)
            }
            (None, _) if get("sso_session").or_else(|| get("sso_start_url")).is_some() => {
                self.assigned(profile)?
            }
            (None, _) => {
                let (line, parent) = self.as_it_is(profile, keys)?;
                (Target::Itself { line }, parent)
            }
        };
        let seconds = get("duration_seconds").map(|at| match at.value.parse() {
            Ok(value) => Ok(At { value, line: at.line }),
            Err(_) => Err(self.unfit(profile, at.line, "has a duration_seconds that is no number")),
        });
        // Where Identity Center decides, the AWS CLI ignores these.
        let is_assigned = matches!(target, Target::Assigned { .. });
        let unless_assigned = |at: Option<At<String>>| at.filter(|_| !is_assigned);
        let role = RoleSection {
            line: target.line(),
            target,
            parent,
            provider_arn: None,
            duration: seconds.transpose()?.filter(|_| !is_assigned),
            session_name: unless_assigned(get("role_session_name")),
            source_identity: None,
            external_id: unless_assigned(get("external_id")),
            mfa_serial: unless_assigned(get("mfa_serial")),
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

    fn arn(&self, profile: &str, arn: At<String>) -> Result<Target, Unfit> {
        let value: Result<RoleArn, _> = arn.value.parse();
        let value = value
            .map_err(|why| self.unfit(profile, arn.line, format!("has no ARN as its role_arn: {why}")))?;
        Ok(Target::Arn(At { value, line: arn.line }))
    }

    /// What the role of a profile is assumed with.
    fn parent(
        &mut self,
        profile: &str,
        arn: &At<String>,
        keys: Option<SourceSection>,
        way: &mut Vec<String>,
    ) -> Result<Parent, Unfit> {
        let get = |key: &str| self.profiles.get(profile, key);
        let source = match (get("source_profile"), get("credential_source")) {
            (Some(source), None) => source,
            (None, Some(named)) => {
                let kind = match named.value.as_str() {
                    "Environment" => CredentialSource::Environment,
                    "EcsContainer" => CredentialSource::Container,
                    "Ec2InstanceMetadata" => CredentialSource::Instance,
                    other => {
                        let why = format!("names the credential_source {other}, which AWS does not have");
                        return Err(self.unfit(profile, named.line, why));
                    }
                };
                let source = SourceSection::Machine(At { value: kind, line: named.line });
                return Ok(self.starts_from(profile, source));
            }
            (None, None) => {
                let why = "has a role_arn without a source_profile or a credential_source";
                return Err(self.unfit(profile, arn.line, why));
            }
            (Some(_), Some(named)) => {
                let why = "has both a source_profile and a credential_source";
                return Err(self.unfit(profile, named.line, why));
            }
        };
        if source.value == profile
            && let Some(keys) = keys
        {
            return Ok(self.starts_from(profile, keys));
        }
        if way.contains(&source.value) {
            let circle = format!("goes in a circle: {} → {}", way.join(" → "), source.value);
            return Err(self.unfit(profile, source.line, circle));
        }
        if self.profiles.line(&source.value).is_none() {
            let why = format!("names the source_profile {}, which is not there", source.value);
            return Err(self.unfit(profile, source.line, why));
        }
        self.role(&source.value, way)?;
        // A profile that becomes nothing is what the role is assumed with, and no leg of its own.
        let as_it_is = self.file.roles.get(&source.value).and_then(|role| match role.target {
            Target::Itself { .. } => Some(role.parent.clone()),
            _ => None,
        });
        if let Some(parent) = as_it_is {
            self.file.roles.remove(&source.value);
            return Ok(parent);
        }
        Ok(Parent::Via(source))
    }

    /// Credentials that a profile holds or gets, without a role to become.
    fn as_it_is(&mut self, profile: &str, keys: Option<SourceSection>) -> Result<(usize, Parent), Unfit> {
        let get = |key: &str| self.profiles.get(profile, key);
        let line = self.profiles.line(profile).unwrap_or(1);
        // Keys of the credentials file come before all others, those of the configuration after them.
        let first =
            keys.as_ref().is_some_and(|keys| self.profiles.place(keys.line()).0 != self.profiles.path());
        let source = match (keys, get("login_session"), get("credential_process")) {
            (Some(keys), ..) if first => keys,
            (_, Some(login), _) => {
                let why = "gets its credentials from `aws login` (`login_session`), which jit leaves to the AWS CLI";
                return Err(self.unfit(profile, login.line, why));
            }
            (_, None, Some(command)) => {
                if split_command(&command.value, System::HERE).is_none_or(|words| words.is_empty()) {
                    let why =
                        "has a credential_process that cannot be read: a quote is left open, or it is empty";
                    return Err(self.unfit(profile, command.line, why));
                }
                SourceSection::Process(command)
            }
            (Some(keys), None, None) => keys,
            (None, None, None) => {
                let why = "names no role, no Identity Center, no keys and no command, so there is nothing to become";
                return Err(self.unfit(profile, line, why));
            }
        };
        let line = source.line();
        Ok((line, self.starts_from(profile, source)))
    }

    /// The static keys of a profile.
    fn keys(&self, profile: &str) -> Result<Option<SourceSection>, Unfit> {
        let get = |key: &str| self.profiles.get(profile, key);
        let secret = |at: At<String>| At { value: Secret::new(at.value), line: at.line };
        match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (None, None) => Ok(None),
            (Some(id), Some(key)) => Ok(Some(SourceSection::Keys {
                id,
                secret: secret(key),
                token: get("aws_session_token").or_else(|| get("aws_security_token")).map(secret),
            })),
            (Some(half), None) => {
                Err(self.unfit(profile, half.line, "has an aws_access_key_id without its secret"))
            }
            (None, Some(half)) => {
                Err(self.unfit(profile, half.line, "has an aws_secret_access_key without its id"))
            }
        }
    }

    fn starts_from(&mut self, profile: &str, source: SourceSection) -> Parent {
        let line = source.line();
        self.file.idps.insert(profile.to_owned(), IdpSection::Source(source));
        Parent::Idp(At { value: profile.to_owned(), line })
    }

    /// A permission set, and the Identity Center that assigns it.
    fn assigned(&mut self, profile: &str) -> Result<(Target, Parent), Unfit> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        let line = profiles.line(profile).unwrap_or(1);
        let need = |key: &str| {
            let why = format!("has no `{key}`");
            get(key).ok_or_else(|| self.unfit(profile, line, why))
        };
        let (account, permission_set) = (need("sso_account_id")?, need("sso_role_name")?);
        let (is_account, is_set) = (name::is_account_id as fn(&str) -> bool, name::is_permission_set as _);
        for (key, at, fits) in
            [("sso_account_id", &account, is_account), ("sso_role_name", &permission_set, is_set)]
        {
            if !fits(&at.value) {
                return Err(self.unfit(
                    profile,
                    at.line,
                    format!("has a {key} that AWS does not have: {}", at.value),
                ));
            }
        }
        let session = get("sso_session");
        let place = session.as_ref().map(|session| Kind::SsoSession(session.value.clone()));
        let place_line = match (&session, &place) {
            (Some(session), Some(kind)) => profiles.line_of(kind).ok_or_else(|| {
                let why = format!("names [sso-session {}], which is not there", session.value);
                self.unfit(profile, session.line, why)
            })?,
            _ => line,
        };
        let part = |key: &str| {
            let found = place.as_ref().map_or_else(|| get(key), |kind| profiles.get_of(kind, key));
            let why = format!("is not told its `{key}`");
            let found = found.ok_or_else(|| self.unfit(profile, place_line, why))?;
            // What is given in both places has to be the same, as for botocore.
            match get(key).filter(|own| own.value != found.value) {
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
        let name = session.as_ref().map_or_else(|| start_url.value.clone(), |session| session.value.clone());
        let center = CenterSection { start_url, region, flow: None, redirect_port: None, auto_login: None };
        self.file.idps.insert(name.clone(), IdpSection::IdentityCenter(center));
        let line = session.map_or(line, |session| session.line);
        Ok((Target::Assigned { account, permission_set }, Parent::Idp(At { value: name, line })))
    }

    /// The addresses that the profile gives services: in its `services`, else its `endpoint_url` for all.
    fn endpoints(&mut self, profile: &str) -> Result<(), Unfit> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        if get("ignore_configured_endpoint_urls").is_some_and(|at| at.value.eq_ignore_ascii_case("true")) {
            return Ok(());
        }
        let mut block = None;
        if let Some(named) = get("services") {
            let kind = Kind::Services(named.value.clone());
            if profiles.line_of(&kind).is_none() {
                let why = format!("names [services {}], which is not there", named.value);
                return Err(self.unfit(profile, named.line, why));
            }
            block = Some(kind);
        }
        let mut known = SERVICES.map(str::to_owned).to_vec();
        known.extend(block.iter().flat_map(|kind| profiles.keys_of(kind)));
        for service in known {
            let nested = block.as_ref().and_then(|kind| {
                let nested = profiles.get_of(kind, &service)?;
                let line_of_key = |(index, line): (usize, &str)| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == "endpoint_url")
                        .then(|| At { value: value.trim().to_owned(), line: nested.line + index })
                };
                nested.value.lines().enumerate().find_map(line_of_key)
            });
            let ours = SERVICES.into_iter().find(|one| *one == service);
            let at = nested.clone().or_else(|| get("endpoint_url"));
            if let (Some(service), Some(at)) = (ours, at) {
                if let Err(why) = TrustedUrl::parse(&at.value, Purpose::AwsEndpoint) {
                    let why = format!("gives {service} the address {}, which {why}", at.value);
                    return Err(self.unfit(profile, at.line, why));
                }
                self.file.endpoints.insert(service, at);
            }
            if let Some(at) = nested {
                // AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
                let variable = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
                self.file.child_endpoints.insert(variable, at);
            }
        }
        if let Some(at) = get("endpoint_url") {
            self.file.child_endpoints.insert("AWS_ENDPOINT_URL".to_owned(), at);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
