//! IAM Identity Center at its worst: what the portal refuses, forgets, cuts off or invents, and who else
//! signs in there.

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

/// What is wrong with which list, the exit code, and words of the message. In parallel, because some of it
/// takes time.
#[test]
fn a_missing_list_changes_nothing() {
    let no_access = "the portal shows you no accounts (No access)";
    let no_answer = "the portal answered with a response that jit could not read";
    let cases = [
        (Call::ListAccounts, refuse(403, "ForbiddenException", "No access"), 4, no_access),
        (Call::ListAccounts, refuse(404, "ResourceNotFoundException", "No access"), 4, no_access),
        (
            Call::ListAccounts,
            refuse(401, "UnauthorizedException", "Session token not found or invalid"),
            4,
            "the portal no longer accepts the token of the last sign-in (Session token not found or invalid)",
        ),
        (Call::ListAccounts, Trouble::ServerError, 1, no_answer),
        (Call::ListAccounts, Trouble::Html, 1, no_answer),
        (Call::ListAccounts, Trouble::Cut, 1, no_answer),
        (Call::ListAccounts, Trouble::Megabyte, 1, "larger than 512 KB"),
        (Call::ListAccounts, Trouble::Hang, 1, "did not answer in time"),
        (Call::ListAccountRoles, Trouble::Html, 1, no_answer),
        (
            Call::ListAccountRoles,
            refuse(401, "UnauthorizedException", "over"),
            4,
            "no longer accepts the token of the last sign-in (over)",
        ),
    ];
    let meets = |(call, trouble, code, words): (Call, Trouble, i32, &str)| {
        let room = room();
        assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
        let known = room.jit(&["roles", "--refresh"]).run();
        assert_eq!(known.code(), 0, "{known}");
        let asked = room.count(call);
        room.servers().faults(|faults| faults.always(call, trouble));
        let roles = room.jit(&["roles", "--refresh", "--full"]).run();
        assert!(roles.code() == code && roles.stderr.contains(words), "{words}: {roles}");
        assert!(roles.stderr.contains("next:"), "{roles}");
        if words.contains("in time") {
            assert_eq!(room.count(call), asked + 1, "it is not waited for twice");
        }
        if words.contains("no more (") {
            assert_eq!(room.count(Call::CenterToken), 2, "another token is tried, once");
            assert!(roles.stderr.contains("next: jit login --force --idp demo"), "{roles}");
        }
        assert_eq!(room.jit(&["roles"]).run().stdout, known.stdout);
        assert_eq!(room.asks_for("dev").code(), 0);
    };
    std::thread::scope(|scope| cases.map(|case| drop(scope.spawn(|| meets(case)))));
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
    for portal in [Front::start(None, more), Front::start(None, same)] {
        let url = format!("http://{}", portal.address);
        let roles = room.jit(&["roles", "--refresh"]).env("AWS_ENDPOINT_URL_SSO", &url).run();
        assert!(roles.code() == 1 && roles.stderr.contains("a response that jit could not read"), "{roles}");
    }
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
    assert!(login.code() == 0 && login.stdout.contains("Signed in as alice@example.com"), "{login}");
    assert_eq!(login.stdout.matches("The AWS CLI is signed in").count(), 1, "asked once: {login}");
    assert_eq!(room.count(Call::CenterAuthorize), 1);
    std::fs::remove_file(room.path(file)).unwrap();
}

#[test]
fn an_unapproved_device_code_expires() {
    let pending = || refuse(400, "AuthorizationPendingException", "the person has not decided yet");
    let cases = [
        (3, pending(), 1, "the code was not approved within 3 s"),
        (600, refuse(400, "ExpiredTokenException", "over"), 1, "the code was not approved within"),
        (600, refuse(400, "AccessDeniedException", "no"), 4, "the portal refused: access_denied (no)"),
        (0, pending(), 1, "the code was not approved within 0 s"),
    ];
    for (seconds, trouble, code, words) in cases {
        let room = Room::by_center(Settings {
            device_code_lifetime: Duration::from_secs(seconds),
            device_interval: Duration::from_secs(1),
            ..Settings::default()
        });
        room.servers().faults(|faults| faults.always(Call::CenterToken, trouble));
        let login = room.jit(&["login", "dev", "--device"]).run();
        assert!(login.code() == code && login.stderr.contains(words), "{words}: {login}");
        let next = if code == 4 { "next: jit login --force dev" } else { "next: run `jit login dev` again" };
        assert!(login.stderr.contains(next), "{login}");
    }
}

