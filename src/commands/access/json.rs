//! Requests as JSON.

use jit_access::fold::{Case, Phase, State};
use serde_json::{Value, json};

use super::page::{documents, facts_about};
use super::words::accounts_of;
use super::{Desk, Wanted};

/// The state, with its times and its reason.
pub(crate) fn state_json(state: &State) -> Value {
    match state {
        State::Pending | State::Lapsed | State::Dropped => json!({ "name": state.name() }),
        State::Denied { code, why } => json!({ "name": state.name(), "code": code, "why": why }),
        State::Granted { from, until, phase } => {
            let mut value = json!({
                "name": state.name(),
                "from": from.to_rfc3339(),
                "until": until.to_rfc3339(),
            });
            match phase {
                Phase::Scheduled => {}
                Phase::Live { applied } => value["applied"] = json!(applied),
                Phase::Ended { at, cause } => {
                    value["ended_at"] = json!(at.to_rfc3339());
                    value["cause"] = json!(cause);
                }
                Phase::Failed { why } => value["why"] = json!(why),
            }
            value
        }
    }
}

/// A request: what was asked, its state, and who is missing; with `whole` everything that happened, and the policies.
pub(crate) fn case_json(case: &Case<'_>, desk: &Desk<'_>, whole: bool) -> Value {
    let request = case.request;
    let state = desk.state(case);
    let mut value = json!({
        "id": case.id.to_string(),
        "short": desk.short(case.id),
        "sha256": case.hash.to_string(),
        "who": desk.name_of(case.author),
        "user_id": case.author.as_str(),
        "at": case.at.to_rfc3339(),
        "access": request.access,
        "accounts": accounts_of(case, desk),
        "seconds": request.duration,
        "reason": request.reason,
        "ticket": request.ticket,
        "start": request.start.map(|start| start.to_rfc3339()),
        "extends": request.extends.map(|id| id.to_string()),
        "state": state_json(&state),
        "waits_for": desk.wanted(case).iter().map(wanted_json).collect::<Vec<_>>(),
        "mine": desk.is_mine(case),
        "for_me": desk.is_for_me(case),
    });
    if whole {
        let happening = |happening: super::page::Happening| {
            json!({
                "at": happening.at.to_rfc3339(),
                "who": happening.who,
                "what": happening.what,
                "text": happening.text,
            })
        };
        value["history"] = facts_about(case, desk).into_iter().map(happening).collect();
        let policies = documents(case, desk).into_iter();
        value["policies"] =
            policies.map(|(role, document)| json!({ "role": role, "document": document })).collect();
    }
    value
}

fn wanted_json(wanted: &Wanted) -> Value {
    json!({ "group": wanted.group, "count": wanted.count, "people": wanted.people })
}
