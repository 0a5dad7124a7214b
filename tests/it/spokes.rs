//! `[spokes.NAME]`: one table for one role in many accounts, whose accounts stand in it, in a file, or with the organization.

use std::sync::atomic::{AtomicUsize, Ordering};

use jit_emulator::{ADMIN, Approval, Call, DEVELOPER, HUB, Role, Settings};
use serde_json::{Value, json};

use crate::shared::Page;
use crate::support::Room;
use crate::support::front::{Front, reply};

const ORGANIZATIONS: &str = "AWS_ENDPOINT_URL_ORGANIZATIONS";

/// A room with the role `audit` in the accounts of these numbers.
fn room(accounts: impl IntoIterator<Item = usize>) -> Room {
    let spokes =
        accounts.into_iter().map(|n| Role::spoke(&format!("arn:aws:iam::{n:012}:role/audit"), HUB, 3600));
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.roles.extend(spokes);
    Room::with(settings)
}

/// The IdP and the hub of a room, and `more`.
fn config(room: &Room, more: &str) -> String {
    let usual = room.usual_config();
    let (before, _) = usual.split_once("[role.admin]").unwrap();
    format!("{before}{more}")
}

fn names(room: &Room, run: &[&str]) -> Vec<String> {
    let listed = room.jit(run).run();
    assert_eq!(listed.code(), 0, "{listed}");
    listed.stdout.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// 60 accounts and 2 roles are two tables.
#[test]
fn two_tables_are_one_hundred_and_twenty_roles() {
    let room = room([]);
    let accounts = |of: &str| {
        let lines =
            (1..=60).map(|n| format!("team-{n} = \"{:012}\"\n", if of == "admin" { n + 900 } else { n }));
        lines.collect::<String>()
    };
    let table = |name: &str| {
        format!(
            "[spokes.{name}]\nvia = \"hub\"\nrole_name = \"{name}\"\nregion = \"eu-west-1\"\n[spokes.{name}.accounts]\n{}",
            accounts(name)
        )
    };
    let text = format!(
        "default_role = \"prod/admin\"\n{}",
        config(&room, &format!("{}{}", table("admin"), table("developer")))
    );
    let text = text
        .replace("team-7 = \"000000000907\"", "prod = \"222222222222\"")
        .replace("team-8 = \"000000000008\"", "dev = \"333333333333\"");
    room.write_config(&text);
    assert_eq!(names(&room, &["roles"]).len(), 121);
    // The default role, one by its name, and one by its ARN.
    for (role, account) in [
        (&[][..], "222222222222"),
        (&["dev/developer"], "333333333333"),
        (&[ADMIN], "222222222222"),
        (&[DEVELOPER], "333333333333"),
    ] {
        let login = room.jit(&[&["login"], role].concat()).run();
        assert_eq!(login.code(), 0, "{login}");
        let words = [&["exec", "-q"], role, &["--", "sh", "-c", "echo $JIT_ACCOUNT_ID"]].concat();
        assert_eq!(room.jit(&words).run().stdout, format!("{account}\n"));
    }
    assert_eq!(room.count(Call::AssumeRole), 2);
    let answer: Value = serde_json::from_str(&room.asks_for("prod/admin").stdout).unwrap();
    assert_eq!(answer["AccountId"], "222222222222");
    // Each value has the line of its table, and the account its own.
    let explained = room.jit(&["explain", "prod/admin"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    prod/admin (from the command line)

    1. idp demo
      issuer           http://IDP                  ~/config/jit/config.toml:4
      client_id        jit-demo                                ~/config/jit/config.toml:5
      flow             auto                                    default
      redirect_port    any free port                           default
      tags             department=platform                     the ID token
      transitive_tags  department                              the ID token
      stored           ID token of alice@example.com until HH:MM, TIME left
      not needed       token endpoint of http://IDP, with the refresh token

    2. hub hub
      role_arn         arn:aws:iam::111111111111:role/jit-hub  ~/config/jit/config.toml:9
      duration         1 h                                     default
      session_name     the IdP's user                          default
      sts_region       us-east-1                               the partition's first region
      sts_endpoint     http://STS                  AWS_ENDPOINT_URL_STS
      stored           session until HH:MM, TIME left
      not needed       AssumeRoleWithWebIdentity at http://STS

    3. spoke prod/admin
      role_arn         arn:aws:iam::222222222222:role/admin    ~/config/jit/config.toml:22
      duration         1 h                                     default
      session_name     the IdP's user                          default
      sts_region       eu-west-1                               ~/config/jit/config.toml:14
      sts_endpoint     http://STS                  AWS_ENDPOINT_URL_STS
      region           eu-west-1                               ~/config/jit/config.toml:14
      stored           session until HH:MM, TIME left
      not needed       AssumeRole at http://STS
    ");
    let listed = room.jit(&["roles", "prod"]).run();
    insta::assert_snapshot!(room.told(&listed), @"
    exit 0
    --- stdout
    role        account              from         about
    prod/admin  prod (222222222222)  config.toml  via hub
    ");
    // A mistake elsewhere does not keep a stored session from being served.
    room.write_config(&text.replace("[spokes.developer]", "[spokes.developer]\nregoin = \"x\""));
    assert_eq!(room.asks_for("prod/admin").code(), 0);
    assert_eq!(room.asks_for("dev/developer").code(), 2);
    let typo = room.jit(&["login", "prod/admni"]).run();
    assert_eq!(typo.code(), 2, "{typo}");
}

#[test]
fn the_accounts_may_stand_in_a_file() {
    let room = room([]);
    let table =
        |file: &str| format!("[spokes.admin]\nvia = \"hub\"\nrole_name = \"admin\"\naccounts = \"{file}\"\n");
    room.write("config/jit/accounts.toml", "# ours\nprod = \"222222222222\"\n");
    for file in [
        "accounts.toml",
        "~/config/jit/accounts.toml",
        &room.path("config/jit/accounts.toml").display().to_string(),
    ] {
        room.write_config(&config(&room, &table(file)));
        assert_eq!(names(&room, &["roles"]), ["hub", "prod/admin"], "{file}");
    }
    assert_eq!(room.jit(&["login", "prod/admin"]).run().code(), 0);
    room.write("config/jit/accounts.toml", "prod = \"222222222222\"\ndev = 3\n");
    insta::assert_snapshot!(room.told(&room.jit(&["roles"]).run()), @"
    exit 2
    --- stderr
    error: ~/config/jit/accounts.toml:2:7: `dev` in the file must be a string in quotes, not a number
         2 | dev = 3
    ");
    std::fs::remove_file(room.path("config/jit/accounts.toml")).unwrap();
    insta::assert_snapshot!(room.told(&room.jit(&["roles"]).run()), @r#"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:HH:MM: cannot read ~/config/jit/accounts.toml: No such file or directory (os error 2)
        13 | accounts = "~/config/jit/accounts.toml"
    "#);
}

/// A page of accounts of an organization, as AWS lists them.
fn page(request: &str) -> String {
    let account =
        |n: usize| json!({ "Id": format!("{n:012}"), "Name": format!("Acme Team {n}"), "Status": "ACTIVE" });
    assert!(
        request.contains("AWSOrganizationsV20161128.ListAccounts")
            && request.contains("/organizations/aws4_request"),
        "{request}"
    );
    let second = request.contains("\"NextToken\":\"page 2\"");
    let body = match second {
        false => json!({ "Accounts": (1..=20).map(account).collect::<Vec<_>>(), "NextToken": "page 2" }),
        true => {
            json!({ "Accounts": [account(21), { "Id": "222222222222", "Name": "prod", "State": "ACTIVE" }, { "Id": "333333333333", "Name": "old", "State": "SUSPENDED" }] })
        }
    };
    let head = "200 OK\r\nx-amzn-RequestId: 5d4b1a2c-0000-4000-8000-0123456789ab";
    reply(head, "application/x-amz-json-1.1", &body.to_string())
}

#[test]
fn the_organization_may_list_the_accounts() {
    let room = room([21]);
    let table = |name: &str| {
        format!("[spokes.{name}]\nvia = \"hub\"\nrole_name = \"{name}\"\naccounts = \"organization\"\n")
    };
    room.write_config(&format!(
        "default_role = \"prod/admin\"\n{}",
        config(&room, &format!("{}{}", table("admin"), table("audit")))
    ));
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    insta::assert_snapshot!(room.told(&room.jit(&["login", "prod/admin"]).run()), @"
    exit 2
    --- stderr
    error: [spokes.admin] has no account `prod`, as far as the organization was asked
      next: jit roles --refresh  asks for the accounts of the organization
    ");
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let front = Front::start(None, {
        let asked = std::sync::Arc::clone(&asked);
        move |request| {
            asked.fetch_add(1, Ordering::SeqCst);
            page(request)
        }
    });
    let url = format!("http://{}", front.address);
    let refreshed = room.jit(&["roles", "Acme-Team-2", "--refresh"]).env(ORGANIZATIONS, &url).run();
    insta::assert_snapshot!(room.told(&refreshed), @"
    exit 0
    --- stdout
    role                account                      from         about
    Acme-Team-2/admin   Acme-Team-2 (000000000002)   config.toml  via hub
    Acme-Team-2/audit   Acme-Team-2 (000000000002)   config.toml  via hub
    Acme-Team-20/admin  Acme-Team-20 (000000000020)  config.toml  via hub
    Acme-Team-20/audit  Acme-Team-20 (000000000020)  config.toml  via hub
    Acme-Team-21/admin  Acme-Team-21 (000000000021)  config.toml  via hub
    Acme-Team-21/audit  Acme-Team-21 (000000000021)  config.toml  via hub
    --- stderr
    hub: the organization lists 22 accounts
    ");
    assert_eq!(asked.load(Ordering::SeqCst), 2, "two pages, once for both tables");
    assert_eq!(names(&room, &["roles"]).len(), 1 + 2 * 22);
    for role in ["prod/admin", "Acme-Team-21/audit"] {
        let login = room.jit(&["login", role]).run();
        assert_eq!(login.code(), 0, "{login}");
    }
    // The log says how AWS can find a call again.
    let verbose = room.jit(&["roles", "--refresh", "-v"]).env(ORGANIZATIONS, &url).run();
    let line = format!("debug: POST {}/ organizations:ListAccounts: 200 in ", front.address);
    let logged = verbose.stderr.lines().find(|line_of| line_of.starts_with(&line));
    let id = ", request id 5d4b1a2c-0000-4000-8000-0123456789ab";
    assert!(logged.is_some_and(|line| line.ends_with(id)), "{verbose}");
    assert_eq!(asked.swap(2, Ordering::SeqCst), 4);
    // Nothing asks the organization again.
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // Another role of the same name gets nothing of what was listed to that one.
    let other = std::fs::read_to_string(room.path("config/jit/config.toml"))
        .unwrap()
        .replace("role/jit-hub", "role/other");
    room.write_config(&other);
    assert_eq!(names(&room, &["roles"]), ["hub"]);
}

#[test]
fn an_organization_that_refuses_says_what_is_missing() {
    let room = room([]);
    room.write_config(&config(
        &room,
        "[spokes.admin]\nvia = \"hub\"\nrole_name = \"admin\"\naccounts = \"organization\"\n",
    ));
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let front = Front::start(None, |_| {
        let body = json!({ "__type": "AccessDeniedException", "Message": "You don't have permissions to access this resource." });
        reply("400 Bad Request", "application/x-amz-json-1.1", &body.to_string())
    });
    let refused =
        room.jit(&["roles", "--refresh"]).env(ORGANIZATIONS, &format!("http://{}", front.address)).run();
    insta::assert_snapshot!(room.told(&refused), @"
    exit 4
    --- stderr
    error: could not list the accounts of the organization as hub
      because: AWS refused organizations:ListAccounts: AccessDeniedException (status 400): You don't have permissions to access this resource.
      next: allow arn:aws:iam::111111111111:role/jit-hub organizations:ListAccounts; its account must be the organization's management account or a delegated administrator
      next: or write the accounts into [spokes.admin]
    ");
}

#[test]
fn a_shared_file_may_have_such_tables() {
    let room = room([]);
    let shared = |accounts: &str| {
        config(
            &room,
            &format!(
                "[spokes.admin]\nvia = \"hub\"\nrole_name = \"admin\"\n[spokes.admin.accounts]\n{accounts}"
            ),
        )
    };
    let first = shared("payments-prod = \"222222222222\"\n");
    let page = Page::of(&first);
    room.write_config("");
    let added = room.jit(&["configure", "add", &page.url, "--yes"]).run();
    assert_eq!(added.code(), 0, "{added}");
    let summary: String = added
        .stderr
        .lines()
        .skip_while(|line| !line.contains("roles:"))
        .take(6)
        .map(|line| format!("{line}\n"))
        .collect();
    insta::assert_snapshot!(summary, @"
    roles: 2 new
      new: hub (111111111111), payments-prod/admin (222222222222)
    tables for several accounts: 1 new
      new: [spokes.admin] (admin in 1 account, via hub)
    accounts: 2
      new: 111111111111, 222222222222
    ");
    assert_eq!(room.jit(&["login", "payments-prod/admin"]).run().code(), 0);
    // One's own role of that name would be the same one.
    let whole = std::fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    room.write_config(&format!(
        "{whole}\n[role.\"payments-prod/admin\"]\nvia = \"hub\"\nrole_arn = \"{ADMIN}\"\n"
    ));
    assert!(room.jit(&["roles"]).run().stderr.contains("both define payments-prod/admin"));
    // Two tables of one name are one too many, and are named before anything is written.
    room.write_config(
        &shared("payments-prod = \"222222222222\"\n").replace("demo", "mine").replace("hub", "my-hub"),
    );
    let twice = room.jit(&["configure", "add", &page.url, "--yes"]).run();
    insta::assert_snapshot!(room.told(&twice), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml already defines [spokes.admin], [role.payments-prod/admin], and http://127.0.0.1:PORT/jit.toml defines it too
      next: rename or delete your own, then run the command again
    ");
}
