//! From the arguments of `jit exec` to the role and its session.

use std::ffi::{OsStr, OsString};

use super::ExecArgs;
use super::announce::announce;
use crate::commands::audit_log::Taker;
use crate::commands::subject::{Subject, typed_need};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;
use jit_wire::credentials::Session;

/// The role, and a session of it.
pub(super) struct Taken<'w> {
    pub(super) subject: Subject<'w>,
    pub(super) session: Session,
}

/// The role and its session, announced to the person. `shell` is set if it runs instead of a command.
///
/// # Errors
/// There is no such role, or no session of it.
pub(super) fn take<'w>(
    args: &ExecArgs,
    shell: Option<&OsStr>,
    world: &'w World,
    ui: &Ui,
) -> CommandResult<Taken<'w>> {
    let mut subject = Subject::find_fast(&args.role, world)?
        .restricted(&args.restriction)?
        .in_region(args.region.as_deref())?;
    subject.confirm()?;
    let need = typed_need(world, args.min_ttl);
    let session = subject.session(&need, taker(args))?;
    if !args.quiet {
        announce(&subject.plan, &session, shell, world, ui);
    }
    Ok(Taken { subject, session })
}

/// Who takes the session: the command, of which only the program is said.
pub(super) fn taker(args: &ExecArgs) -> Taker<'_> {
    Taker { command: "exec", program: args.command.first().map(OsString::as_os_str) }
}
