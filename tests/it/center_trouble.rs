//! IAM Identity Center at its worst: what the portal refuses, forgets, cuts off or invents, and who else
//! signs in there.

mod people;

use std::time::Duration;

use jit_emulator::{Account, Approval, Call, Refusal, Servers, Settings, Trouble, User};
use serde_json::Value;

use crate::support::front::{Front, reply};
use crate::support::{Output, Room, Run};

const LISTS: [Call; 2] = [Call::ListAccounts, Call::ListAccountRoles];

fn room() -> Room {
    Room::by_center(Settings::default())
}

fn refuse(status: u16, code: &str, text: &str) -> Trouble {
    Trouble::Refuse(Refusal::new(status, code, text))
}

/// What is wrong with which list. In parallel, because some of it takes time.
#[test]
fn a_missing_list_changes_nothing() {
    let cases = [
        (Call::ListAccounts, refuse(403, "ForbiddenException", "No access")),
        (Call::ListAccounts, refuse(404, "ResourceNotFoundException", "No access")),
        (Call::ListAccounts, refuse(401, "UnauthorizedException", "Session token not found or invalid")),
        (Call::ListAccounts, Trouble::ServerError),
        (Call::ListAccounts, Trouble::Html),
        (Call::ListAccounts, Trouble::Cut),
        (Call::ListAccounts, Trouble::Megabyte),
        (Call::ListAccounts, Trouble::Hang),
        (Call::ListAccountRoles, Trouble::Html),
        (Call::ListAccountRoles, refuse(401, "UnauthorizedException", "over")),
    ];
    let meets = |(call, trouble): (Call, Trouble)| {
        let room = room();
        assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
        let known = room.jit(&["roles", "--refresh"]).run();
        assert_eq!(known.code(), 0, "{known}");
        let asked = room.count(call);
        let hangs = matches!(trouble, Trouble::Hang);
        let refuses_the_token = matches!(&trouble, Trouble::Refuse(refusal) if refusal.status == 401);
        room.servers().faults(|faults| faults.always(call, trouble));
        let roles = room.jit(&["roles", "--refresh", "--full"]).run();
        assert!(!hangs || room.count(call) == asked + 1, "it is not waited for twice");
        let tokens = if refuses_the_token { 2 } else { 1 };
        assert_eq!(room.count(Call::CenterToken), tokens, "another token is tried, once: {roles}");
        assert_eq!(room.jit(&["roles"]).run().stdout, known.stdout);
        assert_eq!(room.asks_for("dev").code(), 0);
        format!("{}\n", room.told(&roles))
    };
    let told = std::thread::scope(|scope| {
        let runs = cases.map(|case| scope.spawn(|| meets(case)));
        runs.map(|run| run.join().unwrap()).concat()
    });
    insta::assert_snapshot!(told, @"
    exit 4
    --- stderr
    error: the portal shows you no accounts (No access)
      next: ask to be assigned to an account
      next: check `start_url`: it may be another company's portal

    exit 4
    --- stderr
    error: the portal shows you no accounts (No access)
      next: ask to be assigned to an account
      next: check `start_url`: it may be another company's portal

    exit 4
    --- stderr
    error: the portal no longer accepts the token of the last sign-in (Session token not found or invalid)
      next: jit login --force --idp demo

    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center

    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center

    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center

    exit 1
    --- stderr
    error: the portal did not answer: the response of 127.0.0.1:PORT is larger than 512 KB, the maximum that jit accepts
      next: check `region`, the network and the proxy
      next: run `jit doctor`

    exit 1
    --- stderr
    error: the portal did not answer: 127.0.0.1:PORT did not answer in time
      next: check `region`, the network and the proxy
      next: run `jit doctor`

    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center

    exit 4
    --- stderr
    error: the portal no longer accepts the token of the last sign-in (over)
      next: jit login --force --idp demo
    ");
}

#[test]
fn a_revoked_token_is_renewed_for_the_list() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    for call in LISTS {
        let over = refuse(401, "UnauthorizedException", "Session token not found or invalid");
        room.servers().faults(|faults| faults.next(1, call, over));
        let roles = room.jit(&["roles", "--refresh", "--full"]).run();
        assert_eq!((roles.code(), roles.stderr.as_str()), (0, ""), "{roles}");
    }
    assert_eq!(room.counts([Call::CenterToken, Call::CenterAuthorize]), [3, 1]);
}

