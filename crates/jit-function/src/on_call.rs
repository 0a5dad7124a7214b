//! Who is on call: asked when something is to be decided for which it matters. If nobody answers, people decide.

mod pagerduty;

use std::collections::BTreeSet;

use jit_access::decide::Shift;
use jit_access::ledger::Records;
use jit_access::people::People;
use jit_apply::calls::AwsCalls;
use jit_wire::timestamp::Timestamp;

pub(crate) use pagerduty::PagerDuty;

/// A service that knows who is on call.
pub(crate) trait OnCallService {
    /// The shifts of these schedules that are on at `now`. The error is a sentence.
    fn shifts(
        &self,
        calls: &AwsCalls<'_>,
        schedules: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Shift>, String>;
}

/// The schedules to ask about: those of requests that are not decided yet, by people who can be on call.
pub(crate) fn schedules(records: &Records, people: &People<'_>) -> BTreeSet<String> {
    let policy = people.policy();
    let waiting = records.cases().filter(|case| case.decision.is_none());
    let asked = waiting.filter_map(|case| {
        let rule = policy.access.get(&case.request.access)?.oncall.as_ref()?;
        let person = people.author(case.author).ok()?.person;
        policy.people.get(person)?.pagerduty.as_ref()?;
        Some(rule.pagerduty.clone())
    });
    asked.collect()
}
