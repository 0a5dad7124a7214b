//! Roles that require a recent or strong sign-in: no other one opens them, and the request says why.

mod requests;

use std::time::Duration;

use jit_emulator::{Approval, Call, Flaw, Settings};
use serde_json::Value;

use crate::support::Room;

const HOUR: Duration = Duration::from_secs(3600);

/// A room where `admin` has `demands`, and `developer` has none; both use the same hub.
fn room(demands: &str) -> Room {
    let room = Room::with(Settings { approval: Approval::AtOnce, ..Settings::default() });
    demand(&room, demands, "");
    room
}

/// Puts `demands` into `[role.admin]`, and `asked` into `[idp.demo]`.
fn demand(room: &Room, demands: &str, asked: &str) {
    let config = room.usual_config();
    let config = config.replace("[role.admin]\n", &format!("[role.admin]\n{demands}\n"));
    room.write_config(
        &config.replace("client_id = \"jit-demo\"\n", &format!("client_id = \"jit-demo\"\n{asked}\n")),
    );
}

fn signed_in_ago(room: &Room, ago: Duration) {
    room.servers().faults(|faults| faults.signed_in_ago = Some(ago));
}

fn flaw(room: &Room, flaw: Flaw) {
    room.servers().faults(|faults| faults.flaws.extend([flaw]));
}

