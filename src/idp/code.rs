//! The authorization code with PKCE and a loopback redirect (RFC 6749, 7636, 8252, 9207): the browser's part
//! of it, shared by OpenID providers and Identity Center.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::io;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, header};
use ring::digest;
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;

use super::callback::{Callback, Outcome};
use super::hand_over::{Contested, HandOver, Target};
use super::{ASK_ADMINISTRATOR, LoginOptions, visit};
use crate::world::{Note, World};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::loopback::{Loopback, Request};
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;

/// Why no code arrived. Text from the IdP is cut to 300 characters and otherwise unchanged.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The port of the redirect is in use.
    #[error("port {0} of 127.0.0.1, which the browser must return to, is used by another program")]
    PortTaken(u16),
    /// Could not listen for the browser.
    #[error("cannot listen on port {port} of 127.0.0.1, which the browser must return to")]
    Listen {
        /// The port.
        port: u16,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The system returned no random numbers.
    #[error("the operating system returned no random numbers")]
    NoRandom,
    /// The browser did not return in time.
    #[error("the sign-in was not completed within {}", minutes(*.0))]
    NobodyCame(Duration),
    /// Two browsers have opened the page that the sign-in started with.
    #[error(transparent)]
    Contested(#[from] Contested),
    /// The redirect does not come from the IdP that was asked (RFC 9207).
    #[error("the response in the browser came from {}, not from the IdP that jit asked", sender(.0))]
    WrongSender(Option<String>),
    /// The IdP, or the person on its page, refused.
    #[error("the sign-in was refused: {error}{}", because(.description))]
    Refused {
        /// The error code (RFC 6749, section 4.1.2.1).
        error: String,
        /// The IdP's text.
        description: Option<String>,
    },
}

impl Explain for CodeError {
    fn kind(&self) -> Kind {
        match self {
            // The person, or the IdP, refused on its page.
            Self::Refused { .. } => Kind::Refused,
            _ => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::PortTaken(_) => Next::list([
                "stop the program that uses it",
                "or set another `redirect_port`, which may have to be registered at the IdP",
            ]),
            Self::Listen { .. } => {
                Next::list(["set `redirect_port` to 0 (any free port) or to a port above 1023"])
            }
            Self::NobodyCame(_) => vec![
                Next::SignInAgain,
                Next::SignInWith {
                    flags: "--device".into(),
                    when: "on another device, if the IdP supports that".into(),
                },
            ],
            Self::WrongSender(_) => vec![Next::SignInAgain, Next::words(ASK_ADMINISTRATOR)],
            Self::Contested(error) => error.next(),
            Self::Refused { error, .. } if error == "access_denied" => vec![Next::SignInAnew],
            Self::Refused { .. } => vec![Next::words(ASK_ADMINISTRATOR)],
            Self::NoRandom => Vec::new(),
        }
    }
}

/// How an IdP names itself in the redirect (RFC 9207).
pub(super) struct Sender {
    pub(super) issuer: String,
    /// The IdP announces this, so a redirect without the name is not from it.
    pub(super) announced: bool,
}

/// One sign-in: what was sent, and therefore what must come back.
pub(super) struct Attempt {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) verifier: Secret<String>,
    sender: Option<Sender>,
}

/// What the browser brought back.
enum Redirect {
    Code(Secret<String>),
    Refused {
        error: String,
        description: Option<String>,
    },
    /// The state is right, but another IdP answered.
    OtherSender(Option<String>),
}

/// The expected visit of the browser, and the page that redirects it.
pub(super) struct Visit(oneshot::Receiver<Redirect>, Rc<HandOver>);

/// A redirect that is not accepted as an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stray {
    OtherSignIn,
    Incomplete,
}

/// Listens at `path` of `port` while `flow` sends the person to the IdP and redeems the code, and shows the
/// result in the browser; `name_of` returns the name of the person.
pub(super) async fn sign_in<T, E: From<CodeError> + std::fmt::Display>(
    world: &World,
    (port, path): (u16, &'static str),
    sender: Option<Sender>,
    within: Duration,
    flow: impl AsyncFnOnce(&Attempt, Visit) -> Result<T, E>,
    name_of: impl FnOnce(&T) -> String,
) -> Result<T, E> {
    let loopback = Loopback::bind(port).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => CodeError::PortTaken(port),
        _ => CodeError::Listen { port, source },
    })?;
    let random = || visit::random().ok_or(CodeError::NoRandom);
    let redirect_uri = format!("http://127.0.0.1:{}{path}", loopback.port());
    let attempt =
        Rc::new(Attempt { redirect_uri, state: random()?, verifier: Secret::new(random()?), sender });
    let hand_over = Rc::new(HandOver::new("127.0.0.1", loopback.port()).ok_or(CodeError::NoRandom)?);
    let (callback, visit) = Callback::open(&hand_over);
    let whole = async {
        let result = tokio::select! {
            result = flow(&attempt, Visit(visit, Rc::clone(&hand_over))) => result,
            () = hand_over.contested(world) => Err(CodeError::from(Contested).into()),
        };
        let outcome = match &result {
            Ok(done) => Outcome::SignedIn(name_of(done)),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        callback.conclude(outcome).await;
        // The person's browser may have arrived after somebody else finished the sign-in.
        if hand_over.is_contested() { Err(CodeError::from(Contested).into()) } else { result }
    };
    let serve = loopback.serve({
        let attempt = Rc::clone(&attempt);
        let callback = Rc::clone(&callback);
        move |request| {
            let attempt = Rc::clone(&attempt);
            let callback = Rc::clone(&callback);
            async move {
                if request.path == path {
                    callback.arrive(&request, attempt.recognise(&request)).await
                } else {
                    callback.other(&request)
                }
            }
        }
    });
    tokio::select! {
        result = whole => result,
        () = serve => Err(CodeError::NobodyCame(within).into()),
    }
}

