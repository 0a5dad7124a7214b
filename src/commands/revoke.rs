//! `jit revoke`: end a grant, or a request, now.

use clap::Args;
use jit_access::fold::{Case, Phase, State};
use jit_access::id::Id;
use jit_access::ledger::{Fact, Revoke};
use jit_access::policy::{Apply, Right};
use jit_wire::explain::{Explain, Next};
use serde_json::json;

use super::access::{self, Desk, at_desk, case_json, failed};
use super::load::Configuration;
use crate::broker::Broker;
use crate::error::{CommandError, CommandResult, Kind};
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;

/// End a grant or a request now
///
/// First writes the revocation, which everybody who applies grants obeys, then has
/// the grant's policy deleted. Approvers of the access and security may do it. AWS
/// sets no limit for when all its servers know that a policy is deleted; it usually
/// takes seconds.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RevokeArgs {
    /// The request; its short id is enough
    #[arg(value_name = "ID", required_unless_present = "user", add = clap_complete::ArgValueCompleter::new(super::access::request_ids))]
    pub id: Option<String>,
    /// Everything that this person holds or waits for
    #[arg(long, value_name = "PERSON", conflicts_with = "id")]
    pub user: Option<String>,
    /// Why; the person and everybody who may enter can read it
    #[arg(short, long, value_name = "WHY", value_parser = access::reason)]
    pub message: String,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Why something is not revoked.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRevoked {
    /// The person may not.
    #[error("you may not revoke {0}: its approvers and security may")]
    NotYours(String),
    /// There is nobody of that name with anything.
    #[error("{0} holds nothing and waits for nothing")]
    Nothing(String),
    /// It is revoked, and its policy may still be in AWS.
    #[error("{short} is revoked, but its policy was not deleted: {what}")]
    NotDeleted { short: String, what: String, kind: Kind, next: Vec<Next> },
}

impl Explain for NotRevoked {
    fn kind(&self) -> Kind {
        match self {
            Self::NotYours(_) => Kind::Refused,
            Self::Nothing(_) => Kind::Usage,
            Self::NotDeleted { kind, .. } => *kind,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NotYours(_) => Next::list(["ask an approver of that access, or security"]),
            Self::Nothing(_) => {
                Next::list(["name the person as the policy does, or the name of their session"])
            }
            Self::NotDeleted { short, next, .. } => std::iter::once(Next::Run {
                command: format!("revoke {short} -m WHY").into(),
                does: "tries again, and any approver can".into(),
            })
            .chain(next.iter().cloned())
            .collect(),
        }
    }
}

/// A request that is to be ended.
struct Target {
    id: Id,
    /// Whether a revocation has to be written: not where there is one already.
    is_new: bool,
    /// Whether AWS may have a policy of it.
    was_granted: bool,
}

pub(super) fn run(args: &RevokeArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Vote, world)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    let (targets, refused) = at_desk(&ledger, &view, Right::Vote, world, |desk| {
        let (targets, refused) = targets(args, desk)?;
        // Facts first, and all of them: a command that is stopped after this has revoked everything.
        for target in targets.iter().filter(|target| target.is_new) {
            let case = desk.case(target.id);
            let case = case.ok_or_else(|| access::NotMeant::None(target.id.to_string()))?;
            let request = case.id;
            let sha256 = case.hash;
            let reason = args.message.clone();
            let fact = Fact::Revoke(Revoke { request, sha256, reason });
            desk.ledger.say(desk.user_id, &fact).map_err(|error| failed(&error, desk.ledger))?;
        }
        Ok((targets, refused))
    })?;
    let by_approver = view.policy().is_ok_and(|stored| stored.policy.deployment.apply == Apply::Approver);
    let mut failures = Vec::new();
    for target in targets.iter().filter(|_| by_approver) {
        if let Err(error) = ledger.apply(target.id) {
            failures.push((target.id, error));
        }
    }
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    at_desk(&ledger, &view, Right::Vote, world, |desk| {
        if args.json {
            let done = targets.iter().filter_map(|target| desk.case(target.id));
            let all: Vec<_> = done.map(|case| case_json(&case, desk, true)).collect();
            ui.json(&json!({ "revoked": all }))?;
        }
        tell(&targets, by_approver, !failures.is_empty(), desk, ui);
        let failure = |(id, error): (Id, crate::broker::AccessError)| {
            let short = desk.short(id);
            let what = error.to_string();
            let kind = error.kind();
            let next = error.next();
            CommandError::from(NotRevoked::NotDeleted { short, what, kind, next })
        };
        let refusal = |short: String| CommandError::from(NotRevoked::NotYours(short));
        let mut all: Vec<CommandError> = failures.into_iter().map(failure).collect();
        all.extend(refused.into_iter().map(refusal));
        match all.len() {
            0 => Ok(()),
            1 => Err(all.remove(0)),
            several => {
                let named = all.into_iter().map(|error| ("revoke".to_owned(), error)).collect();
                Err(CommandError::of_several(format!("{several} were not ended"), named))
            }
        }
    })
}

