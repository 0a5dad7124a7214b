//! Signing in with the browser: authorization code with PKCE and a loopback redirect (RFC 6749, 7636, 8252, 9207).

use std::io::ErrorKind;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, header};
use ring::digest;
use subtle::ConstantTimeEq as _;

use super::discovery::Provider;
use super::error::{OidcError, bounded};
use super::request::{self, AuthorizationRequest};
use super::token_endpoint::{self, Refusal};
use super::{TokenChecks, accept};
use crate::idp::callback::{Callback, Outcome};
use crate::idp::oidc::OidcLogin;
use crate::idp::{LoginOptions, visit};
use crate::plan::OidcSettings;
use crate::secret::Secret;
use crate::sys::loopback::{Loopback, Request};
use crate::timestamp::Timestamp;
use crate::world::{Note, World};

const PATH: &str = "/callback";

/// Signs in with the browser, or with the address that the person opens and pastes back.
pub(super) async fn sign_in(
    settings: &OidcSettings,
    world: &World,
    provider: Provider,
    options: &LoginOptions,
) -> Result<OidcLogin, OidcError> {
    let port = settings.redirect_port.value;
    let loopback = Loopback::bind(port).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => OidcError::PortTaken { port },
        _ => OidcError::Listen { port, source },
    })?;
    let attempt = Rc::new(Attempt::new(settings, &provider, loopback.port(), world.clock.now())?);
    let (callback, visit) = Callback::open();
    let flow = async {
        let result = async {
            let redirect = attempt.wait(settings, world, &provider, options, visit).await?;
            attempt.redeem(settings, world, provider, options, redirect).await
        }
        .await;
        let outcome = match &result {
            Ok(login) => Outcome::SignedIn(login.identity.name.clone()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        callback.conclude(outcome).await;
        result
    };
    let serve = loopback.serve({
        let (attempt, callback) = (Rc::clone(&attempt), Rc::clone(&callback));
        move |request| {
            let (attempt, callback) = (Rc::clone(&attempt), Rc::clone(&callback));
            async move { callback.answer(&request, PATH, |request| attempt.recognise(request)).await }
        }
    });
    tokio::select! {
        result = flow => result,
        () = serve => Err(OidcError::NobodyCame(options.within)),
    }
}

/// One sign-in: what was sent, and so what must come back.
struct Attempt {
    issuer: String,
    /// The provider announces that it names itself in the redirect (RFC 9207).
    names_itself: bool,
    redirect_uri: String,
    state: String,
    nonce: String,
    verifier: Secret<String>,
    began: Timestamp,
}

/// What the browser brought back.
enum Redirect {
    Code(Secret<String>),
    Refused(Refusal),
    /// The state is right, but another provider answered.
    OtherSender(Option<String>),
}

/// A redirect that is not taken for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stray {
    OtherSignIn,
    Incomplete,
}

impl Attempt {
    fn new(
        settings: &OidcSettings,
        provider: &Provider,
        port: u16,
        now: Timestamp,
    ) -> Result<Self, OidcError> {
        Ok(Self {
            issuer: settings.issuer.value.clone(),
            names_itself: provider.document.authorization_response_iss_parameter_supported == Some(true),
            redirect_uri: format!("http://127.0.0.1:{port}{PATH}"),
            state: random()?,
            nonce: random()?,
            verifier: Secret::new(random()?),
            began: now,
        })
    }