impl Attempt {
    /// `code_challenge` of the method `S256`.
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier.expose().as_bytes()))
    }

    /// Sends the person to `url` and waits for the code, which arrives through the browser or by pasting.
    pub(super) async fn code(
        &self,
        world: &World,
        options: &LoginOptions,
        url: &TrustedUrl,
        Visit(visit, hand_over): Visit,
    ) -> Result<Secret<String>, CodeError> {
        let shown = match world.person.can_be_asked() {
            // Without a terminal to paste into, the answer is accepted from this user's programs, which only
            // Linux can identify. Elsewhere it is accepted only with the cookie, which the local page sets.
            false if !cfg!(target_os = "linux") => visit::WithoutBrowser::Page,
            can_paste => visit::WithoutBrowser::Url { can_paste },
        };
        let target = || Target::Visit(Secret::from(url.as_str()));
        let opened = visit::open(world, options, &hand_over, url, target, shown);
        let pasted = async { if opened { std::future::pending().await } else { self.pasted(world).await } };
        let nobody = || CodeError::NobodyCame(options.within);
        let redirect = tokio::select! {
            redirect = visit => redirect.map_err(|_| nobody())?,
            redirect = pasted => redirect,
            () = tokio::time::sleep(options.within) => return Err(nobody()),
        };
        match redirect {
            Redirect::Code(code) => Ok(code),
            Redirect::Refused { error, description } => Err(CodeError::Refused { error, description }),
            Redirect::OtherSender(sender) => Err(CodeError::WrongSender(sender)),
        }
    }

    /// Reads lines until one is the URL that the browser ended on.
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
            format!(
                "that is not the URL of the page that the browser ended on; it starts with {}?",
                self.redirect_uri
            )
        })?;
        let query = query.split('#').next().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        self.read(&pairs).map_err(|stray| match stray {
            Stray::OtherSignIn => {
                "that URL belongs to another sign-in (its state is not the one that jit sent)".to_owned()
            }
            Stray::Incomplete => "that URL is incomplete: it contains no code".to_owned(),
        })
    }

    /// What a browser's request carries: a plain visit to the redirect URL with this sign-in's state.
    fn recognise(&self, request: &Request) -> Option<Redirect> {
        // A browser that follows a redirect sends no Origin; a script on another site that tries does.
        let visit = request.method == Method::GET && !request.headers.contains_key(header::ORIGIN);
        visit.then(|| self.read(&request.query).ok()).flatten()
    }

    fn read(&self, pairs: &[(String, String)]) -> Result<Redirect, Stray> {
        let state = single(pairs, "state").ok_or(Stray::OtherSignIn)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return Err(Stray::OtherSignIn);
        }
        if let Some(expected) = &self.sender {
            let sender = pairs.iter().find(|(name, _)| name == "iss").map(|(_, issuer)| issuer.as_str());
            match sender {
                Some(issuer) if issuer != expected.issuer => {
                    return Ok(Redirect::OtherSender(Some(bounded(issuer))));
                }
                None if expected.announced => return Ok(Redirect::OtherSender(None)),
                _ => {}
            }
        }
        if let Some(error) = single(pairs, "error") {
            let description = single(pairs, "error_description").map(bounded);
            return Ok(Redirect::Refused { error: bounded(error), description });
        }
        single(pairs, "code").map(|code| Redirect::Code(Secret::from(code))).ok_or(Stray::Incomplete)
    }
}

/// The value of `name`. A parameter that appears twice counts as missing (RFC 6749, section 3.1).
pub(super) fn single<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let mut values = pairs.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then_some(first)
}

/// Text from outside, cut to the length that a message may quote.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(300).collect()
}

pub(super) fn because(description: &Option<String>) -> String {
    description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default()
}

fn sender(issuer: &Option<String>) -> String {
    issuer.as_ref().map_or_else(|| "an unnamed sender".to_owned(), |issuer| format!("`{issuer}`"))
}

pub(super) fn minutes(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 s".to_owned(),
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
