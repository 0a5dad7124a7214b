//! What a person types around a session: `login`, `whoami`, `lock` and `logout`.

use std::time::Duration;

use jit_emulator::{Approval, Call, Faults, Refusal, Settings, Trouble};
use serde_json::Value;

use crate::support::Room;

/// Without the codes of colour (SGR, ECMA-48).
pub(crate) fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| match part.split_once('m') {
        Some((code, rest)) if code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => plain + rest,
        _ => plain + part,
    })
}

#[test]
fn the_duration_is_requested_and_the_chaining_limit_shown() {
    let room = Room::new();
    let hub = room.jit(&["login", "hub", "--duration", "2h"]).run();
    assert!(
        hub.code() == 0 && ["2 h left", "1 h 59 min left"].iter().any(|left| hub.stderr.contains(left)),
        "{hub}"
    );
    let spoke = room.jit(&["login", "developer", "--duration", "2h"]).run();
    let row = spoke.stderr.lines().find(|line| line.contains("333333333333")).unwrap();
    assert!(row.ends_with("AWS's limit for chained roles"), "{spoke}");
    assert!(row.contains(" 1 h left") || row.contains("59 min left"), "{spoke}");
    let again = room.jit(&["login", "developer", "--duration", "2h"]).run();
    assert!(again.stderr.trim_end().ends_with(" left, AWS's limit for chained roles"), "{again}");
    // A hub session of another length is another session.
    let status: Value = serde_json::from_str(&room.jit(&["status", "--json"]).run().stdout).unwrap();
    assert_eq!(status["sessions"].as_array().unwrap().len(), 3, "{status}");
}

