//! Why there is no session, as an error for the person and as a message for the processes that waited.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Need, SourceError};
use crate::aws::errors::StsError;
use crate::aws::portal::PortalError;
use crate::idp::IdpError;
use crate::store::{Lock, StoreError};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;
use jit_wire::sign_in::Requirement;

/// How many roles a message lists at most.
const MOST_LISTED: usize = 10;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A person has to sign in, and jit may not ask here.
    #[error("you need to sign in at {idp}")]
    LoginNeeded {
        /// `[idp.NAME]`.
        idp: String,
        /// Why what was stored is not enough.
        why: String,
    },
    /// The sign-in does not meet the role's requirements, although jit requested one that does.
    #[error("{role} is not used: your sign-in at {idp} does not meet its requirements")]
    #[expect(missing_docs, reason = "the sentence says it")]
    TooWeak { idp: String, role: String, why: String },
    /// The IdP.
    #[error(transparent)]
    Idp(#[from] IdpError),
    /// The assertion does not list the role.
    #[error("{idp} does not offer you {role_arn}")]
    NotOffered {
        /// `[idp.NAME]`.
        idp: String,
        /// What was asked for.
        role_arn: String,
        /// What the assertion lists.
        offered: Vec<String>,
    },
    /// The assertion lists the role with several SAML providers.
    #[error("{idp} offers {role} through several SAML providers")]
    SeveralProviders {
        /// `[idp.NAME]`.
        idp: String,
        /// `[role.NAME]`.
        role: String,
        /// Their ARNs.
        providers: Vec<String>,
    },
    /// The assertion is encrypted for AWS, so only the configuration can say which SAML provider it is for.
    #[error("the assertion of {idp} is encrypted, so jit cannot tell which SAML provider {role} uses")]
    Encrypted {
        /// `[idp.NAME]`.
        idp: String,
        /// `[role.NAME]`.
        role: String,
        /// Its ARN.
        role_arn: String,
    },
    /// The role takes its session name from a claim, and the ID token has no such claim, or AWS does not accept its value.
    #[error(
        "{role} takes its session name from the claim `{claim}`, and {idp} sends none that AWS accepts as one"
    )]
    NoClaim {
        /// `[idp.NAME]`.
        idp: String,
        /// `[role.NAME]`.
        role: String,
        /// The name of the claim.
        claim: String,
    },
    /// AWS.
    #[error("{}", .0.sentence())]
    Sts(#[from] Box<StsError>),
    /// The portal of Identity Center.
    #[error(transparent)]
    Portal(#[from] Box<PortalError>),
    /// jit could not get the profile's own credentials.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A code of an MFA device is needed, and jit cannot ask for it here.
    #[error("{role} needs a code of the MFA device {serial}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    CodeNeeded { role: String, serial: String },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A renewed session is shorter than requested.
    #[error("{role} allows sessions of at most {}, and {} is needed", in_words(*granted), in_words(*wanted))]
    TooShort {
        /// The role.
        role: String,
        /// The session that AWS grants, in seconds.
        granted: u64,
        /// What was asked for, in seconds.
        wanted: u64,
    },
    /// Another process failed at the same task while this one waited for it.
    #[error("{}", .0.what)]
    Shared(Failure),
}

/// A failure, as passed on to the processes that waited for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind.
    pub kind: Kind,
    /// What happened.
    pub what: String,
    /// Why.
    pub why: Vec<String>,
    /// What to do next.
    pub next: Vec<Next>,
    /// Set if only callers with these requirements for the sign-in are affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Box<Requirement>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Explain for Failure {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn why(&self) -> Vec<String> {
        self.why.clone()
    }

    fn next(&self) -> Vec<Next> {
        self.next.clone()
    }
}

impl BrokerError {
    /// The failure, for the processes that wait.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Shared(failure) => failure.clone(),
            error => Failure {
                kind: error.kind(),
                what: error.to_string(),
                why: error.why(),
                next: error.next(),
                demand: None,
            },
        }
    }
}

