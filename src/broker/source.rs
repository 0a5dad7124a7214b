//! A plan that starts from the credentials of a profile of `~/.aws/config`: keys, a command, a token in a
//! file, or those of the machine. No IdP is involved, so only the session is stored.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::granted::session_name;
use super::{Broker, BrokerError, Interaction, Need};
use crate::aws::errors::{Action, StsError, StsErrorKind};
use crate::aws::machine::{self, MachineError, Metadata};
use crate::aws::sts::{self, Granted, Mfa};
use crate::plan::{Leg, Plan, ProfileSource, RoleId, SourceSettings};
use crate::store::Lock;
use crate::sys::{fs, process};
use jit_wire::credentials::{BadCredentials, Credentials, Session};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// The largest token or output, in bytes; anything larger is something else.
const LARGEST: u64 = 256 * 1024;
/// The assumed lifetime of a session without an expiry, if it is used only to make calls.
const UNKNOWN_LIFE: Duration = Duration::from_secs(900);

/// Why jit could not get a profile's credentials.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot read the token file {path} of the profile {profile}: {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    TokenFile { profile: String, path: String, why: String },
    /// The command did not complete, or refused.
    #[error("the credential_process of the profile {profile} ({program}) {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Process { profile: String, program: String, why: String },
    /// The machine's metadata service gave no credentials.
    #[error("the profile {profile} uses the credentials of this machine, but {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Machine { profile: String, why: MachineError },
    /// The keys are malformed.
    #[error("the profile {profile} holds invalid credentials: {why}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Invalid { profile: String, why: BadCredentials },
    /// A session that another program obtained, without an expiry.
    #[error("the profile {profile} has a session from another program, and its expiry is unknown")]
    #[expect(missing_docs, reason = "the sentence says it")]
    UnknownExpiry { profile: String },
    /// The credentials have already expired.
    #[error("the credentials that the profile {profile} gets have already expired")]
    #[expect(missing_docs, reason = "the sentence says it")]
    Expired { profile: String, next: String },
    /// AWS refused the profile's credentials.
    #[error("{error}")]
    Refused {
        /// What AWS said.
        error: Box<StsError>,
        /// How to get new ones for the profile.
        next: String,
    },
}

impl SourceError {
    /// If AWS refuses the profile's credentials, the error is about the profile. Every other STS error is
    /// about the role.
    fn of_sts(error: Box<StsError>, settings: &SourceSettings) -> BrokerError {
        let of_profile = match error.kind {
            StsErrorKind::ExpiredToken | StsErrorKind::UnknownSession | StsErrorKind::SignatureRefused => {
                true
            }
            StsErrorKind::TokenRefused => error.new_token_may_help() || error.code == "IDPRejectedClaim",
            StsErrorKind::AccessDenied => error.action == Action::GetCallerIdentity,
            _ => false,
        };
        if !of_profile {
            return error.into();
        }
        let next = renewal_of(settings);
        Self::Refused { error, next }.into()
    }
}

impl Explain for SourceError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { error, .. } => error.kind(),
            _ => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::TokenFile { .. } => Next::list(["run the program that writes that file again"]),
            Self::Process { .. } => Next::list(["run that command by itself to see what is wrong"]),
            Self::Machine { why: MachineError::NoToken(_), .. } => Next::list([
                "in a container, set the instance's metadata option HttpPutResponseHopLimit to 2",
                "elsewhere, use a metadata service that supports version 2 (IMDSv2)",
            ]),
            Self::Machine { why: MachineError::NoRole, .. } => {
                Next::list(["have a role attached to this instance (an instance profile)"])
            }
            Self::Machine { why: MachineError::Address { .. }, .. } => {
                Next::list(["use a URL of this machine, or an https URL"])
            }
            Self::Machine { why: MachineError::Refused { status: 429 | 500.., .. }, .. } => {
                vec![Next::TryAgain]
            }
            Self::Machine { why: MachineError::Http(_) | MachineError::Refused { .. }, .. } => Next::list([
                "such a profile works only in the container or on the instance that it was made for",
            ]),
            Self::Machine { .. } => {
                Next::list(["check which server answers there: it is not the AWS service"])
            }
            Self::Invalid { .. } => Next::list(["copy them again, without the text around them"]),
            Self::UnknownExpiry { profile } => vec![
                Next::words(format!(
                    "use the profile directly in AWS's tools: AWS_PROFILE={}",
                    name::in_command(profile)
                )),
                Next::words("or use it as the source_profile of a role: that session has an expiry"),
            ],
            Self::Refused { next, .. } | Self::Expired { next, .. } => vec![Next::words(next.clone())],
        }
    }
}

