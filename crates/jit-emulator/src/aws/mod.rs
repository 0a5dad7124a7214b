//! The port of AWS. A request is passed to the service that it is signed for, or to the console's sign-in
//! page, and recorded in CloudTrail.

use std::sync::Arc;

use crate::authorize::Authorizer;
use crate::cloudtrail::{CloudTrail, Trail};
use crate::console::{self, Console};
use crate::directory::{DirectoryKind, DirectoryService};
use crate::ec2::Ec2;
use crate::faults::Refusal;
use crate::iam::Iam;
use crate::journal::Call;
use crate::recorded::Recorded;
use crate::s3::S3;
use crate::service::Service;
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::signing::sigv4::Signed;
use crate::sts::Sts;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// The services of that port.
pub(crate) struct Aws {
    gate: Authorizer,
    sts: Sts,
    console: Console,
    iam: Iam,
    s3: S3,
    ec2: Ec2,
    organizations: DirectoryService,
    identity_store: DirectoryService,
    cloudtrail: CloudTrail,
    trail: Trail,
}

impl Aws {
    pub(crate) fn new(shared: &Arc<Shared>, sessions: Sessions) -> Self {
        let gate = Authorizer { shared: Arc::clone(shared), sessions: sessions.clone() };
        let trail = Trail::new(shared);
        Self {
            sts: Sts::new(gate.clone()),
            console: Console::new(Arc::clone(shared), sessions),
            iam: Iam::new(gate.clone()),
            s3: S3::new(gate.clone()),
            ec2: Ec2::new(gate.clone()),
            organizations: DirectoryService::new(gate.clone(), DirectoryKind::Organizations),
            identity_store: DirectoryService::new(gate.clone(), DirectoryKind::IdentityStore),
            cloudtrail: CloudTrail::new(gate.clone(), trail.clone()),
            trail,
            gate,
        }
    }

    /// The service that a request is for. Unsigned calls are those that STS accepts without a signature.
    fn of(&self, request: &Request) -> &dyn Recorded {
        match signed_for(request) {
            "iam" => &self.iam,
            "s3" => &self.s3,
            "ec2" => &self.ec2,
            "cloudtrail" => &self.cloudtrail,
            "organizations" => &self.organizations,
            "identitystore" => &self.identity_store,
            // A public object or bucket.
            "" if request.method != http::Method::POST && request.path.len() > 1 => &self.s3,
            _ => &self.sts,
        }
    }

    fn is_console(request: &Request) -> bool {
        request.path == console::PATH && signed_for(request).is_empty()
    }
}

fn signed_for(request: &Request) -> &str {
    Signed::read(&request.headers).map(|signed| signed.service()).unwrap_or_default()
}

impl Service for Aws {
    fn call(&self, request: &Request) -> Option<Call> {
        if Self::is_console(request) { Some(Call::Federation) } else { self.of(request).call(request) }
    }

    fn now(&self) -> Timestamp {
        self.sts.now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        if Self::is_console(request) {
            return Ok(self.console.federation(request));
        }
        let service = self.of(request);
        let event = service.event(request);
        let answer = service.answer(request);
        if let Some(event) = event {
            self.trail.note(&self.gate, request, event, answer.as_ref().err());
        }
        answer
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply {
        self.of(request).refused(request, refusal)
    }
}
