//! Records who took which session, as one line of JSON, where `audit_log` in the configuration says. Every command that
//! hands over a session records it here first ([`Taker`]). No line contains a secret: an access key id is not one, and the
//! arguments of a command, which may be, are left out.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::file::AuditLog;
use crate::plan::{Origin, Plan};
use crate::sys::{audit_log, process};
use crate::world::{Note, World};
use jit_wire::credentials::Session;
use jit_wire::timestamp::duration;

/// The command that takes a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker<'a> {
    /// The command of `jit`.
    pub(super) command: &'static str,
    /// The program that gets the session.
    pub(super) program: Option<&'a OsStr>,
}

impl Taker<'_> {
    /// A command that gets the session itself, or prints it.
    pub(super) fn itself(command: &'static str) -> Self {
        Self { command, program: None }
    }
}

/// Notes that `taker` took `session`. That this fails is told and stops nothing.
pub(super) fn note(log: Option<&AuditLog>, taker: Taker<'_>, plan: &Plan, session: &Session, world: &World) {
    let Some(log) = log else { return };
    let entry = entry(taker, plan, session, world).to_string();
    let (written, place) = match log {
        AuditLog::Off => return,
        AuditLog::Syslog => (audit_log::to_syslog(&entry), "syslog"),
        AuditLog::Journald => (audit_log::to_journal(&entry), "journald"),
        AuditLog::File(path) => {
            let whole = match path.strip_prefix("~/") {
                Some(rest) => world.folders.home.join(rest),
                None => path.into(),
            };
            (audit_log::append(&whole, format!("{entry}\n").as_bytes()), path.as_str())
        }
    };
    if let Err(error) = written {
        let text = format!("could not write to the audit log ({place}): {error}");
        world.person.tell(Note::Warning { text: &text });
    }
}

fn entry(taker: Taker<'_>, plan: &Plan, session: &Session, world: &World) -> Value {
    let name =
        |program: &OsStr| Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
    let caller = process::caller();
    json!({
        "version": 1,
        "time": world.clock.now().to_rfc3339(),
        "event": "session",
        "command": taker.command,
        "program": taker.program.map(name),
        "caller": caller.as_ref().map(|caller| caller.name.as_str()),
        "caller_pid": caller.as_ref().map(|caller| caller.id),
        "pid": std::process::id(),
        "role": plan.role,
        "account": session.account(),
        "role_arn": session.role_arn,
        "session_arn": session.assumed_arn,
        "access_key_id": session.credentials.access_key_id,
        "until": session.credentials.expires_at.to_rfc3339(),
        "user": session.user,
        "idp": session.idp,
        "restricted_by": restricted_by(plan),
    })
}

/// What the command line restricts the session by, in a few words each.
fn restricted_by(plan: &Plan) -> Vec<String> {
    let leg = plan.target();
    let typed = |origin: &Origin| matches!(origin, Origin::Flag(_));
    let arns = leg.policy_arns.iter().filter(|arns| typed(&arns.origin)).flat_map(|arns| arns.value.clone());
    let policy =
        leg.policy.iter().filter(|policy| typed(&policy.origin)).map(|_| "session policy".to_owned());
    let max = Some(&leg.duration)
        .filter(|max| max.origin == Origin::Flag("--max"))
        .map(|max| format!("at most {}", duration(std::time::Duration::from_secs(max.value.into()))));
    arns.chain(policy).chain(max).collect()
}
