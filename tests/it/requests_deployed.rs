//! Access on request against the embedded AWS, which evaluates the real documents: a ledger in S3, several people, and roles on
//! request in `jit exec`.

use jit_access::id::Id;
use jit_access::ledger::{
    Act, Applied, AppliedRole, Decision, Fact, Granted, Hash, Outcome, Request, Vote, Vouch,
};
use jit_access::policy::Policy;
use jit_access::render::policy_name;
use jit_emulator::{Approval, Deployment, HUB, Layout, Settings, User, role_id};
use jit_wire::timestamp::Timestamp;
use serde_json::Value;

use crate::requests::POLICY;
use crate::support::{Output, Room, Run};

const PAY: &str = "arn:aws:iam::222222222222:role/jit/pay-admin";
const BUCKET: &str = "acme-jit-ledger";

/// The company of the requests' tests, deployed, with its ledger in a bucket.
struct Deployed {
    room: Room,
}

impl Deployed {
    fn new() -> Self {
        let text = POLICY.replace("DOOR", &role_id(HUB)).replace(
            "security = [\"security\"]",
            "security = [\"security\"]\naccounts = [\"222222222222\", \"333333333333\", \"333344445555\", \"444444444444\"]",
        );
        let policy = Policy::read_published("policy.toml", &text).unwrap();
        let layout = Layout {
            ledger: BUCKET.to_owned(),
            ledger_account: "999999999999".to_owned(),
            ..Layout::default()
        };
        let deployment = Deployment::of(&policy, &layout);
        let room =
            Room::with(deployment.settings(Settings { approval: Approval::AtOnce, ..Settings::default() }));
        deployment.install(room.servers()).unwrap();
        let access = format!("[access]\nledger = \"s3://{BUCKET}\"\nregion = \"eu-west-1\"\n");
        room.write_config(&format!("{}\n{access}", room.usual_config()));
        let deployed = Self { room };
        let key = format!("policy/{}/{}:pat/policy.toml", deployed.new_id(), role_id(HUB));
        deployed.put(&key, text.as_bytes());
        deployed
    }

    /// Puts an object into the bucket, as somebody else's program would. An existing one gets another version.
    fn put(&self, key: &str, bytes: &[u8]) {
        let now = self.room.servers().now();
        self.room.servers().cloud(|cloud| {
            cloud.bucket_mut(BUCKET).unwrap().write(key, Some(bytes), "application/json", now);
        });
    }

    fn keys(&self, prefix: &str) -> Vec<String> {
        self.room.servers().cloud(|cloud| {
            let keys = cloud.bucket(BUCKET).unwrap().keys().filter(|key| key.starts_with(prefix));
            keys.map(str::to_owned).collect()
        })
    }

    fn new_id(&self) -> Id {
        let mut random = [0; 10];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
        Id::new(self.room.servers().now(), random)
    }

    /// `jit` as this person uses it: signed in under their own name, with a state folder of their own.
    fn jit(&self, person: &str, arguments: &[&str]) -> Run<'_> {
        let user = User {
            subject: format!("00u-{person}"),
            email: format!("{person}@example.com"),
            name: person.to_owned(),
            ..Settings::default().user
        };
        self.room.servers().faults(|faults| faults.user = Some(user));
        let state = self.room.path(format!("state/{person}"));
        if !state.exists() {
            std::fs::create_dir(&state).unwrap();
            let login = self.run(person, &["login", "hub"]).run();
            assert_eq!(login.code(), 0, "{login}");
        }
        self.run(person, arguments)
    }

    fn run(&self, person: &str, arguments: &[&str]) -> Run<'_> {
        let state = self.room.path(format!("state/{person}")).display().to_string();
        let run = self.room.jit(arguments).env("XDG_STATE_HOME", &state);
        self.room.servers().endpoints().into_iter().fold(run, |run, (name, url)| run.env(name, url))
    }

    /// The only request there is, and its bytes.
    fn request(&self) -> (Id, Vec<u8>) {
        let keys = self.keys("f/");
        let key = keys.iter().find(|key| key.ends_with("/request.json")).unwrap();
        let bytes = self
            .room
            .servers()
            .cloud(|cloud| cloud.bucket(BUCKET).unwrap().versions(key)[0].body.clone().unwrap_or_default());
        (key.split('/').nth(1).unwrap().parse().unwrap(), bytes.to_vec())
    }

    /// What an approver's command does: the decision, the policy on the role, and that it is applied.
    fn grants(&self, seconds: i64) {
        let (id, bytes) = self.request();
        let now = self.room.servers().now();
        let until = Timestamp(now.0 + seconds);
        let document = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[\"ec2:*\"],\"Resource\":\"*\",\"Condition\":{{\"StringLike\":{{\"aws:userid\":[\"*:alice@example.com\"]}},\"DateLessThan\":{{\"aws:CurrentTime\":\"{}\"}}}}}}]}}",
            until.to_rfc3339()
        );
        let decision = Decision {
            sha256: Hash::of(&bytes),
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
            until: Some(until),
            grants: vec![Granted {
                account: "222222222222".to_owned(),
                role: PAY.to_owned(),
                document: document.clone(),
            }],
        };
        self.put(&format!("a/{id}/decision.json"), &Act::Decision(Box::new(decision)).to_bytes());
        self.room.servers().cloud(|cloud| cloud.put_inline(PAY, &policy_name(id), &document).unwrap());
        let roles = vec![AppliedRole { account: "222222222222".to_owned(), role: PAY.to_owned() }];
        self.put(&format!("a/{id}/applied.json"), &Act::Applied(Applied { roles }).to_bytes());
    }
}

