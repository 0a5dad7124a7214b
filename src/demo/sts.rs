//! The Security Token Service: who becomes which role, over STS's query protocol.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::faults::{Refusal, Stop};
use super::params::Params;
use super::session::{Session, Wanted};
use super::settings::Trust;
use super::sigv4::Signed;
use super::{Call, Shared, dated, limits, lock, page, saml, xml};
use crate::sys::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;

/// Every session that was given, by access key id.
pub(super) type Sessions = Rc<RefCell<HashMap<String, Rc<Session>>>>;

struct Sts {
    shared: Arc<Shared>,
    sessions: Sessions,
    /// Whose each token of the console is.
    sign_in_tokens: RefCell<HashMap<String, String>>,
}

/// Answers STS's requests.
pub(super) fn handler(
    shared: Arc<Shared>,
    sessions: Sessions,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Reply>>> {
    for user in &shared.settings.key_users {
        shared.note("secret access key", &user.secret_key);
        sessions.borrow_mut().insert(user.key_id.clone(), Rc::new(Session::of_user(user)));
    }
    let sts = Rc::new(Sts { shared, sessions, sign_in_tokens: RefCell::default() });
    move |request| {
        let sts = Rc::clone(&sts);
        Box::pin(async move { sts.answer(&request).await })
    }
}

impl Sts {
    async fn answer(&self, request: &Request) -> Reply {
        let id = self.request_id();
        let reply = match self.route(request, &id).await {
            Ok(reply) => reply,
            Err(Stop::Broken(reply)) => *reply,
            Err(Stop::Refused(refusal)) => xml::error(&refusal, &id),
        };
        dated(reply, self.shared.sts_now())
    }

    async fn route(&self, request: &Request, id: &str) -> Result<Reply, Stop> {
        if request.path == "/federation" {
            self.shared.arrive(Call::Federation).await?;
            return Ok(self.federation(request));
        }
        if request.method != Method::POST || request.path != "/" || !request.query.is_empty() {
            return Err(Refusal::new(404, "UnknownOperationException", "Only POST / is served here").into());
        }
        let params = Params::new(request.form())
            .map_err(|_| Refusal::new(400, "MalformedInput", "A parameter is given twice"))?;
        let (action, version) = (params.get("Action").unwrap_or_default(), params.get("Version"));
        let call = match (action, version) {
            ("AssumeRoleWithWebIdentity", Some("2011-06-15")) => Call::AssumeRoleWithWebIdentity,
            ("AssumeRoleWithSAML", Some("2011-06-15")) => Call::AssumeRoleWithSaml,
            ("AssumeRole", Some("2011-06-15")) => Call::AssumeRole,
            ("GetSessionToken", Some("2011-06-15")) => Call::GetSessionToken,
            ("GetCallerIdentity", Some("2011-06-15")) => Call::GetCallerIdentity,
            _ => {
                let version = version.unwrap_or_default();
                let text = format!("Could not find operation {action} for version {version}");
                return Err(Refusal::new(400, "InvalidAction", text).into());
            }
        };
        self.shared.arrive(call).await?;
        let result = match call {
            Call::AssumeRoleWithWebIdentity => self.with_web_identity(&params)?,
            Call::AssumeRoleWithSaml => self.with_saml(&params)?,
            Call::AssumeRole => self.assume_role(&params, &*self.caller(request)?)?,
            Call::GetSessionToken => self.session_token(&params, &*self.caller(request)?)?,
            _ => caller_identity(&*self.caller(request)?),
        };
        Ok(xml::answer(action, &result, id))
    }

    /// The sign-in page of the console: a token for a session, and the page that takes it. Like AWS's, it says no
    /// without a reason.
    fn federation(&self, request: &Request) -> Reply {
        let post = request.method == Method::POST;
        let pairs = if post { request.form() } else { request.query.clone() };
        let get = |name: &str| pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let no = || page::message(StatusCode::BAD_REQUEST, "Bad request", "The console takes this not.");
        match get("Action") {
            Some("getSigninToken") if post => {
                let asked: Value =
                    serde_json::from_str(get("Session").unwrap_or_default()).unwrap_or_default();
                let key = asked["sessionId"].as_str().unwrap_or_default();
                let session = self.sessions.borrow().get(key).cloned();
                let fits = session.filter(|session| {
                    asked["sessionKey"] == session.secret_key.as_str()
                        && asked["sessionToken"] == session.token.as_str()
                        && self.shared.sts_now() < session.expires
                        // AWS takes a user's session (GetSessionToken) from nobody.
                        && session.arn.contains(":assumed-role/")
                        && !(session.chained && get("SessionDuration").is_some())
                });
                match (fits, self.shared.issue("sign-in token")) {
                    (Some(session), Ok(token)) => {
                        self.sign_in_tokens.borrow_mut().insert(token.clone(), session.arn.clone());
                        loopback::reply(
                            StatusCode::OK,
                            "application/json",
                            format!(r#"{{"SigninToken":"{token}"}}"#),
                        )
                    }
                    _ => no(),
                }
            }
            Some("login") if !post => {
                let arn = get("SigninToken").and_then(|token| self.sign_in_tokens.borrow_mut().remove(token));
                match (arn, get("Destination")) {
                    (Some(arn), Some(place)) => {
                        page::message(StatusCode::OK, "The console", &format!("{arn} is at {place}"))
                    }
                    _ => no(),
                }
            }
            _ => no(),
        }
    }

    /// Whose session signed the request.
    fn caller(&self, request: &Request) -> Result<Rc<Session>, Refusal> {
        let signed = Signed::read(&request.headers)?;
        let session = self.sessions.borrow().get(signed.key_id).cloned();
        let session = session.filter(|session| signed.session_token.unwrap_or_default() == session.token);
        let session = session.ok_or_else(|| {
            let text = "The security token included in the request is invalid.";
            Refusal::new(403, "InvalidClientTokenId", text)
        })?;
        let now = self.shared.sts_now();
        signed.verify(&session.secret_key, &request.headers, &request.body, now)?;
        if now >= session.expires {
            let text = "The security token included in the request is expired";
            return Err(Refusal::new(403, "ExpiredToken", text));
        }
        Ok(session)
    }

    fn with_web_identity(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let (arn, name) = (limits::need(params, "RoleArn")?, limits::need(params, "RoleSessionName")?);
        limits::check_name("RoleSessionName", name)?;
        let seconds = limits::duration(params)?;
        let claims = self.check_token(limits::need(params, "WebIdentityToken")?)?;
        let (tags, transitive_tags) = tags_of(&claims);
        let packed = limits::packed(params, tags)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| role.arn == arn && role.trust == Trust::Provider);
        let role = role.ok_or_else(|| {
            Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        })?;
        limits::check_duration(seconds, role.max_session, false)?;
        let lifetime = lock(&self.shared.faults).hub_lifetime.unwrap_or(seconds_of(seconds));
        let wanted = Wanted { role, name, lifetime, source_identity: None, transitive_tags };
        let text = |claim: &str| claims[claim].as_str().unwrap_or_default();
        let mut result = self.give(wanted, packed)?;
        result.extend([
            xml::text("SubjectFromWebIdentityToken", text("sub")),
            xml::text("Audience", text("aud")),
            xml::text("Provider", text("iss")),
        ]);
        Ok(result)
    }

    fn with_saml(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let (arn, provider) = (limits::need(params, "RoleArn")?, limits::need(params, "PrincipalArn")?);
        let seconds = limits::duration(params)?;
        let assertion = saml::read(&self.shared, limits::need(params, "SAMLAssertion")?)?;
        let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
        let name = assertion.first("RoleSessionName");
        let name = name.ok_or_else(|| invalid("RoleSessionName is required in AuthnResponse"))?;
        limits::check_name("RoleSessionName", name)
            .map_err(|_| invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"))?;
        let (tags, transitive_tags) = assertion.tags();
        let packed = limits::packed(params, tags)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| role.arn == arn && role.trust == Trust::Provider);
        let role = role.filter(|_| assertion.lists(arn, provider)).ok_or_else(|| {
            Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
        })?;
        limits::check_duration(seconds, role.max_session, false)?;
        // The attribute can only shorten.
        let limit = assertion.first("SessionDuration").and_then(|text| text.parse().ok()).unwrap_or(u32::MAX);
        let lifetime = lock(&self.shared.faults).hub_lifetime.unwrap_or(seconds_of(seconds.min(limit)));
        let source_identity = assertion.first("SourceIdentity").map(str::to_owned);
        let mut result =
            self.give(Wanted { role, name, lifetime, source_identity, transitive_tags }, packed)?;
        result.extend([
            xml::text("Subject", &assertion.subject),
            xml::text("SubjectType", "persistent"),
            xml::text("Issuer", &assertion.issuer),
            xml::text("Audience", &assertion.recipient),
        ]);
        Ok(result)
    }

    /// The claims of an ID token of the provider, as an IAM OIDC provider with one client id checks them.
    fn check_token(&self, token: &str) -> Result<Value, Refusal> {
        let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
        let claims = self.shared.keys[0].verify(token).ok_or_else(|| {
            invalid(
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements",
            )
        })?;
        let (issuer, expires) = (claims["iss"].as_str(), claims["exp"].as_i64());
        if issuer != Some(&self.shared.issuer) {
            let issuer = issuer.unwrap_or_default();
            return Err(invalid(&format!("No OpenIDConnect provider found in your account for {issuer}")));
        }
        if claims["aud"] != self.shared.settings.client_id.as_str() {
            return Err(invalid("Incorrect token audience"));
        }
        let (now, expires) = (self.shared.sts_now(), Timestamp(expires.unwrap_or(0)));
        if now >= expires {
            let text = format!(
                "Token expired: current date/time {} must be before the expiration date/time {}",
                now.0, expires.0
            );
            return Err(Refusal::new(400, "ExpiredTokenException", text));
        }
        Ok(claims)
    }

    fn assume_role(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        let (arn, name) = (limits::need(params, "RoleArn")?, limits::need(params, "RoleSessionName")?);
        limits::check_name("RoleSessionName", name)?;
        let external_id = params.get("ExternalId");
        external_id.map_or(Ok(()), limits::check_external_id)?;
        let source_identity = params.get("SourceIdentity");
        source_identity.map_or(Ok(()), |value| limits::check_name("SourceIdentity", value))?;
        let seconds = limits::duration(params)?;
        let mut transitive_tags = caller.transitive_tags.clone();
        let inherited = transitive_tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        let packed = limits::packed(params, inherited)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| {
            role.arn == arn
                && role.trust == Trust::Role(caller.role_arn.clone())
                && role.external_id.as_deref().is_none_or(|wanted| external_id == Some(wanted))
        });
        // AWS says the same of a role that does not exist, one that does not trust the caller, and a condition.
        let denied = |action: &str| {
            let text =
                format!("User: {} is not authorized to perform: {action} on resource: {arn}", caller.arn);
            Refusal::new(403, "AccessDenied", text)
        };
        let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
        let source_identity = match (&caller.source_identity, source_identity) {
            (Some(kept), Some(asked)) if kept != asked => return Err(denied("sts:SetSourceIdentity")),
            (kept, asked) => kept.clone().or_else(|| asked.map(str::to_owned)),
        };
        if role.wants_mfa && !self.shows_code(params, caller)? {
            return Err(denied("sts:AssumeRole"));
        }
        limits::check_duration(seconds, role.max_session, caller.arn.contains(":assumed-role/"))?;
        let keys: Vec<&str> = params.list("TransitiveTagKeys", "").collect();
        let passed_on = limits::tags(params).filter(|(key, _)| keys.contains(key));
        transitive_tags.extend(passed_on.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let lifetime = lock(&self.shared.faults).spoke_lifetime.unwrap_or(seconds_of(seconds));
        self.give(Wanted { role, name, lifetime, source_identity, transitive_tags }, packed)
    }

    fn session_token(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        if !caller.token.is_empty() {
            let text = "Cannot call GetSessionToken with session credentials";
            return Err(Refusal::new(403, "AccessDenied", text));
        }
        let seconds = limits::duration(params)?;
        self.shows_code(params, caller)?;
        let session = caller.of_same(&self.shared, seconds_of(seconds))?;
        // There is no user in this answer.
        let description = session.describe(None).into_iter().take(1).collect();
        self.sessions.borrow_mut().insert(session.key_id.clone(), Rc::new(session));
        Ok(description)
    }

    /// Whether a code of the caller's MFA device came along; a wrong one is refused in AWS's words.
    fn shows_code(&self, params: &Params, caller: &Session) -> Result<bool, Refusal> {
        let (Some(serial), Some(code)) = (params.get("SerialNumber"), params.get("TokenCode")) else {
            return Ok(false);
        };
        let users = &self.shared.settings.key_users;
        let right = users.iter().any(|user| {
            user.arn == caller.role_arn
                && user.arn.replace(":user/", ":mfa/") == serial
                && user.mfa_code == code
        });
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        if right { Ok(true) } else { Err(Refusal::new(403, "AccessDenied", text)) }
    }

    /// Makes the session and describes it.
    fn give(&self, wanted: Wanted<'_>, packed_percent: Option<usize>) -> Result<Vec<String>, Refusal> {
        let session = Session::new(&self.shared, wanted)?;
        let description = session.describe(packed_percent);
        self.sessions.borrow_mut().insert(session.key_id.clone(), Rc::new(session));
        Ok(description)
    }

    /// A random UUID, or nothing where there is no randomness; it only helps people to find a request again.
    fn request_id(&self) -> String {
        let hex: String =
            self.shared.random::<16>().unwrap_or_default().iter().map(|b| format!("{b:02x}")).collect();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

fn caller_identity(caller: &Session) -> Vec<String> {
    vec![
        xml::text("Arn", &caller.arn),
        xml::text("UserId", &caller.user_id),
        xml::text("Account", &caller.account),
    ]
}

/// How many bytes of session tags the claim of an ID token holds, and those that are handed down the chain (IAM
/// User Guide, "Pass session tags using AssumeRoleWithWebIdentity").
fn tags_of(claims: &Value) -> (usize, BTreeMap<String, String>) {
    let claim = &claims["https://aws.amazon.com/tags"];
    let tags = claim["principal_tags"].as_object().into_iter().flatten();
    let tags: BTreeMap<String, String> =
        tags.filter_map(|(key, value)| Some((key.clone(), value[0].as_str()?.to_owned()))).collect();
    let size = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    let keys: Vec<&str> =
        claim["transitive_tag_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    (size, tags.into_iter().filter(|(key, _)| keys.contains(&key.as_str())).collect())
}

fn seconds_of(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}
