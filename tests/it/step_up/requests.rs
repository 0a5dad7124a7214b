//! What an IdP is asked for.

use super::*;

#[test]
fn a_sign_in_is_requested_as_configured() {
    let room = room("");
    let asked = "acr_values = [\"mfa\"]\nmax_age = \"8h\"\nauthorize = { prompt = \"select_account\", domain_hint = \"acme.com\" }";
    demand(&room, "", asked);
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let sent = &room.sent_to()[0];
    for part in ["&max_age=28800", "&acr_values=mfa", "&prompt=select_account", "&domain_hint=acme.com"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    assert_eq!(sent.matches("prompt=").count(), 1, "{sent}");
    let explained = room.jit(&["explain", "admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    admin (from the command line)

    1. idp demo
      issuer           http://IDP                      ~/config/jit/config.toml:3
      client_id        jit-demo                                    ~/config/jit/config.toml:4
      flow             auto                                        default
      redirect_port    any free port                               default
      acr_values       mfa                                         ~/config/jit/config.toml:5
      max_age          8 h                                         ~/config/jit/config.toml:6
      authorize        domain_hint=acme.com prompt=select_account  ~/config/jit/config.toml:7
      tags             department=platform                         the ID token
      transitive_tags  department                                  the ID token
      sign_in          signed in HH:MM (hwk, mfa; acr mfa)         the ID token
      stored           ID token of alice@example.com until HH:MM, TIME left
      not needed       token endpoint of http://IDP, with the refresh token

    2. hub hub
      role_arn         arn:aws:iam::111111111111:role/jit-hub      ~/config/jit/config.toml:11
      duration         1 h                                         default
      session_name     the IdP's user                              default
      sts_region       us-east-1                                   the partition's first region
      sts_endpoint     http://STS                      AWS_ENDPOINT_URL_STS
      sign_in          signed in HH:MM (hwk, mfa; acr mfa)         the session
      stored           session until HH:MM, TIME left
      not needed       AssumeRoleWithWebIdentity at http://STS

    3. spoke admin
      role_arn         arn:aws:iam::222222222222:role/admin        ~/config/jit/config.toml:16
      duration         1 h                                         default
      session_name     the IdP's user                              default
      sts_region       eu-west-1                                   ~/config/jit/config.toml:17
      sts_endpoint     http://STS                      AWS_ENDPOINT_URL_STS
      region           eu-west-1                                   ~/config/jit/config.toml:17
      sign_in          signed in HH:MM (hwk, mfa; acr mfa)         the session
      stored           session until HH:MM, TIME left
      not needed       AssumeRole at http://STS
    ");
}

#[test]
fn saml_requests_have_force_authn_and_a_context() {
    let context = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
    let mut answers = String::new();
    for (demands, flawed, expected) in [
        ("sign_in_age = \"15m\"".to_owned(), None, 0),
        (format!("acr = [\"{context}\"]"), None, 0),
        ("sign_in_age = \"15m\"".to_owned(), Some(Flaw::IgnoresStepUp), 4),
        (format!("acr = [\"{context}\"]"), Some(Flaw::IgnoresStepUp), 4),
        (format!("acr = [\"{context}\"]"), Some(Flaw::RefusesStepUp), 4),
    ] {
        let room = Room::by_saml(Settings { approval: Approval::AtOnce, ..Settings::default() });
        let config = room.saml_config("").replace("[role.admin]\n", &format!("[role.admin]\n{demands}\n"));
        room.write_config(&config);
        signed_in_ago(&room, HOUR);
        assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
        assert_eq!(room.asks_for("admin").code(), 3, "{demands}");
        room.servers().faults(|faults| faults.flaws.extend(flawed));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), expected, "{demands} {flawed:?}: {login}");
        answers.push_str(&format!("{}\n", room.told(&login)));
        assert_eq!(room.asks_for("developer").code(), 0, "{demands}");
        let served = room.asks_for("admin").code();
        assert_eq!(served, if expected == 0 { 0 } else { 3 }, "{demands} {flawed:?}");
    }
    insta::assert_snapshot!(answers, @"
    exit 0
    --- stderr
    admin needs a sign-in within the last 15 min; yours is from HH:MM
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left

    exit 0
    --- stderr
    admin needs a sign-in with acr urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken; yours has urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left

    exit 4
    --- stderr
    admin needs a sign-in within the last 15 min; yours is from HH:MM
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: admin is not used: your sign-in at demo does not meet its requirements
      because: admin needs a sign-in within the last 15 min; yours is from HH:MM
      next: see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`
      next: show this to the administrator of the IdP: the sign-in is not the one that jit asked for

    exit 4
    --- stderr
    admin needs a sign-in with acr urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken; yours has urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: admin is not used: your sign-in at demo does not meet its requirements
      because: admin needs a sign-in with acr urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken; yours has urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified
      next: see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`
      next: show this to the administrator of the IdP: the sign-in is not the one that jit asked for

    exit 4
    --- stderr
    admin needs a sign-in with acr urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken; yours has urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: the IdP did not sign you in: it cannot sign you in as strongly as requested (NoAuthnContext); the IdP failed (Responder)
      next: jit login --force admin
      next: check `authn_context` of the IdP and `acr` of the role, where they are set
      next: show this to the administrator of the identity provider
    ");
}

/// The portal reports nothing, so what counts is when the person came back from it.
#[test]
fn identity_center_counts_from_the_persons_own_sign_in() {
    let room = Room::by_center(Settings::default());
    room.write_config(&room.center_config("").replace("[role.dev]\n", "[role.dev]\nsign_in_age = \"1h\"\n"));
    assert_eq!(room.asks_for("dev").code(), 3);
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let mut answers = String::new();
    for role in ["dev", "admin"] {
        assert_eq!(room.asks_for(role).code(), 0, "{role}");
        let whoami = room.jit(&["whoami", role]).run();
        answers.push_str(&format!("{}\n", room.told(&whoami)));
    }
    insta::assert_snapshot!(answers, @"
    exit 0
    --- stdout
    account  333333333333
    arn      arn:aws:sts::333333333333:assumed-role/RANDOM/alice@example.com
    user id  AROARIR7JMXDSTGN66QKB:alice@example.com
    idp      alice@example.com at demo
    signed in HH:MM

    exit 0
    --- stdout
    account  555555555555
    arn      arn:aws:sts::555555555555:assumed-role/center-admin/alice@example.com
    user id  AROAQLVJNEQXAJTFD6RDZ:alice@example.com
    idp      alice@example.com at demo
    signed in HH:MM
    ");
    assert_eq!(room.opened().len(), 1);
}