fn json(output: &Output) -> Value {
    assert_eq!(output.code(), 0, "{output}");
    serde_json::from_str(&output.stdout).unwrap()
}

const ASK: [&str; 4] = ["request", "pay-admin", "-m", "refunds are stuck"];

#[test]
fn people_meet_in_a_bucket_under_the_names_that_aws_gave_them() {
    let company = Deployed::new();
    let asked = company.jit("alice", &ASK).run();
    assert_eq!(asked.code(), 0, "{asked}");
    let keys = company.keys("f/");
    let (id, bytes) = company.request();
    assert_eq!(keys, [format!("f/{id}/{}:alice@example.com/request.json", role_id(HUB))]);
    let hash = Hash::of(&bytes);

    // Bob sees that it waits for him; Erin, who is in another group, does not.
    let for_bob = json(&company.jit("bob", &["requests", "--for-me", "--json"]).run());
    assert_eq!(for_bob["requests"][0]["who"], "alice@example.com");
    assert_eq!(for_bob["requests"][0]["sha256"], hash.to_string());
    let for_erin = json(&company.jit("erin", &["requests", "--for-me", "--json"]).run());
    assert_eq!(for_erin["requests"], Value::Array(Vec::new()));
    let not_hers = company.jit("erin", &["drop", &id.short([])]).run();
    assert!(not_hers.code() == 4 && not_hers.stderr.contains("is not yours"), "{not_hers}");

    let vote = Vote { request: id, sha256: hash, vote: Vouch::Approve, reason: "go".to_owned() };
    let key = format!("f/{}/{}:bob@example.com/vote.json", company.new_id(), role_id(HUB));
    company.put(&key, &Fact::Vote(vote).to_bytes());
    let page = json(&company.jit("alice", &["requests", &id.short([]), "--json"]).run());
    assert_eq!(
        (&page["history"][1]["who"], &page["history"][1]["what"]),
        (&"bob".into(), &"approved".into())
    );

    // Whoever controls the bucket can add a version. The first one counts, for those who have read it and for others.
    let Ok(Fact::Request(request)) = Fact::read(jit_access::ledger::FactKind::Request, &bytes) else {
        panic!()
    };
    let other = Fact::Request(Request { reason: "something else".to_owned(), ..request });
    company.put(&keys[0], &other.to_bytes());
    for person in ["alice", "dan"] {
        let page = json(&company.jit(person, &["requests", &id.short([]), "--json"]).run());
        assert_eq!(
            (&page["reason"], &page["sha256"]),
            (&"refunds are stuck".into(), &hash.to_string().into()),
            "{person}"
        );
    }

    let dropped = company.jit("alice", &["drop"]).run();
    assert!(dropped.code() == 0 && dropped.stderr.contains("Withdrew pay-admin"), "{dropped}");
    assert_eq!(
        json(&company.jit("bob", &["requests", &id.short([]), "--json"]).run())["state"]["name"],
        "dropped"
    );
}

