//! What AWS's tools get: one line of JSON, or nothing and an exit code that says why.

use std::time::Duration;

use jit_emulator::{Approval, Call, Flaw, Refusal, Settings, Trouble};
use serde_json::Value;

use crate::support::{Output, Room};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

fn key(answer: &Output) -> String {
    assert_eq!(answer.code(), 0, "{answer}");
    let json: Value = serde_json::from_str(&answer.stdout).unwrap();
    json["AccessKeyId"].as_str().unwrap().to_owned()
}

#[test]
fn the_answer_has_only_the_keys_that_aws_reads() {
    let room = Room::signed_in("admin");
    let answer = room.asks_for("admin");
    assert_eq!((answer.code(), answer.stderr.as_str()), (0, ""), "{answer}");
    assert!(answer.stdout.ends_with("}\n") && answer.stdout.lines().count() == 1);
    let json: Value = serde_json::from_str(&answer.stdout).unwrap();
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    let expected = ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "SessionToken", "Version"];
    assert_eq!(names, expected);
    assert_eq!((&json["Version"], &json["AccountId"]), (&Value::from(1), &Value::from("222222222222")));
    let expiration = json["Expiration"].as_str().unwrap();
    assert!(expiration.len() == 20 && expiration.ends_with('Z'), "{expiration}");
    assert_eq!(
        (room.asks_for("admin").stdout, room.count(Call::AssumeRole)),
        (answer.stdout, 1),
        "the second is warm"
    );
}

