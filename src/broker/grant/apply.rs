//! Applying a decision, where approvers apply: with IAM in each account under the session of the grantor there.

use std::ops::ControlFlow;

use jit_access::decide::OnCall;
use jit_access::id::Id;
use jit_access::policy::Access;
use jit_access::render::{Ceiling, Level, Limit};
use jit_apply::apply::Applier;
use jit_apply::iam::{HttpIam, IamError};
use jit_wire::arn::RoleArn;
use jit_wire::credentials::Credentials;
use jit_wire::explain::{Explain, Kind};
use jit_wire::signed::{Endpoint, Service};

use super::{AccessError, AccessLedger, open, random, variant};
use crate::plan::{Origin, Plan};
use crate::world::Note;

/// The role in each account that may change the policies of roles on request.
const GRANTOR: &str = "jit-grantor";

impl AccessLedger<'_> {
    /// Does what is to be done now about `request`: decides it, writes its grants to IAM, or takes them away. For
    /// deployments where approvers apply.
    ///
    /// # Errors
    /// [`AccessError`]. What was done before stays, and the next one goes on.
    pub fn apply(&self, request: Id) -> Result<(), AccessError> {
        let iam = self.iam()?;
        let clock = || self.time().unwrap_or_else(|_| self.world.clock.now());
        // Without randomness nothing was said before this.
        let random = || random().unwrap_or_default();
        let services = |access: &Access| services_of(access, &iam);
        let applier = Applier {
            ledger: self.ledger(),
            shelf: &*self.shelf,
            iam: &iam,
            directory: &self.directory,
            on_call: &OnCall::Unknown,
            services: &services,
            must_wait: &|_| false,
            clock: &clock,
            random: &random,
            go_on: &|_| ControlFlow::Continue(()),
        };
        let applied = applier.apply(&mut self.cache.borrow_mut(), request);
        for (role, used) in iam.nearly_full() {
            let limit = Limit::Inline;
            let text = format!(
                "the grants of {role} use {used} of {} characters, and no more fit soon; {}",
                limit.characters(),
                limit.advice()
            );
            self.world.person.tell(Note::Warning { text: &text });
        }
        Ok(applied?)
    }

    /// IAM, in each account under the session of the grantor there.
    fn iam(&self) -> Result<HttpIam<'_>, AccessError> {
        let door = self.door().ok_or(AccessError::NoEntry)?;
        let region = self.settings.region.as_deref().unwrap_or(&door.target().sts.region.value);
        let endpoint = Endpoint::resolve(Service::Iam, region, variant(door), &self.world.env)?;
        let session = Box::new(move |account: &str| self.grantor(door, account));
        Ok(HttpIam::new(open::calls(self.world)?, endpoint, Vec::new(), session))
    }

    fn grantor(&self, door: &Plan, account: &str) -> Result<Credentials, IamError> {
        let partition = door.target().role.value.partition().name();
        let arn = format!("arn:{partition}:iam::{account}:role/{GRANTOR}");
        let unreachable = |why: String| IamError::Unreachable { role: arn.clone(), why };
        let role: RoleArn = arn.parse().map_err(|_| unreachable("it is not a role's ARN".to_owned()))?;
        let plan = door.onward(GRANTOR, role, self.session_name(), Origin::Rule("apply = \"approver\""));
        let session = (self.sessions)(&plan).map_err(|error| match error.kind() {
            Kind::Refused | Kind::NotAllowed => {
                IamError::Refused { role: arn.clone(), why: error.to_string() }
            }
            _ => unreachable(error.to_string()),
        })?;
        Ok(session.credentials)
    }
}

/// What a grant of `access` allows if its `allow` says nothing: the services of its ceiling. None if they cannot be found out,
/// and then nothing is granted.
fn services_of(access: &Access, iam: &HttpIam<'_>) -> Vec<String> {
    let Some(name) = &access.ceiling else { return Vec::new() };
    let partition = access.role.partition();
    if let Some(level) = Level::named(name) {
        let ceiling = Ceiling { partition, level, more: Vec::new(), passable: Vec::new(), ledger: None };
        return ceiling.services();
    }
    let account = access.role.account();
    account.and_then(|account| iam.ceiling_services(partition.name(), account, name).ok()).unwrap_or_default()
}
