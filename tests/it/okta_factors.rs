//! The second factors of an Okta org in the terminal: pushes, codes, questions, and what only a browser can do.

use serde_json::json;

use crate::okta::{PASSWORD_IS, company, company_with, types, wants};
use crate::support::okta::{ANSWER, CODE, PASSWORD, Script, factor};

fn push() -> serde_json::Value {
    factor("push", "OKTA", "opf1", json!({ "name": "Alice's phone" }))
}

pub(crate) fn totp() -> serde_json::Value {
    factor("token:software:totp", "GOOGLE", "uft1", json!({}))
}

fn sms() -> serde_json::Value {
    factor("sms", "OKTA", "sms1", json!({ "phoneNumber": "+1 XXX-XXX-1337" }))
}

#[test]
fn a_push_with_a_number_is_approved_on_the_phone() {
    let (room, okta) = company(Script {
        push: ["WAITING", "WAITING 14", "WAITING 14", "SUCCESS"].into(),
        ..wants(vec![push(), totp()])
    });
    let login = types(room.jit(&["login", "admin", "--factor", "push"]), &[PASSWORD_IS]);
    assert_eq!(login.code(), 0, "{login}");
    assert!(login.stdout.contains("Sent a push to Alice's phone; waiting for your answer"), "{login}");
    assert_eq!(login.stdout.matches("Choose this number on your phone:").count(), 1, "{login}");
    assert!(login.stdout.contains("  ██    ██  ██"), "{login}");
    // The choice is remembered.
    okta.script(|script| script.push = ["SUCCESS"].into());
    let again = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    assert!(again.code() == 0 && !again.stdout.contains("Second factor"), "{again}");
}

#[test]
fn a_push_that_is_denied_ends_at_once_and_one_that_is_not_answered_may_be_sent_again() {
    let (room, okta) = company(Script { push: ["WAITING", "REJECTED"].into(), ..wants(vec![push()]) });
    let denied = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    assert!(denied.code() == 4 && denied.stdout.contains("the push was denied on the phone"), "{denied}");
    assert!(denied.stdout.contains("tell your security team"), "{denied}");
    okta.script(|script| script.push = ["TIMEOUT", "SUCCESS"].into());
    let again = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Send it again?", "y")]);
    assert_eq!(again.code(), 0, "{again}");
    assert_eq!(okta.count("POST /api/v1/authn/factors/opf1/verify"), 3);
    okta.script(|script| script.push = ["TIMEOUT"].into());
    let no = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS, ("Send it again?", "n")]);
    assert!(no.code() == 1 && no.stdout.contains("the push was not answered"), "{no}");
}

#[test]
fn ctrl_c_cancels_a_push() {
    let (room, okta) = company(wants(vec![push()]));
    let mut login = room.jit(&["login", "admin"]).somebody_types().start();
    login.says(PASSWORD_IS.0);
    login.types_unseen(&format!("{PASSWORD}\n"));
    login.says("waiting for your answer");
    login.types("\u{3}");
    let login = login.wait();
    assert_eq!(login.code(), 130, "{login}");
    assert_eq!(okta.count("POST /api/v1/authn/cancel"), 1);
}

/// From the moment at which the phone may ring: what is cancelled here is cancelled at the org.
#[test]
fn a_push_is_cancelled_whenever_the_signal_comes() {
    let (room, okta) = company(wants(vec![push()]));
    for round in 0..12_u64 {
        let pushes = || okta.count("POST /api/v1/authn/factors/opf1/verify");
        let (pushed, cancelled) = (pushes(), okta.count("POST /api/v1/authn/cancel"));
        let mut login = room.jit(&["login", "admin"]).somebody_types().start();
        login.says(PASSWORD_IS.0);
        login.types_unseen(&format!("{PASSWORD}\n"));
        room.until("the push", |_| pushes() > pushed);
        std::thread::sleep(std::time::Duration::from_millis(round * round * 10));
        login.types("\u{3}");
        let login = login.wait();
        assert_eq!(login.code(), 130, "{round}: {login}");
        assert_eq!(okta.count("POST /api/v1/authn/cancel"), cancelled + 1, "{round}: {login}");
    }
}

/// A question at the keyboard can be cancelled with Ctrl-C even if something else listened for it before.
#[test]
fn ctrl_c_ends_the_question_after_a_push() {
    let (room, _okta) = company(Script { push: ["TIMEOUT"].into(), ..wants(vec![push()]) });
    let mut login = room.jit(&["login", "admin"]).somebody_types().start();
    login.says(PASSWORD_IS.0);
    login.types_unseen(&format!("{PASSWORD}\n"));
    login.says("Send it again?");
    login.types("\u{3}");
    assert_eq!(login.wait().code(), 130);
}