impl Explain for BrokerError {
    fn kind(&self) -> Kind {
        match self {
            Self::LoginNeeded { .. } | Self::CodeNeeded { .. } => Kind::LoginNeeded,
            Self::TooWeak { .. } => Kind::Refused,
            Self::NotOffered { .. } => Kind::NotAllowed,
            Self::SeveralProviders { .. } | Self::Encrypted { .. } | Self::NoClaim { .. } => Kind::Usage,
            Self::TooShort { .. } => Kind::Failed,
            Self::Idp(error) => error.kind(),
            Self::Sts(error) => error.kind(),
            Self::Portal(error) => error.kind(),
            Self::Source(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Shared(failure) => failure.kind(),
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::LoginNeeded { why, .. } | Self::TooWeak { why, .. } => vec![why.clone()],
            Self::NotOffered { offered, .. } => vec![offered_in_words(offered)],
            Self::SeveralProviders { providers, .. } => vec![format!("it lists {}", providers.join(", "))],
            Self::Store(error) => error.why(),
            Self::Shared(failure) => failure.why(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::LoginNeeded { .. } => vec![Next::SignIn],
            Self::CodeNeeded { .. } => {
                vec![Next::SignInAt("a terminal, where the code can be asked for".into())]
            }
            Self::TooWeak { idp, .. } => vec![
                Next::Explain(
                    format!(
                        "see what the role requires and how jit asks [idp.{}] for it",
                        name::in_header(idp)
                    )
                    .into(),
                ),
                Next::words(
                    "show this to the administrator of the IdP: the sign-in is not the one that jit asked for",
                ),
            ],
            Self::NoClaim { role, .. } => vec![Next::words(format!(
                "set session_name in [role.{}] to a claim that the IdP sends, as the role's trust policy wants: 2 to 64 \
                 letters, digits and _ + = , . @ -",
                name::in_header(role)
            ))],
            Self::Idp(error) => error.next(),
            Self::NotOffered { .. } => {
                vec![Next::ThenSignInAnew("ask to be assigned to it".into()), Next::EveryValue]
            }
            Self::SeveralProviders { role, providers, .. } => {
                let role = name::in_header(role);
                let add = |arn| Next::words(format!("add to [role.{role}]: provider_arn = \"{arn}\""));
                providers.iter().map(add).collect()
            }
            Self::Encrypted { role, role_arn, .. } => {
                let mut parts = role_arn.split(':').skip(1);
                let partition = parts.next().unwrap_or("aws");
                let account = parts.nth(2).unwrap_or("ACCOUNT");
                vec![Next::words(format!(
                    "add to [role.{}] the SAML provider of this IdP in the role's account: provider_arn = \
                     \"arn:{partition}:iam::{account}:saml-provider/NAME\"",
                    name::in_header(role)
                ))]
            }
            Self::Sts(error) => error.next(),
            Self::Portal(error) => error.next(),
            Self::Source(error) => error.next(),
            Self::Store(error) => error.next(),
            Self::TooShort { .. } => Next::list(["ask for less, or have the role grant longer sessions"]),
            Self::Shared(failure) => failure.next(),
        }
    }
}

/// A number of seconds, as people say it.
fn in_words(seconds: u64) -> String {
    jit_wire::timestamp::duration(std::time::Duration::from_secs(seconds))
}

/// The roles that are offered instead.
fn offered_in_words(offered: &[String]) -> String {
    match offered {
        [] => "the assertion lists no role".to_owned(),
        [one] => format!("the assertion lists only {one}"),
        few if few.len() <= MOST_LISTED => format!("the assertion lists {}", few.join(", ")),
        many => format!(
            "the assertion lists {} other roles, among them {}",
            many.len(),
            many[..MOST_LISTED].join(", ")
        ),
    }
}

/// Leaves the failure for the processes that wait for the lock; [`shared`] reads it. If the person cancelled
/// this process, that is no answer for the others: the next one asks again.
pub(super) fn tell_waiters(lock: &mut Lock, error: &BrokerError, demand: &Requirement) {
    let mut failure = error.failure();
    // A caller without requirements may get what was refused here.
    failure.demand = failure.demand.or_else(|| (!demand.is_empty()).then(|| Box::new(demand.clone())));
    if failure.kind == Kind::Interrupted {
        return;
    }
    if let Ok(message) = serde_json::to_string(&failure) {
        lock.leave_message(&message);
    }
}

/// The failure in the `message` that a holder of the lock left for the processes that waited. "A sign-in is
/// needed" does not help a caller that may start one.
pub(super) fn shared(message: Option<&str>, need: &Need, demand: &Requirement) -> Option<Failure> {
    let failure: Failure = serde_json::from_str(message?).ok()?;
    if failure.demand.as_ref().is_some_and(|theirs| **theirs != *demand) {
        return None;
    }
    (!need.may_sign_in() || failure.kind != Kind::LoginNeeded).then_some(failure)
}
