//! The company: its policy, its people and accounts, and what they do on a day.

use std::fmt::Write as _;

use jit_access::people::Directory;
use jit_access::policy::{Policy, PolicyFile};
use jit_wire::timestamp::Timestamp;

pub(crate) const PEOPLE: usize = 2_000;
pub(crate) const ACCOUNTS: usize = 600;
pub(crate) const TEAMS: usize = 40;
pub(crate) const DAYS: i64 = 730;
const DAY: i64 = 86_400;
/// Requests per person and working day; about 100,000 in total over two years.
const REQUESTS_A_DAY: f64 = 0.096;
const ACCOUNTS_OF_A_TEAM: usize = ACCOUNTS / TEAMS;
/// The index of the account whose logs everybody reads.
const LOGS: usize = 0;

/// Numbers that look like chance and are the same in each run (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(2026)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to just below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }

    /// From `first` to just before `last`.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + i64::try_from(self.below(usize::try_from(last - first).expect("in order"))).expect("short")
    }

    /// The first ones often, the last ones rarely: a fifth of the accounts gets most of the work.
    fn below_often_low(&mut self, limit: usize) -> usize {
        let share = self.share();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small and positive"
        )]
        let index = (share * share * share * limit as f64) as usize;
        index.min(limit - 1)
    }

    pub(crate) fn random(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        bytes
    }
}

/// What somebody asks for.
pub(crate) struct Wish {
    pub(crate) at: Timestamp,
    pub(crate) person: usize,
    pub(crate) access: String,
    pub(crate) accounts: Vec<String>,
    pub(crate) duration: u32,
    pub(crate) ticket: bool,
}

pub(crate) fn name(person: usize) -> String {
    format!("person{person:04}@corp.com")
}

pub(crate) fn account(number: usize) -> String {
    format!("{}", 100_000_000_000 + number)
}

pub(crate) fn team_of(person: usize) -> usize {
    person % TEAMS
}

/// The owners of a team's accounts are its first three people.
pub(crate) fn owner(team: usize, number: usize) -> usize {
    team + TEAMS * (number % 3)
}

/// Somebody of security, who is in no team that asks.
pub(crate) fn security(number: usize) -> String {
    format!("security{}@corp.com", number % 5)
}

/// Each team asks for three roles in each of its accounts; everybody asks for one role in the account of the logs.
pub(crate) fn policy() -> Policy {
    let mut text = String::from(
        r#"[deployment]
security = ["security"]
accounts = ["ou-root"]

[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["AROAHUB4567890EXAMPLE"]
may = ["request", "vote"]

[door.platform]
role = "arn:aws:iam::111111111111:role/jit-platform"
ids = ["AROAPLA4567890EXAMPLE"]
may = ["publish"]

[group]
security = ["security0@corp.com", "security1@corp.com", "security2@corp.com", "security3@corp.com", "security4@corp.com"]
everybody = { identity_center = "906a1b2c-everybody" }
"#,
    );
    for team in 0..TEAMS {
        let owners: Vec<String> = (0..3).map(|number| format!("\"{}\"", name(owner(team, number)))).collect();
        let _ = writeln!(text, "team{team:02} = {{ identity_center = \"906a1b2c-team{team:02}\" }}");
        let _ = writeln!(text, "team{team:02}-owners = [{}]", owners.join(", "));
    }
    let _ = write!(
        text,
        r#"
[access.logs]
role = "arn:aws:iam::{}:role/jit/logs"
ceiling = "operate"
allow = "logs.json"
who = ["everybody"]
approve = []
max = "4h"
"#,
        account(LOGS)
    );
    for team in 0..TEAMS {
        let accounts: Vec<String> =
            (0..ACCOUNTS_OF_A_TEAM).map(|number| format!("\"{}\"", account(team + TEAMS * number))).collect();
        for (level, approve, max) in [
            ("read", "[]".to_owned(), "8h"),
            ("operate", format!("[{{ group = \"team{team:02}-owners\" }}]"), "4h"),
            ("admin", format!("[{{ group = \"team{team:02}-owners\" }}, {{ group = \"security\" }}]"), "2h"),
        ] {
            let _ = write!(
                text,
                r#"
[access.team{team:02}-{level}]
role = "arn:aws:iam::*:role/jit/{level}"
ceiling = "{level}"
accounts = [{}]
who = ["team{team:02}"]
approve = {approve}
max = "{max}"
"#,
                accounts.join(", ")
            );
        }
    }
    let documents = |_: &str, _: &str| {
        Ok::<_, String>(
            r#"{"Statement":[{"Effect":"Allow","Action":["logs:FilterLogEvents","logs:GetLogEvents","logs:StartQuery","logs:GetQueryResults"],"Resource":"*"}]}"#
                .to_owned(),
        )
    };
    let file = PolicyFile { path: "policy.toml".to_owned(), text };
    Policy::read(&[file], &documents).unwrap_or_else(|mistake| panic!("{mistake}"))
}

pub(crate) fn directory() -> Directory {
    let team = |team: usize| {
        let members = (0..PEOPLE).filter(|person| team_of(*person) == team).map(name).collect();
        (format!("906a1b2c-team{team:02}"), members)
    };
    let everybody = ("906a1b2c-everybody".to_owned(), (0..PEOPLE).map(name).collect());
    Directory {
        groups: (0..TEAMS).map(team).chain([everybody]).collect(),
        units: [("ou-root".to_owned(), (0..ACCOUNTS).map(account).collect())].into(),
    }
}

/// Everything that people ask for on a day, in order. Few on weekends.
pub(crate) fn day(start: Timestamp, day: i64, dice: &mut Dice) -> Vec<Wish> {
    let midnight = start.0 + day * DAY;
    let often = if day % 7 < 5 { REQUESTS_A_DAY } else { REQUESTS_A_DAY / 20.0 };
    let mut wishes = Vec::new();
    for person in 0..PEOPLE {
        if dice.share() < often {
            wishes.push(wish(midnight, person, dice));
        }
    }
    wishes.sort_by_key(|wish| wish.at.0);
    wishes
}

fn wish(midnight: i64, person: usize, dice: &mut Dice) -> Wish {
    // Between 08:00 and 18:00, most of them around 13:00.
    let at = midnight + 8 * 3600 + (dice.between(0, 5 * 3600) + dice.between(0, 5 * 3600));
    let team = team_of(person);
    let mut accounts = vec![account(team + TEAMS * dice.below_often_low(ACCOUNTS_OF_A_TEAM))];
    let kind = dice.share();
    let (access, hours) = if kind < 0.15 {
        accounts.clear();
        ("logs".to_owned(), [1, 2, 4])
    } else if kind < 0.6 {
        (format!("team{team:02}-read"), [2, 4, 8])
    } else if kind < 0.9 {
        (format!("team{team:02}-operate"), [1, 2, 4])
    } else {
        (format!("team{team:02}-admin"), [1, 1, 2])
    };
    if !accounts.is_empty() && dice.share() < 0.05 {
        accounts = (0..5).map(|number| account(team + TEAMS * number)).collect();
    }
    let duration = 3600 * hours[dice.below(3)];
    Wish { at: Timestamp(at), person, access, accounts, duration, ticket: dice.share() < 0.5 }
}
