//! IAM Identity Center: one sign-in, the portal's roles, what is renewed, what is refused.

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
    assert!(login.stderr.contains("✓ Signed in as alice@example.com at demo\n"), "{login}");
    assert!(
        login.stderr.contains("account 333333333333") && login.stderr.contains("account 555555555555"),
        "{login}"
    );
    let answer = room.asks_for("audit");
    assert_eq!((answer.code(), answer.stderr.as_str()), (0, ""), "{answer}");
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["AccountId"], "444444444444");
    assert_eq!((room.counts(SIGN_IN), room.counts(ROLES)), ([1, 1, 1], [2, 1]));
    let whoami = room.jit(&["whoami", "dev"]).run();
    assert!(whoami.stdout.contains("assumed-role/AWSReservedSSO_Developer_"), "{whoami}");
    let status = room.jit(&["status"]).run();
    assert!(status.stdout.contains("login  signed in at http://127.0.0.1:"), "{status}");
    let explained = room.jit(&["explain", "admin"]).run();
    for line in [
        "333333333333/Developer",
        "token of the portal until",
        "GetRoleCredentials at http",
        "set by the permission set",
    ] {
        assert!(explained.stdout.contains(line), "{line}: {explained}");
    }
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
    assert!(
        login.stderr.contains(
            "you are not assigned to Admin in account 444444444444, or it does not exist (No access)"
        ),
        "{login}"
    );
    assert_eq!(room.count(Call::GetRoleCredentials), 1, "a no is not asked for again");
}

