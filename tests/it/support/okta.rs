//! An Okta org as in its documentation: a scripted state machine, because no real one runs here. Assertions
//! come from the built-in IdP, so that the built-in STS accepts them.

mod script;

pub(crate) use script::{App, Script};

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, StatusCode};
use jit_wire::loopback::{Loopback, Reply, Request, redirect, reply};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "correct-horse-7";
pub(crate) const CODE: &str = "424242";
pub(crate) const ANSWER: &str = "my-first-horse";
const STATE: &str = "00state-token-of-the-fake";
const SESSION_TOKEN: &str = "20111session-token-of-the-fake";
const SID: &str = "102sid-of-the-fake";
const ACCESS: &str = "access-token-of-the-fake";
const WEB_SSO: &str = "web-sso-token-of-the-fake";

/// Everything secret that the org issues or receives.
pub(crate) const SECRETS: [(&str, &str); 7] = [
    ("password", PASSWORD),
    ("state token", STATE),
    ("session token", SESSION_TOKEN),
    ("sid", SID),
    ("access token", ACCESS),
    ("web-SSO token", WEB_SSO),
    ("answer", ANSWER),
];

struct Shared {
    script: Script,
    /// Method and path of every request, and whether it had the device token.
    calls: Vec<String>,
    device_tokens: Vec<String>,
    passwords: usize,
    /// Where assertions come from.
    provider: String,
    url: String,
    key: EcdsaKeyPair,
}

