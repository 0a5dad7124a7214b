//! Many callers at once: one of them does the work, all of them get the answer. Failures in the meantime are
//! in `storm_trouble`. `JIT_STORM=300` sets their number; the default is smaller, to save time.
#![allow(
    clippy::print_stderr,
    reason = "how long a storm took is shown by `--nocapture`, and asserted by none"
)]

use std::collections::HashSet;
use std::time::Instant;

use jit_emulator::{Approval, Call, HUB, Refusal, Role, Settings, Trouble};

use crate::support::Room;

const SILENT_CHAIN: [Call; 3] = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];

/// How many callers a storm has.
pub(crate) fn callers() -> usize {
    std::env::var("JIT_STORM").map_or(40, |number| number.parse().expect("JIT_STORM is a number"))
}

/// Whether this is the full measure: slow servers are really slow, and not just slow enough.
#[cfg(target_os = "linux")]
pub(crate) fn in_full() -> bool {
    callers() >= 300
}

/// Says how long a storm took.
pub(crate) fn report(what: &str, begun: Instant) {
    note(&format!("{what}: {:?}", begun.elapsed()));
}

/// Prints something for people who run this with `--nocapture`.
pub(crate) fn note(what: &str) {
    eprintln!("{} callers, {what}", callers());
}

#[test]
fn a_fresh_session_makes_no_calls() {
    let room = Room::signed_in("admin");
    let before = (room.counts(SILENT_CHAIN), room.opened().len());
    let begun = Instant::now();
    let answers =
        room.at_once((0..callers()).map(|_| room.jit(&["credential-process", "admin"]).hands_over()));
    report("a fresh session", begun);
    for answer in &answers {
        assert_eq!((answer.code(), &answer.stdout), (0, &answers[0].stdout), "{answer}");
    }
    assert_eq!((room.counts(SILENT_CHAIN), room.opened().len()), before);
    room.is_tidy();
}

#[test]
fn a_refresh_makes_three_requests_for_all_callers() {
    let room = Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    room.leave_a_refresh_token();
    let before = room.counts(SILENT_CHAIN);
    let begun = Instant::now();
    let answers =
        room.at_once((0..callers()).map(|_| room.jit(&["credential-process", "admin"]).hands_over()));
    report("a refresh token", begun);
    for answer in &answers {
        assert_eq!(answer.code(), 0, "{answer}");
    }
    let different: HashSet<&str> = answers.iter().map(|answer| answer.stdout.as_str()).collect();
    assert_eq!(different.len(), 1, "all got the same session");
    assert_eq!(room.counts(SILENT_CHAIN), before.map(|count| count + 1));
    assert_eq!((room.count(Call::Discovery), room.opened().len()), (1, 1));
    room.is_tidy();
}

#[test]
fn without_a_login_all_callers_are_told_to_sign_in() {
    let room = Room::new();
    let begun = Instant::now();
    let answers = room.at_once((0..callers()).map(|_| room.jit(&["credential-process", "admin"])));
    report("no proof", begun);
    for answer in &answers {
        assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{answer}");
        assert!(answer.stderr.ends_with(NEVER_SIGNED_IN), "{answer}");
    }
    assert_eq!((room.count(Call::Discovery), room.opened().len()), (0, 0), "nobody was bothered");
    room.is_tidy();
}

const NEVER_SIGNED_IN: &str = "error: you need to sign in at demo\n  \
                               because: you have not signed in there yet\n  \
                               next: jit login admin\n";

#[test]
fn a_dead_refresh_token_is_tried_once() {
    let room = Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    room.leave_a_refresh_token();
    let dead = Trouble::Refuse(Refusal::new(400, "invalid_grant", "this sign-in has ended"));
    room.servers().faults(|faults| faults.always(Call::RefreshGrant, dead));
    let answers = room.at_once((0..50).map(|_| room.jit(&["credential-process", "admin"])));
    for answer in &answers {
        assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{answer}");
        assert!(answer.stderr.ends_with("next: jit login admin\n"), "{answer}");
    }
    assert_eq!(room.count(Call::RefreshGrant), 1, "its reuse would look like theft");
    let later = room.jit(&["credential-process", "admin"]).run();
    assert_eq!((later.code(), room.count(Call::RefreshGrant)), (3, 1), "{later}");
    room.is_tidy();
}

#[test]
fn waiting_callers_share_a_failure() {
    let room = Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    room.leave_a_refresh_token();
    let denied = Trouble::Refuse(Refusal::new(403, "AccessDenied", "no"));
    room.servers().faults(|faults| faults.always(Call::AssumeRoleWithWebIdentity, denied));
    let before = room.count(Call::AssumeRoleWithWebIdentity);
    let answers = room.at_once((0..30).map(|_| room.jit(&["credential-process", "admin"])));
    for answer in &answers {
        assert_eq!((answer.code(), answer.stdout.as_str()), (4, ""), "{answer}");
        assert!(answer.stderr.contains("cannot be assumed with the ID token of your sign-in"), "{answer}");
    }
    let asked = room.count(Call::AssumeRoleWithWebIdentity) - before;
    assert!(asked < 30, "30 callers asked {asked} times");
    assert_eq!(room.count(Call::RefreshGrant), 1);
}

#[test]
fn a_hundred_callers_of_twenty_roles_share_one_hub() {
    let arn = |n| format!("arn:aws:iam::222222222222:role/spoke-{n}");
    let mut roles = vec![Role::hub(HUB, 8 * 3600)];
    roles.extend((0..20).map(|n| Role::spoke(&arn(n), HUB, 3600)));
    let room = Room::with(Settings { approval: Approval::AtOnce, roles, ..Settings::default() });
    let spokes = (0..20).map(|n| format!("\n[role.spoke-{n}]\nvia = \"hub\"\nrole_arn = \"{}\"\n", arn(n)));
    room.write_config(&(room.usual_config() + &spokes.collect::<String>()));
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    room.leave_a_refresh_token();

    let names: Vec<String> = (0..100).map(|n| format!("spoke-{}", n % 20)).collect();
    let runs = names.iter().map(|name| room.jit(&["credential-process", name]).hands_over());
    let answers = room.at_once(runs);
    let mut keys = HashSet::new();
    for (name, answer) in names.iter().zip(&answers) {
        assert_eq!(answer.code(), 0, "{answer}");
        let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        keys.insert((name.clone(), json["AccessKeyId"].to_string()));
    }
    assert_eq!(keys.len(), 20, "one session a role");
    assert_eq!(room.counts(SILENT_CHAIN), [1, 2, 20], "the login took the first hub session");
    room.is_tidy();
}

#[test]
fn two_people_who_type_login_at_once_sign_in_once() {
    let room = Room::new();
    let logins = room.at_once((0..5).map(|_| room.jit(&["login", "admin"])));
    for login in &logins {
        assert_eq!(login.code(), 0, "{login}");
    }
    assert_eq!((room.opened().len(), room.count(Call::CodeGrant)), (1, 1));
}
