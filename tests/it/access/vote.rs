//! `jit approve` and `jit deny`.

use std::time::Duration;

use jit_access::ledger::{Fact, Request, Use};

use super::company::{Company, POLICY};

/// The arguments that approve what was seen.
fn seen<'a>(id: &'a str, hash: &'a str) -> [&'a str; 5] {
    ["approve", id, "--yes", "--sha256", hash]
}

#[test]
fn another_person_approves_what_they_have_seen() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let unseen = company.says("bob", &["approve", &id]);
    insta::assert_snapshot!(company.told(&unseen), @"
    exit 2
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason  fix the deployment of payments
      role    engineer in 222222222222
      asked   HH:MM, TIME ago
      before  not granted to them in the last 28 days
      until   HH:MM, if you approve now
      sha256  HASH
    error: there is no terminal to ask on, and nothing is done unseen
      next: jit approve ID --yes --sha256 HASH  agrees to what is shown above
    ");
    let unseen = company.says("bob", &["approve", &id, "--yes"]);
    assert_eq!((unseen.code(), company.count("vote")), (2, 0), "{unseen}");
    let approved = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&approved), @"
    exit 0
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason  fix the deployment of payments
      role    engineer in 222222222222
      asked   HH:MM, TIME ago
      before  not granted to them in the last 28 days
      until   HH:MM, if you approve now
      sha256  HASH
    ✓ alice@example.com: deploy granted until HH:MM (TIME left)
    ");
    assert_eq!((company.policies("engineer"), company.state("alice", &id).as_str()), (1, "live"));
    // Nothing new is said, and nothing is applied twice.
    let again = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&again), @"
    exit 0
    --- stderr
    You have said so already
    ✓ alice@example.com: deploy granted until HH:MM (TIME left)
    ");
    assert_eq!((company.count("vote"), company.policies("engineer")), (1, 1));
    let late = company.says("carol", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&late), @"
    exit 4
    --- stderr
    error: ID is no longer pending: granted until HH:MM (TIME left)
      next: jit revoke ID -m WHY  ends it, if you may
    ");
}

#[test]
fn on_a_terminal_the_approver_is_asked() {
    let company = Company::new();
    let (id, _) = company.asks_for_deploy("alice");
    let mut no = company.jit("bob", &["approve", &id]).somebody_types().start();
    no.says("Approve? [y/N]");
    no.types("n\n");
    assert_eq!(no.wait().code(), 130);
    assert_eq!(company.count("vote"), 0);
    let mut yes = company.jit("bob", &["approve", &id]).somebody_types().start();
    let shown = yes.says("Approve? [y/N]");
    assert!(shown.contains("fix the deployment of payments"), "{shown}");
    yes.types("y\n");
    assert_eq!(yes.wait().code(), 0);
    assert_eq!(company.state("alice", &id), "live");
}

/// Who tries, and why it is nothing; each exits with 4 and writes nothing.
#[test]
fn votes_that_would_not_count_are_not_cast() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let cases = [
        ("alice", "this is your own request, and nobody approves their own"),
        ("erin", "you are in none of the groups that decide about this"),
        ("grace", "it is escalated to you only from"),
        ("zoe", "no person of the policy has the name"),
    ];
    for (person, why) in cases {
        let output = company.says(person, &seen(&id, &hash));
        assert!(output.code() == 4 && output.stderr.contains(why), "{person}: {output}");
    }
    assert_eq!((company.count("vote"), company.state("alice", &id).as_str()), (0, "pending"));
    let erin = company.says("erin", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&erin), @"
    exit 4
    --- stderr
    error: you are in none of the groups that decide about this
      next: ask somebody of owners
    ");
}

