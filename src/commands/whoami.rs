//! `jit whoami`: what AWS says about a role's session.

use serde_json::json;

use crate::aws::sts;
use crate::cli::Whoami;
use crate::error::CommandResult;
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::{World, clock_time};
use jit_wire::credentials::Session;

use super::{Subject, advice, typed_need};
use crate::broker::BrokerError;

pub(super) fn run(args: &Whoami, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find(&args.role, world)?;
    let session = subject.session(world, &typed_need(world, None))?;
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
        let on = if session.transitive_tags.contains(key) { "  (goes on to spokes)" } else { "" };
        ui.line(shown!("tag      {} = {}{}", key, value, on))
    })
}
