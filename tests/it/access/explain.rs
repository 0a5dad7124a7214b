//! `jit explain` of access on request: who may ask, who approves, until when it is granted; and whether AWS would allow a call.

use serde_json::Value;

use super::company::Company;
use crate::support::Output;

const INSTANCES: [&str; 2] = ["--action", "ec2:DescribeInstances"];

/// A grant of `deploy` to Alice for an hour: its short id.
fn granted(company: &Company) -> String {
    let (id, hash) = company.asks_for_deploy("alice");
    let approved = company.says("bob", &["approve", &id, "--yes", "--sha256", &hash]);
    assert_eq!(approved.code(), 0, "{approved}");
    id
}

/// The answer to a question, and its reasons as `LAYER SAYS STATEMENT: KEY…`.
fn answer(output: &Output) -> (String, Vec<String>) {
    assert_eq!(output.code(), 0, "an answer is not an error: {output}");
    let json: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let reason = |reason: &Value| {
        let keys: Vec<String> =
            reason["conditions"].as_array().unwrap().iter().map(|one| text(&one["key"])).collect();
        let (layer, says) = (text(&reason["layer"]), text(&reason["says"]));
        format!("{layer} {says} {}: {}", text(&reason["statement"]), keys.join(" ")).trim_end().to_owned()
    };
    (text(&json["outcome"]), json["reasons"].as_array().unwrap().iter().map(reason).collect())
}