#[test]
fn a_no_ends_a_request() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let wordless = company.says("dan", &["deny", &id, "--yes", "-m", " "]);
    assert_eq!(wordless.code(), 2, "{wordless}");
    let denied = company.says("dan", &["deny", &id, "--yes", "-m", "not before the audit"]);
    insta::assert_snapshot!(company.told(&denied), @"
    exit 0
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason     fix the deployment of payments
      role       engineer in 222222222222
      asked      HH:MM, TIME ago
      before     not granted to them in the last 28 days
      waits for  owners: bob@example.com or carol@example.com
      sha256     HASH
    ✓ alice@example.com: deploy denied: dan@example.com denied it
    ");
    let late = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&late), @"
    exit 4
    --- stderr
    error: ID is no longer pending: denied: dan@example.com denied it
      next: the requester can ask again
    ");
    assert_eq!((company.state("alice", &id).as_str(), company.policies("engineer")), ("denied", 0));
}

#[test]
fn a_hash_of_something_else_approves_nothing() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let (_, other) = company.asks("alice", &["deploy", "-d", "2h", "-m", "something else"]);
    let output = company.says("bob", &seen(&id, &other));
    assert!(output.stderr.contains("this is not what you have seen"), "{output}");
    assert_eq!(output.code(), 2);
    for short in ["", "0", &hash[..7], "zzzzzzzz", "--------"] {
        let output = company.says("bob", &["approve", &id, "--yes", &format!("--sha256={short}")]);
        assert_eq!(output.code(), 2, "{short}: {output}");
    }
    assert_eq!(company.count("vote"), 0);
    let output = company.says("bob", &seen(&id, &hash[..8].to_uppercase()));
    assert_eq!((output.code(), company.count("vote")), (0, 1), "{output}");
}

#[test]
fn a_quorum_needs_different_people() {
    let company = Company::new();
    let (id, hash) = company.asks("alice", &["pay", "-d", "15m", "--ticket", "INC-7"]);
    let first = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&first), @"
    exit 0
    --- stderr
    alice@example.com asks for pay for 15 min
      ticket     INC-7
      role       pay in 222222222222
      asked      HH:MM, TIME ago
      before     not granted to them in the last 28 days
      waits for  security: dan@example.com, beside you
      sha256     HASH
    ✓ Approved
      still waits for security: dan@example.com
    ");
    // One of the owners has said so; another one is not security.
    let second = company.says("carol", &seen(&id, &hash));
    assert!(second.stderr.contains("still waits for security"), "{second}");
    assert_eq!(company.policies("pay"), 0);
    let last = company.says("dan", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&last), @"
    exit 0
    --- stderr
    alice@example.com asks for pay for 15 min
      ticket    INC-7
      role      pay in 222222222222
      asked     HH:MM, TIME ago
      before    not granted to them in the last 28 days
      approved  bob@example.com at HH:MM, carol@example.com at HH:MM
      until     HH:MM, if you approve now
      sha256    HASH
    ✓ alice@example.com: pay granted until HH:MM (TIME left)
    ");
    assert_eq!(company.policies("pay"), 1);
    // An owner who asks needs the other one.
    let (own, hash) = company.asks("bob", &["pay", "-d", "15m", "--ticket", "INC-8"]);
    assert_eq!(company.says("bob", &seen(&own, &hash)).code(), 4);
}

