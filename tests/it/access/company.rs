//! A small company with a ledger in a folder and the embedded AWS: several people on one machine, each with a sign-in of
//! their own.

use std::sync::Arc;

use jit_access::id::Id;
use jit_access::ledger::{Fact, Key, Ledger as _, write};
use jit_access::people::UserId;
use jit_access::policy::Policy;
use jit_apply::folder::{FolderLedger, SystemAccounts};
use jit_emulator::{Approval, Deployment, HUB, Layout, Settings, User, role_id};
use serde_json::Value;

use crate::support::{Output, Room, Run};

/// The policy. Alice and Erin ask, Bob and Carol own, Dan is security, Grace is told when nobody answers.
pub(super) const POLICY: &str = r#"
[deployment]
apply = "approver"
security = ["security"]
accounts = ["222222222222"]

[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["DOOR"]
may = ["request", "vote", "publish", "glass"]

[group]
eng = ["alice@example.com", "erin@example.com"]
owners = ["bob@example.com", "carol@example.com"]
security = ["dan@example.com"]
leads = ["grace@example.com"]

[access.deploy]
role = "arn:aws:iam::222222222222:role/jit/engineer"
ceiling = "read"
who = ["eng"]
approve = [{ group = "owners" }]
escalate = { after = "1h", group = "leads" }
max = "2h"
reason = 5

[access.pay]
role = "arn:aws:iam::222222222222:role/jit/pay"
ceiling = "read"
who = ["eng", "owners"]
approve = [{ group = "owners" }, { group = "security" }]
max = "30m"
ticket = '^INC-\d+$'

[access.glass]
role = "arn:aws:iam::*:role/jit-glass/admin"
ceiling = "read"
who = ["eng"]
standing = true
review = { group = "security", within = "24h" }
"#;

/// The company's machine.
pub(super) struct Company {
    pub(super) room: Room,
}

/// The policy as people of this company can publish it.
pub(super) fn text(policy: &str) -> String {
    policy.replace("DOOR", &role_id(HUB))
}

impl Company {
    /// With [`POLICY`] in force.
    pub(super) fn new() -> Self {
        Self::with(POLICY)
    }

    /// With this policy in force.
    pub(super) fn with(policy: &str) -> Self {
        let company = Self::without_policy(policy);
        let user = company.user("pat");
        company.put(&Key::Policy { id: company.new_id(), author: user }, text(policy).as_bytes());
        company
    }

    /// Puts another policy into force, and not in the second of the one before it: of two in one second, either may be the
    /// later one.
    pub(super) fn publishes(&self, policy: &str) {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let key = Key::Policy { id: self.new_id(), author: self.user("pat") };
        self.put(&key, text(policy).as_bytes());
    }

    /// With the AWS that this policy needs, and an empty ledger.
    pub(super) fn without_policy(policy: &str) -> Self {
        let policy = Policy::read_published("policy.toml", &text(policy)).unwrap();
        let layout = Layout::default();
        let deployment = Deployment::of(&policy, &layout);
        let room =
            Room::with(deployment.settings(Settings { approval: Approval::AtOnce, ..Settings::default() }));
        deployment.install(room.servers()).unwrap();
        room.write_config(&format!("{}\n[access]\nledger = \"~/ledger\"\n", room.usual_config()));
        FolderLedger::create(&room.path("ledger"), Arc::new(SystemAccounts::default())).unwrap();
        Self { room }
    }

    /// `jit` as this person uses it: signed in under their own name, with a state folder of their own.
    pub(super) fn jit(&self, person: &str, arguments: &[&str]) -> Run<'_> {
        self.runs(person, env!("CARGO_BIN_EXE_jit"), arguments)
    }

    /// Any program, as this person runs it.
    pub(super) fn runs(&self, person: &str, program: &str, arguments: &[&str]) -> Run<'_> {
        let room = &self.room;
        let user = User {
            subject: format!("00u-{person}"),
            email: format!("{person}@example.com"),
            name: person.to_owned(),
            ..Settings::default().user
        };
        room.servers().faults(|faults| faults.user = Some(user));
        let state = room.path(format!("state/{person}"));
        if !state.exists() {
            std::fs::create_dir(&state).unwrap();
            let login = self.as_theirs(person, env!("CARGO_BIN_EXE_jit"), &["login", "hub"]).run();
            assert_eq!(login.code(), 0, "{login}");
        }
        self.as_theirs(person, program, arguments)
    }

    fn as_theirs(&self, person: &str, program: &str, arguments: &[&str]) -> Run<'_> {
        let state = self.room.path(format!("state/{person}")).display().to_string();
        let run = self.room.program(program, arguments).env("XDG_STATE_HOME", &state);
        self.room.servers().endpoints().into_iter().fold(run, |run, (name, url)| run.env(name, url))
    }

    /// Runs `jit` to its end.
    pub(super) fn says(&self, person: &str, arguments: &[&str]) -> Output {
        self.jit(person, arguments).run()
    }

    /// Asks, and returns the short id and the beginning of the hash.
    pub(super) fn asks(&self, person: &str, arguments: &[&str]) -> (String, String) {
        let asked = self.says(person, &[&["request"], arguments, &["--json"]].concat());
        assert_eq!(asked.code(), 0, "{asked}");
        let asked: Value = serde_json::from_str(&asked.stdout).unwrap();
        let text = |key: &str| asked[key].as_str().unwrap().to_owned();
        (text("short"), text("sha256")[..12].to_owned())
    }

    /// Asks for `deploy`.
    pub(super) fn asks_for_deploy(&self, person: &str) -> (String, String) {
        self.asks(person, &["deploy", "-d", "1h", "-m", "fix the deployment of payments"])
    }

    /// The state of a request, as its requester sees it.
    pub(super) fn state(&self, person: &str, id: &str) -> String {
        let shown = self.says(person, &["requests", id, "--json"]);
        let shown: Value = serde_json::from_str(&shown.stdout).unwrap_or_else(|_| panic!("{shown}"));
        shown["state"]["name"].as_str().unwrap().to_owned()
    }

    fn user(&self, person: &str) -> UserId {
        format!("{}:{person}@example.com", role_id(HUB)).parse().unwrap()
    }

    fn ledger(&self) -> FolderLedger {
        FolderLedger::open(&self.room.path("ledger"), Arc::new(SystemAccounts::default())).unwrap()
    }

    fn new_id(&self) -> Id {
        let mut random = [0; 10];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
        Id::new(self.ledger().time().unwrap(), random)
    }

    fn put(&self, key: &Key, bytes: &[u8]) {
        write(&self.ledger(), key, bytes).unwrap();
    }

    /// Puts a fact into the ledger that no command of this room writes.
    pub(super) fn writes(&self, person: &str, fact: &Fact) -> Id {
        let id = self.new_id();
        self.put(&Key::Fact { id, author: self.user(person), kind: fact.kind() }, &fact.to_bytes());
        id
    }

    /// How many facts of this kind are in the ledger.
    pub(super) fn count(&self, kind: &str) -> usize {
        let all = self.ledger().list("f/", "").unwrap();
        all.iter().filter(|entry| entry.key.ends_with(&format!("/{kind}.json"))).count()
    }

    /// The names of the inline policies of a role.
    pub(super) fn policies(&self, role: &str) -> usize {
        let arn = format!("arn:aws:iam::222222222222:role/jit/{role}");
        self.room.servers().cloud(|cloud| cloud.role(&arn).unwrap().inline.len())
    }

    /// What was said, with `ID`, `UUID` and `HASH` for those of requests.
    pub(super) fn told(&self, output: &Output) -> String {
        let all = self.says("pat", &["requests", "--all", "--json"]);
        let all: Value = serde_json::from_str(&all.stdout).unwrap_or_else(|_| panic!("{all}"));
        let mut plain =
            Output { status: output.status, stdout: output.stdout.clone(), stderr: output.stderr.clone() };
        for one in all["requests"].as_array().unwrap() {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            for text_of in [&mut plain.stdout, &mut plain.stderr] {
                *text_of = text_of
                    .replace(&text("id"), "UUID")
                    .replace(&text("short"), "ID")
                    .replace(&text("sha256"), "SHA256")
                    .replace(&text("sha256")[..12], "HASH");
            }
        }
        self.room.told(&plain)
    }
}
