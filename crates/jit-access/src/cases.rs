//! The cases of `jit policy test`: what a policy should answer, one per line.
//!
//! ```text
//! PERSON asks ACCESS DURATION [in ACCOUNT] [at TIME] [approved by A,B] -> granted D | denied: CODE | waits: GROUP
//! ```
//!
//! `→` may be written for `->`. `#` begins a comment. A case has no reason or ticket, so none is required.

mod run;

use std::collections::BTreeSet;
use std::fmt;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name::{is_account_id, is_session_name};
use jit_wire::section::{closest, parse_duration};
use jit_wire::timestamp::Timestamp;

use crate::decide::Code;

pub use run::{Failure, run};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCase {
    /// Its line, counted from 1.
    pub line: usize,
    /// The requester: a person, or a session name.
    pub person: String,
    /// The access.
    pub access: String,
    /// The requested duration, in seconds.
    pub duration: u32,
    /// The account.
    pub account: Option<String>,
    /// The time of the request.
    pub at: Option<Timestamp>,
    /// The people who approved.
    pub approved_by: Vec<String>,
    /// The expected result.
    pub wanted: ExpectedResult,
}

/// The expected result of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedResult {
    /// Granted for this many seconds.
    Granted(u32),
    /// Denied with this code.
    Denied(Code),
    /// Waits for people of exactly these groups.
    Waits(BTreeSet<String>),
}

impl fmt::Display for ExpectedResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(seconds) => write!(f, "granted {}", short(*seconds)),
            Self::Denied(code) => write!(f, "denied: {}", code.name()),
            Self::Waits(groups) => {
                let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                write!(f, "waits: {}", groups.join(","))
            }
        }
    }
}

/// `1h30m`, as it is typed.
fn short(seconds: u32) -> String {
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Why a line is not a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {what}")]
pub struct CaseError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, as a sentence.
    pub what: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl Explain for CaseError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(self.suggestion.clone().unwrap_or_else(|| SHAPE.to_owned()))]
    }
}

/// The form of a case, for advice.
const SHAPE: &str = "write: alice asks deploy 1h in 111122223333 approved by bob,carol -> granted 1h";

