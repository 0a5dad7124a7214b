//! Authorization: which session signed, which policies apply, what the condition keys are, and the decision
//! of `iam-evaluate` in AWS's words.

mod context;
mod denied;
mod policies;
mod question;

use std::rc::Rc;
use std::sync::Arc;

use iam_evaluate::{Principal, Request as Question, evaluate};

use crate::cloud::Cloud;
use crate::faults::Refusal;
use crate::journal::Decided;
use crate::sessions::{Session, Sessions};
use crate::shared::{Shared, lock};
use crate::signing::sigv4::Signed;
pub(crate) use denied::Denied;
use jit_wire::loopback::Request;
pub(crate) use policies::{known_of_aws, managed};
pub(crate) use question::{Action, Keys, Who, key};

/// Authorizes the calls of all services.
#[derive(Clone)]
pub(crate) struct Authorizer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sessions: Sessions,
}

impl Authorizer {
    /// The session that signed the request.
    ///
    /// # Errors
    /// What is wrong with the signature or the session, in the words of STS.
    pub(crate) fn caller(&self, request: &Request) -> Result<Rc<Session>, Refusal> {
        let signed = Signed::read(&request.headers)?;
        let session = self.sessions.get(signed.key_id);
        let session = session.filter(|session| signed.session_token.unwrap_or_default() == session.token);
        let session = session.ok_or_else(|| {
            let text = "The security token included in the request is invalid.";
            Refusal::new(403, "InvalidClientTokenId", text)
        })?;
        let now = self.shared.sts_now();
        signed.verify(&session.secret_key, request, now)?;
        if now >= session.expires {
            let text = "The security token included in the request is expired";
            return Err(Refusal::new(403, "ExpiredToken", text));
        }
        Ok(session)
    }

    /// Checks that `who` may do `action` now.
    ///
    /// # Errors
    /// The denial.
    pub(crate) fn check(&self, cloud: &Cloud, who: Who<'_>, action: Action<'_>) -> Result<(), Denied> {
        let principal = match who {
            Who::Session(session) if session.is_of_role() => {
                Principal::session(&session.role_arn, session.name()).unwrap_or(Principal::Anonymous)
            }
            Who::Session(session) => Principal::from_arn(&session.arn).unwrap_or(Principal::Anonymous),
            Who::Federated(provider) => Principal::Federated { provider: provider.to_owned() },
            Who::Nobody => Principal::Anonymous,
        };
        let mut question = Question::new(principal, action.name, action.resource).in_account(action.account);
        for (key, values) in context::keys(&self.shared, cloud, who, action.account) {
            question = question.with(&key, values);
        }
        for (key, values) in action.keys {
            question = question.with(&key, values);
        }
        let policies = policies::of(cloud, who, action.policy);
        let decision = evaluate(&policies, &question);
        let allowed = decision.is_allowed();
        lock(&self.shared.journal).note_decision(Decided {
            who: match who {
                Who::Session(session) => session.arn.clone(),
                Who::Federated(provider) => provider.to_owned(),
                Who::Nobody => "anonymous".to_owned(),
            },
            action: action.name.to_owned(),
            resource: action.resource.to_owned(),
            allowed,
            why: decision.to_string(),
        });
        if allowed { Ok(()) } else { Err(Denied::of(&decision, who, action.name, action.resource)) }
    }
}
