//! `jit policy check` and `jit policy test`.

mod cases;

use jit_access::testing::EXAMPLE;

use crate::support::Room;

/// The document that the example names.
const DEPLOY: &str = r#"{"Statement":[{"Effect":"Allow","Action":"ecs:UpdateService","Resource":"*"}]}"#;
/// What only AWS knows of the example's company.
const DIRECTORY: &str = r#"{
    "groups": {"906a1b2c-group-id": ["alice@corp.com", "00u1x9"]},
    "units": {"ou-prod": ["444455556666"], "ou-root": ["111122223333", "444455556666"], "ou-audit": ["888899990000"]},
    "sessions": {"arn:aws:iam::111122223333:role/jit/pay-admin": 3600}
}"#;

/// A room with the example's policy in the folder `policy`, as two files.
pub(super) fn room() -> Room {
    let room = Room::new();
    std::fs::create_dir(room.path("policy")).unwrap();
    let (people, access) = EXAMPLE.split_once("[access.pay-admin]").unwrap();
    room.write("policy/people.toml", people);
    room.write("policy/access.toml", &format!("[access.pay-admin]{access}"));
    room.write("policy/deploy.json", DEPLOY);
    // Not of the policy.
    room.write("policy/.hidden.toml", "nonsense");
    room.write("policy/README.md", "nonsense");
    room.write("directory.json", DIRECTORY);
    room
}