/// Parses the cases of `text`.
///
/// # Errors
/// Every line that is not a case.
pub fn parse(text: &str) -> Result<Vec<PolicyCase>, Vec<CaseError>> {
    let mut cases = Vec::new();
    let mut errors = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        match parse_line(number + 1, line) {
            Ok(case) => cases.push(case),
            Err((what, suggestion)) => errors.push(CaseError { line: number + 1, what, suggestion }),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

type Wrong = (String, Option<String>);

fn wrong<T>(what: impl Into<String>, suggestion: impl Into<String>) -> Result<T, Wrong> {
    Err((what.into(), Some(suggestion.into())))
}

fn parse_line(line: usize, text: &str) -> Result<PolicyCase, Wrong> {
    let Some((question, wanted)) = text.split_once("->").or_else(|| text.split_once('→')) else {
        return wrong("the case has no `->` and no expected result", SHAPE);
    };
    let mut words = question.split_whitespace();
    let mut word = |what: &str| {
        words.next().ok_or_else(|| (format!("the case ends before {what}"), Some(SHAPE.to_owned())))
    };
    let person = word("the person")?;
    if !is_session_name(person) {
        return wrong(format!("`{}` cannot be a person", person.escape_default()), SHAPE);
    }
    let verb = word("`asks`")?;
    if verb != "asks" {
        return wrong(format!("`{}` is in the place of `asks`", verb.escape_default()), SHAPE);
    }
    let access = word("the access")?.to_owned();
    let duration = duration(word("the duration")?)?;
    let mut case = PolicyCase {
        line,
        person: person.to_owned(),
        access,
        duration,
        account: None,
        at: None,
        approved_by: Vec::new(),
        wanted: parse_wanted(wanted.trim())?,
    };
    let mut seen = BTreeSet::new();
    while let Some(word) = words.next() {
        if !seen.insert(word) {
            return wrong(format!("`{}` occurs twice", word.escape_default()), SHAPE);
        }
        match word {
            "in" => case.account = Some(account(words.next())?),
            "at" => case.at = Some(moment(words.next())?),
            "approved" => {
                if words.next() != Some("by") {
                    return wrong("`approved` is followed by `by`", "write: approved by bob,carol");
                }
                // Names may be separated by a comma and a space.
                let mut list = words.next().unwrap_or_default().to_owned();
                while list.ends_with(',') {
                    list.push_str(words.next().unwrap_or_default());
                }
                for name in list.split(',') {
                    if !is_session_name(name) {
                        return wrong(
                            format!("`{}` cannot be a person", name.escape_default()),
                            "write: approved by bob,carol",
                        );
                    }
                    case.approved_by.push(name.to_owned());
                }
            }
            other => {
                let meant = closest(other, ["in", "at", "approved"].into_iter());
                let next = meant.map_or_else(|| SHAPE.to_owned(), |meant| format!("did you mean `{meant}`?"));
                return wrong(format!("`{}` is not expected here", other.escape_default()), next);
            }
        }
    }
    Ok(case)
}

fn duration(text: &str) -> Result<u32, Wrong> {
    parse_duration(text).map_err(|why| (why, None))
}

fn account(word: Option<&str>) -> Result<String, Wrong> {
    match word {
        Some(text) if is_account_id(text) => Ok(text.to_owned()),
        other => wrong(
            format!("`in {}` does not name an account", other.unwrap_or_default().escape_default()),
            "write the 12 digits of the account",
        ),
    }
}

fn moment(word: Option<&str>) -> Result<Timestamp, Wrong> {
    let text = word.unwrap_or_default();
    match Timestamp::parse_rfc3339(text) {
        Some(at) => Ok(at),
        None => wrong(
            format!("`at {}` is not a time", text.escape_default()),
            "write it with its offset: 2026-11-27T09:00:00+01:00",
        ),
    }
}

fn parse_wanted(text: &str) -> Result<ExpectedResult, Wrong> {
    const NEXT: &str = "write `granted 1h`, `denied: CODE` or `waits: GROUP`";
    if let Some(rest) = text.strip_prefix("granted") {
        return Ok(ExpectedResult::Granted(duration(rest.trim())?));
    }
    let Some((word, rest)) = text.split_once(':') else {
        return wrong(format!("`{}` is not a possible result of a request", text.escape_default()), NEXT);
    };
    let rest = rest.trim();
    match word.trim() {
        "denied" => match Code::ALL.iter().find(|code| code.name() == rest) {
            Some(code) => Ok(ExpectedResult::Denied(*code)),
            None => {
                let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
                let next = closest(rest, names.iter().copied()).map_or_else(
                    || format!("the codes are {}", names.join(", ")),
                    |meant| format!("did you mean `{meant}`?"),
                );
                wrong(format!("there is no code `{}`", rest.escape_default()), next)
            }
        },
        "waits" if !rest.is_empty() => {
            Ok(ExpectedResult::Waits(rest.split(',').map(|group| group.trim().to_owned()).collect()))
        }
        _ => wrong(format!("`{}` is not a possible result of a request", text.escape_default()), NEXT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn lines_read() {
        let text = "# a comment\n\nalice@corp.com asks deploy 1h in 111122223333 at 2026-11-27T09:00:00Z approved by bob, dan → granted 1h # yes\n";
        let cases = parse(text).unwrap();
        assert_eq!(cases.len(), 1);
        assert_eq!(
            (cases[0].line, cases[0].approved_by.as_slice()),
            (3, ["bob".to_owned(), "dan".to_owned()].as_slice())
        );
        assert_eq!(cases[0].wanted.to_string(), "granted 1h");
    }

    #[test]
    fn lines_that_are_not_cases_are_reported() {
        let cases = [
            ("alice asks deploy 1h", "the case has no `->` and no expected result"),
            ("alice wants deploy 1h -> granted 1h", "`wants` is in the place of `asks`"),
            ("alice asks deploy -> granted 1h", "the case ends before the duration"),
            (
                "alice asks deploy soon -> granted 1h",
                "`soon` is not a duration; write 8h, 90m, 1h30m or 3600s",
            ),
            ("a* asks deploy 1h -> granted 1h", "`a*` cannot be a person"),
            ("alice asks deploy 1h in prod -> granted 1h", "`in prod` does not name an account"),
            ("alice asks deploy 1h at noon -> granted 1h", "`at noon` is not a time"),
            ("alice asks deploy 1h at -> granted 1h", "`at ` is not a time"),
            ("alice asks deploy 1h approved bob -> granted 1h", "`approved` is followed by `by`"),
            ("alice asks deploy 1h approved by -> granted 1h", "`` cannot be a person"),
            ("alice asks deploy 1h aproved by bob -> granted 1h", "`aproved` is not expected here"),
            ("alice asks deploy 1h in 111122223333 in 111122223333 -> granted 1h", "`in` occurs twice"),
            ("alice asks deploy 1h -> denied: lapsd", "there is no code `lapsd`"),
            ("alice asks deploy 1h -> denied", "`denied` is not a possible result of a request"),
            ("alice asks deploy 1h -> waits:", "`waits:` is not a possible result of a request"),
            ("alice asks deploy 1h -> granted", "`` is not a duration; write 8h, 90m, 1h30m or 3600s"),
            ("alice asks deploy 1h -> maybe", "`maybe` is not a possible result of a request"),
        ];
        for (line, what) in cases {
            let errors = parse(&format!("\n{line}")).unwrap_err();
            assert_eq!((errors[0].line, errors[0].what.as_str()), (2, what), "{line}");
        }
        let all: String = cases.iter().map(|(line, _)| format!("{line}\n")).collect();
        assert_eq!(parse(&all).unwrap_err().len(), cases.len(), "every line is named");
    }

    #[test]
    fn failures_show_the_actual_result() {
        let policy = testing::policy();
        let now = testing::at("2026-11-27T09:00:00Z");
        let text = "alice@corp.com asks deploy 1h -> granted 1h\nalice@corp.com asks deploy 1h -> waits: payments-owners\n";
        let failures = run(&policy, &testing::directory(), &parse(text).unwrap(), now);
        assert_eq!(failures.len(), 1);
        assert_eq!((failures[0].line, failures[0].got.as_str()), (1, "waits: payments-owners"));
    }
}
