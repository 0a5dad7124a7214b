//! The IdP's port: OpenID Connect, and SAML below `/saml/`.

mod oidc;
mod saml;
mod step_up;

use std::sync::Arc;

use crate::faults::Refusal;
use crate::journal::Call;
use crate::service::Service;
use crate::shared::Shared;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;
use oidc::Oidc;
use saml::Saml;

/// The two protocols of that port.
pub(crate) struct Idp {
    oidc: Oidc,
    saml: Saml,
}

impl Idp {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self { oidc: Oidc::new(Arc::clone(shared)), saml: Saml::new(Arc::clone(shared)) }
    }

    fn of(&self, request: &Request) -> &dyn Service {
        if request.path.starts_with("/saml/") { &self.saml } else { &self.oidc }
    }
}

impl Service for Idp {
    fn call(&self, request: &Request) -> Option<Call> {
        self.of(request).call(request)
    }

    fn now(&self) -> Timestamp {
        self.oidc.now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        self.of(request).answer(request)
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply {
        self.of(request).refused(request, refusal)
    }
}