#[test]
fn without_a_role_a_terminal_shows_the_picker_and_takes_keys() {
    let room = Room::new();
    let described = room.usual_config().replace("[role.admin]", "[role.admin]\ndescription = \"Production\"");
    room.write_config(&described);
    let mut picked = room.jit(&["login"]).somebody_types().start();
    picked.says("hub");
    picked.types("dev");
    picked.types("\r");
    let picked = picked.wait();
    assert!(picked.code() == 0 && picked.stdout.contains("Role"), "{picked}");
    let plain = without_colour(&picked.stdout);
    assert!(plain.contains("❯ admin      222222222222  Production"), "columns line up: {plain}");
    let status = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    role       account       left  until  user
    developer  333333333333  TIME  HH:MM  alice@example.com
    hub        111111111111  TIME  HH:MM  alice@example.com

    login  alice@example.com at http://IDP, renews itself
    store  kernel in ~/state/jit/kernel: set by JIT_STORE
    ");
    let mut declined = room.jit(&["login"]).somebody_types().start();
    declined.says("hub");
    declined.types("\u{1b}");
    let declined = declined.wait();
    assert!(declined.code() == 1 && declined.stdout.contains("no role was chosen"), "{declined}");
    assert!(!declined.stdout.contains("\u{1b}[?25l"), "the cursor stays, whatever ends the picker");
    let piped = room.jit(&["login"]).run();
    insta::assert_snapshot!(room.told(&piped), @"
    exit 2
    --- stderr
    error: no role was given
      next: the roles are: admin, developer, hub
      next: give a role, or set default_role in the configuration
    ");
}

#[test]
fn whoami_shows_what_aws_says() {
    let room = Room::signed_in("developer");
    let text = room.jit(&["whoami", "developer"]).run();
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert_eq!(text.code(), 0, "{text}");
    assert_eq!(lines[0], "account  333333333333");
    assert_eq!(lines[1], "arn      arn:aws:sts::333333333333:assumed-role/developer/alice@example.com");
    assert!(lines[2].starts_with("user id  AROA") && lines[2].ends_with(":alice@example.com"), "{text}");
    assert_eq!(lines[3], "idp      alice@example.com at demo");
    let json = room.jit(&["whoami", "developer", "--json"]).run();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (json["account"].as_str(), json["user"].as_str()),
        (Some("333333333333"), Some("alice@example.com"))
    );
    assert_eq!(room.servers().journal().count(Call::GetCallerIdentity), 2);

    // The source identity of the chain.
    let with_source = "[role.developer]\nsource_identity = \"alice\"";
    room.write_config(&room.usual_config().replace("[role.developer]", with_source));
    let source = room.jit(&["login", "developer"]).run();
    assert_eq!(source.code(), 0, "{source}");
    let text = room.jit(&["whoami", "developer"]).run();
    insta::assert_snapshot!(room.told(&text), @"
    exit 0
    --- stdout
    account  333333333333
    arn      arn:aws:sts::333333333333:assumed-role/developer/alice@example.com
    user id  AROAHRJETWGCEOCXCAQTU:alice@example.com
    source   alice
    idp      alice@example.com at demo
    ");
}

#[test]
fn no_sign_in_starts_in_a_script() {
    let room = Room::new();
    let output = room.jit(&["whoami", "developer", "--json"]).on_terminal().run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 3
    --- stdout
    {"version":1,"error":{"causes":["you have not signed in there yet"],"excerpt":null,"hints":["jit login developer"],"kind":"login_needed","message":"you need to sign in at demo"}}
    "#);
    assert!(room.opened().is_empty());
}

#[test]
fn logout_forgets_sessions_and_revokes_the_login() {
    let room = Room::signed_in("developer");
    let out = room.jit(&["logout", "developer", "--no-browser"]).run();
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ demo revoked the refresh token
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    ✓ Signed out of demo, forgot developer, hub
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert!(
        ["developer, hub", "hub, developer"]
            .iter()
            .any(|roles| out.stderr.contains(&format!("✓ Signed out of demo, forgot {roles}\n"))),
        "{out}"
    );
    assert_eq!(room.servers().journal().count(Call::Revoke), 1);
    assert_eq!(room.jit(&["credential-process", "developer"]).run().code(), 3);

    let again = room.jit(&["logout", "developer"]).run();
    assert_eq!((again.code(), again.stderr.as_str()), (0, "✓ Nothing was stored for demo\n"));
    assert_eq!(room.servers().journal().count(Call::Revoke), 1);
}

#[test]
fn logout_forgets_even_if_the_idp_is_down() {
    let room = Room::signed_in("developer");
    room.servers().faults(|faults| faults.always(Call::Revoke, Trouble::ServerError));
    let out = room.jit(&["logout", "developer"]).run();
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    warning: demo did not revoke the refresh token: the revocation endpoint answered with status 500 and something that is not JSON
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    ✓ Signed out of demo, forgot developer, hub
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert_eq!(room.jit(&["status", "--check"]).run().code(), 3);
    room.servers().faults(Faults::clear);
}

#[test]
fn logout_all_deletes_everything_and_the_key() {
    let room = Room::signed_in("developer");
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    // Where the cookies of an IdP with a separate browser profile are.
    std::fs::create_dir_all(room.path("state/jit/browser/demo/Default")).unwrap();
    let out = room.jit(&["logout", "--all", "--no-browser"]).run();
    assert!(!room.path("state/jit/browser").exists(), "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    ✓ demo revoked the refresh token
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    let left: Vec<_> =
        std::fs::read_dir(room.path("state/jit/kernel")).map(Iterator::collect).unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(room.jit(&["credential-process", "developer"]).run().code(), 3);
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0, "and one may come back");
}

#[test]
fn logout_all_works_without_a_configuration() {
    let room = Room::signed_in("developer");
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let out = room.jit(&["logout", "--all"]).run();
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    ✓ IDP revoked the refresh token
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    let status = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    no sessions

    store  kernel in ~/state/jit/kernel: set by JIT_STORE
    ");
}

#[test]
fn the_kernels_own_key_is_not_a_copy_to_drop() {
    let room = Room::signed_in("developer");
    let lock = room.jit(&["lock"]).run();
    assert_eq!((lock.code(), lock.stderr.as_str()), (0, "✓ The kernel had no copy of the key\n"));
    assert_eq!(room.jit(&["status", "--check"]).run().code(), 0, "sessions are still there");
}

#[test]
fn without_a_browser_the_url_is_shown_even_when_quiet() {
    let room = Room::new();
    let started = room.jit(&["login", "--no-browser", "--quiet", "hub"]).start();
    let said = started.says("\n\nhttp://127.0.0.1:");
    let said = if said.ends_with("\n\n") { said } else { started.says("prompt=consent\n\n") };
    let address = said.lines().find(|line| line.starts_with("http://127.0.0.1:")).unwrap();
    let browser = room.program("curl", &["-sSL", "-o", "/dev/null", address]).run();
    assert_eq!(browser.code(), 0, "{browser}");
    let output = started.wait();
    assert!(output.code() == 0 && !output.stderr.contains('✓'), "{output}");
    assert!(room.opened().is_empty());
}

#[test]
fn a_role_refused_by_policy_has_its_own_error_kind() {
    let room = Room::new();
    let refusal = Refusal::new(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole");
    room.servers().faults(|faults| faults.always(Call::AssumeRole, Trouble::Refuse(refusal)));
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 4);
    let json = room.jit(&["whoami", "admin", "--json"]).run();
    let error: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((error["error"]["kind"].as_str(), json.code()), (Some("not_allowed"), 4), "{json}");
    assert!(error["error"]["hints"].to_string().contains("jit explain admin"), "{json}");
}

#[test]
fn a_device_code_has_a_qr_code_if_it_fits() {
    let room = Room::with(Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    });
    let login = |columns, rows| {
        let script =
            format!("stty cols {columns} rows {rows} && exec \"$0\" login --device --quiet hub --force");
        let output = room.program("sh", &["-c", &script, env!("CARGO_BIN_EXE_jit")]).on_terminal().run();
        assert_eq!(output.code(), 0, "{output}");
        assert!(output.stdout.contains("On any device, open"), "{output}");
        output.stdout
    };
    let (wide, narrow, low) = (login(100, 30), login(30, 30), login(100, 20));
    assert!(wide.contains("or scan:") && wide.contains("▀▀▀▀▀▀▀"), "{wide}");
    for without in [narrow, low] {
        assert!(!without.contains("scan") && !without.contains('▀'), "{without}");
    }
}
