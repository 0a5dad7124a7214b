//! The list of a large Identity Center: 1,200 accounts, a portal that throttles, refreshes that are
//! interrupted, and what changes between two of them.

use std::time::Duration;

use jit_emulator::{Account, Call, Refusal, Settings, Trouble};

use crate::support::{Output, Room, Signal};

const LISTS: [Call; 2] = [Call::ListAccounts, Call::ListAccountRoles];

fn id(n: usize) -> String {
    format!("{n:012}")
}

/// `count` accounts with 12 roles each; `dev` and `audit` of the room are not among them.
fn accounts(count: usize) -> Vec<Account> {
    let roles: Vec<String> = (1..=12).map(|n| format!("Role{n:02}")).collect();
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    (1..=count).map(|n| Account::new(&id(n), &format!("team-{n}"), &roles)).collect()
}

/// A room where somebody is signed in at a portal with these accounts.
fn signed_in(accounts: Vec<Account>) -> Room {
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    let login = room.jit(&["login", "dev"]).run();
    assert_eq!(login.code(), 4, "signed in, but not assigned: {login}");
    room
}

fn refreshed(room: &Room, more: &[&str]) -> Output {
    let words: Vec<&str> = ["roles", "--refresh"].iter().chain(more).copied().collect();
    let output = room.jit(&words).run();
    assert_eq!(output.code(), 0, "{output}");
    output
}

/// How many roles the portal has offered.
fn known(room: &Room) -> usize {
    let listed = room.jit(&["roles", "0000"]).run();
    listed.stdout.lines().filter(|line| line.contains("/Role")).count()
}

#[test]
fn a_large_company_is_fetched_once_and_then_only_where_it_may_have_changed() {
    let room = signed_in(accounts(1200));
    let first = refreshed(&room, &[]);
    assert_eq!((room.counts(LISTS), known(&room)), ([12, 1200], 14_400));
    assert!(first.stderr.contains("Asked demo about 1200 of 1200 accounts"), "{first}");
    // At 20 calls a second the second refresh may take 5 s: 100 calls. It takes 12.
    room.servers().faults(|faults| faults.portal_limit = Some(20));
    let second = refreshed(&room, &[]);
    assert_eq!((second.stderr.as_str(), room.counts(LISTS)), ("", [24, 1200]));
    // Account 7 is lost and 1201 is new; an additional role in account 8 appears when everything is listed.
    let mut now = accounts(1201);
    now.remove(6);
    now[6].roles.push("Gained".to_owned());
    room.servers().faults(|faults| {
        faults.portal_limit = None;
        faults.accounts = Some(now.into());
    });
    let third = refreshed(&room, &[]);
    assert!(third.stderr.starts_with("demo: gained 12, lost 12\n"), "{third}");
    assert!(third.stderr.contains("\n  + team-1201/Role01 (000000001201)\n"), "{third}");
    assert_eq!(room.counts(LISTS), [36, 1201]);
    let full = refreshed(&room, &["--full"]);
    assert!(full.stderr.contains("demo: gained 1, lost 0\n  + team-8/Gained (000000000008)\n"), "{full}");
    assert_eq!(room.counts(LISTS), [48, 2401]);
}

#[test]
fn an_interrupted_refresh_continues() {
    let room = signed_in(accounts(400));
    refreshed(&room, &[]);
    room.servers().faults(|faults| faults.accounts = Some(accounts(401).into()));
    // Killed, told to end, and without a network.
    room.servers().faults(|faults| {
        faults.always(Call::ListAccountRoles, Trouble::Late(Duration::from_millis(100)));
    });
    let noted = |room: &Room| std::fs::read_to_string(room.path("state/jit/accounts/demo")).unwrap();
    for signal in [Signal::KILL, Signal::INT] {
        let before = noted(&room);
        let run = room.jit(&["roles", "--refresh", "--full"]).start();
        room.until("a part of the accounts", |room| noted(room) != before);
        run.signal(signal);
        assert_ne!(run.wait().code(), 0);
        assert_eq!(known(&room), 4800, "what was known is there meanwhile");
    }
    let gone = Refusal::new(500, "InternalFailure", "gone");
    room.servers().faults(|faults| {
        faults.clear();
        faults.accounts = Some(accounts(401).into());
        faults.always(Call::ListAccountRoles, Trouble::Refuse(gone));
    });
    let failed = room.jit(&["roles", "--refresh"]).run();
    assert_eq!(failed.code(), 1, "{failed}");
    // However far the two interrupted ones came: each account that they recorded is not listed again.
    let now = noted(&room);
    let moment = |line: &str| line.split('\t').nth(1).map(str::to_owned);
    // The first two lines are the format, and when the refresh began.
    let done = now.lines().skip(2).filter(|line| moment(line).is_some_and(|at| at != "0")).count();
    assert!(done > 0, "something was noted");
    let rest = room.count(Call::ListAccountRoles);
    room.servers().faults(|faults| {
        faults.clear();
        faults.accounts = Some(accounts(401).into());
    });
    let last = refreshed(&room, &["--full"]);
    let rest = room.count(Call::ListAccountRoles) - rest;
    assert!(rest + done <= 401, "{rest} of 401 accounts were left, {done} were done");
    assert!(last.stderr.contains("demo: gained 12, lost 0\n"), "{last}");
    assert_eq!(known(&room), 4812);
    // It has ended: the next one starts again.
    let before = room.count(Call::ListAccountRoles);
    refreshed(&room, &["--full"]);
    assert_eq!(room.count(Call::ListAccountRoles) - before, 401);
}

