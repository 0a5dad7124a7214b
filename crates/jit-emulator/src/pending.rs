//! Sign-in requests that wait for the person's decision: on the sign-in page, or at once if the settings say so.

use std::cell::RefCell;
use std::collections::HashMap;

use http::StatusCode;

use crate::faults::{Flaw, Refusal};
use crate::page;
use crate::params::Params;
use crate::settings::Approval;
use crate::shared::Shared;
use jit_wire::loopback::{Reply, Request};

/// Requests whose page is open, each under an unguessable name.
pub(crate) struct PendingRequests<R> {
    /// The path that the page's form is posted to.
    action: &'static str,
    requests: RefCell<HashMap<String, R>>,
}

impl<R> PendingRequests<R> {
    pub(crate) fn new(action: &'static str) -> Self {
        Self { action, requests: RefCell::default() }
    }

    /// Shows the sign-in page for `request`. Without a person, or if somebody is signed in in this browser, decides at
    /// once. `decide` is told who continues, by number; nobody does if the person cancels.
    pub(crate) fn ask(
        &self,
        shared: &Shared,
        request: R,
        signed_in: Option<usize>,
        decide: impl FnOnce(R, Option<usize>) -> Result<Reply, Refusal>,
    ) -> Result<Reply, Refusal> {
        let at_once = shared.settings.approval == Approval::AtOnce;
        if let Some(person) = signed_in.or_else(|| at_once.then(|| shared.signs_in())) {
            return decide(request, Some(person).filter(|_| !shared.flawed(Flaw::UserDenies)));
        }
        let id = shared.issue("sign-in request")?;
        let page = page::sign_in(&shared.user(), &shared.settings.others, self.action, &id);
        self.requests.borrow_mut().insert(id, request);
        Ok(page)
    }

    /// Handles a button of the sign-in page. Each page can be answered once.
    pub(crate) fn answer(
        &self,
        posted: &Request,
        decide: impl FnOnce(R, Option<usize>) -> Result<Reply, Refusal>,
    ) -> Result<Reply, Refusal> {
        let params = Params::new(posted.form())?;
        let request = params.get("request").and_then(|id| self.requests.borrow_mut().remove(id));
        match request {
            Some(request) => decide(request, page::decided(params.get("decision"))),
            None => Ok(page::message(
                StatusCode::BAD_REQUEST,
                "This page was already answered",
                "Start again from the terminal.",
            )),
        }
    }
}