/// The trouble, the exit code, and words of the message.
#[test]
fn trouble_at_the_portal() {
    let refuse = |status, code, text: &str| Trouble::Refuse(Refusal::new(status, code, text));
    let cases = [
        (
            Call::RegisterClient,
            refuse(400, "InvalidClientMetadataException", "no"),
            4,
            "the portal refused: invalid_client_metadata (no)",
        ),
        (
            Call::CenterToken,
            refuse(400, "AccessDeniedException", "no"),
            4,
            "the portal refused: access_denied",
        ),
        (Call::CenterToken, Trouble::Html, 1, "a response that jit could not read"),
        (Call::RegisterClient, Trouble::Megabyte, 1, "larger than 512 KB"),
        (Call::RegisterClient, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::CenterToken, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::CenterToken, Trouble::ServerError, 1, "status 500"),
        (Call::GetRoleCredentials, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::GetRoleCredentials, Trouble::Megabyte, 1, "larger than 512 KB"),
        (
            Call::GetRoleCredentials,
            refuse(401, "UnauthorizedException", "over"),
            4,
            "no longer accepts the token of the last sign-in (over)\n  next: jit login --force dev",
        ),
        (Call::GetRoleCredentials, Trouble::Html, 1, "a response that jit could not read"),
        (
            Call::GetRoleCredentials,
            refuse(404, "ResourceNotFoundException", "\u{1b}[2J"),
            4,
            "you are not assigned to Developer",
        ),
        (
            Call::GetRoleCredentials,
            refuse(429, "TooManyRequestsException", "slow"),
            1,
            "is rate-limiting requests",
        ),
    ];
    for (call, trouble, code, words) in cases {
        let room = room();
        room.servers().faults(|faults| faults.always(call, trouble));
        let login = room.jit(&["login", "dev"]).run();
        assert!(login.code() == code && login.stderr.contains(words), "{words}: {login}");
        assert!(!login.stderr.contains('\u{1b}'), "{login}");
    }
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
fn the_portals_roles_can_be_named() {
    let room = room();
    room.write_config(&room.center_config("").split("[role.audit]").next().unwrap().replace("dev]", "mine]"));
    let needed = room.jit(&["roles", "--refresh"]).run();
    insta::assert_snapshot!(room.told(&needed), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: you have not signed in there yet
      next: jit login --idp demo
    ");
    assert_eq!(room.jit(&["login", "mine"]).run().code(), 0);
    let roles = room.jit(&["roles", "--refresh"]).run();
    assert_eq!(roles.code(), 0, "{roles}");
    let table = "role                account                  from         about\n\
                 mine                acme-dev (333333333333)  config.toml  at demo\n\
                 acme-dev/ReadOnly   333333333333             demo\n\
                 acme-prod/ReadOnly  444444444444             demo\n";
    assert_eq!(roles.stdout, table, "{roles}");
    let calls = [Call::ListAccounts, Call::ListAccountRoles, Call::GetRoleCredentials];
    assert_eq!(room.counts(calls), [1, 2, 1]);
    // By number or by name, and without listing the roles again.
    assert_eq!(room.asks_for("444444444444/ReadOnly").code(), 0);
    assert_eq!(room.asks_for("acme-prod/ReadOnly").code(), 0);
    assert_eq!(room.counts(calls), [1, 2, 2]);
    let json = room.jit(&["roles", "prod", "--json"]).run();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["roles"][0]["name"], "acme-prod/ReadOnly");
    assert_eq!(json["roles"].as_array().unwrap().len(), 1);
    let none = room.jit(&["roles", "nowhere"]).run();
    assert_eq!(none.code(), 1);
}

#[test]
fn the_picker_shows_what_the_portal_offers() {
    let room = room();
    let mut login = room.jit(&["login", "--idp", "demo"]).somebody_types().start();
    login.says("Role");
    login.types("prod\r");
    let login = login.wait();
    assert!(login.code() == 0 && login.stdout.contains("audit"), "{login}");
}

#[test]
fn many_pages_of_accounts_and_what_changes_in_them() {
    let account =
        |n: usize| Account::new(&format!("{n:012}"), &format!("team {n} ✨"), &["Admin", "ReadOnly"]);
    let settings = Settings { accounts: (1..=250).map(account).collect(), ..Settings::default() };
    let room = Room::by_center(settings);
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 4, "it is not among them");
    let roles = room.jit(&["roles", "--refresh"]).run();
    assert_eq!(roles.code(), 0, "{roles}");
    assert_eq!(room.counts([Call::ListAccounts, Call::ListAccountRoles]), [3, 250]);
    let configured = "role                   account       from         about\n\
                      admin                  555555555555  config.toml  via dev\n\
                      audit                  444444444444  config.toml  at demo\n\
                      dev                    333333333333  config.toml  at demo\n";
    let offered = (1..=250).map(|n| {
        format!(
            "{n:012}/Admin     {n:012}  demo         team {n} ✨\n\
             {n:012}/ReadOnly  {n:012}  demo         team {n} ✨\n"
        )
    });
    assert_eq!(roles.stdout, configured.to_owned() + &offered.collect::<String>(), "{roles}");
    let progress = (1..=10).map(|n| format!("Asked demo about {} of 250 accounts\n", n * 25));
    assert_eq!(roles.stderr, progress.collect::<String>(), "{roles}");
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

/// What replaces what in the configuration, where the mistake is, and words of the message.
#[test]
fn mistakes_in_the_configuration() {
    let room = room();
    let cases = [
        ("permission_set = \"Developer\"", "", "[role.dev] has `account` without `permission_set`"),
        ("account = \"333333333333\"", "", "[role.dev] has `permission_set` without `account`"),
        ("\"333333333333\"", "\"333\"", "`333` is not an account id (12 digits)"),
        ("\"Developer\"", "\"a b\"", "`a b` is not a valid name of a permission set"),
        ("\"Developer\"", "\"Developer\"\nduration = \"2h\"", "a permission set cannot have `duration`"),
        (
            "\"Developer\"",
            "\"Developer\"\nrole_arn = \"arn:aws:iam::333333333333:role/x\"",
            "both `role_arn` and `permission_set`",
        ),
        (
            "account = \"333333333333\"\npermission_set = \"Developer\"",
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
            "Identity Center does not offer roles by ARN",
        ),
        ("region = \"eu-west-1\"", "region = \"Ireland\"", "`Ireland` is not a region"),
        ("region = \"eu-west-1\"\n", "", "[idp.demo] has no `region`"),
        ("start_url = \"http://127.0.0.1", "start_url = \"http://10.0.0.1", "is neither https"),
    ];
    for (from, to, words) in cases {
        let config = room.center_config("");
        assert!(config.contains(from), "{from}");
        room.write_config(&config.replacen(from, to, 1));
        let output = room.jit(&["explain", "dev"]).run();
        assert!(output.code() == 2 && output.stderr.contains(words), "{words}: {output}");
    }
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

/// Without a role on a terminal, every command that needs one lets the person pick, most recently used first.
#[test]
fn exec_and_console_pick_as_login_does() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.jit(&["login", "audit"]).somebody_types().start().wait().code(), 0);
    // Another terminal, where nothing was chosen yet; the list starts with what was chosen elsewhere.
    let mut exec = room.jit(&["exec", "--", "sh", "-c", "echo as $JIT_ROLE"]).somebody_types().start();
    let shown = crate::session::without_colour(&exec.says("via dev"));
    let places = ["audit", "dev"].map(|name| shown.find(name).unwrap_or_else(|| panic!("{name}: {shown}")));
    assert!(places.is_sorted() && shown.contains("left"), "{shown}");
    exec.types("dev\r");
    let exec = exec.wait();
    assert!(exec.code() == 0 && exec.stdout.contains("as dev"), "{exec}");
    let script = room.jit(&["exec", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&script), @"
    exit 2
    --- stderr
    error: no role was given
      next: the roles are: admin, audit, dev
      next: give a role, or set default_role in the configuration
    ");
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
