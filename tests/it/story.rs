//! The main story in an empty room: one sign-in, then sessions for every caller.

use std::time::Duration;

use jit_emulator::{Approval, Call, Faults, Settings};

use crate::support::Room;

#[test]
fn one_login_and_then_no_more_questions() {
    let room = Room::new();
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let answer = room.jit(&["credential-process", "admin"]).hands_over().run();
    assert_eq!(answer.code(), 0, "{answer}");
    let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((json["Version"].as_i64(), json["AccountId"].as_str()), (Some(1), Some("222222222222")));
    let again = room.jit(&["login", "admin"]).run();
    assert_eq!(again.code(), 0, "{again}");
    let journal = room.servers().journal();
    let calls = [Call::Authorize, Call::CodeGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
    assert_eq!(calls.map(|call| journal.count(call)), [1; 4]);
    assert_eq!(room.opened().len(), 1);
}

#[test]
fn a_hundred_callers_with_nothing_but_a_refresh_token() {
    // An ID token with less than a minute left is not used again.
    let id_token_lifetime = Duration::from_secs(50);
    let room = Room::with(Settings { approval: Approval::AtOnce, id_token_lifetime, ..Settings::default() });
    // A hub session that has expired on arrival leaves only the login.
    room.servers().faults(|faults| faults.hub_lifetime = Some(Duration::ZERO));
    room.jit(&["login", "hub"]).run();
    room.servers().faults(Faults::clear);
    let before = room.servers().journal();
    let runs = (0..100).map(|_| room.jit(&["credential-process", "admin"]).hands_over());
    let outputs = room.at_once(runs);
    let first = &outputs[0];
    insta::assert_snapshot!(room.told(first), @"
    exit 0
    --- stdout
    (credentials)
    ");
    for output in &outputs {
        assert_eq!((output.code(), &output.stdout), (0, &first.stdout), "{output}");
    }
    let journal = room.servers().journal();
    let calls = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
    assert_eq!(calls.map(|call| journal.count(call) - before.count(call)), [1; 3]);
}

#[test]
fn without_a_login_and_a_person_the_exit_code_is_three() {
    let room = Room::new();
    let outputs = room.at_once((0..100).map(|_| room.jit(&["credential-process", "admin"])));
    for output in &outputs {
        assert_eq!((output.code(), output.stdout.as_str()), (3, ""), "{output}");
    }
    assert_eq!(room.servers().journal().count(Call::Authorize), 0);
}

#[test]
fn the_page_is_answered_in_the_browser() {
    let room = Room::with(Settings::default());
    assert_eq!(Settings::default().approval, Approval::Page);
    let login = room.jit(&["login", "admin"]).on_terminal().run();
    assert_eq!(login.code(), 0, "{login}");
    let whoami = room.jit(&["whoami", "admin"]).run();
    insta::assert_snapshot!(room.told(&whoami), @"
    exit 0
    --- stdout
    account  222222222222
    arn      arn:aws:sts::222222222222:assumed-role/admin/alice@example.com
    user id  AROATM4BUH3UM2K2EVKA6:alice@example.com
    idp      alice@example.com at demo
    ");
}