#[test]
fn an_old_sign_in_is_repeated_with_the_reason() {
    let room = room("sign_in_age = \"15m\"");
    signed_in_ago(&room, HOUR);
    // A role without requirements uses the browser's session.
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
    assert_eq!(room.opened().len(), 1);

    let silent = room.asks_for("admin");
    insta::assert_snapshot!(room.told(&silent), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in within the last 15 min; yours is from HH:MM
      next: jit login admin
    ");
    assert_eq!((room.count(Call::RefreshGrant), room.opened().len()), (0, 1), "it would be the same sign-in");

    let login = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    admin needs a sign-in within the last 15 min; yours is from HH:MM
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    assert!(room.sent_to()[1].contains("&max_age=900"), "{:?}", room.sent_to());
    // Warm, and relevant only for that role.
    for role in ["admin", "developer"] {
        assert_eq!(room.asks_for(role).code(), 0, "{role}");
    }
    assert_eq!(room.opened().len(), 2);
    room.is_tidy();
}

#[test]
fn a_session_is_refused_once_its_sign_in_is_too_old() {
    let room = room("sign_in_age = \"2h\"");
    signed_in_ago(&room, HOUR);
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    assert_eq!(room.asks_for("admin").code(), 0);
    // The role requires more from now on, and the sessions are as fresh as before.
    demand(&room, "sign_in_age = \"30m\"", "");
    for command in
        [&["credential-process", "admin"][..], &["exec", "admin", "--", "true"], &["whoami", "admin"]]
    {
        let refused = room.jit(command).run();
        assert_eq!(refused.code(), 3, "{command:?}: {refused}");
        assert!(refused.stderr.contains("admin needs a sign-in within the last 30 min"), "{refused}");
    }
    let explained = room.jit(&["explain", "admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    admin (from the command line)

    1. idp demo
      issuer           http://IDP                                             ~/config/jit/config.toml:3
      client_id        jit-demo                                                           ~/config/jit/config.toml:4
      flow             auto                                                               default
      redirect_port    any free port                                                      default
      tags             department=platform                                                the ID token
      transitive_tags  department                                                         the ID token
      sign_in          signed in HH:MM (pwd)                                              the ID token
      stored           ID token of alice@example.com until HH:MM, TIME left
      would call       sign in at http://IDP again: admin needs a sign-in within the last 30 min; yours is from HH:MM

    2. hub hub
      role_arn         arn:aws:iam::111111111111:role/jit-hub                             ~/config/jit/config.toml:9
      duration         1 h                                                                default
      session_name     the IdP's user                                                     default
      sts_region       us-east-1                                                          the partition's first region
      sts_endpoint     http://STS                                             AWS_ENDPOINT_URL_STS
      sign_in          signed in HH:MM (pwd)                                              the session
      not used         admin needs a sign-in within the last 30 min; yours is from HH:MM  
      stored           session until HH:MM, TIME left
      would call       AssumeRoleWithWebIdentity at http://STS

    3. spoke admin
      role_arn         arn:aws:iam::222222222222:role/admin                               ~/config/jit/config.toml:14
      duration         1 h                                                                default
      session_name     the IdP's user                                                     default
      sts_region       eu-west-1                                                          ~/config/jit/config.toml:15
      sts_endpoint     http://STS                                             AWS_ENDPOINT_URL_STS
      sign_in_age      30 min                                                             ~/config/jit/config.toml:12
      region           eu-west-1                                                          ~/config/jit/config.toml:15
      sign_in          signed in HH:MM (pwd)                                              the session
      not used         admin needs a sign-in within the last 30 min; yours is from HH:MM  
      stored           session until HH:MM, TIME left
      would call       AssumeRole at http://STS
    ");
    assert_eq!(room.asks_for("developer").code(), 0);
}

/// What the role requires, what is in `[idp.demo]`, what the sign-in page is asked for, what it then reports.
#[test]
fn a_weak_sign_in_is_stepped_up() {
    let cases = [
        ("acr = [\"phr\"]", "", "&acr_values=phr", "(hwk, mfa; acr phr)"),
        ("acr = [\"phr\", \"phrh\"]", "", "&acr_values=phr+phrh", "(hwk, mfa; acr phr)"),
        (
            "acr = [\"c1\"]",
            "acr_request = \"claims\"",
            "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22c1%22%7D%7D%7D",
            "(hwk, mfa; acr c1)",
        ),
        ("amr = [\"hwk\", \"mfa\"]\nacr = [\"phr\"]", "", "&acr_values=phr", "(hwk, mfa; acr phr)"),
    ];
    let mut answers = String::new();
    for (demands, asked, parameter, told) in cases {
        let room = room("");
        demand(&room, demands, asked);
        signed_in_ago(&room, HOUR);
        assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
        let silent = room.asks_for("admin");
        assert_eq!(silent.code(), 3, "{demands}: {silent}");
        answers.push_str(&format!("{}\n", room.told(&silent)));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), 0, "{demands}: {login}");
        assert!(room.sent_to()[1].contains(parameter), "{:?}", room.sent_to());
        let whoami = room.jit(&["whoami", "admin"]).run();
        assert!(whoami.stdout.contains(told), "{whoami}");
        let whoami = room.jit(&["whoami", "admin", "--json"]).run();
        let whoami: Value = serde_json::from_str(&whoami.stdout).unwrap();
        assert_eq!(whoami["sign_in"]["amr"], serde_json::json!(["hwk", "mfa"]));
        assert!(whoami["sign_in"]["at"].is_string(), "{whoami}");
        let status = room.jit(&["status"]).run();
        assert!(status.stdout.contains(told), "{status}");
    }
    insta::assert_snapshot!(answers, @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in with acr phr; yours has none
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in with acr phr or phrh; yours has none
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in with acr c1; yours has none
      next: jit login admin

    exit 3
    --- stderr
    error: you need to sign in at demo
      because: admin needs a sign-in with acr phr; yours has none
      next: jit login admin
    ");
}

#[test]
fn an_idp_that_ignores_the_request_is_not_trusted() {
    let cases = ["sign_in_age = \"15m\"", "acr = [\"phr\"]", "amr = [\"hwk\"]"];
    let mut answers = String::new();
    for demands in cases {
        let room = room(demands);
        signed_in_ago(&room, HOUR);
        flaw(&room, Flaw::IgnoresStepUp);
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), 4, "{demands}: {login}");
        answers.push_str(&format!("{}\n", room.told(&login)));
        assert_eq!(room.count(Call::AssumeRoleWithWebIdentity), 0);
        // It is still a sign-in.
        let other = room.asks_for("developer");
        assert_eq!((other.code(), room.opened().len()), (0, 1), "{other}");
        assert_eq!(room.asks_for("admin").code(), 3);
    }
    insta::assert_snapshot!(answers, @"
    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: admin is not used: your sign-in at demo does not meet its requirements
      because: admin needs a sign-in within the last 15 min; yours is from HH:MM
      next: see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`
      next: show this to the administrator of the IdP: the sign-in is not the one that jit asked for

    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: admin is not used: your sign-in at demo does not meet its requirements
      because: admin needs a sign-in with acr phr; yours has none
      next: see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`
      next: show this to the administrator of the IdP: the sign-in is not the one that jit asked for

    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: admin is not used: your sign-in at demo does not meet its requirements
      because: admin needs a sign-in with amr hwk; yours has pwd
      next: see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`
      next: show this to the administrator of the IdP: the sign-in is not the one that jit asked for
    ");
}

#[test]
fn an_idps_refusal_keeps_the_existing_sign_in() {
    let room = room("acr = [\"phr\"]");
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
    flaw(&room, Flaw::RefusesStepUp);
    let login = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 4
    --- stderr
    admin needs a sign-in with acr phr; yours has none
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: the sign-in was refused: unmet_authentication_requirements (the person cannot sign in like that)
      next: show this to the administrator of the identity provider
    ");
    let other = room.asks_for("developer");
    assert_eq!((other.code(), room.opened().len()), (0, 2), "{other}");
}

#[test]
fn login_all_meets_the_strictest_requirement() {
    let room = room("sign_in_age = \"15m\"");
    signed_in_ago(&room, HOUR);
    let login = room.jit(&["login", "--all"]).run();
    assert_eq!((login.code(), room.opened().len()), (0, 1), "{login}");

    // If that is impossible, the other roles still work.
    let room = self::room("acr = [\"phr\"]");
    flaw(&room, Flaw::IgnoresStepUp);
    let login = room.jit(&["login", "--all"]).run();
    assert_eq!(login.code(), 4, "{login}");
    assert_eq!(room.asks_for("developer").code(), 0, "{login}");
    assert_eq!(room.asks_for("admin").code(), 3);
}

/// Two roles may use the same session, of which only one has requirements.
#[test]
fn a_second_role_without_requirements_is_no_way_around_them() {
    let room = room("sign_in_age = \"15m\"");
    let config = room.usual_config().replace("[role.admin]\n", "[role.admin]\nsign_in_age = \"15m\"\n");
    let twin = format!(
        "{config}\n[role.twin]\nvia = \"hub\"\nrole_arn = \"{}\"\nregion = \"eu-west-1\"\n",
        jit_emulator::ADMIN
    );
    room.write_config(&twin);
    signed_in_ago(&room, HOUR);
    assert_eq!(room.jit(&["login", "twin"]).run().code(), 0);
    assert_eq!(room.asks_for("twin").code(), 0);
    assert_eq!(room.asks_for("admin").code(), 3);
}
