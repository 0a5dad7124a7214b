//! `jit credential-process`: called by AWS's tools. Asks nothing, reads no input, prints one line.

use std::time::Duration;

use clap::Args;

use crate::broker::{Interaction, Need};
use crate::error::CommandResult;
use crate::idp::LoginOptions;
use crate::ui::Ui;
use crate::world::World;

use super::audit_log::Taker;
use super::subject::{RoleArgs, Subject};

/// Print credentials for an AWS tool (credential_process)
///
/// Prints the credential_process JSON and nothing else. Never prompts, never reads
/// stdin, and opens no browser without --auto-login.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CredentialProcessArgs {
    /// The role
    #[arg(value_name = "ROLE", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    pub role: String,
    /// Open the browser if you need to sign in, and wait up to 55 s
    #[arg(long)]
    pub auto_login: bool,
}

/// AWS's Go SDK, and so Terraform, waits one minute for a credential_process.
const CALLER_WAITS: Duration = Duration::from_secs(55);

/// Prints the credentials.
///
/// # Errors
/// The failure to show. AWS's tools pass stderr on.
pub(super) fn run(args: &CredentialProcessArgs, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find_for_program(&RoleArgs::named(&args.role), CALLER_WAITS, world)?;
    let options = LoginOptions { within: CALLER_WAITS, ..LoginOptions::by_browser() };
    let mut need =
        Need { min_ttl: Duration::ZERO, force: false, interaction: Interaction::Never, wait: CALLER_WAITS };
    if (args.auto_login || subject.plan.auto_login) && world.browser.available() {
        need.interaction = Interaction::Allowed(options);
    }
    let session = subject.session(&need, Taker::itself("credential-process"))?;
    ui.data(&session.to_credential_process())
}