#[test]
fn a_ledger_that_cannot_be_used_says_why() {
    let company = Deployed::new();
    let config = std::fs::read_to_string(company.room.path("config/jit/config.toml")).unwrap();
    assert_eq!(company.jit("alice", &["requests"]).run().code(), 0);
    let aws = company.room.servers().aws_url().to_owned();
    for (from, to, url, words) in [
        (BUCKET, "acme-other", aws.as_str(), "there is no bucket acme-other"),
        ("", "", "http://127.0.0.1:1", "cannot reach the ledger"),
    ] {
        company.room.write_config(&config.replace(&format!("s3://{from}"), &format!("s3://{to}")));
        let run = company.jit("alice", &["requests"]).env("AWS_ENDPOINT_URL_S3", url);
        let output = run.run();
        assert!(output.code() != 0 && output.stderr.contains(words), "{words}: {output}");
        company.room.write_config(&config);
    }
    // Somebody who is not in the policy can see and not ask.
    let refused = company.jit("mallory", &ASK).run();
    assert!(
        refused.code() == 4 && refused.stderr.contains("mallory@example.com is not in the policy"),
        "{refused}"
    );
    assert_eq!(company.keys("f/"), Vec::<String>::new());
}

#[test]
fn a_role_on_request_is_used_by_the_name_of_the_access() {
    let company = Deployed::new();
    let exec = ["exec", "pay-admin", "--", "printenv", "JIT_ROLE", "JIT_ACCOUNT_ID"];
    // Before the ledger was ever read, nobody knows the name.
    let unknown = company.jit("alice", &["credential-process", "pay-admin"]).run();
    assert!(unknown.code() == 2 && unknown.stderr.contains("no role matches `pay-admin`"), "{unknown}");
    assert_eq!(company.jit("alice", &["requests"]).run().code(), 0);
    let roles = company.jit("alice", &["roles", "pay"]).run();
    assert_eq!(
        roles.stdout,
        "role       account       from        about\n\
         pay-admin  222222222222  on request  jit request pay-admin\n\
         pay-two    222222222222  on request  jit request pay-two\n"
    );
    let ungranted =
        "error: pay-admin is not granted to you\n  next: jit request pay-admin -m REASON  asks for it\n";
    for command in [&exec[..], &["env", "pay-admin", "--shell", "bash"]] {
        let output = company.jit("alice", command).run();
        assert_eq!((output.code(), output.stderr.as_str()), (4, ungranted), "{output}");
    }
    assert_eq!(company.jit("alice", &ASK).run().code(), 0);
    let pending = company.jit("alice", &["env", "pay-admin", "--shell", "bash"]).run();
    assert!(
        pending.code() == 6 && pending.stderr.contains("it waits for owners: bob or carol@example.com"),
        "{pending}"
    );
    let status = company.jit("alice", &["status"]).run();
    assert!(status.stdout.contains("access  pay-admin pending, lapses at "), "{status}");
    company.grants(3600);
    let used = company.jit("alice", &exec).run();
    assert_eq!((used.code(), used.stdout.as_str()), (0, "pay-admin\n222222222222\n"), "{used}");
    let handed = company.jit("alice", &["credential-process", "pay-admin"]).hands_over().run();
    assert_eq!(json(&handed)["AccountId"], "222222222222");
    let (id, _) = company.request();
    let status = company.jit("alice", &["status"]).run();
    let told = company.room.told(&status).replace(&id.short([]), "id-001");
    assert!(told.contains("\naccess  pay-admin granted until HH:MM (id-001)\n"), "{told}");
    let status = json(&company.jit("alice", &["status", "--json"]).run());
    assert_eq!(
        (&status["access"][0]["access"], &status["access"][0]["state"]),
        (&"pay-admin".into(), &"live".into())
    );
    // It is the person's own name that they come under.
    let who = json(&company.jit("alice", &["whoami", "pay-admin", "--json"]).run());
    assert!(who["arn"].as_str().unwrap().ends_with(":assumed-role/pay-admin/alice@example.com"), "{who}");
    // A name that nobody knows is still one, and what can be requested is looked through for what was meant.
    let typo = company.jit("alice", &["exec", "pay-admni", "--", "true"]).run();
    assert!(typo.code() == 2 && typo.stderr.contains("no role matches `pay-admni`"), "{typo}");
    assert!(typo.stderr.contains("did you mean `pay-admin`?"), "{typo}");
    let explained = company.jit("alice", &["explain", "pay-admin"]).run();
    assert!(explained.code() == 0 && explained.stdout.contains("granted until "), "{explained}");
    // What AWS allows is what the explanation says it would.
    let question = ["explain", "pay-admin", "--json", "--action", "ec2:DescribeInstances"];
    assert_eq!(json(&company.jit("alice", &question).run())["outcome"], "allowed");
    assert_eq!(json(&company.jit("bob", &question).run())["outcome"], "denied");
}

