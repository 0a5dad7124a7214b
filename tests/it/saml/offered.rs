//! The roles in an assertion.

use super::*;

#[test]
fn what_the_idp_offers_is_a_role_without_being_configured() {
    let mut settings = Settings::default();
    settings.roles.push(Role::hub(OTHER, 3600));
    settings.offered = vec![HUB.to_owned(), OTHER.to_owned()];
    let room = Room::by_saml(settings);
    let idp_only = room.saml_config("").split("\n[role").next().unwrap().to_owned();
    room.write_config(&idp_only);
    // Nobody can pick here, so the roles are listed.
    let login = room.jit(&["login"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 2
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
    error: demo offers 2 roles
      because: 111111111111/jit-hub, 444444444444/other-hub
      next: jit login 111111111111/jit-hub  or another one
    ");
    let one = room.jit(&["login", "444444444444/other-hub"]).run();
    assert_eq!(one.code(), 0, "{one}");
    assert_eq!(room.counts(CALLS), [1, 1, 0]);
    let run = room
        .jit(&["exec", "444444444444/other-hub", "--", "sh", "-c", "echo $JIT_ROLE $JIT_ACCOUNT_ID"])
        .run();
    assert_eq!(run.stdout, "444444444444/other-hub 444444444444\n", "{run}");
    let near = room.jit(&["credential-process", "444444444444/other-hbu"]).run();
    insta::assert_snapshot!(room.told(&near), @"
    exit 2
    --- stderr
    error: no role matches `444444444444/other-hbu`
      next: did you mean `444444444444/other-hub`?
    ");
}

#[test]
fn the_roles_on_offer_are_picked_from_on_a_terminal() {
    let mut settings = Settings::default();
    settings.roles.push(Role::hub(OTHER, 3600));
    settings.offered = vec![HUB.to_owned(), OTHER.to_owned()];
    let room = Room::by_saml(settings);
    let mut login = room.jit(&["login", "--idp", "demo"]).somebody_types().start();
    login.says("Role");
    login.types("other-hub\r");
    let login = login.wait();
    assert!(login.code() == 0 && login.stdout.contains("account 444444444444"), "{login}");
    assert_eq!(room.counts(CALLS), [1, 1, 0]);
}

#[test]
fn a_new_sign_in_lists_what_changed() {
    let room = room();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let same = room.jit(&["login", "--force", "admin"]).run();
    insta::assert_snapshot!(room.told(&same), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    Your attributes at demo have not changed
    ");
    let user = User { department: "security".to_owned(), ..Settings::default().user };
    room.servers().faults(|faults| faults.user = Some(user));
    let changed = room.jit(&["login", "--force", "admin"]).run();
    insta::assert_snapshot!(room.told(&changed), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    Changed since the last sign-in at demo:
      changed tag department: platform → security
    ");
    let who = room.jit(&["whoami", "--tags", "admin"]).run();
    insta::assert_snapshot!(room.told(&who), @"
    exit 0
    --- stdout
    account  222222222222
    arn      arn:aws:sts::222222222222:assumed-role/admin/alice@example.com
    user id  AROATM4BUH3UM2K2EVKA6:alice@example.com
    idp      alice@example.com at demo
    signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)
    tag      department = security  (passed on to spokes)
    ");
    let explained = room.jit(&["explain", "admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    admin (from the command line)

    1. idp demo
      sso_url          http://IDP/saml/sso                                           ~/config/jit/config.toml:3
      capture          loopback                                                                  default
      entity_id        urn:amazon:webservices                                                    default
      binding          redirect                                                                  default
      acs_host         127.0.0.1                                                                 default
      acs_port         any free port                                                             ~/config/jit/config.toml:4
      session_name     alice@example.com                                                         the assertion
      tags             department=security                                                       the assertion
      transitive_tags  department                                                                the assertion
      sign_in          signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)  the assertion
      roles            1 available                                                               the assertion
      stored           assertion of alice@example.com until HH:MM, TIME left
      not needed       sign in at http://IDP/saml/sso

    2. hub hub
      role_arn         arn:aws:iam::111111111111:role/jit-hub                                    ~/config/jit/config.toml:8
      duration         1 h                                                                       default
      session_name     the assertion's RoleSessionName                                           default
      sts_region       us-east-1                                                                 the partition's first region
      sts_endpoint     http://STS                                                    AWS_ENDPOINT_URL_STS
      sign_in          signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)  the session
      stored           session until HH:MM, TIME left
      not needed       AssumeRoleWithSAML at http://STS

    3. spoke admin
      role_arn         arn:aws:iam::222222222222:role/admin                                      ~/config/jit/config.toml:12
      duration         1 h                                                                       default
      session_name     the session name of the hub                                               default
      sts_region       eu-west-1                                                                 ~/config/jit/config.toml:13
      sts_endpoint     http://STS                                                    AWS_ENDPOINT_URL_STS
      region           eu-west-1                                                                 ~/config/jit/config.toml:13
      sign_in          signed in HH:MM (acr urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified)  the session
      stored           session until HH:MM, TIME left
      not needed       AssumeRole at http://STS
    ");
    let json = room.jit(&["whoami", "--json", "admin"]).run();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["tags"]["department"], "security");
}

#[test]
fn a_spoke_is_not_among_the_assertions_roles() {
    let room = Room::by_saml(Settings {
        offered: vec![ADMIN.to_owned(), DEVELOPER.to_owned()],
        ..Settings::default()
    });
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 4, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: demo does not offer you arn:aws:iam::111111111111:role/jit-hub
      because: the assertion lists arn:aws:iam::222222222222:role/admin, arn:aws:iam::333333333333:role/developer
      next: ask to be assigned to it, then: `jit login --force admin`
      next: jit explain admin  shows every value of the request
    ");
}