#[test]
fn codes_are_typed_and_typed_again() {
    let (room, okta) = company(wants(vec![totp()]));
    let code = "Code (code of an authenticator app (Google Authenticator))";
    let answers = [
        PASSWORD_IS,
        (code, "000000"),
        ("that answer is wrong", ""),
        (code, "111111"),
        ("wait for the next one", ""),
        (code, CODE),
    ];
    let answers: Vec<(&str, &str)> = answers.into_iter().filter(|(_, answer)| !answer.is_empty()).collect();
    let login = types(room.jit(&["login", "admin"]), &answers);
    assert!(login.code() == 0, "{login}");
    assert!(
        login.stdout.contains("that answer is wrong") && login.stdout.contains("wait for the next one"),
        "{login}"
    );
    okta.script(|script| script.locked_factor = true);
    let locked = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS, (code, CODE)]);
    assert!(
        locked.code() == 4 && locked.stdout.contains("is locked after too many failed attempts"),
        "{locked}"
    );
    okta.script(|script| script.locked_factor = false);
    let often = types(
        room.jit(&["login", "admin", "--force"]),
        &[PASSWORD_IS, (code, "1"), (code, "2"), (code, "3")],
    );
    assert!(often.code() == 4 && often.stdout.contains("too many wrong codes"), "{often}");
}

#[test]
fn messages_are_sent_and_sent_again() {
    for (kind, words) in [("sms", "text message"), ("call", "voice call"), ("email", "e-mail")] {
        let profile = if kind == "email" {
            json!({ "email": "a...e@example.com" })
        } else {
            json!({ "phoneNumber": "+1 XXX-XXX-1337" })
        };
        let (room, okta) =
            company(Script { sent_recently: true, ..wants(vec![factor(kind, "OKTA", "f1", profile)]) });
        let prompt = format!("Code ({words}");
        let login = types(
            room.jit(&["login", "admin"]),
            &[PASSWORD_IS, (&prompt, ""), (&prompt, ""), (&prompt, CODE)],
        );
        assert!(login.code() == 0, "{login}");
        assert!(login.stdout.contains(&format!("Sent a code by {words}")), "{login}");
        assert!(login.stdout.contains("a code was sent a moment ago"), "{login}");
        assert_eq!(okta.count("POST /api/v1/authn/factors/f1/verify/resend"), 2);
    }
}

#[test]
fn a_security_question_and_a_hardware_token() {
    let question = factor("question", "OKTA", "q1", json!({ "questionText": "Who was your first horse?" }));
    let (room, _okta) = company(wants(vec![question]));
    let login = types(
        room.jit(&["login", "admin"]),
        &[PASSWORD_IS, ("Who was your first horse?", "no"), ("Who was your first horse?", ANSWER)],
    );
    assert!(login.code() == 0, "{login}");
    let token = factor("token:hardware", "YUBICO", "y1", json!({}));
    let (room, _okta) = company(wants(vec![token]));
    let login = types(
        room.jit(&["login", "admin"]),
        &[PASSWORD_IS, ("Code (code of a hardware token (YUBICO))", CODE)],
    );
    assert!(login.code() == 0, "{login}");
}

#[test]
fn the_factor_is_named_picked_or_missed() {
    let (room, okta) = company(wants(vec![push(), totp(), sms()]));
    let named = types(room.jit(&["login", "admin", "--factor", "totp"]), &[PASSWORD_IS, ("Code (", CODE)]);
    assert!(named.code() == 0, "{named}");
    let mut picked = room.jit(&["login", "admin", "--force", "--factor", "sms"]).somebody_types().start();
    picked.says(PASSWORD_IS.0);
    picked.types_unseen(&format!("{PASSWORD}\n"));
    picked.says("Sent a code by text message");
    picked.types(&format!("{CODE}\n"));
    assert_eq!(picked.wait().code(), 0);
    let missing = types(room.jit(&["login", "admin", "--force", "--factor", "call"]), &[PASSWORD_IS]);
    assert!(missing.code() == 4 && missing.stdout.contains("you have no second factor `call`"), "{missing}");
    assert!(
        missing.stdout.contains("you have Okta Verify push (Alice's phone), code of an authenticator app"),
        "{missing}"
    );
    okta.script(|script| script.factors = vec![factor("telepathy", "ACME", "t1", json!({}))]);
    let strange = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    assert!(strange.code() == 4 && strange.stdout.contains("can be used here: telepathy"), "{strange}");
    // Another room remembers nothing, so the person picks.
    let (room, _okta) = company(wants(vec![push(), totp()]));
    let mut login = room.jit(&["login", "admin"]).somebody_types().start();
    login.says(PASSWORD_IS.0);
    login.types_unseen(&format!("{PASSWORD}\n"));
    login.says("Second factor");
    login.types("authenticator\r");
    login.says("Code (");
    login.types(&format!("{CODE}\n"));
    assert_eq!(login.wait().code(), 0);
}

#[test]
fn factors_that_need_a_browser_continue_there() {
    for (kind, provider, words) in [
        ("webauthn", "FIDO", "security key or passkey"),
        ("u2f", "FIDO", "security key or passkey"),
        ("web", "DUO", "Duo"),
        ("claims_provider", "CUSTOM", "Duo"),
    ] {
        let (room, _okta) = company_with(
            wants(vec![factor(kind, provider, "f1", json!({}))]),
            "username = \"alice\"\nbrowser = \"/bin/true\"",
        );
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        assert!(
            login
                .stdout
                .contains(&format!("{words} works only in a browser, so the sign-in continues there")),
            "{login}"
        );
        assert!(login.code() == 1 && login.stdout.contains("there is no desktop to open it on"), "{login}");
    }
}
