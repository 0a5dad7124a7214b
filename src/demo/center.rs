//! IAM Identity Center: registration, browser and device code, tokens that are renewed (the service `sso-oidc`), and the
//! portal with its accounts and roles (the service `sso`). Five plain calls of JSON and a few pages, throttling included;
//! the AWS CLI is signed in here as well.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::faults::{Refusal, Stop};
use super::idp::json_reply;
use super::params::Params;
use super::session::{Session, Wanted};
use super::settings::{Approval, Role, Trust};
use super::sts::Sessions;
use super::{Call, Flaw, Shared, dated, lock, page};
use crate::sys::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;

/// As many entries as a page has, whatever is asked for.
const MOST_A_PAGE: usize = 100;

/// The service and what it remembers.
pub(super) struct Center {
    shared: Arc<Shared>,
    url: String,
    sessions: Sessions,
    form_token: String,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The secret of each client, and until when it is known.
    clients: HashMap<String, (String, Timestamp)>,
    asked: HashMap<String, Asked>,
    codes: HashMap<String, Asked>,
    devices: HashMap<String, Device>,
    refresh_tokens: HashMap<String, Owner>,
    /// Until when each token is taken, and whose it is.
    access_tokens: HashMap<String, (Timestamp, Owner)>,
    /// Whether each session of the portal is alive.
    portal_sessions: Vec<bool>,
    /// When the calls of the last second came that the portal took.
    taken: VecDeque<Instant>,
}

/// Which session of the portal something belongs to.
type Owner = usize;

struct Asked {
    redirect_uri: String,
    state: String,
    challenge: String,
}

struct Device {
    user_code: String,
    until: Timestamp,
    allowed: Option<bool>,
}

