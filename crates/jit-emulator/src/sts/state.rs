//! What STS knows, separate from how it is reached.

use std::rc::Rc;
use std::sync::Arc;

use crate::faults::Refusal;
use crate::sessions::{Session, Sessions, Wanted};
use crate::shared::Shared;
use crate::sts::sigv4::Signed;
use jit_wire::loopback::Request;

/// The roles that STS decides about, and the sessions that it issued.
pub(crate) struct State {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sessions: Sessions,
}

impl State {
    /// Whose session signed the request.
    pub(crate) fn caller(&self, request: &Request) -> Result<Rc<Session>, Refusal> {
        let signed = Signed::read(&request.headers)?;
        let session = self.sessions.get(signed.key_id);
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

    /// Makes the session and describes it.
    pub(crate) fn give(
        &self,
        wanted: Wanted<'_>,
        packed_percent: Option<usize>,
    ) -> Result<Vec<String>, Refusal> {
        let session = Session::new(&self.shared, wanted)?;
        let description = session.describe(packed_percent);
        self.sessions.add(session);
        Ok(description)
    }
}
