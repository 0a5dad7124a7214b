//! The forms in which a session leaves `jit`: the answer of a `credential_process`, variables, the answer of
//! a container endpoint, and the public facts for `--json`. Each form reports an expiry that is a little
//! early.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::Session;
use crate::name::Variable;
use crate::secret::{Secret, to_wiped_json};
use crate::timestamp::Timestamp;

/// How early the expiry is reported, so that no request is signed in the last second.
const REPORTED_EARLY: Duration = Duration::from_secs(60);

impl Session {
    /// The answer that AWS's SDKs expect from a `credential_process`, one line (AWS SDKs and Tools Reference,
    /// "Process credential provider").
    pub fn to_credential_process(&self) -> Zeroizing<Vec<u8>> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer<'a> {
            version: u8,
            access_key_id: &'a str,
            secret_access_key: &'a str,
            session_token: &'a str,
            expiration: String,
            account_id: &'a str,
        }
        let mut line = to_wiped_json(&Answer {
            version: 1,
            access_key_id: &self.credentials.access_key_id,
            secret_access_key: self.credentials.secret_access_key.expose(),
            session_token: self.credentials.session_token.expose(),
            expiration: self.reported_expiry().to_rfc3339(),
            account_id: self.account(),
        });
        line.push(b'\n');
        line
    }

    /// The variables that a child gets, in display order.
    pub fn to_variables(&self) -> [(Variable, Zeroizing<String>); 4] {
        const NAMES: [Variable; 4] = [
            Variable::known("AWS_ACCESS_KEY_ID"),
            Variable::known("AWS_SECRET_ACCESS_KEY"),
            Variable::known("AWS_SESSION_TOKEN"),
            Variable::known("AWS_CREDENTIAL_EXPIRATION"),
        ];
        let credentials = &self.credentials;
        let [id, secret, token, expiration] = NAMES;
        [
            (id, Zeroizing::new(credentials.access_key_id.clone())),
            (secret, Zeroizing::new(credentials.secret_access_key.expose().clone())),
            (token, Zeroizing::new(credentials.session_token.expose().clone())),
            (expiration, Zeroizing::new(self.reported_expiry().to_rfc3339())),
        ]
    }

    /// The answer of a container-credentials endpoint.
    pub fn to_container_json(&self) -> Secret<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer<'a> {
            access_key_id: &'a str,
            secret_access_key: &'a str,
            token: &'a str,
            expiration: String,
            account_id: &'a str,
        }
        let mut json = to_wiped_json(&Answer {
            access_key_id: &self.credentials.access_key_id,
            secret_access_key: self.credentials.secret_access_key.expose(),
            token: self.credentials.session_token.expose(),
            expiration: self.reported_expiry().to_rfc3339(),
            account_id: self.account(),
        });
        Secret::new(String::from_utf8(std::mem::take(&mut *json)).unwrap_or_default())
    }

    /// The public facts, for `--json`.
    pub fn to_public_json(&self, now: Timestamp) -> serde_json::Value {
        json!({
            "role": self.role,
            "restricted_by": self.restricted_by,
            "role_arn": self.role_arn,
            "arn": self.assumed_arn,
            "account": self.account(),
            "idp": self.idp,
            "user": self.user,
            "sign_in": self.sign_in.to_json(),
            "access_key_id": self.credentials.access_key_id,
            "expires_at": self.credentials.expires_at.to_rfc3339(),
            "seconds_left": self.time_left(now).as_secs(),
        })
    }

    pub(super) fn reported_expiry(&self) -> Timestamp {
        self.credentials.told.unwrap_or(self.credentials.expires_at - REPORTED_EARLY)
    }
}
