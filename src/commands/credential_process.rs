//! `jit credential-process`: what AWS's tools call. Asks nothing, reads nothing; one line on stdout.

use std::time::Duration;

use crate::broker::{Interaction, Need};
use crate::cli::{Narrow, Role};
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::ui::Ui;
use crate::world::World;

use super::{Reading, Subject};

/// AWS's Go SDK, and so Terraform, gives its helper a minute.
const CALLER_WAITS: Duration = Duration::from_secs(55);

/// Prints the answer for `role`.
///
/// # Errors
/// The failure to show; AWS's tools pass stderr on.
pub(super) fn run(role: &str, auto_login: bool, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find_narrowed(&Role::named(role), &Narrow::default(), Reading::Part, world)?;
    let options = LoginOptions { within: CALLER_WAITS, ..LoginOptions::by_browser() };
    let mut need =
        Need { min_ttl: Duration::ZERO, force: false, interaction: Interaction::Never, wait: CALLER_WAITS };
    if (auto_login || subject.plan.auto_login) && world.browser.available() {
        need.interaction = Interaction::Allowed(options);
    }
    let session = subject.session(world, &need)?;
    ui.data(&session.to_credential_process())
}