/// Answers the requests of both services.
pub(super) fn handler(
    shared: Arc<Shared>,
    port: u16,
    sessions: Sessions,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Reply>>> {
    let form_token = shared.issue("form token").unwrap_or_default();
    let url = format!("http://127.0.0.1:{port}");
    let center = Rc::new(Center { shared, url, sessions, form_token, state: RefCell::default() });
    move |request| {
        let center = Rc::clone(&center);
        Box::pin(async move { center.answer(&request).await })
    }
}

impl Center {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = match self.route(request).await {
            Ok(reply) => reply,
            Err(Stop::Broken(reply)) => *reply,
            Err(Stop::Refused(refusal)) => refused(&refusal),
        };
        dated(reply, self.shared.provider_now())
    }

    async fn route(&self, request: &Request) -> Result<Reply, Stop> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/client/register") => {
                self.shared.arrive(Call::RegisterClient).await?;
                self.register()
            }
            // The portal, as far as it is looked at from outside.
            ("GET", "/start") => {
                let page =
                    "<!doctype html><html><head><meta name=\"region\" content=\"eu-west-1\"/></head></html>";
                Ok(loopback::reply(StatusCode::OK, "text/html", page.to_owned()))
            }
            ("GET", "/authorize") => {
                self.shared.arrive(Call::CenterAuthorize).await?;
                self.authorize(request)
            }
            ("POST", "/authorize") => {
                let params = Params::new(request.form())?;
                let asked = params.get("request").and_then(|id| self.state.borrow_mut().asked.remove(id));
                match asked {
                    Some(asked) => Ok(self.decide(asked, params.get("decision") == Some("allow"))?),
                    None => Ok(page::message(
                        StatusCode::BAD_REQUEST,
                        "This page is used up",
                        "Start again from the terminal.",
                    )),
                }
            }
            ("POST", "/device_authorization") => {
                self.shared.arrive(Call::CenterDevice).await?;
                self.check_client(&body)?;
                self.device_authorization(text("startUrl"))
            }
            ("GET", "/device") => {
                let code = request.query.iter().find(|(name, _)| name == "user_code");
                let code = code.map(|(_, code)| code.as_str()).unwrap_or_default();
                Ok(page::device(&self.shared.user(), code, &self.form_token, None))
            }
            ("POST", "/device") => self.device_decision(request),
            ("POST", "/token") => {
                self.shared.arrive(Call::CenterToken).await?;
                self.check_client(&body)?;
                self.token(&body)
            }
            ("GET", "/style.css") => Ok(loopback::reply(StatusCode::OK, "text/css", page::STYLE)),
            _ => self.portal(request).await,
        }
    }

    fn register(&self) -> Result<Reply, Stop> {
        let id = URL_SAFE_NO_PAD.encode(self.shared.random::<16>()?);
        let secret = self.shared.issue("client secret")?;
        let now = self.shared.provider_now();
        let until = now + self.shared.settings.registration_lifetime;
        self.state.borrow_mut().clients.insert(id.clone(), (secret.clone(), until));
        Ok(json_reply(
            StatusCode::OK,
            &json!({
                "clientId": id, "clientSecret": secret, "clientIdIssuedAt": now.0,
                "clientSecretExpiresAt": until.0,
            }),
        ))
    }

    fn check_client(&self, body: &Value) -> Result<(), Refusal> {
        let state = self.state.borrow();
        let client = body["clientId"].as_str().and_then(|id| state.clients.get(id));
        let now = self.shared.provider_now();
        if client.is_some_and(|(secret, until)| body["clientSecret"] == secret.as_str() && now < *until) {
            Ok(())
        } else {
            Err(Refusal::new(401, "InvalidClientException", "this client is not known"))
        }
    }

    fn authorize(&self, request: &Request) -> Result<Reply, Stop> {
        let params = Params::new(request.query.clone())?;
        let refuse = |why: &str| Ok(page::message(StatusCode::BAD_REQUEST, "This request is not right", why));
        let now = self.shared.provider_now();
        let known = |id: &str| self.state.borrow().clients.get(id).is_some_and(|(_, until)| now < *until);
        let known = params.get("client_id").is_some_and(known);
        let own = |uri: &&str| {
            uri.strip_prefix("http://127.0.0.1:")
                .and_then(|rest| rest.strip_suffix("/oauth/callback"))
                .is_some_and(|port| port.parse::<u16>().is_ok())
        };
        let Some(redirect_uri) = params.get("redirect_uri").filter(own).filter(|_| known) else {
            return refuse("The application that sent you is not known here.");
        };
        let whole = params.get("scopes") == Some("sso:account:access")
            && params.get("code_challenge_method") == Some("S256")
            && params.get("response_type") == Some("code");
        let (Some(state), Some(challenge), true) = (params.get("state"), params.get("code_challenge"), whole)
        else {
            return refuse("It is incomplete.");
        };
        let asked = Asked {
            redirect_uri: redirect_uri.to_owned(),
            state: state.to_owned(),
            challenge: challenge.to_owned(),
        };
        if self.shared.settings.approval == Approval::AtOnce {
            return Ok(self.decide(asked, !self.shared.flawed(Flaw::UserDenies))?);
        }
        let id = self.shared.issue("authorization request")?;
        let page = page::sign_in(&self.shared.user(), "/authorize", &id);
        self.state.borrow_mut().asked.insert(id, asked);
        Ok(page)
    }

    fn decide(&self, asked: Asked, allow: bool) -> Result<Reply, Refusal> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", &asked.state);
        let to = asked.redirect_uri.clone();
        if allow {
            let code = self.shared.issue("authorization code")?;
            query.append_pair("code", &code);
            self.state.borrow_mut().codes.insert(code, asked);
        } else {
            query
                .append_pair("error", "access_denied")
                .append_pair("error_description", "The person cancelled");
        }
        Ok(loopback::redirect(&format!("{to}?{}", query.finish())))
    }

    fn device_authorization(&self, start_url: &str) -> Result<Reply, Stop> {
        if start_url != self.start_url() {
            let text = "the start URL is none of an instance here";
            return Err(Refusal::new(400, "InvalidRequestException", text).into());
        }
        let device_code = self.shared.issue("device code")?;
        let letters =
            self.shared.random::<8>()?.map(|byte| char::from(b"BCDFGHJKLMNPQRST"[usize::from(byte % 16)]));
        let letters: String = letters.iter().collect();
        let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
        let page = format!("{}/device", self.url);
        let answer = json!({
            "deviceCode": device_code, "userCode": user_code, "verificationUri": page,
            "verificationUriComplete": format!("{page}?user_code={user_code}"),
            "expiresIn": self.shared.settings.device_code_lifetime.as_secs(),
            "interval": self.shared.settings.device_interval.as_secs(),
        });
        let until = self.shared.provider_now() + self.shared.settings.device_code_lifetime;
        self.state.borrow_mut().devices.insert(device_code, Device { user_code, until, allowed: None });
        Ok(json_reply(StatusCode::OK, &answer))
    }

    fn device_decision(&self, request: &Request) -> Result<Reply, Stop> {
        let params = Params::new(request.form())?;
        let ours = params.get("form") == Some(&self.form_token);
        let mut state = self.state.borrow_mut();
        let typed = params.get("user_code").unwrap_or_default().to_ascii_uppercase();
        let device =
            state.devices.values_mut().find(|device| device.user_code == typed && device.allowed.is_none());
        let Some(device) = device.filter(|_| ours) else {
            let problem = Some("That code is not waiting here. Check it, or ask for a new one.");
            return Ok(page::device(&self.shared.user(), &typed, &self.form_token, problem));
        };
        device.allowed = Some(params.get("decision") == Some("allow"));
        Ok(page::message(StatusCode::OK, "The terminal has its answer", "You can close this page."))
    }

    fn token(&self, body: &Value) -> Result<Reply, Stop> {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let refuse = |code: &str, why: &str| Err(Stop::from(Refusal::new(400, code, why)));
        let mut state = self.state.borrow_mut();
        let owner = match text("grantType") {
            "authorization_code" => {
                let Some(asked) = state.codes.remove(text("code")) else {
                    return refuse("InvalidGrantException", "this code is not known, or was used");
                };
                let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, text("codeVerifier").as_bytes()));
                if asked.challenge != challenge || asked.redirect_uri != text("redirectUri") {
                    return refuse("InvalidGrantException", "the verifier or the address is another");
                }
                state.portal_sessions.push(true);
                state.portal_sessions.len() - 1
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let at_once = self.shared.settings.approval == Approval::AtOnce;
                let denies = self.shared.flawed(Flaw::UserDenies);
                let Some(device) = state.devices.get_mut(text("deviceCode")) else {
                    return refuse("InvalidGrantException", "this device code is not known, or was used");
                };
                if self.shared.provider_now() >= device.until {
                    return refuse("ExpiredTokenException", "the device code has run out");
                }
                match device.allowed.or(at_once.then_some(!denies)) {
                    None => return refuse("AuthorizationPendingException", "the person has not decided yet"),
                    Some(false) => return refuse("AccessDeniedException", "the person cancelled"),
                    Some(true) => {}
                }
                state.devices.remove(text("deviceCode"));
                state.portal_sessions.push(true);
                state.portal_sessions.len() - 1
            }
            "refresh_token" => {
                // Each one is good for one use.
                let owner = state.refresh_tokens.remove(text("refreshToken"));
                match owner.filter(|owner| state.portal_sessions[*owner]) {
                    Some(owner) => owner,
                    None => return refuse("InvalidGrantException", "the refresh token is over"),
                }
            }
            _ => return refuse("UnsupportedGrantTypeException", "this grant is not known"),
        };
        let (access, refresh) = (self.shared.issue("access token")?, self.shared.issue("refresh token")?);
        let lifetime = self.shared.settings.portal_token_lifetime;
        state.access_tokens.insert(access.clone(), (self.shared.provider_now() + lifetime, owner));
        state.refresh_tokens.insert(refresh.clone(), owner);
        Ok(json_reply(
            StatusCode::OK,
            &json!({ "accessToken": access, "tokenType": "Bearer", "expiresIn": lifetime.as_secs(), "refreshToken": refresh }),
        ))
    }

    async fn portal(&self, request: &Request) -> Result<Reply, Stop> {
        let call = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/assignment/accounts") => Call::ListAccounts,
            ("GET", "/assignment/roles") => Call::ListAccountRoles,
            ("GET", "/federation/credentials") => Call::GetRoleCredentials,
            ("POST", "/logout") => Call::PortalLogout,
            _ => return Ok(page::message(StatusCode::NOT_FOUND, "Nothing here", "There is no such page.")),
        };
        self.shared.arrive(call).await?;
        self.throttle()?;
        let owner = self.owner(request)?;
        let query = |name: &str| {
            let found = request.query.iter().find(|(one, _)| one == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let changed = lock(&self.shared.faults).accounts.clone();
        let accounts = changed.as_deref().unwrap_or(&self.shared.settings.accounts);
        let account = accounts.iter().find(|account| account.id == query("account_id"));
        let size = query("max_result").parse().unwrap_or(MOST_A_PAGE).clamp(1, MOST_A_PAGE);
        let from: usize = query("next_token").parse().unwrap_or(0);
        let forbidden = || Stop::from(Refusal::new(403, "ForbiddenException", "No access"));
        match call {
            Call::ListAccounts => {
                let all = accounts.iter().map(|account| json!({ "accountId": account.id, "accountName": account.name, "emailAddress": "aws@example.com" }));
                Ok(listed("accountList", all.collect(), from, size))
            }
            Call::ListAccountRoles => {
                let account = account.ok_or_else(forbidden)?;
                let all =
                    account.roles.iter().map(|role| json!({ "roleName": role, "accountId": account.id }));
                Ok(listed("roleList", all.collect(), from, size))
            }
            Call::GetRoleCredentials => {
                let assigned =
                    account.filter(|account| account.roles.iter().any(|role| role == query("role_name")));
                let account = assigned.ok_or_else(forbidden)?;
                Ok(self.credentials(&account.id, query("role_name"))?)
            }
            _ => {
                self.state.borrow_mut().portal_sessions[owner] = false;
                Ok(json_reply(StatusCode::OK, &json!({})))
            }
        }
    }

    /// Refuses what is one call too many in the last second.
    fn throttle(&self) -> Result<(), Refusal> {
        let Some(limit) = lock(&self.shared.faults).portal_limit else { return Ok(()) };
        let (now, taken) = (Instant::now(), &mut self.state.borrow_mut().taken);
        taken.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        if taken.len() < limit {
            taken.push_back(now);
            return Ok(());
        }
        lock(&self.shared.journal).note_call(Call::Throttled);
        Err(Refusal::new(429, "TooManyRequestsException", "HTTP 429 Unknown Code"))
    }

    /// Whose session of the portal the request's token belongs to.
    fn owner(&self, request: &Request) -> Result<Owner, Refusal> {
        let token = request.headers.get("x-amz-sso_bearer_token").and_then(|value| value.to_str().ok());
        let state = self.state.borrow();
        let known = token.and_then(|token| state.access_tokens.get(token));
        let alive = known
            .filter(|(until, owner)| self.shared.provider_now() < *until && state.portal_sessions[*owner]);
        let over = || Refusal::new(401, "UnauthorizedException", "Session token not found or invalid");
        alive.map(|(_, owner)| *owner).ok_or_else(over)
    }

    fn credentials(&self, account: &str, permission_set: &str) -> Result<Reply, Refusal> {
        let role = Role {
            arn: assigned_role(account, permission_set),
            trust: Trust::Provider,
            max_session: 12 * 3600,
            external_id: None,
            wants_mfa: false,
        };
        let lifetime =
            lock(&self.shared.faults).hub_lifetime.unwrap_or(self.shared.settings.assigned_lifetime);
        let name = self.shared.user().email;
        let wanted = Wanted {
            role: &role,
            name: &name,
            lifetime,
            source_identity: None,
            transitive_tags: Default::default(),
        };
        let session = Session::new(&self.shared, wanted)?;
        let answer = json!({ "roleCredentials": {
            "accessKeyId": session.key_id, "secretAccessKey": session.secret_key,
            "sessionToken": session.token, "expiration": session.expires.0 * 1000,
        } });
        self.sessions.borrow_mut().insert(session.key_id.clone(), Rc::new(session));
        Ok(json_reply(StatusCode::OK, &answer))
    }

    fn start_url(&self) -> String {
        format!("{}/start", self.url)
    }
}