/// What is to be ended, and what the person may not end.
fn targets(args: &RevokeArgs, desk: &Desk<'_>) -> CommandResult<(Vec<Target>, Vec<String>)> {
    let target = |case: &Case<'_>| -> Option<Target> {
        let was_granted = case.decision.is_some();
        match desk.state(case) {
            state if state.is_open() => Some(Target { id: case.id, is_new: true, was_granted }),
            // Revoked before, and not yet removed from AWS.
            State::Granted { phase: Phase::Ended { .. }, .. } if case.ended.is_none() => {
                Some(Target { id: case.id, is_new: false, was_granted })
            }
            State::Granted { phase: Phase::Failed { .. }, .. } => {
                Some(Target { id: case.id, is_new: true, was_granted })
            }
            _ => None,
        }
    };
    let may = |case: &Case<'_>| case.may_revoke(&desk.people, desk.user_id);
    if let Some(typed) = &args.id {
        let case = desk.find(typed)?;
        if !may(&case) {
            return Err(NotRevoked::NotYours(desk.short(case.id)).into());
        }
        return Ok((target(&case).into_iter().collect(), Vec::new()));
    }
    let name = args.user.as_deref().unwrap_or_default();
    let mut targets = Vec::new();
    let mut refused = Vec::new();
    let is_theirs = |case: &Case<'_>| case.author.session_name() == name || desk.name_of(case.author) == name;
    for case in desk.cases().filter(is_theirs) {
        let Some(target) = target(&case).filter(|target| target.is_new) else { continue };
        if may(&case) {
            targets.push(target);
        } else {
            refused.push(desk.short(case.id));
        }
    }
    if targets.is_empty() && refused.is_empty() {
        return Err(NotRevoked::Nothing(name.to_owned()).into());
    }
    Ok((targets, refused))
}

/// Says what was ended, and what AWS does not promise.
fn tell(targets: &[Target], by_approver: bool, has_failed: bool, desk: &Desk<'_>, ui: &Ui) {
    if targets.is_empty() {
        ui.done("Nothing to revoke: it has ended already");
    }
    for target in targets {
        let Some(case) = desk.case(target.id) else { continue };
        let access = &case.request.access;
        let who = desk.name_of(case.author);
        ui.done(if target.was_granted {
            shown!("Revoked {} of {}", access, who)
        } else {
            shown!("Revoked the request of {} for {}", who, access)
        });
    }
    if !targets.iter().any(|target| target.was_granted) {
        return;
    }
    match (by_approver, has_failed) {
        (true, true) => {}
        (true, false) => {
            ui.say("The policy is deleted. AWS sets no limit for when all its servers know; it usually takes seconds");
        }
        (false, _) => ui.say(
            "The function deletes the policy next. AWS sets no limit for when all its servers know; it usually takes seconds",
        ),
    }
}
