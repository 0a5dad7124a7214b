//! What an approver sees before they answer: enough to judge, the most important first, as it is stored.

use jit_access::decide::Verdict;
use jit_access::fold::{Case, Phase, State, UseCase};
use jit_access::ledger::{Fact, Ledgered, Vote, Vouch};
use jit_wire::timestamp::duration;

use crate::sys::terminal;
use crate::ui::text::{escape, shown};
use crate::ui::{Tone, Ui};

use super::page::wanted_in_words;
use super::seen::short_hash;
use super::words::{accounts_of, moment};
use super::{Desk, Wanted};

/// How wide a text is at most, and how narrow a terminal may be for it to be fitted.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;

/// Names and values, one to a line; a value that is too long for the terminal continues below itself.
pub(crate) fn rows(rows: &[(&'static str, String)], ui: &Ui) {
    let names = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    // Without a terminal nothing is known of how wide lines may be.
    let columns = terminal::size().map_or(usize::MAX, |(_, columns)| columns.clamp(NARROWEST, WIDEST));
    for (name, value) in rows {
        let room = columns.saturating_sub(names + 4);
        for (number, line) in wrapped(escape(value).as_str(), room).into_iter().enumerate() {
            let name = if number == 0 { escape(name) } else { escape("") };
            ui.say(shown!("  {}  {}", ui.paint(Tone::Dim, name.padded(names)), line));
        }
    }
}

/// `text` in lines of at most `room` characters, broken at spaces where there are some.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last().map_or(0, |line| line.chars().count());
            let gap = usize::from(line > 0);
            if line + gap + word.len() <= room {
                let line = lines.last_mut().into_iter().next();
                line.into_iter().for_each(|line| {
                    line.extend(std::iter::repeat_n(' ', gap));
                    line.extend(word.iter());
                });
                break;
            }
            if line == 0 {
                // A word that no line has room for.
                let rest = word.split_off(room.max(1).min(word.len()));
                lines.last_mut().into_iter().for_each(|line| line.extend(word.iter()));
                word = rest;
                if word.is_empty() {
                    break;
                }
            }
            lines.push(String::new());
        }
    }
    lines
}

/// Shows `case` to somebody who may vote on it.
pub(crate) fn show_request(case: &Case<'_>, desk: &Desk<'_>, (voter, vote): (&str, Vouch), ui: &Ui) {
    let request = case.request;
    let length = duration(std::time::Duration::from_secs(request.duration.into()));
    let who = ui.paint(Tone::Name, escape(desk.name_of(case.author)));
    let access = ui.paint(Tone::Name, escape(&request.access));
    ui.say(shown!("{} asks for {} for {}", who, access, length));
    let mut found: Vec<(&'static str, String)> = Vec::new();
    if !request.reason.trim().is_empty() {
        found.push(("reason", request.reason.clone()));
    }
    found.extend(request.ticket.iter().map(|ticket| ("ticket", ticket.clone())));
    if let Some(access) = desk.access(&request.access) {
        let places: Vec<String> =
            accounts_of(case, desk).iter().map(|account| desk.account(account)).collect();
        found.push(("role", format!("{} in {}", access.role.role_name(), places.join(", "))));
    }
    found.extend(request.start.map(|start| ("start", moment(start, desk))));
    if let Some(id) = request.extends {
        found.push(("extends", desk.short(id)));
    }
    let person = desk.name_of(case.author);
    let session = case.author.session_name();
    if person != session {
        found.push(("session", session.to_owned()));
    }
    found.push(("asked", format!("{}, {} ago", moment(case.at, desk), duration(desk.now().since(case.at)))));
    found.push(("before", before(case, desk)));
    found.extend(holds(case, desk).map(|holds| ("holds", holds)));
    let approved = approvals(case, desk);
    if !approved.is_empty() {
        found.push(("approved", approved.join(", ")));
    }
    match vote {
        Vouch::Approve => found.extend(after(case, desk, voter)),
        Vouch::Deny => {
            found.extend(desk.wanted(case).iter().map(|wanted| ("waits for", wanted_in_words(wanted))));
        }
    }
    found.push(("sha256", short_hash(case.hash)));
    rows(&found, ui);
}

/// Shows a use of break-glass to somebody who reviews it.
pub(crate) fn show_use(used: &UseCase<'_>, desk: &Desk<'_>, ui: &Ui) {
    let who = ui.paint(
        Tone::Name,
        escape(desk.people.author(used.author).map_or(used.author.session_name(), |author| author.person)),
    );
    let access = ui.paint(Tone::Name, escape(&used.used.access));
    ui.say(shown!("{} used {}, which is break-glass", who, access));
    let mut found = vec![
        ("reason", used.used.reason.clone()),
        ("account", desk.account(&used.used.account)),
        ("recorded", format!("{}, {} ago", moment(used.at, desk), duration(desk.now().since(used.at)))),
    ];
    // Only the person's word.
    found.extend(used.used.at.map(|at| ("used", format!("{}, they say", moment(at, desk)))));
    found.extend(used.due(&desk.people).map(|due| ("due", moment(due, desk))));
    found.push(("sha256", short_hash(used.hash)));
    rows(&found, ui);
}

/// What the requester had of this access before.
fn before(case: &Case<'_>, desk: &Desk<'_>) -> String {
    let same = |other: &Case<'_>| {
        other.id != case.id
            && other.request.access == case.request.access
            && case.is_requester(&desk.people, other.author)
    };
    let mut granted = 0;
    let mut denied = 0;
    let mut last = None;
    for other in desk.cases().filter(same) {
        match desk.state(&other) {
            State::Granted { from, .. } => {
                granted += 1;
                last = last.max(Some(from));
            }
            State::Denied { .. } => denied += 1,
            _ => {}
        }
    }
    let times = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let had = match last {
        None => "not granted to them in the last 28 days".to_owned(),
        Some(last) => format!("granted {} in the last 28 days, last {}", times(granted), moment(last, desk)),
    };
    if denied > 0 { format!("{had}; denied {}", times(denied)) } else { had }
}

