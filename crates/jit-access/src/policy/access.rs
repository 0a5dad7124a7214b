//! `[access.NAME]`: something that can be requested.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{AccountSet, Allow, Hours, Network, Place, RequestRole};

/// Something that can be requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The role that the grant is written to.
    pub role: RequestRole,
    /// The name of the role's permissions boundary, such as `operate`. `check` reports a role without one.
    pub ceiling: Option<String>,
    /// What is allowed, if less than the ceiling.
    pub allow: Option<Allow>,
    /// The accounts it can be requested in, if the role's ARN leaves that open. Empty: the deployment's.
    pub accounts: Vec<AccountSet>,
    /// Groups that may request it.
    pub who: Vec<String>,
    /// Groups that may not request it, regardless of `who`.
    pub not: Vec<String>,
    /// Who must approve: all of these, by different people. Empty: granted at once.
    pub approve: Vec<Seat>,
    /// Who is notified, and may approve, if nobody has decided for a while.
    pub escalate: Option<Escalate>,
    /// The longest grant, in seconds. Zero only if `standing` is true.
    pub max: u32,
    /// The most seconds granted to one person, on this access and one account, in any 24 hours.
    pub total: Option<u32>,
    /// The minimum length of a reason. Zero: none is needed.
    pub reason: u32,
    /// The form of a ticket. `None`: none is needed.
    pub ticket: Option<Ticket>,
    /// When it can be held.
    pub hours: Option<Hours>,
    /// The networks that it can be used from. Empty: any.
    pub networks: Vec<Network>,
    /// How votes may be given.
    pub approve_by: BTreeSet<Channel>,
    /// Fewer approvals for people on call.
    pub oncall: Option<OnCallRule>,
    /// Break-glass: the role always has its permissions and can be reached only through the glass door.
    pub standing: bool,
    /// Who must review a use of break-glass.
    pub review: Option<ReviewRule>,
    /// The place of the table.
    pub place: Place,
    /// The line of each key that was written.
    pub lines: BTreeMap<&'static str, usize>,
}

impl Access {
    /// The place of `key`, or else of the table.
    pub fn place_of(&self, key: &str) -> Place {
        let line = self.lines.get(key).copied().unwrap_or(self.place.line);
        Place { path: self.place.path.clone(), line }
    }
}

/// One entry of `approve`: this many people of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// The group.
    pub group: String,
    /// How many of them; at least one.
    pub min: u32,
}

/// `escalate = { after = "15m", group = "leads" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalate {
    /// Seconds after the request was made.
    pub after: u32,
    /// The group that is notified then, and may approve from then on instead of any group.
    pub group: String,
}

/// `oncall = { pagerduty = "PSCHED1", approve = [] }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCallRule {
    /// The id of the schedule at PagerDuty.
    pub pagerduty: String,
    /// Who must approve for somebody who is on call now, instead of the access's own `approve`.
    pub approve: Vec<Seat>,
}

/// `review = { group = "security", within = "24h" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRule {
    /// The group that reviews.
    pub group: String,
    /// Seconds after the use.
    pub within: u32,
}

/// A way to vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// `jit approve`.
    Cli,
    /// The buttons of a message in Slack.
    Slack,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Cli, Self::Slack];

    /// As it is written in `approve_by`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Slack => "slack",
        }
    }
}

/// The form of a ticket: a regular expression that must match all of it.
#[derive(Clone)]
pub struct Ticket {
    text: String,
    whole: regex_lite::Regex,
}

impl Ticket {
    /// # Errors
    /// `text` is not a regular expression, in the library's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let compile = |pattern: &str| {
            regex_lite::RegexBuilder::new(pattern)
                .size_limit(64 * 1024)
                .build()
                .map_err(|error| error.to_string())
        };
        // By itself first, so that a `)` in it cannot end the group that is put around it.
        compile(text)?;
        let whole = compile(&format!("^(?:{text})$"))?;
        Ok(Self { text: text.to_owned(), whole })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `ticket` matches.
    pub fn fits(&self, ticket: &str) -> bool {
        self.whole.is_match(ticket)
    }
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Ticket {}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_ticket_must_match() {
        let anchored = Ticket::parse(r"^(INC|CHG)-\d+$").unwrap();
        let bare = Ticket::parse(r"INC-\d+|CHG-\d+").unwrap();
        for ticket in [anchored, bare] {
            for (text, fits) in [
                ("INC-1", true),
                ("CHG-22", true),
                ("xINC-1", false),
                ("INC-1 or so", false),
                ("", false),
                ("INC-1\n", false),
            ] {
                assert_eq!(ticket.fits(text), fits, "{ticket:?} {text:?}");
            }
        }
        for wrong in ["(", "a)(b", "["] {
            assert!(Ticket::parse(wrong).is_err(), "{wrong}");
        }
    }
}
