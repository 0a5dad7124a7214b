//! Several roles at once: one login at each IdP, then the steps level by level, in parallel.

use std::collections::HashMap;

use futures_util::StreamExt as _;

use super::login::Purpose;
use super::{Broker, BrokerError, Failure, Need};
use crate::aws::portal_pace::PortalPace;
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

    /// Why there is no session for `plan`, if that is known before it is asked for.
    fn failure(&self, plan: &Plan) -> Option<&Failure> {
        match self.legs.get(&target(plan)) {
            Some(Ok(_)) => None,
            Some(Err(failure)) => Some(failure),
            None => self.failure_above(plan, plan.legs.len() - 1),
        }
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

/// How many steps the longest of `plans` has.
fn levels(plans: &[Plan]) -> usize {
    plans.iter().map(|plan| plan.legs.len()).max().unwrap_or(0)
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
        let mut state = self.signed_in_for_all(plans, need).await;
        for level in 0..levels(plans) {
            self.walk_level(plans.iter(), level, need, &mut state).await;
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

    /// What `run` makes of the session of each plan, for at most `jobs` plans at a time and as long as it may `go_on`; `None`
    /// for those that were not begun. There is one login at each IdP, then the steps that lead to several plans, and each
    /// session is requested when its turn comes: it may not last until then.
    pub async fn each<T>(
        &self,
        plans: &[Plan],
        need: &Need,
        jobs: usize,
        go_on: impl Fn() -> bool,
        run: impl AsyncFn(usize, Result<Session, BrokerError>) -> T,
    ) -> Vec<Option<T>> {
        let mut state = self.signed_in_for_all(plans, need).await;
        for level in 0..levels(plans).saturating_sub(1) {
            let above = plans.iter().filter(|plan| level + 1 < plan.legs.len());
            self.walk_level(above, level, need, &mut state).await;
        }
        let asking = tokio::sync::Semaphore::new(SIDE_BY_SIDE);
        let state = &state;
        let asking = &asking;
        let run = &run;
        let one = |index: usize| async move {
            let plan = &plans[index];
            let session = match state.failure(plan) {
                Some(failure) => Err(BrokerError::Shared(failure.clone())),
                None => {
                    let _turn = asking.acquire().await;
                    self.fetch(plan, need).await
                }
            };
            (index, run(index, session).await)
        };
        let mut outcomes: Vec<Option<T>> = plans.iter().map(|_| None).collect();
        let begun = (0..plans.len()).take_while(|_| go_on());
        let mut running = std::pin::pin!(futures_util::stream::iter(begun).map(one).buffer_unordered(jobs));
        while let Some((index, outcome)) = running.next().await {
            outcomes[index] = Some(outcome);
        }
        outcomes
    }

    /// What is stored for `plans`, and a login for each of the others.
    async fn signed_in_for_all(&self, plans: &[Plan], need: &Need) -> WalkState {
        if plans.len() > SIDE_BY_SIDE {
            self.pace.get_or_init(PortalPace::default);
        }
        let mut state = WalkState::default();
        for plan in plans {
            let stored = self.good_enough(plan, plan.legs.len() - 1, need, false);
            if let Some(outcome) = stored.map_err(|error| error.failure()).transpose() {
                state.legs.insert(target(plan), outcome);
            }
        }
        self.sign_in_for_all(plans, need, &mut state).await;
        state
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
    async fn walk_level<'p>(
        &self,
        plans: impl Iterator<Item = &'p Plan>,
        level: usize,
        need: &Need,
        state: &mut WalkState,
    ) {
        let mut open: HashMap<EntryKey, &Plan> = HashMap::new();
        for plan in plans.filter(|plan| level < plan.legs.len()) {
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
