//! The page: what was counted, and what that costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jit_access::id::Id;
use jit_access::render::{AllowedStatement, GrantDocument, Level, Limit, Networks};
use jit_wire::timestamp::Timestamp;

use crate::company::{ACCOUNTS, DAYS, PEOPLE, TEAMS};
use crate::reader::{Calls, calls, look};
use crate::record::{Simulated, services};

const MONTHS: u64 = 24;
const ROLES: u64 = 3 * ACCOUNTS as u64 + 1;

/// Dollars in us-east-1, as AWS's price lists had them in November 2026.
mod price {
    /// 1,000 times writing or listing.
    pub(super) const WRITES: f64 = 0.005;
    /// 1,000 times reading an object.
    pub(super) const READS: f64 = 0.0004;
    /// A gigabyte for a month.
    pub(super) const STORAGE: f64 = 0.023;
    /// A gigabyte of Lambda's memory for a second, on arm64.
    pub(super) const MEMORY: f64 = 0.000_013_333_4;
    /// A million starts of a function.
    pub(super) const STARTS: f64 = 0.20;
    /// 100,000 data events in CloudTrail.
    pub(super) const EVENTS: f64 = 0.10;
}

/// What is assumed about people and the function, each stated in the page.
const LOOK_EVERY: u64 = 2;
const WAITED_MINUTES: u64 = 30;
const COMMANDS_A_REQUEST: u64 = 4;
const FUNCTION_GIGABYTES: f64 = 0.256;
const EVENT_SECONDS: f64 = 2.0;
const SWEEP_SECONDS: f64 = 30.0;
const SWEEPS_A_MONTH: u64 = 12 * 24 * 30;

pub(crate) fn page(simulated: &Simulated) -> String {
    let mut page = introduction(simulated);
    records(&mut page, simulated);
    let (reading, look) = lists(&mut page, simulated);
    policies(&mut page, simulated);
    cost(&mut page, simulated, reading, look);
    page
}

fn introduction(simulated: &Simulated) -> String {
    let count = |name: &str| grouped(simulated.outcomes.get(name).copied().unwrap_or_default());
    format!(
        "# Access on request at scale\n\n\
         Written by `scripts/bench --write scale`, which plays two years of a company with the code that makes records,\n\
         decisions and documents. Only what people do is invented: {people} people in {TEAMS} teams, {ACCOUNTS} accounts, in each of\n\
         them the roles `read` (at once), `operate` (an owner approves) and `admin` (an owner and security approve), and one role\n\
         for everybody in the account that has the logs. Each person asks for something about every other week. A company\n\
         of another shape gets other figures: change `crates/jit-apply/benches/scale`.\n\n\
         In {DAYS} days: {requests} requests and {extensions} extensions, of which {granted} were granted, {denied} denied and {lapsed} lapsed.\n",
        people = grouped(PEOPLE as u64),
        requests = count("requests"),
        extensions = count("extensions"),
        granted = count("granted"),
        denied = count("denied"),
        lapsed = count("lapsed"),
    )
}

fn records(page: &mut String, simulated: &Simulated) {
    page.push_str("\n## Records\n\n| kind | objects | bytes | largest |\n| --- | --: | --: | --: |\n");
    for (kind, (objects, bytes)) in &simulated.kinds {
        let largest = simulated.largest.get(kind).copied().unwrap_or_default() as u64;
        let _ = writeln!(page, "| {kind} | {} | {} | {} |", grouped(*objects), size(*bytes), size(largest));
    }
    let (objects, bytes) = all(simulated);
    let _ = writeln!(page, "| **all** | **{}** | **{}** | |", grouped(objects), size(bytes));
    let _ = write!(
        page,
        "\nThe busiest day wrote {} objects, a sign of life every 15 minutes included. The policy file has {}, of at most 1 MiB:\n\
         three accesses for each team, and groups from Identity Center.\n",
        grouped(simulated.busiest_day),
        size(simulated.policy_bytes as u64),
    );
}

/// What a reading takes once the rest is known, and what a look of `--wait` does.
fn lists(page: &mut String, simulated: &Simulated) -> (Calls, Calls) {
    // The last working day, at noon.
    let noon = Timestamp(simulated.end.0 - 3 * 86_400 + 12 * 3600);
    let before = |seconds: i64| Timestamp(noon.0 - seconds);
    let times = [before(2 * 86_400), before(86_400), before(300), noon];
    let [first, next_day, _, minutes_later] = calls(simulated, times);
    let look = look(simulated, Id::new(before(600), [1; 10]), noon);
    page.push_str(
        "\n## Calls to read it\n\nA list returns at most 1,000 keys. What was read once is cached, since objects never change.\n\n\
         | reading | lists | objects read |\n| --- | --: | --: |\n",
    );
    for (what, calls) in [
        ("for the first time, after two years", first),
        ("the next day", next_day),
        ("five minutes later: a command, or the function's sweep", minutes_later),
        ("a look of `--wait`", look),
    ] {
        let _ = writeln!(page, "| {what} | {} | {} |", grouped(calls.lists), grouped(calls.gets));
    }
    let (objects, _) = all(simulated);
    let _ = writeln!(
        page,
        "| the audit of everything | {} | {} |",
        grouped(objects.div_ceil(1_000)),
        grouped(objects)
    );
    let _ = write!(
        page,
        "\nA sweep also asks IAM: {} times `ListRoles`, and for each of the {} roles `GetRole`, `ListRolePolicies` and\n\
         `ListAttachedRolePolicies`, and `GetRolePolicy` for each live grant. AWS charges nothing for these calls, but\n\
         limits how many an account may make.\n",
        grouped(ACCOUNTS as u64),
        grouped(ROLES),
    );
    (minutes_later, look)
}

