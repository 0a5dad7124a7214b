//! Several roles at once: one login at each IdP, then the legs level by level, side by side.

use std::collections::HashMap;

use futures_util::StreamExt as _;

use super::login::Purpose;
use super::{Broker, BrokerError, Failure, Need};
use crate::plan::{EntryKey, Plan, ProofPlan};
use jit_wire::credentials::Session;

/// How many roles are asked for side by side. STS throttles whole accounts, so more would only queue elsewhere.
const SIDE_BY_SIDE: usize = 8;

impl Broker<'_, '_> {
    pub(super) async fn side_by_side(
        &self,
        plans: &[Plan],
        need: &Need,
    ) -> Vec<Result<Session, BrokerError>> {
        let target = |plan: &Plan| plan.session_key(plan.legs.len() - 1);
        let mut walked: HashMap<EntryKey, Result<Session, Failure>> = HashMap::new();
        for plan in plans {
            let stored = self.good_enough(plan, plan.legs.len() - 1, need, false);
            if let Some(outcome) = stored.map_err(|error| error.failure()).transpose() {
                walked.insert(target(plan), outcome);
            }
        }
        // One login after the other, since each may need the person. If one fails, so does every leg below it. The logins for
        // roles that demand something of the sign-in come first, because they serve the other roles as well.
        let mut refused: HashMap<EntryKey, Failure> = HashMap::new();
        let (demanding, others): (Vec<_>, Vec<_>) = plans.iter().partition(|plan| !plan.sign_in.is_empty());
        for plan in demanding.into_iter().chain(others) {
            if walked.contains_key(&target(plan)) {
                continue;
            }
            let key = plan.proof.login_key();
            let hub = self.good_enough(plan, 0, need, false);
            let known = refused.contains_key(&key)
                || (plan.sign_in.is_empty() && self.logins.borrow().contains_key(&key))
                || matches!(plan.proof, ProofPlan::Source(_));
            if !known && !matches!(hub, Ok(Some(_))) {
                match self.login(&plan.proof, need, None, Purpose::of(plan)).await {
                    Ok(_) => {}
                    // The person is signed in, but not in the way that this role demands.
                    Err(error @ BrokerError::TooWeak { .. }) => {
                        walked.insert(target(plan), Err(error.failure()));
                    }
                    Err(error) => drop(refused.insert(key, error.failure())),
                }
            }
        }
        for level in 0..plans.iter().map(|plan| plan.legs.len()).max().unwrap_or(0) {
            let mut legs: HashMap<EntryKey, &Plan> = HashMap::new();
            for plan in plans.iter().filter(|plan| level < plan.legs.len()) {
                let key = plan.session_key(level);
                let above = level.checked_sub(1).map(|above| plan.session_key(above));
                let failed = match above.as_ref().and_then(|above| walked.get(above)) {
                    Some(Err(failure)) => Some(failure),
                    _ => refused.get(&plan.proof.login_key()),
                };
                match failed.cloned() {
                    _ if walked.contains_key(&key) || walked.contains_key(&target(plan)) => {}
                    Some(failure) => drop(walked.insert(key, Err(failure))),
                    None => drop(legs.insert(key, plan)),
                }
            }
            let asked = futures_util::stream::iter(legs)
                .map(|(key, plan)| async move { (key, self.leg(plan, level, need).await) });
            let answers: Vec<_> = asked.buffer_unordered(SIDE_BY_SIDE).collect().await;
            walked.extend(answers.into_iter().map(|(key, answer)| (key, answer.map_err(|e| e.failure()))));
        }
        let mut outcomes = Vec::new();
        for plan in plans {
            let outcome = walked.get(&target(plan)).cloned();
            let outcome = outcome.unwrap_or_else(|| unreachable!("every level was walked"));
            outcomes.push(match outcome {
                // Two roles may share one session, and only one of them may demand something of the sign-in.
                Ok(session) if !self.signed_in_for(plan, &session) => self.fetch(plan, need).await,
                outcome => outcome.map_err(BrokerError::Shared),
            });
        }
        outcomes
    }
}
