//! Everything about one request: what was asked, who said what, what is missing, and what AWS evaluates.

use jit_access::decide::{Grant, Verdict};
use jit_access::fold::{Case, State};
use jit_access::ledger::{Fact, Outcome, Vouch};
use jit_access::render::{Ceiling, GrantDocument, Level, policy_name};
use jit_wire::timestamp::Timestamp;

use crate::error::CommandResult;
use crate::ui::text::{Shown, escape, escape_json_indented, shown};
use crate::ui::{Tone, Ui};

use super::words::{accounts_in_words, moment, seconds, until_words};
use super::{Desk, Wanted};

/// One thing that happened to a request.
pub(crate) struct Happening {
    /// When, by the ledger's clock.
    pub(crate) at: Timestamp,
    /// The person who did it; `None` for an act of the applier.
    pub(crate) who: Option<String>,
    /// What it was, in a word.
    pub(crate) what: &'static str,
    /// What they said, or what came of it.
    pub(crate) text: String,
}

/// What happened to a request, in order: what people said about it, and what was done.
pub(crate) fn facts_about(case: &Case<'_>, desk: &Desk<'_>) -> Vec<Happening> {
    let who = |author| Some(desk.name_of(author).to_owned());
    let asked = Happening { at: case.at, who: who(case.author), what: "asked", text: String::new() };
    let mut all = vec![asked];
    for fact in &case.facts {
        let (what, text) = match &fact.body {
            Fact::Vote(vote) if vote.vote == Vouch::Approve => ("approved", vote.reason.as_str()),
            Fact::Vote(vote) => ("denied", vote.reason.as_str()),
            Fact::Drop(_) => ("gave it back", ""),
            Fact::Revoke(revoke) => ("revoked", revoke.reason.as_str()),
            Fact::Review(_) | Fact::Request(_) | Fact::Use(_) => continue,
        };
        all.push(Happening { at: fact.at, who: who(&fact.author), what, text: text.to_owned() });
    }
    for (member, at, vote) in &case.slack {
        let what = if vote.vote == Vouch::Approve { "approved in Slack" } else { "denied in Slack" };
        all.push(Happening { at: *at, who: Some((*member).to_owned()), what, text: vote.reason.clone() });
    }
    let act = |at, what, text: String| Happening { at, who: None, what, text };
    if let Some(decision) = case.decision {
        all.push(match decision.verdict {
            Outcome::Grant => {
                let until = decision.until.map(|until| format!("until {}", moment(until, desk)));
                act(decision.now, "granted", until.unwrap_or_default())
            }
            Outcome::Deny => act(decision.now, "denied", decision.why.clone().unwrap_or_default()),
        });
    }
    if let Some((at, applied)) = case.applied {
        let accounts: Vec<String> = applied.roles.iter().map(|role| desk.account(&role.account)).collect();
        all.push(act(at, "applied", accounts.join(", ")));
    }
    if let Some((at, failed)) = case.failed {
        all.push(act(at, "failed", format!("{}: {}", failed.role, failed.why)));
    }
    if let Some((at, _)) = case.ended {
        all.push(act(at, "removed", String::new()));
    }
    all.sort_by_key(|happening| happening.at);
    all
}

/// The policy that AWS evaluates on each role: that of the decision, else the one that a grant at this moment would have.
pub(crate) fn documents(case: &Case<'_>, desk: &Desk<'_>) -> Vec<(String, String)> {
    if let Some(decision) = case.decision {
        return decision.grants.iter().map(|grant| (grant.role.clone(), grant.document.clone())).collect();
    }
    let Verdict::Wait { .. } = desk.verdict(case) else { return Vec::new() };
    let (Some(access), Ok(author)) = (desk.access(&case.request.access), desk.people.author(case.author))
    else {
        return Vec::new();
    };
    let Some(level) = access.ceiling.as_deref().and_then(Level::named) else { return Vec::new() };
    let partition = access.role.partition();
    let ceiling = Ceiling { partition, level, more: Vec::new(), passable: Vec::new(), ledger: None };
    let from = case.request.start.unwrap_or(desk.now()).max(desk.now());
    let grant = Grant {
        start: case.request.start.filter(|start| *start > desk.now()),
        until: Timestamp(from.0.saturating_add(i64::from(case.request.duration))),
        person: author.person.to_owned(),
        names: desk.people.session_names(author.person),
        roles: Vec::new(),
        voters: Default::default(),
        by_on_call: false,
    };
    let Ok(document) = GrantDocument::of(access, &grant, ceiling.services()).render() else {
        return Vec::new();
    };
    let accounts = super::words::accounts_of(case, desk);
    let roles = accounts.iter().filter_map(|account| access.role.arn_in(account));
    roles.map(|role| (role, document.as_str().to_owned())).collect()
}

