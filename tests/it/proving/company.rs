//! A company whose deployment can be broken.

use std::collections::BTreeMap;

use jit_access::id::Id;
use jit_access::ledger::{Act, Applied, AppliedRole, Decision, Granted, Hash, Outcome, Sweep};
use jit_access::policy::Policy;
use jit_emulator::{Approval, Cloud, Deployment, HUB, IamRole, Layout, Settings, role_id};
use jit_wire::timestamp::Timestamp;
use serde_json::Value;

use crate::support::{Output, Room};

pub(super) const BUCKET: &str = "acme-jit-ledger";
pub(super) const PAY: &str = "arn:aws:iam::222222222222:role/jit/pay";
pub(super) const READ: &str = "arn:aws:iam::333333333333:role/jit/read";
pub(super) const GLASS: &str = "arn:aws:iam::222222222222:role/jit-glass/admin";
pub(super) const GRANTOR: &str = "arn:aws:iam::222222222222:role/jit-grantor";
pub(super) const FUNCTION: &str = "arn:aws:iam::999999999999:role/jit-function";
/// The accounts: of the entry roles, of roles on request, and of the ledger.
pub(super) const ACCOUNTS: [&str; 4] = ["111111111111", "222222222222", "333333333333", "999999999999"];

pub(super) const PUBLISHER: &str = "arn:aws:iam::111111111111:role/jit-publisher";
const GLASS_DOOR: &str = "arn:aws:iam::111111111111:role/jit-glass-door";

const POLICY: &str = r#"
[deployment]
apply = "function"
security = ["security"]
accounts = ["222222222222", "333333333333"]

[door.hub]
role = "HUB"
ids = ["ID-OF-HUB"]
may = ["request", "vote"]

[door.platform]
role = "PUBLISHER"
ids = ["ID-OF-PUBLISHER"]
may = ["publish"]

[door.glass]
role = "GLASS-DOOR"
ids = ["ID-OF-GLASS"]
may = ["glass"]

[group]
eng = ["alice@example.com", "bob@example.com"]
owners = ["bob@example.com", "carol@example.com"]
security = ["dan@example.com"]

[access.pay]
role = "arn:aws:iam::222222222222:role/jit/pay"
ceiling = "operate"
who = ["eng"]
approve = [{ group = "owners" }]
max = "2h"

[access.read]
role = "arn:aws:iam::*:role/jit/read"
ceiling = "read"
accounts = ["333333333333"]
who = ["eng"]
approve = []
max = "8h"

[access.glass]
role = "arn:aws:iam::222222222222:role/jit-glass/admin"
ceiling = "admin"
who = ["eng"]
standing = true
review = { group = "security", within = "24h" }
"#;

/// A company, and its deployment as it should be.
pub(super) struct Company {
    pub(super) room: Room,
    pub(super) policy: Policy,
    good: Cloud,
}

/// A finding of a probe: its health, and what was found.
pub(super) type Found = (String, String);