/// An account that disappeared while it was being listed, one without a role, and none at all.
#[test]
fn without_any_role_there_is_nothing_to_name() {
    let accounts =
        vec![Account::new("666666666666", "empty", &[]), Account::new("444444444444", "p", &["ReadOnly"])];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    let login = room.jit(&["login", "--idp", "demo"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    Signed in at demo; your user name comes with the first session
    ✓ Signed in as alice@example.com at demo
      audit  account 444444444444  until HH:MM  TIME left  set by the permission set
    ");
    room.servers().faults(|faults| {
        faults.next(1, Call::ListAccountRoles, refuse(403, "ForbiddenException", "No access"))
    });
    let roles = room.jit(&["roles", "--refresh"]).run();
    assert!(roles.code() == 0 && !roles.stdout.contains("666666666666"), "{roles}");

    let room = Room::by_center(Settings { accounts: Vec::new(), ..Settings::default() });
    room.write_config(room.center_config("").split("[role.dev]").next().unwrap());
    let login = room.jit(&["login", "--idp", "demo"]).run();
    insta::assert_snapshot!(room.told(&login), @r#"
    exit 2
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    Signed in at demo; your user name comes with the first session
    error: demo lists no roles, and none is configured for it
      next: add a [role.NAME] with idp = "demo"
    "#);
}

/// One page after the other, each with a token for the next.
#[test]
fn an_endless_list_is_abandoned() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let json = |body: &Value| reply("200 OK", "application/json", &body.to_string());
    let more = move |request: &str| {
        let at = request.split("next_token=").nth(1).unwrap_or("0");
        let at: usize = at.split(['&', ' ']).next().unwrap().parse().unwrap();
        json(&serde_json::json!({ "accountList": [], "nextToken": (at + 1).to_string() }))
    };
    let same = move |_: &str| json(&serde_json::json!({ "accountList": [], "nextToken": "again" }));
    let mut answers = String::new();
    for portal in [Front::start(None, more), Front::start(None, same)] {
        let url = format!("http://{}", portal.address);
        let roles = room.jit(&["roles", "--refresh"]).env("AWS_ENDPOINT_URL_SSO", &url).run();
        answers.push_str(&format!("{}\n", room.told(&roles)));
    }
    insta::assert_snapshot!(answers, @"
    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read (more than 1000 pages of one list)
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center

    exit 1
    --- stderr
    error: the portal answered with a response that jit could not read (more than 1000 pages of one list)
      next: try again in a minute
      next: check `region`: it must be the region of Identity Center
    ");
}

#[test]
fn an_expiring_or_forgotten_client_is_registered_again() {
    const CLIENT: [Call; 2] = [Call::RegisterClient, Call::CenterAuthorize];
    let over = || refuse(400, "InvalidGrantException", "the session of the portal is over");
    let unknown = || refuse(401, "InvalidClientException", "this client is not known");
    // It has an hour left, which may be less than the next session.
    let settings = Settings { registration_lifetime: Duration::from_secs(3600), ..Settings::default() };
    let soon = Room::by_center(settings);
    assert_eq!(soon.jit(&["login", "dev"]).run().code(), 0);
    soon.leave_a_refresh_token();
    soon.servers().faults(|faults| faults.next(1, Call::CenterToken, over()));
    assert_eq!(soon.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(soon.counts(CLIENT), [2, 2]);
    // It has months left, and the next sign-in needs no new one.
    let known = room();
    assert_eq!(known.jit(&["login", "dev"]).run().code(), 0);
    known.leave_a_refresh_token();
    known.servers().faults(|faults| faults.next(1, Call::CenterToken, over()));
    assert_eq!(known.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(known.counts(CLIENT), [1, 2]);
    // It is no longer registered, which the page in the browser could not report.
    known.leave_a_refresh_token();
    known.servers().faults(|faults| faults.next(1, Call::CenterToken, unknown()));
    let process = known.jit(&["credential-process", "dev"]).run();
    assert!(process.code() == 3 && process.stderr.contains("jit login dev"), "{process}");
    assert_eq!(known.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(known.counts(CLIENT), [2, 3]);
    // Reported when the device code is requested.
    assert_eq!(known.jit(&["login", "dev", "--device", "--force"]).run().code(), 0);
    known.leave_a_refresh_token();
    known.servers().faults(|faults| {
        faults.next(1, Call::CenterToken, over());
        faults.next(1, Call::CenterDevice, unknown());
    });
    let login = known.jit(&["login", "dev", "--device"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert_eq!(known.counts([Call::RegisterClient, Call::CenterDevice]), [4, 3]);
    // A service that knows no client at all is not called forever.
    known.servers().faults(|faults| faults.always(Call::CenterToken, unknown()));
    let login = known.jit(&["login", "dev", "--force"]).run();
    assert!(login.code() == 4 && login.stderr.contains("the portal refused: invalid_client"), "{login}");
}

/// The file says that it is valid; the portal knows better.
#[test]
fn an_expired_token_of_the_aws_cli_requires_a_sign_in() {
    let room = room();
    let file = ".aws/sso/cache/0123456789abcdef0123456789abcdef01234567.json";
    std::fs::create_dir_all(room.path(".aws/sso/cache")).unwrap();
    room.write(file, &crate::center::signed_in_by_the_cli(&room));
    let over = refuse(401, "UnauthorizedException", "Session token not found or invalid");
    room.servers().faults(|faults| faults.next(1, Call::GetRoleCredentials, over));
    let mut login = room.jit(&["login", "dev"]).somebody_types().start();
    login.says("The AWS CLI is signed in at");
    login.types("y\n");
    let login = login.wait();
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    The AWS CLI is signed in at http://127.0.0.1:PORT/start. Use its token? [y/N] y
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as alice@example.com at demo
      dev  account 333333333333  until HH:MM  TIME left  set by the permission set
    ");
    assert_eq!(login.stdout.matches("The AWS CLI is signed in").count(), 1, "asked once: {login}");
    assert_eq!(room.count(Call::CenterAuthorize), 1);
    std::fs::remove_file(room.path(file)).unwrap();
}

#[test]
fn an_unapproved_device_code_expires() {
    let pending = || refuse(400, "AuthorizationPendingException", "the person has not decided yet");
    let cases = [
        (3, pending()),
        (600, refuse(400, "ExpiredTokenException", "over")),
        (600, refuse(400, "AccessDeniedException", "no")),
        (0, pending()),
    ];
    let mut answers = String::new();
    for (seconds, trouble) in cases {
        let room = Room::by_center(Settings {
            device_code_lifetime: Duration::from_secs(seconds),
            device_interval: Duration::from_secs(1),
            ..Settings::default()
        });
        room.servers().faults(|faults| faults.always(Call::CenterToken, trouble));
        let login = room.jit(&["login", "dev", "--device"]).run();
        answers.push_str(&format!("{}\n", room.told(&login)));
    }
    insta::assert_snapshot!(answers, @"
    exit 1
    --- stderr
    On any device, open  http://127.0.0.1:PORT/device
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 3 s
    error: the code was not approved within 3 s
      next: run `jit login dev` again

    exit 1
    --- stderr
    On any device, open  http://127.0.0.1:PORT/device
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: the code was not approved within 5 min
      next: run `jit login dev` again

    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/device
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 5 min
    error: the portal refused: access_denied (no)
      next: jit login --force dev

    exit 1
    --- stderr
    On any device, open  http://127.0.0.1:PORT/device
    and enter this code, or check that the page shows the same:

        C O D E - C O D E

    Waiting for you, at most 0 s
    error: the code was not approved within 0 s
      next: run `jit login dev` again
    ");
}
