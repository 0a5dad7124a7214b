//! Sign-ins at `oidc-provider`, an OpenID-certified implementation: browser, device code, rotation,
//! revocation, refusals.

use serde_json::Value;

use crate::support::{OidcProvider, Room, Sts, fixture, on_path, tool, wait_for};

const CHAIN: [&str; 2] = ["AssumeRoleWithWebIdentity", "AssumeRole"];

/// A room, its IdP, and an STS that trusts it; `op` and `sts` are their settings.
fn company(op: &[(&str, &str)], sts: &[(&str, &str)]) -> (Room, OidcProvider, Sts) {
    let room = Room::new();
    let op = OidcProvider::start(&room, op);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", sts);
    (room.with_roles(&op, ""), op, sts)
}

#[test]
fn a_browser_sign_in_walks_the_chain_once() {
    let (room, op, sts) = company(&[], &[]);
    room.sign_in(&op, &sts);
    assert_eq!(sts.calls(), CHAIN);
    assert_eq!(op.journal.all("grant"), ["authorization_code"]);

    let answer = room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"])).ok();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["Version"], 1);
    assert_eq!(answer["AccountId"], "222222222222");
    assert_eq!(answer["SessionToken"].as_str().unwrap(), sts.journal.all("token")[1]);

    // Valid already: the browser named here would fail.
    room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", "/bin/false")).ok();
    assert_eq!(sts.calls(), CHAIN);
}

#[test]
fn a_login_in_chromium_ends_on_a_page_that_can_be_closed() {
    let (room, _op, sts) = company(&[], &[]);
    let chromium = on_path("chromium", "chromium");
    let page = room.outside("page");
    let browser = room.script(
        "browser",
        &format!(
            "exec {} {} {} {} \"$1\" > {}",
            tool("venv/bin/node").display(),
            fixture("chromium.mjs").display(),
            chromium.display(),
            room.outside("profile").display(),
            page.display()
        ),
    );
    room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", browser)).ok();
    assert_eq!(sts.calls(), CHAIN);
    let text = wait_for("the page in the browser", || {
        std::fs::read_to_string(&page).ok().filter(|text| !text.is_empty())
    });
    assert!(text.to_lowercase().contains("close this"), "{text}");
}

/// Starts a device sign-in, waits for the URL that it shows, and returns with it.
fn device_login(room: &Room, op: &OidcProvider, sts: &Sts, mood: &str) -> crate::support::Outcome {
    let login = room.start(&mut room.jit(sts, &["login", "prod-admin", "--device"]));
    let page = format!("{}/device", op.issuer());
    let code = wait_for("the device code", || {
        let said = login.stderr_so_far();
        // As the IdP writes it, four letters, a dash, four letters; shown large, with spaces between.
        let mut lines = said.lines().map(|line| line.replace(' ', ""));
        let code = lines.find(|line| line.len() == 9 && line.as_bytes()[4] == b'-');
        code.filter(|_| said.contains(&page))
    });
    let mut person = room.command(tool("venv/bin/node"));
    person.arg(fixture("person.mjs")).args([mood, &format!("{page}?user_code={code}")]);
    room.run(&mut person).ok();
    login.outcome()
}

#[test]
fn a_device_login_needs_no_browser_here() {
    let (room, op, sts) = company(&[], &[]);
    device_login(&room, &op, &sts, "agree").ok();
    assert_eq!(op.journal.all("grant"), ["urn:ietf:params:oauth:grant-type:device_code"]);
    assert_eq!(sts.calls(), CHAIN);
}

#[test]
fn a_device_login_that_is_declined_is_a_refusal() {
    let (room, op, sts) = company(&[], &[]);
    let outcome = device_login(&room, &op, &sts, "decline");
    assert_eq!(outcome.code(), 4, "{}", outcome.stderr);
    assert!(sts.calls().is_empty());
}

#[test]
fn an_unused_device_code_expires() {
    let (room, _op, sts) = company(&[("DEVICE_TTL", "1")], &[]);
    let outcome = room.run(&mut room.jit(&sts, &["login", "prod-admin", "--device"]));
    assert!(outcome.code() == 1 || outcome.code() == 4, "{}: {}", outcome.status, outcome.stderr);
    assert!(outcome.stderr.contains("the code was not approved"), "{}", outcome.stderr);
}

#[test]
fn a_person_who_declines_in_the_browser_ends_the_login() {
    let (room, op, sts) = company(&[], &[]);
    let person = op.person(&room, "decline");
    let outcome = room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", person));
    assert_eq!(outcome.code(), 4, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("End-User aborted interaction"), "{}", outcome.stderr);
    assert!(sts.calls().is_empty());
}

#[test]
fn expired_sessions_are_renewed_silently_with_tokens_that_rotate() {
    // Sessions so short that the next call finds them expired, and ID tokens that do not outlive them.
    let (room, op, sts) = company(&[("ID_TOKEN_TTL", "3")], &[("SESSION_SECONDS", "4")]);
    room.sign_in(&op, &sts);
    // The IdP revokes the whole family of a refresh token that is used twice, so the third round proves
    // rotation.
    for round in 1..=3 {
        room.wait_until_expired(&sts);
        room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"])).ok();
        assert_eq!(op.journal.all("grant").iter().filter(|grant| *grant == "refresh_token").count(), round);
    }
    let handed_out = op.journal.all("refresh_token");
    assert_eq!(
        handed_out.iter().collect::<std::collections::BTreeSet<_>>().len(),
        4,
        "each answer has a new one"
    );
    assert_eq!(op.journal.all("refused"), Vec::<String>::new());
}

