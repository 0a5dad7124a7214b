//! `jit policy test`: what a policy answers, compared with what it should.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use serde_json::{Value, json};

use super::files::{self, PolicySources};
use crate::error::{CommandError, CommandResult, Kind};
use crate::ui::text::shown;
use crate::ui::{Tone, Ui};
use crate::world::World;
use jit_access::cases::{self, CaseError, Failure, PolicyCase};

/// The largest file of cases.
const LARGEST_CASES: u64 = 16 * 1024 * 1024;

/// Run test cases against a policy
///
/// One case on each line of CASES:
///
///   PERSON asks ACCESS DURATION [in ACCOUNT] [at TIME] [approved by A,B] -> RESULT
///
/// RESULT is `granted 1h`, `denied: CODE` or `waits: GROUP`. A case without a time
/// is for now; none needs a reason or a ticket. # begins a comment. Exits with 1 if
/// a case fails.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct TestArgs {
    /// The policy: files, or folders with files that end in .toml
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// The cases
    #[arg(required = true, value_name = "CASES", value_hint = ValueHint::FilePath)]
    pub cases: PathBuf,
    /// JSON with what only AWS knows
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub directory: Option<PathBuf>,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// A case, its text, and how it failed, if it did.
struct CaseResult<'c> {
    case: &'c PolicyCase,
    text: &'c str,
    failure: Option<&'c Failure>,
}

pub(super) fn run(args: &TestArgs, world: &World, ui: &Ui) -> CommandResult {
    let directory = files::surroundings(args.directory.as_deref())?.directory;
    let policy = PolicySources::read(&args.files)?.policy()?;
    let text = files::text_of(&args.cases, LARGEST_CASES)?;
    let path = args.cases.display().to_string();
    let cases = cases::parse(&text).map_err(|errors| not_cases(&path, errors))?;
    if cases.is_empty() {
        return Err(CommandError::new(Kind::Usage, format!("{path} has no cases")));
    }
    let failures = cases::run(&policy, &directory, &cases, world.clock.now());
    let lines: Vec<&str> = text.lines().collect();
    let text_of = |line: usize| {
        let line = lines.get(line - 1).copied().unwrap_or_default();
        line.split('#').next().unwrap_or_default().trim()
    };
    let results: Vec<CaseResult<'_>> = cases
        .iter()
        .map(|case| CaseResult {
            case,
            text: text_of(case.line),
            failure: failures.iter().find(|failure| failure.line == case.line),
        })
        .collect();
    if args.json {
        ui.json(&to_json(&path, &results))?;
    } else {
        results.iter().try_for_each(|result| show(&args.cases, result, ui))?;
    }
    if failures.is_empty() {
        let all =
            if cases.len() == 1 { "the case holds".into() } else { shown!("all {} cases hold", cases.len()) };
        ui.done(shown!("{}: {}", path, all));
        return Ok(());
    }
    let failed = failures.len();
    let all = cases.len();
    Err(CommandError::new(Kind::Failed, format!("{path}: {failed} of {all} cases failed")))
}

fn show(path: &Path, result: &CaseResult<'_>, ui: &Ui) -> CommandResult {
    let mark = match result.failure {
        None => ui.paint_data(Tone::Good, "ok  "),
        Some(_) => ui.paint_data(Tone::Bad, "FAIL"),
    };
    ui.line(shown!("{} {}:{}: {}", mark, path.display(), result.case.line, result.text))?;
    let Some(failure) = result.failure else { return Ok(()) };
    match &failure.why {
        Some(why) => ui.line(shown!("     got {}, because {}", failure.got, why)),
        None => ui.line(shown!("     got {}", failure.got)),
    }
}

/// Every line that is not a case, as one error.
fn not_cases(path: &str, errors: Vec<CaseError>) -> CommandError {
    let what = match errors.len() {
        1 => format!("a line of {path} is not a case"),
        several => format!("{several} lines of {path} are not cases"),
    };
    let named = errors.into_iter().map(|error| {
        let line = error.line;
        let what = error.what.clone();
        let mut shown: CommandError = error.into();
        shown.what = what;
        (format!("{path}:{line}"), shown)
    });
    CommandError::of_several(what, named.collect())
}

fn to_json(path: &str, results: &[CaseResult<'_>]) -> Value {
    let one = |result: &CaseResult<'_>| {
        json!({
            "line": result.case.line,
            "case": result.text,
            "passed": result.failure.is_none(),
            "wanted": result.case.wanted.to_string(),
            "got": result.failure.map_or_else(|| result.case.wanted.to_string(), |failure| failure.got.clone()),
            "why": result.failure.and_then(|failure| failure.why.as_ref()),
        })
    };
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    json!({
        "path": path,
        "passed": results.len() - failed,
        "failed": failed,
        "cases": results.iter().map(one).collect::<Vec<_>>(),
    })
}
