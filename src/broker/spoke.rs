//! A spoke: the session of the step above assumes the next role.

use super::Broker;
use super::granted::session_name;
use crate::aws::errors::StsError;
use crate::aws::sts::{self, Mfa};
use crate::plan::Plan;
use crate::store::Lock;
use jit_wire::credentials::Session;
use jit_wire::name;
use jit_wire::secret::Secret;

impl Broker<'_, '_> {
    /// The session of the step at `index`, obtained with `parent`, the session of the step above; `code` is
    /// from its MFA device.
    pub(super) async fn ask_spoke(
        &self,
        plan: &Plan,
        index: usize,
        parent: &Session,
        code: Option<&Secret<String>>,
        lock: &Lock,
    ) -> Result<Session, Box<StsError>> {
        let leg = &plan.legs[index];
        // A name that the first session took from a claim is the person's own, and goes on with them.
        let is_claim =
            plan.legs[0].session_name.as_ref().is_some_and(|name| name::claim_of(&name.value).is_some());
        let own = parent.assumed_arn.rsplit('/').next().filter(|_| is_claim);
        let name = session_name(leg, own.unwrap_or(&parent.user));
        let http = &self.world.http;
        let granted = self
            .with_duration_memory(plan, index, leg.duration.value, lock, async |seconds| {
                sts::assume_role(http, leg, seconds, &name, Mfa::of(leg, code), &parent.credentials).await
            })
            .await?;
        let mut session = self.session_of(plan, index, granted, &parent.subject, &parent.user);
        // Transitive tags are passed on along the chain, and each step adds its own (IAM User Guide,
        // "Chaining roles with session tags").
        let inherited = parent.tags.iter().filter(|(key, _)| parent.transitive_tags.contains(*key));
        let own = leg.tags.iter().flat_map(|tags| &tags.value);
        session.sign_in = parent.sign_in.clone();
        session.tags = own.chain(inherited).map(|(key, value)| (key.clone(), value.clone())).collect();
        let own = leg.transitive_tags.iter().flat_map(|keys| &keys.value);
        session.transitive_tags = parent.transitive_tags.iter().chain(own).cloned().collect();
        Ok(session)
    }
}
