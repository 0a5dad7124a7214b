//! The local page that a browser is given instead of a URL that must stay secret.
//!
//! Every user of the machine can read the arguments of a browser while it runs, so these are only
//! `http://127.0.0.1:PORT/` and 256 random bits. The first visit there is redirected to the real URL, with a
//! cookie. The cookie identifies the browser when it returns (`callback.rs`), whatever else somebody has
//! learned.
//!
//! The list of processes also shows this page's URL, so every visitor is checked:
//! - If the system can tell which user the visiting program belongs to (`jit_wire::loopback::caller`), other
//!   users' programs are refused, and the person is told.
//! - If it cannot, the first visit is accepted. A second one without the cookie means that two parties have
//!   the URL, and there is no way to tell which of them is the person: the page is `contested`, and its
//!   sign-in is given up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method};
use subtle::ConstantTimeEq as _;
use tokio::sync::Notify;

use super::{page, visit};
use crate::world::{Note, World};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::loopback::caller::ConnectedUser;
use jit_wire::loopback::{Loopback, Reply, Request, redirect};
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;

/// How long a browser has to open the page, if nothing else limits it.
const FETCHED_WITHIN: Duration = Duration::from_secs(60);
/// The time limit for sending the answer.
const SENT_WITHIN: Duration = Duration::from_millis(200);
/// How long to wait for a second visitor, if the system could not identify the first one.
const CONTESTED_WITHIN: Duration = Duration::from_secs(2);
/// The maximum lifetime of the cookie: longer than any sign-in.
const COOKIE_SECONDS: u64 = 600;

/// Where the person should go.
pub(super) enum Target {
    /// To this URL.
    Visit(Secret<String>),
    /// To this URL, with a form that is posted.
    Post {
        /// Where.
        action: String,
        /// Names and values.
        fields: Vec<(&'static str, String)>,
    },
}

/// Two browsers have opened the page of a sign-in, so both know its secrets.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "the page that jit opened in your browser was opened twice, by different browsers: somebody else may \
     have its URL"
)]
pub struct Contested;

impl Explain for Contested {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        vec![
            Next::SignInAgain,
            Next::words(
                "if you did not open that page twice, another user of this machine may have opened it",
            ),
            Next::SignInWith { flags: "--no-browser".into(), when: "to choose the browser yourself".into() },
        ]
    }
}

/// Why no browser was redirected.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// Could not listen for the browser.
    #[error("cannot listen on 127.0.0.1 for the browser: {0}")]
    Listen(std::io::Error),
    /// The system returned no random numbers.
    #[error("the operating system returned no random numbers")]
    NoRandom,
    /// No browser could be started.
    #[error("could not open a browser: {0}")]
    NotOpened(String),
    /// The browser was started and did not open the page.
    #[error("the browser did not open the page within {} seconds", FETCHED_WITHIN.as_secs())]
    NobodyCame,
    /// Two browsers have opened the page.
    #[error(transparent)]
    Contested(#[from] Contested),
}

/// Whether a request comes from the browser that was redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Admitted,
    /// Probably, but not certainly. What the person pastes into the terminal is certainly theirs.
    ByPasting,
    Refused,
}

/// Where the URL was given to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UrlDelivery {
    /// Nowhere yet.
    NotYet,
    /// As the argument of a browser.
    ToBrowser,
    /// On their terminal, which nobody else reads.
    OnTerminal {
        /// Whether the URL that the browser ends on can be pasted there.
        can_paste: bool,
    },
}

/// Who has visited the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visited {
    Never,
    Once,
    Contested,
}

/// What the person was already told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    AnotherUser(u32),
    OtherBrowser,
}

/// The page. It works once it is part of a server: see [`answer`](Self::answer).
pub(super) struct HandOver {
    /// The host that the browser comes back to, which the cookie must be for.
    host: &'static str,
    port: u16,
    path: Secret<String>,
    /// Name and value. All ports of a host share cookies, so the name is unique to this page.
    cookie: Secret<String>,
    target: RefCell<Option<Target>>,
    delivery: Cell<UrlDelivery>,
    visited: Cell<Visited>,
    /// The first visit was certainly made by a program of this user.
    first_is_own: Cell<bool>,
    troubles: RefCell<Vec<Trouble>>,
    news: Notify,
    fetched: Notify,
}

