//! The Identity Centers of `~/.aws/config`, with no configuration of `jit`: what they offer can be listed and used.

use std::fs;

use jit_emulator::{Approval, Call, Settings};

use crate::support::Room;

/// A room of somebody who comes from `aws sso login`: a portal, and perhaps a profile.
fn room(more: &str) -> Room {
    let room = Room::with(Settings { approval: Approval::AtOnce, ..Settings::default() });
    fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let start = room.servers().start_url();
    room.write(
        ".aws/config",
        &format!("[sso-session acme]\nsso_start_url = {start}\nsso_region = eu-west-1\n{more}"),
    );
    room
}

#[test]
fn roles_of_an_sso_session_are_listed_and_used() {
    let room = room("");
    let before = room.jit(&["roles"]).run();
    insta::assert_snapshot!(room.told(&before), @"
    exit 1
    --- stderr
    error: no roles are known yet
      next: jit roles --refresh  asks the IdPs for their roles
    ");
    // It signs nobody in, and says how to.
    let nobody = room.jit(&["roles", "--refresh"]).run();
    assert!(nobody.code() == 3 && nobody.stderr.ends_with("next: jit login --idp acme\n"), "{nobody}");
    sign_in(&room);
    let refreshed = room.jit(&["roles", "--refresh"]).run();
    assert_eq!(refreshed.code(), 0, "{refreshed}");
    let listed = room.jit(&["roles"]).run();
    insta::assert_snapshot!(room.told(&listed), @"
    exit 0
    --- stdout
    role                account       from  about
    acme-dev/Developer  333333333333  acme
    acme-dev/ReadOnly   333333333333  acme
    acme-prod/ReadOnly  444444444444  acme
    ");
    // They are names like any other, and the sign-in is the one that was made.
    let answer = room.asks_for("444444444444/ReadOnly");
    assert_eq!(answer.code(), 0, "{answer}");
    assert_eq!(room.count(Call::CenterAuthorize), 1);
    let unknown = room.jit(&["explain", "999999999999/ReadOnly"]).run();
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: no role matches `999999999999/ReadOnly`
      next: the roles are: acme-dev/Developer, acme-dev/ReadOnly, acme-prod/ReadOnly
    ");
}

/// What the message above says to type.
fn sign_in(room: &Room) {
    let mut login = room.jit(&["login", "--idp", "acme"]).somebody_types().start();
    login.says("❯");
    login.types("444\r");
    let login = login.wait();
    assert_eq!(login.code(), 0, "{login}");
    assert_eq!(room.asks_for("444444444444/ReadOnly").code(), 0);
}

/// A portal that nobody has signed in at does not keep the others from being asked.
#[test]
fn a_portal_without_a_sign_in_is_passed_over() {
    let room = Room::by_center(Settings::default());
    room.write(
        ".aws/config",
        "[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let refreshed = room.jit(&["roles", "--refresh"]).run();
    insta::assert_snapshot!(room.told(&refreshed), @"
    exit 0
    --- stdout
    role               account                   from         about
    admin              555555555555              config.toml  via dev
    audit              acme-prod (444444444444)  config.toml  at demo
    dev                acme-dev (333333333333)   config.toml  at demo
    acme-dev/ReadOnly  333333333333              demo
    --- stderr
    warning: other was not asked: you need to sign in at other
    next: jit login --idp other
    ");
}

/// A profile of the same portal signs in under the same name, so one sign-in serves both.
#[test]
fn a_profile_and_the_list_share_the_sign_in() {
    let room =
        room("[profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n");
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let refreshed = room.jit(&["roles", "--refresh"]).run();
    insta::assert_snapshot!(room.told(&refreshed), @"
    exit 0
    --- stdout
    role                account       from           about
    dev                 333333333333  ~/.aws/config  333333333333/Developer
    acme-dev/Developer  333333333333  acme
    acme-dev/ReadOnly   333333333333  acme
    acme-prod/ReadOnly  444444444444  acme
    ");
    assert_eq!(room.count(Call::CenterAuthorize), 1);
}

/// What `config.toml` has of that portal counts, and nothing is asked or listed twice.
#[test]
fn a_configured_idp_counts_before_the_sso_session() {
    let room = Room::by_center(Settings::default());
    let start = room.servers().start_url();
    room.write(
        ".aws/config",
        &format!("[sso-session acme]\nsso_start_url = {start}/#/\nsso_region = eu-west-1\n"),
    );
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let refreshed = room.jit(&["roles", "--refresh", "--json"]).run();
    assert_eq!(refreshed.code(), 0, "{refreshed}");
    assert!(!refreshed.stdout.contains("acme\""), "{refreshed}");
    assert_eq!(room.counts([Call::CenterAuthorize, Call::ListAccounts]), [1, 1]);
}
