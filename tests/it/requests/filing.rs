//! What is filed, and what is refused before it is.

use super::*;

#[test]
fn what_would_be_denied_is_not_filed() {
    let trial = Trial::new();
    for (arguments, code, words) in [
        (&["request", "pay-admin", "-m", "because", "-d", "3h"][..], 4, "it asks for more than 2 h"),
        (&["request", "pay-admin", "-m", "why"], 2, "pay-admin needs a reason of at least 5 characters"),
        (&["request", "pay-admin"], 2, "pay-admin needs a reason of at least 5 characters"),
        (&["request", "pay-two"], 2, "pay-two needs a ticket like ^INC-\\d+$"),
        (&["request", "pay-two", "--ticket", "inc-7"], 2, "pay-two needs a ticket like"),
        (&["request", "theirs"], 4, "theirs would be denied: the requester is in none of the groups"),
        (&["request", "pay-admni"], 2, "did you mean `pay-admin`?"),
        (&["request"], 2, "you may ask for: pay-admin, pay-two, wide"),
        (&["request", "wide"], 2, "jit request wide --account 333333333333"),
        (
            &["request", "wide", "--account", "5*"],
            2,
            "the accounts are: 333333333333, 333344445555, 444444444444",
        ),
        (
            &["request", "pay-admin", "-m", "because", "--account", "333333333333"],
            2,
            "cannot be requested in `333333333333`",
        ),
        (&["request", "pay-admin", "-m", "because", "--start", "+8d"], 2, "+8d is more than 7 days ahead"),
        (
            &["request", "pay-admin", "-m", "because", "--start", "soon"],
            2,
            "`soon` is not a time to start at",
        ),
        (&["request", "pay-admin", "-m", "because", "-d", "soon"], 2, "`soon` is not a duration"),
        (&["requests", "zzzz"], 2, "there is no request `zzzz`"),
        (&["drop"], 2, "you have no open request"),
        (&["drop", "pay-admin"], 2, "you have no open request for pay-admin"),
        (&["requests", "--mine", "--all"], 2, "cannot be used with"),
    ] {
        let output = trial.room.jit(arguments).run();
        assert!(output.code() == code && output.stderr.contains(words), "{arguments:?} {words}: {output}");
    }
    assert_eq!(trial.requests(), []);
}

#[test]
fn one_request_is_for_several_accounts() {
    let trial = Trial::new();
    insta::assert_snapshot!(trial.jit(&["request", "wide", "--account", "3333*", "--account", "444444444444", "--start", "+1h"]), @"
    exit 0
    --- stdout
    id         id-001
    access     wide
    account    333333333333, 333344445555, 444444444444
    for        1 h
    from       HH:MM
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for wide
    ");
    let short = trial.requests()[0].0.short([]);
    let shown = trial.room.jit(&["requests", &short, "--json"]).run();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["accounts"], serde_json::json!(["333333333333", "333344445555", "444444444444"]));
    let roles: Vec<&str> =
        shown["policies"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles.len(), 3, "{shown:#}");
    assert!(
        shown["policies"][0]["document"].as_str().unwrap().contains("DateGreaterThanEquals"),
        "{shown:#}"
    );
}

/// What people write is theirs: nothing of it moves the cursor, turns the text around, or writes a line that looks like ours.
#[test]
fn reasons_and_names_of_people_are_foreign_text() {
    let trial = Trial::new();
    let reason = "refund \u{202e}live\u{1b}[2J\nstate  granted";
    let asked = trial.room.jit(&["request", "pay-admin", "-m", reason]).run();
    let id = trial.requests()[0];
    trial.votes("bob@example.com", id, Vouch::Deny, "no \u{202e}\u{1b}[1A\r\nyes");
    trial.says(
        "dan@example.com",
        &Fact::Revoke(Revoke { request: id.0, sha256: id.1, reason: "\u{9b}2J".to_owned() }),
    );
    let shown = trial.room.jit(&["requests", &id.0.short([])]).run();
    let json = trial.room.jit(&["requests", "--mine", "--json"]).run();
    for output in [&asked, &shown, &json] {
        assert_eq!(output.code(), 0, "{output}");
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(!all.contains(['\u{202e}', '\u{1b}', '\u{9b}', '\r']), "{output}");
    }
    let page = trial.told(&shown);
    assert!(page.contains("reason   refund \\u{202e}live\\u{1b}[2J\\u{a}state  granted\n"), "{page}");
    assert!(page.contains("bob denied: no \\u{202e}\\u{1b}[1A\\u{d}\\u{a}yes\n"), "{page}");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["requests"][0]["reason"], reason);
}

#[test]
fn on_a_terminal_the_access_is_picked_and_the_reason_asked_for() {
    let trial = Trial::new();
    let mut running = trial.room.jit(&["request"]).somebody_types().start();
    running.says("pay-two");
    running.types("pay-adm");
    running.types("\r");
    running.says("Everybody who may ask for access here can read the reason");
    running.types("why\r");
    running.says("At least 5 characters");
    running.types("refunds are stuck\r");
    let output = running.wait();
    assert_eq!(output.code(), 0, "{output}");
    let shown = trial.room.jit(&["requests", "--mine", "--json"]).run();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["requests"][0]["reason"], "refunds are stuck");
    assert_eq!(shown["requests"][0]["access"], "pay-admin");
}
