//! `jit policy check`: finds what is well-formed but cannot work, or probably is not intended.

mod live;
mod people;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::section::{Lines, Mistake, SourceText};

use crate::people::{Directory, People, PolicyIndex};
use crate::policy::{Place, Policy, PolicyFile};

pub use live::{NotGiven, not_given};

/// Something that `check` found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFinding {
    /// Its place in the policy.
    pub place: Place,
    /// Whether it must be fixed before the policy can be published.
    pub severity: Severity,
    /// A code for programs.
    pub code: &'static str,
    /// What was found, as a sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl PolicyFinding {
    /// The finding with its column and the line that it is about, as a mistake of one of `files`. What is about no line, such
    /// as a table that is not there, is at the beginning of the first.
    pub fn located(&self, files: &[PolicyFile]) -> Mistake {
        let file = files.iter().find(|file| file.path == self.place.path).or(files.first());
        let Some(PolicyFile { path, text }) = file else {
            let path = self.place.path.clone();
            let line = self.place.line;
            let column = 1;
            let what = self.what.clone();
            let suggestion = Some(self.advice.clone());
            return Mistake { path, line, column, excerpt: None, what, suggestion };
        };
        let lines = Lines::of(text);
        let source = SourceText { path, text, lines: &lines };
        source.at_value(self.place.line.max(1), self.what.clone(), Some(self.advice.clone()))
    }
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot work, or breaks a promise of the policy.
    Error,
    /// It may be intended.
    Warning,
}

impl Severity {
    /// As it is shown, and written in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What the policy does not contain but `check` needs, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Groups and organizational units. What is missing here is not checked.
    pub directory: Directory,
    /// `MaxSessionDuration` of roles, in seconds, by the role as the policy writes it.
    pub sessions: BTreeMap<String, u32>,
}

/// The longest session that a role can be set to, in seconds (IAM, CreateRole).
const LONGEST_SESSION: u32 = 12 * 3600;
/// The maximum number of names that a role's trust policy can exclude (2,048 characters).
const MOST_VOTERS: usize = 50;

/// All findings in `policy`, in order of their place.
pub fn check(policy: &Policy, surroundings: &Surroundings) -> Vec<PolicyFinding> {
    let index = PolicyIndex::new(policy);
    let people = index.with(&surroundings.directory);
    let mut checker = Checker { policy, people, surroundings, found: BTreeSet::new() };
    checker.deployment();
    checker.doors();
    checker.persons();
    for (name, access) in &policy.access {
        checker.role(name, access);
        checker.approvers(name, access);
        checker.by_approver(name, access);
    }
    checker.separations();
    checker.found.into_iter().collect()
}

struct Checker<'c> {
    policy: &'c Policy,
    people: People<'c>,
    surroundings: &'c Surroundings,
    found: BTreeSet<PolicyFinding>,
}

impl Checker<'_> {
    fn error(&mut self, place: Place, code: &'static str, what: String, advice: &str) {
        let advice = advice.to_owned();
        self.found.insert(PolicyFinding { place, severity: Severity::Error, code, what, advice });
    }

    fn warning(&mut self, place: Place, code: &'static str, what: String, advice: &str) {
        let advice = advice.to_owned();
        self.found.insert(PolicyFinding { place, severity: Severity::Warning, code, what, advice });
    }
}

#[cfg(test)]
mod tests;