/// `run` at another portal than the room's.
fn at<'r>(run: Run<'r>, other: &Servers) -> Run<'r> {
    run.env("AWS_ENDPOINT_URL_SSO", other.center_url())
        .env("AWS_ENDPOINT_URL_SSO_OIDC", other.center_url())
        .env("AWS_ENDPOINT_URL_STS", other.sts_url())
}

/// The same name at two companies means two different roles.
#[test]
fn two_portals_with_the_same_accounts_and_roles() {
    let here = room();
    let user = User { email: "alice@example.org".to_owned(), ..Settings::default().user };
    let there = Servers::start(Settings { approval: Approval::AtOnce, user, ..Settings::default() }).unwrap();
    let own = here.center_config("").replace("[role.audit]", "[role.unused]");
    let theirs =
        own.split("[role.unused]").next().unwrap().replace(&here.servers().start_url(), &there.start_url());
    let theirs = theirs
        .replace("idp.demo", "idp.partner")
        .replace("\"demo\"", "\"partner\"")
        .replace("role.dev", "role.their-dev");
    here.write_config(&(own + &theirs));
    let arn = |output: Output| {
        let said: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
        said["arn"].as_str().unwrap().to_owned()
    };
    assert_eq!(here.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(at(here.jit(&["login", "their-dev"]), &there).run().code(), 0);
    let ours = arn(here.jit(&["whoami", "dev", "--json"]).run());
    let others = arn(at(here.jit(&["whoami", "their-dev", "--json"]), &there).run());
    assert!(
        ours.ends_with("/alice@example.com") && others.ends_with("/alice@example.org"),
        "{ours} {others}"
    );
    // By what the portals offer, which is the same three roles.
    here.jit(&["login", "--idp", "demo"]).run();
    at(here.jit(&["login", "--idp", "partner"]), &there).run();
    for name in ["444444444444/ReadOnly", "acme-prod/ReadOnly"] {
        let process = here.jit(&["credential-process", name]).run();
        assert!(process.code() == 2 && process.stdout.is_empty(), "{process}");
        assert!(process.stderr.contains(&format!("several roles match `{name}`")), "{process}");
        let both = "444444444444/ReadOnly at demo, 444444444444/ReadOnly at partner";
        let section = "[role.ReadOnly-partner] with idp = \"partner\", account = \"444444444444\", permission_set = \"ReadOnly\"";
        assert!(process.stderr.contains(both) && process.stderr.contains(section), "{process}");
    }
    for secret in there.journal().secrets() {
        here.confide(secret.what, &secret.value);
    }
}

/// Account names may be alike, or look like numbers.
#[test]
fn accounts_with_the_same_name_are_told_apart_by_number() {
    let accounts = vec![
        Account::new("333333333333", "prod", &["Developer", "ReadOnly"]),
        Account::new("444444444444", "prod", &["ReadOnly"]),
        Account::new("666666666666", "444444444444", &["ReadOnly"]),
    ];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    let taken = |name: &str| -> Value {
        let answer = room.asks_for(name);
        assert_eq!(answer.code(), 0, "{answer}");
        serde_json::from_str::<Value>(&answer.stdout).unwrap()["AccountId"].clone()
    };
    assert_eq!(taken("prod/Developer"), "333333333333", "there is but one");
    assert_eq!(taken("444444444444/ReadOnly"), "444444444444", "the number counts for more than the name");
    let process = room.jit(&["credential-process", "prod/ReadOnly"]).run();
    insta::assert_snapshot!(room.told(&process), @"
    exit 2
    --- stderr
    error: several roles match `prod/ReadOnly`
      because: 333333333333/ReadOnly at demo, 444444444444/ReadOnly at demo
      next: use one of: 333333333333/ReadOnly, 444444444444/ReadOnly
    ");
}

/// The portal does not say who signs in, so nobody is served with earlier sessions.
#[test]
fn the_next_person_gets_nothing_from_the_previous_one() {
    let room = room();
    assert_eq!(room.jit(&["login", "--all"]).run().code(), 0);
    let alices = room.asks_for("admin").stdout;
    let bob = User { email: "bob@example.com".to_owned(), ..Settings::default().user };
    room.servers().faults(|faults| {
        faults.user = Some(bob);
        faults.next(1, Call::CenterToken, refuse(400, "InvalidGrantException", "the session is over"));
    });
    // Two roles are valid for a while yet; the third needs the portal, where bob is signed in now.
    room.age_login(Duration::from_secs(2 * 3600));
    room.age_session("audit", Duration::from_secs(2 * 3600));
    let login = room.jit(&["login", "audit"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as bob@example.com at demo
      audit  account 444444444444  until HH:MM  TIME left  set by the permission set
    warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com
    ");
    let warning =
        "warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com\n";
    assert!(login.stderr.contains(warning), "{login}");
    for role in ["dev", "admin", "audit"] {
        let whoami = room.jit(&["whoami", role]).run();
        assert!(whoami.stdout.contains("/bob@example.com"), "{role}: {whoami}");
        assert!(!whoami.stdout.contains("alice"), "{role}: {whoami}");
    }
    assert_ne!(room.asks_for("admin").stdout, alices);
}

/// Requested before the next person came, and answered after.
#[test]
fn a_late_answer_is_not_kept_for_the_next_person() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let asked = room.count(Call::GetCallerIdentity);
    let late = Trouble::Late(Duration::from_secs(3));
    room.servers().faults(|faults| faults.next(1, Call::GetCallerIdentity, late));
    let alices = room.jit(&["credential-process", "audit"]).hands_over().start();
    room.until("the question who alice is", |room| room.count(Call::GetCallerIdentity) > asked);
    let bob = User { email: "bob@example.com".to_owned(), ..Settings::default().user };
    room.servers().faults(|faults| faults.user = Some(bob));
    let login = room.jit(&["login", "dev", "--force"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as bob@example.com at demo
      dev  account 333333333333  until HH:MM  TIME left  set by the permission set
    warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com
    ");
    let alices = alices.wait();
    assert_eq!(alices.code(), 0, "{alices}");
    let whoami = room.jit(&["whoami", "audit"]).run();
    insta::assert_snapshot!(room.told(&whoami), @"
    exit 0
    --- stdout
    account  444444444444
    arn      arn:aws:sts::444444444444:assumed-role/RANDOM/bob@example.com
    user id  AROAHNSJFSRIGIMCOLEAQ:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM
    ");
}

/// Names as an administrator, or somebody posing as one, may write them.
#[test]
fn names_from_the_portal_do_nothing_to_a_terminal() {
    const TITLE: &str = "\u{1b}]0;owned\u{7}";
    let long = "x".repeat(33);
    let sets = [
        "ReadOnly",
        "a b",
        "",
        "team/Admin",
        "$(touch owned)",
        "x\u{1b}]0;owned\u{7}",
        &long,
        "ünïcode",
        "a+b=c,d.e@f-g_h",
    ];
    let accounts = vec![
        Account::new("333333333333", &format!("evil {TITLE}\r\n\u{202e}✓ all is well"), &sets),
        Account::new("444444444444", "Team A/B — prod ✨ 🚀", &["ReadOnly"]),
        Account::new(&format!("4444{TITLE}"), "no account", &["ReadOnly"]),
        Account::new("٣٣٣٣٣٣٣٣٣٣٣٣", "other digits", &["ReadOnly"]),
    ];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    room.write_config(room.center_config("").split("[role.dev]").next().unwrap());
    // The list that was just received is shown.
    let mut login = room.jit(&["login", "--idp", "demo"]).somebody_types().start();
    let shown = login.says("ReadOnly");
    login.says("4444444444");
    login.types("Team A/B\r");
    let login = login.wait();
    assert!(login.code() == 0 && login.stdout.contains("444444444444/ReadOnly"), "{login}");
    let roles = room.jit(&["roles", "--refresh"]).run();
    let json = room.jit(&["roles", "--json"]).run();
    let exec = room.jit(&["exec", "Team A/B — prod ✨ 🚀/ReadOnly", "--", "true"]).run();
    let explained = room.jit(&["explain", "333333333333/ReadOnly"]).run();
    for text in [&shown, &login.stdout, &roles.stdout, &json.stdout, &exec.stderr, &explained.stdout] {
        let acts = |text: &str| text.contains(TITLE) || text.contains('\u{7}') || text.contains('\u{202e}');
        assert!(!acts(text), "{text:?}");
    }
    let names: Vec<&str> =
        roles.stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["333333333333/ReadOnly", "333333333333/a+b=c,d.e@f-g_h", "444444444444/ReadOnly"]);
    insta::assert_snapshot!(room.told(&roles), @"
    exit 0
    --- stdout
    role                          account       from  about
    333333333333/ReadOnly         333333333333  demo  evil  ]0;owned    ✓ all is well
    333333333333/a+b=c,d.e@f-g_h  333333333333  demo  evil  ]0;owned    ✓ all is well
    444444444444/ReadOnly         444444444444  demo  Team A/B — prod ✨ 🚀
    ");
    for output in [&exec, &explained, &json] {
        assert_eq!(output.code(), 0, "{output}");
    }
    assert!(!room.path("owned").exists());
}