impl HandOver {
    /// A page on the server at `port`, for a browser that will come back to `host`; `None` if the system has
    /// no random numbers.
    pub(super) fn new(host: &'static str, port: u16) -> Option<Self> {
        let path = visit::random()?;
        let name = visit::random()?;
        let value = visit::random()?;
        Some(Self {
            host,
            port,
            path: Secret::new(format!("/{path}")),
            cookie: Secret::new(format!("jit-{}={value}", &name[..16])),
            target: RefCell::new(None),
            delivery: Cell::new(UrlDelivery::NotYet),
            visited: Cell::new(Visited::Never),
            first_is_own: Cell::new(false),
            troubles: RefCell::default(),
            news: Notify::new(),
            fetched: Notify::new(),
        })
    }

    /// The URL that a browser is started with.
    pub(super) fn url(&self) -> TrustedUrl {
        TrustedUrl::of_this_machine(self.port, self.path.expose())
    }

    /// Call this before a browser is started with the [`url`](Self::url), which leads to `target`. A
    /// browser that returns must have been here.
    pub(super) fn give_to_browser(&self, target: Target) {
        self.target.replace(Some(target));
        self.delivery.set(UrlDelivery::ToBrowser);
    }

    /// Call this before the terminal shows the person `target` itself, or this page.
    pub(super) fn show_on_terminal(&self, target: Target, can_paste: bool) {
        self.target.replace(Some(target));
        self.delivery.set(UrlDelivery::OnTerminal { can_paste });
    }

    /// Answers a request, if it is for this page.
    pub(super) fn answer(&self, request: &Request) -> Option<Reply> {
        if !bool::from(request.path.as_bytes().ct_eq(self.path.expose().as_bytes())) {
            return None;
        }
        let headers = &request.headers;
        // A page on another site sends its origin; a person who opens a URL does not.
        if request.method != Method::GET || headers.contains_key(ORIGIN) {
            return Some(page::nothing_here());
        }
        if ["sec-purpose", "purpose", "x-moz"].into_iter().any(|name| headers.contains_key(name)) {
            // A prefetch, perhaps without the person.
            return Some(page::not_ahead());
        }
        let caller = request.caller();
        if let ConnectedUser::Another(user) = caller {
            self.tell(Trouble::AnotherUser(user));
            return Some(page::another_user());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let own = format!("{}:{}", self.host, self.port);
        if host != own {
            // The cookie is set for the host that the browser will return to, so redirect to that host first.
            return Some(redirect(&format!("http://{own}{}", self.path.expose())));
        }
        let target = self.target.borrow();
        let Some(target) = &*target else { return Some(page::nothing_here()) };
        match self.visited.get() {
            Visited::Never => {
                self.visited.set(Visited::Once);
                self.first_is_own.set(caller == ConnectedUser::Own);
            }
            Visited::Once if self.knows(request) => {}
            Visited::Once | Visited::Contested => {
                self.visited.set(Visited::Contested);
                self.news.notify_one();
                return Some(page::contested());
            }
        }
        self.fetched.notify_one();
        let mut reply = match target {
            Target::Visit(url) => redirect(url.expose()),
            Target::Post { action, fields } => page::post_on(action, fields),
        };
        page::say_no_referrer(&mut reply);
        self.set_cookie(&mut reply, self.cookie.expose(), COOKIE_SECONDS);
        Some(reply)
    }

    /// Whether a request that returned with secrets of the sign-in is from the person's browser.
    pub(super) fn admits(&self, request: &Request) -> Admission {
        let caller = request.caller();
        if let ConnectedUser::Another(user) = caller {
            self.tell(Trouble::AnotherUser(user));
            return Admission::Refused;
        }
        if self.knows(request) {
            return Admission::Admitted;
        }
        match (self.delivery.get(), caller) {
            // The URL was only on the terminal, and a browser of this user followed it.
            (UrlDelivery::OnTerminal { .. }, ConnectedUser::Own) => Admission::Admitted,
            // A click in a terminal may have started the browser, with the URL as an argument.
            (UrlDelivery::OnTerminal { can_paste: true }, _) => Admission::ByPasting,
            _ => {
                self.tell(Trouble::OtherBrowser);
                Admission::Refused
            }
        }
    }

    /// Makes the browser delete the cookie.
    pub(super) fn forget(&self, reply: &mut Reply) {
        let name = self.cookie.expose().split('=').next().unwrap_or_default();
        self.set_cookie(reply, &format!("{name}="), 0);
    }

    /// Whether two browsers have opened the page.
    pub(super) fn is_contested(&self) -> bool {
        self.visited.get() == Visited::Contested
    }

    /// Tells the person about visitors that were refused; returns once the page is contested.
    pub(super) async fn contested(&self, world: &World) {
        let mut told = 0;
        loop {
            let troubles: Vec<Trouble> = self.troubles.borrow().iter().skip(told).copied().collect();
            told += troubles.len();
            for trouble in troubles {
                world.person.tell(Note::Warning { text: &trouble.words() });
            }
            if self.is_contested() {
                // Time to send the answer that says so.
                return tokio::time::sleep(SENT_WITHIN).await;
            }
            self.news.notified().await;
        }
    }

    fn tell(&self, trouble: Trouble) {
        let mut troubles = self.troubles.borrow_mut();
        // A visitor that keeps asking is reported once.
        if !troubles.contains(&trouble) && troubles.len() < 8 {
            troubles.push(trouble);
            self.news.notify_one();
        }
    }

    /// Whether the request has the cookie.
    fn knows(&self, request: &Request) -> bool {
        let lines = request.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).map(str::trim);
        pairs.any(|pair| bool::from(pair.as_bytes().ct_eq(self.cookie.expose().as_bytes())))
    }

