//! Sessions: temporary credentials of one leg, how long they serve, and the forms they are handed over in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::name::Variable;
use crate::secret::Secret;
use crate::sign_in::SignIn;
use crate::timestamp::Timestamp;

/// AWS's SDKs start to ask for new credentials when 15 minutes are left; a session is renewed a minute before.
const RENEW_BELOW: Duration = Duration::from_secs(16 * 60);
/// How much earlier than the truth a session is reported to end, so that no request is signed in its last second.
const REPORTED_EARLY: Duration = Duration::from_secs(60);

/// What AWS gave.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Public part, shown in CloudTrail.
    pub access_key_id: String,
    /// The key that signs.
    pub secret_access_key: Secret<String>,
    /// Proves that the key is a session's.
    pub session_token: Secret<String>,
    /// When AWS stops accepting them.
    pub expires_at: Timestamp,
    /// Only [`Credentials::new`] makes them from what somebody said.
    _held: Held,
}

/// That the characters were looked at.
#[derive(Clone, Copy, Debug)]
struct Held;

/// Why something cannot be credentials. It holds no part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCredentials {
    /// AWS documents letters, digits and underscores, up to 128 (STS API Reference, Credentials).
    #[error("the access key id is not 1 to 128 letters, digits and _")]
    Id,
    /// A character that neither AWS nor who speaks like it puts into a secret.
    #[error("the secret access key has a character other than letters, digits and + / = _ . -")]
    Secret,
    /// The same, in a token.
    #[error("the session token has a character other than letters, digits and + / = _ . -")]
    Token,
}

impl Credentials {
    /// Credentials that somebody gave: AWS, a server that speaks like it, a command, a file, the environment. They become
    /// variables and lines of files, so nothing that any reader of those acts on may be in them. AWS's are base64; the tokens
    /// of other servers are base64 for URLs, or several of these with dots between. Keys without a session have an empty token.
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
        Ok(Self { access_key_id, secret_access_key, session_token, expires_at, _held: Held })
    }
}

/// Credentials with all that `jit` knows of them.
#[derive(Clone, Debug)]
pub struct Session {
    /// What AWS gave.
    pub credentials: Credentials,
    /// When it was given.
    pub issued_at: Timestamp,
    /// `[role.NAME]` it was asked for by.
    pub role: String,
    /// The ARN that was asked for.
    pub role_arn: String,
    /// The ARN of the session itself, `arn:…:sts::…:assumed-role/ROLE/SESSION`.
    pub assumed_arn: String,
    /// `[idp.NAME]` that it descends from.
    pub idp: String,
    /// The file name of the login that it descends from.
    pub login: String,
    /// The IdP's own identifier of the person (`sub`).
    pub subject: String,
    /// The person as a reader knows them.
    pub user: String,
    /// When and how they signed in.
    pub sign_in: SignIn,
    /// The source identity that AWS holds for the chain, if any was set.
    pub source_identity: Option<String>,
    /// The session tags it carries: the IdP's, what came down the chain, and the leg's own.
    pub tags: BTreeMap<String, String>,
    /// Which of them go on down the chain.
    pub transitive_tags: BTreeSet<String>,
}

/// What to do with a session that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Serve it.
    Fresh,
    /// Renew it if that needs no human; serve it if not.
    Ending,
    /// Of no more use.
    Expired,
}

/// An entry that is no session of this version of `jit`.
#[derive(Debug, thiserror::Error)]
#[error("the entry does not hold a session")]
pub struct NotASession;

/// The stored form; borrowed, so that writing makes no copy that nobody wipes.
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
}

/// Serialises into a buffer that is wiped: measured first and allocated once, with room for a line feed, so that
/// growing leaves no copies behind.
pub fn to_wiped_json(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut length = Length(0);
    let measured = serde_json::to_writer(&mut length, value);
    let mut buffer = Zeroizing::new(Vec::with_capacity(length.0 + 1));
    let written = measured.and_then(|()| serde_json::to_writer(&mut *buffer, value));
    debug_assert!(written.is_ok(), "plain structs always serialise");
    buffer
}