/// The role that Identity Center makes of a permission set in an account.
pub(super) fn assigned_role(account: &str, permission_set: &str) -> String {
    let hash: String =
        digest(&SHA256, permission_set.as_bytes()).as_ref()[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{permission_set}_{hash}"
    )
}

fn listed(name: &str, mut all: Vec<Value>, from: usize, size: usize) -> Reply {
    let total = all.len();
    let page: Vec<Value> = all.drain(from.min(total)..(from + size).min(total)).collect();
    let next = (from + size < total).then(|| (from + size).to_string());
    let mut answer = json!({ "nextToken": next });
    answer[name] = Value::Array(page);
    json_reply(StatusCode::OK, &answer)
}

/// The services name an error in a header, and `sso-oidc` in the body besides, as OAuth does.
fn refused(refusal: &Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = match refusal.code.as_str() {
        "AuthorizationPendingException" => "authorization_pending",
        "SlowDownException" => "slow_down",
        "InvalidGrantException" => "invalid_grant",
        "InvalidClientException" => "invalid_client",
        "AccessDeniedException" => "access_denied",
        "ExpiredTokenException" => "expired_token",
        "InvalidRequestException" => "invalid_request",
        _ => "",
    };
    let mut body = json!({ "message": refusal.message });
    if !error.is_empty() {
        body["error"] = json!(error);
        body["error_description"] = json!(refusal.message);
    }
    let mut reply = json_reply(status, &body);
    if let Ok(code) = HeaderValue::from_str(&refusal.code) {
        reply.headers_mut().insert("x-amzn-errortype", code);
    }
    reply
}
