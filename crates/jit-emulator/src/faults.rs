//! Faults that can be arranged while the servers run. Real IdPs have each of these sooner or later.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::journal::Call;
use crate::settings::{Account, User};
use jit_wire::loopback::{self, Reply};

/// The faults in effect; none at first.
#[derive(Debug, Default)]
pub struct Faults {
    /// Flaws of documents and tokens.
    pub flaws: HashSet<Flaw>,
    /// By how many seconds the IdP's clock is ahead; negative if it is behind.
    pub provider_clock: i64,
    /// By how many seconds the clock of STS is ahead, in what it checks and in its `Date` header.
    pub sts_clock: i64,
    /// How long hub sessions last, whatever was requested; even below the 900 seconds that are STS's minimum.
    pub hub_lifetime: Option<Duration>,
    /// The same for sessions of the other roles.
    pub spoke_lifetime: Option<Duration>,
    /// Another person at the same desk.
    pub user: Option<User>,
    /// Who signs in where nobody is asked: the person, or one of the others, counted from one.
    pub signs_in: usize,
    /// What is changed in an assertion before it is signed.
    pub edit_assertion: Option<Edit>,
    /// What is changed in a SAML response after it was signed.
    pub edit_response: Option<Edit>,
    /// What is changed in a SAML response as it is posted, in base64.
    pub edit_posted: Option<Edit>,
    /// Other accounts than those that Identity Center listed at first.
    pub accounts: Option<Arc<[Account]>>,
    /// How many calls the portal of Identity Center accepts in any one second; all others get a 429.
    pub portal_limit: Option<usize>,
    /// How long ago the person signed in at the IdP in their browser; `None` means just now, each time.
    pub signed_in_ago: Option<Duration>,
    /// Assertions are encrypted for AWS.
    pub encrypted: bool,
    /// The network that AWS sees calls come from.
    pub network: Option<CallerNetwork>,
    /// The maximum number of entries on a page of S3's and IAM's lists, so that a test needs only a few.
    pub page_size: Option<usize>,
    troubles: Vec<(Call, Times, Trouble)>,
    /// When the portal accepted the calls of the last second.
    taken: VecDeque<Instant>,
}

/// The network that a call comes from, as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerNetwork {
    /// It came over TLS (`aws:SecureTransport`).
    pub tls: bool,
    /// The public address (`aws:SourceIp`).
    pub address: String,
    /// The VPC of the endpoint that it came through (`aws:SourceVpc`). The call then has no public address.
    pub vpc: Option<String>,
}

impl Default for CallerNetwork {
    /// These servers use plain HTTP, but emulate endpoints that do not.
    fn default() -> Self {
        Self { tls: true, address: "127.0.0.1".to_owned(), vpc: None }
    }
}

/// A change of a text.
pub struct Edit(Box<dyn Fn(String) -> String + Send>);

impl Edit {
    /// The change that `edit` makes.
    pub fn by(edit: impl Fn(String) -> String + Send + 'static) -> Self {
        Self(Box::new(edit))
    }

    /// Replaces `from` by `to` everywhere.
    pub fn replacing(from: &str, to: &str) -> Self {
        let from = from.to_owned();
        let to = to.to_owned();
        Self::by(move |text| text.replace(&from, &to))
    }

    /// Sets every expiry in an assertion to this long after its creation.
    pub fn ending_in(life: Duration) -> Self {
        Self::by(move |xml| {
            let end = OffsetDateTime::now_utc() + life;
            let end = end.format(&Rfc3339).unwrap_or_default();
            let mut parts = xml.split("NotOnOrAfter=\"");
            let first = parts.next().unwrap_or_default().to_owned();
            let rest = |part: &str| part.split_once('"').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
            parts.fold(first, |xml, part| format!("{xml}NotOnOrAfter=\"{end}\"{}", rest(part)))
        })
    }

    pub(crate) fn apply(&self, text: String) -> String {
        self.0(text)
    }
}

impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edit")
    }
}

/// A flaw of a document or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Discovery is for another issuer.
    DiscoveryIssuer,
    /// The callback carries another `state`.
    CallbackState,
    /// The callback names another issuer (`iss`, RFC 9207).
    CallbackIssuer,
    /// The person cancels, if approval needs no person.
    UserDenies,
    /// ID tokens name another issuer.
    Issuer,
    /// ID tokens are issued for another client.
    Audience,
    /// ID tokens carry another nonce.
    Nonce,
    /// ID tokens expired an hour ago.
    Expired,
    /// ID tokens have an invalid signature.
    Signature,
    /// ID tokens name a key that is never published.
    KeyId,
    /// The signing key is missing the next time that keys are fetched, and there afterwards: a rotation. It
    /// happens once.
    LateKey,
    /// The request's requirements for the sign-in are ignored.
    IgnoresStepUp,
    /// The request's requirements for the sign-in are refused.
    RefusesStepUp,
    /// A refresh returns no ID token.
    NoIdTokenOnRefresh,
}

