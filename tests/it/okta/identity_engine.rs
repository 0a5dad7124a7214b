//! Orgs of Okta Identity Engine: the device grant, and the exchange of its tokens.

use super::*;

const CLIENT: &str = "client_id = \"0oaclient\"";

#[test]
fn identity_engine_without_a_client_says_which_three_lines_help() {
    let (room, _okta) = company(Script { pipeline: "idx", ..Script::default() });
    let login = room.jit(&["login", "admin", "--no-browser"]).run();
    assert_eq!(login.code(), 1, "{login}");
    insta::assert_snapshot!(room.told(&login), @r#"
    exit 1
    --- stderr
    error: this org runs Identity Engine, where a terminal cannot sign in with a password
      next: sign in with your browser: put these three lines in its [idp.NAME]
      next: type = "saml"
      next: start_url = "http://127.0.0.1:PORT/home/amazon_aws/0oa1/272"
      next: capture = "browser"
      next: or have an administrator set up the device grant, and set its client_id
    "#);
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
        ("invalid_grant", "The authentication assurance requirements are not met by the 'subject_token'"),
        ("invalid_request", "audience"),
        ("invalid_client", "x"),
        ("invalid_scope", "x"),
        ("access_denied", "x"),
    ];
    let mut answers = String::new();
    for refusal in cases {
        let (room, _okta) =
            company_with(Script { pipeline: "idx", exchange: Some(refusal), ..Script::default() }, CLIENT);
        let login = room.jit(&["login", "admin", "--no-browser"]).run();
        answers.push_str(&format!("{}\n", room.told(&login)));
    }
    insta::assert_snapshot!(answers, @r#"
    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: Okta refused to exchange the tokens for the AWS application: invalid_grant ("The authentication assurance requirements are not met by the 'subject_token'")
      next: have both applications given the same authentication policy, with Device state "Any" and no re-authentication at every sign-in
      next: or sign in with the browser: type = "saml", capture = "browser"

    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: Okta refused to exchange the tokens for the AWS application: invalid_request ("audience")
      next: compare the instance id in `app_url` with the AWS application's
      next: have `client_id` entered as its Allowed Web SSO Client

    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: Okta refused to exchange the tokens for the AWS application: invalid_client ("x")
      next: have the grants Device Authorization and Token Exchange switched on for `client_id`

    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: Okta refused to exchange the tokens for the AWS application: invalid_scope ("x")
      next: have the scope okta.apps.sso granted to `client_id`

    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/activate
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: Okta refused to exchange the tokens for the AWS application: access_denied ("x")
      next: ask to be assigned to both applications
    "#);
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
