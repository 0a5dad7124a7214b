//! What the ledger says about a deployment.

use std::collections::{BTreeMap, BTreeSet};

use jit_access::fold::{Phase, State};
use jit_wire::timestamp::duration;

use super::verdict::{ProofVerdict, Tries};
use super::{ClaimProof, Prover, probes};

/// The function sweeps every 15 minutes. Twice that may pass.
const SWEEP_WITHIN: u64 = 30 * 60;
/// A decision is applied within seconds; after this time something is wrong.
const APPLIED_WITHIN: u64 = 10 * 60;

impl Prover<'_> {
    pub(super) fn records(&self) -> Vec<ClaimProof> {
        vec![
            self.grants_arrive().of(&probes::GRANTS_ARRIVE),
            self.one_name().of(&probes::ONE_NAME),
            self.function_lives().of(&probes::FUNCTION_LIVES),
        ]
    }

    fn grants_arrive(&self) -> ProofVerdict {
        let now = self.view.now;
        let mut tries = Tries::new(self.until);
        for case in self.view.records.cases() {
            let State::Granted { phase, .. } = case.state(&self.people, now) else { continue };
            let decided = case.decision.map_or(now, |decision| decision.now);
            let about = format!("{} of {}", case.request.access, case.author.session_name());
            match phase {
                Phase::Failed { why } => tries.wrong(format!("{about} failed: {why}")),
                Phase::Live { applied: false } if now.since(decided).as_secs() > APPLIED_WITHIN => {
                    let since = duration(now.since(decided));
                    tries.wrong(format!("{about} was granted {since} ago and is not applied"));
                }
                Phase::Live { applied: true } | Phase::Ended { .. } => tries.good(),
                Phase::Live { applied: false } | Phase::Scheduled => {}
            }
        }
        match tries.verdict("no grant of the last days failed") {
            ProofVerdict::Untried(_) => ProofVerdict::Untried("nothing was granted yet".to_owned()),
            verdict => verdict,
        }
    }

    /// People are known by the names of their sessions, through whichever door.
    fn one_name(&self) -> ProofVerdict {
        let records = &self.view.records;
        let mut spellings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let authors = records.cases().flat_map(|case| {
            std::iter::once(case.author).chain(case.facts.into_iter().map(|fact| &fact.author))
        });
        for author in authors.chain(records.use_cases().map(|case| case.author)) {
            let name = author.session_name();
            spellings.entry(name.to_ascii_lowercase()).or_default().insert(name);
        }
        let mut tries = Tries::new(self.until);
        for names in spellings.into_values() {
            let people: BTreeSet<&str> =
                names.iter().map(|name| self.people.person(name).unwrap_or(name)).collect();
            if people.len() > 1 {
                let names: Vec<&str> = names.into_iter().collect();
                tries.wrong(format!("{} differ by case alone and are different people", names.join(" and ")));
            } else {
                tries.good();
            }
        }
        match tries.verdict("no two names in the ledger contradict that") {
            ProofVerdict::Untried(_) => ProofVerdict::Untried("nobody has written anything yet".to_owned()),
            verdict => verdict,
        }
    }

    fn function_lives(&self) -> ProofVerdict {
        if self.approvers_apply() {
            let what = "approvers apply: their quorum is advice, and nobody sweeps; apply = \"function\" enforces it";
            return ProofVerdict::Doubtful(what.to_owned());
        }
        let Some((at, sweep)) = self.view.records.last_sweep() else {
            return ProofVerdict::Broken(vec!["it has never swept".to_owned()]);
        };
        let ago = self.view.now.since(at);
        if ago.as_secs() > SWEEP_WITHIN {
            return ProofVerdict::Broken(vec![format!("its last sweep was {} ago", duration(ago))]);
        }
        let in_force = self.view.records.policy_in_force(self.view.now).map(|stored| stored.key.to_string());
        if in_force.is_some_and(|key| key != sweep.policy) {
            let what = format!(
                "its last sweep, {} ago, was made with another policy than the one in force",
                duration(ago)
            );
            return ProofVerdict::Doubtful(what);
        }
        ProofVerdict::Held(format!("version {}, last sweep {} ago", sweep.version, duration(ago)))
    }
}