/// A problem with one kind of request.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// HTTP 500 with a short text.
    ServerError,
    /// 200 and an HTML page, like a captive portal.
    Html,
    /// 200 and one megabyte of JSON.
    Megabyte,
    /// 200 and JSON that is cut off.
    Cut,
    /// A late answer: the right one, or the next problem in the list.
    Late(Duration),
    /// No answer at all.
    Hang,
    /// The call is carried out, but the answer is HTTP 500.
    AnswerLost,
    /// A refusal in the protocol's own form.
    Refuse(Refusal),
}

#[derive(Clone, Copy, Debug)]
enum Times {
    Always,
    Left(usize),
}

/// A refusal: an OAuth error object, an error redirect, or an `ErrorResponse` of STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// `error` in OAuth, `Code` in STS.
    pub code: String,
    /// `error_description` in OAuth, `Message` in STS.
    pub message: String,
}

impl Refusal {
    /// A refusal with this status, code and message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }
}

impl Faults {
    /// Every `call` has this problem until [`Faults::clear`].
    pub fn always(&mut self, call: Call, trouble: Trouble) {
        self.troubles.push((call, Times::Always, trouble));
    }

    /// The next `times` calls of this kind have this problem.
    pub fn next(&mut self, times: usize, call: Call, trouble: Trouble) {
        self.troubles.push((call, Times::Left(times), trouble));
    }

    /// Ends all problems.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether this `call` to the portal exceeds the limit of the last second.
    pub(crate) fn is_one_too_many(&mut self, call: Call) -> bool {
        let portal =
            [Call::ListAccounts, Call::ListAccountRoles, Call::GetRoleCredentials, Call::PortalLogout];
        let Some(limit) = self.portal_limit.filter(|_| portal.contains(&call)) else { return false };
        let now = Instant::now();
        self.taken.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        if self.taken.len() >= limit {
            return true;
        }
        self.taken.push_back(now);
        false
    }

    /// The problems of this `call`: being late, and the next one.
    pub(crate) fn take(&mut self, call: Call) -> Vec<Trouble> {
        let mut met = Vec::new();
        self.troubles.retain_mut(|(of, times, trouble)| {
            if *of != call || !met.iter().all(|one| matches!(one, Trouble::Late(_))) {
                return true;
            }
            met.push(trouble.clone());
            match times {
                Times::Left(left) => {
                    *left = left.saturating_sub(1);
                    *left > 0
                }
                Times::Always => true,
            }
        });
        met
    }
}

/// Why a request does not reach its service.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A refusal in the protocol's form.
    Refused(Refusal),
    /// An answer in no protocol's form.
    Broken(Box<Reply>),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Causes a problem; an error if it replaces the answer.
pub(crate) async fn suffer(trouble: Trouble) -> Result<(), Stop> {
    let broken =
        |status, kind, body: String| Err(Stop::Broken(Box::new(loopback::reply(status, kind, body))));
    match trouble {
        Trouble::ServerError => {
            broken(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "something broke\n".to_owned())
        }
        Trouble::Html => {
            let page = "<!doctype html><title>Welcome</title><h1>Accept the terms to go online</h1>";
            broken(StatusCode::OK, "text/html", page.to_owned())
        }
        Trouble::Megabyte => {
            let body = format!(r#"{{"filler":"{}"}}"#, "x".repeat(1 << 20));
            broken(StatusCode::OK, "application/json", body)
        }
        Trouble::Cut => {
            let body = r#"{"accountList":[{"accountId":"333333333333","accountName":"acme"#;
            broken(StatusCode::OK, "application/json", body.to_owned())
        }
        Trouble::Late(by) => {
            tokio::time::sleep(by).await;
            Ok(())
        }
        Trouble::Hang => std::future::pending().await,
        // The caller replaces the answer after the call.
        Trouble::AnswerLost => Ok(()),
        Trouble::Refuse(refusal) => Err(refusal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_troubles_end_and_others_stay() {
        let mut faults = Faults::default();
        faults.next(2, Call::Jwks, Trouble::Html);
        faults.always(Call::Revoke, Trouble::Hang);
        let met: Vec<usize> = (0..3).map(|_| faults.take(Call::Jwks).len()).collect();
        assert_eq!(met, [1, 1, 0]);
        assert!((0..3).all(|_| faults.take(Call::Revoke).len() == 1));
        assert!(faults.take(Call::Discovery).is_empty());
    }

    #[test]
    fn a_late_answer_can_also_fail() {
        let mut faults = Faults::default();
        faults.next(1, Call::Jwks, Trouble::Late(Duration::ZERO));
        faults.always(Call::Jwks, Trouble::Hang);
        faults.always(Call::Jwks, Trouble::Html);
        let met = |faults: &mut Faults| format!("{:?}", faults.take(Call::Jwks));
        assert_eq!(met(&mut faults), "[Late(0ns), Hang]");
        assert_eq!(met(&mut faults), "[Hang]");
    }
}
