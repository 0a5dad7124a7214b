//! What the policy says about an access, and where a person stands with it.

use jit_access::fold::{Case, State};
use jit_access::policy::{Access, Apply, Seat};
use jit_wire::name;
use serde_json::{Value, json};

use super::super::json::state_json;
use super::super::page::wanted_in_words;
use super::super::words::accounts_in_words;
use super::super::{Desk, Wanted, seconds, until_words};
use super::person::Whom;

/// Who is needed of a group, by name where the policy lists them.
fn wanted(seat: &Seat, whom: &Whom, desk: &Desk<'_>) -> Wanted {
    let people = desk.people.members(&seat.group).filter(|_| desk.lists(&seat.group)).map(|members| {
        let others =
            members.into_iter().filter(|member| *member != whom.name && !desk.people.is_robot(member));
        others.map(str::to_owned).collect()
    });
    Wanted { group: seat.group.clone(), count: seat.min, people }
}

fn approvers(seats: &[Seat], whom: &Whom, desk: &Desk<'_>) -> String {
    let all: Vec<String> = seats.iter().map(|seat| wanted_in_words(&wanted(seat, whom, desk))).collect();
    if all.is_empty() { "nobody: it is granted at once".to_owned() } else { all.join("; and ") }
}

/// The requests for it that the person waits for or holds, the oldest first.
fn open<'d>(name: &str, whom: &Whom, desk: &Desk<'d>) -> Vec<(Case<'d>, State)> {
    let own =
        desk.cases().filter(|case| case.request.access == name && desk.name_of(case.author) == whom.name);
    let all = own.map(|case| (desk.state(&case), case)).map(|(state, case)| (case, state));
    all.filter(|(_, state)| state.is_open()).collect()
}

/// The rows of a table: names and values.
pub(super) fn rows(name: &str, access: &Access, whom: &Whom, desk: &Desk<'_>) -> Vec<(&'static str, String)> {
    let mut rows = vec![("role", access.role.to_string())];
    let mut row = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    if access.role.account().is_none() {
        let sets: Vec<&str> = match access.accounts.as_slice() {
            [] => desk.policy.policy.deployment.accounts.iter().map(|set| set.as_str()).collect(),
            own => own.iter().map(|set| set.as_str()).collect(),
        };
        row("accounts", Some(sets.join(", ")));
    }
    row("ceiling", access.ceiling.clone());
    let not =
        if access.not.is_empty() { String::new() } else { format!(", but not {}", access.not.join(", ")) };
    if access.standing {
        row("who may use", Some(format!("{}{not}, through the door for break-glass", access.who.join(", "))));
        let review = access.review.as_ref();
        row("review", review.map(|rule| format!("by {}, within {}", rule.group, seconds(rule.within))));
        return rows;
    }
    row("who may ask", Some(format!("{}{not}", access.who.join(", "))));
    row("who approves", Some(approvers(&access.approve, whom, desk)));
    row(
        "on call",
        access.oncall.as_ref().map(|rule| {
            format!(
                "a person who is on call ({}) needs: {}",
                rule.pagerduty,
                approvers(&rule.approve, whom, desk)
            )
        }),
    );
    row(
        "escalates",
        access
            .escalate
            .as_ref()
            .map(|rule| format!("after {} {} may approve as well", seconds(rule.after), rule.group)),
    );
    let total = access.total.map(|total| format!(", {} in any 24 h", seconds(total))).unwrap_or_default();
    row("for", Some(format!("up to {}{total}", seconds(access.max))));
    row("hours", access.hours.as_ref().map(|hours| hours.to_string()));
    let networks: Vec<String> = access.networks.iter().map(ToString::to_string).collect();
    row("networks", (!networks.is_empty()).then(|| networks.join(", ")));
    row("reason", (access.reason > 0).then(|| format!("at least {} characters", access.reason)));
    row("ticket", access.ticket.as_ref().map(|ticket| format!("like {}", ticket.as_str())));
    let apply = match desk.policy.policy.deployment.apply {
        Apply::Function => "the function",
        Apply::Approver => "the command of the last approver",
    };
    row("put into AWS by", Some(apply.to_owned()));
    let held = open(name, whom, desk);
    for (case, state) in &held {
        let accounts = match accounts_in_words(case, desk) {
            accounts if accounts.is_empty() => String::new(),
            accounts => format!(" in {accounts}"),
        };
        let words = until_words(case, state, desk);
        row("you", Some(format!("{words}{accounts}, request {}", desk.short(case.id))));
        for wanted in desk.wanted(case) {
            row("waits for", Some(wanted_in_words(&wanted)));
        }
    }
    if held.is_empty() {
        row(
            "you",
            Some(match desk.may_ask(access) {
                Some(true) => format!("do not have it; `jit request {}` asks for it", name::in_command(name)),
                Some(false) => "do not have it, and may not ask for it".to_owned(),
                None => format!(
                    "do not have it; the function knows whether you may ask: `jit request {}`",
                    name::in_command(name)
                ),
            }),
        );
    }
    rows
}

/// The same for scripts.
pub(super) fn json(name: &str, access: &Access, whom: &Whom, desk: &Desk<'_>) -> Value {
    let seats = |seats: &[Seat]| -> Value {
        let seat = |seat: &Seat| {
            let wanted = wanted(seat, whom, desk);
            json!({ "group": wanted.group, "count": wanted.count, "people": wanted.people })
        };
        seats.iter().map(seat).collect()
    };
    let held: Vec<Value> = open(name, whom, desk)
        .iter()
        .map(|(case, state)| {
            json!({
                "id": case.id.to_string(),
                "short": desk.short(case.id),
                "accounts": super::super::words::accounts_of(case, desk),
                "state": state_json(state),
            })
        })
        .collect();
    json!({
        "name": name,
        "role_arn": access.role.to_string(),
        "accounts": desk.people.accounts_of(access),
        "ceiling": access.ceiling,
        "who": access.who,
        "not": access.not,
        "approve": seats(&access.approve),
        "on_call": access.oncall.as_ref().map(|rule| seats(&rule.approve)),
        "escalates_to": access.escalate.as_ref().map(|rule| &rule.group),
        "max_seconds": access.max,
        "total_seconds": access.total,
        "standing": access.standing,
        "may_ask": desk.may_ask(access),
        "requests": held,
    })
}
