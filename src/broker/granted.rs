//! What AWS granted: which duration is requested, the session made from the answer, and its name.

use std::time::Duration;

use super::Broker;
use crate::aws::durations::Durations;
use crate::aws::errors::StsError;
use crate::aws::sts::{self, Granted};
use crate::plan::{Leg, Plan, RoleId};
use crate::store::Lock;
use crate::world::{Limit, Note};
use jit_wire::credentials::Session;

impl Broker<'_, '_> {
    /// Requests a duration that the role is known to grant, and remembers what it granted.
    pub(super) async fn with_duration_memory(
        &self,
        plan: &Plan,
        index: usize,
        wanted: u32,
        lock: &Lock,
        ask: impl AsyncFn(u32) -> Result<Granted, StsError>,
    ) -> Result<Granted, Box<StsError>> {
        let leg = &plan.legs[index];
        let key = plan.durations_key(index);
        let before = self.store.get(&key).ok().flatten().map(|bytes| Durations::from_bytes(bytes.expose()));
        let before = before.unwrap_or_default();
        let mut memory = before.clone();
        let outcome = memory.ask(wanted, self.now(), ask).await;
        if memory != before {
            // Losing this memory costs one refused request.
            let _ = self.store.put(lock, &key, &memory.to_bytes());
        }
        let (granted, seconds) = outcome.map_err(Box::new)?;
        if seconds < wanted {
            self.tell_shorter(leg, wanted, seconds, Limit::Role);
        }
        if let Some(percent) = granted.packed_policy_percent.filter(|percent| *percent >= 80) {
            self.warn(&format!(
                "the session policy and tags of {} use {percent} % of what AWS allows",
                leg.name
            ));
        }
        Ok(granted)
    }

    /// Tells the person that a session is shorter than `wanted`, and whose `limit` it is.
    pub(super) fn tell_shorter(&self, leg: &Leg, wanted: u32, given: u32, limit: Limit<'_>) {
        let [wanted, given] = [wanted, given].map(|seconds| Duration::from_secs(seconds.into()));
        self.world.person.tell(Note::ShorterSession { role: &leg.name, wanted, given, limit });
    }

    /// The session of the step at `index`, without what the sign-in says about the person.
    pub(super) fn session_of(
        &self,
        plan: &Plan,
        index: usize,
        granted: Granted,
        subject: &str,
        user: &str,
    ) -> Session {
        let leg = &plan.legs[index];
        Session {
            credentials: granted.credentials,
            issued_at: self.now(),
            role: leg.name.clone(),
            role_arn: role_arn_of(leg, &granted.assumed_arn),
            assumed_arn: granted.assumed_arn,
            idp: plan.proof.name().to_owned(),
            login: plan.proof.login_key().file_name(),
            subject: subject.to_owned(),
            user: user.to_owned(),
            sign_in: Default::default(),
            source_identity: granted.source_identity,
            tags: Default::default(),
            transitive_tags: Default::default(),
            restricted_by: if index + 1 == plan.legs.len() { plan.restricted_by.clone() } else { Vec::new() },
        }
    }
}

/// The ARN of the role that a step assumed. For a permission set it is made from the ARN of the session,
/// which has no path.
fn role_arn_of(leg: &Leg, assumed_arn: &str) -> String {
    let assigned = match &leg.role.value {
        RoleId::Arn(arn) => return arn.to_string(),
        RoleId::Itself(_) => return assumed_arn.to_owned(),
        RoleId::Assigned(assigned) => assigned,
    };
    let partition = assumed_arn.split(':').nth(1).unwrap_or("aws");
    let role = assumed_arn.split('/').nth(1).unwrap_or(assigned.permission_set());
    format!("arn:{partition}:iam::{}:role/{role}", assigned.account())
}

/// The name of the session in CloudTrail: the configured one, else one made from the name of the person.
pub(super) fn session_name(leg: &Leg, user: &str) -> String {
    leg.session_name.as_ref().map_or_else(|| sts::session_name_of(user), |name| name.value.clone())
}
