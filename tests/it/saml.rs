//! SAML by the loopback ACS: one sign-in, and what it gives. Responses that are not accepted are in `saml_responses`.

mod offered;

use std::time::Duration;

use jit_emulator::{ADMIN, Call, DEVELOPER, HUB, Role, Settings, User};

use crate::support::Room;

const OTHER: &str = "arn:aws:iam::444444444444:role/other-hub";
const CALLS: [Call; 3] = [Call::SamlSso, Call::AssumeRoleWithSaml, Call::AssumeRole];

pub(crate) fn room() -> Room {
    Room::by_saml(Settings::default())
}

/// A room whose IdP offers a second hub role.
fn room_of_two() -> Room {
    let mut settings = Settings::default();
    settings.roles.push(Role::hub(OTHER, 3600));
    settings.offered = vec![HUB.to_owned(), OTHER.to_owned()];
    let room = Room::by_saml(settings);
    let other = format!("\n[role.other]\nidp = \"demo\"\nrole_arn = \"{OTHER}\"\n");
    room.write_config(&format!("{}{other}", room.saml_config("")));
    room
}

#[test]
fn one_sign_in_walks_the_chain_and_serves_tools() {
    let room = room();
    let login = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    assert_eq!(room.counts(CALLS), [1, 1, 1]);
    let answer = room.asks_for("developer");
    assert_eq!((answer.code(), answer.stderr.as_str()), (0, ""), "{answer}");
    assert_eq!(room.counts(CALLS), [1, 1, 2]);
    let page = std::fs::read_to_string(room.path("shown")).unwrap();
    assert!(page.contains("You are signed in as alice@example.com."), "{page}");
    let again = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&again), @"
    exit 0
    --- stderr
    ✓ Still valid: admin as alice@example.com, until HH:MM, TIME left
    ");
    assert_eq!(room.opened().len(), 1);
}

#[test]
fn the_request_may_be_posted() {
    let room = room();
    room.write_config(&room.saml_config("binding = \"post\""));
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert!(room.opened()[0].starts_with("http://127.0.0.1:"), "{:?}", room.opened());
}