    /// Sends the person on their way and waits for what comes back, by the browser or by hand.
    async fn wait(
        &self,
        settings: &OidcSettings,
        world: &World,
        provider: &Provider,
        options: &LoginOptions,
        visit: tokio::sync::oneshot::Receiver<Redirect>,
    ) -> Result<Redirect, OidcError> {
        let challenge = digest::digest(&digest::SHA256, self.verifier.expose().as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let sent = AuthorizationRequest {
            redirect_uri: &self.redirect_uri,
            state: &self.state,
            nonce: &self.nonce,
            challenge: &challenge,
        };
        let url = request::authorization_url(settings, provider, options, sent)?;
        let opened = visit::open(world, options, &url, world.person.can_be_asked());
        let pasted = async { if opened { std::future::pending().await } else { self.pasted(world).await } };
        let nobody = || OidcError::NobodyCame(options.within);
        tokio::select! {
            redirect = visit => redirect.map_err(|_| nobody()),
            redirect = pasted => Ok(redirect),
            () = tokio::time::sleep(options.within) => Err(nobody()),
        }
    }

    /// Takes lines until one is the address that the browser ended at.
    async fn pasted(&self, world: &World) -> Redirect {
        loop {
            let line = world.person.pasted_line().await;
            if line.expose().trim().is_empty() {
                tokio::task::yield_now().await;
                continue;
            }
            match self.read_pasted(line.expose()) {
                Ok(redirect) => return redirect,
                Err(text) => world.person.tell(Note::Warning { text: &text }),
            }
        }
    }

    fn read_pasted(&self, line: &str) -> Result<Redirect, String> {
        let line = line.trim().trim_matches(['"', '\'', '<', '>']);
        let query = line.strip_prefix(&self.redirect_uri).and_then(|rest| rest.strip_prefix('?'));
        let query = query.ok_or_else(|| {
            format!("that is not the address the browser ended at, which begins with {}?", self.redirect_uri)
        })?;
        let query = query.split('#').next().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        self.read(&pairs).map_err(|stray| match stray {
            Stray::OtherSignIn => {
                "that address belongs to another sign-in (its state is not the one that was sent)".to_owned()
            }
            Stray::Incomplete => "that address is incomplete: there is no code in it".to_owned(),
        })
    }

    /// What a request of a browser brings: a plain visit to the redirect address with this sign-in's state.
    fn recognise(&self, request: &Request) -> Option<Redirect> {
        // Following a redirect sends no Origin; a script of another site that tries its luck does.
        let visit = request.method == Method::GET && !request.headers.contains_key(header::ORIGIN);
        visit.then(|| self.read(&request.query).ok()).flatten()
    }

    fn read(&self, pairs: &[(String, String)]) -> Result<Redirect, Stray> {
        let state = single(pairs, "state").ok_or(Stray::OtherSignIn)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return Err(Stray::OtherSignIn);
        }
        let sender = pairs.iter().find(|(name, _)| name == "iss").map(|(_, issuer)| issuer.as_str());
        match sender {
            Some(issuer) if issuer != self.issuer => return Ok(Redirect::OtherSender(Some(bounded(issuer)))),
            None if self.names_itself => return Ok(Redirect::OtherSender(None)),
            _ => {}
        }
        if let Some(error) = single(pairs, "error") {
            let description = single(pairs, "error_description").map(bounded);
            return Ok(Redirect::Refused(Refusal { error: bounded(error), description }));
        }
        single(pairs, "code").map(|code| Redirect::Code(Secret::from(code))).ok_or(Stray::Incomplete)
    }

    /// Turns the code into a login.
    async fn redeem(
        &self,
        settings: &OidcSettings,
        world: &World,
        provider: Provider,
        options: &LoginOptions,
        redirect: Redirect,
    ) -> Result<OidcLogin, OidcError> {
        let code = match redirect {
            Redirect::Code(code) => code,
            Redirect::Refused(refusal) => return Err(refusal.into_error("the sign-in")),
            Redirect::OtherSender(sender) => return Err(OidcError::WrongSender(sender)),
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", self.verifier.expose()),
        ];
        let tokens = token_endpoint::ask(settings, world, &provider, &form).await?;
        let tokens = tokens.map_err(|refusal| refusal.into_error("exchanging the code for tokens"))?;
        let signed_in_within = options.force.then(|| world.clock.now().since(self.began));
        let checks = TokenChecks { nonce: Some(&self.nonce), signed_in_within, previous: None };
        accept(settings, world, provider, tokens, checks).await
    }
}

/// The value of `name`. A parameter that is there twice is not there (RFC 6749, section 3.1).
fn single<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let mut values = pairs.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then_some(first)
}

fn random() -> Result<String, OidcError> {
    visit::random().ok_or(OidcError::NoRandom)
}

#[cfg(test)]
mod tests;
