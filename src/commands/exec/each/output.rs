//! What the commands of `--each` print: each line behind the name of its role, or one JSON object for each role.

use std::cell::RefCell;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::commands::access::NotHeld;
use crate::commands::advice;
use crate::plan::Plan;
use crate::sys::process::OutputStream;
use crate::ui::Ui;
use crate::ui::text::{Shown, escape, shown};
use jit_wire::explain::Explain as _;

/// As much of each output of a command is kept for its JSON object.
const KEPT: usize = 8 * 1024 * 1024;

/// Where the output of the command for one role goes.
pub(super) enum Sink<'a> {
    /// To the same stream of this process, behind this prefix.
    Lines(&'a Ui, Shown),
    /// Into one object.
    Object(RefCell<Captured>),
}

/// What a command printed.
#[derive(Default)]
pub(super) struct Captured {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    truncated: bool,
}

impl<'a> Sink<'a> {
    /// For the role of `plan`; `width` is that of the longest name.
    pub(super) fn new(plan: &Plan, width: usize, as_json: bool, ui: &'a Ui) -> Self {
        match as_json {
            true => Self::Object(RefCell::default()),
            false => Self::Lines(ui, escape(&plan.role).padded(width)),
        }
    }

    /// One line, without its end.
    pub(super) fn line(&self, stream: OutputStream, line: &[u8]) {
        match self {
            Self::Lines(ui, prefix) => ui.line_of_child(prefix, line, stream == OutputStream::Stderr),
            Self::Object(captured) => captured.borrow_mut().line(stream, line),
        }
    }
}

impl Captured {
    fn line(&mut self, stream: OutputStream, line: &[u8]) {
        let to = match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        };
        if to.len() + line.len() < KEPT {
            to.extend_from_slice(line);
            to.push(b'\n');
        } else {
            self.truncated = true;
        }
    }
}

/// The object for one role: what the command printed, and how it ended; or why it was not started.
pub(super) fn object(
    plan: &Plan,
    captured: &Captured,
    outcome: &Result<ExitStatus, String>,
    began: Instant,
) -> Value {
    let took: Duration = began.elapsed();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = outcome.as_ref().ok();
    json!({
        "version": 1,
        "role": plan.role,
        "account": plan.target().role.value.account(),
        "exit_code": status.and_then(ExitStatus::code),
        "signal": status.and_then(|status| signal(*status)),
        "error": outcome.as_ref().err(),
        "stdout": text(&captured.stdout),
        "stderr": text(&captured.stderr),
        "truncated": captured.truncated,
        "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// How a command ended, in words; `None` if it succeeded.
pub(super) fn failure(status: ExitStatus) -> Option<String> {
    match (status.success(), status.code(), signal(status)) {
        (true, ..) => None,
        (_, Some(code), _) => Some(format!("exit code {code}")),
        (_, None, Some(signal)) => Some(format!("ended by signal {signal}")),
        (_, None, None) => Some("ended without an exit code".to_owned()),
    }
}

fn signal(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    {
        std::os::unix::process::ExitStatusExt::signal(&status)
    }
    #[cfg(not(unix))]
    {
        let _ = status;
        None
    }
}

/// Says that a role on request matches and is not used, with the command that would change that.
pub(super) fn passed_over(why: &NotHeld, ui: &Ui) {
    let next = why.next().first().map(advice::in_words).unwrap_or_default();
    ui.say(shown!("Left out: {} (next: {})", why.to_string(), next));
}