#[test]
fn twenty_callers_at_once_use_the_refresh_token_once() {
    let (room, op, sts) = company(&[("ID_TOKEN_TTL", "3")], &[("SESSION_SECONDS", "12")]);
    room.sign_in(&op, &sts);
    room.wait_until_expired(&sts);
    let callers: Vec<_> = (0..20)
        .map(|_| room.start_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"])))
        .collect();
    let answers: Vec<String> = callers.into_iter().map(|caller| caller.outcome().ok()).collect();
    assert!(
        answers.iter().all(|answer| answer == &answers[0]),
        "all are served the session that one of them fetched"
    );
    assert_eq!(op.journal.all("grant"), ["authorization_code", "refresh_token"]);
    assert_eq!(sts.calls(), [CHAIN, CHAIN].concat());
}

#[test]
fn logout_revokes_at_the_idp_and_leaves_nothing_to_renew_with() {
    let (room, op, sts) = company(&[], &[]);
    room.sign_in(&op, &sts);
    room.run(room.jit(&sts, &["logout", "--all"]).env("BROWSER", "/bin/true")).ok();
    assert!(
        op.journal.all("request").contains(&"POST /token/revocation".to_owned()),
        "{:?}",
        op.journal.all("request")
    );

    let outcome = room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"]));
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (3, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("jit login"), "{}", outcome.stderr);
    assert_eq!(sts.calls(), CHAIN);
}

#[test]
fn a_token_revoked_at_the_idp_requires_a_sign_in() {
    let (room, op, sts) = company(&[("ID_TOKEN_TTL", "3")], &[("SESSION_SECONDS", "4")]);
    room.sign_in(&op, &sts);
    let token = op.journal.all("refresh_token").remove(0);
    op.revoke(&room, &token);
    room.wait_until_expired(&sts);
    for attempt in 1..=2 {
        let outcome = room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"]));
        assert_eq!(outcome.code(), 3, "{}", outcome.stderr);
        assert_eq!(op.journal.all("refused").len(), 1, "after attempt {attempt} the dead token is forgotten");
    }
}

#[test]
fn an_idp_that_requires_a_client_secret_gets_it() {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-insists", &[]);
    let room = room.with_roles(&op, "");
    let file = room.home().join(".config/jit/config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let secret = "client_id = \"jit-insists\"\nclient_secret = \"c0nf1dential-by-agreement\"";
    std::fs::write(&file, config.replace("client_id = \"jit-cli\"", secret)).unwrap();
    room.sign_in(&op, &sts);
    assert_eq!(sts.calls(), CHAIN);
}

/// A company whose role `prod-admin` has `demands`, while `hub`, the role before it, has none.
fn demanding(op: &[(&str, &str)], demands: &str) -> (Room, OidcProvider, Sts) {
    let room = Room::new();
    let op = OidcProvider::start(&room, op);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[]);
    (room.with_roles(&op, demands), op, sts)
}

/// The IdP reports the time of a sign-in only if it is asked for a maximum age.
#[test]
fn a_sign_in_of_unknown_age_is_repeated() {
    let (room, op, sts) = demanding(&[], "sign_in_age = \"15m\"");
    let person = op.person(&room, "agree");
    let login = |role: &str| room.run(room.jit(&sts, &["login", role]).env("BROWSER", &person));
    login("hub").ok();
    let silent = room.run(&mut room.jit(&sts, &["credential-process", "prod-admin"]));
    assert_eq!(silent.code(), 3, "{}", silent.stderr);
    assert!(silent.stderr.contains("prod-admin needs a sign-in within the last 15 min"), "{}", silent.stderr);

    login("prod-admin").ok();
    assert_eq!(op.journal.all("grant"), ["authorization_code", "authorization_code"]);
    room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"])).ok();
    let whoami = room.run(&mut room.jit(&sts, &["whoami", "prod-admin"])).ok();
    assert!(whoami.contains("signed in "), "{whoami}");
}

#[test]
fn a_strong_sign_in_is_requested_and_proved() {
    let demands = "acr = [\"phr\"]\namr = [\"hwk\"]";
    let (room, op, sts) = demanding(&[("STRONG", "phr")], demands);
    let person = op.person(&room, "agree");
    let login = |role: &str| room.run(room.jit(&sts, &["login", role]).env("BROWSER", &person));
    login("hub").ok();
    let silent = room.run(&mut room.jit(&sts, &["credential-process", "prod-admin"]));
    assert_eq!(silent.code(), 3, "{}", silent.stderr);
    login("prod-admin").ok();
    room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "prod-admin"])).ok();
    let whoami = room.run(&mut room.jit(&sts, &["whoami", "prod-admin"])).ok();
    assert!(whoami.contains("(hwk, mfa; acr phr)"), "{whoami}");
}

/// `acr_values` is voluntary (OpenID Connect Core 1.0, section 3.1.2.1): this IdP signs people in without it.
#[test]
fn a_weak_sign_in_is_not_used() {
    let (room, op, sts) = demanding(&[], "acr = [\"phr\"]");
    let person = op.person(&room, "agree");
    let login = room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", person));
    assert_eq!(login.code(), 4, "{}", login.stderr);
    assert!(login.stderr.contains("your sign-in at acme does not meet its requirements"), "{}", login.stderr);
    assert!(sts.calls().is_empty());
    room.run_for_credentials(&mut room.jit(&sts, &["credential-process", "hub"])).ok();
}