#[test]
fn an_assertion_serves_every_role_in_it_for_five_minutes() {
    let room = room_of_two();
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let other = room.asks_for("other");
    assert_eq!(other.code(), 0, "{other}");
    assert_eq!(room.counts(CALLS), [1, 2, 0]);
    // Afterwards it is useless, and no longer stored.
    room.age_login(Duration::from_secs(301));
    room.age_session("other", Duration::from_secs(3600));
    let late = room.jit(&["credential-process", "other"]).run();
    insta::assert_snapshot!(room.told(&late), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: a SAML sign-in cannot be renewed
      next: jit login other
    ");
    assert_eq!(room.counts(CALLS), [1, 2, 0]);
    let explained = room.jit(&["explain", "other"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    other (from the command line)

    1. idp demo
      sso_url          http://IDP/saml/sso                                           ~/config/jit/config.toml:3
      capture          loopback                                                                  default
      entity_id        urn:amazon:webservices                                                    default
      binding          redirect                                                                  default
      acs_host         127.0.0.1                                                                 default
      acs_port         any free port                                                             ~/config/jit/config.toml:4
      session_name     alice@example.com                                                         the assertion
      tags             department=platform                                                       the assertion
      transitive_tags  department                                                                the assertion
      sign_in          signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)  the assertion
      roles            2 available                                                               the assertion
      stored           the sign-in of alice@example.com (assertion already used) until HH:MM, ended
      would call       sign in at http://IDP/saml/sso

    2. hub other
      role_arn         arn:aws:iam::444444444444:role/other-hub                                  ~/config/jit/config.toml:22
      duration         1 h                                                                       default
      session_name     the assertion's RoleSessionName                                           default
      sts_region       us-east-1                                                                 the partition's first region
      sts_endpoint     http://STS                                                    AWS_ENDPOINT_URL_STS
      sign_in          signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)  the session
      stored           session until HH:MM, ended
      would call       AssumeRoleWithSAML at http://STS
    ");
}

#[test]
fn many_callers_share_one_sign_in() {
    let room = room_of_two();
    room.write_config(
        &std::fs::read_to_string(room.path("config/jit/config.toml"))
            .unwrap()
            .replace("acs_port = 0", "acs_port = 0\nauto_login = true"),
    );
    let runs = (0..20).map(|n| {
        let role = ["admin", "developer", "other"][n % 3];
        room.jit(&["credential-process", role]).hands_over()
    });
    for answer in room.at_once(runs) {
        assert_eq!(answer.code(), 0, "{answer}");
    }
    assert_eq!(room.counts(CALLS), [1, 2, 2]);
    assert_eq!(room.opened().len(), 1);
}

#[test]
fn one_assertion_serves_all_configured_roles() {
    let room = room_of_two();
    let login = room.jit(&["login", "--all"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ 4 roles of 4
      admin      account 222222222222  until HH:MM  TIME left
      developer  account 333333333333  until HH:MM  TIME left
      hub        account 111111111111  until HH:MM  TIME left
      other      account 444444444444  until HH:MM  TIME left
    ");
    assert_eq!(room.counts(CALLS), [1, 2, 2]);
    // Another run has nothing to do, and a forced one does it all again, once.
    assert_eq!(room.jit(&["login", "--all"]).run().code(), 0);
    assert_eq!(room.counts(CALLS), [1, 2, 2]);
    let forced = room.jit(&["login", "--all", "--force"]).run();
    assert_eq!(forced.code(), 0, "{forced}");
    assert_eq!(room.counts(CALLS), [2, 4, 4]);
}

#[test]
fn one_refused_role_does_not_block_the_others() {
    let room = room_of_two();
    let config = std::fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    room.write_config(&config.replace(OTHER, "arn:aws:iam::444444444444:role/gone"));
    let login = room.jit(&["login", "--all"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ 3 roles of 4
      admin      account 222222222222  until HH:MM  TIME left
      developer  account 333333333333  until HH:MM  TIME left
      hub        account 111111111111  until HH:MM  TIME left
    error: demo does not offer you arn:aws:iam::444444444444:role/gone
      because: the assertion lists arn:aws:iam::111111111111:role/jit-hub, arn:aws:iam::444444444444:role/other-hub
      next: ask to be assigned to it, then: `jit login --force other`
      next: jit explain other  shows every value of the request
    ");
}

#[test]
fn a_forced_request_has_force_authn() {
    let room = room();
    assert_eq!(room.jit(&["login", "--force", "hub"]).run().code(), 0);
    let query = room.sent_to()[0].split_once('?').unwrap().1.to_owned();
    let request = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "SAMLRequest")
        .unwrap()
        .1
        .into_owned();
    use base64::Engine as _;
    let packed = base64::engine::general_purpose::STANDARD.decode(request).unwrap();
    let xml = String::from_utf8(miniz_oxide::inflate::decompress_to_vec(&packed).unwrap()).unwrap();
    assert!(xml.contains("ForceAuthn=\"true\""), "{xml}");
}

#[test]
fn the_idp_s_session_duration_counts() {
    let room = Room::by_saml(Settings { session_duration: Some(1800), ..Settings::default() });
    let login = room.jit(&["login", "hub", "--duration", "2h"]).run();
    assert_eq!(login.code(), 0, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: demo does not allow hub sessions of 2 h; this one lasts 30 min (SessionDuration)
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    ");
    assert!(login.stderr.contains("30 min left") || login.stderr.contains("29 min"), "{login}");
    let longer = Room::by_saml(Settings { session_duration: Some(8 * 3600), ..Settings::default() });
    let login = longer.jit(&["login", "hub"]).run();
    assert!(login.stderr.contains("8 h left") || login.stderr.contains("7 h 59 min"), "{login}");
}

#[test]
fn a_taken_port_and_a_cancelled_sign_in_are_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let room = room();
    room.write_config(&room.saml_config("").replace("acs_port = 0", &format!("acs_port = {port}")));
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 1, "{login}");
    assert!(
        login
            .stderr
            .contains(&format!("port {port} of 127.0.0.1, which the browser must return to, is used")),
        "{login}"
    );
    room.write_config(&room.saml_config(""));
    room.servers().faults(|faults| faults.flaws.extend([jit_emulator::Flaw::UserDenies]));
    let denied = room.jit(&["login", "hub"]).run();
    assert_eq!(denied.code(), 4, "{denied}");
    let words =
        "it could not verify who you are (AuthnFailed); the IdP failed (Responder); \"The person cancelled\"";
    assert!(denied.stderr.contains(words), "{denied}");
    let device = room.jit(&["login", "hub", "--device"]).run();
    insta::assert_snapshot!(room.told(&device), @"
    exit 1
    --- stderr
    error: SAML has no device codes
      next: leave out --device
    ");
}

#[test]
fn the_browser_to_drive_is_searched_for() {
    let room = room();
    let config =
        room.saml_config("capture = \"browser\"\nbrowser = \"BROWSER\"").replace("acs_port = 0\n", "");
    room.write_config(&config.replace("BROWSER", "/bin/true"));
    let found = room.jit(&["doctor"]).run();
    insta::assert_snapshot!(room.told(&found), @"
    exit 0
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✓ browser  demo: the sign-in uses true, /bin/true
    ✓ store    kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network  demo answers at http://IDP/saml/sso
    ✓ clock    agrees with http://STS
    ");
    room.write_config(&config.replace("BROWSER", "/nowhere/chrome"));
    let missing = room.jit(&["doctor"]).run();
    insta::assert_snapshot!(room.told(&missing), @"
    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✗ browser  demo: `/nowhere/chrome` is neither a browser that jit knows nor an existing program
               next: set `browser` to chrome, chromium, edge, brave or the path of one
    ✓ store    kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network  demo answers at http://IDP/saml/sso
    ✓ clock    agrees with http://STS
    --- stderr
    error: 1 of 5 checks failed
    ");
}
