//! Whoever has profiles in `~/.aws/config` needs no other configuration.

use jit::demo::{Approval, Call, Role, Servers, Settings};
use serde_json::Value;

use crate::support::Room;

const ADMIN: &str = "arn:aws:iam::555555555555:role/center-admin";

/// A home with nothing but a `~/.aws/config`.
fn room() -> Room {
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    let via = Servers::assigned_role("333333333333", "Developer");
    settings.roles.push(Role::spoke(ADMIN, &via, 3600));
    let room = Room::with(settings);
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let start = room.servers().start_url();
    room.write(
        ".aws/config",
        &format!(
            "[default]\nregion = eu-west-1\n\n[sso-session acme]\nsso_start_url = {start}\nsso_region = eu-west-1\n\n\
             [profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\nregion = eu-central-1\n\n\
             [profile admin]\nrole_arn = {ADMIN}\nsource_profile = dev\nrole_session_name = on-call\n\n\
             [profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n\n\
             [profile stale]\ncredential_process = \"/usr/bin/jit\" credential-process stale\n"
        ),
    );
    room
}

#[test]
fn a_tour_with_nothing_but_profiles() {
    let room = room();
    let listed = room.jit(&["roles"]).run();
    let table = format!(
        "role   account       from           about\n\
         dev    333333333333  ~/.aws/config  333333333333/Developer\n\
         admin  555555555555  ~/.aws/config  {ADMIN}\n"
    );
    assert_eq!((listed.code(), listed.stdout.as_str()), (0, table.as_str()), "{listed}");
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert!(
        login.stderr.contains("✓ Signed in as on-call at acme\n") || login.stderr.contains("at acme\n"),
        "{login}"
    );
    let region = room.jit(&["exec", "-q", "dev", "--", "sh", "-c", "echo $AWS_REGION $JIT_ACCOUNT_ID"]).run();
    assert_eq!(region.stdout, "eu-central-1 333333333333\n", "{region}");
    let whoami = room.jit(&["whoami", "admin"]).run();
    assert!(whoami.stdout.contains("assumed-role/center-admin/on-call"), "{whoami}");
    let answer: Value = serde_json::from_str(&room.asks_for("admin").stdout).unwrap();
    assert_eq!(answer["AccountId"], "555555555555");
    assert_eq!(room.counts([Call::CenterAuthorize, Call::GetRoleCredentials, Call::AssumeRole]), [1, 1, 1]);
    let explained = room.jit(&["explain", "admin"]).run();
    assert!(explained.stdout.contains("~/.aws/config:15"), "{explained}");
    assert_eq!(room.jit(&["logout", "admin"]).run().code(), 0);
    assert_eq!(room.count(Call::PortalLogout), 1);
}

#[test]
fn what_a_profile_cannot_be_used_for() {
    let room = room();
    let keys = room.jit(&["exec", "keys", "--", "true"]).run();
    assert_eq!(keys.code(), 2, "{keys}");
    let words = "error: ~/.aws/config:20: the profile keys has static keys (`aws_access_key_id`), which jit does not use\n";
    assert!(keys.stderr.starts_with(words), "{keys}");
    for name in ["stale", "nowhere"] {
        let gone = room.jit(&["exec", name, "--", "true"]).run();
        assert!(gone.code() == 2 && gone.stderr.contains(&format!("there is no role `{name}`")), "{gone}");
    }
    let mut text = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    text.push_str("[profile dev]\nregion = x\n");
    room.write(".aws/config", &text);
    let twice = room.jit(&["exec", "dev", "--", "true"]).run();
    assert!(
        twice.code() == 2 && twice.stderr.contains("this section is a duplicate of the one on line 8"),
        "{twice}"
    );
}

#[test]
fn the_configuration_s_own_role_counts_first() {
    let room = room();
    room.write_config(
        room.usual_config().replace("[role.admin]", "[role.dev]").split("[role.developer]").next().unwrap(),
    );
    let explained = room.jit(&["explain", "dev"]).run();
    assert!(explained.stdout.contains("AssumeRoleWithWebIdentity"), "{explained}");
}