#[test]
fn an_access_is_explained_before_and_while_it_is_held() {
    let company = Company::new();
    let before = company.says("alice", &["explain", "deploy"]);
    let (head, steps) = before.stdout.split_once("\n1. idp").unwrap_or_else(|| panic!("{before}"));
    assert!(steps.contains("3. spoke deploy") && steps.contains("role/jit/engineer"), "{before}");
    insta::assert_snapshot!(head, @"
    deploy (access on request)
    role             arn:aws:iam::222222222222:role/jit/engineer
    ceiling          read
    who may ask      eng
    who approves     owners: bob@example.com or carol@example.com
    escalates        after 1 h leads may approve as well
    for              up to 2 h
    reason           at least 5 characters
    put into AWS by  the command of the last approver
    you              do not have it; `jit request deploy` asks for it
    ");
    let (id, hash) = company.asks_for_deploy("alice");
    let pending = company.says("alice", &["explain", "deploy"]);
    let lines = |output: &Output| -> String {
        let told = company.told(output);
        let wanted = told.lines().filter(|line| line.starts_with("you ") || line.starts_with("waits for"));
        wanted.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(&pending), @"
    you              pending, lapses at HH:MM in 222222222222, request ID
    waits for        owners: bob@example.com or carol@example.com
    ");
    company.says("bob", &["approve", &id, "--yes", "--sha256", &hash]);
    let held = company.says("alice", &["explain", "deploy"]);
    insta::assert_snapshot!(lines(&held), @"you              granted until HH:MM (TIME left) in 222222222222, request ID");
    let json = company.says("alice", &["explain", "deploy", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let access = &json["access"];
    assert_eq!(access["requests"][0]["state"]["name"], "live", "{json}");
    assert_eq!(
        (&access["who"][0], &access["approve"][0]["people"][0]),
        (&"eng".into(), &"bob@example.com".into())
    );
    assert_eq!((&access["may_ask"], access["max_seconds"].as_u64()), (&true.into(), Some(7200)));
    assert_eq!(json["steps"].as_array().unwrap().len(), 3, "{json}");
    // A person without the right to ask; and break-glass, which is not asked for.
    let bob = company.says("bob", &["explain", "deploy"]);
    assert!(bob.stdout.contains("do not have it, and may not ask for it"), "{bob}");
    let glass = company.says("alice", &["explain", "glass"]);
    assert!(glass.stdout.contains("by security, within 1 d"), "{glass}");
    // Nobody is asked for anything, and an unknown name is still unknown.
    let typo = company.says("alice", &["explain", "deplyo"]);
    assert!(typo.code() == 2 && typo.stderr.contains("did you mean `deploy`?"), "{typo}");
}

#[test]
fn whether_aws_would_allow_a_call_and_why() {
    let company = Company::new();
    let asks = |person: &str, access: &str, rest: &[&str]| {
        answer(&company.says(person, &[&["explain", access, "--json"], rest].concat()))
    };
    let of = |outcome: &str, reasons: &[&str]| {
        (outcome.to_owned(), reasons.iter().map(|reason| (*reason).to_owned()).collect::<Vec<_>>())
    };
    let nothing = of("denied", &["identity policy none_allows -:"]);
    assert_eq!(asks("alice", "deploy", &INSTANCES), nothing);
    let id = granted(&company);
    let whole = ["identity policy allows 1: aws:userid aws:CurrentTime", "permissions boundary allows List:"];
    let object = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::refunds/today.csv"];
    let instances = |more: &[&'static str]| [&INSTANCES[..], more].concat();
    let rows: Vec<(&str, &str, Vec<&str>, (String, Vec<String>))> = vec![
        ("held", "alice", instances(&[]), of("allowed", &whole)),
        ("still held then", "alice", instances(&["--at", "+59m"]), of("allowed", &whole)),
        (
            "over by then",
            "alice",
            instances(&["--at", "+61m"]),
            of(
                "denied",
                &["identity policy none_allows -:", "identity policy would_allow 1: aws:CurrentTime"],
            ),
        ),
        ("before it was granted", "alice", instances(&["--at", "-2h"]), nothing.clone()),
        (
            "another person, in the same role",
            "alice",
            instances(&["--as", "erin@example.com"]),
            of("denied", &["identity policy none_allows -:", "identity policy would_allow 1: aws:userid"]),
        ),
        (
            "the same asked by that person",
            "erin",
            instances(&["--as", "alice@example.com"]),
            of("allowed", &whole),
        ),
        (
            "a voter, whom the role bars",
            "bob",
            instances(&[]),
            of("denied", &["resource policy denies NoVoter: aws:userid"]),
        ),
        (
            "contents, which the ceiling does not have",
            "alice",
            object.to_vec(),
            of("denied", &["permissions boundary denies NothingElse:"]),
        ),
        (
            "another role",
            "alice",
            vec!["--action", "sts:AssumeRole", "--resource", "arn:aws:iam::222222222222:role/admin"],
            of("denied", &["permissions boundary denies NothingElse:"]),
        ),
        (
            "in another account, whose policy is not known",
            "alice",
            vec!["--action", "sns:GetTopicAttributes", "--resource", "arn:aws:sns:eu-west-1:333333333333:t"],
            of("unknown", &whole),
        ),
    ];
    for (what, person, rest, wanted) in rows {
        let (outcome, mut reasons) = asks(person, "deploy", &rest);
        // What stands for the unknown is no reason, and who the other account is makes no difference to the rest.
        reasons.retain(|reason| !reason.contains("(not known)"));
        assert_eq!((outcome, reasons), wanted, "{what}");
    }
    // Another access of the same policy.
    assert_eq!(asks("alice", "pay", &INSTANCES), nothing);
    // By the number of its account.
    assert_eq!(asks("alice", "222222222222/deploy", &INSTANCES), of("allowed", &whole));

    let revoked = company.says("carol", &["revoke", &id, "-m", "the laptop is lost"]);
    assert_eq!(revoked.code(), 0, "{revoked}");
    let after = company.says("alice", &[&["explain", "deploy"], &INSTANCES[..]].concat());
    assert!(after.stdout.starts_with("denied: ec2:DescribeInstances on *\n"), "{after}");
    assert!(after.stdout.contains(&format!("  the grant of request {id} was revoked at ")), "{after}");
}

#[test]
fn an_answer_names_the_statement_and_the_condition_with_its_value() {
    let company = Company::new();
    granted(&company);
    let told = |rest: &[&str]| {
        let output = company.says("alice", &[&["explain", "deploy"], &INSTANCES[..], rest].concat());
        let text = company.told(&output);
        let times = |line: &str| line.split_whitespace().filter_map(moment).collect::<Vec<_>>().join(" ");
        let indent = |line: &str| line.chars().take_while(|c| *c == ' ').collect::<String>();
        text.lines().map(|line| format!("{}{}", indent(line), times(line))).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(&[]), @"
    exit 0
    --- stdout
    allowed: ec2:DescribeInstances on *
      who alice@example.com
      role arn:aws:iam::222222222222:role/jit/engineer
      at TIME TIME

    Why:
      identity policy jit-UUID, statement 1, allows it
        StringLike aws:userid: *:alice@example.com (here …:alice@example.com)
        DateLessThan aws:CurrentTime: TIME (here TIME
      permissions boundary jit-ceiling-read, statement List, allows it

    Looked at, as jit renders them from the policy in force and as the ledger has them:
      policies of the role: jit-UUID
      permissions boundary: jit-ceiling-read
      way into the role: hub, by the trust policy of the role

    Not known from here:
      a policy of the resource, and the policies of the organization (SCPs, RCPs), which can deny it
    ");
    insta::assert_snapshot!(told(&["--at", "+2h"]), @"
    exit 0
    --- stdout
    denied: ec2:DescribeInstances on *
      who alice@example.com
      role arn:aws:iam::222222222222:role/jit/engineer
      at TIME TIME

    Why:
      no identity policy allows it
      identity policy jit-UUID, statement 1, would allow it, but for
        DateLessThan aws:CurrentTime: TIME (here TIME

    Looked at, as jit renders them from the policy in force and as the ledger has them:
      policies of the role: jit-UUID
      permissions boundary: jit-ceiling-read
      way into the role: hub, by the trust policy of the role

    Not known from here:
      a policy of the resource, which could allow it if it names the role or its session; and the policies of the organization (SCPs, RCPs)
    ");
}

/// `word`, or what it is: a moment. A date is left out, since one is shown for another day only.
fn moment(word: &str) -> Option<&str> {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_moment =
        bare.ends_with('Z') && bare.contains('T') || bare.len() == 5 && bare.as_bytes()[2] == b':';
    let is_date = bare.len() == 10 && bare.matches('-').count() == 2;
    (!is_date).then_some(if is_moment { "TIME" } else { word })
}

#[test]
fn what_jit_itself_restricts_a_session_to_counts() {
    let company = Company::new();
    granted(&company);
    let (only_s3, only_ec2) = (company.room.path("s3.json"), company.room.path("ec2.json"));
    let policy = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
        )
    };
    std::fs::write(&only_s3, policy("s3:*")).unwrap();
    std::fs::write(&only_ec2, policy("ec2:*")).unwrap();
    let (only_s3, only_ec2) = (only_s3.display().to_string(), only_ec2.display().to_string());
    for (restriction, wanted) in [
        (vec!["--policy", &only_ec2], "allowed"),
        (vec!["--policy", &only_s3], "denied"),
        // Which actions AWS's own policy has is not known.
        (vec!["--read-only"], "unknown"),
        (vec!["--read-only", "--policy", &only_s3], "unknown"),
        (vec!["--read-only", "--policy", &only_ec2], "allowed"),
    ] {
        for (role, expected) in
            [("deploy", wanted), ("admin", if wanted == "allowed" { "unknown" } else { wanted })]
        {
            let line = [&["explain", role, "--json"], &INSTANCES[..], &restriction].concat();
            assert_eq!(answer(&company.says("alice", &line)).0, expected, "{line:?}");
        }
    }
    // A role of which nothing is known.
    let unknown = company.says("alice", &[&["explain", "admin"], &INSTANCES[..]].concat());
    assert!(unknown.stdout.starts_with("unknown: ec2:DescribeInstances on *\n"), "{unknown}");
    assert!(unknown.stdout.contains("the policies of arn:aws:iam::"), "{unknown}");
}

#[test]
fn a_value_that_only_the_real_call_has_is_what_the_answer_depends_on() {
    let policy = super::company::POLICY.replace("reason = 5", "reason = 5\nnetworks = [\"203.0.113.0/24\"]");
    let company = Company::with(&policy);
    granted(&company);
    let line = [&["explain", "deploy", "--json"], &INSTANCES[..]].concat();
    let (outcome, reasons) = answer(&company.says("alice", &line));
    assert_eq!(
        (outcome.as_str(), reasons.first().map(String::as_str)),
        ("unknown", Some("identity policy depends 1: aws:SourceIp aws:userid aws:CurrentTime"))
    );
    let told = company.says("alice", &[&["explain", "deploy"], &INSTANCES[..]].concat());
    assert!(
        told.stdout.contains("    IpAddress aws:SourceIp: 203.0.113.0/24 (not known for this call)\n"),
        "{told}"
    );
    // After its end it depends on nothing.
    assert_eq!(answer(&company.says("alice", &[&line[..], &["--at", "+2h"]].concat())).0, "denied");
}

#[test]
fn a_company_s_own_ceiling_is_not_guessed() {
    let company = Company::new();
    let policy = super::company::POLICY.replacen("ceiling = \"read\"", "ceiling = \"read-ml\"", 1);
    company.publishes(&policy);
    let line = [&["explain", "deploy"], &INSTANCES[..]].concat();
    let told = company.says("alice", &line);
    assert!(told.stdout.starts_with("denied"), "nothing is granted: {told}");
    assert!(told.stdout.contains("its ceiling `read-ml` is the company's own"), "{told}");
}

#[test]
fn mistakes_in_a_question_are_explained() {
    let company = Company::new();
    // Reads the policy once, so that its names are known.
    assert_eq!(company.says("alice", &["requests"]).code(), 0);
    let mut told = String::new();
    for rest in [
        &["--action", "s3.GetObject"][..],
        &["--action", "get-object"],
        &["--action", "s3:Get*"],
        &["--action", "s3:GetObject", "--resource", "refunds/today.csv"],
        &["--action", "s3:GetObject", "--resource", "s3://refunds/today.csv"],
        &["--action", "s3:GetObject", "--resource", "arn:aws:s3:::refunds/*"],
        &["--action", "s3:GetObject", "--at", "tomorrow"],
        &["--action", "s3:GetObject", "--at", "25:00"],
        &["--action", "s3:GetObject", "--as", "erin@example.org"],
        &["--action", "s3:GetObject", "--as", "ERIN@example.com"],
        &["--action", "s3:GetObject", "--as", "somebody else"],
        &["--action", "s3:GetObject", "--as", "nobody"],
        &["--resource", "*"],
        &["--at", "+1h"],
    ] {
        let output = company.says("alice", &[&["explain", "deploy"], rest].concat());
        assert_eq!(output.code(), 2, "{rest:?}: {output}");
        told.push_str(&format!("{}\n{}", rest.join(" "), output.stderr));
    }
    insta::assert_snapshot!(told, @"
    --action s3.GetObject
    error: `s3.GetObject` is not an action
      next: did you mean `s3:GetObject`?
    --action get-object
    error: `get-object` is not an action
      next: write the service and the action: --action s3:GetObject
    --action s3:Get*
    error: `s3:Get*` stands for several actions, and AWS decides about one at a time
      next: name one, such as --action s3:GetObject
    --action s3:GetObject --resource refunds/today.csv
    error: `refunds/today.csv` is not an ARN
      next: write the resource's ARN, such as --resource arn:aws:s3:::BUCKET/KEY, or leave it out for actions that have none
    --action s3:GetObject --resource s3://refunds/today.csv
    error: `s3://refunds/today.csv` is not an ARN
      next: did you mean `arn:aws:s3:::refunds/today.csv`?
    --action s3:GetObject --resource arn:aws:s3:::refunds/*
    error: `arn:aws:s3:::refunds/*` stands for several resources, and AWS decides about one at a time
      next: name one, such as --resource arn:aws:s3:::BUCKET/KEY
    --action s3:GetObject --at tomorrow
    error: `tomorrow` is not a time
      next: write a time from now (+2h, -30m), a time of day (14:30), or both date and time (2026-11-30T09:00)
    --action s3:GetObject --at 25:00
    error: `25:00` is not a time
      next: write a time from now (+2h, -30m), a time of day (14:30), or both date and time (2026-11-30T09:00)
    --action s3:GetObject --as erin@example.org
    error: the policy has no person `erin@example.org`
      next: did you mean `erin@example.com`?
    --action s3:GetObject --as ERIN@example.com
    error: `ERIN@example.com` is nobody: the policy has this name in another spelling
      next: did you mean `erin@example.com`?
    --action s3:GetObject --as somebody else
    error: `somebody else` cannot be the name of a session
      next: name a person of the policy, or the name of their session at the IdP
    --action s3:GetObject --as nobody
    error: the policy has no person `nobody`
      next: the policy names alice@example.com, bob@example.com, carol@example.com, dan@example.com, erin@example.com, grace@example.com
    --resource *
    error: the following required arguments were not provided:
      --action <ACTION>

    Usage: jit explain --action <ACTION> --resource <ARN> <ROLE>

    For more information, try '--help'.
    --at +1h
    error: the following required arguments were not provided:
      --action <ACTION>

    Usage: jit explain --action <ACTION> --at <TIME> <ROLE>

    For more information, try '--help'.
    ");
    // Not an error, since a company can have services that no ceiling of jit has.
    let likely = company.says("alice", &["explain", "deploy", "--action", "dynamodbb:GetItem"]);
    assert!(likely.code() == 0 && likely.stderr.contains("Did you mean `dynamodb`?"), "{likely}");
}