impl Company {
    /// Approvers apply in one, the function in the other.
    pub(super) fn new(apply: &str) -> Self {
        let mut text = POLICY.replace("\"function\"", &format!("\"{apply}\""));
        for (name, arn) in [("HUB", HUB), ("PUBLISHER", PUBLISHER), ("GLASS-DOOR", GLASS_DOOR)] {
            text = text.replace(&format!("\"{name}\""), &format!("\"{arn}\""));
        }
        for (name, arn) in [("ID-OF-HUB", HUB), ("ID-OF-PUBLISHER", PUBLISHER), ("ID-OF-GLASS", GLASS_DOOR)] {
            text = text.replace(name, &role_id(arn));
        }
        if apply == "approver" {
            // Nobody could apply what nobody approves.
            text = text.replace("approve = []", "approve = [{ group = \"owners\" }]");
        }
        let policy = Policy::read_published("policy.toml", &text).unwrap();
        let layout = Layout {
            ledger: BUCKET.to_owned(),
            ledger_account: "999999999999".to_owned(),
            function: FUNCTION.to_owned(),
            ..Layout::default()
        };
        let deployment = Deployment::of(&policy, &layout);
        let room =
            Room::with(deployment.settings(Settings { approval: Approval::AtOnce, ..Settings::default() }));
        deployment.install(room.servers()).unwrap();
        let mut config = room.usual_config();
        for account in ACCOUNTS {
            let arn = format!("arn:aws:iam::{account}:role/audit");
            config.push_str(&format!("\n[role.audit-{account}]\nidp = \"demo\"\nrole_arn = \"{arn}\"\n"));
            room.servers().cloud(|cloud| {
                let trust = cloud.role(HUB).unwrap().trust.replace("111111111111", account);
                let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","s3:GetBucket*"],"Resource":"*"}]}"#;
                cloud.put_role(IamRole::new(&arn, &trust).with("read", allow)).unwrap();
            });
        }
        config.push_str(&format!("\n[role.platform]\nidp = \"demo\"\nrole_arn = \"{PUBLISHER}\"\n"));
        config.push_str(&format!(
            "\n[access]\nledger = \"s3://{BUCKET}\"\nregion = \"eu-west-1\"\nentry = \"hub\"\n"
        ));
        room.write_config(&config);
        let mut company = Self { room, policy, good: Cloud::default() };
        let key = format!("policy/{}/{}:pat@example.com/policy.toml", company.new_id(), role_id(PUBLISHER));
        company.put(&key, text.as_bytes());
        company.sweeps(&key, company.room.servers().now());
        let login = company.jit(&["login", "hub"]);
        assert_eq!(login.code(), 0, "{login}");
        company.good = company.room.servers().cloud(|cloud| cloud.clone());
        company
    }

    pub(super) fn jit(&self, arguments: &[&str]) -> Output {
        let run = self.room.jit(arguments);
        self.room.servers().endpoints().into_iter().fold(run, |run, (name, url)| run.env(name, url)).run()
    }

    pub(super) fn new_id(&self) -> Id {
        let mut random = [0; 10];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
        Id::new(self.room.servers().now(), random)
    }

    /// Puts an object into the ledger, at this time.
    pub(super) fn put_at(&self, key: &str, bytes: &[u8], at: Timestamp) {
        self.room.servers().cloud(|cloud| {
            cloud.bucket_mut(BUCKET).unwrap().write(key, Some(bytes), "application/json", at);
        });
    }

    pub(super) fn put(&self, key: &str, bytes: &[u8]) {
        self.put_at(key, bytes, self.room.servers().now());
    }

    /// The function sweeps under the policy at `key`.
    pub(super) fn sweeps(&self, key: &str, at: Timestamp) {
        let id = Id::new(at, [7; 10]);
        let sweep = Sweep { version: "0.1.0".to_owned(), policy: key.to_owned() };
        self.put_at(&format!("s/{id}/sweep.json"), &sweep.to_bytes(), at);
    }

    /// Alice asks for `pay`: the id of her request, and its bytes.
    pub(super) fn asks(&self) -> (Id, Vec<u8>) {
        let asked = self.jit(&["request", "pay", "-m", "refunds are stuck"]);
        assert_eq!(asked.code(), 0, "{asked}");
        let key = self.keys("f/").remove(0);
        let bytes =
            self.room.servers().cloud(|cloud| cloud.bucket(BUCKET).unwrap().versions(&key)[0].body.clone());
        (key.split('/').nth(1).unwrap().parse().unwrap(), bytes.unwrap())
    }

    /// The function decides that she gets it for an hour, with this document.
    pub(super) fn decides(&self, id: Id, bytes: &[u8], document: &str) {
        let now = self.room.servers().now();
        let grant = Granted {
            account: "222222222222".to_owned(),
            role: PAY.to_owned(),
            document: document.to_owned(),
        };
        let decision = Decision {
            sha256: Hash::of(bytes),
            now,
            policy: self.keys("policy/").remove(0),
            facts: Vec::new(),
            history: Vec::new(),
            members: Vec::new(),
            units: Vec::new(),
            on_call: None,
            verdict: Outcome::Grant,
            code: None,
            why: None,
            from: Some(now),
            until: Some(Timestamp(now.0 + 3600)),
            grants: vec![grant],
        };
        self.put(&format!("a/{id}/decision.json"), &Act::Decision(Box::new(decision)).to_bytes());
    }

