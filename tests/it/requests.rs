//! `jit request`, `jit requests` and `jit drop`, against a ledger in a folder.

mod author;
mod filing;
mod waiting;

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