#[test]
fn repeated_throttling_is_waited_out() {
    let room = signed_in(accounts(40));
    room.servers().faults(|faults| faults.portal_limit = Some(20));
    let roles = refreshed(&room, &[]);
    let refused = room.count(Call::Throttled);
    assert!(!roles.stderr.contains("429") && !roles.stderr.contains("warning"), "{roles}");
    assert_eq!(known(&room), 480);
    assert!(refused > 0 && refused < 40, "{refused} refused");
    // Only refusals for a while.
    let slow = Refusal::new(429, "TooManyRequestsException", "HTTP 429 Unknown Code");
    room.servers().faults(|faults| {
        faults.portal_limit = None;
        faults.next(2, Call::ListAccounts, Trouble::Refuse(slow.clone()));
        faults.next(6, Call::ListAccountRoles, Trouble::Refuse(slow));
    });
    assert_eq!(refreshed(&room, &["--full"]).stderr.matches("429").count(), 0);
}

#[test]
fn another_sign_in_starts_from_nothing() {
    let room = signed_in(accounts(3));
    refreshed(&room, &[]);
    assert_eq!(room.jit(&["login", "dev", "--force"]).run().code(), 4);
    refreshed(&room, &[]);
    assert_eq!(room.count(Call::ListAccountRoles), 6);
}

#[test]
fn unlisted_roles_can_be_named_and_removed_ones_are_noticed() {
    let room = signed_in(accounts(3));
    refreshed(&room, &[]);
    let mut now = accounts(3);
    now[0].roles.push("Gained".to_owned());
    now[1].roles.remove(0);
    room.servers().faults(|faults| faults.accounts = Some(now.into()));
    assert_eq!(room.asks_for("000000000001/Gained").code(), 0);
    assert_eq!(known(&room), 36);
    let listed = room.jit(&["roles", "gained"]).run();
    insta::assert_snapshot!(room.told(&listed), @"
    exit 0
    --- stdout
    role           account       from  about
    team-1/Gained  000000000001  demo
    ");
    let lost = room.jit(&["credential-process", "team-2/Role01"]).run();
    assert_eq!(lost.code(), 4, "{lost}");
    insta::assert_snapshot!(room.told(&lost), @"
    exit 4
    --- stderr
    error: you are not assigned to Role01 in account 000000000002, or it does not exist (No access)
      next: compare account and permission_set with the portal's page
      next: ask to be assigned
      next: `jit roles 000000000002` lists what you were offered there
      next: jit explain team-2/Role01  shows every value of the request
    ");
    // The two accounts are listed again, the third is not.
    let refreshed = refreshed(&room, &[]);
    assert_eq!(room.count(Call::ListAccountRoles), 5);
    insta::assert_snapshot!(room.told(&refreshed), @"
    exit 0
    --- stdout
    role           account       from         about
    admin          555555555555  config.toml  via dev
    audit          444444444444  config.toml  at demo
    dev            333333333333  config.toml  at demo
    team-1/Gained  000000000001  demo
    team-1/Role01  000000000001  demo
    team-1/Role02  000000000001  demo
    team-1/Role03  000000000001  demo
    team-1/Role04  000000000001  demo
    team-1/Role05  000000000001  demo
    team-1/Role06  000000000001  demo
    team-1/Role07  000000000001  demo
    team-1/Role08  000000000001  demo
    team-1/Role09  000000000001  demo
    team-1/Role10  000000000001  demo
    team-1/Role11  000000000001  demo
    team-1/Role12  000000000001  demo
    team-2/Role02  000000000002  demo
    team-2/Role03  000000000002  demo
    team-2/Role04  000000000002  demo
    team-2/Role05  000000000002  demo
    team-2/Role06  000000000002  demo
    team-2/Role07  000000000002  demo
    team-2/Role08  000000000002  demo
    team-2/Role09  000000000002  demo
    team-2/Role10  000000000002  demo
    team-2/Role11  000000000002  demo
    team-2/Role12  000000000002  demo
    team-3/Role01  000000000003  demo
    team-3/Role02  000000000003  demo
    team-3/Role03  000000000003  demo
    team-3/Role04  000000000003  demo
    team-3/Role05  000000000003  demo
    team-3/Role06  000000000003  demo
    team-3/Role07  000000000003  demo
    team-3/Role08  000000000003  demo
    team-3/Role09  000000000003  demo
    team-3/Role10  000000000003  demo
    team-3/Role11  000000000003  demo
    team-3/Role12  000000000003  demo
    --- stderr
    demo: gained 0, lost 1
      - team-2/Role01 (000000000002)
    ");
    let unknown = room.jit(&["credential-process", "000000000009/Role01"]).run();
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: no role matches `000000000009/Role01`
      next: jit roles  lists all 39
    ");
}

#[test]
fn on_a_terminal_one_line_is_rewritten() {
    let room = signed_in(accounts(60));
    room.servers().faults(|faults| {
        faults.always(Call::ListAccountRoles, Trouble::Late(Duration::from_millis(200)));
    });
    let run = room.jit(&["roles", "--refresh"]).on_terminal().run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("\r\x1b[2KAsked demo about 0 of 60 accounts\r"), "{run}");
    assert!(run.stdout.contains(" accounts, 1 s left\r\x1b[2K"), "{run}");
    assert!(run.stdout.contains("Asked demo about 60 of 60 accounts\r\x1b[2K"), "{run}");
}