/// A running org.
pub(crate) struct Okta {
    shared: Arc<Mutex<Shared>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Okta {
    /// Starts one; `provider` is the issuer of the built-in IdP.
    pub(crate) fn start(provider: &str, script: Script) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let shared = Shared {
            script,
            calls: Vec::new(),
            device_tokens: Vec::new(),
            passwords: 0,
            provider: provider.to_owned(),
            url: String::new(),
            key,
        };
        let shared = Arc::new(Mutex::new(shared));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (started, starting) = std::sync::mpsc::channel();
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Loopback::bind(0).await.unwrap();
                own.lock().unwrap().url = format!("http://127.0.0.1:{}", server.port());
                started.send(()).unwrap();
                let serve = server.serve(move |request| {
                    let answer = own.lock().unwrap().answer(&request);
                    async move { answer }
                });
                tokio::select! { () = serve => {} _ = stopped => {} }
            });
        });
        starting.recv().unwrap();
        Self { shared, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        self.lock().url.clone()
    }

    /// Changes what it does from now on.
    pub(crate) fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.lock().script);
    }

    /// How often `call`, such as `POST /api/v1/authn`, was received.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.lock().calls.iter().filter(|one| *one == call).count()
    }

    /// How many passwords were tried.
    pub(crate) fn passwords(&self) -> usize {
        self.lock().passwords
    }

    /// The device tokens that were received, each once.
    pub(crate) fn device_tokens(&self) -> Vec<String> {
        let mut tokens = self.lock().device_tokens.clone();
        tokens.dedup();
        tokens
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

impl Drop for Okta {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A factor as the org lists it.
pub(crate) fn factor(kind: &str, provider: &str, id: &str, profile: Value) -> Value {
    json!({ "id": id, "factorType": kind, "provider": provider, "vendorName": provider, "profile": profile })
}

fn json_reply(status: u16, body: &Value) -> Reply {
    reply(StatusCode::from_u16(status).unwrap(), "application/json", body.to_string())
}

fn error(status: u16, code: &str, summary: &str) -> Reply {
    json_reply(
        status,
        &json!({ "errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oaeFAKE", "errorCauses": [] }),
    )
}

fn page(body: &str) -> Reply {
    reply(StatusCode::OK, "text/html; charset=utf-8", body.to_owned())
}

impl Shared {
    fn answer(&mut self, request: &Request) -> Reply {
        let call = format!("{} {}", request.method, request.path);
        self.calls.push(call.clone());
        let cookies = request.headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookie = |name: &str| {
            cookies.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        self.device_tokens.extend(cookie("DT"));
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", [".well-known", "okta-organization"]) => {
                json_reply(200, &json!({ "id": "00o1", "pipeline": self.script.pipeline }))
            }
            ("POST", ["api", "v1", "authn"]) => self.authn(&body),
            ("POST", ["api", "v1", "authn", "skip"]) => self.transaction("SUCCESS", &json!({})),
            ("POST", ["api", "v1", "authn", "cancel"]) => json_reply(200, &json!({ "relayState": "" })),
            ("POST", ["api", "v1", "authn", "factors", id, "verify"]) => self.verify(id, &body),
            ("POST", ["api", "v1", "authn", "factors", _, "verify", "resend"]) => {
                if std::mem::take(&mut self.script.sent_recently) {
                    return error(429, "E0000109", "An SMS message was recently sent");
                }
                self.challenge(&json!({}))
            }
            ("POST", ["api", "v1", "authn", "factors", _, "lifecycle", "poll"]) => self.poll(),
            ("POST", ["api", "v1", "sessions"]) if !self.script.sessions_api => {
                error(403, "E0000006", "no permission")
            }
            ("POST", ["api", "v1", "sessions"]) => {
                assert_eq!(body["sessionToken"], SESSION_TOKEN);
                json_reply(200, &json!({ "id": SID, "status": "ACTIVE" }))
            }
            ("DELETE", ["api", "v1", "sessions", "me"]) => json_reply(204, &json!({})),
            ("GET", ["home", "amazon_aws", ..]) => {
                let token = request
                    .query
                    .iter()
                    .find(|(name, _)| name == "sessionToken")
                    .map(|(_, value)| value.as_str());
                self.application(token, cookie("sid").as_deref())
            }
            ("GET", ["app", "amazon_aws", ..]) => self.form(),
            ("GET", ["circle"]) => redirect("/circle"),
            _ => self.device_side(&call, request),
        }
    }

    fn authn(&mut self, body: &Value) -> Reply {
        if let Some(headers) = self.script.limits.pop_front() {
            let mut limited =
                error(429, "E0000047", "API call exceeded rate limit due to too many requests.");
            for (name, value) in headers {
                limited
                    .headers_mut()
                    .insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
            }
            return limited;
        }
        if body["stateToken"] == STATE {
            return self.transaction("MFA_REQUIRED", &json!({}));
        }
        self.passwords += 1;
        if body["username"] != "alice" || body["password"] != PASSWORD {
            return error(401, "E0000004", "Authentication failed");
        }
        self.transaction(self.script.status, &json!({}))
    }

    fn transaction(&self, status: &str, more: &Value) -> Reply {
        let url = if self.script.foreign { "https://evil.example" } else { &self.url };
        let verify = |factor: &Value| {
            let mut factor = factor.clone();
            let id = factor["id"].as_str().unwrap().to_owned();
            // A link may be a list.
            factor["_links"] = json!({ "verify": [{ "name": "verify", "href": format!("{url}/api/v1/authn/factors/{id}/verify") }] });
            factor
        };
        let factors: Vec<Value> = self.script.factors.iter().map(verify).collect();
        let mut transaction = json!({
            "stateToken": STATE,
            "expiresAt": "2099-01-01T00:00:00.000Z",
            "status": status,
            "_embedded": {
                "user": { "id": "00u1", "profile": { "login": "alice" } },
                "policy": { "allowRememberDevice": true, "expiration": { "passwordExpireDays": 5 } },
                "factors": factors,
            },
            "_links": {
                "skip": { "href": format!("{url}/api/v1/authn/skip") },
                "cancel": { "href": format!("{url}/api/v1/authn/cancel") },
            },
        });
        if status == "SUCCESS" {
            transaction["sessionToken"] = json!(SESSION_TOKEN);
        }
        for (name, value) in more.as_object().unwrap() {
            transaction[name] = value.clone();
        }
        json_reply(200, &transaction)
    }

    fn challenge(&self, more: &Value) -> Reply {
        let factor = self.script.factors.first().cloned().unwrap_or_default();
        let id = factor["id"].as_str().unwrap_or_default().to_owned();
        let mut all = json!({
            "_links": {
                "next": { "name": "poll", "href": format!("{}/api/v1/authn/factors/{id}/lifecycle/poll", self.url) },
                "cancel": { "href": format!("{}/api/v1/authn/cancel", self.url) },
                "resend": [{ "name": "sms", "href": format!("{}/api/v1/authn/factors/{id}/verify/resend", self.url) }],
            },
        });
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.transaction("MFA_CHALLENGE", &all)
    }

    fn verify(&mut self, id: &str, body: &Value) -> Reply {
        assert_eq!(body["stateToken"], STATE);
        if self.script.locked_factor {
            return error(403, "E0000069", "User Locked");
        }
        let factor =
            self.script.factors.iter().find(|factor| factor["id"] == id).cloned().unwrap_or_default();
        match (factor["factorType"].as_str().unwrap_or_default(), body.get("passCode").or(body.get("answer")))
        {
            ("push", _) => self.challenge(&json!({ "factorResult": "WAITING" })),
            ("question", Some(answer)) if answer == ANSWER => self.transaction("SUCCESS", &json!({})),
            ("question", Some(_)) => error(403, "E0000068", "Invalid Passcode/Answer"),
            (_, None) => self.challenge(&json!({})),
            (_, Some(code)) if code == CODE => self.transaction("SUCCESS", &json!({})),
            (_, Some(code)) if code == "111111" => {
                self.challenge(&json!({ "factorResult": "PASSCODE_REPLAYED" }))
            }
            (_, Some(_)) => error(403, "E0000068", "Invalid Passcode/Answer"),
        }
    }

    fn poll(&mut self) -> Reply {
        let next = self.script.push.pop_front().unwrap_or("WAITING");
        match next.split_once(' ') {
            None if next == "SUCCESS" => self.transaction("SUCCESS", &json!({})),
            None => self.challenge(&json!({ "factorResult": next })),
            Some((result, number)) => {
                let number: u32 = number.parse().unwrap();
                let embedded = json!({ "factor": { "factorType": "push", "profile": {}, "_embedded": { "challenge": { "correctAnswer": number } } } });
                self.challenge(&json!({ "factorResult": result, "_embedded": embedded }))
            }
        }
    }

    fn application(&self, token: Option<&str>, sid: Option<&str>) -> Reply {
        let known = token == Some(SESSION_TOKEN) || (sid == Some(SID) && !self.script.session_over);
        match self.script.app {
            _ if !known => redirect("/login/login.htm?fromURI=%2Fapp"),
            App::StepUp if token.is_none() => page(&format!(
                "<html><script>var stateToken = '{}';</script></html>",
                STATE.replace('-', "\\x2D")
            )),
            App::Form | App::StepUp => redirect("/app/amazon_aws/exk1/sso/saml"),
            App::NotAssigned => reply(StatusCode::FORBIDDEN, "text/html", "<title>Access Denied</title>"),
            App::IdentityCenter => redirect("/app/amazon_aws_sso/exk1/sso/saml"),
            App::Nothing => page("<title>Extra verification</title><p>Open Okta Verify</p>"),
            App::Circle => redirect("/circle"),
        }
    }

    /// The form that posts itself to AWS, with its value escaped as by the org.
    fn form(&self) -> Reply {
        let page_of_provider = get(&format!("{}/saml/start", self.provider));
        let response = page_of_provider.split("name=\"SAMLResponse\" value=\"").nth(1).unwrap();
        let response = response.split('"').next().unwrap().replace('+', "&#x2b;").replace('=', "&#x3d;");
        page(&format!(
            "<html><form id=\"appForm\" action=\"https&#x3a;&#x2f;&#x2f;signin.aws.amazon.com&#x2f;saml\" method=\"POST\">\
             <input name=\"SAMLResponse\" type=\"hidden\" value=\"{response}\"/>\
             <input name=\"RelayState\" type=\"hidden\" value=\"\"/></form></html>"
        ))
    }

    fn device_side(&mut self, call: &str, request: &Request) -> Reply {
        let at = |path: &str| format!("{}{path}", self.url);
        let form = request.form();
        let field = |name: &str| {
            form.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        match call {
            "GET /.well-known/openid-configuration" => json_reply(
                200,
                &json!({
                    "issuer": at(""),
                    "authorization_endpoint": at("/oauth2/v1/authorize"),
                    "token_endpoint": at("/oauth2/v1/token"),
                    "device_authorization_endpoint": at("/oauth2/v1/device/authorize"),
                    "revocation_endpoint": at("/oauth2/v1/revoke"),
                    "jwks_uri": at("/oauth2/v1/keys"),
                    "id_token_signing_alg_values_supported": ["ES256"],
                    "scopes_supported": ["openid", "okta.apps.sso"],
                }),
            ),
            "GET /oauth2/v1/keys" => {
                let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
                let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
                json_reply(
                    200,
                    &json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256", "x": encode(x), "y": encode(y) }] }),
                )
            }
            "POST /oauth2/v1/device/authorize" => {
                assert_eq!(field("scope"), "openid okta.apps.sso");
                json_reply(
                    200,
                    &json!({
                        "device_code": "device-code-of-the-fake", "user_code": "ABCD-EFGH",
                        "verification_uri": at("/activate"), "verification_uri_complete": at("/activate?user_code=ABCD-EFGH"),
                        "expires_in": 600, "interval": 1,
                    }),
                )
            }
            "POST /oauth2/v1/token" if field("grant_type").ends_with("device_code") => {
                match self.script.device.pop_front() {
                    Some(refusal) => {
                        json_reply(400, &json!({ "error": refusal, "error_description": refusal }))
                    }
                    None => json_reply(
                        200,
                        &json!({
                            "token_type": "Bearer", "expires_in": 3600, "access_token": ACCESS, "id_token": self.id_token(),
                            "scope": "openid okta.apps.sso",
                        }),
                    ),
                }
            }
            "POST /oauth2/v1/token" => {
                let asked = [
                    field("actor_token"),
                    field("requested_token_type"),
                    field("audience"),
                    field("client_id"),
                ];
                assert_eq!(
                    asked,
                    [ACCESS, "urn:okta:oauth:token-type:web_sso_token", "urn:okta:apps:0oa1", "0oaclient"]
                );
                match self.script.exchange {
                    Some((code, description)) => {
                        json_reply(400, &json!({ "error": code, "error_description": description }))
                    }
                    None => json_reply(
                        200,
                        &json!({ "token_type": "N_A", "expires_in": 300, "access_token": WEB_SSO }),
                    ),
                }
            }
            "POST /login/token/sso" => {
                assert_eq!(field("token"), WEB_SSO);
                match self.script.app {
                    App::Form => self.form(),
                    App::NotAssigned => {
                        reply(StatusCode::FORBIDDEN, "text/html", "<title>Access Denied</title>")
                    }
                    _ => page("<title>Sign in again</title>"),
                }
            }
            _ => reply(StatusCode::NOT_FOUND, "text/plain", "nothing here\n"),
        }
    }

    fn id_token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": self.url, "aud": "0oaclient", "sub": "00u1", "email": "alice@example.com", "iat": now, "exp": now + 3600,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": "k1" })), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A local page.
fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