#[test]
fn it_reads_nothing_and_needs_no_stdin() {
    let room = Room::signed_in("admin");
    let jit = env!("CARGO_BIN_EXE_jit");
    for closed in ["<&-", "</dev/null", "2>&-", "<&- 2>&-"] {
        let line = format!("exec '{jit}' credential-process admin {closed}");
        let answer = room.program("sh", &["-c", &line]).hands_over().run();
        assert!(answer.code() == 0 && answer.stdout.starts_with("{\"Version\":1,"), "{closed}: {answer}");
    }
    let line = format!("'{jit}' credential-process admin; cat");
    let answer = room.program("sh", &["-c", &line]).stdin("still there").hands_over().run();
    insta::assert_snapshot!(room.told(&answer), @"
    exit 0
    --- stdout
    (credentials)
    ");
    // A full disk behind a redirection is an error like any other.
    let full = format!("exec '{jit}' credential-process admin >/dev/full");
    let full = room.program("sh", &["-c", &full]).run();
    insta::assert_snapshot!(room.told(&full), @"
    exit 1
    --- stderr
    error: cannot write to stdout
      because: No space left on device (os error 28)
    ");
}

#[test]
fn it_asks_nothing_even_on_a_terminal() {
    let room = Room::new();
    let answer = room.jit(&["credential-process", "admin"]).on_terminal().env("NO_COLOR", "1").run();
    let expected = "error: you need to sign in at demo\n  because: you have not signed in there yet\n  next: jit login admin\n";
    assert_eq!((answer.code(), room.plain(&answer.stdout)), (3, expected.to_owned()));
    assert_eq!((room.opened().len(), room.count(Call::Discovery)), (0, 0));
}

fn denied() -> Trouble {
    Trouble::Refuse(Refusal::new(403, "AccessDenied", "no"))
}

#[test]
fn a_failure_prints_nothing_on_stdout_and_has_its_code() {
    type Arrange = fn(&Room);
    let cases: [(i32, Arrange); 6] = [
        (1, |room| room.servers().faults(|faults| faults.always(Call::AssumeRole, Trouble::ServerError))),
        (2, |room| room.write_config("[role.admin]\nvia = \"hub\"\n")),
        (3, |_| {}),
        (4, |room| room.servers().faults(|faults| faults.always(Call::AssumeRole, denied()))),
        (4, |room| room.servers().faults(|faults| faults.always(Call::AssumeRoleWithWebIdentity, denied()))),
        (5, |room| {
            for entry in room.entries("login-") {
                std::fs::write(entry, "garbage").unwrap();
            }
        }),
    ];
    for (code, arrange) in cases {
        let room = Room::new();
        if code != 3 {
            assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
            room.age_session("hub", 2 * HOUR);
        }
        arrange(&room);
        let answer = room.jit(&["credential-process", "admin"]).run();
        assert_eq!((answer.code(), answer.stdout.as_str()), (code, ""), "{answer}");
        assert!(answer.stderr.starts_with("error: ") && answer.stderr.contains("\n  next: "), "{answer}");
    }
}

#[test]
fn below_the_margin_it_is_renewed_silently() {
    let room = Room::signed_in("admin");
    let first = key(&room.asks_for("admin"));
    room.age_session("admin", 43 * MINUTE);
    assert_eq!(key(&room.asks_for("admin")), first, "seventeen minutes are enough");
    room.age_session("admin", 2 * MINUTE);
    let renewed = room.asks_for("admin");
    assert_eq!(renewed.stderr, "");
    assert_ne!(key(&renewed), first, "fifteen are not");
    assert_eq!((room.count(Call::AssumeRoleWithWebIdentity), room.opened().len()), (1, 1));

    // The same with an expired hub session and ID token: the whole chain works without the person.
    for role in ["hub", "admin"] {
        room.age_session(role, 2 * HOUR);
    }
    room.age_login(2 * HOUR);
    assert_eq!(room.asks_for("admin").stderr, "");
    assert_eq!((room.count(Call::RefreshGrant), room.opened().len()), (1, 1));
    room.is_tidy();
}

#[test]
fn a_short_session_is_renewed_in_its_last_third() {
    let room = Room::new();
    room.servers().faults(|faults| faults.spoke_lifetime = Some(15 * MINUTE));
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let first = key(&room.asks_for("admin"));
    room.age_session("admin", 9 * MINUTE);
    assert_eq!(key(&room.asks_for("admin")), first);
    room.age_session("admin", 2 * MINUTE);
    assert_ne!(key(&room.asks_for("admin")), first);
}

#[test]
fn a_valid_session_is_served_whatever_else_fails() {
    let troubles = [
        (Call::AssumeRole, Trouble::ServerError),
        (Call::AssumeRole, denied()),
        (Call::AssumeRoleWithWebIdentity, Trouble::Html),
        (Call::RefreshGrant, Trouble::Refuse(Refusal::new(400, "invalid_grant", "over"))),
    ];
    for (call, trouble) in troubles {
        let room = Room::signed_in("admin");
        let first = key(&room.asks_for("admin"));
        room.age_session("hub", 2 * HOUR);
        room.age_login(2 * HOUR);
        room.age_session("admin", 58 * MINUTE);
        room.servers().faults(|faults| faults.always(call, trouble));
        let answer = room.asks_for("admin");
        assert_eq!((key(&answer), answer.stderr.as_str()), (first, ""), "{call:?}");
        assert_eq!(room.opened().len(), 1, "no person's time is taken while it holds");
        room.age_session("admin", 2 * MINUTE);
        let over = room.jit(&["credential-process", "admin"]).run();
        assert!(over.code() != 0 && over.stdout.is_empty(), "{over}");
        room.is_tidy();
    }
}

#[test]
fn auto_login_opens_the_browser_once_for_all() {
    let room = Room::new();
    let answers = room
        .at_once((0..20).map(|_| room.jit(&["credential-process", "admin", "--auto-login"]).hands_over()));
    let first = key(&answers[0]);
    assert!(answers.iter().all(|answer| key(answer) == first));
    assert_eq!((room.opened().len(), room.count(Call::CodeGrant)), (1, 1));
    room.is_tidy();
}

#[test]
fn auto_login_of_the_configuration_does_the_same() {
    let room = Room::new();
    let config = room.usual_config().replacen("\n\n", "\nauto_login = true\n\n", 1);
    room.write_config(&config);
    let answer = room.asks_for("admin");
    assert_eq!((answer.code(), room.opened().len()), (0, 1), "{answer}");
}

#[test]
fn auto_login_without_a_browser_needs_a_sign_in() {
    let room = Room::new();
    let answer = room.jit(&["credential-process", "admin", "--auto-login"]).without("BROWSER").run();
    assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{answer}");
}

#[test]
fn the_reason_why_the_last_login_ended_is_shown() {
    let again = "\n  next: jit login admin\n";
    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    let ended = Trouble::Refuse(Refusal::new(400, "invalid_grant", "the session was\u{1b}[2J ended"));
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, ended));
    let answer = room.jit(&["credential-process", "admin"]).run();
    let why = "error: you need to sign in at demo\n  because: the last sign-in has expired: the refresh was refused: \
               invalid_grant (the session was\\u{1b}[2J ended)";
    assert_eq!((answer.code(), answer.stderr), (3, format!("{why}{again}")));

    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::NoIdTokenOnRefresh));
    let answer = room.jit(&["credential-process", "admin"]).run();
    let why = "error: you need to sign in at demo\n  because: the last sign-in has expired: this IdP returns no new ID token \
               on refresh";
    assert_eq!((answer.code(), answer.stderr), (3, format!("{why}{again}")));

    let room = Room::with(Settings { approval: Approval::AtOnce, ..Settings::default() });
    let config = room.usual_config().replacen("\n\n", "\nscopes = [\"openid\", \"email\"]\n\n", 1);
    room.write_config(&config);
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    room.leave_a_refresh_token();
    let answer = room.jit(&["credential-process", "admin"]).run();
    let why = "error: you need to sign in at demo\n  because: the last sign-in has expired: the IdP issued no refresh \
               token at the last sign-in";
    assert_eq!((answer.code(), answer.stderr), (3, format!("{why}{again}")));
}

#[test]
fn an_idp_that_is_down_does_not_end_the_login() {
    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, Trouble::ServerError));
    let down = room.jit(&["credential-process", "admin"]).run();
    assert_eq!((down.code(), down.stdout.as_str()), (1, ""), "{down}");
    room.servers().faults(jit_emulator::Faults::clear);
    let up = room.asks_for("admin");
    assert_eq!((up.code(), room.opened().len()), (0, 1), "{up}");
}

