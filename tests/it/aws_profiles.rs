//! A person with profiles in `~/.aws/config` needs no other configuration.

mod sources;

use jit_emulator::{Approval, Call, HUB, KeyUser, Role, Servers, Settings};
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
    insta::assert_snapshot!(room.told(&whoami), @"
    exit 0
    --- stdout
    account  555555555555
    arn      arn:aws:sts::555555555555:assumed-role/center-admin/on-call
    user id  AROAQLVJNEQXAJTFD6RDZ:on-call
    idp      alice@example.com at acme
    signed in HH:MM
    ");
    let answer: Value = serde_json::from_str(&room.asks_for("admin").stdout).unwrap();
    assert_eq!(answer["AccountId"], "555555555555");
    assert_eq!(room.counts([Call::CenterAuthorize, Call::GetRoleCredentials, Call::AssumeRole]), [1, 1, 1]);
    let explained = room.jit(&["explain", "admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    admin (from the command line)

    1. idp acme
      start_url          http://127.0.0.1:PORT/start                 ~/.aws/config:5
      region             eu-west-1                                    ~/.aws/config:6
      flow               auto                                         default
      redirect_port      any free port                                default
      sso_oidc_endpoint  http://127.0.0.1:PORT                       AWS_ENDPOINT_URL_SSO_OIDC
      sso_endpoint       http://127.0.0.1:PORT                       AWS_ENDPOINT_URL_SSO
      sign_in            signed in HH:MM                              the assertion
      stored             token of the portal until HH:MM, TIME left
      not needed         http://127.0.0.1:PORT/start, with the stored sign-in

    2. hub dev
      assigned           333333333333/Developer                       ~/.aws/config:11
      duration           1 h                                          set by the permission set
      session_name       the user of Identity Center                  default
      sts_region         us-east-1                                    the partition's first region
      sts_endpoint       http://STS                       AWS_ENDPOINT_URL_STS
      sign_in            signed in HH:MM                              the session
      stored             session until HH:MM, TIME left
      not needed         GetRoleCredentials at http://127.0.0.1:PORT

    3. spoke admin
      role_arn           arn:aws:iam::555555555555:role/center-admin  ~/.aws/config:15
      duration           1 h                                          default
      session_name       on-call                                      ~/.aws/config:17
      sts_region         us-east-1                                    the partition's first region
      sts_endpoint       http://STS                       AWS_ENDPOINT_URL_STS
      sign_in            signed in HH:MM                              the session
      stored             session until HH:MM, TIME left
      not needed         AssumeRole at http://STS
    ");
    assert_eq!(room.jit(&["logout", "admin"]).run().code(), 0);
    assert_eq!(room.count(Call::PortalLogout), 1);
}

#[test]
fn unusable_profiles_say_why() {
    let room = room();
    let mut answers = String::new();
    for name in ["stale", "nowhere"] {
        let gone = room.jit(&["exec", name, "--", "true"]).run();
        answers.push_str(&format!("{}\n", room.told(&gone)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: no role matches `stale`
      next: the roles are: dev, admin

    exit 2
    --- stderr
    error: no role matches `nowhere`
      next: the roles are: dev, admin
    ");
    let mut text = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    text.push_str("[profile dev]\nregion = x\n");
    room.write(".aws/config", &text);
    let twice = room.jit(&["exec", "dev", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&twice), @"
    exit 2
    --- stderr
    error: ~/.aws/config: line 21, column 1: this section is a duplicate of the one on line 8: [profile dev]
    ");
}

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const OPS: &str = "arn:aws:iam::222222222222:role/ops";
const GUARDED: &str = "arn:aws:iam::222222222222:role/guarded";

/// A home with the long-lived access keys of an IAM user, and profiles that start from everything that AWS's
/// tools support.
fn room_with_keys() -> Room {
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.key_users.push(KeyUser {
        arn: ALICE.to_owned(),
        key_id: "AKIAALICE".to_owned(),
        secret_key: "alice+static+secret".to_owned(),
        mfa_code: "123456".to_owned(),
    });
    settings.roles.push(Role::spoke(OPS, ALICE, 12 * 3600));
    settings.roles.push(Role { wants_mfa: true, ..Role::spoke(GUARDED, ALICE, 3600) });
    let room = Room::with(settings);
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    room.write(
        ".aws/credentials",
        "[keys]\naws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n",
    );
    let process = "import json,os,sys;open('asked','a').write('x');print(json.dumps({'Version':1,'AccessKeyId':'AKIAALICE',\
                   'SecretAccessKey':open('.aws/credentials').read().split()[-1]}))";
    room.write("vault.py", process);
    let home = room.path("");
    let home = home.to_str().unwrap().trim_end_matches('/');
    room.write(
        ".aws/config",
        &format!(
            "[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\nduration_seconds = 7200\n\n\
             [profile guarded]\nrole_arn = {GUARDED}\nsource_profile = keys\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n\n\
             [profile vault]\ncredential_process = python3 {home}/vault.py\n\n\
             [profile by-vault]\nrole_arn = {OPS}\nsource_profile = vault\n\n\
             [profile by-env]\nrole_arn = {OPS}\ncredential_source = Environment\n\n\
             [profile by-token]\nrole_arn = {HUB}\nweb_identity_token_file = {home}/token\n\n\
             [profile round]\ncredential_process = {jit} exec -q round -- true\n",
            jit = env!("CARGO_BIN_EXE_jit"),
        ),
    );
    room
}

fn arn(room: &Room, profile: &str) -> String {
    let whoami = room.jit(&["whoami", profile, "--json"]).run();
    assert_eq!(whoami.code(), 0, "{whoami}");
    let said: Value = serde_json::from_str(&whoami.stdout).unwrap();
    said["arn"].as_str().unwrap().to_owned()
}

#[test]
fn long_lived_access_keys_are_used_and_reported() {
    let room = room_with_keys();
    let keys =
        room.jit(&["exec", "keys", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID ${#AWS_SESSION_TOKEN}"]).run();
    // A session, and not the keys themselves.
    insta::assert_snapshot!(room.told(&keys), @"
    exit 0
    --- stdout
    ASIA… 900
    --- stderr
    warning: the profile keys has long-lived access keys (~/.aws/credentials:2); sign in at an IdP instead where you can
    keys  account 111111111111  TIME left
    ");
    assert_eq!(arn(&room, "keys"), ALICE);
    assert_eq!(arn(&room, "ops"), "arn:aws:sts::222222222222:assumed-role/ops/alice");
    // Stored like every session, and for as long as the profile says: keys are not a role, so this is not
    // role chaining.
    let answer = room.asks_for("ops");
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["AccountId"], "222222222222");
    assert_eq!(room.counts([Call::GetSessionToken, Call::AssumeRole]), [1, 1]);
    let status = room.jit(&["status"]).run();
    let two_hours = ["2 h ", "1 h 59 min "].map(|left| format!("ops   222222222222  {left}"));
    assert!(two_hours.iter().any(|row| status.stdout.contains(row)), "{status}");
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    role  account       left  until  user
    keys  111111111111  TIME  HH:MM  alice
    ops   222222222222  TIME  HH:MM  alice

    store  kernel in ~/state/jit/kernel: set by JIT_STORE
    ");
    let explained = room.jit(&["explain", "ops"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    ops (from the command line)

    1. source keys
      access_key_id  AKIAALICE                           ~/.aws/credentials:2
      stored         nothing
      not needed     nothing: the keys are in the file

    2. hub ops
      role_arn       arn:aws:iam::222222222222:role/ops  ~/.aws/config:2
      duration       2 h                                 ~/.aws/config:4
      session_name   the name known to AWS               default
      sts_region     us-east-1                           the partition's first region
      sts_endpoint   http://STS              AWS_ENDPOINT_URL_STS
      stored         session until HH:MM, TIME left
      not needed     AssumeRole at http://STS
    ");
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

/// AWS's sign-in page accepts no user session. A user's keys can still start a role's session.
#[test]
fn a_users_own_keys_open_no_console_and_a_role_behind_them_does() {
    let room = room_with_keys();
    for profile in ["keys", "vault"] {
        let refused = room.jit(&["console", profile, "--print"]).run();
        assert_eq!(refused.code(), 2, "{refused}");
        let words = format!(
            "error: {profile} is an IAM user, and AWS opens the console only for sessions of roles and federated users\n  \
             next: add a profile with role_arn and source_profile = {profile} to ~/.aws/config, and open the console with that profile\n"
        );
        assert!(refused.stderr.ends_with(&words), "{refused}");
    }
    assert_eq!(room.count(Call::Federation), 0, "nothing was asked");
    let behind = room.jit(&["console", "ops", "--print"]).hands_over().run();
    insta::assert_snapshot!(room.told(&behind), @"
    exit 0
    --- stdout
    http://STS/federation?Action=login&Issuer=&Destination=https%3A%2F%2Fus-east-1.console.aws.amazon.com%2Fconsole%2Fhome%3Fregion%3Dus-east-1&SigninToken=RANDOM
    --- stderr
    warning: the profile keys has long-lived access keys (~/.aws/credentials:2); sign in at an IdP instead where you can
    ");
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

#[test]
fn a_code_of_an_mfa_device_is_asked_for_on_the_terminal() {
    let room = room_with_keys();
    let nobody = room.asks_for("guarded");
    assert_eq!(nobody.code(), 3, "{nobody}");
    insta::assert_snapshot!(room.told(&nobody), @"
    exit 3
    --- stderr
    warning: the profile keys has long-lived access keys (~/.aws/credentials:2); sign in at an IdP instead where you can
    error: guarded needs a code of the MFA device arn:aws:iam::111111111111:mfa/alice
      next: run `jit login guarded` on a terminal, where the code can be asked for
    ");
    for (code, exit, words) in
        [("000000\n", 4, "the MFA code is wrong or was already used"), ("123456\n", 0, "Signed in")]
    {
        let mut login = room.jit(&["login", "guarded"]).somebody_types().start();
        login.says("MFA code of arn:aws:iam::111111111111:mfa/alice: ");
        login.types(code);
        let login = login.wait();
        assert!(login.code() == exit && login.stdout.contains(words), "{login}");
    }
    assert_eq!(room.asks_for("guarded").code(), 0);
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

#[test]
fn a_configured_role_precedes_a_profile() {
    let room = room();
    room.write_config(
        room.usual_config().replace("[role.admin]", "[role.dev]").split("[role.developer]").next().unwrap(),
    );
    let explained = room.jit(&["explain", "dev"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    dev (from the command line)

    1. idp demo
      issuer         http://IDP                  ~/config/jit/config.toml:3
      client_id      jit-demo                                ~/config/jit/config.toml:4
      flow           auto                                    default
      redirect_port  any free port                           default
      stored         nothing
      would call     sign in at http://IDP

    2. hub hub
      role_arn       arn:aws:iam::111111111111:role/jit-hub  ~/config/jit/config.toml:8
      duration       1 h                                     default
      session_name   the IdP's user                          default
      sts_region     us-east-1                               the partition's first region
      sts_endpoint   http://STS                  AWS_ENDPOINT_URL_STS
      stored         nothing
      would call     AssumeRoleWithWebIdentity at http://STS

    3. spoke dev
      role_arn       arn:aws:iam::222222222222:role/admin    ~/config/jit/config.toml:12
      duration       1 h                                     default
      session_name   the IdP's user                          default
      sts_region     eu-west-1                               ~/config/jit/config.toml:13
      sts_endpoint   http://STS                  AWS_ENDPOINT_URL_STS
      region         eu-west-1                               ~/config/jit/config.toml:13
      stored         nothing
      would call     AssumeRole at http://STS
    ");
}
