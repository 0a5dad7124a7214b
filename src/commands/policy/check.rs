//! `jit policy check`: mistakes in a policy, and what in it cannot work or should not be.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde_json::{Value, json};

use super::files::{self, PolicySources};
use crate::error::{CommandError, CommandResult, Kind};
use crate::ui::text::{Shown, shown};
use crate::ui::{Tone, Ui};
use jit_access::check::{self, PolicyFinding, Severity, Surroundings};
use jit_access::policy::{Policy, PolicyFile};
use jit_wire::explain::Explain as _;
use jit_wire::section::Mistake;

/// Find mistakes in a policy, and what cannot work or should not be
///
/// Prints each finding with its file, line and column. Exits with 2 if there is an
/// error; warnings alone are no failure without --strict. Reads only files: what
/// only AWS knows (members of Identity Center groups, accounts of organizational
/// units, session lengths) is checked as far as --directory says it.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CheckArgs {
    /// The policy: files, or folders with files that end in .toml
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// JSON with what only AWS knows
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub directory: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// A finding with its place in the text.
pub(super) struct LocatedFinding {
    severity: Severity,
    code: &'static str,
    mistake: Mistake,
}

pub(super) fn run(args: &CheckArgs, ui: &Ui) -> CommandResult {
    let surroundings = files::surroundings(args.directory.as_deref())?;
    let sources = PolicySources::read(&args.files)?;
    let read = sources.policy();
    let found = match &read {
        Ok(policy) => findings(policy, &sources.files, &surroundings),
        Err(mistake) => {
            vec![LocatedFinding { severity: Severity::Error, code: "invalid", mistake: mistake.clone() }]
        }
    };
    if args.json {
        ui.json(&to_json(&sources, &found))?;
    } else {
        let lines = found.iter().flat_map(|finding| lines(finding, |tone, text| ui.paint_data(tone, text)));
        lines.into_iter().try_for_each(|line| ui.line(line))?;
    }
    let counted = counted(&found);
    if count(&found, Severity::Error) > 0 || args.strict && !found.is_empty() {
        return Err(CommandError::new(Kind::Usage, format!("{}: {counted}", sources.counted())));
    }
    let size = read.map_or_else(|_| String::new(), |policy| size(&policy));
    ui.done(shown!("{}: {}; {}", sources.counted(), size, counted));
    Ok(())
}

/// What `jit policy check` finds in `policy`, each with its place in `files`.
pub(super) fn findings(
    policy: &Policy,
    files: &[PolicyFile],
    surroundings: &Surroundings,
) -> Vec<LocatedFinding> {
    let located = |finding: PolicyFinding| LocatedFinding {
        severity: finding.severity,
        code: finding.code,
        mistake: finding.located(files),
    };
    check::check(policy, surroundings).into_iter().map(located).collect()
}

/// The lines that show a finding, in the colours of `paint`.
pub(super) fn lines(finding: &LocatedFinding, paint: impl Fn(Tone, &'static str) -> Shown) -> Vec<Shown> {
    let Mistake { path, line, column, what, .. } = &finding.mistake;
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
    };
    let severity = paint(tone, finding.severity.name());
    let mut lines = vec![shown!("{}:{}:{}: {}: {} [{}]", path, line, column, severity, what, finding.code)];
    lines.extend(finding.mistake.excerpt().map(|excerpt| shown!("  {}", excerpt)));
    let advice = finding.mistake.suggestion.iter();
    lines.extend(advice.map(|advice| shown!("  {} {}", paint(Tone::Name, "next:"), advice)));
    lines
}

/// How many there are of one severity.
pub(super) fn count(found: &[LocatedFinding], severity: Severity) -> usize {
    found.iter().filter(|finding| finding.severity == severity).count()
}

/// `1 error, 2 warnings`.
pub(super) fn counted(found: &[LocatedFinding]) -> String {
    let count = |severity: Severity| match count(found, severity) {
        0 => format!("no {}s", severity.name()),
        1 => format!("1 {}", severity.name()),
        several => format!("{several} {}s", severity.name()),
    };
    format!("{}, {}", count(Severity::Error), count(Severity::Warning))
}

/// What the policy contains, in a few words.
fn size(policy: &Policy) -> String {
    let of = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    format!("{}, {}", of(policy.access.len(), "access", "accesses"), of(policy.doors.len(), "door", "doors"))
}

fn to_json(sources: &PolicySources, found: &[LocatedFinding]) -> Value {
    let one = |finding: &LocatedFinding| {
        let Mistake { path, line, column, what, suggestion, .. } = &finding.mistake;
        json!({
            "path": path,
            "line": line,
            "column": column,
            "severity": finding.severity.name(),
            "code": finding.code,
            "message": what,
            "advice": suggestion,
        })
    };
    json!({
        "files": sources.files.iter().map(|file| &file.path).collect::<Vec<_>>(),
        "errors": count(found, Severity::Error),
        "warnings": count(found, Severity::Warning),
        "findings": found.iter().map(one).collect::<Vec<_>>(),
    })
}