    /// The function has applied it.
    pub(super) fn applies(&self, id: Id) {
        let roles = vec![AppliedRole { account: "222222222222".to_owned(), role: PAY.to_owned() }];
        self.put(&format!("a/{id}/applied.json"), &Act::Applied(Applied { roles }).to_bytes());
    }

    pub(super) fn keys(&self, prefix: &str) -> Vec<String> {
        self.room.servers().cloud(|cloud| {
            let keys = cloud.bucket(BUCKET).unwrap().keys().filter(|key| key.starts_with(prefix));
            keys.map(str::to_owned).collect()
        })
    }

    /// Breaks what is deployed, or does something to it.
    pub(super) fn change(&self, change: impl FnOnce(&mut Cloud)) {
        self.room.servers().cloud(change);
    }

    /// Deploys it again as it should be, with the ledger as it was.
    pub(super) fn repair(&self) {
        self.room.servers().cloud(|cloud| *cloud = self.good.clone());
    }

    /// Everything that AWS has now, as text: what a probe must not change.
    pub(super) fn everything(&self) -> String {
        self.room.servers().cloud(|cloud| format!("{cloud:?}"))
    }

    /// What each probe finds.
    pub(super) fn proves(&self, reads: bool) -> (Output, BTreeMap<String, Found>) {
        let readers = ACCOUNTS.map(|account| format!("--reader=audit-{account}"));
        let mut arguments = vec!["doctor", "--json"];
        if reads {
            arguments.extend(readers.iter().map(String::as_str));
        }
        let output = self.jit(&arguments);
        let answer: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
        let findings = answer["findings"].as_array().unwrap();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let probes = findings.iter().filter(|finding| finding["about"] == "access");
        let found = probes
            .map(|finding| (text(finding, "probe"), (text(finding, "health"), text(finding, "what"))))
            .collect();
        (output, found)
    }
}

/// The statement of a document with this `Sid`.
pub(super) fn statement<'d>(document: &'d mut Value, sid: &str) -> &'d mut Value {
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.iter_mut().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("no {sid}"))
}

/// Takes a statement out of a document.
pub(super) fn without(document: &mut Value, sid: &str) {
    statement(document, sid);
    document["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
}

fn edited(text: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    edit(&mut document);
    document.to_string()
}

/// Edits the policy of the ledger's bucket.
pub(super) fn bucket(cloud: &mut Cloud, edit: impl FnOnce(&mut Value)) {
    let mut bucket = cloud.bucket(BUCKET).unwrap().clone();
    bucket.policy = bucket.policy.map(|text| edited(&text, edit));
    cloud.put_bucket(bucket).unwrap();
}

/// Edits the trust policy of a role.
pub(super) fn trust(cloud: &mut Cloud, arn: &str, edit: impl FnOnce(&mut Value)) {
    let mut role = cloud.role(arn).unwrap_or_else(|| panic!("no {arn}")).clone();
    role.trust = edited(&role.trust, edit);
    cloud.put_role(role).unwrap();
}

/// Edits an inline policy of a role.
pub(super) fn inline(cloud: &mut Cloud, arn: &str, name: &str, edit: impl FnOnce(&mut Value)) {
    let mut role = cloud.role(arn).unwrap_or_else(|| panic!("no {arn}")).clone();
    let text = edited(&role.inline[name], edit);
    role.inline.insert(name.to_owned(), text);
    cloud.put_role(role).unwrap();
}

/// Edits a managed policy.
pub(super) fn managed(cloud: &mut Cloud, arn: &str, edit: impl FnOnce(&mut Value)) {
    let text = edited(cloud.policy(arn).unwrap_or_else(|| panic!("no {arn}")), edit);
    cloud.put_policy(arn, &text).unwrap();
}

/// Gives a role another inline policy.
pub(super) fn allow(cloud: &mut Cloud, arn: &str, actions: &[&str], resource: &str) {
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }],
    });
    assert!(cloud.put_inline(arn, "more", &document.to_string()).unwrap());
}