/// A regression: any error after the answer lost the new refresh token, and the invalidated one, sent next,
/// ended the login for good.
#[test]
fn a_bad_answer_does_not_lose_its_refresh_token() {
    type Arrange = fn(&mut jit_emulator::Faults);
    let cases: [(&str, Arrange); 7] = [
        ("a key that is nowhere", |faults| _ = faults.flaws.insert(Flaw::KeyId)),
        ("keys that cannot be had", |faults| {
            faults.flaws.insert(Flaw::KeyId);
            faults.always(Call::Jwks, Trouble::ServerError);
        }),
        ("a clock that is wrong", |faults| _ = faults.flaws.insert(Flaw::Expired)),
        ("a signature that is wrong", |faults| _ = faults.flaws.insert(Flaw::Signature)),
        ("another audience", |faults| _ = faults.flaws.insert(Flaw::Audience)),
        ("another issuer", |faults| _ = faults.flaws.insert(Flaw::Issuer)),
        ("a description that is not to be had", |faults| {
            faults.flaws.insert(Flaw::KeyId);
            faults.always(Call::Discovery, Trouble::Html);
        }),
    ];
    for (what, arrange) in cases {
        let room = Room::signed_in("admin");
        room.leave_a_refresh_token();
        room.servers().faults(arrange);
        let failed = room.jit(&["credential-process", "admin"]).run();
        assert_eq!((failed.code(), failed.stdout.as_str()), (1, ""), "{what}: {failed}");
        room.servers().faults(jit_emulator::Faults::clear);
        let well = room.asks_for("admin");
        assert_eq!((well.code(), room.opened().len()), (0, 1), "{what}: {well}");
        assert_eq!(room.count(Call::Revoke), 0, "{what}");
    }
}

/// However an IdP reports a dead refresh token: a program is told to sign in, and a person does.
#[test]
fn a_dead_refresh_token_is_recognized_in_every_idps_words() {
    let refuse = |status, code: &str, why: &str| Trouble::Refuse(Refusal::new(status, code, why));
    let mut answers = String::new();
    for (dead, words) in [
        (refuse(400, "invalid_request", "no such token"), "invalid_request (no such token)"),
        (refuse(401, "invalid_token", ""), "invalid_token"),
        (refuse(403, "forbidden", "go away"), "forbidden (go away)"),
        (refuse(400, "", ""), "the refresh was refused"),
    ] {
        let room = Room::signed_in("admin");
        room.leave_a_refresh_token();
        room.servers().faults(|faults| faults.always(Call::RefreshGrant, dead));
        let program = room.jit(&["credential-process", "admin"]).run();
        answers.push_str(&format!("{}\n", room.told(&program)));
        // The reason is the same the next time, and the IdP is not called for it.
        let again = room.jit(&["credential-process", "admin"]).run();
        assert!(again.code() == 3 && again.stderr.contains(words), "{words}: {again}");
        assert_eq!(room.count(Call::RefreshGrant), 1, "{words}");
        let person = room.jit(&["login", "admin"]).run();
        assert_eq!((person.code(), room.opened().len()), (0, 2), "{words}: {person}");
    }
    insta::assert_snapshot!(answers, @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the refresh was refused: invalid_request (no such token)
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the refresh was refused: invalid_token
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the refresh was refused: forbidden (go away)
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the refresh was refused: 
      next: jit login admin
    ");
    for trouble in
        [Trouble::ServerError, refuse(429, "slow_down", ""), refuse(400, "temporarily_unavailable", "")]
    {
        let room = Room::signed_in("admin");
        room.leave_a_refresh_token();
        room.servers().faults(|faults| faults.always(Call::RefreshGrant, trouble));
        assert_eq!(room.jit(&["credential-process", "admin"]).run().code(), 1);
        room.servers().faults(jit_emulator::Faults::clear);
        assert_eq!((room.asks_for("admin").code(), room.opened().len()), (0, 1));
    }
}

#[test]
fn a_useless_refresh_token_is_revoked() {
    let room = Room::signed_in("admin");
    room.leave_a_refresh_token();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::NoIdTokenOnRefresh));
    let program = room.jit(&["credential-process", "admin"]).run();
    assert_eq!((program.code(), room.count(Call::Revoke)), (3, 1), "{program}");
    let again = room.jit(&["credential-process", "admin"]).run();
    insta::assert_snapshot!(room.told(&again), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: this IdP returns no new ID token on refresh
      next: jit login admin
    ");
}

#[test]
fn a_rotated_refresh_token_is_the_next_one_used() {
    let room = Room::signed_in("admin");
    for round in 1..=3 {
        room.leave_a_refresh_token();
        assert_eq!((room.asks_for("admin").code(), room.count(Call::RefreshGrant)), (0, round));
    }
    assert_eq!(room.opened().len(), 1);
}
