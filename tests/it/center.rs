//! IAM Identity Center: one sign-in, the portal's roles, what is renewed, what is refused.

mod offered;
mod settings;

use std::time::Duration;

use jit_emulator::{Account, Call, Refusal, Settings, Trouble};
use serde_json::{Value, json};

use crate::support::Room;

const SIGN_IN: [Call; 3] = [Call::RegisterClient, Call::CenterAuthorize, Call::CenterToken];
const ROLES: [Call; 2] = [Call::GetRoleCredentials, Call::AssumeRole];

fn room() -> Room {
    Room::by_center(Settings::default())
}

#[test]
fn one_sign_in_serves_permission_sets_and_the_roles_behind_them() {
    let room = room();
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      dev    account 333333333333  until HH:MM  TIME left  set by the permission set
      admin  account 555555555555  until HH:MM  TIME left
    ");
    let answer = room.asks_for("audit");
    assert_eq!((answer.code(), answer.stderr.as_str()), (0, ""), "{answer}");
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["AccountId"], "444444444444");
    assert_eq!((room.counts(SIGN_IN), room.counts(ROLES)), ([1, 1, 1], [2, 1]));
    let whoami = room.jit(&["whoami", "dev"]).run();
    insta::assert_snapshot!(room.told(&whoami), @"
    exit 0
    --- stdout
    account  333333333333
    arn      arn:aws:sts::333333333333:assumed-role/RANDOM/alice@example.com
    user id  AROARIR7JMXDSTGN66QKB:alice@example.com
    idp      alice@example.com at demo
    signed in HH:MM
    ");
    let status = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    role   account       left  until  user
    admin  555555555555  TIME  HH:MM  alice@example.com
    audit  444444444444  TIME  HH:MM  alice@example.com
    dev    333333333333  TIME  HH:MM  alice@example.com

    login  signed in at http://127.0.0.1:PORT/start, renews itself, signed in HH:MM
    store  kernel in ~/state/jit/kernel: set by JIT_STORE
    ");
    let explained = room.jit(&["explain", "admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    admin (from the command line)

    1. idp demo
      start_url          http://127.0.0.1:PORT/start                 ~/config/jit/config.toml:3
      region             eu-west-1                                    ~/config/jit/config.toml:4
      flow               auto                                         default
      redirect_port      any free port                                default
      sso_oidc_endpoint  http://127.0.0.1:PORT                       AWS_ENDPOINT_URL_SSO_OIDC
      sso_endpoint       http://127.0.0.1:PORT                       AWS_ENDPOINT_URL_SSO
      sign_in            signed in HH:MM                              the assertion
      stored             token of the portal until HH:MM, TIME left
      not needed         http://127.0.0.1:PORT/start, with the stored sign-in

    2. hub dev
      assigned           333333333333/Developer                       ~/config/jit/config.toml:10
      duration           1 h                                          set by the permission set
      session_name       the user of Identity Center                  default
      sts_region         us-east-1                                    the partition's first region
      sts_endpoint       http://STS                       AWS_ENDPOINT_URL_STS
      sign_in            signed in HH:MM                              the session
      stored             session until HH:MM, TIME left
      not needed         GetRoleCredentials at http://127.0.0.1:PORT

    3. spoke admin
      role_arn           arn:aws:iam::555555555555:role/center-admin  ~/config/jit/config.toml:19
      duration           1 h                                          default
      session_name       the session name of the hub                  default
      sts_region         us-east-1                                    the partition's first region
      sts_endpoint       http://STS                       AWS_ENDPOINT_URL_STS
      sign_in            signed in HH:MM                              the session
      stored             session until HH:MM, TIME left
      not needed         AssumeRole at http://STS
    ");
}

#[test]
fn a_device_code_works_without_a_browser() {
    let settings = Settings { device_interval: Duration::from_secs(1), ..Settings::default() };
    let room = Room::by_center(settings);
    let login = room.jit(&["login", "dev", "--device"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    On any device, open  http://127.0.0.1:PORT/device
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    ✓ Signed in as alice@example.com at demo
      dev  account 333333333333  until HH:MM  TIME left  set by the permission set
    ");
    assert_eq!(room.counts([Call::CenterDevice, Call::CenterAuthorize]), [1, 0]);
}

#[test]
fn tokens_are_renewed_silently_and_registrations_reused() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    for round in 2..=3 {
        room.leave_a_refresh_token();
        assert_eq!(room.asks_for("dev").code(), 0);
        assert_eq!(room.counts(SIGN_IN), [1, 1, round], "each refresh token is good for one use");
    }
    // A token that the portal no longer accepts is renewed once, and the portal is called again.
    room.entries("session-").into_iter().for_each(|entry| std::fs::remove_file(entry).unwrap());
    let over = Refusal::new(401, "UnauthorizedException", "Session token not found or invalid");
    room.servers().faults(|faults| faults.next(1, Call::GetRoleCredentials, Trouble::Refuse(over)));
    assert_eq!(room.asks_for("dev").code(), 0);
    assert_eq!(room.counts(SIGN_IN), [1, 1, 4]);
    // Starting over registers another client.
    assert_eq!(room.jit(&["login", "dev", "--force"]).run().code(), 0);
    assert_eq!(room.counts(SIGN_IN), [2, 2, 5]);
}

#[test]
fn a_session_is_used_after_the_portal_session_ended() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    room.age_login(Duration::from_secs(2 * 3600));
    let dead = Refusal::new(400, "InvalidGrantException", "the session of the portal is over");
    room.servers().faults(|faults| faults.always(Call::CenterToken, Trouble::Refuse(dead)));
    assert_eq!(room.asks_for("dev").code(), 0);
    let audit = room.jit(&["credential-process", "audit"]).run();
    insta::assert_snapshot!(room.told(&audit), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: the last sign-in has expired: the portal refused: invalid_grant (the session of the portal is over)
      next: jit login audit
    ");
    // A dead token is not tried again.
    let asked = room.count(Call::CenterToken);
    assert_eq!(room.jit(&["credential-process", "audit"]).run().code(), 3);
    assert_eq!(room.count(Call::CenterToken), asked);
}

#[test]
fn starting_over_ends_the_portal_session_and_drops_its_role_sessions() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let before = room.asks_for("dev").stdout;
    assert_eq!(room.jit(&["login", "dev", "--force"]).run().code(), 0);
    assert_eq!(room.counts([Call::PortalLogout, Call::CenterAuthorize, Call::GetRoleCredentials]), [1, 2, 2]);
    assert_ne!(room.asks_for("dev").stdout, before);
    let out = room.jit(&["logout", "dev"]).run();
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ demo revoked the session of the portal
    ✓ Signed out of demo, forgot dev
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert_eq!(room.count(Call::PortalLogout), 2);
    assert_eq!(room.jit(&["credential-process", "dev"]).run().code(), 3);
}

#[test]
fn an_unassigned_person_is_told_so() {
    let room = room();
    room.write_config(&room.center_config("").replace("\"ReadOnly\"", "\"Admin\""));
    let login = room.jit(&["login", "audit"]).run();
    assert_eq!(login.code(), 4, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 4
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: you are not assigned to Admin in account 444444444444, or it does not exist (No access)
      next: compare account and permission_set with the portal's page
      next: ask to be assigned
      next: `jit roles 444444444444` lists what you were offered there
      next: jit explain audit  shows every value of the request
    ");
    assert_eq!(room.count(Call::GetRoleCredentials), 1, "a no is not asked for again");
}

#[test]
fn throttling_is_handled_silently() {
    let room = room();
    room.servers().faults(|faults| {
        for call in [Call::GetRoleCredentials, Call::ListAccounts, Call::ListAccountRoles] {
            let slow = Refusal::new(429, "TooManyRequestsException", "HTTP 429 Unknown Code");
            faults.next(2, call, Trouble::Refuse(slow));
        }
    });
    let login = room.jit(&["login", "dev"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let roles = room.jit(&["roles", "--refresh"]).run();
    assert_eq!((roles.code(), roles.stderr.as_str()), (0, ""), "{roles}");
}

#[test]
fn many_callers_share_one_sign_in() {
    let room = room();
    room.write_config(&room.center_config("auto_login = true"));
    let runs = (0..20).map(|n| {
        let role = ["dev", "audit", "admin"][n % 3];
        room.jit(&["credential-process", role]).hands_over()
    });
    for answer in room.at_once(runs) {
        assert_eq!(answer.code(), 0, "{answer}");
    }
    assert_eq!((room.counts(SIGN_IN), room.counts(ROLES)), ([1, 1, 1], [2, 1]));
}

#[test]
fn one_sign_in_serves_all_configured_roles() {
    let room = room();
    let login = room.jit(&["login", "--all"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ 3 roles of 3
      admin  account 555555555555  until HH:MM  TIME left
      audit  account 444444444444  until HH:MM  TIME left  set by the permission set
      dev    account 333333333333  until HH:MM  TIME left  set by the permission set
    ");
    assert_eq!((room.counts(SIGN_IN), room.counts(ROLES)), ([1, 1, 1], [2, 1]));
}

/// What the AWS CLI leaves in the home after `aws sso login`.
pub(crate) fn signed_in_by_the_cli(room: &Room) -> String {
    let url = room.servers().center_url();
    let post = |path: &str, body: &Value| -> Value {
        let body = body.to_string();
        let answer = room.program("curl", &["-s", "-d", &body, &format!("{url}{path}")]).hands_over().run();
        serde_json::from_str(&answer.stdout).unwrap()
    };
    let mut known = post("/client/register", &json!({ "clientName": "cli", "clientType": "public" }));
    known["startUrl"] = json!(room.servers().start_url());
    known["deviceCode"] = post("/device_authorization", &known)["deviceCode"].clone();
    known["grantType"] = json!("urn:ietf:params:oauth:grant-type:device_code");
    let token = post("/token", &known)["accessToken"].clone();
    let until = time::OffsetDateTime::now_utc() + Duration::from_secs(3000);
    let until = until.format(&time::format_description::well_known::Rfc3339).unwrap();
    let cached = json!({ "startUrl": format!("{}/#/", room.servers().start_url()), "region": "eu-west-1",
        "accessToken": token, "expiresAt": until });
    cached.to_string()
}

#[test]
fn a_token_of_the_aws_cli_is_used_after_confirmation() {
    for (answer, sign_ins) in [("y\n", 0), ("n\n", 1)] {
        let room = room();
        let cached = signed_in_by_the_cli(&room);
        let file = ".aws/sso/cache/0123456789abcdef0123456789abcdef01234567.json";
        std::fs::create_dir_all(room.path(".aws/sso/cache")).unwrap();
        room.write(file, &cached);
        let mut login = room.jit(&["login", "dev"]).somebody_types().start();
        login.says("The AWS CLI is signed in at http://127.0.0.1:");
        login.types(answer);
        let login = login.wait();
        assert!(login.code() == 0 && login.stdout.contains("Signed in as alice@example.com"), "{login}");
        assert_eq!(room.count(Call::CenterAuthorize), sign_ins, "{login}");
        assert_eq!(std::fs::read_to_string(room.path(file)).unwrap(), cached, "it stays the CLI's");
        std::fs::remove_file(room.path(file)).unwrap();
    }
    // Nobody can be asked, so the token is not used.
    let room = room();
    std::fs::create_dir_all(room.path(".aws/sso/cache")).unwrap();
    room.write(".aws/sso/cache/x.json", "{\"startUrl\":");
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.count(Call::CenterAuthorize), 1);
}

#[test]
fn a_duration_for_a_permission_set_is_refused_and_roles_to_confirm_are_skipped() {
    let room = room();
    let refused = room.jit(&["login", "dev", "--duration", "2h"]).run();
    insta::assert_snapshot!(room.told(&refused), @"
    exit 2
    --- stderr
    error: dev is a permission set, and Identity Center decides how long its sessions last
      next: leave out --duration
      next: an administrator of Identity Center can change the session duration of the permission set
    ");
    assert_eq!(room.jit(&["login", "admin", "--duration", "30m"]).run().code(), 0, "a role of IAM takes it");
    let config = room.center_config("").replace("[role.audit]\n", "[role.audit]\nconfirm = true\n");
    room.write_config(&config);
    let all = room.jit(&["login", "--all", "--duration", "30m"]).run();
    insta::assert_snapshot!(room.told(&all), @"
    exit 0
    --- stderr
    warning: --duration has no effect on dev: something else decides how long their sessions last
    ✓ 2 roles of 2
      admin  account 555555555555  until HH:MM  TIME left
      dev    account 333333333333  until HH:MM  TIME left  set by the permission set
    Skipped roles that need a confirmation (confirm = true): audit. Next: jit login audit
    ");
    let only = config.split("[role.admin]").next().unwrap();
    room.write_config(&only.replace("[role.dev]\n", "[role.dev]\nconfirm = true\n"));
    let nothing = room.jit(&["login", "--all"]).run();
    insta::assert_snapshot!(room.told(&nothing), @"
    exit 2
    --- stderr
    error: every role here needs a confirmation, and --all asks for none: audit, dev
      next: jit login audit
      next: jit login dev
    ");
}
