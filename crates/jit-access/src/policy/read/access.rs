//! `[access.NAME]`.

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::section::{At, Mistake, Section};

use super::{Documents, account_sets, one_of, positive, texts};
use crate::policy::{
    Access, Allow, Channel, Escalate, OnCallRule, Place, RequestRole, ReviewRule, Seat, Ticket,
};

/// The longest grant that a policy can allow: a week.
const LONGEST: u32 = 7 * 86_400;
const SEATS: &str = "{ group = \"owners\" }";

pub(super) fn read(
    mut section: Section<'_>,
    place: Place,
    documents: Documents<'_>,
) -> Result<Access, Mistake> {
    let mut lines = BTreeMap::new();
    let role = section.required("role", "arn:aws:iam::111122223333:role/jit/read")?;
    lines.insert("role", role.line);
    let role: RequestRole = role.value.parse().map_err(|error| {
        section.mistake_at(role.line, format!("`role` in {}: {error}", section.title), None)
    })?;
    let ceiling = word(&mut section, "ceiling", &mut lines)?;
    let allow = allow(&mut section, &place, documents, &mut lines)?;
    let accounts = noted(&mut section, "accounts", &mut lines, account_sets)?;
    let who = noted(&mut section, "who", &mut lines, texts)?;
    if who.is_empty() {
        let what = format!("{} has no `who`, so nobody could ask for it", section.title);
        return Err(section.missing(&["who"], what, "add who = [\"GROUP\"]".into()));
    }
    let not = noted(&mut section, "not", &mut lines, texts)?;
    let approve = seats(&mut section, &mut lines)?;
    let escalate = escalate(&mut section, &mut lines)?;
    let max = seconds(&mut section, "max", &mut lines)?;
    let total = seconds(&mut section, "total", &mut lines)?;
    let reason = section.number("reason", 0, 500)?;
    if let Some(found) = &reason {
        lines.insert("reason", found.line);
    }
    let reason = reason.map_or(0, |found| found.value);
    let ticket = parsed(&mut section, "ticket", &mut lines, Ticket::parse)?;
    let hours = parsed(&mut section, "hours", &mut lines, |text| text.parse())?;
    let networks = networks(&mut section, &mut lines)?;
    let approve_by = channels(&mut section, &mut lines)?;
    let oncall = on_call(&mut section, &mut lines)?;
    let standing = section.boolean("standing")?;
    if let Some(found) = &standing {
        lines.insert("standing", found.line);
    }
    let standing = standing.is_some_and(|found| found.value);
    let review = review(&mut section, &mut lines)?;
    let access = Access {
        role,
        ceiling,
        allow,
        accounts,
        who,
        not,
        approve: approve.clone().unwrap_or_default(),
        escalate,
        max: max.unwrap_or(0),
        total,
        reason,
        ticket,
        hours,
        networks,
        approve_by,
        oncall,
        standing,
        review,
        place,
        lines,
    };
    if standing {
        check_standing(&section, &access)?
    } else {
        check_granted(&section, &access, approve.is_some())?
    }
    section.finish()?;
    Ok(access)
}

type Noted = BTreeMap<&'static str, usize>;

/// The result of `read` for `key`, whose line is recorded.
fn noted<'a, T>(
    section: &mut Section<'a>,
    key: &'static str,
    lines: &mut Noted,
    read: impl Fn(&mut Section<'a>, &'static str) -> Result<Vec<T>, Mistake>,
) -> Result<Vec<T>, Mistake> {
    if let Some(line) = section.line_of(key) {
        lines.insert(key, line);
    }
    read(section, key)
}

fn seconds(section: &mut Section<'_>, key: &'static str, lines: &mut Noted) -> Result<Option<u32>, Mistake> {
    let Some((value, line)) = positive(section, key)? else { return Ok(None) };
    lines.insert(key, line);
    if value > LONGEST {
        let what = format!("`{key}` in {} is more than 7 days", section.title);
        return Err(section.mistake_at(line, what, None));
    }
    Ok(Some(value))
}

fn word(section: &mut Section<'_>, key: &'static str, lines: &mut Noted) -> Result<Option<String>, Mistake> {
    let Some(found) = section.text(key)? else { return Ok(None) };
    lines.insert(key, found.line);
    super::check_word(key, &found.value, |what, next| section.mistake_at(found.line, what, next))?;
    Ok(Some(found.value))
}