/// Counts what is written to it.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Session {
    /// The twelve digits of the account that the session is in.
    pub fn account(&self) -> &str {
        self.role_arn.split(':').nth(4).unwrap_or_default()
    }

    /// How long AWS meant the session to live.
    pub fn lifetime(&self) -> Duration {
        self.credentials.expires_at.since(self.issued_at)
    }

    /// How long is left.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        self.credentials.expires_at.since(now)
    }

    /// Whether the session serves, with at least `min_ttl` left if that is asked for: more than 16 minutes, or
    /// more than a third of its life if it lives less than 48 minutes.
    pub fn freshness(&self, now: Timestamp, min_ttl: Duration) -> Freshness {
        let left = self.time_left(now);
        let margin = RENEW_BELOW.min(self.lifetime() / 3);
        match left {
            Duration::ZERO => Freshness::Expired,
            left if left > margin && left >= min_ttl => Freshness::Fresh,
            _ => Freshness::Ending,
        }
    }

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
        };
        Secret::new(std::mem::take(&mut *to_wiped_json(&stored)))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`NotASession`] if the bytes are of another shape.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotASession> {
        let read: Read = serde_json::from_slice(bytes).map_err(|_| NotASession)?;
        Ok(Self {
            credentials: Credentials {
                access_key_id: read.access_key_id,
                secret_access_key: read.secret_access_key,
                session_token: read.session_token,
                expires_at: read.expires_at,
                // Sealed by this program, which held them to it before.
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
        })
    }

    /// The answer that AWS's SDKs expect of a `credential_process`, one line (AWS SDKs and Tools Reference, "Process
    /// credential provider").
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

    /// The variables that a child gets, in the order they are shown.
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

    /// What a container-credentials endpoint answers.
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

    fn reported_expiry(&self) -> Timestamp {
        self.credentials.expires_at - REPORTED_EARLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(issued: i64, expires: i64) -> Session {
        Session {
            credentials: Credentials {
                access_key_id: "ASIAEXAMPLE".into(),
                secret_access_key: "s3cr3t/with\"quote".into(),
                session_token: "t0ken".into(),
                expires_at: Timestamp(expires),
                _held: Held,
            },
            issued_at: Timestamp(issued),
            role: "prod".into(),
            role_arn: "arn:aws:iam::222222222222:role/admin".into(),
            assumed_arn: "arn:aws:sts::222222222222:assumed-role/admin/alice".into(),
            idp: "acme".into(),
            login: "login-00".into(),
            subject: "u1".into(),
            user: "alice".into(),
            sign_in: SignIn::new(Some(Timestamp(0)), ["phr".into()], ["hwk".into()]),
            source_identity: None,
            tags: BTreeMap::from([("team".into(), "core".into())]),
            transitive_tags: BTreeSet::from(["team".into()]),
        }
    }

    #[test]
    fn serves_until_sixteen_minutes_or_a_third_are_left() {
        let cases = [
            // lifetime, left, min_ttl, expected
            (3600, 3600, 0, Freshness::Fresh),
            (3600, 961, 0, Freshness::Fresh),
            (3600, 960, 0, Freshness::Ending),
            (3600, 1, 0, Freshness::Ending),
            (3600, 0, 0, Freshness::Expired),
            (3600, -5, 0, Freshness::Expired),
            (900, 301, 0, Freshness::Fresh),
            (900, 300, 0, Freshness::Ending),
            (3600, 1800, 1800, Freshness::Fresh),
            (3600, 1799, 1800, Freshness::Ending),
        ];
        for (lifetime, left, min_ttl, expected) in cases {
            let found =
                session(0, lifetime).freshness(Timestamp(lifetime - left), Duration::from_secs(min_ttl));
            assert_eq!(found, expected, "lifetime {lifetime}, left {left}, min_ttl {min_ttl}");
        }
    }

    #[test]
    fn the_stored_form_reads_back_at_any_size() {
        let mut large = session(0, 3600);
        large.credentials.session_token = Secret::new("x".repeat(100_000));
        for kept in [session(0, 3600), large] {
            let back = Session::from_bytes(kept.to_bytes().expose()).unwrap();
            assert_eq!(format!("{back:?}"), format!("{kept:?}"));
            assert_eq!(back.credentials.session_token, kept.credentials.session_token);
            assert_eq!(back.credentials.secret_access_key, kept.credentials.secret_access_key);
        }
        assert!(Session::from_bytes(b"{}").is_err());
    }

    #[test]
    fn the_credential_process_answer_is_exact() {
        let line = session(0, 1_795_176_000).to_credential_process();
        assert_eq!(line.capacity(), line.len(), "a line that grew has left a copy behind");
        let expected = concat!(
            r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s3cr3t/with\"quote","#,
            r#""SessionToken":"t0ken","Expiration":"2026-11-20T11:59:00Z","AccountId":"222222222222"}"#,
            "\n"
        );
        assert_eq!(String::from_utf8_lossy(&line), expected);
    }

    /// Found by fuzzing what a `credential_process` may print.
    #[test]
    fn a_quote_in_a_value_ends_no_json() {
        let json = session(0, 1_795_176_000).to_container_json();
        let expected = concat!(
            r#"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s3cr3t/with\"quote","Token":"t0ken","#,
            r#""Expiration":"2026-11-20T11:59:00Z","AccountId":"222222222222"}"#
        );
        assert_eq!(json.expose(), expected);
    }

    /// What any shell, any reader of dotenv files or any log would act on. Add to it whatever comes to mind.
    #[test]
    fn credentials_hold_nothing_that_anything_acts_on() {
        let made = |id: &str, secret: &str, token: &str| {
            Credentials::new(id.into(), secret.into(), token.into(), Timestamp(0)).map(|_| ())
        };
        let jwt = "eyJhbGciOi.eyJzdWIi_-.c2ln-_";
        for token in ["", "FwoGZXIvYXdzE+/=", jwt] {
            assert_eq!(made("ASIA_EXAMPLE1", "wJalrXUtnFEMI/K7MDENG+bPx=", token), Ok(()));
        }
        let hostile = [
            " ",
            "a b",
            "'",
            "\"",
            "$(touch pwned)",
            "${x}",
            "`x`",
            ";",
            "&",
            "|",
            "\n",
            "\r",
            "\t",
            "\0",
            "\u{b}",
            "\\",
            "#",
            "!",
            "~",
            "*",
            "?",
            "[a]",
            "{a,b}",
            "(x)",
            "<",
            ">",
            "%PATH%",
            "^",
            "@",
            ",",
            ":",
            "\u{1b}[2J",
            "\u{7f}",
            "é",
            "\u{2019}",
            "\u{202e}",
            "\u{200b}",
            "✨",
        ];
        for bad in hostile {
            assert_eq!(made(&format!("ASIA{bad}"), "s", "t"), Err(BadCredentials::Id), "{bad:?}");
            assert_eq!(made("ASIA", &format!("s{bad}"), "t"), Err(BadCredentials::Secret), "{bad:?}");
            assert_eq!(made("ASIA", "s", &format!("{bad}t")), Err(BadCredentials::Token), "{bad:?}");
        }
        for id in ["", "A+B", "A-B", &"A".repeat(129)] {
            assert_eq!(made(id, "s", ""), Err(BadCredentials::Id), "{id}");
        }
        assert_eq!(made("A", "", "t"), Err(BadCredentials::Secret));
    }

    #[test]
    fn debug_and_public_json_hold_no_secret() {
        let shown = format!("{:?} {}", session(0, 10), session(0, 10).to_public_json(Timestamp(0)));
        assert!(!shown.contains("s3cr3t") && !shown.contains("t0ken"), "{shown}");
    }
}
