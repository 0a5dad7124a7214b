//! The form of a session that the store seals, and how it is read back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Credentials, Held, Session};
use crate::secret::{Secret, to_wiped_json};
use crate::sign_in::SignIn;
use crate::timestamp::Timestamp;

/// The entry is not a session that this version of `jit` can read.
#[derive(Debug, thiserror::Error)]
#[error("the entry does not contain a session")]
pub struct NotASession;

/// The stored form. It borrows, so that writing leaves no copy that is not wiped.
#[derive(Serialize)]
struct Stored<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expires_at: Timestamp,
    issued_at: Timestamp,
    role: &'a str,
    role_arn: &'a str,
    assumed_arn: &'a str,
    idp: &'a str,
    login: &'a str,
    subject: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "SignIn::is_unknown")]
    sign_in: &'a SignIn,
    source_identity: Option<&'a str>,
    tags: &'a BTreeMap<String, String>,
    transitive_tags: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    restricted_by: &'a [String],
}

/// The same, read back.
#[derive(Deserialize)]
struct Read {
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Secret<String>,
    expires_at: Timestamp,
    issued_at: Timestamp,
    role: String,
    role_arn: String,
    assumed_arn: String,
    idp: String,
    login: String,
    subject: String,
    user: String,
    #[serde(default)]
    sign_in: SignIn,
    source_identity: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    transitive_tags: BTreeSet<String>,
    #[serde(default)]
    restricted_by: Vec<String>,
}

impl Session {
    /// The form that the store seals.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let stored = Stored {
            access_key_id: &self.credentials.access_key_id,
            secret_access_key: self.credentials.secret_access_key.expose(),
            session_token: self.credentials.session_token.expose(),
            expires_at: self.credentials.expires_at,
            issued_at: self.issued_at,
            role: &self.role,
            role_arn: &self.role_arn,
            assumed_arn: &self.assumed_arn,
            idp: &self.idp,
            login: &self.login,
            subject: &self.subject,
            user: &self.user,
            sign_in: &self.sign_in,
            source_identity: self.source_identity.as_deref(),
            tags: &self.tags,
            transitive_tags: &self.transitive_tags,
            restricted_by: &self.restricted_by,
        };
        Secret::new(std::mem::take(&mut *to_wiped_json(&stored)))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`NotASession`] if the bytes are in another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotASession> {
        let read: Read = serde_json::from_slice(bytes).map_err(|_| NotASession)?;
        Ok(Self {
            credentials: Credentials {
                access_key_id: read.access_key_id,
                secret_access_key: read.secret_access_key,
                session_token: read.session_token,
                expires_at: read.expires_at,
                // This program sealed them, after checking them.
                told: None,
                _held: Held,
            },
            issued_at: read.issued_at,
            role: read.role,
            role_arn: read.role_arn,
            assumed_arn: read.assumed_arn,
            idp: read.idp,
            login: read.login,
            subject: read.subject,
            user: read.user,
            sign_in: read.sign_in,
            source_identity: read.source_identity,
            tags: read.tags,
            transitive_tags: read.transitive_tags,
            restricted_by: read.restricted_by,
        })
    }
}
