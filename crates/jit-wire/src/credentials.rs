//! Temporary credentials: which characters they may have, what is known about a session, and when it is
//! renewed.

mod forms;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::secret::Secret;
use crate::sign_in::SignIn;
use crate::timestamp::Timestamp;

pub use stored::NotASession;

/// AWS's SDKs start to ask for new credentials when 15 minutes are left; a session is renewed one minute
/// earlier.
const RENEW_BELOW: Duration = Duration::from_secs(16 * 60);

/// Credentials as AWS issued them.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The public part, shown in CloudTrail.
    pub access_key_id: String,
    /// The signing key.
    pub secret_access_key: Secret<String>,
    /// Proves that the key belongs to a session.
    pub session_token: Secret<String>,
    /// When AWS stops accepting them.
    pub expires_at: Timestamp,
    /// The expiry that programs are told, where [`Session::ending_at`] has brought it forward.
    told: Option<Timestamp>,
    /// Makes sure that credentials from text are created by [`Credentials::new`].
    _held: Held,
}

/// Proves that the characters were checked.
#[derive(Clone, Copy, Debug)]
struct Held;

/// Why a text cannot be credentials. It contains no part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCredentials {
    /// AWS documents letters, digits and underscores, up to 128 (STS API Reference, Credentials).
    #[error("the access key id is not 1 to 128 letters, digits and _")]
    Id,
    /// A character that neither AWS nor any compatible server uses in a secret.
    #[error("the secret access key has a character other than letters, digits and + / = _ . -")]
    Secret,
    /// The same, in a token.
    #[error("the session token has a character other than letters, digits and + / = _ . -")]
    Token,
}

impl Credentials {
    /// Credentials from outside: from AWS, a compatible server, a command, a file or the environment. They
    /// are written into variables and lines of files, so they must not contain characters that are special
    /// there. AWS's are base64. The tokens of other servers are URL-safe base64, or several such parts
    /// separated by dots. Long-lived access keys have an empty token.
    ///
    /// # Errors
    /// [`BadCredentials`].
    pub fn new(
        access_key_id: String,
        secret_access_key: Secret<String>,
        session_token: Secret<String>,
        expires_at: Timestamp,
    ) -> Result<Self, BadCredentials> {
        let fits = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_.-".contains(&b));
        let is_id = (1..=128).contains(&access_key_id.len())
            && access_key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_id {
            return Err(BadCredentials::Id);
        }
        if secret_access_key.expose().is_empty() || !fits(secret_access_key.expose()) {
            return Err(BadCredentials::Secret);
        }
        if !fits(session_token.expose()) {
            return Err(BadCredentials::Token);
        }
        Ok(Self { access_key_id, secret_access_key, session_token, expires_at, told: None, _held: Held })
    }
}

/// Credentials with everything that `jit` knows about them.
#[derive(Clone, Debug)]
pub struct Session {
    /// The credentials.
    pub credentials: Credentials,
    /// When AWS issued them.
    pub issued_at: Timestamp,
    /// The `[role.NAME]` that they were requested for.
    pub role: String,
    /// The ARN that was requested.
    pub role_arn: String,
    /// The ARN of the session itself, `arn:…:sts::…:assumed-role/ROLE/SESSION`.
    pub assumed_arn: String,
    /// The `[idp.NAME]` where the person signed in for it.
    pub idp: String,
    /// The file name of the login that it was obtained with.
    pub login: String,
    /// The IdP's own identifier of the person (`sub`).
    pub subject: String,
    /// The person's display name.
    pub user: String,
    /// When and how they signed in.
    pub sign_in: SignIn,
    /// The source identity of the chain, if any was set.
    pub source_identity: Option<String>,
    /// The session's tags: those from the IdP, those passed on along the chain, and those of the step itself.
    pub tags: BTreeMap<String, String>,
    /// The tags that are passed on along the chain.
    pub transitive_tags: BTreeSet<String>,
    /// What the command line restricted it to, in a few words each; empty if it is all that the role allows.
    pub restricted_by: Vec<String>,
}

/// The name of a role with what restricts its session, as in `prod (read-only)`: for people, who have to tell such a
/// session from the role's own.
pub fn with_restrictions(role: &str, restricted_by: &[String]) -> String {
    if restricted_by.is_empty() { role.to_owned() } else { format!("{role} ({})", restricted_by.join(", ")) }
}

/// What to do with a stored session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Use it.
    Fresh,
    /// Renew it if that needs no person; otherwise use it.
    Ending,
    /// Do not use it.
    Expired,
}

impl Session {
    /// The same, reported to end at `end` if that is earlier: what the session may do ends then, and no renewal changes that.
    #[must_use]
    pub fn ending_at(mut self, end: Timestamp) -> Self {
        self.credentials.told = Some(end.min(self.reported_expiry()));
        self.credentials.expires_at = end.min(self.credentials.expires_at);
        self
    }

    /// The twelve digits of the account that the session is in.
    pub fn account(&self) -> &str {
        self.role_arn.split(':').nth(4).unwrap_or_default()
    }

    /// The name of its role, with what the session is restricted to.
    pub fn shown_role(&self) -> String {
        with_restrictions(&self.role, &self.restricted_by)
    }

    /// The session's lifetime as AWS granted it.
    pub fn lifetime(&self) -> Duration {
        self.credentials.expires_at.since(self.issued_at)
    }

    /// How long is left.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        self.credentials.expires_at.since(now)
    }

    /// Whether the session can be used, with at least `min_ttl` left if that is requested: with more than 16
    /// minutes left, or, if its lifetime is below 48 minutes, with more than a third of it left.
    pub fn freshness(&self, now: Timestamp, min_ttl: Duration) -> Freshness {
        let left = self.time_left(now);
        let margin = RENEW_BELOW.min(self.lifetime() / 3);
        match left {
            Duration::ZERO => Freshness::Expired,
            left if left > margin && left >= min_ttl => Freshness::Fresh,
            _ => Freshness::Ending,
        }
    }
}
