//! A profile of `~/.aws/config` as `config.toml` would have it, so that whoever has profiles needs nothing else. What the
//! keys mean, and which of them counts, is botocore's word (AWS SDKs and Tools Reference Guide, "Settings reference").

use super::profiles::AwsProfiles;
use super::settings::{self, SETTINGS};
use super::{CREDENTIAL_PROCESS, OVERRULING_KEYS, REGION, SectionKind, System, split_command};
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::idp::{CenterSection, CredentialSource, IdpSection, SourceSection, remove_page};
use crate::config::limits::{self, Dialect, Refused};
use jit_wire::arn::RoleArn;
use jit_wire::name::Variable;
use jit_wire::secret::Secret;
use jit_wire::section::{At, Mistake};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// More commands than this that call each other are a mistake.
const DEEPEST: usize = 4;
/// The key of `aws login`.
const LOGIN_SESSION: &str = "login_session";
/// The services that `jit` calls, as `[services]` names them.
const SERVICES: [&str; 4] = ["sts", "sso", "sso_oidc", "iam"];

/// A file with the role that `profile` is, and all that it is reached by; `None` if there is no such profile, or if it
/// asks `jit` itself. `within` are the profiles whose commands led here, outermost first.
///
/// # Errors
/// The profile is incomplete, goes in a circle, says what AWS would refuse, or gets its credentials in a way that `jit`
/// does not.
pub fn as_roles(profiles: &AwsProfiles, profile: &str, within: &[&str]) -> Result<Option<File>, Mistake> {
    let Some(line) = profiles.line(profile) else { return Ok(None) };
    let file = File { path: profiles.path().to_owned(), seam: Some(profiles.seam()), ..File::default() };
    let mut reader = Reader { profiles, file, region: profiles.get(profile, REGION) };
    let command = profiles.get(profile, CREDENTIAL_PROCESS);
    if command.is_some_and(|command| asks_jit(&command.value, System::HERE, || profiles.own_program())) {
        return Ok(None);
    }
    if within.contains(&profile) || within.len() >= DEEPEST {
        let way = within.join(" → ");
        return Err(reader.unfit(profile, line, format!("is asked by its own command: {way} → {profile}")));
    }
    if let Some(refused) = reader.region.as_ref().and_then(|at| limits::of_region(at, Dialect::Aws)) {
        return Err(reader.refused(profile, refused));
    }
    reader.settings(profile)?;
    reader.role(profile, &mut Vec::new())?;
    reader.endpoints(profile)?;
    Ok(Some(reader.file))
}

/// The profiles that can be used, each with what it is as a role.
pub fn usable(profiles: &AwsProfiles) -> impl Iterator<Item = (&str, File)> {
    let names = profiles.names().iter();
    names.filter_map(|name| Some((name.as_str(), as_roles(profiles, name, &[]).ok()??)))
}

/// The profiles that are meant to lead to credentials and cannot, each with what is wrong.
pub fn mistakes(profiles: &AwsProfiles) -> impl Iterator<Item = Mistake> {
    let meant = |name: &&String| {
        let has = |key: &&str| profiles.get(name, key).is_some();
        // A portal alone is for tools that want its token, and `aws login` is the AWS CLI's.
        let leads = |key: &&&str| !["sso_session", "sso_start_url"].contains(*key);
        OVERRULING_KEYS.iter().filter(leads).chain(&[CREDENTIAL_PROCESS]).any(has) && !has(&LOGIN_SESSION)
    };
    profiles.names().iter().filter(meant).filter_map(|name| as_roles(profiles, name, &[]).err())
}

/// Whether a command asks this program for a role: by what is started, the first argument, and one name. `own` is the path
/// that this program was started by, for whoever has given it another name.
fn asks_jit(command: &str, system: System, own: impl FnOnce() -> Option<String>) -> bool {
    let words = split_command(command, system).unwrap_or_default();
    let [program, verb, rest @ ..] = words.as_slice() else { return false };
    let one_role = rest.iter().filter(|word| !word.starts_with('-')).count() == 1;
    if verb != "credential-process" || !one_role {
        return false;
    }
    let name = match system {
        System::Unix => program.rsplit('/').next().unwrap_or_default().to_owned(),
        System::Windows => program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase(),
    };
    name == "jit" || name == "jit.exe" || own().is_some_and(|own| own == *program)
}

struct Reader<'a> {
    profiles: &'a AwsProfiles,
    file: File,
    /// The region of the profile that was named: STS is asked there for every step, as botocore does it.
    region: Option<At<String>>,
}

