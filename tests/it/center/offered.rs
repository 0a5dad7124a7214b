//! The roles that a portal offers.

use super::*;

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