fn policies(page: &mut String, simulated: &Simulated) {
    let limit = Limit::Inline.characters();
    let _ = write!(
        page,
        "\n## Policies on a role\n\nAll grants on one role share {} characters.\n\n\
         | a grant of | characters | at once on one role |\n| --- | --: | --: |\n",
        grouped(limit as u64)
    );
    let actions = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery", "logs:GetQueryResults"];
    let own = actions.map(str::to_owned).to_vec();
    let levels = Level::ALL.map(|level| (format!("the ceiling `{}`", level.name()), services(level)));
    for (what, actions) in levels.into_iter().chain([("four actions (`allow`)".to_owned(), own)]) {
        let characters = grant(simulated, actions);
        let _ = writeln!(page, "| {what} | {} | {} |", grouped(characters as u64), limit / characters);
    }
    page.push_str("\n| the fullest role of a kind | grants at once | characters | of the limit |\n| --- | --: | --: | --: |\n");
    let mut fullest: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (role, (characters, grants)) in &simulated.fullest {
        let kind = role.rsplit('/').next().unwrap_or(role);
        let most = fullest.entry(kind).or_default();
        if *characters > most.0 {
            *most = (*characters, *grants);
        }
    }
    for (kind, (characters, grants)) in fullest {
        let percent = (characters * 100).div_ceil(limit);
        let note = if percent > 100 { " **too many**" } else { "" };
        let _ =
            writeln!(page, "| `{kind}` | {grants} | {} | {percent} %{note} |", grouped(characters as u64));
    }
    page.push_str(
        "\nWhere a role is too full AWS refuses the next grant, and `jit` says so. Spread the people over several roles with the\n\
         same ceiling (`jit/read-1`, `jit/read-2`), name few actions in `allow`, or shorten `max`. `jit policy check` cannot know\n\
         how many will ask at once.\n",
    );
}

/// The length of a grant to one person.
fn grant(simulated: &Simulated, actions: Vec<String>) -> usize {
    let document = GrantDocument {
        names: vec!["person0000@corp.com".to_owned()],
        start: None,
        until: simulated.end,
        allow: vec![AllowedStatement { actions, resources: vec!["*".to_owned()], conditions: Vec::new() }],
        networks: Networks::default(),
    };
    document.render().expect("a grant").as_str().len()
}

#[expect(clippy::cast_precision_loss, reason = "dollars with two decimals")]
fn cost(page: &mut String, simulated: &Simulated, once: Calls, look: Calls) {
    let (objects, bytes) = all(simulated);
    let facts: u64 = ["request", "vote", "drop"]
        .iter()
        .filter_map(|kind| simulated.kinds.get(*kind))
        .map(|(objects, _)| objects)
        .sum();
    let requests = simulated.kinds.get("request").map_or(0, |(objects, _)| *objects) / MONTHS;
    let votes = simulated.kinds.get("vote").map_or(0, |(objects, _)| *objects) / MONTHS;
    let commands = requests * COMMANDS_A_REQUEST + votes * COMMANDS_A_REQUEST;
    // Only what needs a vote makes somebody wait.
    let looks = votes * WAITED_MINUTES * 60 / LOOK_EVERY;
    let runs = facts / MONTHS + SWEEPS_A_MONTH;
    let thousand = |calls: u64, price: f64| calls as f64 / 1e3 * price;
    let reading = |times: u64, calls: Calls| {
        thousand(times * calls.lists, price::WRITES) + thousand(times * calls.gets, price::READS)
    };
    let seconds = facts as f64 / MONTHS as f64 * EVENT_SECONDS + SWEEPS_A_MONTH as f64 * SWEEP_SECONDS;
    let _ = write!(
        page,
        "\n## Cost on paper\n\n\
         For a month, with AWS's list prices of November 2026 in us-east-1. Assumed: {COMMANDS_A_REQUEST} commands that read the ledger for each\n\
         request and each vote; `--wait` looks every {LOOK_EVERY} seconds, for {WAITED_MINUTES} minutes where somebody has to vote; the function has 256 MB and runs\n\
         {EVENT_SECONDS:.0} seconds for an event and {SWEEP_SECONDS:.0} seconds for a sweep, every five minutes.\n\n\
         | what | how much | dollars |\n| --- | --: | --: |\n"
    );
    let writes = objects / MONTHS;
    let events = writes + looks * look.lists + (commands + runs) * once.lists;
    let rows = [
        ("objects written", grouped(writes), thousand(writes, price::WRITES)),
        ("storage after two years", size(bytes), bytes as f64 / 1e9 * price::STORAGE),
        ("people's commands", grouped(commands), reading(commands, once)),
        ("looks of `--wait`", grouped(looks), reading(looks, look)),
        ("the function's readings", grouped(runs), reading(runs, once)),
        (
            "the function's time",
            format!("{} s", grouped(seconds as u64)),
            seconds * FUNCTION_GIGABYTES * price::MEMORY + runs as f64 / 1e6 * price::STARTS,
        ),
        ("data events of the bucket in CloudTrail", grouped(events), events as f64 / 1e5 * price::EVENTS),
    ];
    let mut total = 0.0;
    for (what, how_much, dollars) in rows {
        total += dollars;
        let _ = writeln!(page, "| {what} | {how_much} | {dollars:.2} |");
    }
    let _ = writeln!(page, "| **all** | | **{total:.2}** |");
}

fn all(simulated: &Simulated) -> (u64, u64) {
    simulated.kinds.values().fold((0, 0), |(objects, bytes), (more, size)| (objects + more, bytes + size))
}

/// With commas between the thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1e3 => format!("{bytes} B"),
        bytes if bytes < 1e6 => format!("{:.1} kB", bytes / 1e3),
        bytes => format!("{:.1} MB", bytes / 1e6),
    }
}