impl Reader<'_> {
    fn unfit(&self, profile: &str, line: usize, why: impl std::fmt::Display) -> Mistake {
        self.mistake(line, format!("the profile {profile} {why}"), None)
    }

    fn mistake(&self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        let place = self.profiles.place(line);
        let column = self.profiles.column(line);
        Mistake {
            path: place.0.to_owned(),
            line: place.1,
            column,
            excerpt: self.profiles.excerpt(line),
            what,
            suggestion,
        }
    }

    /// A value that AWS would refuse.
    fn refused(&self, profile: &str, Refused { line, what, next }: Refused) -> Mistake {
        self.mistake(line, format!("the profile {profile} cannot be used: {what}"), Some(next))
    }

    /// What the profile says of botocore's settings.
    fn settings(&mut self, profile: &str) -> Result<(), Mistake> {
        for setting in SETTINGS.iter().filter(|setting| setting.name != REGION) {
            let Some(at) = setting.of_profile(self.profiles, profile) else { continue };
            if let Some((what, next)) = setting.values.refuse(&at.value) {
                let what = format!("{}: {what}", setting.keys[0]);
                return Err(self.refused(profile, Refused { line: at.line, what, next }));
            }
            self.file.settings.insert(setting.name, at);
        }
        Ok(())
    }

    /// Adds the role that a profile is. `way` are the profiles that led here.
    fn role(&mut self, profile: &str, way: &mut Vec<String>) -> Result<(), Mistake> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        let is_source = !way.is_empty();
        way.push(profile.to_owned());
        let keys = self.keys(profile)?;
        // Of a source the keys count before the role, but behind a token.
        let token = get("web_identity_token_file");
        let arn = get("role_arn").filter(|_| !is_source || keys.is_none() || token.is_some());
        let of_center = |key: &&str| get(key).is_some();
        let (target, parent) = match (arn, token) {
            (Some(arn), Some(token)) => {
                let source = SourceSection::TokenFile(token);
                (self.arn(profile, arn)?, self.starts_from(profile, source))
            }
            (None, Some(token)) => {
                return Err(self.unfit(
                    profile,
                    token.line,
                    "has a web_identity_token_file without a role_arn",
                ));
            }
            (Some(arn), None) => {
                let parent = self.parent(profile, &arn, keys, way)?;
                (self.arn(profile, arn)?, parent)
            }
            // An sso_session alone is for tools that want its token and no role.
            (None, None) if ["sso_account_id", "sso_role_name"].iter().any(of_center) => {
                self.assigned(profile)?
            }
            (None, None)
                if keys.is_none()
                    && ["sso_session", "sso_start_url"].iter().any(of_center)
                    && [LOGIN_SESSION, CREDENTIAL_PROCESS].iter().all(|key| get(key).is_none()) =>
            {
                self.assigned(profile)?
            }
            (None, None) => {
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
            region: self.region.clone(),
            description: None,
            color: None,
            confirm: false,
            auto_login: None,
            sign_in_age: None,
            acr: None,
            amr: None,
        };
        if let Some(refused) = limits::of_role(&role, Dialect::Aws) {
            return Err(self.refused(profile, refused));
        }
        self.file.roles.insert(profile.to_owned(), role);
        Ok(())
    }

    fn arn(&self, profile: &str, arn: At<String>) -> Result<Target, Mistake> {
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
    ) -> Result<Parent, Mistake> {
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
        // A profile that is its own source has to hold keys; which of its credentials count is then as for any other.
        if source.value == profile && keys.is_some() {
            if ["sso_account_id", "sso_role_name"].iter().any(|key| get(key).is_some()) {
                let why = "is its own source_profile, and has Identity Center beside its keys";
                return Err(self.unfit(profile, source.line, why));
            }
            return Ok(self.as_it_is(profile, keys)?.1);
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
    fn as_it_is(&mut self, profile: &str, keys: Option<SourceSection>) -> Result<(usize, Parent), Mistake> {
        let get = |key: &str| self.profiles.get(profile, key);
        let line = self.profiles.line(profile).unwrap_or(1);
        // Keys of the credentials file come before all others, those of the configuration after them.
        let first =
            keys.as_ref().is_some_and(|keys| self.profiles.place(keys.line()).0 != self.profiles.path());
        let source = match (keys, get(LOGIN_SESSION), get(CREDENTIAL_PROCESS)) {
            (Some(keys), ..) if first => keys,
            (_, Some(login), _) => {
                let why = "gets its credentials from `aws login` (`login_session`), which jit leaves to the AWS CLI";
                return Err(self.unfit(profile, login.line, why));
            }
            (_, None, Some(command)) => {
                let words = split_command(&command.value, System::HERE).unwrap_or_default();
                let Some(program) = words.first() else {
                    let why =
                        "has a credential_process that cannot be read: a quote is left open, or it is empty";
                    return Err(self.unfit(profile, command.line, why));
                };
                // Nobody knows such a program: what a shell would put there, botocore does not, and neither does jit.
                if program.starts_with(['~', '$']) || (program.starts_with('%') && cfg!(windows)) {
                    let what =
                        format!("cannot start `{program}`: a credential_process is run without a shell");
                    let next = "write the whole path, as the AWS CLI and boto3 need it too".to_owned();
                    return Err(self.mistake(
                        command.line,
                        format!("the profile {profile} {what}"),
                        Some(next),
                    ));
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
    fn keys(&self, profile: &str) -> Result<Option<SourceSection>, Mistake> {
        let get = |key: &str| self.profiles.get(profile, key);
        let secret = |at: At<String>| At { value: Secret::new(at.value), line: at.line };
        match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (None, None) => Ok(None),
            (Some(id), Some(key)) => Ok(Some(SourceSection::Keys {
                id,
                secret: secret(key),
                // The older name counts first, as for botocore.
                token: get("aws_security_token").or_else(|| get("aws_session_token")).map(secret),
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
    fn assigned(&mut self, profile: &str) -> Result<(Target, Parent), Mistake> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        let line = profiles.line(profile).unwrap_or(1);
        let need = |key: &str| {
            let why = format!("has no `{key}`");
            get(key).ok_or_else(|| self.unfit(profile, line, why))
        };
        let (account, permission_set) = (need("sso_account_id")?, need("sso_role_name")?);
        let session = get("sso_session");
        let place = session.as_ref().map(|session| SectionKind::SsoSession(session.value.clone()));
        let place_line = match (&session, &place) {
            (Some(session), Some(kind)) => profiles.line_of(kind).ok_or_else(|| {
                let why = format!("names [sso-session {}], which is not there", session.value);
                self.unfit(profile, session.line, why)
            })?,
            _ => line,
        };
        // What is given in both places has to be the same, as for botocore.
        for key in place.iter().flat_map(|kind| profiles.keys_of(kind)) {
            let of_place = place.as_ref().and_then(|kind| profiles.get_of(kind, &key));
            if let Some((own, _)) = get(&key).zip(of_place).filter(|(own, other)| own.value != other.value) {
                let why = format!("and its sso-session have different values of `{key}`");
                return Err(self.unfit(profile, own.line, why));
            }
        }
        let part = |key: &str| {
            let found = place.as_ref().and_then(|kind| profiles.get_of(kind, key)).or_else(|| get(key));
            let why = format!("is not told its `{key}`");
            found.ok_or_else(|| self.unfit(profile, place_line, why))
        };
        let (mut start_url, region) = (part("sso_start_url")?, part("sso_region")?);
        remove_page(&mut start_url.value);
        let name = session.as_ref().map_or_else(|| start_url.value.clone(), |session| session.value.clone());
        let center = CenterSection { start_url, region, flow: None, redirect_port: None, auto_login: None };
        if let Some(refused) = limits::of_center(&center, Dialect::Aws) {
            return Err(self.refused(profile, refused));
        }
        self.file.idps.insert(name.clone(), IdpSection::IdentityCenter(center));
        let line = session.map_or(line, |session| session.line);
        Ok((Target::Assigned { account, permission_set }, Parent::Idp(At { value: name, line })))
    }

    /// The addresses that the profile gives services: in its `services`, else its `endpoint_url` for all.
    fn endpoints(&mut self, profile: &str) -> Result<(), Mistake> {
        let profiles = self.profiles;
        let get = |key: &str| profiles.get(profile, key);
        // Whether they count, a variable may say as well; but what the file leaves aside may be anything.
        let ignored = self.file.settings.get("ignore_configured_endpoint_urls");
        let ignored = ignored.is_some_and(|at| at.value.eq_ignore_ascii_case("true"));
        let mut block = None;
        if let Some(named) = get("services") {
            let kind = SectionKind::Services(named.value.clone());
            if profiles.line_of(&kind).is_none() {
                let why = format!("names [services {}], which is not there", named.value);
                return Err(self.unfit(profile, named.line, why));
            }
            block = Some(kind);
        }
        let mut known = SERVICES.map(str::to_owned).to_vec();
        known.extend(block.iter().flat_map(|kind| profiles.keys_of(kind)));
        for service in known {
            let nested = block
                .as_ref()
                .and_then(|kind| settings::nested(&profiles.get_of(kind, &service)?, "endpoint_url"));
            // Of a key that is no service's id no program asks, and no variable may be made.
            let variable = Variable::of_service_endpoint(&service);
            if let (None, Some(at)) = (&variable, &nested) {
                let why = format!(
                    "gives an address to `{service}`, which is not the id of a service: \
                     lower-case letters, digits and _"
                );
                return Err(self.unfit(profile, at.line, why));
            }
            let ours = SERVICES.into_iter().find(|one| *one == service);
            let at = nested.clone().or_else(|| get("endpoint_url"));
            if let (Some(service), Some(at)) = (ours, at) {
                if let Err(why) = TrustedUrl::parse(&at.value, Purpose::AwsEndpoint)
                    && !ignored
                {
                    let what = format!(
                        "the profile {profile} gives {service} the address {}, which {why}",
                        at.value
                    );
                    let next = "write an https address, or http on this machine".to_owned();
                    return Err(self.mistake(at.line, what, Some(next)));
                }
                self.file.endpoints.insert(service, at);
            }
            if let (Some(variable), Some(at)) = (variable, nested) {
                self.file.child_endpoints.insert(variable, at);
            }
        }
        if let Some(at) = get("endpoint_url") {
            self.file.child_endpoints.insert(const { Variable::known("AWS_ENDPOINT_URL") }, at);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