    /// Lax: the browser sends it when the IdP redirects it by a plain visit, but with nothing that a page on
    /// another site fetches or posts.
    fn set_cookie(&self, reply: &mut Reply, pair: &str, seconds: u64) {
        let cookie = format!("{pair}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
        if let Ok(mut value) = HeaderValue::from_str(&cookie) {
            value.set_sensitive(true);
            reply.headers_mut().append(SET_COOKIE, value);
        }
    }
}

impl Trouble {
    fn words(self) -> String {
        match self {
            Self::AnotherUser(user) => format!(
                "another user of this machine (user id {user}) requested the page of your sign-in; jit refused"
            ),
            Self::OtherBrowser => "a browser that did not start this sign-in returned from it; jit refused. \
                                   If it was yours, allow cookies for 127.0.0.1, or run `jit login \
                                   --no-browser`"
                .to_owned(),
        }
    }
}

/// Makes `open` start a browser with the URL of a local page, and waits until that has redirected it to
/// `url`.
///
/// # Errors
/// [`HandOverError`].
pub async fn hand_over(
    world: &World,
    url: Secret<String>,
    open: impl FnOnce(&TrustedUrl) -> Result<(), String>,
) -> Result<(), HandOverError> {
    let loopback = Loopback::bind(0).await.map_err(HandOverError::Listen)?;
    let page = HandOver::new("127.0.0.1", loopback.port()).ok_or(HandOverError::NoRandom)?;
    let page = Rc::new(page);
    page.give_to_browser(Target::Visit(url));
    open(&page.url()).map_err(HandOverError::NotOpened)?;
    let serve = loopback.serve({
        let page = Rc::clone(&page);
        move |request| {
            let reply = page.answer(&request).unwrap_or_else(page::nothing_here);
            std::future::ready(reply)
        }
    });
    let fetched = async {
        let came = tokio::time::timeout(FETCHED_WITHIN, page.fetched.notified()).await;
        came.map_err(|_| HandOverError::NobodyCame)?;
        tokio::time::sleep(if page.first_is_own.get() { SENT_WITHIN } else { CONTESTED_WITHIN }).await;
        Ok(())
    };
    tokio::select! {
        outcome = fetched => outcome,
        // This URL does not return here: the second visitor got nothing, and the first one was this user.
        () = page.contested(world) => if page.first_is_own.get() { Ok(()) } else { Err(Contested.into()) },
        () = serve => Err(HandOverError::NobodyCame),
    }
}