#[test]
fn what_nobody_decided_in_time_cannot_be_approved() {
    let company = Company::with(&format!("{POLICY}\n[limits]\nrequest_ttl = \"1s\"\n"));
    let request = Request {
        access: "deploy".into(),
        accounts: Vec::new(),
        duration: 3600,
        reason: "fix the deployment".into(),
        ticket: None,
        start: None,
        extends: None,
    };
    let id = company.writes("alice", &Fact::Request(request)).to_string();
    std::thread::sleep(Duration::from_millis(2100));
    let output = company.says("bob", &["approve", &id, "--yes", "--sha256", "00000000"]);
    insta::assert_snapshot!(company.told(&output), @"
    exit 4
    --- stderr
    error: ID is no longer pending: lapsed: nobody decided in time
      next: the requester can ask again
    ");
}

/// Text of people is shown as it is and does nothing, however wide the terminal is.
#[test]
fn foreign_text_is_shown_and_obeyed_by_nobody() {
    let company = Company::new();
    let reason = "pay\u{202e}lla ot ssecca\u{1b}[2J\nApproved by security\u{200b} ";
    let long = format!("{reason}{}", "and so on ".repeat(12));
    let (id, hash) = company.asks("alice", &["deploy", "-m", &long]);
    let line = format!("stty rows 24 cols 60; exec {} approve {id}", env!("CARGO_BIN_EXE_jit"));
    let mut narrow = company.runs("bob", "sh", &["-c", &line]).somebody_types().start();
    let shown = narrow.says("Approve? [y/N]");
    narrow.types("n\n");
    narrow.wait();
    assert!(!shown.contains(['\u{202e}', '\u{200b}']) && !shown.contains("\u{1b}[2J"), "{shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("Approved by")), "{shown}");
    let plain = dialoguer::console::strip_ansi_codes(&shown).replace('\r', "");
    for line in plain.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
    assert!(plain.contains("\\u{202e}") && plain.contains("\\u{1b}[2J"), "{plain}");
    let output = company.says("bob", &["approve", &id]);
    insta::assert_snapshot!(company.told(&output), @r"
    exit 2
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason  pay\u{202e}lla ot ssecca\u{1b}[2J\u{a}Approved by security\u{200b} and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on
      role    engineer in 222222222222
      asked   HH:MM, TIME ago
      before  not granted to them in the last 28 days
      until   HH:MM, if you approve now
      sha256  HASH
    error: there is no terminal to ask on, and nothing is done unseen
      next: jit approve ID --yes --sha256 HASH  agrees to what is shown above
    ");
    let hostile = "ok\u{202e}\u{1b}[2J";
    let approved = company.says("bob", &[&seen(&id, &hash)[..], &["-m", hostile]].concat());
    assert_eq!(approved.code(), 0, "{approved}");
    let page = company.says("alice", &["requests", &id]);
    assert!(page.stdout.contains("ok\\u{202e}\\u{1b}[2J") && !page.stdout.contains('\u{202e}'), "{page}");
}

/// The policy in force when it is decided counts, not the one when it was asked.
#[test]
fn a_vote_cannot_give_what_the_policy_denies() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    company.publishes(&POLICY.replacen("max = \"2h\"", "max = \"30m\"", 1));
    let output = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&output), @"
    exit 4
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason    fix the deployment of payments
      role      engineer in 222222222222
      asked     HH:MM, TIME ago
      before    not granted to them in the last 28 days
      as it is  it would be denied: it asks for more than 30 min
      sha256    HASH
    error: your vote is stored, but the request was denied: it asks for more than 30 min
      next: the requester can ask again
    ");
    assert_eq!((company.state("alice", &id).as_str(), company.policies("engineer")), ("denied", 0));
}

#[test]
fn ids_are_short_and_unambiguous() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    for wrong in ["zzzzzz", "000", "", "*", "../../x", "\u{202e}"] {
        let output = company.says("bob", &seen(wrong, &hash));
        assert!(output.code() == 2 && !output.stderr.contains('\u{202e}'), "{wrong}: {output}");
    }
    let unknown = company.says("bob", &seen("ffffffffffff", &hash));
    insta::assert_snapshot!(company.told(&unknown), @"
    exit 2
    --- stderr
    error: there is no request `ffffffffffff`
      next: jit requests --all  lists the requests of the last 7 days
    ");
    // Four digits are enough where they mean one, in capitals too.
    let output = company.says("bob", &seen(&id[..4].to_uppercase(), &hash));
    assert_eq!(output.code(), 0, "{output}");
    // What was seen last is completed.
    let (id, _) = company.asks("alice", &["pay", "-d", "15m", "--ticket", "INC-7"]);
    assert_eq!(company.says("bob", &["requests"]).code(), 0);
    let asked = company.jit("bob", &["--", "jit", "approve", ""]).env("COMPLETE", "fish").run();
    assert!(asked.stdout.lines().any(|line| line.starts_with(&id)), "{asked}");
}

#[test]
fn scripts_get_json() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let refused = company.says("alice", &[&seen(&id, &hash)[..], &["--json"]].concat());
    insta::assert_snapshot!(company.told(&refused), @r#"
    exit 4
    --- stderr
    {"version":1,"error":{"causes":[],"excerpt":null,"hints":["ask another approver"],"kind":"refused","message":"this is your own request, and nobody approves their own"}}
    "#);
    let approved = company.says("bob", &[&seen(&id, &hash)[..], &["--json"]].concat());
    assert!(approved.code() == 0 && approved.stderr.is_empty(), "{approved}");
    let value: serde_json::Value = serde_json::from_str(&approved.stdout).unwrap();
    assert_eq!((&value["version"], &value["state"]["name"]), (&1.into(), &"live".into()), "{value}");
    assert_eq!(value["state"]["applied"], true);
}

/// Where the function applies, a vote is a vote and nothing more.
#[test]
fn with_a_function_a_vote_applies_nothing() {
    let company = Company::with(&POLICY.replace("\"approver\"", "\"function\""));
    let (id, hash) = company.asks_for_deploy("alice");
    let approved = company.says("bob", &seen(&id, &hash));
    insta::assert_snapshot!(company.told(&approved), @"
    exit 0
    --- stderr
    alice@example.com asks for deploy for 1 h
      reason  fix the deployment of payments
      role    engineer in 222222222222
      asked   HH:MM, TIME ago
      before  not granted to them in the last 28 days
      until   HH:MM, if you approve now
      sha256  HASH
    ✓ Approved, and nothing is missing: the function decides next
    ");
    assert_eq!((company.policies("engineer"), company.state("alice", &id).as_str()), (0, "pending"));
}

/// The vote is not lost where AWS refuses what it completes, and the same command tries again.
#[test]
fn what_a_vote_completes_can_be_applied_later() {
    let company = Company::new();
    let (id, hash) = company.asks_for_deploy("alice");
    let grantor = "arn:aws:iam::222222222222:role/jit-grantor";
    let taken = company.room.servers().cloud(|cloud| {
        let role = cloud.role(grantor).cloned();
        cloud.remove_role(grantor);
        role
    });
    let output = company.says("bob", &seen(&id, &hash));
    assert!(output.code() == 4 && output.stderr.contains("your vote is stored"), "{output}");
    assert_eq!((company.count("vote"), company.policies("engineer")), (1, 0));
    company.room.servers().cloud(|cloud| cloud.put_role(taken.unwrap()).unwrap());
    let again = company.says("bob", &["approve", &id]);
    assert_eq!((again.code(), company.count("vote"), company.policies("engineer")), (0, 1, 1), "{again}");
}

#[test]
fn a_use_of_break_glass_is_reviewed_by_somebody_else() {
    let company = Company::new();
    let used = Use {
        access: "glass".into(),
        account: "222222222222".into(),
        reason: "the house burns\u{1b}[2J".into(),
        at: None,
    };
    let id = company.writes("erin", &Fact::Use(used)).to_string();
    let own = company.says("erin", &["approve", &id, "--yes", "--sha256", "00000000"]);
    assert_eq!(own.code(), 4, "{own}");
    let other = company.says("bob", &["approve", &id, "--yes", "--sha256", "00000000"]);
    assert!(other.code() == 4 && other.stderr.contains("ask somebody of security"), "{other}");
    let shown = company.says("dan", &["approve", &id]);
    let told = company.told(&shown);
    assert!(told.contains("erin@example.com used glass, which is break-glass"), "{told}");
    assert!(told.contains("the house burns\\u{1b}[2J"), "{told}");
    let denied = company.says("dan", &["deny", &id, "--yes", "-m", "there was no fire"]);
    insta::assert_snapshot!(company.told(&denied), @r"
    exit 0
    --- stderr
    erin@example.com used glass, which is break-glass
      reason    the house burns\u{1b}[2J
      account   222222222222
      recorded  HH:MM, TIME ago
      due       HH:MM
      sha256    7ecdffe38cea
    ✓ Reviewed: it was not all right
    ");
    assert_eq!(company.count("review"), 1);
}
