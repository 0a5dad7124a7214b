//! Okta in the terminal, against a scripted org: passwords, sessions, the device grant, and every refusal that its documentation
//! has. The second factors are in `okta_factors`.

mod identity_engine;

use jit_emulator::{Call, HUB};

use crate::okta_factors::totp;
use crate::support::okta::{App, CODE, Okta, PASSWORD, SECRETS, Script};
use crate::support::{Output, Room, Run};

/// A room whose people sign in at a scripted org.
pub(crate) fn company(script: Script) -> (Room, Okta) {
    company_with(script, "username = \"alice\"")
}

pub(crate) fn company_with(script: Script, more: &str) -> (Room, Okta) {
    let room = Room::new();
    let okta = Okta::start(room.servers().issuer(), script);
    for (what, value) in SECRETS {
        room.confide(what, value);
    }
    let (_, roles) =
        room.usual_config().split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let url = okta.url();
    room.write_config(&format!(
        "[idp.demo]\ntype = \"okta\"\norg = \"{url}\"\napp_url = \"{url}/home/amazon_aws/0oa1/272\"\n{more}\n\n{roles}"
    ));
    (room, okta)
}

pub(crate) fn wants(factors: Vec<serde_json::Value>) -> Script {
    Script { status: "MFA_REQUIRED", factors, ..Script::default() }
}

/// Signs in on a terminal: types each answer when its question is asked, secrets without echo.
pub(crate) fn types(run: Run<'_>, answers: &[(&str, &str)]) -> Output {
    let mut started = run.somebody_types().start();
    for (question, answer) in answers {
        started.says(question);
        let line = format!("{answer}\n");
        if question.starts_with("Password") || question.starts_with("Who was") {
            started.types_unseen(&line);
            // The question is shown again with this in place of the answer.
            started.says("[hidden]");
        } else {
            started.types(&line);
        }
    }
    started.wait()
}

pub(crate) const PASSWORD_IS: (&str, &str) = ("Password of alice at 127.0.0.1", PASSWORD);

