//! Several roles at once: one login at each IdP, then the steps level by level, in parallel.

use std::collections::HashMap;

use futures_util::StreamExt as _;

use super::login::Purpose;
use super::{Broker, BrokerError, Failure, Need};
use crate::plan::{EntryKey, Plan, ProofPlan};
use jit_wire::credentials::Session;

/// How many roles are requested in parallel. STS throttles whole accounts, so more would only queue
/// elsewhere.
const SIDE_BY_SIDE: usize = 8;

/// The results so far.
#[derive(Default)]
struct WalkState {
    /// The outcome of each completed step, by the key of its session.
    legs: HashMap<EntryKey, Result<Session, Failure>>,
    /// The logins that failed. Every step below one of them fails with it.
    failed_logins: HashMap<EntryKey, Failure>,
}

impl WalkState {
    /// Whether nothing is left to do for `plan`.
    fn is_done(&self, plan: &Plan) -> bool {
        self.legs.contains_key(&target(plan))
    }

    /// Why the step of `plan` at `level` cannot be requested: the step above it failed, or the login did.
    fn failure_above(&self, plan: &Plan, level: usize) -> Option<&Failure> {
        let above = level.checked_sub(1).and_then(|above| self.legs.get(&plan.session_key(above)));
        match above {
            Some(Err(failure)) => Some(failure),
            _ => self.failed_logins.get(&plan.proof.login_key()),
        }
    }
}

/// The key of the session that the plan leads to.
fn target(plan: &Plan) -> EntryKey {
    plan.session_key(plan.legs.len() - 1)
}

impl Broker<'_, '_> {
    /// The sessions of `plans`, in their order.
    pub(super) async fn side_by_side(
        &self,
        plans: &[Plan],
        need: &Need,
    ) -> Vec<Result<Session, BrokerError>> {
        let mut state = WalkState::default();
        for plan in plans {
            let stored = self.good_enough(plan, plan.legs.len() - 1, need, false);
            if let Some(outcome) = stored.map_err(|error| error.failure()).transpose() {
                state.legs.insert(target(plan), outcome);
            }
        }
        self.sign_in_for_all(plans, need, &mut state).await;
        let levels = plans.iter().map(|plan| plan.legs.len()).max().unwrap_or(0);
        for level in 0..levels {
            self.walk_level(plans, level, need, &mut state).await;
        }
        let mut outcomes = Vec::new();
        for plan in plans {
            let outcome = state.legs.get(&target(plan)).cloned();
            let outcome = outcome.unwrap_or_else(|| unreachable!("every level was walked"));
            outcomes.push(match outcome {
                // Two roles may share one session, and only one of them may have requirements for the
                // sign-in.
                Ok(session) if !self.signed_in_for(plan, &session) => self.fetch(plan, need).await,
                outcome => outcome.map_err(BrokerError::Shared),
            });
        }
        outcomes
    }

    /// One login after the other, because each may need the person. Those for roles with requirements come
    /// first, because they serve the other roles as well.
    async fn sign_in_for_all(&self, plans: &[Plan], need: &Need, state: &mut WalkState) {
        let (demanding, others): (Vec<_>, Vec<_>) = plans.iter().partition(|plan| !plan.sign_in.is_empty());
        for plan in demanding.into_iter().chain(others) {
            if state.is_done(plan) {
                continue;
            }
            let key = plan.proof.login_key();
            let hub = self.good_enough(plan, 0, need, false);
            let known = state.failed_logins.contains_key(&key)
                || (plan.sign_in.is_empty() && self.logins.borrow().contains_key(&key))
                || matches!(plan.proof, ProofPlan::Source(_));
            if known || matches!(hub, Ok(Some(_))) {
                continue;
            }
            match self.login(&plan.proof, need, None, Purpose::of(plan)).await {
                Ok(_) => {}
                // The person is signed in, but not in the way that this role requires.
                Err(error @ BrokerError::TooWeak { .. }) => {
                    state.legs.insert(target(plan), Err(error.failure()));
                }
                Err(error) => {
                    state.failed_logins.insert(key, error.failure());
                }
            }
        }
    }

    /// Requests the steps at `level` of all plans that are not complete.
    async fn walk_level(&self, plans: &[Plan], level: usize, need: &Need, state: &mut WalkState) {
        let mut open: HashMap<EntryKey, &Plan> = HashMap::new();
        for plan in plans.iter().filter(|plan| level < plan.legs.len()) {
            let key = plan.session_key(level);
            if state.legs.contains_key(&key) || state.is_done(plan) {
                continue;
            }
            match state.failure_above(plan, level).cloned() {
                Some(failure) => drop(state.legs.insert(key, Err(failure))),
                None => drop(open.insert(key, plan)),
            }
        }
        let asked = futures_util::stream::iter(open)
            .map(|(key, plan)| async move { (key, self.step_session(plan, level, need).await) });
        let answers: Vec<_> = asked.buffer_unordered(SIDE_BY_SIDE).collect().await;
        state
            .legs
            .extend(answers.into_iter().map(|(key, answer)| (key, answer.map_err(|error| error.failure()))));
    }
}