/// `payments-owners: bob or carol`, `2 of security: dan, eve or frank`.
pub(crate) fn wanted_in_words(wanted: &Wanted) -> String {
    const MOST: usize = 6;
    let who = match &wanted.people {
        None => format!("anybody in {}", wanted.group),
        Some(people) if people.is_empty() => format!("{}: nobody who could still approve", wanted.group),
        Some(people) => {
            let shown = &people[..people.len().min(MOST)];
            let list = match (shown, people.len() > MOST) {
                (_, true) => format!("{} or {} others", shown.join(", "), people.len() - MOST),
                ([one], _) => one.clone(),
                ([first @ .., last], _) => format!("{} or {last}", first.join(", ")),
                ([], _) => String::new(),
            };
            format!("{}: {list}", wanted.group)
        }
    };
    if wanted.count > 1 { format!("{} of {who}", wanted.count) } else { who }
}

/// Writes the page of `case`: what was asked as it is stored, its state, who is missing, what happened, and the policy.
///
/// # Errors
/// What stdout reports.
pub(crate) fn page(case: &Case<'_>, desk: &Desk<'_>, ui: &Ui) -> CommandResult {
    ui.table(&about(case, desk, ui))?;
    let mut rows = vec![vec![Shown::default()]];
    for happening in facts_about(case, desk) {
        let who = happening.who.map(|who| shown!("{} ", who)).unwrap_or_default();
        let said = match happening.text.as_str() {
            "" => Shown::default(),
            text => shown!(": {}", text),
        };
        let what = shown!("{}{}{}", who, happening.what, said);
        rows.push(vec![ui.paint_data(Tone::Dim, escape(&moment(happening.at, desk))), what]);
    }
    ui.table(&rows)?;
    for (role, document) in documents(case, desk) {
        ui.line(shown!("\npolicy {} on {}:", policy_name(case.id), role))?;
        let document = match serde_json::from_str::<serde_json::Value>(&document) {
            Ok(json) => escape_json_indented(&json),
            Err(_) => escape(&document),
        };
        ui.verbatim(shown!("{}\n", document))?;
    }
    Ok(())
}

/// What was asked, and where it is now.
fn about(case: &Case<'_>, desk: &Desk<'_>, ui: &Ui) -> Vec<Vec<Shown>> {
    let request = case.request;
    let mut rows: Vec<(&'static str, Shown)> = vec![
        ("id", shown!("{} ({})", ui.paint_data(Tone::Name, escape(&desk.short(case.id))), case.id)),
        ("who", who(case, desk)),
        ("access", escape(&request.access)),
    ];
    let account = match accounts_in_words(case, desk) {
        accounts if accounts.is_empty() => None,
        accounts => Some(("account", escape(&accounts))),
    };
    rows.extend(account);
    rows.push(("for", escape(&seconds(request.duration))));
    rows.extend(request.start.map(|start| ("from", escape(&moment(start, desk)))));
    rows.extend(request.extends.map(|id| ("extends", escape(&desk.short(id)))));
    if !request.reason.is_empty() {
        rows.push(("reason", escape(&request.reason)));
    }
    rows.extend(request.ticket.as_deref().map(|ticket| ("ticket", escape(ticket))));
    let state = desk.state(case);
    rows.push(("state", escape(&until_words(case, &state, desk))));
    if state == State::Pending {
        rows.extend(desk.wanted(case).iter().map(|wanted| ("waits for", escape(&wanted_in_words(wanted)))));
    }
    rows.into_iter().map(|(name, value)| vec![ui.paint_data(Tone::Dim, name), value]).collect()
}

/// The person, and the session's name where that is another one.
fn who(case: &Case<'_>, desk: &Desk<'_>) -> Shown {
    let person = desk.name_of(case.author);
    let session = case.author.session_name();
    if person == session { escape(person) } else { shown!("{} ({})", person, session) }
}
