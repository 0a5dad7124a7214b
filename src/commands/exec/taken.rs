//! From the arguments of `jit exec` to the role and its session.

use std::ffi::{OsStr, OsString};

use super::ExecArgs;
use super::announce::announce;
use super::beside;
use crate::commands::audit_log::Taker;
use crate::commands::subject::{RoleArgs, Subject, typed_need};
use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;
use jit_wire::credentials::Session;

/// The role, and a session of it.
pub(super) struct Taken<'w> {
    pub(super) subject: Subject<'w>,
    pub(super) session: Session,
}

/// The role: for a companion, the one that its principal has found already.
///
/// # Errors
/// There is no such role, or it is not granted.
pub(super) fn find<'w>(args: &ExecArgs, world: &'w World) -> CommandResult<Subject<'w>> {
    let found = beside::role_of_other_half().map(|role| RoleArgs::named(&role));
    Subject::find_fast(found.as_ref().unwrap_or(&args.role), world)
}

/// The role and its session, which ends when AWS says, announced to the person. `shell` is set if it runs instead of a command.
///
/// # Errors
/// There is no session of it.
pub(super) fn take<'w>(
    subject: Subject<'w>,
    args: &ExecArgs,
    shell: Option<&OsStr>,
    world: &World,
    ui: &Ui,
) -> CommandResult<Taken<'w>> {
    let subject = subject.restricted(&args.restriction)?.in_region(args.region.as_deref())?;
    subject.confirm()?;
    let need = typed_need(world, args.min_ttl);
    let session = subject.whole_session(&need, taker(args))?;
    if !args.quiet {
        announce(&subject.plan, &subject.as_granted(session.clone()), shell, world, ui);
    }
    Ok(Taken { subject, session })
}

/// Who takes the session: the command, of which only the program is said.
pub(super) fn taker(args: &ExecArgs) -> Taker<'_> {
    Taker { command: "exec", program: args.command.first().map(OsString::as_os_str) }
}
