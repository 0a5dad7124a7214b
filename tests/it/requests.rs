//! `jit request`, `jit requests` and `jit drop`, against a ledger in a folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jit_access::decide::OnCall;
use jit_access::id::Id;
use jit_access::ledger::{Fact, Hash, Key, Ledger, Revoke, Vote, Vouch, write};
use jit_access::people::{Directory, UserId};
use jit_apply::apply::Applier;
use jit_apply::cache::{Cache, EVERYTHING};
use jit_apply::folder::{FolderLedger, SystemAccounts};
use jit_apply::iam::{Iam, IamError, MemoryIam};
use serde_json::Value;

use crate::support::{Output, Room, Signal};

const PAY: &str = "arn:aws:iam::222222222222:role/jit/pay-admin";

/// The policy of a small company; DOOR stands for the id of the role that everybody comes through.
pub(crate) const POLICY: &str = r#"
[deployment]
apply = "approver"
security = ["security"]

[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["DOOR"]
may = ["request", "vote", "publish"]

[group]
eng = ["alice@example.com", "bob"]
owners = ["bob", "carol@example.com"]
security = ["dan@example.com"]
others = ["erin@example.com"]

[person]
bob = { names = ["bob@example.com"] }

[access.pay-admin]
role = "arn:aws:iam::222222222222:role/jit/pay-admin"
ceiling = "read"
who = ["eng"]
approve = [{ group = "owners" }]
max = "2h"
reason = 5

[access.pay-two]
role = "arn:aws:iam::222222222222:role/jit/pay-two"
ceiling = "read"
who = ["eng"]
approve = [{ group = "owners", min = 2 }, { group = "security" }]
max = "30m"
ticket = '^INC-\d+$'

[access.wide]
role = "arn:aws:iam::*:role/jit/wide"
ceiling = "read"
accounts = ["333333333333", "333344445555", "444444444444"]
who = ["eng"]
approve = [{ group = "owners" }]
max = "1h"

[access.theirs]
role = "arn:aws:iam::222222222222:role/jit/theirs"
ceiling = "read"
who = ["others"]
approve = [{ group = "owners" }]
max = "1h"
"#;

/// A room whose person has signed in, with a ledger in which a policy is published.
struct Trial {
    room: Room,
    door: String,
    iam: MemoryIam,
    /// The requests that were seen, in the order in which they were.
    seen: RefCell<Vec<(Id, Hash)>>,
}

impl Trial {
    fn new() -> Self {
        Self::with(POLICY)
    }

    fn with(policy: &str) -> Self {
        let room = Room::new();
        let access = format!("{}\n[access]\nledger = \"~/ledger\"\n", room.usual_config());
        room.write_config(&access);
        let login = room.jit(&["login", "hub"]).run();
        assert_eq!(login.code(), 0, "{login}");
        let who = room.jit(&["whoami", "hub", "--json"]).run();
        let who: Value = serde_json::from_str(&who.stdout).unwrap();
        let door = who["user_id"].as_str().unwrap().split(':').next().unwrap().to_owned();
        FolderLedger::create(&room.path("ledger"), Arc::new(SystemAccounts::default())).unwrap();
        let iam = MemoryIam::of([PAY.to_owned()]);
        let trial = Self { room, door, iam, seen: RefCell::default() };
        trial.publish(policy);
        trial
    }

    fn ledger(&self) -> FolderLedger {
        FolderLedger::open(&self.room.path("ledger"), Arc::new(SystemAccounts::default())).unwrap()
    }

    fn user(&self, name: &str) -> UserId {
        format!("{}:{name}", self.door).parse().unwrap()
    }

    fn new_id(&self) -> Id {
        let mut random = [0; 10];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
        Id::new(self.ledger().time().unwrap(), random)
    }

    /// Waits for the next second: what is written in the same one has no order.
    fn next_second(&self) {
        let began = self.ledger().time().unwrap();
        while self.ledger().time().unwrap() == began {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn publish(&self, policy: &str) {
        self.next_second();
        let key = Key::Policy { id: self.new_id(), author: self.user("platform@example.com") };
        write(&self.ledger(), &key, policy.replace("DOOR", &self.door).as_bytes()).unwrap();
    }

    /// Somebody says something.
    fn says(&self, name: &str, fact: &Fact) {
        let key = Key::Fact { id: self.new_id(), author: self.user(name), kind: fact.kind() };
        write(&self.ledger(), &key, &fact.to_bytes()).unwrap();
    }

    fn votes(&self, name: &str, (request, sha256): (Id, Hash), vote: Vouch, reason: &str) {
        let vote = Vote { request, sha256, vote, reason: reason.to_owned() };
        self.says(name, &Fact::Vote(vote));
    }

    /// The requests, each with the hash of its bytes, in the order in which they were seen: several are made in one second.
    fn requests(&self) -> Vec<(Id, Hash)> {
        let (ledger, shelf) = (self.ledger(), Mutex::new(BTreeMap::new()));
        let now = ledger.time().unwrap();
        let read = Cache::new("x").read(&ledger, &shelf, EVERYTHING, now).unwrap();
        let mut seen = self.seen.borrow_mut();
        for case in read.records.cases() {
            if !seen.iter().any(|(id, _)| *id == case.id) {
                seen.push((case.id, case.hash));
            }
        }
        seen.clone()
    }

    /// What an approver's command does about a request.
    fn apply(&self, request: Id, iam: &dyn Iam) {
        let (ledger, shelf) = (self.ledger(), Mutex::new(BTreeMap::new()));
        let applier = Applier {
            ledger: &ledger,
            shelf: &shelf,
            iam,
            directory: &Directory::default(),
            on_call: &OnCall::Unknown,
            services: &|_| vec!["s3:*".to_owned()],
            must_wait: &|_| false,
            clock: &|| ledger.time().unwrap(),
            random: &|| [7; 10],
            go_on: &|_| ControlFlow::Continue(()),
        };
        let _ = applier.apply(&mut Cache::new("x"), request);
    }

    /// Asks, and bob approves and applies it.
    fn granted(&self, arguments: &[&str]) -> Id {
        let asked = self.room.jit(&[&["request"], arguments].concat()).run();
        assert_eq!(asked.code(), 0, "{asked}");
        let (id, hash) = *self.requests().last().unwrap();
        self.votes("bob@example.com", (id, hash), Vouch::Approve, "");
        self.apply(id, &self.iam);
        id
    }

    /// What was told, with `id-001` for the short id of the first request, `id-002` for that of the second.
    fn told(&self, output: &Output) -> String {
        let mut told = self.room.told(output);
        for (number, (id, hash)) in self.requests().into_iter().enumerate() {
            told = told.replace(&id.short([]), &format!("id-{:03}", number + 1));
            told = told.replace(&id.to_string(), "RANDOM").replace(&hash.to_string(), "RANDOM");
        }
        told
    }

    /// The page of a request up to its first policy, which has hundreds of lines and the date.
    fn page(&self, id: &str) -> String {
        let told = self.jit(&["requests", id]);
        let (before, policies) = told.split_once("\n{\n").unwrap();
        assert!(
            policies.contains("\"aws:CurrentTime\": \"") && policies.contains("\"*:alice@example.com\""),
            "{told}"
        );
        format!("{before}\n")
    }

    fn jit(&self, arguments: &[&str]) -> String {
        self.told(&self.room.jit(arguments).run())
    }
}

const ASK: [&str; 4] = ["request", "pay-admin", "-m", "refunds are stuck"];

#[test]
fn a_request_says_who_can_approve_it_and_is_not_doubled() {
    let trial = Trial::new();
    insta::assert_snapshot!(trial.jit(&ASK), @"
    exit 0
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for pay-admin
    ");
    insta::assert_snapshot!(trial.jit(&ASK), @"
    exit 0
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    You have asked for this already: id-001
    ");
    assert_eq!(trial.requests().len(), 1);
    // Another one is another one.
    trial.next_second();
    assert_eq!(trial.room.jit(&[&ASK[..], &["-d", "30m"]].concat()).run().code(), 0);
    assert_eq!(trial.requests().len(), 2);
    insta::assert_snapshot!(trial.jit(&["requests"]), @"
    exit 0
    --- stdout
    id      who                access     state    when
    id-002  alice@example.com  pay-admin  pending  TIME left
    id-001  alice@example.com  pay-admin  pending  TIME left
    ");
    let short = trial.requests()[0].0.short([]);
    insta::assert_snapshot!(trial.page(&short), @r#"
    exit 0
    --- stdout
    id         id-001 (RANDOM)
    who        alice@example.com
    access     pay-admin
    account    222222222222
    for        1 h
    reason     refunds are stuck
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com

    HH:MM  alice@example.com asked

    policy RANDOM on arn:aws:iam::222222222222:role/jit/pay-admin:
    "#);
    insta::assert_snapshot!(trial.jit(&["request", "pay-two", "--ticket", "INC-7"]), @"
    exit 0
    --- stdout
    id         id-003
    access     pay-two
    account    222222222222
    for        30 min
    state      pending, lapses at HH:MM
    waits for  2 of owners: bob or carol@example.com
    waits for  security: dan@example.com
    they type  jit approve id-003
    --- stderr
    ✓ Asked for pay-two
    ");
}

#[test]
fn a_grant_is_seen_extended_and_given_back() {
    let trial = Trial::new();
    let first = trial.granted(&ASK[1..]);
    insta::assert_snapshot!(trial.jit(&["requests"]), @"
    exit 0
    --- stdout
    id      who                access     state  when
    id-001  alice@example.com  pay-admin  live   TIME left
    ");
    let policies = |id: Id| {
        let role = trial.iam.role(&PAY.to_owned()).unwrap();
        role.policies.contains_key(&format!("jit-{id}"))
    };
    assert!(policies(first));
    let shown = trial.room.jit(&["requests", &first.short([]), "--json"]).run();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&shown["state"]["name"], &shown["state"]["applied"]), (&"live".into(), &true.into()));
    let document = trial.iam.role(&PAY.to_owned()).unwrap().policies.into_values().next().unwrap();
    assert_eq!(shown["policies"], serde_json::json!([{ "role": PAY, "document": document }]));
    // The reason and the ticket are inherited.
    trial.next_second();
    insta::assert_snapshot!(trial.jit(&["request", "pay-admin", "-d", "2h"]), @"
    exit 0
    --- stdout
    id         id-002
    access     pay-admin
    account    222222222222
    for        2 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-002
    --- stderr
    ✓ Asked to extend id-001
    ");
    let (second, hash) = trial.requests()[1];
    trial.votes("carol@example.com", (second, hash), Vouch::Approve, "go on");
    trial.apply(second, &trial.iam);
    assert!(policies(first) && policies(second), "each grant is a policy of its own");
    insta::assert_snapshot!(trial.page(&second.short([])), @r#"
    exit 0
    --- stdout
    id       id-002 (RANDOM)
    who      alice@example.com
    access   pay-admin
    account  222222222222
    for      2 h
    extends  id-001
    state    granted until HH:MM (TIME left)

    HH:MM  alice@example.com asked
    HH:MM  carol@example.com approved: go on
    HH:MM  granted: until HH:MM
    HH:MM  applied: 222222222222

    policy RANDOM on arn:aws:iam::222222222222:role/jit/pay-admin:
    "#);
    insta::assert_snapshot!(trial.jit(&["drop"]), @"
    exit 2
    --- stderr
    error: you have several open requests
      next: jit drop id-001  or another one
    ");
    insta::assert_snapshot!(trial.jit(&["drop", "pay-admin"]), @"
    exit 0
    --- stderr
    ✓ Gave back pay-admin (id-001)
    AWS still allows it until HH:MM, or until an approver's next command removes it.
    ✓ Gave back pay-admin (id-002)
    AWS still allows it until HH:MM, or until an approver's next command removes it.
    ");
    insta::assert_snapshot!(trial.jit(&["requests", "--mine"]), @"
    exit 0
    --- stdout
    id      who                access     state  when
    id-002  alice@example.com  pay-admin  ended  HH:MM
    id-001  alice@example.com  pay-admin  ended  HH:MM
    ");
    insta::assert_snapshot!(trial.jit(&["drop", "pay-admin"]), @"
    exit 2
    --- stderr
    error: you have no open request for pay-admin
      next: jit requests --mine  lists yours
    ");
    trial.apply(first, &trial.iam);
    trial.apply(second, &trial.iam);
    assert!(!policies(first) && !policies(second));
}

#[test]
fn what_would_be_denied_is_not_filed() {
    let trial = Trial::new();
    for (arguments, code, words) in [
        (&["request", "pay-admin", "-m", "because", "-d", "3h"][..], 4, "it asks for more than 2 h"),
        (&["request", "pay-admin", "-m", "why"], 2, "pay-admin needs a reason of at least 5 characters"),
        (&["request", "pay-admin"], 2, "pay-admin needs a reason of at least 5 characters"),
        (&["request", "pay-two"], 2, "pay-two needs a ticket like ^INC-\\d+$"),
        (&["request", "pay-two", "--ticket", "inc-7"], 2, "pay-two needs a ticket like"),
        (&["request", "theirs"], 4, "theirs would be denied: the requester is in none of the groups"),
        (&["request", "pay-admni"], 2, "did you mean `pay-admin`?"),
        (&["request"], 2, "you may ask for: pay-admin, pay-two, wide"),
        (&["request", "wide"], 2, "jit request wide --account 333333333333"),
        (
            &["request", "wide", "--account", "5*"],
            2,
            "the accounts are: 333333333333, 333344445555, 444444444444",
        ),
        (
            &["request", "pay-admin", "-m", "because", "--account", "333333333333"],
            2,
            "cannot be requested in `333333333333`",
        ),
        (&["request", "pay-admin", "-m", "because", "--start", "+8d"], 2, "+8d is more than 7 days ahead"),
        (
            &["request", "pay-admin", "-m", "because", "--start", "soon"],
            2,
            "`soon` is not a time to start at",
        ),
        (&["request", "pay-admin", "-m", "because", "-d", "soon"], 2, "`soon` is not a duration"),
        (&["requests", "zzzz"], 2, "there is no request `zzzz`"),
        (&["drop"], 2, "you have no open request"),
        (&["drop", "pay-admin"], 2, "you have no open request for pay-admin"),
        (&["requests", "--mine", "--all"], 2, "cannot be used with"),
    ] {
        let output = trial.room.jit(arguments).run();
        assert!(output.code() == code && output.stderr.contains(words), "{arguments:?} {words}: {output}");
    }
    assert_eq!(trial.requests(), []);
}

#[test]
fn one_request_is_for_several_accounts() {
    let trial = Trial::new();
    insta::assert_snapshot!(trial.jit(&["request", "wide", "--account", "3333*", "--account", "444444444444", "--start", "+1h"]), @"
    exit 0
    --- stdout
    id         id-001
    access     wide
    account    333333333333, 333344445555, 444444444444
    for        1 h
    from       HH:MM
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for wide
    ");
    let short = trial.requests()[0].0.short([]);
    let shown = trial.room.jit(&["requests", &short, "--json"]).run();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["accounts"], serde_json::json!(["333333333333", "333344445555", "444444444444"]));
    let roles: Vec<&str> =
        shown["policies"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles.len(), 3, "{shown:#}");
    assert!(
        shown["policies"][0]["document"].as_str().unwrap().contains("DateGreaterThanEquals"),
        "{shown:#}"
    );
}

#[test]
fn waiting_ends_when_it_is_decided_and_says_how() {
    let trial = Trial::new();
    let wait = [&ASK[..], &["--wait"]].concat();
    let running = trial.room.jit(&wait).start();
    running.says("Waiting for owners: bob or carol@example.com");
    let (id, hash) = trial.requests()[0];
    trial.votes("bob@example.com", (id, hash), Vouch::Approve, "");
    trial.apply(id, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 0
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for pay-admin
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for owners: bob or carol@example.com
    ✓ pay-admin: granted until HH:MM (TIME left)
    ");

    let running = trial.room.jit(&["request", "pay-two", "--ticket", "INC-1", "--wait"]).start();
    running.says("Waiting for 2 of owners");
    let denied = trial.requests()[1];
    trial.votes("dan@example.com", denied, Vouch::Deny, "not today");
    trial.apply(denied.0, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 4
    --- stdout
    id         id-002
    access     pay-two
    account    222222222222
    for        30 min
    state      pending, lapses at HH:MM
    waits for  2 of owners: bob or carol@example.com
    waits for  security: dan@example.com
    they type  jit approve id-002
    --- stderr
    ✓ Asked for pay-two
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for 2 of owners: bob or carol@example.com; security: dan@example.com
    error: request id-002 was denied: dan@example.com denied it
      next: jit requests id-002  shows it
    ");

    insta::assert_snapshot!(trial.jit(&["request", "pay-two", "--ticket", "INC-2", "--wait=0s"]), @"
    exit 6
    --- stdout
    id         id-003
    access     pay-two
    account    222222222222
    for        30 min
    state      pending, lapses at HH:MM
    waits for  2 of owners: bob or carol@example.com
    waits for  security: dan@example.com
    they type  jit approve id-003
    --- stderr
    ✓ Asked for pay-two
    Waiting. Ctrl-C stops waiting, and the request stays.
    error: request id-003 is still pending
      because: it waits for 2 of owners: bob or carol@example.com
      because: it waits for security: dan@example.com
      next: jit approve id-003  is what an approver types
      next: jit requests id-003  shows it
    ");

    let running = trial.room.jit(&["request", "pay-two", "--ticket", "INC-3", "--wait"]).start();
    running.says("Waiting for 2 of owners");
    running.signal(Signal::INT);
    let stopped = running.wait();
    assert_ne!(stopped.code(), 0, "{stopped}");
    assert_eq!(trial.requests().len(), 4, "the request stays");
    assert!(trial.jit(&["requests"]).contains("id-004"));
}

#[test]
fn what_aws_refuses_is_said_to_whoever_waits() {
    let trial = Trial::new();
    let running = trial.room.jit(&[&ASK[..], &["--wait"]].concat()).start();
    running.says("Waiting for owners");
    let asked = trial.requests()[0];
    trial.votes("bob@example.com", asked, Vouch::Approve, "");
    trial.iam.refuse(Some(IamError::Refused { role: PAY.to_owned(), why: "LimitExceeded".to_owned() }));
    trial.apply(asked.0, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 1
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for pay-admin
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for owners: bob or carol@example.com
    error: request id-001 was granted, but not applied
      because: AWS refused to change arn:aws:iam::222222222222:role/jit/pay-admin: LimitExceeded
      next: jit requests id-001  shows it
    ");
}

/// What people write is theirs: nothing of it moves the cursor, turns the text around, or writes a line that looks like ours.
#[test]
fn reasons_and_names_of_people_are_foreign_text() {
    let trial = Trial::new();
    let reason = "refund \u{202e}live\u{1b}[2J\nstate  granted";
    let asked = trial.room.jit(&["request", "pay-admin", "-m", reason]).run();
    let id = trial.requests()[0];
    trial.votes("bob@example.com", id, Vouch::Deny, "no \u{202e}\u{1b}[1A\r\nyes");
    trial.says(
        "dan@example.com",
        &Fact::Revoke(Revoke { request: id.0, sha256: id.1, reason: "\u{9b}2J".to_owned() }),
    );
    let shown = trial.room.jit(&["requests", &id.0.short([])]).run();
    let json = trial.room.jit(&["requests", "--mine", "--json"]).run();
    for output in [&asked, &shown, &json] {
        assert_eq!(output.code(), 0, "{output}");
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(!all.contains(['\u{202e}', '\u{1b}', '\u{9b}', '\r']), "{output}");
    }
    let page = trial.told(&shown);
    assert!(page.contains("reason   refund \\u{202e}live\\u{1b}[2J\\u{a}state  granted\n"), "{page}");
    assert!(page.contains("bob denied: no \\u{202e}\\u{1b}[1A\\u{d}\\u{a}yes\n"), "{page}");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["requests"][0]["reason"], reason);
}

#[test]
fn on_a_terminal_the_access_is_picked_and_the_reason_asked_for() {
    let trial = Trial::new();
    let mut running = trial.room.jit(&["request"]).somebody_types().start();
    running.says("pay-two");
    running.types("pay-adm");
    running.types("\r");
    running.says("Everybody who may ask for access here can read the reason");
    running.types("why\r");
    running.says("At least 5 characters");
    running.types("refunds are stuck\r");
    let output = running.wait();
    assert_eq!(output.code(), 0, "{output}");
    let shown = trial.room.jit(&["requests", "--mine", "--json"]).run();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["requests"][0]["reason"], "refunds are stuck");
    assert_eq!(shown["requests"][0]["access"], "pay-admin");
}

#[test]
fn whoever_is_nobody_or_has_no_ledger_is_told_why() {
    let trial = Trial::new();
    trial.publish(&POLICY.replace("\"alice@example.com\", ", ""));
    insta::assert_snapshot!(trial.jit(&ASK), @"
    exit 4
    --- stderr
    error: alice@example.com is not in the policy: no person of the policy has the name
      next: have the name added to a [group] of the policy, or to `names` of a [person]
    ");
    trial.publish(&POLICY.replace("DOOR", "AROAANOTHERDOOR000000"));
    // Nobody may publish through a door that is no door.
    let asked = trial.room.jit(&ASK).run();
    assert_eq!(asked.code(), 4, "{asked}");

    let room = Room::new();
    let told = |room: &Room, arguments: &[&str]| room.told(&room.jit(arguments).run());
    insta::assert_snapshot!(told(&room, &ASK), @r#"
    exit 2
    --- stderr
    error: access on request is not configured: ~/config/jit/config.toml has no [access]
      next: jit configure add URL  adds your company's shared file
      next: or add [access] with ledger = "s3://…", or with a folder for a trial
    "#);
    room.write_config(&format!("{}\n[access]\nledger = \"~/nowhere\"\n", room.usual_config()));
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 2
    --- stderr
    error: there is no folder ~/nowhere
      next: check `ledger` in the section [access]; the folder may be on a disk that is not mounted
    ");
    std::fs::create_dir(room.path("nowhere")).unwrap();
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 2
    --- stderr
    error: ~/nowhere is not a ledger: it does not have the folders a, f, policy, s and tmp
      next: check `ledger` in the section [access]: it names a folder that holds a ledger
    ");
    FolderLedger::create(&room.path("nowhere"), Arc::new(SystemAccounts::default())).unwrap();
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: you have not signed in there yet
      next: jit login hub
    ");
    let second = room.usual_config().replace("[role.admin]\nvia = \"hub\"", "[role.admin]\nidp = \"demo\"");
    room.write_config(&format!("{second}\n[access]\nledger = \"~/nowhere\"\n"));
    insta::assert_snapshot!(told(&room, &["requests"]), @r#"
    exit 2
    --- stderr
    error: [access] does not say which role you come through
      because: several roles start at an IdP: admin, hub
      next: add a line such as entry = "admin" to [access]
    "#);
}

/// A name cannot be chosen: it is that of the session, whatever the environment or the arguments say.
#[test]
fn the_author_is_whoever_signed_in() {
    let trial = Trial::new();
    let asked = trial
        .room
        .jit(&ASK)
        .env("USER", "bob@example.com")
        .env("LOGNAME", "bob@example.com")
        .env("AWS_ROLE_SESSION_NAME", "bob@example.com")
        .env("JIT_USER", "bob@example.com")
        .run();
    assert_eq!(asked.code(), 0, "{asked}");
    let ledger = trial.ledger();
    let keys: Vec<String> = ledger.list("f/", "").unwrap().into_iter().map(|entry| entry.key).collect();
    assert!(keys.len() == 1 && keys[0].contains(":alice@example.com/request.json"), "{keys:?}");
    for option in ["--as", "--user", "--author", "--name"] {
        let refused = trial.room.jit(&[&ASK[..], &[option, "bob@example.com"]].concat()).run();
        assert_eq!(refused.code(), 2, "{refused}");
    }
}

/// Without an entry role there is no session that could say who somebody is, and the system does.
#[test]
fn without_an_entry_role_the_author_is_the_owner_of_the_file() {
    let trial = Trial::new();
    trial.room.write_config("[access]\nledger = \"~/ledger\"\n");
    let me = rustix::process::geteuid();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&me.as_raw().to_string())).unwrap();
    let name = line.split(':').next().unwrap();
    trial.publish(&POLICY.replace("alice@example.com", name));
    let asked = trial.room.jit(&ASK).env("USER", "bob").env("LOGNAME", "bob").run();
    assert_eq!(asked.code(), 0, "{asked}");
    assert!(
        asked.stderr.contains(&format!("In this folder you are {name}, the owner of the files")),
        "{asked}"
    );
    let keys: Vec<String> =
        trial.ledger().list("f/", "").unwrap().into_iter().map(|entry| entry.key).collect();
    assert!(keys.len() == 1 && keys[0].contains(&format!(":{name}/request.json")), "{keys:?}");
}

/// Shells complete the short ids of open requests and the names of accesses, from what was read last.
#[test]
fn ids_and_names_are_completed() {
    let trial = Trial::new();
    assert_eq!(trial.room.jit(&ASK).run().code(), 0);
    let short = trial.requests()[0].0.short([]);
    let complete = |words: &[&str]| {
        let count = words.len().to_string();
        let output = trial
            .room
            .jit(&[&["--", "jit"], words].concat())
            .env("COMPLETE", "fish")
            .env("_CLAP_COMPLETE_INDEX", &count)
            .run();
        output.stdout
    };
    assert!(
        complete(&["requests", &short[..2]]).contains(&short),
        "{}",
        complete(&["requests", &short[..2]])
    );
    assert!(complete(&["request", "pay"]).contains("pay-admin"), "{}", complete(&["request", "pay"]));
    assert!(complete(&["drop", "wi"]).contains("wide"));
}