fn parsed<T, E: std::fmt::Display>(
    section: &mut Section<'_>,
    key: &'static str,
    lines: &mut Noted,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Mistake> {
    let Some(At { value, line }) = section.text(key)? else { return Ok(None) };
    lines.insert(key, line);
    let wrong = |error: E| section.mistake_at(line, format!("`{key}` in {}: {error}", section.title), None);
    parse(&value).map(Some).map_err(wrong)
}

/// A document: the name of a file, or JSON in a published policy.
fn allow(
    section: &mut Section<'_>,
    place: &Place,
    documents: Documents<'_>,
    lines: &mut Noted,
) -> Result<Option<Allow>, Mistake> {
    let Some(At { value, line }) = section.text("allow")? else { return Ok(None) };
    lines.insert("allow", line);
    let wrong = |why: String| section.mistake_at(line, format!("`allow` in {}: {why}", section.title), None);
    let inline = value.trim_start().starts_with('{');
    let text = if inline { value } else { documents(&place.path, &value).map_err(wrong)? };
    Allow::parse(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

fn seats(section: &mut Section<'_>, lines: &mut Noted) -> Result<Option<Vec<Seat>>, Mistake> {
    let Some(found) = section.list_of_tables("approve", SEATS)? else { return Ok(None) };
    lines.insert("approve", found.line);
    let mut seats: Vec<Seat> = Vec::new();
    for mut table in found.value {
        let group = table.required("group", "owners")?;
        let min = table.number("min", 1, 20)?.map_or(1, |found| found.value);
        if seats.iter().any(|seat| seat.group == group.value) {
            let what = format!("`{}` is in `approve` twice", group.value.escape_default());
            return Err(table.mistake(what, Some("for two people of one group write min = 2".into())));
        }
        table.finish()?;
        seats.push(Seat { group: group.value, min });
    }
    Ok(Some(seats))
}

fn escalate(section: &mut Section<'_>, lines: &mut Noted) -> Result<Option<Escalate>, Mistake> {
    let Some(mut table) = section.table("escalate", "{ after = \"15m\", group = \"leads\" }")? else {
        return Ok(None);
    };
    lines.insert("escalate", table.line());
    let group = table.required("group", "leads")?.value;
    let Some((after, _)) = positive(&mut table, "after")? else {
        return Err(table.missing(
            &["after"],
            format!("{} has no `after`", table.title),
            "add after = \"15m\"".into(),
        ));
    };
    table.finish()?;
    Ok(Some(Escalate { after, group }))
}

fn on_call(section: &mut Section<'_>, lines: &mut Noted) -> Result<Option<OnCallRule>, Mistake> {
    let Some(mut table) = section.table("oncall", "{ pagerduty = \"SCHEDULE\", approve = [] }")? else {
        return Ok(None);
    };
    lines.insert("oncall", table.line());
    let pagerduty = table.required("pagerduty", "PSCHED1")?;
    let fits =
        pagerduty.value.len() <= 64 && pagerduty.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !fits {
        let what = format!("`{}` is not the id of a schedule at PagerDuty", pagerduty.value.escape_default());
        return Err(table.mistake_at(pagerduty.line, what, None));
    }
    let Some(approve) = seats(&mut table, &mut BTreeMap::new())? else {
        let what = format!("{} has no `approve`", table.title);
        let next = "add approve = [] if people on call need no approval";
        return Err(table.missing(&["approve"], what, next.into()));
    };
    table.finish()?;
    Ok(Some(OnCallRule { pagerduty: pagerduty.value, approve }))
}

fn review(section: &mut Section<'_>, lines: &mut Noted) -> Result<Option<ReviewRule>, Mistake> {
    let Some(mut table) = section.table("review", "{ group = \"security\", within = \"24h\" }")? else {
        return Ok(None);
    };
    lines.insert("review", table.line());
    let group = table.required("group", "security")?.value;
    let Some((within, _)) = positive(&mut table, "within")? else {
        return Err(table.missing(
            &["within"],
            format!("{} has no `within`", table.title),
            "add within = \"24h\"".into(),
        ));
    };
    table.finish()?;
    Ok(Some(ReviewRule { group, within }))
}

fn networks(section: &mut Section<'_>, lines: &mut Noted) -> Result<Vec<crate::policy::Network>, Mistake> {
    let Some(value) = section.value("networks") else { return Ok(Vec::new()) };
    lines.insert("networks", value.line());
    let wrong = || value.wrong_type("a list of IP address blocks and VPCs");
    let mut found = Vec::new();
    let items = value.items().ok_or_else(wrong)?;
    if items.is_empty() {
        return Err(value.mistake(
            "an empty `networks` would allow no network".into(),
            Some("leave it out to allow every network".into()),
        ));
    }
    for item in items {
        let text = item.as_text().ok_or_else(wrong)?;
        let network = text
            .parse()
            .map_err(|error: crate::policy::NetworkError| item.mistake(error.to_string(), None))?;
        if found.contains(&network) {
            return Err(item.mistake(format!("`{network}` is in `networks` twice"), None));
        }
        found.push(network);
    }
    Ok(found)
}

fn channels(section: &mut Section<'_>, lines: &mut Noted) -> Result<BTreeSet<Channel>, Mistake> {
    let Some(value) = section.value("approve_by") else { return Ok(BTreeSet::from([Channel::Cli])) };
    lines.insert("approve_by", value.line());
    let names = Channel::ALL.map(Channel::name);
    let wrong = || value.wrong_type("a list of cli, slack");
    let mut found = BTreeSet::new();
    for item in value.items().ok_or_else(wrong)? {
        let text = item.as_text().ok_or_else(wrong)?;
        let channel = Channel::ALL.into_iter().find(|channel| channel.name() == text);
        found.insert(channel.ok_or_else(|| one_of(&item, "approve_by", text, &names))?);
    }
    if found.is_empty() {
        return Err(value.mistake("with an empty `approve_by` no vote would count".into(), None));
    }
    Ok(found)
}

/// What an access with grants needs, and what it cannot have.
fn check_granted(section: &Section<'_>, access: &Access, says_approve: bool) -> Result<(), Mistake> {
    let title = &section.title;
    if access.role.is_glass() {
        let what = format!("the role of {title} is one of break-glass (/jit-glass/)");
        return Err(section.mistake(what, Some("add standing = true, or use a role under /jit/".into())));
    }
    if !says_approve {
        let next = "add approve = [{ group = \"owners\" }], or approve = [] to grant immediately";
        return Err(section.missing(&["approve"], format!("{title} has no `approve`"), next.into()));
    }
    if access.max == 0 {
        return Err(section.missing(&["max"], format!("{title} has no `max`"), "add max = \"1h\"".into()));
    }
    if access.role.account().is_none() && access.accounts.is_empty() {
        let what = format!("the role of {title} is in any account (*), and there is no `accounts`");
        return Err(section.missing(&["accounts"], what, "add accounts = [\"111122223333\"]".into()));
    }
    if let (Some(account), false) = (access.role.account(), access.accounts.is_empty()) {
        let what = format!("the role of {title} is in account {account}, so it cannot have `accounts`");
        return Err(
            section.mistake(what, Some("write * in place of the account, or leave `accounts` out".into()))
        );
    }
    if access.review.is_some() {
        let what = format!("{title} has `review`, which only break-glass (standing = true) has");
        return Err(section.mistake(what, Some("leave it out, or add standing = true".into())));
    }
    Ok(())
}

/// What break-glass needs, and what does not apply to it.
fn check_standing(section: &Section<'_>, access: &Access) -> Result<(), Mistake> {
    let title = &section.title;
    if !access.role.is_glass() {
        let what = format!("{title} is standing, but its role is not under /jit-glass/");
        return Err(section.mistake(
            what,
            Some("give the role the path /jit-glass/, which only the glass door may enter".into()),
        ));
    }
    if access.review.is_none() {
        let what = format!("{title} is standing and has no `review`");
        let next = "add review = { group = \"security\", within = \"24h\" }";
        return Err(section.missing(&["review"], what, next.into()));
    }
    let grants = [
        "approve",
        "max",
        "total",
        "escalate",
        "oncall",
        "hours",
        "networks",
        "approve_by",
        "allow",
        "ticket",
    ];
    if let Some(key) = grants.into_iter().find(|key| access.lines.contains_key(key)) {
        let what = format!("{title} is standing, so it is never granted, and `{key}` has no effect");
        return Err(section.mistake_at(access.lines[key], what, Some("leave it out".into())));
    }
    Ok(())
}
