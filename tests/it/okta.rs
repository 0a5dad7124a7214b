//! Okta in the terminal, against a scripted org: passwords, sessions, the device grant, and every refusal that its documentation
//! has. The second factors are in `okta_factors`.

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
    assert!(login.code() == 0 && login.stdout.contains("Signed in as alice@example.com at demo"), "{login}");
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

/// The state after the password, the exit code, and words of the message.
#[test]
fn every_state_of_a_sign_in_has_its_message() {
    let cases = [
        ("PASSWORD_EXPIRED", "your password has expired: change it at http://127.0.0.1"),
        ("LOCKED_OUT", "your account is locked: unlock it at"),
        ("MFA_ENROLL", "you have none yet: set one up at"),
        ("MFA_ENROLL_ACTIVATE", "you have none yet: set one up at"),
        ("RECOVERY", "your account is in recovery"),
        ("PASSWORD_RESET", "your account is in recovery"),
        ("TEA_BREAK", "is in the state `TEA_BREAK`, which jit does not know"),
    ];
    for (status, words) in cases {
        let (room, _okta) = company(Script { status, ..Script::default() });
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        assert!(login.code() == 4 && login.stdout.contains(words), "{status}: {login}");
    }
    let (room, _okta) = company(Script { status: "PASSWORD_WARN", ..Script::default() });
    let warned = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
    assert!(warned.code() == 0 && warned.stdout.contains("your password expires in 5 days"), "{warned}");
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
    assert!(again.code() == 0 && again.stdout.contains("Password of alice"), "{again}");
}

#[test]
fn a_wrong_password_may_be_typed_three_times() {
    let (room, okta) = company(Script::default());
    let (question, _) = PASSWORD_IS;
    let mended = types(room.jit(&["login", "admin"]), &[(question, "wrong-horse-1"), (question, PASSWORD)]);
    assert!(
        mended.code() == 0 && mended.stdout.contains("the user name or the password is wrong"),
        "{mended}"
    );
    let refused = types(
        room.jit(&["login", "admin", "--force"]),
        &[(question, "wrong-1"), (question, "wrong-2"), (question, "wrong-3")],
    );
    assert!(refused.code() == 4 && refused.stdout.contains("(E0000004, id oaeFAKE)"), "{refused}");
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
    assert!(login.code() == 0 && login.stdout.contains("is rate-limiting requests; waiting 1 s"), "{login}");
    // Without saying until when, and twice: the person is told.
    okta.script(|script| script.limits = [vec![], vec![]].into());
    let twice = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    assert!(twice.code() == 1 && twice.stdout.contains("is rate-limiting requests for 2 s"), "{twice}");
    let far = vec![("x-rate-limit-reset", "4102444800".to_owned())];
    okta.script(|script| script.limits = [far].into());
    let far = types(room.jit(&["login", "admin", "--force"]), &[PASSWORD_IS]);
    assert!(far.code() == 1 && far.stdout.contains("is rate-limiting requests for "), "{far}");
}

#[test]
fn links_to_other_places_are_not_followed() {
    let (room, _okta) = company(Script { foreign: true, ..wants(vec![totp()]) });
    let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Code (", CODE)]);
    assert!(
        login.code() == 4
            && login.stdout.contains("sent jit to `https://evil.example/api/v1/authn/factors/uft1/verify"),
        "{login}"
    );
}

/// The application's page, the exit code, and words of the message.
#[test]
fn the_application_may_require_more_or_be_unavailable() {
    let cases = [
        (App::NotAssigned, 4, "does not let you into the AWS application"),
        (App::IdentityCenter, 4, "is IAM Identity Center"),
        (App::Nothing, 4, "contains no SAML response: its title is \"Extra verification\""),
        (App::Circle, 4, "redirects go in a loop"),
    ];
    for (app, code, words) in cases {
        let (room, _okta) = company(Script { app, ..Script::default() });
        let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS]);
        assert!(login.code() == code && login.stdout.contains(words), "{app:?}: {login}");
    }
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

const CLIENT: &str = "client_id = \"0oaclient\"";

#[test]
fn identity_engine_without_a_client_says_which_three_lines_help() {
    let (room, okta) = company(Script { pipeline: "idx", ..Script::default() });
    let login = room.jit(&["login", "admin", "--no-browser"]).run();
    assert_eq!(login.code(), 1, "{login}");
    let lines = format!(
        "  next: type = \"saml\"\n  next: start_url = \"{}/home/amazon_aws/0oa1/272\"\n  next: capture = \"browser\"\n",
        okta.url()
    );
    assert!(login.stderr.contains(&lines), "{login}");
    let classic = company_with(Script::default(), CLIENT);
    let device = classic.0.jit(&["login", "admin", "--device"]).run();
    insta::assert_snapshot!(room.told(&device), @"
    exit 1
    --- stderr
    error: this org runs Classic Engine, which has no web-SSO token for a device code
      next: delete `flow` and leave out --device
    ");
}

#[test]
fn a_device_code_becomes_an_assertion() {
    let (room, okta) = company_with(
        Script { pipeline: "idx", device: ["authorization_pending"].into(), ..Script::default() },
        CLIENT,
    );
    let login = room.jit(&["login", "admin", "--no-browser"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    assert_eq!(room.counts([Call::AssumeRoleWithSaml, Call::AssumeRole]), [1, 1]);
    // While its tokens are valid, the next assertion needs nobody.
    room.leave_a_refresh_token();
    let later = room.asks_for("admin");
    assert_eq!(later.code(), 0, "{later}");
    assert_eq!(okta.count("POST /oauth2/v1/device/authorize"), 1);
    assert_eq!(okta.count("POST /login/token/sso"), 2);
}

#[test]
fn refusals_of_the_device_grant_and_of_the_exchange_name_what_to_set_up() {
    let cases = [
        (
            ("invalid_grant", "The authentication assurance requirements are not met by the 'subject_token'"),
            "the same authentication policy",
        ),
        (("invalid_request", "audience"), "compare the instance id in `app_url`"),
        (("invalid_client", "x"), "Device Authorization and Token Exchange"),
        (("invalid_scope", "x"), "okta.apps.sso"),
        (("access_denied", "x"), "assigned to both applications"),
    ];
    for (refusal, words) in cases {
        let (room, _okta) =
            company_with(Script { pipeline: "idx", exchange: Some(refusal), ..Script::default() }, CLIENT);
        let login = room.jit(&["login", "admin", "--no-browser"]).run();
        assert!(login.code() == 4 && login.stderr.contains(words), "{words}: {login}");
    }
    for (app, words) in
        [(App::NotAssigned, "does not let you into"), (App::Nothing, "its title is \"Sign in again\"")]
    {
        let (room, _okta) = company_with(Script { pipeline: "idx", app, ..Script::default() }, CLIENT);
        let login = room.jit(&["login", "admin", "--no-browser"]).run();
        assert!(login.code() == 4 && login.stderr.contains(words), "{words}: {login}");
    }
    for (refusal, words) in
        [("access_denied", "access_denied"), ("expired_token", "the code was not approved")]
    {
        let (room, _okta) =
            company_with(Script { pipeline: "idx", device: [refusal].into(), ..Script::default() }, CLIENT);
        let login = room.jit(&["login", "admin", "--no-browser"]).run();
        assert!([1, 4].contains(&login.code()) && login.stderr.contains(words), "{words}: {login}");
    }
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
