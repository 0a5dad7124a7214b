//! An IdP on loopback with scripted answers, and the keys that it signs with.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair as _,
};
use serde_json::{Value, json};

use super::error::OidcError;
use crate::idp::LoginOptions;
use crate::plan::{Flow, OidcSettings, Origin, Valued};
use crate::world::{World, doubles};
use jit_wire::loopback::{Loopback, Reply, Request, reply};
use jit_wire::sign_in::Requirement;

pub(super) const NOW: i64 = 1_795_176_000;

pub(super) fn world() -> World {
    doubles::world(Path::new("/nowhere"), NOW)
}

pub(super) fn settings(issuer: &str) -> OidcSettings {
    OidcSettings {
        name: "acme".to_owned(),
        issuer: Valued::new(issuer.to_owned(), Origin::Default),
        client_id: Valued::new("jit".to_owned(), Origin::Default),
        client_secret: None,
        scopes: None,
        flow: Valued::new(Flow::Auto, Origin::Default),
        redirect_port: Valued::new(0, Origin::Default),
        audience: None,
        client_auth: None,
        acr_values: None,
        max_age: None,
        acr_request: None,
        authorize: None,
        demanded: Requirement::default(),
    }
}

pub(super) fn options() -> LoginOptions {
    LoginOptions {
        device: false,
        open_browser: true,
        force: false,
        factor: None,
        keep_password: false,
        within: std::time::Duration::from_secs(60),
    }
}

/// An EC key with a name.
pub(super) struct Signer {
    pair: EcdsaKeyPair,
    kid: &'static str,
    alg: &'static str,
    curve: &'static str,
}

impl Signer {
    pub(super) fn p256(kid: &'static str) -> Self {
        Self::new(kid, "ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    pub(super) fn p384(kid: &'static str) -> Self {
        Self::new(kid, "ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    fn new(
        kid: &'static str,
        alg: &'static str,
        curve: &'static str,
        algorithm: &'static EcdsaSigningAlgorithm,
    ) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { pair, kid, alg, curve }
    }

    pub(super) fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(self.pair.public_key().as_ref().len() / 2);
        let [x, y] = [x, y].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        json!({ "kty": "EC", "kid": self.kid, "crv": self.curve, "x": x, "y": y, "use": "sig" })
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_under(&json!({ "alg": self.alg, "kid": self.kid }), claims)
    }

    pub(super) fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

/// The pairs of a query or a form.
pub(super) type Pairs = Vec<(String, String)>;

/// Whether an error is the expected one.
pub(super) type Fits = fn(&OidcError) -> bool;

/// A scripted IdP.
pub(super) struct Fake {
    pub(super) issuer: String,
    pub(super) signer: Signer,
    /// Replaces and adds members of the description.
    pub(super) document: RefCell<Value>,
    /// One key set per request; the last one stays.
    pub(super) key_sets: RefCell<VecDeque<Value>>,
    /// The answers of all other endpoints, in order.
    pub(super) replies: RefCell<VecDeque<(u16, Value)>>,
    /// Path and form of every request.
    pub(super) asked: RefCell<Vec<(String, Pairs)>>,
    /// The `Authorization` headers.
    pub(super) authorizations: RefCell<Vec<String>>,
    /// The nonce that the browser sent; it replaces `NONCE` in claims.
    pub(super) nonce: Arc<Mutex<String>>,
}

impl Fake {
    /// The claims of a valid ID token, with those in `with` added or replaced.
    pub(super) fn claims(&self, with: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "sub": "s-1", "aud": "jit", "iat": NOW, "exp": NOW + 300, "email": "alice@example.test",
        });
        merge(&mut claims, with);
        claims
    }

    pub(super) fn reply(&self, status: u16, body: Value) {
        self.replies.borrow_mut().push_back((status, body));
    }

    /// The forms that `path` received, in order.
    pub(super) fn forms(&self, path: &str) -> Vec<Pairs> {
        let asked = self.asked.borrow();
        asked.iter().filter(|(one, _)| one == path).map(|(_, form)| form.clone()).collect()
    }

    fn answer(&self, request: &Request) -> Reply {
        self.asked.borrow_mut().push((request.path.clone(), request.form()));
        let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        self.authorizations.borrow_mut().extend(header.map(str::to_owned));
        let issuer = &self.issuer;
        let (status, body) = match (&request.method, request.path.as_str()) {
            (&Method::GET, "/.well-known/openid-configuration") => {
                let mut document = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/keys"),
                    "device_authorization_endpoint": format!("{issuer}/device"),
                    "revocation_endpoint": format!("{issuer}/revoke"),
                    "end_session_endpoint": format!("{issuer}/logout?x=y"),
                    "scopes_supported": ["openid", "email", "offline_access"],
                });
                merge(&mut document, self.document.borrow().clone());
                (200, document)
            }
            (&Method::GET, "/keys") => {
                let mut sets = self.key_sets.borrow_mut();
                let set = if sets.len() > 1 { sets.pop_front() } else { sets.front().cloned() };
                (200, set.unwrap_or_else(|| json!({ "keys": [self.signer.jwk()] })))
            }
            _ => self.replies.borrow_mut().pop_front().unwrap_or((404, json!("the script is over"))),
        };
        let body = self.signed(body).to_string();
        reply(StatusCode::from_u16(status).unwrap(), "application/json", body)
    }

    /// An ID token for these claims.
    fn signed(&self, mut body: Value) -> Value {
        if let Some(claims) = body.get_mut("id_token").filter(|token| token.is_object()) {
            if claims.get("nonce").and_then(Value::as_str) == Some("NONCE") {
                claims["nonce"] = json!(*self.nonce.lock().unwrap());
            }
            *claims = json!(self.signer.sign(claims));
        }
        body
    }
}

fn merge(into: &mut Value, with: Value) {
    if let (Value::Object(into), Value::Object(with)) = (into, with) {
        into.extend(with);
    }
}

/// Runs `test` while a fake IdP answers.
pub(super) fn with_fake<R>(test: impl AsyncFnOnce(Rc<Fake>) -> R) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let loopback = Loopback::bind(0).await.unwrap();
        let fake = Rc::new(Fake {
            issuer: format!("http://127.0.0.1:{}", loopback.port()),
            signer: Signer::p256("k1"),
            document: RefCell::new(json!({})),
            key_sets: RefCell::default(),
            replies: RefCell::default(),
            asked: RefCell::default(),
            authorizations: RefCell::default(),
            nonce: Arc::default(),
        });
        let server = Rc::clone(&fake);
        let serve = loopback.serve(move |request| {
            let server = Rc::clone(&server);
            async move { server.answer(&request) }
        });
        tokio::select! {
            result = test(Rc::clone(&fake)) => result,
            () = serve => panic!("it serves until dropped"),
        }
    })
}