#[test]
fn a_password_is_enough_where_the_org_wants_no_more() {
    let (room, okta) = company_with(Script::default(), "");
    let login = types(room.jit(&["login", "admin"]), &[("User name at 127.0.0.1", "alice"), PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    User name at 127.0.0.1:PORT: alice
    Password of alice at 127.0.0.1:PORT: [hidden]
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    assert_eq!(room.counts([Call::AssumeRoleWithSaml, Call::AssumeRole]), [1, 1]);
    // The name and the device are remembered, the session at the org serves the next assertion, and nobody is asked.
    room.leave_a_refresh_token();
    let later = room.asks_for("admin");
    assert_eq!(later.code(), 0, "{later}");
    assert_eq!((okta.passwords(), okta.device_tokens().len()), (1, 1));
    assert_eq!(okta.device_tokens()[0].len(), 32);
    let out = room.jit(&["logout", "admin"]).run();
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ demo revoked the session
    ✓ Signed out of demo, forgot admin, hub
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert_eq!(okta.count("DELETE /api/v1/sessions/me"), 1);
    let again = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    assert!(again.code() == 0 && !again.stdout.contains("User name"), "{again}");
    assert_eq!(okta.device_tokens().len(), 1, "the device is the same after a logout");
}

/// The state after the password.
#[test]
fn every_state_of_a_sign_in_has_its_message() {
    let cases = [
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        "MFA_ENROLL",
        "MFA_ENROLL_ACTIVATE",
        "RECOVERY",
        "PASSWORD_RESET",
        "TEA_BREAK",
    ];
    let mut answers = String::new();
    for status in cases {
        let (room, _okta) = company(Script { status, ..Script::default() });
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        answers.push_str(&format!("# {status}\n{}\n", room.told_on_terminal(&login)));
    }
    insta::assert_snapshot!(answers, @"
    # PASSWORD_EXPIRED
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: your password has expired: change it at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # LOCKED_OUT
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: your account is locked: unlock it at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # MFA_ENROLL
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: the org requires a second factor, and you have none yet: set one up at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # MFA_ENROLL_ACTIVATE
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: the org requires a second factor, and you have none yet: set one up at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # RECOVERY
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: your account is in recovery: finish the recovery at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # PASSWORD_RESET
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: your account is in recovery: finish the recovery at http://127.0.0.1:PORT
      next: follow that link in your browser, then: `jit login admin`

    # TEA_BREAK
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: Okta is in the state `TEA_BREAK`, which jit does not know; sign in at http://127.0.0.1:PORT in a browser to see what it needs
      next: show this to the administrator of the Okta org
    ");
    let (room, _okta) = company(Script { status: "PASSWORD_WARN", ..Script::default() });
    let warned = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&warned), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: your password expires in 5 days; change it at http://127.0.0.1:PORT
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
}

#[test]
fn a_password_is_kept_only_when_told_and_a_refused_one_is_forgotten_first() {
    let (room, okta) = company(Script::default());
    assert_eq!(types(room.jit(&["login", "admin"]), &[PASSWORD_IS]).code(), 0);
    let asked = types(room.jit(&["login", "admin", "--force", "--keep-password"]), &[PASSWORD_IS]);
    assert_eq!(asked.code(), 0, "{asked}");
    let kept = types(room.jit(&["login", "admin", "--force"]), &[]);
    assert!(kept.code() == 0 && !kept.stdout.contains("Password"), "{kept}");
    // The password changes at the org: the stored one is tried once and forgotten, and the person is asked.
    okta.script(|script| script.status = "SUCCESS");
    let before = okta.passwords();
    room.confide("old password", "old-horse-8");
    let wrong = types(room.jit(&["login", "admin", "--force", "--keep-password"]), &[]);
    assert_eq!((wrong.code(), okta.passwords()), (0, before + 1));
    // A logout forgets it.
    assert_eq!(room.jit(&["logout", "admin"]).run().code(), 0);
    let again = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&again), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
}

#[test]
fn a_wrong_password_may_be_typed_three_times() {
    let (room, okta) = company(Script::default());
    let (question, _) = PASSWORD_IS;
    let mended = types(room.jit(&["login", "admin"]), &[(question, "wrong-horse-1"), (question, PASSWORD)]);
    insta::assert_snapshot!(room.told_on_terminal(&mended), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: Okta refused: the user name or the password is wrong, or the account is locked
    Password of alice at 127.0.0.1:PORT: [hidden]
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    let refused = types(
        room.jit(&["login", "admin", "--force"]),
        &[(question, "wrong-1"), (question, "wrong-2"), (question, "wrong-3")],
    );
    insta::assert_snapshot!(room.told_on_terminal(&refused), @r#"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: Okta refused: the user name or the password is wrong, or the account is locked
    Password of alice at 127.0.0.1:PORT: [hidden]
    warning: Okta refused: the user name or the password is wrong, or the account is locked
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: Okta refused: "Authentication failed" (E0000004, id oaeFAKE)
      next: run `jit login admin` again
      next: if the password is right, the account may be locked, or a policy of the org may forbid this sign-in
    "#);
    assert_eq!(okta.passwords(), 5);
    let nobody = room.jit(&["login", "admin", "--force", "--no-browser"]).run();
    insta::assert_snapshot!(room.told(&nobody), @"
    exit 1
    --- stderr
    error: your password must be typed, and jit cannot ask for it here
      next: run `jit login admin` on a terminal
    ");
}

#[test]
fn a_rate_limited_org_is_retried_once() {
    let headers = vec![("retry-after", "1".to_owned())];
    let (room, okta) = company(Script { limits: [headers].into(), ..Script::default() });
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    127.0.0.1:PORT is rate-limiting requests; waiting 1 s
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    // Without saying until when, and twice: the person is told.
    okta.script(|script| script.limits = [vec![], vec![]].into());
    let twice = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    insta::assert_snapshot!(room.told_on_terminal(&twice), @"
    exit 1
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    127.0.0.1:PORT is rate-limiting requests; waiting 2 s
    error: Okta is rate-limiting requests for 2 s
      next: wait that long, then: `jit login admin`
    ");
    let far = vec![("x-rate-limit-reset", "4102444800".to_owned())];
    okta.script(|script| script.limits = [far].into());
    let far = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    // How long that is depends on the day.
    assert!(far.code() == 1 && far.stdout.contains("is rate-limiting requests for "), "{far}");
}

#[test]
fn links_to_other_places_are_not_followed() {
    let (room, _okta) = company(Script { foreign: true, ..wants(vec![totp()]) });
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Code (", CODE)]);
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    Code (code of an authenticator app (Google Authenticator)): 424242
    error: the org sent jit to `https://evil.example/api/v1/authn/factors/uft1/verify?rememberDevice=true`, which is not its own URL
      next: check `org`: it must be the URL that the org uses for itself
    ");
}

/// The application's page.
#[test]
fn the_application_may_require_more_or_be_unavailable() {
    let cases = [App::NotAssigned, App::IdentityCenter, App::Nothing, App::Circle];
    let mut answers = String::new();
    for app in cases {
        let (room, _okta) = company(Script { app, ..Script::default() });
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        answers.push_str(&format!("# {app:?}\n{}\n", room.told_on_terminal(&login)));
    }
    insta::assert_snapshot!(answers, @r#"
    # NotAssigned
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: Okta does not let you into the AWS application: you are not assigned to it, or its URL is different
      next: ask to be assigned to the AWS application
      next: compare `app_url` with the embed link of the application (Okta, Applications, General)

    # IdentityCenter
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: this application is IAM Identity Center, not a SAML application for AWS accounts
      next: use type = "identity-center" with the portal's start URL

    # Nothing
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: the page of the AWS application contains no SAML response: its title is "Extra verification"
      next: the application may need a browser: type = "saml", capture = "browser"

    # Circle
    exit 4
    --- terminal
    Password of alice at 127.0.0.1:PORT: [hidden]
    error: the org's redirects go in a loop, the last one to `http://127.0.0.1:PORT/circle`
      next: check `app_url`
    "#);
    let (room, okta) = company(Script { app: App::StepUp, factors: vec![totp()], ..Script::default() });
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Code (", CODE)]);
    assert!(login.code() == 0, "{login}");
    assert_eq!(okta.passwords(), 1);
    let (room, _okta) = company(Script { sessions_api: false, ..Script::default() });
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    assert!(login.code() == 0, "without the sessions API the token goes with the link: {login}");
}

/// Okta makes a new assertion each time, and may give its time as that of the sign-in.
#[test]
fn a_renewed_assertion_does_not_make_a_sign_in_newer() {
    let (room, okta) = company(Script::default());
    let hours_ago = |hours: u64| Some(std::time::Duration::from_secs(3600 * hours));
    room.servers().faults(|faults| faults.signed_in_ago = hours_ago(2));
    assert_eq!(types(room.jit(&["login", "admin"]), &[PASSWORD_IS]).code(), 0);
    room.leave_a_refresh_token();
    room.servers().faults(|faults| faults.signed_in_ago = hours_ago(0));
    assert_eq!(room.asks_for("admin").code(), 0);
    assert_eq!(okta.passwords(), 1, "the session at the org gave the assertion");

    let config = std::fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    let config = config.replace("[role.admin]\n", "[role.admin]\nsign_in_age = \"1h\"\n");
    room.write_config(&config);
    let refused = room.asks_for("admin");
    insta::assert_snapshot!(room.told(&refused), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in within the last 1 h; yours is from HH:MM
      next: jit login admin
    ");
    // A sign-in made now is new.
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    assert_eq!(login.code(), 0, "{login}");
    assert_eq!((room.asks_for("admin").code(), okta.passwords()), (0, 2));
}

#[test]
fn an_ended_org_session_requires_a_sign_in() {
    let (room, okta) = company(Script::default());
    assert_eq!(types(room.jit(&["login", "admin"]), &[PASSWORD_IS]).code(), 0);
    room.leave_a_refresh_token();
    okta.script(|script| script.session_over = true);
    let later = room.jit(&["credential-process", "admin"]).run();
    insta::assert_snapshot!(room.told(&later), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the session at Okta has ended
      next: jit login admin
    ");
    // A dead session is not tried again.
    let pages = okta.count("GET /home/amazon_aws/0oa1/272");
    assert_eq!(room.jit(&["credential-process", "admin"]).run().code(), 3);
    assert_eq!(okta.count("GET /home/amazon_aws/0oa1/272"), pages);
}

#[test]
fn twenty_processes_share_the_session_of_the_org() {
    let (room, okta) = company(Script::default());
    assert_eq!(types(room.jit(&["login", "admin"]), &[PASSWORD_IS]).code(), 0);
    room.leave_a_refresh_token();
    let pages = okta.count("GET /home/amazon_aws/0oa1/272");
    for answer in room.at_once((0..20).map(|_| room.jit(&["credential-process", "admin"]).hands_over())) {
        assert_eq!(answer.code(), 0, "{answer}");
    }
    assert_eq!(okta.count("GET /home/amazon_aws/0oa1/272"), pages + 1);
    assert_eq!(room.count(Call::AssumeRoleWithSaml), 2);
    assert!(room.jit(&["explain", "hub"]).run().stdout.contains(HUB));
}
