//! A profile of `~/.aws/config` as `config.toml` would have it, so that whoever has profiles needs nothing else. What the
//! keys mean, and which of them counts, is botocore's word (AWS SDKs and Tools Reference Guide, "Settings reference").

use super::profiles::Profiles;
use super::{Kind, System, split_command};
use crate::arn::RoleArn;
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::idp::{CenterSection, CredentialSource, IdpSection, SourceSection};
use crate::config::section::At;
use crate::secret::Secret;

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
                if !crate::config::resolve::trusted(&at.value) {
                    let why = format!("gives {service} the address {}, which is not https", at.value);
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
mod tests {
    use super::*;
    use crate::config::aws::Document;
    use crate::config::resolve::{self, Flags};
    use crate::plan::{Plan, ProofPlan, Source};
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

[profile both]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = dev
credential_source = Environment

[profile typo]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Ec2

[profile login]
login_session = arn:aws:iam::222222222222:user/alice

[profile open]
credential_process = \"x
";

    fn profiles(config: &str, credentials: &str) -> Profiles {
        let document = |text: &str| Document::parse(text.as_bytes()).unwrap();
        Profiles::new(
            (document(config), "~/.aws/config".to_owned()),
            (document(credentials), "~/.aws/credentials".to_owned()),
        )
    }

    fn plan(profiles: &Profiles, name: &str) -> Plan {
        let env = Env::of([
            ("AWS_ACCESS_KEY_ID", "AKIAENV"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
        ]);
        let file = as_roles(profiles, name, &[]).unwrap().unwrap();
        resolve::plan(&file, name, Flags::default(), &env, Vec::new).unwrap()
    }

    #[test]
    fn profiles_become_roles_with_the_line_of_each_value() {
        let profiles = profiles(FILE, "");
        let prod = plan(&profiles, "prod");
        assert_eq!(
            prod.legs.iter().map(|leg| leg.role.value.as_str()).collect::<Vec<_>>(),
            ["333333333333/Developer", "arn:aws:iam::222222222222:role/admin"]
        );
        let last = prod.target();
        assert_eq!(last.duration.value, 1800);
        assert_eq!(last.external_id.as_ref().unwrap().origin.to_string(), "~/.aws/config:22");
        assert_eq!(plan(&profiles, "dev").region.unwrap().value, "eu-central-1");
        // The old form and the new one lead to the same login.
        let key = |name| plan(&profiles, name).proof.login_key();
        assert_eq!(key("old"), key("dev"));
        let names: Vec<&str> = usable(&profiles).map(|(name, _)| name).collect();
        assert_eq!(names, ["dev", "old", "prod", "process"]);
        assert!(as_roles(&profiles, "nowhere", &[]).unwrap().is_none());
        assert!(as_roles(&profiles, "own", &[]).unwrap().is_none());
    }

    /// Each profile: the source, as it would be asked; where that is said; the legs.
    #[test]
    fn credentials_come_from_where_botocore_takes_them() {
        const CONFIG: &str = "\
[profile keys]
aws_access_key_id = AKIACONFIG
aws_secret_access_key = y
mfa_serial = arn:aws:iam::111111111111:mfa/alice

[profile role]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = keys

[profile own]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = own
aws_access_key_id = AKIAOWN
aws_secret_access_key = y

[profile behind]
role_arn = arn:aws:iam::333333333333:role/far
source_profile = own

[profile env]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Environment

[profile box]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = EcsContainer

[profile instance]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Ec2InstanceMetadata

[profile token]
role_arn = arn:aws:iam::222222222222:role/admin
web_identity_token_file = /run/token

[profile process]
credential_process = \"/opt/a b/vault\" get x
aws_access_key_id = AKIAIGNORED
aws_secret_access_key = y

[profile far]
role_arn = arn:aws:iam::333333333333:role/far
source_profile = process
";
        let profiles = profiles(
            CONFIG,
            "[keys]\naws_access_key_id = AKIAFILE\naws_secret_access_key = x\n[only]\n\
             aws_access_key_id = AKIAONLY\naws_secret_access_key = z\naws_session_token = t\n",
        );
        let credentials = |line| format!("~/.aws/credentials:{line}");
        let config = |line| format!("~/.aws/config:{line}");
        let (itself, admin, far) = (
            "its own credentials",
            "arn:aws:iam::222222222222:role/admin",
            "arn:aws:iam::333333333333:role/far",
        );
        for (name, source, origin, legs) in [
            ("keys", "AKIAFILE", credentials(2), vec![itself]),
            ("only", "AKIAONLY with a token", credentials(5), vec![itself]),
            ("role", "AKIAFILE", credentials(2), vec![admin]),
            ("own", "AKIAOWN", config(13), vec![admin]),
            // Keys of a source count before its role.
            ("behind", "AKIAOWN", config(13), vec![far]),
            ("env", "AKIAENV", config(22), vec![admin]),
            ("box", "http://169.254.170.2/v2/x", config(26), vec![admin]),
            ("instance", "http://169.254.169.254", config(30), vec![admin]),
            ("token", "/run/token", config(34), vec![admin]),
            ("process", "/opt/a b/vault|get|x", config(37), vec![itself]),
            ("far", "/opt/a b/vault|get|x", config(37), vec![far]),
        ] {
            let plan = plan(&profiles, name);
            let ProofPlan::Source(settings) = &plan.proof else { panic!("{name} starts from no source") };
            let shown = match &settings.source.value {
                Source::Keys { id, token: None, .. } => id.clone(),
                Source::Keys { id, .. } => format!("{id} with a token"),
                Source::Process(words) => words.join("|"),
                Source::TokenFile(path) => path.clone(),
                Source::Container { url, .. } | Source::Instance { url } => url.clone(),
            };
            let origin_shown = settings.source.origin.to_string();
            assert_eq!((shown.as_str(), origin_shown), (source, origin), "{name}");
            let roles: Vec<_> = plan.legs.iter().map(|leg| leg.role.value.as_str()).collect();
            assert_eq!(roles, legs, "{name}");
        }
        assert!(plan(&profiles, "keys").target().mfa_serial.is_some());
        assert!(plan(&profiles, "role").target().mfa_serial.is_none());
        // A command that leads back to itself ends.
        let circle = as_roles(&profiles, "process", &["far", "process"]).err().unwrap().to_string();
        assert!(circle.ends_with("is asked by its own command: far → process → process"), "{circle}");
        assert!(as_roles(&profiles, "process", &["a", "b", "c", "d"]).is_err());
    }

    #[test]
    fn endpoints_are_those_of_the_profile_that_was_named() {
        let profiles = profiles(
            "[services local]\nsts =\n  endpoint_url = http://127.0.0.1:4566\ns3 =\n  endpoint_url = http://127.0.0.1:1\n\
             [profile base]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = https://other.example\n\
             [profile role]\nrole_arn = arn:aws:iam::222222222222:role/admin\nsource_profile = base\nservices = local\n\
             [profile off]\naws_access_key_id = a\naws_secret_access_key = b\nservices = local\nignore_configured_endpoint_urls = true\n\
             [profile plain]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = http://elsewhere.example\n\
             [profile lost]\naws_access_key_id = a\naws_secret_access_key = b\nservices = gone\n",
            "",
        );
        let url = |name| {
            plan(&profiles, name)
                .target()
                .sts
                .url
                .as_ref()
                .map(|url| (url.value.clone(), url.origin.to_string()))
        };
        let said = |url: &str, line| Some((url.to_owned(), format!("~/.aws/config:{line}")));
        assert_eq!(url("role"), said("http://127.0.0.1:4566", 3));
        assert_eq!(url("base"), said("https://other.example", 9));
        assert_eq!(url("off"), None);
        for (name, words) in [
            ("plain", "gives sts the address http://elsewhere.example, which is not https"),
            ("lost", "names [services gone], which is not there"),
        ] {
            let error = as_roles(&profiles, name, &[]).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_used_says_why_and_where() {
        let profiles = profiles(FILE, "");
        for (name, words) in [
            ("circle", ":30: the profile circle goes in a circle: circle → circle"),
            ("half", ": the profile half has a role_arn without a source_profile or a credential_source"),
            ("keys", "has an aws_access_key_id without its secret"),
            ("on-keys", "the profile keys has an aws_access_key_id without its secret"),
            ("lost", "the profile lost names the source_profile nowhere, which is not there"),
            ("empty", "names no role, no Identity Center, no keys and no command"),
            ("split", "and its sso-session have different values of `sso_region`"),
            ("both", "has both a source_profile and a credential_source"),
            ("typo", "names the credential_source Ec2, which AWS does not have"),
            ("login", "gets its credentials from `aws login`"),
            ("open", "has a credential_process that cannot be read"),
        ] {
            let error = as_roles(&profiles, name, &[]).err().unwrap().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
