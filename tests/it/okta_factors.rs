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
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a push to Alice's phone; waiting for your answer, at most 5 min
    Choose this number on your phone:

          ██    ██  ██
        ████    ██  ██
          ██    ██████
          ██        ██
        ██████      ██

    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    assert_eq!(login.stdout.matches("Choose this number on your phone:").count(), 1, "{login}");
    // The choice is remembered.
    okta.script(|script| script.push = ["SUCCESS"].into());
    let again = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    assert!(again.code() == 0 && !again.stdout.contains("Second factor"), "{again}");
}

#[test]
fn a_push_that_is_denied_ends_at_once_and_one_that_is_not_answered_may_be_sent_again() {
    let (room, okta) = company(Script { push: ["WAITING", "REJECTED"].into(), ..wants(vec![push()]) });
    let denied = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&denied), @"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a push to Alice's phone; waiting for your answer, at most 5 min
    error: the push was denied on the phone
      next: if that was not you, tell your security team
      next: run `jit login admin` again
    ");
    okta.script(|script| script.push = ["TIMEOUT", "SUCCESS"].into());
    let again = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Send it again?", "y")]);
    assert_eq!(again.code(), 0, "{again}");
    assert_eq!(okta.count("POST /api/v1/authn/factors/opf1/verify"), 3);
    okta.script(|script| script.push = ["TIMEOUT"].into());
    let no = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS, ("Send it again?", "n")]);
    insta::assert_snapshot!(room.told_on_terminal(&no), @"
    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a push to Alice's phone; waiting for your answer, at most 5 min
    The push was not answered. Send it again? [y/N] n
    error: the push was not answered
      next: run `jit login admin` again
      next: with the code of an authenticator app, if you have one: `jit login --factor totp admin`
    ");
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
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Code (code of an authenticator app (Google Authenticator)): 000000
    warning: that answer is wrong
    Code (code of an authenticator app (Google Authenticator)): 111111
    warning: that code was already used or is too old; wait for the next one
    Code (code of an authenticator app (Google Authenticator)): 424242
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    okta.script(|script| script.locked_factor = true);
    let locked = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS, (code, CODE)]);
    insta::assert_snapshot!(room.told_on_terminal(&locked), @"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Code (code of an authenticator app (Google Authenticator)): 424242
    error: the second factor is locked after too many failed attempts
      next: wait, or have an administrator reset the factor, then: `jit login admin`
      next: use another factor: --factor
    ");
    okta.script(|script| script.locked_factor = false);
    let often = types(
        room.jit(&["login", "admin", "--force"]),
        &[PASSWORD_IS, (code, "1"), (code, "2"), (code, "3")],
    );
    insta::assert_snapshot!(room.told_on_terminal(&often), @"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Code (code of an authenticator app (Google Authenticator)): 1
    warning: that answer is wrong
    Code (code of an authenticator app (Google Authenticator)): 2
    warning: that answer is wrong
    Code (code of an authenticator app (Google Authenticator)): 3
    warning: that answer is wrong
    error: too many wrong codes
      next: run `jit login admin` again
    ");
}

#[test]
fn messages_are_sent_and_sent_again() {
    let mut answers = String::new();
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
        answers.push_str(&format!("{}\n", room.told_on_terminal(&login)));
        assert_eq!(okta.count("POST /api/v1/authn/factors/f1/verify/resend"), 2);
    }
    insta::assert_snapshot!(answers, @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a code by text message (+1 XXX-XXX-1337) to +1 XXX-XXX-1337
    Code (text message (+1 XXX-XXX-1337)) (press Enter for a new one):
    warning: a code was sent a moment ago; ask for another one after 30 s
    Code (text message (+1 XXX-XXX-1337)) (press Enter for a new one):
    Sent a code by text message (+1 XXX-XXX-1337) to +1 XXX-XXX-1337
    Code (text message (+1 XXX-XXX-1337)) (press Enter for a new one): 424242
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left

    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a code by voice call (+1 XXX-XXX-1337) to +1 XXX-XXX-1337
    Code (voice call (+1 XXX-XXX-1337)) (press Enter for a new one):
    warning: a code was sent a moment ago; ask for another one after 30 s
    Code (voice call (+1 XXX-XXX-1337)) (press Enter for a new one):
    Sent a code by voice call (+1 XXX-XXX-1337) to +1 XXX-XXX-1337
    Code (voice call (+1 XXX-XXX-1337)) (press Enter for a new one): 424242
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left

    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Sent a code by e-mail (a...e@example.com) to a...e@example.com
    Code (e-mail (a...e@example.com)) (press Enter for a new one):
    warning: a code was sent a moment ago; ask for another one after 30 s
    Code (e-mail (a...e@example.com)) (press Enter for a new one):
    Sent a code by e-mail (a...e@example.com) to a...e@example.com
    Code (e-mail (a...e@example.com)) (press Enter for a new one): 424242
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
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
    insta::assert_snapshot!(room.told_on_terminal(&missing), @"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: you have no second factor `call`
      next: you have Okta Verify push (Alice's phone), code of an authenticator app (Google Authenticator), text message (+1 XXX-XXX-1337)
      next: leave out --factor, and `factor` in the configuration, to choose
    ");
    okta.script(|script| script.factors = vec![factor("telepathy", "ACME", "t1", json!({}))]);
    let strange = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&strange), @r#"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: none of your second factors can be used here: telepathy
      next: sign in with the browser: type = "saml", capture = "browser"
    "#);
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
    let mut answers = String::new();
    for (kind, provider) in
        [("webauthn", "FIDO"), ("u2f", "FIDO"), ("web", "DUO"), ("claims_provider", "CUSTOM")]
    {
        let (room, _okta) = company_with(
            wants(vec![factor(kind, provider, "f1", json!({}))]),
            "username = \"alice\"\nbrowser = \"/bin/true\"",
        );
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        answers.push_str(&format!("{}\n", room.told_on_terminal(&login)));
    }
    insta::assert_snapshot!(answers, @r#"
    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: security key or passkey works only in a browser, so the sign-in continues there
    error: the sign-in needs a browser window, and there is no desktop to open it on
      next: run `jit login admin` on your desktop
      next: or register a loopback ACS at the IdP: capture = "loopback"

    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: security key or passkey works only in a browser, so the sign-in continues there
    error: the sign-in needs a browser window, and there is no desktop to open it on
      next: run `jit login admin` on your desktop
      next: or register a loopback ACS at the IdP: capture = "loopback"

    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: Duo works only in a browser, so the sign-in continues there
    error: the sign-in needs a browser window, and there is no desktop to open it on
      next: run `jit login admin` on your desktop
      next: or register a loopback ACS at the IdP: capture = "loopback"

    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: Duo works only in a browser, so the sign-in continues there
    error: the sign-in needs a browser window, and there is no desktop to open it on
      next: run `jit login admin` on your desktop
      next: or register a loopback ACS at the IdP: capture = "loopback"
    "#);
}
