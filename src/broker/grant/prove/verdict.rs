//! What the calls of a probe come to.

use std::time::Instant;

use jit_apply::probe::ProbeOutcome;

use super::Probe;

/// What a probe found.
#[derive(Debug)]
pub struct ClaimProof {
    /// The probe.
    pub probe: &'static Probe,
    /// What it found.
    pub verdict: ProofVerdict,
}

/// Whether a claim holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofVerdict {
    /// It does, shown by this.
    Held(String),
    /// It does not: each way in which it does not.
    Broken(Vec<String>),
    /// It does in part, or is not promised here.
    Doubtful(String),
    /// It could not be tried, for this reason.
    Untried(String),
}

impl ProofVerdict {
    pub(super) fn of(self, probe: &'static Probe) -> ClaimProof {
        ClaimProof { probe, verdict: self }
    }
}

/// The calls of one probe: what has to be refused, and what has to be allowed, so that a refusal means something.
pub(super) struct Tries {
    until: Instant,
    refused: usize,
    allowed: usize,
    wrong: Vec<String>,
    unclear: Vec<String>,
    /// Something was written that could not be written.
    pub(super) stored: bool,
}

/// Why a probe ends early.
const LATE: &str = "jit stopped trying after 90 s";

impl Tries {
    pub(super) fn new(until: Instant) -> Self {
        let (wrong, unclear) = (Vec::new(), Vec::new());
        Self { until, refused: 0, allowed: 0, wrong, unclear, stored: false }
    }

    fn in_time(&mut self) -> bool {
        let in_time = Instant::now() < self.until;
        if !in_time && !self.unclear.iter().any(|why| why == LATE) {
            self.unclear.push(LATE.to_owned());
        }
        in_time
    }

    fn unclear(&mut self, what: &str, why: &str) {
        self.unclear.push(format!("{what}: {why}"));
    }

    /// Makes a call that has to be refused. `true`: it was.
    pub(super) fn refuse(&mut self, what: impl Into<String>, call: impl FnOnce() -> ProbeOutcome) -> bool {
        if !self.in_time() {
            return false;
        }
        let what = what.into();
        match call() {
            ProbeOutcome::Refused(_) => {
                self.refused += 1;
                return true;
            }
            ProbeOutcome::Allowed => self.wrong.push(format!("{what} is allowed")),
            ProbeOutcome::Stored => {
                self.stored = true;
                self.wrong
                    .push(format!("{what} is allowed, and the server stored bytes with a wrong checksum"));
            }
            ProbeOutcome::Unclear(why) => self.unclear(&what, &why),
        }
        false
    }

    /// Makes a call that has to be allowed. `true`: it was.
    pub(super) fn allow(&mut self, what: impl Into<String>, call: impl FnOnce() -> ProbeOutcome) -> bool {
        if !self.in_time() {
            return false;
        }
        let what = what.into();
        match call() {
            ProbeOutcome::Allowed => {
                self.allowed += 1;
                return true;
            }
            ProbeOutcome::Stored => {
                self.stored = true;
                self.unclear(
                    &what,
                    "the server stores bytes with a wrong checksum, so nothing else is tried",
                );
            }
            ProbeOutcome::Refused(why) => self.wrong.push(format!("{what} is refused: {}", shown(&why))),
            ProbeOutcome::Unclear(why) => self.unclear(&what, &why),
        }
        false
    }

    /// Notes something that is wrong.
    pub(super) fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// Notes something that could not be found out.
    pub(super) fn untried(&mut self, why: impl Into<String>) {
        self.unclear.push(why.into());
    }

    /// Notes something that is as it should be.
    pub(super) fn good(&mut self) {
        self.allowed += 1;
    }

    /// How much is as it should be.
    pub(super) fn count(&self) -> String {
        match self.allowed {
            1 => "1 compared".to_owned(),
            count => format!("{count} compared"),
        }
    }

    /// What they come to. `held` says what shows that the claim holds, beside the numbers.
    pub(super) fn verdict(self, held: impl Into<String>) -> ProofVerdict {
        let held = held.into();
        match (self.refused, self.allowed) {
            _ if !self.wrong.is_empty() => ProofVerdict::Broken(self.wrong),
            _ if !self.unclear.is_empty() => ProofVerdict::Untried(self.unclear.join("; ")),
            (0, 0) => ProofVerdict::Untried("there is nothing here to try it on".to_owned()),
            (0, _) => ProofVerdict::Held(held),
            (1, _) => ProofVerdict::Held(format!("{held}; 1 call refused")),
            (count, _) => ProofVerdict::Held(format!("{held}; {count} calls refused")),
        }
    }
}

/// What AWS says, which comes from outside.
fn shown(text: &str) -> String {
    text.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn refusals_count_only_beside_what_is_allowed() {
        let refused = || ProbeOutcome::Refused("no".to_owned());
        let unclear = || ProbeOutcome::Unclear("503".to_owned());
        let until = || Instant::now() + Duration::from_secs(600);
        let verdict = |tries: Tries| tries.verdict("fine");
        let mut tries = Tries::new(until());
        assert!(tries.refuse("a", refused) && tries.allow("b", || ProbeOutcome::Allowed));
        assert_eq!(verdict(tries), ProofVerdict::Held("fine; 1 call refused".to_owned()));
        // What has to be allowed and is refused is as wrong as the opposite.
        let mut tries = Tries::new(until());
        assert!(!tries.refuse("a", || ProbeOutcome::Allowed) && !tries.allow("b", refused));
        let both = vec!["a is allowed".to_owned(), "b is refused: no".to_owned()];
        assert_eq!(verdict(tries), ProofVerdict::Broken(both));
        let mut tries = Tries::new(until());
        assert!(!tries.refuse("a", unclear) && tries.refuse("b", refused));
        assert_eq!(verdict(tries), ProofVerdict::Untried("a: 503".to_owned()));
        assert!(matches!(verdict(Tries::new(until())), ProofVerdict::Untried(_)));
        let mut late = Tries::new(Instant::now());
        assert!(!late.refuse("a", || unreachable!()) && !late.allow("b", || unreachable!()));
        assert_eq!(verdict(late), ProofVerdict::Untried(LATE.to_owned()));
        let mut stored = Tries::new(until());
        assert!(!stored.allow("a", || ProbeOutcome::Stored) && stored.stored);
    }
}