/// How to get new credentials for the profile.
fn renewal_of(settings: &SourceSettings) -> String {
    match &settings.source.value {
        ProfileSource::Keys { .. } => {
            format!("give the profile {} new keys ({})", settings.name, settings.source.origin)
        }
        ProfileSource::Process(_) => format!(
            "run the credential_process of the profile {} by itself to see what it prints",
            settings.name
        ),
        ProfileSource::TokenFile(path) => format!("run the program that writes {path} again"),
        _ => "show this to the administrator of this machine: AWS does not accept its credentials".to_owned(),
    }
}

/// The credentials of a profile.
struct ProfileCredentials {
    credentials: Credentials,
    /// Long-lived access keys, without a session token.
    long_lived: bool,
    /// Whether their expiry is known.
    expiry_known: bool,
}

/// The output of a `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential provider").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Option<Secret<String>>,
    expiration: Option<String>,
}

impl Broker<'_, '_> {
    /// The session of the plan's first step.
    pub(super) async fn ask_source(
        &self,
        plan: &Plan,
        settings: &SourceSettings,
        need: &Need,
        lock: &Lock,
    ) -> Result<Session, BrokerError> {
        let leg = &plan.legs[0];
        let http = &self.world.http;
        let refused = |error| SourceError::of_sts(error, settings);
        if let ProfileSource::TokenFile(path) = &settings.source.value {
            let token = self.token(&settings.name, path)?;
            let name = session_name(leg, &settings.name);
            let granted = self
                .with_duration_memory(plan, 0, leg.duration.value, lock, async |seconds| {
                    sts::assume_role_with_web_identity(http, leg, seconds, &name, &token).await
                })
                .await
                .map_err(refused)?;
            return Ok(self.without_person(plan, granted));
        }
        let own = self.credentials_of(settings, need).await?;
        if own.long_lived {
            self.warn(&format!(
                "the profile {} has long-lived access keys ({}); sign in at an IdP instead where you can",
                settings.name, settings.source.origin
            ));
        }
        let code = self.mfa_code(leg, need)?;
        let mfa = Mfa::of(leg, code.as_ref());
        let by = &own.credentials;
        let granted = match &leg.role.value {
            RoleId::Itself(_) if !own.long_lived => {
                if !own.expiry_known {
                    return Err(SourceError::UnknownExpiry { profile: settings.name.clone() }.into());
                }
                self.identified(leg, own.credentials).await.map_err(refused)?
            }
            RoleId::Itself(_) => {
                let granted = sts::session_token(http, leg, leg.duration.value, mfa, by).await;
                let granted = granted.map_err(Box::new).map_err(refused)?;
                self.identified(leg, granted.credentials).await.map_err(refused)?
            }
            _ => {
                let caller = sts::caller_identity(http, &leg.sts, by).await;
                let caller = caller.map_err(Box::new).map_err(refused)?;
                let name = session_name(leg, caller.arn.rsplit('/').next().unwrap_or_default());
                self.with_duration_memory(plan, 0, leg.duration.value, lock, async |seconds| {
                    sts::assume_role(http, leg, seconds, &name, mfa, by).await
                })
                .await
                .map_err(refused)?
            }
        };
        Ok(self.without_person(plan, granted))
    }

    /// A session that no person signed in for, named as AWS names it.
    fn without_person(&self, plan: &Plan, granted: Granted) -> Session {
        let user = granted.assumed_arn.rsplit('/').next().unwrap_or_default().to_owned();
        self.session_of(plan, 0, granted, &user, &user)
    }

    /// The code of the MFA device that the step names, asked for on the terminal.
    pub(super) fn mfa_code(&self, leg: &Leg, need: &Need) -> Result<Option<Secret<String>>, BrokerError> {
        let Some(serial) = &leg.mfa_serial else { return Ok(None) };
        let asked = match need.interaction {
            Interaction::Allowed(_) => self.world.person.line(&format!("MFA code of {}", serial.value)),
            Interaction::Never => None,
        };
        let missing = || BrokerError::CodeNeeded { role: leg.name.clone(), serial: serial.value.clone() };
        asked.map(|code| Some(Secret::new(code))).ok_or_else(missing)
    }

