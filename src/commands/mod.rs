//! Each command is one file: its arguments, their help, and what it does.
//!
//! Shared by the commands: `load` reads the user's files, `nameable` lists every role in them, `subject` is
//! the role of a command, `unknown` finds what a name that matches no role may have meant, `region` handles
//! `--region`, `access` is what the commands about requests share, `pick` is the picker, and `advice` turns
//! the advice of errors into hints.

mod access;
mod advice;
pub mod approve;
mod audit_log;
pub mod completions;
pub mod configure;
pub mod console;
pub mod credential_process;
pub mod demo;
pub mod deny;
pub mod doctor;
pub mod drop;
mod enforced;
pub mod env;
pub mod exec;
pub mod explain;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod load;
mod lock;
pub mod login;
pub mod logout;
pub mod man;
mod nameable;
mod organization;
mod pick;
pub mod policy;
mod region;
pub mod request;
pub mod requests;
pub mod revoke;
pub mod roles;
pub mod status;
pub mod subject;
mod terminals;
mod unknown;
pub mod whoami;

use clap::{Parser, Subcommand};

use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::{Asking, World};

/// The version with the commit and the target that it is built from, for `--version`; `-V` shows the version alone.
const LONG_VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("JIT_COMMIT"), ", ", env!("JIT_TARGET"), ")");

/// Temporary AWS credentials and nothing else
///
/// Sign in once at your company's identity provider (IdP). jit assumes a hub role
/// and from there the roles you work with, stores the short-lived sessions sealed
/// under a key in your keychain, and provides them to every AWS tool.
#[derive(Debug, Parser)]
#[command(name = "jit", version, long_version = LONG_VERSION, propagate_version = true, verbatim_doc_comment)]
#[command(after_help = "Start with `jit demo`: it shows everything and changes nothing on your machine.")]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// Show each call, each look into the store and each decision
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// The commands. Their help is that of their arguments, if it is not here.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "said by the types of their arguments")]
pub enum Command {
    Login(login::LoginArgs),
    Exec(exec::ExecArgs),
    CredentialProcess(credential_process::CredentialProcessArgs),
    Env(env::EnvArgs),
    Status(status::StatusArgs),
    Roles(roles::RolesArgs),
    Console(console::ConsoleArgs),
    Whoami(whoami::WhoamiArgs),
    Explain(explain::ExplainArgs),
    Logout(logout::LogoutArgs),
    /// Remove the copy of the data key from the kernel keyring
    ///
    /// The next command reads the key from the keychain again, or asks for the
    /// passphrase. With JIT_STORE=kernel the kernel has the only key, not a copy: use
    /// `jit logout --all` to destroy it.
    #[command(verbatim_doc_comment)]
    Lock,
    Configure(configure::ConfigureArgs),
    Request(request::RequestArgs),
    Requests(requests::RequestsArgs),
    Approve(approve::ApproveArgs),
    Deny(deny::DenyArgs),
    Drop(drop::DropArgs),
    Revoke(revoke::RevokeArgs),
    Policy(policy::PolicyArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Demo(demo::DemoArgs),
}

impl Command {
    /// Whether messages are suppressed.
    pub fn quiet(&self) -> bool {
        match self {
            Self::Login(args) => args.quiet,
            Self::Exec(args) => args.quiet,
            _ => false,
        }
    }

    /// What the command may ask. Decided only here: commands that only show state, as shells run them at
    /// every prompt, never wait for a passphrase or a dialog, and never read input meant for another
    /// program.
    pub fn asking(&self) -> Asking {
        match self {
            Self::Status(_)
            | Self::Roles(_)
            | Self::Explain(_)
            | Self::Lock
            | Self::Completions(_)
            | Self::Man(_) => Asking::Nothing,
            Self::Policy(args) if args.is_pure() => Asking::Nothing,
            // Other programs run these commands, and cannot answer.
            Self::CredentialProcess(_) => Asking::Nobody,
            // A person may have typed it, and have somebody else read what it prints.
            Self::Exec(_) => Asking::Person,
            _ if self.json() => Asking::Nobody,
            Self::Login(_)
            | Self::Env(_)
            | Self::Console(_)
            | Self::Whoami(_)
            | Self::Logout(_)
            | Self::Configure(_)
            | Self::Request(_)
            | Self::Requests(_)
            | Self::Approve(_)
            | Self::Deny(_)
            | Self::Drop(_)
            | Self::Revoke(_)
            | Self::Policy(_)
            | Self::Doctor(_)
            | Self::Demo(_) => Asking::Person,
        }
    }

    /// Whether the output is JSON, errors included.
    pub fn json(&self) -> bool {
        match self {
            Self::Status(args) => args.json,
            Self::Roles(args) => args.json,
            Self::Whoami(args) => args.json,
            Self::Explain(args) => args.json,
            Self::Approve(args) => args.json,
            Self::Deny(args) => args.json,
            Self::Revoke(args) => args.json,
            Self::Policy(args) => args.json(),
            Self::Doctor(args) => args.json,
            Self::Request(args) => args.json,
            Self::Requests(args) => args.json,
            Self::Exec(args) => args.json,
            _ => false,
        }
    }
}

/// Runs a command.
///
/// # Errors
/// The failure to show; its kind is the exit code.
pub fn run(command: &Command, world: &World, ui: &Ui) -> CommandResult {
    match command {
        Command::Login(args) => login::run(args, world, ui),
        Command::Exec(args) => exec::run(args, world, ui),
        Command::CredentialProcess(args) => credential_process::run(args, world, ui),
        Command::Env(args) => env::run(args, world, ui),
        Command::Status(args) => status::run(args, world, ui),
        Command::Roles(args) => roles::run(args, world, ui),
        Command::Console(args) => console::run(args, world, ui),
        Command::Whoami(args) => whoami::run(args, world, ui),
        Command::Explain(args) => explain::run(args, world, ui),
        Command::Logout(args) => logout::run(args, world, ui),
        Command::Lock => lock::run(world, ui),
        Command::Configure(args) => configure::run(args, world, ui),
        Command::Request(args) => request::run(args, world, ui),
        Command::Requests(args) => requests::run(args, world, ui),
        Command::Approve(args) => approve::run(args, world, ui),
        Command::Deny(args) => deny::run(args, world, ui),
        Command::Drop(args) => drop::run(args, world, ui),
        Command::Revoke(args) => revoke::run(args, world, ui),
        Command::Policy(args) => policy::run(args, world, ui),
        Command::Doctor(args) => doctor::run(args, world, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
        Command::Demo(args) => demo::run(args, world, ui),
    }
}
