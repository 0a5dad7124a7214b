//! Restricted sessions, and the line for a prompt.

use jit_emulator::{Call, Settings};

use crate::support::Room;

const TRUE: [&str; 2] = ["--", "true"];

fn exec(room: &Room, arguments: &[&str]) -> crate::support::Output {
    room.jit(&[&["exec", "-q", "admin"], arguments, &TRUE].concat()).run()
}

#[test]
fn a_restricted_session_is_stored_separately() {
    let room = Room::signed_in("admin");
    let spokes = || room.count(Call::AssumeRole);
    let before = spokes();
    assert_eq!(exec(&room, &[]).code(), 0);
    assert_eq!(spokes(), before);
    for (n, arguments) in
        [&["--read-only"][..], &["--max", "15m"], &["--read-only", "--max", "15m"]].iter().enumerate()
    {
        for _ in 0..2 {
            assert_eq!(exec(&room, arguments).code(), 0);
            assert_eq!(spokes(), before + n + 1, "{arguments:?} is asked for once and cached apart");
        }
    }
    let explained = room.jit(&["explain", "admin", "--read-only", "--max", "15m"]).run();
    for row in
        ["policy_arns", "arn:aws:iam::aws:policy/ReadOnlyAccess", "the command line", "15 min", "--max"]
    {
        assert!(explained.stdout.contains(row), "{row}: {explained}");
    }
    let lives = room
        .jit(&["exec", "-q", "admin", "--max", "15m", "--", "sh", "-c", "echo $AWS_CREDENTIAL_EXPIRATION"])
        .run();
    let until =
        time::OffsetDateTime::parse(lives.stdout.trim(), &time::format_description::well_known::Rfc3339)
            .unwrap();
    assert!(until - time::OffsetDateTime::now_utc() <= time::Duration::minutes(15), "{lives}");
}

#[test]
fn a_policy_from_a_file_reaches_aws() {
    let room = Room::signed_in("admin");
    let statement = "{ \"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"*\" }";
    // Spaces do not count, and are not sent to AWS.
    let spaces = " ".repeat(4000);
    room.write(
        "policy.json",
        &format!("{{ \"Version\": \"2012-10-17\",{spaces}\"Statement\": [{statement}] }}"),
    );
    assert_eq!(exec(&room, &["--policy", "policy.json"]).code(), 0);
    room.write("other.json", "[\"no policy\"]");
    let refused = exec(&room, &["--policy", "other.json"]);
    insta::assert_snapshot!(room.told(&refused), @r#"
    exit 4
    --- stderr
    error: the session policy for arn:aws:iam::222222222222:role/admin is not valid ("This policy contains invalid Json")
      next: see where each value comes from: `jit explain admin`
    "#);
}

/// The arguments, and words of the message; every one is wrong usage.
#[test]
fn sessions_that_cannot_be_restricted() {
    let room = Room::signed_in("admin");
    room.write("no.json", "{");
    room.write("long.json", &format!("{{\"a\":\"{}\"}}", "x".repeat(2048)));
    let cases: [(&[&str], &str); 7] = [
        (&["--policy", "nowhere.json"], "cannot read `nowhere.json`"),
        (&["--policy", "no.json"], "the policy is not JSON"),
        (&["--policy", "long.json"], "STS accepts at most 2048"),
        (&["--policy", "arn:aws:iam::aws:role/x"], "is not the ARN of a policy"),
        (&["--policy", "no.json", "--policy", "no.json"], "STS accepts only one policy that is not an ARN"),
        (&["--max", "5m"], "STS sessions last at least 15m"),
        (&["--max", "soon"], "soon"),
    ];
    for (arguments, words) in cases {
        let output = exec(&room, arguments);
        assert!(output.code() == 2 && output.stderr.contains(words), "{words}: {output}");
    }
    let center = Room::by_center(Settings::default());
    let assigned = center.jit(&["exec", "dev", "--read-only", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&assigned), @"
    exit 2
    --- stderr
    error: dev is a permission set, and Identity Center supports neither session policies nor durations
      next: leave out --read-only, --policy and --max
    ");
}

#[test]
fn a_prompt_has_one_line_or_none() {
    let room = Room::new();
    let prompt = |room: &Room| room.jit(&["status", "--prompt"]).run();
    let none = prompt(&room);
    assert_eq!((none.code(), none.stdout.as_str(), none.stderr.as_str()), (0, "", ""));
    let named = room.jit(&["status", "--prompt"]).env("JIT_ROLE", "admin").run();
    assert_eq!(named.stdout, "admin\n");
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let calls = room.count(Call::AssumeRole);
    let named = room.jit(&["status", "--prompt"]).env("JIT_ROLE", "admin").run();
    assert!(named.stdout == "admin 1 h\n" || named.stdout.starts_with("admin 59 min"), "{named}");
    let child = room
        .jit(&["exec", "-q", "admin", "--max", "15m", "--", env!("CARGO_BIN_EXE_jit"), "status", "--prompt"])
        .run();
    // However long a busy machine took to get here.
    let left = child.stdout.strip_prefix("admin (max 15 min) ").and_then(|rest| rest.strip_suffix(" min\n"));
    assert!(left.is_some_and(|left| (1..=15).contains(&left.parse().unwrap_or(0))), "{child}");
    assert_eq!(room.count(Call::AssumeRole), calls + 1);
    room.write_config("this is no configuration");
    let broken = prompt(&room);
    assert_eq!((broken.code(), broken.stdout.as_str(), broken.stderr.as_str()), (0, "", ""));
}