#[test]
fn a_command_for_each_role_on_request_runs_where_it_is_granted() {
    let company = Deployed::new();
    let each = |patterns: &[&str]| {
        let mut words = vec!["exec"];
        patterns.iter().for_each(|pattern| words.extend(["--each", *pattern]));
        company.jit("alice", &[&words[..], &["--", "printenv", "JIT_ROLE"]].concat()).run()
    };
    // Before the ledger was ever read, nobody knows the names.
    let unknown = each(&["pay-*"]);
    assert!(unknown.code() == 2 && unknown.stderr.contains("no role matches `pay-*`"), "{unknown}");
    assert_eq!(company.jit("alice", &["requests"]).run().code(), 0);
    let none = each(&["pay-*"]);
    assert_eq!(none.code(), 4, "{none}");
    for (access, options) in [("pay-admin", "-m REASON"), ("pay-two", "-m REASON --ticket TICKET")] {
        let request = format!("jit request {access} {options}  asks for it");
        assert!(none.stderr.contains(&format!("{access} is not granted to you")), "{none}");
        assert!(none.stderr.contains(&request), "{none}");
    }
    assert_eq!(company.jit("alice", &ASK).run().code(), 0);
    let pending = each(&["pay-admin"]);
    assert!(pending.code() == 6 && pending.stderr.contains("is pending"), "{pending}");
    company.grants(3600);
    // A pattern runs what is granted, and says what is not; a name that is not granted is a failure.
    let some = each(&["pay-*"]);
    assert_eq!((some.code(), some.stdout.as_str()), (0, "pay-admin | pay-admin\n"), "{some}");
    let left_out = "Left out: pay-two is not granted to you (next: ";
    assert!(
        some.stderr.contains(left_out) && some.stderr.contains("jit request pay-two -m REASON"),
        "{some}"
    );
    assert!(some.stderr.ends_with("✓ 1 role\n"), "{some}");
    let named = each(&["pay-admin", "pay-two"]);
    assert_eq!((named.code(), named.stdout.as_str()), (1, "pay-admin | pay-admin\n"), "{named}");
    assert!(named.stderr.contains("because: pay-two: pay-two is not granted to you"), "{named}");
    // In its account, by number, beside a role of config.toml.
    let both = each(&["222222222222/pay-admin", "hub"]);
    assert_eq!(both.code(), 0, "{both}");
    let mut lines: Vec<&str> = both.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["hub       | hub", "pay-admin | pay-admin"], "{both}");
    let elsewhere = each(&["333333333333/pay-admin"]);
    assert!(elsewhere.code() == 2 && elsewhere.stderr.contains("no role matches"), "{elsewhere}");
}

#[test]
fn on_a_terminal_whoever_lacks_it_is_asked_and_waits() {
    let company = Deployed::new();
    assert_eq!(company.jit("alice", &["requests"]).run().code(), 0);
    let mut running =
        company.jit("alice", &["exec", "pay-admin", "--", "printenv", "JIT_ROLE"]).somebody_types().start();
    running.says("Ask for it? [y/N]");
    running.types("y\r");
    running.says("For how long (Enter: 1 h, at most 2 h)");
    running.types("30m\r");
    running.says("Reason");
    running.types("refunds are stuck\r");
    running.says("Waiting for owners");
    let (_, bytes) = company.request();
    assert!(String::from_utf8(bytes).unwrap().contains("\"duration\":1800"));
    company.grants(1800);
    let output = running.wait();
    assert!(output.code() == 0 && output.stdout.contains("pay-admin\r\n"), "{output}");
}
