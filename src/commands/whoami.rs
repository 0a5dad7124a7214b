//! `jit whoami`: the identity of a role's session, as AWS reports it.

use clap::Args;
use serde_json::json;

use crate::aws::sts;
use crate::error::CommandResult;
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::{World, clock_time};
use jit_wire::credentials::Session;

use super::advice;
use super::audit_log::Taker;
use super::subject::{RoleArgs, Subject, typed_need};
use crate::broker::BrokerError;

/// Ask AWS for the identity of a role's session
///
/// With --tags, also prints the session's tags: those from the IdP, those passed
/// down the chain, and the role's own.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct WhoamiArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// Print the session tags too
    #[arg(long)]
    pub tags: bool,
    /// As JSON, for scripts; always includes the tags
    #[arg(long)]
    pub json: bool,
}

impl WhoamiArgs {
    /// `jit whoami ROLE`.
    pub fn of(role: &str) -> Self {
        Self { role: RoleArgs::named(role), tags: false, json: false }
    }
}

pub(super) fn run(args: &WhoamiArgs, world: &World, ui: &Ui) -> CommandResult {
    let mut subject = Subject::find(&args.role, world)?;
    let session = subject.session(&typed_need(world, None), Taker::itself("whoami"))?;
    let asked = sts::caller_identity(&world.http, &subject.plan.target().sts, &session.credentials);
    let identity = process::block_on(asked).map_err(|error| {
        advice::no_session(&BrokerError::Sts(Box::new(error)), &subject.plan, advice::Typed::Another)
    })?;
    if args.json {
        return ui.json(&json!({
            "account": identity.account,
            "arn": identity.arn,
            "user_id": identity.user_id,
            "source_identity": session.source_identity,
            "tags": session.tags,
            "transitive_tags": session.transitive_tags,
            "role": session.role,
            "restricted_by": session.restricted_by,
            "user": session.user,
            "idp": session.idp,
            "sign_in": session.sign_in.to_json(),
        }));
    }
    ui.line(shown!("account  {}", identity.account))?;
    ui.line(shown!("arn      {}", identity.arn))?;
    ui.line(shown!("user id  {}", identity.user_id))?;
    if let Some(source) = &session.source_identity {
        ui.line(shown!("source   {}", source))?;
    }
    ui.line(shown!("idp      {} at {}", session.user, session.idp))?;
    if let Some(how) = session.sign_in.in_words(|at| clock_time(at, &*world.clock)) {
        ui.line(escape(&how))?;
    }
    if args.tags {
        tags(&session, ui)?;
    }
    Ok(())
}

fn tags(session: &Session, ui: &Ui) -> CommandResult {
    if session.tags.is_empty() {
        return ui.line("tags     none");
    }
    session.tags.iter().try_for_each(|(key, value)| {
        let on = if session.transitive_tags.contains(key) { "  (passed on to spokes)" } else { "" };
        ui.line(shown!("tag      {} = {}{}", key, value, on))
    })
}