/// What else the requester holds or waits for now.
fn holds(case: &Case<'_>, desk: &Desk<'_>) -> Option<String> {
    let (mut held, mut waiting): (Vec<String>, usize) = (Vec::new(), 0);
    for other in
        desk.cases().filter(|other| other.id != case.id && case.is_requester(&desk.people, other.author))
    {
        match desk.state(&other) {
            State::Granted { until, phase: Phase::Scheduled | Phase::Live { .. }, .. } => {
                held.push(format!("{} until {}", other.request.access, moment(until, desk)));
            }
            State::Pending => waiting += 1,
            _ => {}
        }
    }
    match waiting {
        0 => {}
        1 => held.push("waits for one other request".to_owned()),
        several => held.push(format!("waits for {several} other requests")),
    }
    (!held.is_empty()).then(|| held.join("; "))
}

/// Who approved so far, and when.
fn approvals(case: &Case<'_>, desk: &Desk<'_>) -> Vec<String> {
    let yes = case.facts.iter().filter_map(|fact| match &fact.body {
        Fact::Vote(vote) if vote.vote == Vouch::Approve => {
            let note = if vote.reason.is_empty() { String::new() } else { format!(" ({})", vote.reason) };
            Some(format!("{} at {}{note}", desk.name_of(&fact.author), moment(fact.at, desk)))
        }
        _ => None,
    });
    yes.collect()
}

/// What comes of it if the person approves: until when it is granted, or who is missing then.
fn after(case: &Case<'_>, desk: &Desk<'_>, voter: &str) -> Option<(&'static str, String)> {
    match desk.verdict(case) {
        Verdict::Deny { why, .. } => return Some(("as it is", format!("it would be denied: {why}"))),
        Verdict::Grant(grant) => return Some(("until", moment(grant.until, desk))),
        Verdict::Wait { .. } => {}
    }
    let body =
        Fact::Vote(Vote { request: case.id, sha256: case.hash, vote: Vouch::Approve, reason: String::new() });
    let mine = Ledgered { id: case.id, author: desk.user_id.clone(), at: desk.now(), body };
    let mut with: Case<'_> = case.clone();
    with.facts.push(&mine);
    match desk.verdict(&with) {
        Verdict::Grant(grant) => {
            Some(("until", format!("{}, if you approve now", moment(grant.until, desk))))
        }
        Verdict::Wait { missing } => {
            let missing: Vec<String> = missing
                .into_iter()
                .map(|one| wanted_in_words(&without(desk.wanted_of(case, one), voter)))
                .collect();
            Some(("waits for", format!("{}, beside you", missing.join(" and "))))
        }
        Verdict::Deny { why, .. } => Some(("as it is", format!("it would be denied: {why}"))),
    }
}

/// The people who are missing beside the one who looks.
fn without(mut wanted: Wanted, voter: &str) -> Wanted {
    if let Some(people) = &mut wanted.people {
        people.retain(|person| person != voter);
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_go_on_below_themselves() {
        for (text, room, lines) in [
            ("", 10, &[""][..]),
            ("short", 10, &["short"]),
            ("fix the deployment of payments", 12, &["fix the", "deployment", "of payments"]),
            ("abcdefghijklmnop", 6, &["abcdef", "ghijkl", "mnop"]),
            ("a abcdefghij b", 6, &["a", "abcdef", "ghij b"]),
            ("two  spaces", 20, &["two  spaces"]),
            ("exactly ten", 11, &["exactly ten"]),
            ("anything", usize::MAX, &["anything"]),
            ("x", 0, &["x"]),
        ] {
            assert_eq!(wrapped(text, room), lines, "{text:?} in {room}");
        }
    }
}
