//! What `jit doctor` found, and how it is shown.

use serde_json::{Value, json};

use crate::error::{CommandError, CommandResult};
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};

/// The result of one check.
pub(super) struct Finding {
    /// The area of the check.
    pub(super) about: &'static str,
    /// The probe of a deployment that it is about.
    pub(super) probe: Option<&'static str>,
    pub(super) health: Health,
    /// What was found.
    pub(super) what: String,
    /// How to fix it.
    pub(super) cure: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    Doubtful,
    Broken,
    /// It could not be checked.
    Untried,
}

impl Finding {
    pub(super) fn good(about: &'static str, what: impl Into<String>) -> Self {
        Self { about, probe: None, health: Health::Good, what: what.into(), cure: None }
    }

    pub(super) fn doubtful(about: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { about, probe: None, health: Health::Doubtful, what: what.into(), cure: Some(cure.into()) }
    }

    pub(super) fn broken(about: &'static str, error: &CommandError) -> Self {
        let what = std::iter::once(&error.what).chain(&error.causes).cloned().collect::<Vec<_>>().join(": ");
        Self { about, probe: None, health: Health::Broken, what, cure: error.hints().first().cloned() }
    }

    pub(super) fn to_json(&self) -> Value {
        let health = match self.health {
            Health::Good => "good",
            Health::Doubtful => "doubtful",
            Health::Broken => "broken",
            Health::Untried => "untried",
        };
        let mut finding =
            json!({ "about": self.about, "health": health, "what": self.what, "cure": self.cure });
        if let Some(probe) = self.probe {
            finding["probe"] = probe.into();
        }
        finding
    }
}

pub(super) fn show(findings: &[Finding], ui: &Ui) -> CommandResult {
    let mut rows = Vec::new();
    for finding in findings {
        let (tone, mark) = match finding.health {
            Health::Good => (Tone::Good, "✓"),
            Health::Doubtful => (Tone::Warning, "!"),
            Health::Broken => (Tone::Bad, "✗"),
            Health::Untried => (Tone::Dim, "-"),
        };
        rows.push(vec![shown!("{} {}", ui.paint_data(tone, mark), finding.about), escape(&finding.what)]);
        if let Some(cure) = &finding.cure {
            rows.push(vec![Shown::default(), shown!("{} {}", ui.paint_data(Tone::Name, "next:"), cure)]);
        }
    }
    ui.table(&rows)
}
