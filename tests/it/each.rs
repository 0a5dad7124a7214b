//! `jit exec --each`: one command for every role that matches, side by side.

use std::time::{Duration, Instant};

use jit_emulator::{Account, Approval, Call, HUB, Refusal, Role, Settings, Trouble};
use serde_json::Value;

use crate::support::{Output, PATIENCE, Room, Signal};

/// A room with a spoke `audit` in `count` accounts, of which nobody may assume the last `denied`.
fn room(count: usize, denied: usize) -> Room {
    let role = |n: usize| {
        let via = if n > count - denied { "arn:aws:iam::999999999999:role/other" } else { HUB };
        Role::spoke(&format!("arn:aws:iam::{n:012}:role/audit"), via, 3600)
    };
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.roles.extend((1..=count).map(role));
    let room = Room::with(settings);
    let accounts: String = (1..=count).map(|n| format!("acme-{n} = \"{n:012}\"\n")).collect();
    let table =
        format!("[spokes.audit]\nvia = \"hub\"\nrole_name = \"audit\"\n[spokes.audit.accounts]\n{accounts}");
    room.write_config(&format!("{}\n{table}", room.usual_config()));
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    room
}

fn each(room: &Room, words: &[&str]) -> Output {
    room.jit(&[&["exec", "--each"], words].concat()).run()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn every_matching_role_runs_the_command_once() {
    let room = room(12, 0);
    let script = ["--", "sh", "-c", "echo $JIT_ROLE $JIT_ACCOUNT_ID; echo x >&2"];
    let output = each(&room, &[&["acme-?/audit"], &script[..]].concat());
    assert_eq!(output.code(), 0, "{output}");
    let expected: Vec<String> = (1..=9).map(|n| format!("acme-{n}/audit | acme-{n}/audit {n:012}")).collect();
    assert_eq!(sorted(&output.stdout), expected);
    let talk = sorted(&output.stderr);
    assert_eq!((talk[0], talk.last()), ("9 roles, 8 at a time", Some(&"✓ 9 roles")), "{output}");
    assert!(talk[1..10].iter().zip(1..).all(|(line, n)| *line == format!("acme-{n}/audit | x")), "{output}");
    // Each once, however many patterns fit; by the account's number as well; none that fits half.
    let twice = each(
        &room,
        &["acme-1*/audit", "--each", "00000000001?/*", "-q", "--", "sh", "-c", "echo $JIT_ACCOUNT_ID"],
    );
    let ran: Vec<String> = [1, 10, 11, 12]
        .iter()
        .map(|n| format!("acme-{n}/audit{} | {n:012}", if *n == 1 { " " } else { "" }))
        .collect();
    let mut ran = ran;
    ran.sort();
    assert_eq!(sorted(&twice.stdout), ran, "{twice}");
    assert!(!twice.stderr.contains("at a time"), "{twice}");
    assert_eq!(room.counts([Call::AssumeRoleWithWebIdentity, Call::AssumeRole]), [1, 12]);
}

#[test]
fn one_that_fails_is_in_the_summary_and_the_others_run() {
    let room = room(4, 1);
    let output = each(
        &room,
        &[
            "*/audit",
            "--",
            "sh",
            "-c",
            "test $JIT_ROLE != acme-2/audit || exit 3; test $JIT_ROLE != acme-3/audit || kill -9 $$; echo fine",
        ],
    );
    assert_eq!(output.stdout, "acme-1/audit | fine\n", "{output}");
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stdout
    acme-1/audit | fine
    --- stderr
    4 roles, 4 at a time
    error: failed for 3 of 4 roles
      because: acme-2/audit: exit code 3
      because: acme-3/audit: ended by signal 9
      because: acme-4/audit: arn:aws:iam::000000000004:role/audit cannot be assumed by arn:aws:sts::111111111111:assumed-role/jit-hub/alice@example.com: it does not exist, does not trust the caller, or a condition of its trust policy failed; AWS does not say which
      next: check the ARN, including upper and lower case: arn:aws:iam::000000000004:role/audit
      next: have the caller's policies and the role's trust policy allow sts:AssumeRole
      next: check `external_id`, and sts:TagSession and sts:SetSourceIdentity if there are tags or a source identity
      next: jit explain acme-4/audit  shows every value of the request
    ");
    // A hub that is refused is asked once, not for each spoke.
    room.servers().faults(|faults| {
        faults
            .always(Call::AssumeRoleWithWebIdentity, Trouble::Refuse(Refusal::new(403, "AccessDenied", "no")))
    });
    assert_eq!(room.jit(&["logout", "hub"]).run().code(), 0);
    room.servers().faults(|faults| faults.clear());
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
}

#[test]
fn without_a_match_or_a_login_nothing_is_started() {
    let room = room(3, 0);
    insta::assert_snapshot!(room.told(&each(&room, &["acme-1", "--each", "b*", "--", "touch", "started"])), @"
    exit 2
    --- stderr
    error: no role matches `acme-1` or `b*`
      because: * matches anything except a slash, ** matches anything, ? one character
      next: jit roles  lists them all
    ");
    assert_eq!(room.jit(&["logout", "--all"]).run().code(), 0);
    insta::assert_snapshot!(room.told(&each(&room, &["*/audit", "--", "touch", "started"])), @"
    exit 3
    --- stderr
    3 roles, 3 at a time
    error: you need to sign in at demo
      because: you have not signed in there yet
      next: jit login acme-1/audit
    ");
    assert!(!room.path("started").exists());
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let before = room.count(Call::AssumeRole);
    let unknown = each(&room, &["*/audit", "--jobs", "1", "--", "no-such-program"]);
    assert_eq!(unknown.code(), 127, "{unknown}");
    assert_eq!(
        room.count(Call::AssumeRole),
        before + 1,
        "no session is requested for what cannot run: {unknown}"
    );
}

#[test]
fn a_script_gets_one_object_for_each_role() {
    let room = room(3, 1);
    let output = each(
        &room,
        &[
            "*/audit",
            "--json",
            "--",
            "sh",
            "-c",
            "printf 'a\\n\\033[1m'; echo b >&2; test $JIT_ROLE != acme-2/audit",
        ],
    );
    assert_eq!(output.code(), 1, "{output}");
    let mut objects: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    objects.sort_by_key(|object| object["role"].as_str().unwrap().to_owned());
    for (object, (exit_code, has_run)) in
        objects.iter().zip([(Some(0), true), (Some(1), true), (None, false)])
    {
        assert_eq!(
            (object["version"].as_i64(), object["exit_code"].as_i64()),
            (Some(1), exit_code),
            "{object}"
        );
        assert_eq!(object["error"].is_string(), !has_run, "{object}");
        let said = [&object["stdout"], &object["stderr"]].map(|text| text.as_str().unwrap());
        assert_eq!(said, if has_run { ["a\n\u{1b}[1m\n", "b\n"] } else { ["", ""] }, "{object}");
        assert!(object["milliseconds"].is_u64() && object["truncated"] == false, "{object}");
    }
    assert_eq!(objects[0]["account"], "000000000001");
    let error: Value = serde_json::from_str(output.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["message"], "failed for 2 of 3 roles", "{output}");
}

#[test]
fn at_most_so_many_run_at_a_time() {
    let room = room(9, 0);
    std::fs::create_dir(room.path("running")).unwrap();
    let script =
        "mkdir running/$JIT_ACCOUNT_ID; ls running | wc -l; sleep 0.1; rmdir running/$JIT_ACCOUNT_ID";
    let output = each(&room, &["*/audit", "--jobs", "2", "-q", "--", "sh", "-c", script]);
    assert_eq!(output.code(), 0, "{output}");
    let most = output.stdout.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap());
    assert!(most.max().unwrap() <= 2, "{output}");
}

/// Ctrl-C, `kill` and a terminal that closes end every child with all that it started, and what does not end is killed.
#[test]
fn what_ends_it_ends_all_children() {
    let room = room(6, 0);
    for (signal, name, code) in [(Signal::INT, "INT", 130), (Signal::TERM, "TERM", 143)] {
        let script = format!(
            "trap 'echo got {name}; exit 42' {name}; sleep 600 & echo ready; while :; do sleep 0.05; done"
        );
        let started =
            room.jit(&["exec", "--each", "*/audit", "--jobs", "3", "--", "sh", "-c", &script]).start();
        (0..3).for_each(|_| drop(started.says("ready")));
        started.signal(signal);
        let output = started.wait();
        assert_eq!(output.code(), code, "{output}");
        assert_eq!(output.stdout.matches(&format!("got {name}")).count(), 3, "{output}");
        assert!(output.stderr.contains("error: interrupted: 3 of 6 roles were begun"), "{output}");
    }
    // The third kind ignores everything.
    let begun = Instant::now();
    let deaf = "trap '' INT TERM HUP; echo $$; while :; do sleep 0.05; done";
    let started = room.jit(&["exec", "--each", "acme-1/audit", "--", "sh", "-c", deaf]).start();
    let said = started.says("\n");
    let _ = said;
    started.says(" | ");
    std::thread::sleep(Duration::from_millis(100));
    started.signal(Signal::INT);
    let output = started.wait();
    assert_eq!(output.code(), 130, "{output}");
    assert!(begun.elapsed() < PATIENCE);
    let id: i32 = output.stdout.lines().next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    room.until("the end of a deaf child", |_| !std::path::Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn roles_with_confirm_are_asked_about_once() {
    let room = room(3, 0);
    let whole = std::fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    room.write_config(&whole.replace("role_name = \"audit\"", "role_name = \"audit\"\nconfirm = true"));
    insta::assert_snapshot!(room.told(&each(&room, &["*/audit", "--", "true"])), @"
    exit 2
    --- stderr
    error: 3 roles need a confirmation, and jit cannot ask for it here
      because: these have confirm = true: acme-1/audit, acme-2/audit, acme-3/audit
    ");
    for (typed, code) in [("y\n", 0), ("n\n", 1)] {
        let words = ["exec", "--each", "*/audit", "--", "echo", "it ran"];
        let output = room.jit(&words).on_terminal().stdin(typed).run();
        assert_eq!(output.code(), code, "{output}");
        assert!(output.stdout.contains("Use acme-1/audit, acme-2/audit, acme-3/audit? [y/N]"), "{output}");
        assert_eq!(output.stdout.contains("it ran"), code == 0, "{output}");
    }
}

/// A portal that takes 30 calls a second: nobody is refused for good, and no command is left out.
#[test]
fn a_large_company_is_asked_no_faster_than_its_portal_allows() {
    let account = |n: usize| Account::new(&format!("{n:012}"), &format!("acme-{n}"), &["ReadOnly"]);
    let room =
        Room::by_center(Settings { accounts: (1..=200).map(account).collect(), ..Settings::default() });
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 4, "signed in, but not assigned");
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    let before = room.count(Call::GetRoleCredentials);
    room.servers().faults(|faults| faults.portal_limit = Some(30));
    let output = each(&room, &["acme-*/ReadOnly", "--jobs", "32", "-q", "--", "true"]);
    assert_eq!(output.code(), 0, "{output}");
    let (asked, refused) = (room.count(Call::GetRoleCredentials) - before, room.count(Call::Throttled));
    assert_eq!(asked - refused, 200, "{output}");
    assert!(refused < 60, "{refused} calls were refused");
}