    fn token(&self, profile: &str, path: &str) -> Result<Secret<String>, SourceError> {
        let whole = match path.strip_prefix("~/") {
            Some(rest) => self.world.folders.home.join(rest),
            None => Path::new(path).to_owned(),
        };
        let failed =
            |why: String| SourceError::TokenFile { profile: profile.to_owned(), path: path.to_owned(), why };
        let content = fs::read_limited(&whole, LARGEST).map_err(|error| failed(error.to_string()))?;
        let text = String::from_utf8(content).map_err(|_| failed("it is not text".to_owned()))?;
        let text = Secret::new(text);
        match text.expose().trim() {
            "" => Err(failed("it is empty".to_owned())),
            token => Ok(Secret::new(token.to_owned())),
        }
    }

    async fn credentials_of(
        &self,
        settings: &SourceSettings,
        need: &Need,
    ) -> Result<ProfileCredentials, SourceError> {
        let profile = settings.name.clone();
        let machine = |why| SourceError::Machine { profile: profile.clone(), why };
        let http = &self.world.http;
        let found = match &settings.source.value {
            ProfileSource::Keys { id, secret, token } => ProfileCredentials {
                credentials: Credentials::new(
                    id.clone(),
                    secret.clone(),
                    token.clone().unwrap_or_else(|| Secret::new(String::new())),
                    self.now() + UNKNOWN_LIFE,
                )
                .map_err(|why| SourceError::Invalid { profile: profile.clone(), why })?,
                long_lived: token.is_none(),
                expiry_known: false,
            },
            ProfileSource::Process(words) => self.run(&profile, words, need).await?,
            ProfileSource::TokenFile(_) => unreachable!("the token alone is not a credential"),
            ProfileSource::Container { url, token, token_file } => {
                let of_file = token_file.as_ref().map(|path| self.token(&profile, path)).transpose()?;
                let token = of_file.as_ref().or(token.as_ref());
                with_expiry(machine::of_container(http, url, token).await.map_err(machine)?)
            }
            ProfileSource::Instance { url, seconds, attempts } => {
                let within = Duration::from_secs((*seconds).into());
                let metadata = Metadata { url, within, attempts: *attempts };
                with_expiry(metadata.credentials(http).await.map_err(machine)?)
            }
        };
        if found.expiry_known && found.credentials.expires_at <= self.now() {
            return Err(SourceError::Expired { profile, next: renewal_of(settings) });
        }
        Ok(found)
    }

    async fn run(
        &self,
        profile: &str,
        words: &[String],
        need: &Need,
    ) -> Result<ProfileCredentials, SourceError> {
        let program = words.first().cloned().unwrap_or_default();
        let failed =
            |why: String| SourceError::Process { profile: profile.to_owned(), program: program.clone(), why };
        let within = self.world.env.get(jit_wire::env::JIT_WITHIN).map(|names| format!("{names},"));
        let within = within.unwrap_or_default() + profile;
        let set = [(jit_wire::env::JIT_WITHIN, within)];
        let may_ask = matches!(need.interaction, Interaction::Allowed(_));
        let printed = process::answer(words, &set, may_ask, need.wait, LARGEST).await.map_err(failed)?;
        read_printed(printed.expose(), self.now())
            .map_err(|what| failed(format!("printed no credentials: {what}")))
    }
}

/// The credentials in what a command printed.
///
/// # Errors
/// What is wrong with it, without quoting it.
fn read_printed(printed: &[u8], now: Timestamp) -> Result<ProfileCredentials, String> {
    let printed: Printed = serde_json::from_slice(printed)
        .map_err(|_| "it is not the JSON that AWS's tools expect".to_owned())?;
    if printed.version != 1 {
        return Err(format!("its Version is {}, not 1", printed.version));
    }
    let expires_at = printed
        .expiration
        .as_deref()
        .map(|text| Timestamp::parse_expiration(text).map_err(|why| format!("its Expiration {why}")))
        .transpose()?;
    let token = printed.session_token.filter(|token| !token.expose().is_empty());
    Ok(ProfileCredentials {
        long_lived: token.is_none(),
        expiry_known: expires_at.is_some(),
        credentials: Credentials::new(
            printed.access_key_id,
            printed.secret_access_key,
            token.unwrap_or_else(|| Secret::new(String::new())),
            expires_at.unwrap_or(now + UNKNOWN_LIFE),
        )
        .map_err(|why| why.to_string())?,
    })
}

fn with_expiry(credentials: Credentials) -> ProfileCredentials {
    ProfileCredentials { credentials, long_lived: false, expiry_known: true }
}
