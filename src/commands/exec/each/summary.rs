//! What came of the commands of all roles.

use std::process::ExitStatus;

use super::output;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::ui::Ui;
use crate::ui::text::shown;

/// How many failures are listed; the others are counted.
const MOST_LISTED: usize = 20;

/// What came of the roles.
pub(super) struct Summary {
    asked: usize,
    begun: usize,
    /// The roles for which it failed, each with why.
    failures: Vec<(String, CommandError)>,
}

impl Summary {
    /// `missing` are roles that were named and could not be used at all.
    pub(super) fn of(
        plans: &[Plan],
        outcomes: Vec<Option<CommandResult<ExitStatus>>>,
        missing: Vec<(String, CommandError)>,
    ) -> Self {
        let mut summary = Self { asked: plans.len() + missing.len(), begun: 0, failures: missing };
        for (plan, outcome) in plans.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            summary.begun += 1;
            let failure = match outcome {
                Ok(status) => output::failure(status).map(|what| CommandError::new(Kind::Failed, what)),
                Err(error) => Some(error),
            };
            summary.failures.extend(failure.map(|error| (plan.role.clone(), error)));
        }
        summary
    }

    /// Says that it worked everywhere.
    ///
    /// # Errors
    /// It did not.
    pub(super) fn told(self, ui: &Ui) -> CommandResult {
        let Self { asked, begun, failures } = self;
        if failures.is_empty() {
            let word = if asked == 1 { "role" } else { "roles" };
            ui.done(shown!("{} {}", asked, word));
            return Ok(());
        }
        // Where nothing was started for one and the same reason, that is the failure, with its code.
        if let [(_, first), ..] = &failures[..]
            && matches!(first.kind, Kind::LoginNeeded | Kind::NotFound | Kind::NotExecutable)
            && failures.len() == begun
            && failures.iter().all(|(_, failure)| failure.what == first.what)
        {
            return Err(first.clone());
        }
        let count = failures.len();
        let what = match asked {
            1 => "the command failed".to_owned(),
            _ => format!("failed for {count} of {asked} roles"),
        };
        Err(listed(what, failures))
    }

    pub(super) fn interrupted(self) -> CommandError {
        let what = format!("interrupted: {} of {} roles were begun", self.begun, self.asked);
        let mut whole = listed(what, self.failures);
        whole.kind = Kind::Interrupted;
        whole
    }
}

/// One failure for all.
fn listed(what: String, mut failures: Vec<(String, CommandError)>) -> CommandError {
    let more = failures.split_off(failures.len().min(MOST_LISTED)).len();
    let mut whole = CommandError::of_several(what, failures);
    if more > 0 {
        whole = whole.because(format!("{more} more"));
    }
    whole.kind = Kind::Failed;
    whole
}
