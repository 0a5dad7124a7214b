//! What a run did.

use jit_access::ledger::Finding;
use serde_json::{Value, json};

use crate::bell::Bell;

/// What a run did, for the log. It has no secrets: what it names, everybody can read in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Why the run began.
    pub bell: Bell,
    /// The key of the policy in force.
    pub policy: String,
    /// How many accounts were compared with the decisions; `None` without a sweep.
    pub swept: Option<usize>,
    /// What security should know.
    pub findings: Vec<Finding>,
    /// What did not succeed: a request, a role or an account, and why. The next run tries again.
    pub failures: Vec<(String, String)>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `info`, `warn` or `error`.
    pub level: &'static str,
    /// A sentence.
    pub message: String,
}

impl Report {
    /// The report as lines.
    pub fn lines(&self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for finding in &self.findings {
            let message = format!("{}: {}", finding.subject, finding.what);
            lines.push(LogLine { level: "warn", message });
        }
        for (about, why) in &self.failures {
            lines.push(LogLine { level: "error", message: format!("{about}: {why}") });
        }
        let swept = match self.swept {
            Some(1) => "compared the roles of 1 account with the decisions".to_owned(),
            Some(accounts) => format!("compared the roles of {accounts} accounts with the decisions"),
            None => "carried out what was decided".to_owned(),
        };
        let count = |number: usize, one: &str, more: &str| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {more}"),
        };
        let message = format!(
            "{swept}: {}, {}",
            count(self.findings.len(), "finding", "findings"),
            count(self.failures.len(), "failure", "failures")
        );
        lines.push(LogLine { level: "info", message });
        lines
    }

    /// The report as Lambda's answer.
    pub fn to_json(&self) -> Value {
        json!({
            "bell": self.bell.name(),
            "policy": self.policy,
            "swept": self.swept,
            "findings": self.findings.len(),
            "failures": self.failures.len(),
        })
    }
}