#[test]
fn a_policy_in_several_files_is_checked_as_one() {
    let room = room();
    let output = room.jit(&["policy", "check", "policy"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ 2 files: 5 accesses, 4 doors; no errors, no warnings
    ");
    let named = room.jit(&["policy", "check", "policy/access.toml", "policy/people.toml", "policy"]).run();
    assert_eq!(named.stdout, output.stdout);
    let people = std::fs::read_to_string(room.path("policy/people.toml")).unwrap();
    room.write("policy/people.toml", &people.replace("security = [\"security\"]\n", ""));
    let warned = room.jit(&["policy", "check", "policy"]).run();
    insta::assert_snapshot!(room.told(&warned), @r#"
    exit 0
    --- stdout
    policy/people.toml:2:1: warning: no group is notified of findings [no-security]
         2 | [deployment]
      next: add security = ["GROUP"] to [deployment]
    --- stderr
    ✓ 2 files: 5 accesses, 4 doors; no errors, 1 warning
    "#);
    let strict = room.jit(&["policy", "check", "policy", "--strict"]).run();
    assert_eq!((strict.code(), &strict.stdout), (2, &warned.stdout));
    let alone = room.jit(&["policy", "check", "policy/access.toml"]).run();
    insta::assert_snapshot!(room.told(&alone), @r#"
    exit 2
    --- stdout
    policy/access.toml:24:7: error: there is no group `payments-eng` [invalid]
        24 | who = ["payments-eng"]
    --- stderr
    error: policy/access.toml: 1 error, no warnings
    "#);
}

#[test]
fn what_only_aws_knows_can_be_given() {
    let room = room();
    let output = room.jit(&["policy", "check", "policy", "--directory", "directory.json"]).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stdout
    policy/access.toml:7:7: error: `max` of [access.pay-admin] is longer than a session of its role can be [max-above-session]
         7 | max = "2h"
      next: shorten `max`, or raise MaxSessionDuration of the role (at most 12 h)
    policy/access.toml:HH:MM: warning: on both sides of pay-and-audit: alice@corp.com, carol [both-sides]
        52 | pay-and-audit = ["111122223333", ["444455556666", "ou-audit"]]
      next: they can hold one side at a time; to exclude them from one, remove them from its `who`
    --- stderr
    error: 2 files: 1 error, 1 warning
    "#);
    let mut answers = String::new();
    for content in
        ["{", r#"{"people": {}}"#, r#"{"units": {"ou-x": ["prod"]}}"#, r#"{"groups": {"x": ["a*"]}}"#]
    {
        room.write("directory.json", content);
        let output = room.jit(&["policy", "check", "policy", "--directory", "directory.json"]).run();
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @r#"
    exit 2
    --- stderr
    error: directory.json is not a directory file: EOF while parsing an object at line 1 column 1
      next: write JSON: {"groups": {"ID": ["NAME"]}, "units": {"ou-…": ["111122223333"]}, "sessions": {"ROLE": 3600}}

    exit 2
    --- stderr
    error: directory.json is not a directory file: unknown field `people`, expected one of `groups`, `units`, `sessions` at line 1 column 9
      next: write JSON: {"groups": {"ID": ["NAME"]}, "units": {"ou-…": ["111122223333"]}, "sessions": {"ROLE": 3600}}

    exit 2
    --- stderr
    error: directory.json is not a directory file: `prod` is not an account of twelve digits
      next: write JSON: {"groups": {"ID": ["NAME"]}, "units": {"ou-…": ["111122223333"]}, "sessions": {"ROLE": 3600}}

    exit 2
    --- stderr
    error: directory.json is not a directory file: `a*` cannot be a session name
      next: write JSON: {"groups": {"ID": ["NAME"]}, "units": {"ou-…": ["111122223333"]}, "sessions": {"ROLE": 3600}}
    "#);
}

#[test]
fn findings_are_data_for_scripts() {
    let room = room();
    let change = EXAMPLE
        .replace("may = [\"publish\"]", "may = []")
        .replace("\"deploy.json\"", "\"policy/deploy.json\"");
    room.write("p.toml", &change);
    let output = room.jit(&["policy", "check", "p.toml", "--json"]).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stdout
    {
      "version": 1,
      "errors": 1,
      "files": [
        "p.toml"
      ],
      "findings": [
        {
          "advice": "add it to `may` of a door",
          "code": "no-door",
          "column": 1,
          "line": 2,
          "message": "no door may publish",
          "path": "p.toml",
          "severity": "error"
        },
        {
          "advice": "add what it may do, or remove the door",
          "code": "idle-door",
          "column": 1,
          "line": 17,
          "message": "[door.platform] has no rights",
          "path": "p.toml",
          "severity": "warning"
        }
      ],
      "warnings": 1
    }
    --- stderr
    {"version":1,"error":{"causes":[],"excerpt":null,"hints":[],"kind":"usage","message":"p.toml: 1 error, 1 warning"}}
    "#);
    room.write("p.toml", "[access.a]\nrole = 7\n");
    let output = room.jit(&["policy", "check", "p.toml", "--json"]).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stdout
    {
      "version": 1,
      "errors": 1,
      "files": [
        "p.toml"
      ],
      "findings": [
        {
          "advice": null,
          "code": "invalid",
          "column": 8,
          "line": 2,
          "message": "`role` in [access.a] must be a string in quotes, not a number",
          "path": "p.toml",
          "severity": "error"
        }
      ],
      "warnings": 0
    }
    --- stderr
    {"version":1,"error":{"causes":[],"excerpt":null,"hints":[],"kind":"usage","message":"p.toml: 1 error, no warnings"}}
    "#);
}

/// The files, and what is said about them.
#[test]
fn files_that_are_no_policy_say_why() {
    let room = room();
    std::fs::create_dir(room.path("empty")).unwrap();
    std::fs::write(room.path("latin.toml"), b"[group]\n# \xe9\n").unwrap();
    let twice = "[group]\na = [\"xy\"]\n";
    room.write("one.toml", twice);
    room.write("two.toml", twice);
    room.write("allow.toml", &EXAMPLE.replace("deploy.json", "nowhere.json"));
    room.write("unknown.toml", "[access.read]\nrol = \"x\"\n");
    let cases: [(&[&str], &str); 7] = [
        (&["nowhere.toml"], "cannot read nowhere.toml"),
        (&["empty"], "the folder empty has no file that ends in .toml"),
        (&["latin.toml"], "latin.toml is not UTF-8 text"),
        (&["one.toml", "two.toml"], "two.toml:2:5: error: [group] `a` is also in one.toml:2 [invalid]"),
        (&["allow.toml"], "`allow` in [access.deploy]: cannot read nowhere.json"),
        (&["unknown.toml"], "unknown.toml:2:1: error: unknown key `rol` in [access.read] [invalid]"),
        (&[], "required arguments were not provided"),
    ];
    for (files, what) in cases {
        let output = room.jit(&[&["policy", "check"], files].concat()).run();
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(output.code() == 2 && said.contains(what), "{what}: {output}");
    }
    // Saved by an editor of Windows.
    room.write("bom.toml", &format!("\u{feff}{}", twice.replace('\n', "\r\n")));
    let output = room.jit(&["policy", "check", "bom.toml"]).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stdout
    bom.toml:1:1: error: the deployment has no accounts, so no role is reconciled or audited [no-accounts]
         1 | [group]
      next: add accounts = ["ou-root"] to [deployment]
    bom.toml:1:1: error: no door may publish [no-door]
         1 | [group]
      next: add it to `may` of a door
    bom.toml:1:1: error: no door may request [no-door]
         1 | [group]
      next: add it to `may` of a door
    bom.toml:1:1: warning: no group is notified of findings [no-security]
         1 | [group]
      next: add security = ["GROUP"] to [deployment]
    --- stderr
    error: bom.toml: 3 errors, 1 warning
    "#);
}

/// Neither a terminal nor a reader is misled by what somebody wrote into a policy, or called a file.
#[test]
fn foreign_text_is_escaped() {
    let room = room();
    let bad = "x\u{202e}\u{1b}[2Jy";
    room.write(&format!("{bad}.toml"), "[access.a]\nrole = \"\\u202e\\u001b[2J\"\n");
    room.write("q.toml", &format!("[group]\n\"{}\" = [\"a\"]\n", "\\u202e"));
    for arguments in [&["check", &format!("{bad}.toml")][..], &["check", "q.toml"]] {
        let output = room.jit(&[&["policy"], arguments].concat()).run();
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(output.code() == 2 && !said.contains(['\u{202e}', '\u{1b}']), "{output}");
        assert!(said.contains("202e"), "{output}");
    }
    room.write("cases", &format!("alice asks read{bad} 1h -> granted 1h\n"));
    let output = room.jit(&["policy", "test", "policy", "cases"]).run();
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(
        output.code() == 1 && said.contains("202e") && !said.contains(['\u{202e}', '\u{1b}']),
        "{output}"
    );
}

const PAGE: &str = include_str!("../../../docs/access/policy.md");

/// The fenced blocks of the page that begin with this line.
fn block(first: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{first}\n")).unwrap_or_else(|| panic!("no block {first}"));
    rest.split("```").next().unwrap()
}

#[test]
fn the_examples_of_the_page_hold() {
    let room = Room::new();
    room.write("policy.toml", block("toml"));
    let check = room.jit(&["policy", "check", "policy.toml"]).run();
    assert!(check.code() == 0 && check.stdout.is_empty(), "{check}");
    let cases = block("\n# PERSON asks ACCESS DURATION [in ACCOUNT] [at TIME] [approved by A,B] -> RESULT");
    room.write("cases", cases);
    let test = room.jit(&["policy", "test", "policy.toml", "cases"]).run();
    insta::assert_snapshot!(room.told(&test), @"
    exit 0
    --- stdout
    ok   cases:1: alice asks deploy 1h                        -> waits: owners
    ok   cases:2: alice asks deploy 1h approved by bob        -> granted 1h
    ok   cases:3: alice asks deploy 2h approved by bob        -> denied: max
    ok   cases:4: bob   asks deploy 1h approved by carol      -> denied: not-eligible
    --- stderr
    ✓ cases: all 4 cases hold
    ");
    room.write("directory.json", block("json"));
    let directory = room.jit(&["policy", "check", "policy.toml", "--directory", "directory.json"]).run();
    assert_eq!(directory.code(), 0, "{directory}");
}

#[test]
fn the_page_lists_every_finding() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/jit-access/src/check");
    let source =
        ["people.rs", "roles.rs"].map(|file| std::fs::read_to_string(root.join(file)).unwrap()).concat();
    let rows: Vec<(&str, &str)> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, rest)| rest.starts_with("error |") || rest.starts_with("warning |"))
        .collect();
    for (code, _) in &rows {
        assert!(source.contains(&format!("\"{code}\"")), "nothing finds {code}");
    }
    // What looks like a code: words in lower case with a hyphen between, as the second argument of a finding.
    let words = source.split('"').skip(1).step_by(2);
    let is_code = |text: &&str| {
        text.contains('-') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    for code in words.filter(is_code).filter(|code| *code != "ou-root") {
        assert!(rows.iter().any(|(known, _)| *known == code), "the page does not list {code}");
    }
}
