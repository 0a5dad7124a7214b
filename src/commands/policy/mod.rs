//! `jit policy`: who may request what, and who must approve.

mod cases;
mod check;
mod files;
mod publish;
mod render;
mod show;

use clap::{Args, Subcommand};

use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;

pub(super) use publish::PublishArgs;

/// Check, test and publish the policy of access on request
///
/// The policy says who may request which access, and who must approve. Several
/// files and folders are one policy; of a folder, its files that end in .toml.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct PolicyArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What can be done with a policy.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "said by the types of their arguments")]
pub enum PolicyCommand {
    Check(check::CheckArgs),
    Test(cases::TestArgs),
    Show(show::ShowArgs),
    Publish(publish::PublishArgs),
    Render(Box<render::RenderArgs>),
}

impl PolicyArgs {
    /// Whether it is about files alone, and so asks nobody.
    pub(super) fn is_pure(&self) -> bool {
        match &self.command {
            PolicyCommand::Check(_) | PolicyCommand::Test(_) | PolicyCommand::Render(_) => true,
            PolicyCommand::Show(_) | PolicyCommand::Publish(_) => false,
        }
    }

    /// Whether a script reads what is said.
    pub(super) fn json(&self) -> bool {
        match &self.command {
            PolicyCommand::Check(args) => args.json,
            PolicyCommand::Test(args) => args.json,
            PolicyCommand::Show(args) => args.json,
            PolicyCommand::Publish(args) => args.json,
            PolicyCommand::Render(_) => false,
        }
    }
}

pub(super) fn run(args: &PolicyArgs, world: &World, ui: &Ui) -> CommandResult {
    match &args.command {
        PolicyCommand::Check(args) => check::run(args, ui),
        PolicyCommand::Test(args) => cases::run(args, world, ui),
        PolicyCommand::Show(args) => show::run(args, world, ui),
        PolicyCommand::Publish(args) => publish::run(args, world, ui),
        PolicyCommand::Render(args) => render::run(args, ui),
    }
}
