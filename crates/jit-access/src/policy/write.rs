//! A policy as one file: what `publish` stores. Comments are not kept; documents are included.

use std::fmt::Write as _;

use super::{Access, AccountSet, Apply, Channel, Members, Policy, Right, Seat};

impl Policy {
    /// The policy as one TOML text that reads as the same policy and names no other file.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let apply = match self.deployment.apply {
            Apply::Function => "function",
            Apply::Approver => "approver",
        };
        let _ = writeln!(text, "[deployment]\napply = {}", quoted(apply));
        let _ = writeln!(text, "security = {}", list(&self.deployment.security));
        let _ = writeln!(text, "accounts = {}", sets(&self.deployment.accounts));
        for (name, door) in &self.doors {
            let _ = writeln!(text, "\n[door.{}]\nrole = {}", quoted(name), quoted(door.role.as_str()));
            let _ = writeln!(text, "ids = {}", list(&door.ids));
            let _ = writeln!(text, "may = {}", list(door.may.iter().map(|right: &Right| right.name())));
        }
        text.push_str("\n[group]\n");
        for (name, group) in &self.groups {
            let members = match &group.members {
                Members::People(people) => list(people),
                Members::IdentityCenter(id) => format!("{{ identity_center = {} }}", quoted(id)),
                Members::Door(door) => format!("{{ door = {} }}", quoted(door)),
            };
            let _ = writeln!(text, "{} = {members}", quoted(name));
        }
        text.push_str("\n[person]\n");
        if !self.retired.is_empty() {
            let _ = writeln!(text, "retired = {}", list(self.retired.keys()));
        }
        for (name, person) in &self.people {
            let _ = write!(text, "{} = {{ names = {}", quoted(name), list(&person.names));
            let contacts =
                [("slack", &person.slack), ("pagerduty", &person.pagerduty), ("email", &person.email)];
            for (key, value) in contacts {
                if let Some(value) = value {
                    let _ = write!(text, ", {key} = {}", quoted(value));
                }
            }
            text.push_str(if person.robot { ", robot = true }\n" } else { " }\n" });
        }
        for (name, access) in &self.access {
            write_access(&mut text, name, access);
        }
        let _ = writeln!(
            text,
            "\n[limits]\nopen_requests = {}\nrequest_ttl = \"{}s\"",
            self.limits.open_requests, self.limits.request_ttl
        );
        if !self.separation.is_empty() {
            text.push_str("\n[separation]\n");
        }
        for (name, separation) in &self.separation {
            let sides: Vec<String> = separation.sides.iter().map(|side| sets(side)).collect();
            let _ = writeln!(text, "{} = [{}]", quoted(name), sides.join(", "));
        }
        text
    }
}

fn write_access(text: &mut String, name: &str, access: &Access) {
    let _ = writeln!(text, "\n[access.{}]\nrole = {}", quoted(name), quoted(&access.role.to_string()));
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    if let Some(ceiling) = &access.ceiling {
        line("ceiling", quoted(ceiling));
    }
    if let Some(allow) = &access.allow {
        line("allow", quoted(allow.as_json()));
    }
    if !access.accounts.is_empty() {
        line("accounts", sets(&access.accounts));
    }
    line("who", list(&access.who));
    if !access.not.is_empty() {
        line("not", list(&access.not));
    }
    if access.reason > 0 {
        line("reason", access.reason.to_string());
    }
    if let Some(review) = &access.review {
        line("standing", "true".into());
        line("review", format!("{{ group = {}, within = \"{}s\" }}", quoted(&review.group), review.within));
        return;
    }
    line("approve", seats(&access.approve));
    if let Some(escalate) = &access.escalate {
        line(
            "escalate",
            format!("{{ after = \"{}s\", group = {} }}", escalate.after, quoted(&escalate.group)),
        );
    }
    line("max", format!("\"{}s\"", access.max));
    if let Some(total) = access.total {
        line("total", format!("\"{total}s\""));
    }
    if let Some(ticket) = &access.ticket {
        line("ticket", quoted(ticket.as_str()));
    }
    if let Some(hours) = &access.hours {
        line("hours", quoted(hours.as_str()));
    }
    if !access.networks.is_empty() {
        line("networks", list(access.networks.iter().map(ToString::to_string)));
    }
    line("approve_by", list(access.approve_by.iter().map(|channel: &Channel| channel.name())));
    if let Some(oncall) = &access.oncall {
        let approve = seats(&oncall.approve);
        line("oncall", format!("{{ pagerduty = {}, approve = {approve} }}", quoted(&oncall.pagerduty)));
    }
}

fn seats(seats: &[Seat]) -> String {
    let each: Vec<String> = seats
        .iter()
        .map(|seat| format!("{{ group = {}, min = {} }}", quoted(&seat.group), seat.min))
        .collect();
    format!("[{}]", each.join(", "))
}

fn sets(sets: &[AccountSet]) -> String {
    list(sets.iter().map(AccountSet::as_str))
}

fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let each: Vec<String> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", each.join(", "))
}

/// A basic TOML string, in which every character that is not plainly visible is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(character),
            _ => {
                let _ = write!(out, "\\U{:08X}", u32::from(character));
            }
        }
    }
    out.push('"');
    out
}
