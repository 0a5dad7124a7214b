//! The listener that the browser returns to. It accepts the one visit that belongs to this sign-in, keeps the
//! browser waiting until the result is known, and shows that result. The visit is accepted only from the
//! browser that `hand_over.rs` redirected.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use http::Method;
use tokio::sync::{Notify, oneshot, watch};

use super::hand_over::{Admission, HandOver};
use super::page;
use jit_wire::loopback::{Reply, Request, redirect};

/// How long the browser has to fetch the last page once it is ready.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// How a sign-in ended, for the browser to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Signed in, under this name.
    SignedIn(String),
    /// Failed, for this reason.
    Failed(String),
}

impl Outcome {
    /// The path of the page, so that the code disappears from the address bar and the history.
    fn path(&self) -> &'static str {
        match self {
            Self::SignedIn(_) => "/done",
            Self::Failed(_) => "/failed",
        }
    }
}

/// Receives the redirect of the browser, once. `V` is what the visit carries.
pub(super) struct Callback<V> {
    /// Taken by the first visit.
    waiting: RefCell<Option<oneshot::Sender<V>>>,
    hand_over: Rc<HandOver>,
    outcome: watch::Sender<Option<Outcome>>,
    shown: Notify,
}

impl<V> Callback<V> {
    /// The receiving end for the browser of `hand_over`, and the future that its one visit resolves.
    pub(super) fn open(hand_over: &Rc<HandOver>) -> (Rc<Self>, oneshot::Receiver<V>) {
        let (waiting, visit) = oneshot::channel();
        let callback = Self {
            waiting: RefCell::new(Some(waiting)),
            hand_over: Rc::clone(hand_over),
            outcome: watch::Sender::new(None),
            shown: Notify::new(),
        };
        (Rc::new(callback), visit)
    }

    /// Answers a request to the redirect URL. `brought` is what the request carries, if it belongs to this
    /// sign-in; nothing else ends the wait.
    pub(super) async fn arrive(&self, request: &Request, brought: Option<V>) -> Reply {
        let Some(visit) = brought else { return page::stray() };
        match self.hand_over.admits(request) {
            Admission::Admitted => self.admit(visit).await,
            Admission::ByPasting => page::to_be_pasted(),
            Admission::Refused => page::other_browser(),
        }
    }

    /// Answers any other request: for the page that redirects the browser, and for the one that shows the
    /// result.
    pub(super) fn other(&self, request: &Request) -> Reply {
        if let Some(reply) = self.hand_over.answer(request) {
            return reply;
        }
        let outcome = self.outcome.borrow().clone();
        match outcome.filter(|outcome| request.method == Method::GET && request.path == outcome.path()) {
            Some(outcome) => {
                // The reply is written before the code that waits for this runs: both are on one thread, and
                // the connection writes without yielding.
                self.shown.notify_one();
                let mut reply = match outcome {
                    Outcome::SignedIn(name) => page::signed_in(&name),
                    Outcome::Failed(why) => page::failed(&why),
                };
                self.hand_over.forget(&mut reply);
                reply
            }
            None => page::nothing_here(),
        }
    }

    async fn admit(&self, visit: V) -> Reply {
        let waiting = self.waiting.take();
        let Some(Ok(())) = waiting.map(|waiting| waiting.send(visit)) else {
            return page::finished();
        };
        let mut outcome = self.outcome.subscribe();
        match outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone()) {
            Some(outcome) => redirect(outcome.path()),
            None => page::finished(),
        }
    }

    /// Shows the result in the browser, if it came, and gives it a moment to load.
    pub(super) async fn conclude(&self, outcome: Outcome) {
        let came = self.waiting.borrow().is_none();
        self.outcome.send_replace(Some(outcome));
        if came {
            // A tab that was closed in the meantime never loads it; that is fine.
            let _ = tokio::time::timeout(SHOWN_WITHIN, self.shown.notified()).await;
        }
    }
}
