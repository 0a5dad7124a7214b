//! IAM Identity Center: one login, the portal's roles, what is renewed, what is refused.

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
        "the permission set decides",
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

    Waiting for you, 5 min at most
    ✓ Signed in as alice@example.com at demo
      dev  account 333333333333  until HH:MM  TIME left  the permission set decides
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
    // A token that the portal no longer takes is renewed once, and the portal asked again.
    room.entries("session-").into_iter().for_each(|entry| std::fs::remove_file(entry).unwrap());
    let over = Refusal::new(401, "UnauthorizedException", "Session token not found or invalid");
    room.servers().faults(|faults| faults.next(1, Call::GetRoleCredentials, Trouble::Refuse(over)));
    assert_eq!(room.asks_for("dev").code(), 0);
    assert_eq!(room.counts(SIGN_IN), [1, 1, 4]);
    // Who starts over does so with another client.
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
    error: a login at demo is needed
      because: the last login has ended: the portal refused: invalid_grant (the session of the portal is over)
      next: jit login audit
    ");
    // What is dead is not tried again.
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
    What programs hold of them stays valid until HH:MM, TIME; AWS cannot call it back
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
        login
            .stderr
            .contains("you are not assigned to Admin in account 444444444444, or there is none (No access)"),
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
        (Call::GetRoleCredentials, Trouble::Cut, 1, "something that is no answer"),
        (Call::GetRoleCredentials, Trouble::Megabyte, 1, "larger than 512 KB"),
        (
            Call::GetRoleCredentials,
            refuse(401, "UnauthorizedException", "over"),
            4,
            "takes the token of the last sign-in no more (over)\n  next: jit login --force dev",
        ),
        (Call::GetRoleCredentials, Trouble::Html, 1, "something that is no answer"),
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
            "takes no more requests for now",
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
    error: a login at demo is needed
      because: nobody has signed in there yet
      next: jit login --idp demo
    ");
    assert_eq!(room.jit(&["login", "mine"]).run().code(), 0);
    let roles = room.jit(&["roles", "--refresh"]).run();
    assert_eq!(roles.code(), 0, "{roles}");
    let table = "role                   account       from         about\n\
                 mine                   333333333333  config.toml  at demo\n\
                 333333333333/ReadOnly  333333333333  demo         acme-dev\n\
                 444444444444/ReadOnly  444444444444  demo         acme-prod\n";
    assert_eq!(roles.stdout, table, "{roles}");
    let calls = [Call::ListAccounts, Call::ListAccountRoles, Call::GetRoleCredentials];
    assert_eq!(room.counts(calls), [1, 2, 1]);
    // By number or by name, and without another question about what there is.
    assert_eq!(room.asks_for("444444444444/ReadOnly").code(), 0);
    assert_eq!(room.asks_for("acme-prod/ReadOnly").code(), 0);
    assert_eq!(room.counts(calls), [1, 2, 2]);
    let json = room.jit(&["roles", "prod", "--json"]).run();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json[0]["name"], "444444444444/ReadOnly");
    assert_eq!(json.as_array().unwrap().len(), 1);
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
    assert_eq!(roles.stdout.lines().count(), 1 + 3 + 500, "{roles}");
    assert_eq!(room.counts([Call::ListAccounts, Call::ListAccountRoles]), [3, 250]);
    insta::assert_snapshot!(room.told(&roles), @"
    exit 0
    --- stdout
    role                   account       from         about
    admin                  555555555555  config.toml  via dev
    audit                  444444444444  config.toml  at demo
    dev                    333333333333  config.toml  at demo
    000000000001/Admin     000000000001  demo         team 1 ✨
    000000000001/ReadOnly  000000000001  demo         team 1 ✨
    000000000002/Admin     000000000002  demo         team 2 ✨
    000000000002/ReadOnly  000000000002  demo         team 2 ✨
    000000000003/Admin     000000000003  demo         team 3 ✨
    000000000003/ReadOnly  000000000003  demo         team 3 ✨
    000000000004/Admin     000000000004  demo         team 4 ✨
    000000000004/ReadOnly  000000000004  demo         team 4 ✨
    000000000005/Admin     000000000005  demo         team 5 ✨
    000000000005/ReadOnly  000000000005  demo         team 5 ✨
    000000000006/Admin     000000000006  demo         team 6 ✨
    000000000006/ReadOnly  000000000006  demo         team 6 ✨
    000000000007/Admin     000000000007  demo         team 7 ✨
    000000000007/ReadOnly  000000000007  demo         team 7 ✨
    000000000008/Admin     000000000008  demo         team 8 ✨
    000000000008/ReadOnly  000000000008  demo         team 8 ✨
    000000000009/Admin     000000000009  demo         team 9 ✨
    000000000009/ReadOnly  000000000009  demo         team 9 ✨
    000000000010/Admin     000000000010  demo         team 10 ✨
    000000000010/ReadOnly  000000000010  demo         team 10 ✨
    000000000011/Admin     000000000011  demo         team 11 ✨
    000000000011/ReadOnly  000000000011  demo         team 11 ✨
    000000000012/Admin     000000000012  demo         team 12 ✨
    000000000012/ReadOnly  000000000012  demo         team 12 ✨
    000000000013/Admin     000000000013  demo         team 13 ✨
    000000000013/ReadOnly  000000000013  demo         team 13 ✨
    000000000014/Admin     000000000014  demo         team 14 ✨
    000000000014/ReadOnly  000000000014  demo         team 14 ✨
    000000000015/Admin     000000000015  demo         team 15 ✨
    000000000015/ReadOnly  000000000015  demo         team 15 ✨
    000000000016/Admin     000000000016  demo         team 16 ✨
    000000000016/ReadOnly  000000000016  demo         team 16 ✨
    000000000017/Admin     000000000017  demo         team 17 ✨
    000000000017/ReadOnly  000000000017  demo         team 17 ✨
    000000000018/Admin     000000000018  demo         team 18 ✨
    000000000018/ReadOnly  000000000018  demo         team 18 ✨
    000000000019/Admin     000000000019  demo         team 19 ✨
    000000000019/ReadOnly  000000000019  demo         team 19 ✨
    000000000020/Admin     000000000020  demo         team 20 ✨
    000000000020/ReadOnly  000000000020  demo         team 20 ✨
    000000000021/Admin     000000000021  demo         team 21 ✨
    000000000021/ReadOnly  000000000021  demo         team 21 ✨
    000000000022/Admin     000000000022  demo         team 22 ✨
    000000000022/ReadOnly  000000000022  demo         team 22 ✨
    000000000023/Admin     000000000023  demo         team 23 ✨
    000000000023/ReadOnly  000000000023  demo         team 23 ✨
    000000000024/Admin     000000000024  demo         team 24 ✨
    000000000024/ReadOnly  000000000024  demo         team 24 ✨
    000000000025/Admin     000000000025  demo         team 25 ✨
    000000000025/ReadOnly  000000000025  demo         team 25 ✨
    000000000026/Admin     000000000026  demo         team 26 ✨
    000000000026/ReadOnly  000000000026  demo         team 26 ✨
    000000000027/Admin     000000000027  demo         team 27 ✨
    000000000027/ReadOnly  000000000027  demo         team 27 ✨
    000000000028/Admin     000000000028  demo         team 28 ✨
    000000000028/ReadOnly  000000000028  demo         team 28 ✨
    000000000029/Admin     000000000029  demo         team 29 ✨
    000000000029/ReadOnly  000000000029  demo         team 29 ✨
    000000000030/Admin     000000000030  demo         team 30 ✨
    000000000030/ReadOnly  000000000030  demo         team 30 ✨
    000000000031/Admin     000000000031  demo         team 31 ✨
    000000000031/ReadOnly  000000000031  demo         team 31 ✨
    000000000032/Admin     000000000032  demo         team 32 ✨
    000000000032/ReadOnly  000000000032  demo         team 32 ✨
    000000000033/Admin     000000000033  demo         team 33 ✨
    000000000033/ReadOnly  000000000033  demo         team 33 ✨
    000000000034/Admin     000000000034  demo         team 34 ✨
    000000000034/ReadOnly  000000000034  demo         team 34 ✨
    000000000035/Admin     000000000035  demo         team 35 ✨
    000000000035/ReadOnly  000000000035  demo         team 35 ✨
    000000000036/Admin     000000000036  demo         team 36 ✨
    000000000036/ReadOnly  000000000036  demo         team 36 ✨
    000000000037/Admin     000000000037  demo         team 37 ✨
    000000000037/ReadOnly  000000000037  demo         team 37 ✨
    000000000038/Admin     000000000038  demo         team 38 ✨
    000000000038/ReadOnly  000000000038  demo         team 38 ✨
    000000000039/Admin     000000000039  demo         team 39 ✨
    000000000039/ReadOnly  000000000039  demo         team 39 ✨
    000000000040/Admin     000000000040  demo         team 40 ✨
    000000000040/ReadOnly  000000000040  demo         team 40 ✨
    000000000041/Admin     000000000041  demo         team 41 ✨
    000000000041/ReadOnly  000000000041  demo         team 41 ✨
    000000000042/Admin     000000000042  demo         team 42 ✨
    000000000042/ReadOnly  000000000042  demo         team 42 ✨
    000000000043/Admin     000000000043  demo         team 43 ✨
    000000000043/ReadOnly  000000000043  demo         team 43 ✨
    000000000044/Admin     000000000044  demo         team 44 ✨
    000000000044/ReadOnly  000000000044  demo         team 44 ✨
    000000000045/Admin     000000000045  demo         team 45 ✨
    000000000045/ReadOnly  000000000045  demo         team 45 ✨
    000000000046/Admin     000000000046  demo         team 46 ✨
    000000000046/ReadOnly  000000000046  demo         team 46 ✨
    000000000047/Admin     000000000047  demo         team 47 ✨
    000000000047/ReadOnly  000000000047  demo         team 47 ✨
    000000000048/Admin     000000000048  demo         team 48 ✨
    000000000048/ReadOnly  000000000048  demo         team 48 ✨
    000000000049/Admin     000000000049  demo         team 49 ✨
    000000000049/ReadOnly  000000000049  demo         team 49 ✨
    000000000050/Admin     000000000050  demo         team 50 ✨
    000000000050/ReadOnly  000000000050  demo         team 50 ✨
    000000000051/Admin     000000000051  demo         team 51 ✨
    000000000051/ReadOnly  000000000051  demo         team 51 ✨
    000000000052/Admin     000000000052  demo         team 52 ✨
    000000000052/ReadOnly  000000000052  demo         team 52 ✨
    000000000053/Admin     000000000053  demo         team 53 ✨
    000000000053/ReadOnly  000000000053  demo         team 53 ✨
    000000000054/Admin     000000000054  demo         team 54 ✨
    000000000054/ReadOnly  000000000054  demo         team 54 ✨
    000000000055/Admin     000000000055  demo         team 55 ✨
    000000000055/ReadOnly  000000000055  demo         team 55 ✨
    000000000056/Admin     000000000056  demo         team 56 ✨
    000000000056/ReadOnly  000000000056  demo         team 56 ✨
    000000000057/Admin     000000000057  demo         team 57 ✨
    000000000057/ReadOnly  000000000057  demo         team 57 ✨
    000000000058/Admin     000000000058  demo         team 58 ✨
    000000000058/ReadOnly  000000000058  demo         team 58 ✨
    000000000059/Admin     000000000059  demo         team 59 ✨
    000000000059/ReadOnly  000000000059  demo         team 59 ✨
    000000000060/Admin     000000000060  demo         team 60 ✨
    000000000060/ReadOnly  000000000060  demo         team 60 ✨
    000000000061/Admin     000000000061  demo         team 61 ✨
    000000000061/ReadOnly  000000000061  demo         team 61 ✨
    000000000062/Admin     000000000062  demo         team 62 ✨
    000000000062/ReadOnly  000000000062  demo         team 62 ✨
    000000000063/Admin     000000000063  demo         team 63 ✨
    000000000063/ReadOnly  000000000063  demo         team 63 ✨
    000000000064/Admin     000000000064  demo         team 64 ✨
    000000000064/ReadOnly  000000000064  demo         team 64 ✨
    000000000065/Admin     000000000065  demo         team 65 ✨
    000000000065/ReadOnly  000000000065  demo         team 65 ✨
    000000000066/Admin     000000000066  demo         team 66 ✨
    000000000066/ReadOnly  000000000066  demo         team 66 ✨
    000000000067/Admin     000000000067  demo         team 67 ✨
    000000000067/ReadOnly  000000000067  demo         team 67 ✨
    000000000068/Admin     000000000068  demo         team 68 ✨
    000000000068/ReadOnly  000000000068  demo         team 68 ✨
    000000000069/Admin     000000000069  demo         team 69 ✨
    000000000069/ReadOnly  000000000069  demo         team 69 ✨
    000000000070/Admin     000000000070  demo         team 70 ✨
    000000000070/ReadOnly  000000000070  demo         team 70 ✨
    000000000071/Admin     000000000071  demo         team 71 ✨
    000000000071/ReadOnly  000000000071  demo         team 71 ✨
    000000000072/Admin     000000000072  demo         team 72 ✨
    000000000072/ReadOnly  000000000072  demo         team 72 ✨
    000000000073/Admin     000000000073  demo         team 73 ✨
    000000000073/ReadOnly  000000000073  demo         team 73 ✨
    000000000074/Admin     000000000074  demo         team 74 ✨
    000000000074/ReadOnly  000000000074  demo         team 74 ✨
    000000000075/Admin     000000000075  demo         team 75 ✨
    000000000075/ReadOnly  000000000075  demo         team 75 ✨
    000000000076/Admin     000000000076  demo         team 76 ✨
    000000000076/ReadOnly  000000000076  demo         team 76 ✨
    000000000077/Admin     000000000077  demo         team 77 ✨
    000000000077/ReadOnly  000000000077  demo         team 77 ✨
    000000000078/Admin     000000000078  demo         team 78 ✨
    000000000078/ReadOnly  000000000078  demo         team 78 ✨
    000000000079/Admin     000000000079  demo         team 79 ✨
    000000000079/ReadOnly  000000000079  demo         team 79 ✨
    000000000080/Admin     000000000080  demo         team 80 ✨
    000000000080/ReadOnly  000000000080  demo         team 80 ✨
    000000000081/Admin     000000000081  demo         team 81 ✨
    000000000081/ReadOnly  000000000081  demo         team 81 ✨
    000000000082/Admin     000000000082  demo         team 82 ✨
    000000000082/ReadOnly  000000000082  demo         team 82 ✨
    000000000083/Admin     000000000083  demo         team 83 ✨
    000000000083/ReadOnly  000000000083  demo         team 83 ✨
    000000000084/Admin     000000000084  demo         team 84 ✨
    000000000084/ReadOnly  000000000084  demo         team 84 ✨
    000000000085/Admin     000000000085  demo         team 85 ✨
    000000000085/ReadOnly  000000000085  demo         team 85 ✨
    000000000086/Admin     000000000086  demo         team 86 ✨
    000000000086/ReadOnly  000000000086  demo         team 86 ✨
    000000000087/Admin     000000000087  demo         team 87 ✨
    000000000087/ReadOnly  000000000087  demo         team 87 ✨
    000000000088/Admin     000000000088  demo         team 88 ✨
    000000000088/ReadOnly  000000000088  demo         team 88 ✨
    000000000089/Admin     000000000089  demo         team 89 ✨
    000000000089/ReadOnly  000000000089  demo         team 89 ✨
    000000000090/Admin     000000000090  demo         team 90 ✨
    000000000090/ReadOnly  000000000090  demo         team 90 ✨
    000000000091/Admin     000000000091  demo         team 91 ✨
    000000000091/ReadOnly  000000000091  demo         team 91 ✨
    000000000092/Admin     000000000092  demo         team 92 ✨
    000000000092/ReadOnly  000000000092  demo         team 92 ✨
    000000000093/Admin     000000000093  demo         team 93 ✨
    000000000093/ReadOnly  000000000093  demo         team 93 ✨
    000000000094/Admin     000000000094  demo         team 94 ✨
    000000000094/ReadOnly  000000000094  demo         team 94 ✨
    000000000095/Admin     000000000095  demo         team 95 ✨
    000000000095/ReadOnly  000000000095  demo         team 95 ✨
    000000000096/Admin     000000000096  demo         team 96 ✨
    000000000096/ReadOnly  000000000096  demo         team 96 ✨
    000000000097/Admin     000000000097  demo         team 97 ✨
    000000000097/ReadOnly  000000000097  demo         team 97 ✨
    000000000098/Admin     000000000098  demo         team 98 ✨
    000000000098/ReadOnly  000000000098  demo         team 98 ✨
    000000000099/Admin     000000000099  demo         team 99 ✨
    000000000099/ReadOnly  000000000099  demo         team 99 ✨
    000000000100/Admin     000000000100  demo         team 100 ✨
    000000000100/ReadOnly  000000000100  demo         team 100 ✨
    000000000101/Admin     000000000101  demo         team 101 ✨
    000000000101/ReadOnly  000000000101  demo         team 101 ✨
    000000000102/Admin     000000000102  demo         team 102 ✨
    000000000102/ReadOnly  000000000102  demo         team 102 ✨
    000000000103/Admin     000000000103  demo         team 103 ✨
    000000000103/ReadOnly  000000000103  demo         team 103 ✨
    000000000104/Admin     000000000104  demo         team 104 ✨
    000000000104/ReadOnly  000000000104  demo         team 104 ✨
    000000000105/Admin     000000000105  demo         team 105 ✨
    000000000105/ReadOnly  000000000105  demo         team 105 ✨
    000000000106/Admin     000000000106  demo         team 106 ✨
    000000000106/ReadOnly  000000000106  demo         team 106 ✨
    000000000107/Admin     000000000107  demo         team 107 ✨
    000000000107/ReadOnly  000000000107  demo         team 107 ✨
    000000000108/Admin     000000000108  demo         team 108 ✨
    000000000108/ReadOnly  000000000108  demo         team 108 ✨
    000000000109/Admin     000000000109  demo         team 109 ✨
    000000000109/ReadOnly  000000000109  demo         team 109 ✨
    000000000110/Admin     000000000110  demo         team 110 ✨
    000000000110/ReadOnly  000000000110  demo         team 110 ✨
    000000000111/Admin     000000000111  demo         team 111 ✨
    000000000111/ReadOnly  000000000111  demo         team 111 ✨
    000000000112/Admin     000000000112  demo         team 112 ✨
    000000000112/ReadOnly  000000000112  demo         team 112 ✨
    000000000113/Admin     000000000113  demo         team 113 ✨
    000000000113/ReadOnly  000000000113  demo         team 113 ✨
    000000000114/Admin     000000000114  demo         team 114 ✨
    000000000114/ReadOnly  000000000114  demo         team 114 ✨
    000000000115/Admin     000000000115  demo         team 115 ✨
    000000000115/ReadOnly  000000000115  demo         team 115 ✨
    000000000116/Admin     000000000116  demo         team 116 ✨
    000000000116/ReadOnly  000000000116  demo         team 116 ✨
    000000000117/Admin     000000000117  demo         team 117 ✨
    000000000117/ReadOnly  000000000117  demo         team 117 ✨
    000000000118/Admin     000000000118  demo         team 118 ✨
    000000000118/ReadOnly  000000000118  demo         team 118 ✨
    000000000119/Admin     000000000119  demo         team 119 ✨
    000000000119/ReadOnly  000000000119  demo         team 119 ✨
    000000000120/Admin     000000000120  demo         team 120 ✨
    000000000120/ReadOnly  000000000120  demo         team 120 ✨
    000000000121/Admin     000000000121  demo         team 121 ✨
    000000000121/ReadOnly  000000000121  demo         team 121 ✨
    000000000122/Admin     000000000122  demo         team 122 ✨
    000000000122/ReadOnly  000000000122  demo         team 122 ✨
    000000000123/Admin     000000000123  demo         team 123 ✨
    000000000123/ReadOnly  000000000123  demo         team 123 ✨
    000000000124/Admin     000000000124  demo         team 124 ✨
    000000000124/ReadOnly  000000000124  demo         team 124 ✨
    000000000125/Admin     000000000125  demo         team 125 ✨
    000000000125/ReadOnly  000000000125  demo         team 125 ✨
    000000000126/Admin     000000000126  demo         team 126 ✨
    000000000126/ReadOnly  000000000126  demo         team 126 ✨
    000000000127/Admin     000000000127  demo         team 127 ✨
    000000000127/ReadOnly  000000000127  demo         team 127 ✨
    000000000128/Admin     000000000128  demo         team 128 ✨
    000000000128/ReadOnly  000000000128  demo         team 128 ✨
    000000000129/Admin     000000000129  demo         team 129 ✨
    000000000129/ReadOnly  000000000129  demo         team 129 ✨
    000000000130/Admin     000000000130  demo         team 130 ✨
    000000000130/ReadOnly  000000000130  demo         team 130 ✨
    000000000131/Admin     000000000131  demo         team 131 ✨
    000000000131/ReadOnly  000000000131  demo         team 131 ✨
    000000000132/Admin     000000000132  demo         team 132 ✨
    000000000132/ReadOnly  000000000132  demo         team 132 ✨
    000000000133/Admin     000000000133  demo         team 133 ✨
    000000000133/ReadOnly  000000000133  demo         team 133 ✨
    000000000134/Admin     000000000134  demo         team 134 ✨
    000000000134/ReadOnly  000000000134  demo         team 134 ✨
    000000000135/Admin     000000000135  demo         team 135 ✨
    000000000135/ReadOnly  000000000135  demo         team 135 ✨
    000000000136/Admin     000000000136  demo         team 136 ✨
    000000000136/ReadOnly  000000000136  demo         team 136 ✨
    000000000137/Admin     000000000137  demo         team 137 ✨
    000000000137/ReadOnly  000000000137  demo         team 137 ✨
    000000000138/Admin     000000000138  demo         team 138 ✨
    000000000138/ReadOnly  000000000138  demo         team 138 ✨
    000000000139/Admin     000000000139  demo         team 139 ✨
    000000000139/ReadOnly  000000000139  demo         team 139 ✨
    000000000140/Admin     000000000140  demo         team 140 ✨
    000000000140/ReadOnly  000000000140  demo         team 140 ✨
    000000000141/Admin     000000000141  demo         team 141 ✨
    000000000141/ReadOnly  000000000141  demo         team 141 ✨
    000000000142/Admin     000000000142  demo         team 142 ✨
    000000000142/ReadOnly  000000000142  demo         team 142 ✨
    000000000143/Admin     000000000143  demo         team 143 ✨
    000000000143/ReadOnly  000000000143  demo         team 143 ✨
    000000000144/Admin     000000000144  demo         team 144 ✨
    000000000144/ReadOnly  000000000144  demo         team 144 ✨
    000000000145/Admin     000000000145  demo         team 145 ✨
    000000000145/ReadOnly  000000000145  demo         team 145 ✨
    000000000146/Admin     000000000146  demo         team 146 ✨
    000000000146/ReadOnly  000000000146  demo         team 146 ✨
    000000000147/Admin     000000000147  demo         team 147 ✨
    000000000147/ReadOnly  000000000147  demo         team 147 ✨
    000000000148/Admin     000000000148  demo         team 148 ✨
    000000000148/ReadOnly  000000000148  demo         team 148 ✨
    000000000149/Admin     000000000149  demo         team 149 ✨
    000000000149/ReadOnly  000000000149  demo         team 149 ✨
    000000000150/Admin     000000000150  demo         team 150 ✨
    000000000150/ReadOnly  000000000150  demo         team 150 ✨
    000000000151/Admin     000000000151  demo         team 151 ✨
    000000000151/ReadOnly  000000000151  demo         team 151 ✨
    000000000152/Admin     000000000152  demo         team 152 ✨
    000000000152/ReadOnly  000000000152  demo         team 152 ✨
    000000000153/Admin     000000000153  demo         team 153 ✨
    000000000153/ReadOnly  000000000153  demo         team 153 ✨
    000000000154/Admin     000000000154  demo         team 154 ✨
    000000000154/ReadOnly  000000000154  demo         team 154 ✨
    000000000155/Admin     000000000155  demo         team 155 ✨
    000000000155/ReadOnly  000000000155  demo         team 155 ✨
    000000000156/Admin     000000000156  demo         team 156 ✨
    000000000156/ReadOnly  000000000156  demo         team 156 ✨
    000000000157/Admin     000000000157  demo         team 157 ✨
    000000000157/ReadOnly  000000000157  demo         team 157 ✨
    000000000158/Admin     000000000158  demo         team 158 ✨
    000000000158/ReadOnly  000000000158  demo         team 158 ✨
    000000000159/Admin     000000000159  demo         team 159 ✨
    000000000159/ReadOnly  000000000159  demo         team 159 ✨
    000000000160/Admin     000000000160  demo         team 160 ✨
    000000000160/ReadOnly  000000000160  demo         team 160 ✨
    000000000161/Admin     000000000161  demo         team 161 ✨
    000000000161/ReadOnly  000000000161  demo         team 161 ✨
    000000000162/Admin     000000000162  demo         team 162 ✨
    000000000162/ReadOnly  000000000162  demo         team 162 ✨
    000000000163/Admin     000000000163  demo         team 163 ✨
    000000000163/ReadOnly  000000000163  demo         team 163 ✨
    000000000164/Admin     000000000164  demo         team 164 ✨
    000000000164/ReadOnly  000000000164  demo         team 164 ✨
    000000000165/Admin     000000000165  demo         team 165 ✨
    000000000165/ReadOnly  000000000165  demo         team 165 ✨
    000000000166/Admin     000000000166  demo         team 166 ✨
    000000000166/ReadOnly  000000000166  demo         team 166 ✨
    000000000167/Admin     000000000167  demo         team 167 ✨
    000000000167/ReadOnly  000000000167  demo         team 167 ✨
    000000000168/Admin     000000000168  demo         team 168 ✨
    000000000168/ReadOnly  000000000168  demo         team 168 ✨
    000000000169/Admin     000000000169  demo         team 169 ✨
    000000000169/ReadOnly  000000000169  demo         team 169 ✨
    000000000170/Admin     000000000170  demo         team 170 ✨
    000000000170/ReadOnly  000000000170  demo         team 170 ✨
    000000000171/Admin     000000000171  demo         team 171 ✨
    000000000171/ReadOnly  000000000171  demo         team 171 ✨
    000000000172/Admin     000000000172  demo         team 172 ✨
    000000000172/ReadOnly  000000000172  demo         team 172 ✨
    000000000173/Admin     000000000173  demo         team 173 ✨
    000000000173/ReadOnly  000000000173  demo         team 173 ✨
    000000000174/Admin     000000000174  demo         team 174 ✨
    000000000174/ReadOnly  000000000174  demo         team 174 ✨
    000000000175/Admin     000000000175  demo         team 175 ✨
    000000000175/ReadOnly  000000000175  demo         team 175 ✨
    000000000176/Admin     000000000176  demo         team 176 ✨
    000000000176/ReadOnly  000000000176  demo         team 176 ✨
    000000000177/Admin     000000000177  demo         team 177 ✨
    000000000177/ReadOnly  000000000177  demo         team 177 ✨
    000000000178/Admin     000000000178  demo         team 178 ✨
    000000000178/ReadOnly  000000000178  demo         team 178 ✨
    000000000179/Admin     000000000179  demo         team 179 ✨
    000000000179/ReadOnly  000000000179  demo         team 179 ✨
    000000000180/Admin     000000000180  demo         team 180 ✨
    000000000180/ReadOnly  000000000180  demo         team 180 ✨
    000000000181/Admin     000000000181  demo         team 181 ✨
    000000000181/ReadOnly  000000000181  demo         team 181 ✨
    000000000182/Admin     000000000182  demo         team 182 ✨
    000000000182/ReadOnly  000000000182  demo         team 182 ✨
    000000000183/Admin     000000000183  demo         team 183 ✨
    000000000183/ReadOnly  000000000183  demo         team 183 ✨
    000000000184/Admin     000000000184  demo         team 184 ✨
    000000000184/ReadOnly  000000000184  demo         team 184 ✨
    000000000185/Admin     000000000185  demo         team 185 ✨
    000000000185/ReadOnly  000000000185  demo         team 185 ✨
    000000000186/Admin     000000000186  demo         team 186 ✨
    000000000186/ReadOnly  000000000186  demo         team 186 ✨
    000000000187/Admin     000000000187  demo         team 187 ✨
    000000000187/ReadOnly  000000000187  demo         team 187 ✨
    000000000188/Admin     000000000188  demo         team 188 ✨
    000000000188/ReadOnly  000000000188  demo         team 188 ✨
    000000000189/Admin     000000000189  demo         team 189 ✨
    000000000189/ReadOnly  000000000189  demo         team 189 ✨
    000000000190/Admin     000000000190  demo         team 190 ✨
    000000000190/ReadOnly  000000000190  demo         team 190 ✨
    000000000191/Admin     000000000191  demo         team 191 ✨
    000000000191/ReadOnly  000000000191  demo         team 191 ✨
    000000000192/Admin     000000000192  demo         team 192 ✨
    000000000192/ReadOnly  000000000192  demo         team 192 ✨
    000000000193/Admin     000000000193  demo         team 193 ✨
    000000000193/ReadOnly  000000000193  demo         team 193 ✨
    000000000194/Admin     000000000194  demo         team 194 ✨
    000000000194/ReadOnly  000000000194  demo         team 194 ✨
    000000000195/Admin     000000000195  demo         team 195 ✨
    000000000195/ReadOnly  000000000195  demo         team 195 ✨
    000000000196/Admin     000000000196  demo         team 196 ✨
    000000000196/ReadOnly  000000000196  demo         team 196 ✨
    000000000197/Admin     000000000197  demo         team 197 ✨
    000000000197/ReadOnly  000000000197  demo         team 197 ✨
    000000000198/Admin     000000000198  demo         team 198 ✨
    000000000198/ReadOnly  000000000198  demo         team 198 ✨
    000000000199/Admin     000000000199  demo         team 199 ✨
    000000000199/ReadOnly  000000000199  demo         team 199 ✨
    000000000200/Admin     000000000200  demo         team 200 ✨
    000000000200/ReadOnly  000000000200  demo         team 200 ✨
    000000000201/Admin     000000000201  demo         team 201 ✨
    000000000201/ReadOnly  000000000201  demo         team 201 ✨
    000000000202/Admin     000000000202  demo         team 202 ✨
    000000000202/ReadOnly  000000000202  demo         team 202 ✨
    000000000203/Admin     000000000203  demo         team 203 ✨
    000000000203/ReadOnly  000000000203  demo         team 203 ✨
    000000000204/Admin     000000000204  demo         team 204 ✨
    000000000204/ReadOnly  000000000204  demo         team 204 ✨
    000000000205/Admin     000000000205  demo         team 205 ✨
    000000000205/ReadOnly  000000000205  demo         team 205 ✨
    000000000206/Admin     000000000206  demo         team 206 ✨
    000000000206/ReadOnly  000000000206  demo         team 206 ✨
    000000000207/Admin     000000000207  demo         team 207 ✨
    000000000207/ReadOnly  000000000207  demo         team 207 ✨
    000000000208/Admin     000000000208  demo         team 208 ✨
    000000000208/ReadOnly  000000000208  demo         team 208 ✨
    000000000209/Admin     000000000209  demo         team 209 ✨
    000000000209/ReadOnly  000000000209  demo         team 209 ✨
    000000000210/Admin     000000000210  demo         team 210 ✨
    000000000210/ReadOnly  000000000210  demo         team 210 ✨
    000000000211/Admin     000000000211  demo         team 211 ✨
    000000000211/ReadOnly  000000000211  demo         team 211 ✨
    000000000212/Admin     000000000212  demo         team 212 ✨
    000000000212/ReadOnly  000000000212  demo         team 212 ✨
    000000000213/Admin     000000000213  demo         team 213 ✨
    000000000213/ReadOnly  000000000213  demo         team 213 ✨
    000000000214/Admin     000000000214  demo         team 214 ✨
    000000000214/ReadOnly  000000000214  demo         team 214 ✨
    000000000215/Admin     000000000215  demo         team 215 ✨
    000000000215/ReadOnly  000000000215  demo         team 215 ✨
    000000000216/Admin     000000000216  demo         team 216 ✨
    000000000216/ReadOnly  000000000216  demo         team 216 ✨
    000000000217/Admin     000000000217  demo         team 217 ✨
    000000000217/ReadOnly  000000000217  demo         team 217 ✨
    000000000218/Admin     000000000218  demo         team 218 ✨
    000000000218/ReadOnly  000000000218  demo         team 218 ✨
    000000000219/Admin     000000000219  demo         team 219 ✨
    000000000219/ReadOnly  000000000219  demo         team 219 ✨
    000000000220/Admin     000000000220  demo         team 220 ✨
    000000000220/ReadOnly  000000000220  demo         team 220 ✨
    000000000221/Admin     000000000221  demo         team 221 ✨
    000000000221/ReadOnly  000000000221  demo         team 221 ✨
    000000000222/Admin     000000000222  demo         team 222 ✨
    000000000222/ReadOnly  000000000222  demo         team 222 ✨
    000000000223/Admin     000000000223  demo         team 223 ✨
    000000000223/ReadOnly  000000000223  demo         team 223 ✨
    000000000224/Admin     000000000224  demo         team 224 ✨
    000000000224/ReadOnly  000000000224  demo         team 224 ✨
    000000000225/Admin     000000000225  demo         team 225 ✨
    000000000225/ReadOnly  000000000225  demo         team 225 ✨
    000000000226/Admin     000000000226  demo         team 226 ✨
    000000000226/ReadOnly  000000000226  demo         team 226 ✨
    000000000227/Admin     000000000227  demo         team 227 ✨
    000000000227/ReadOnly  000000000227  demo         team 227 ✨
    000000000228/Admin     000000000228  demo         team 228 ✨
    000000000228/ReadOnly  000000000228  demo         team 228 ✨
    000000000229/Admin     000000000229  demo         team 229 ✨
    000000000229/ReadOnly  000000000229  demo         team 229 ✨
    000000000230/Admin     000000000230  demo         team 230 ✨
    000000000230/ReadOnly  000000000230  demo         team 230 ✨
    000000000231/Admin     000000000231  demo         team 231 ✨
    000000000231/ReadOnly  000000000231  demo         team 231 ✨
    000000000232/Admin     000000000232  demo         team 232 ✨
    000000000232/ReadOnly  000000000232  demo         team 232 ✨
    000000000233/Admin     000000000233  demo         team 233 ✨
    000000000233/ReadOnly  000000000233  demo         team 233 ✨
    000000000234/Admin     000000000234  demo         team 234 ✨
    000000000234/ReadOnly  000000000234  demo         team 234 ✨
    000000000235/Admin     000000000235  demo         team 235 ✨
    000000000235/ReadOnly  000000000235  demo         team 235 ✨
    000000000236/Admin     000000000236  demo         team 236 ✨
    000000000236/ReadOnly  000000000236  demo         team 236 ✨
    000000000237/Admin     000000000237  demo         team 237 ✨
    000000000237/ReadOnly  000000000237  demo         team 237 ✨
    000000000238/Admin     000000000238  demo         team 238 ✨
    000000000238/ReadOnly  000000000238  demo         team 238 ✨
    000000000239/Admin     000000000239  demo         team 239 ✨
    000000000239/ReadOnly  000000000239  demo         team 239 ✨
    000000000240/Admin     000000000240  demo         team 240 ✨
    000000000240/ReadOnly  000000000240  demo         team 240 ✨
    000000000241/Admin     000000000241  demo         team 241 ✨
    000000000241/ReadOnly  000000000241  demo         team 241 ✨
    000000000242/Admin     000000000242  demo         team 242 ✨
    000000000242/ReadOnly  000000000242  demo         team 242 ✨
    000000000243/Admin     000000000243  demo         team 243 ✨
    000000000243/ReadOnly  000000000243  demo         team 243 ✨
    000000000244/Admin     000000000244  demo         team 244 ✨
    000000000244/ReadOnly  000000000244  demo         team 244 ✨
    000000000245/Admin     000000000245  demo         team 245 ✨
    000000000245/ReadOnly  000000000245  demo         team 245 ✨
    000000000246/Admin     000000000246  demo         team 246 ✨
    000000000246/ReadOnly  000000000246  demo         team 246 ✨
    000000000247/Admin     000000000247  demo         team 247 ✨
    000000000247/ReadOnly  000000000247  demo         team 247 ✨
    000000000248/Admin     000000000248  demo         team 248 ✨
    000000000248/ReadOnly  000000000248  demo         team 248 ✨
    000000000249/Admin     000000000249  demo         team 249 ✨
    000000000249/ReadOnly  000000000249  demo         team 249 ✨
    000000000250/Admin     000000000250  demo         team 250 ✨
    000000000250/ReadOnly  000000000250  demo         team 250 ✨
    --- stderr
    Asked demo about 25 of 250 accounts
    Asked demo about 50 of 250 accounts
    Asked demo about 75 of 250 accounts
    Asked demo about 100 of 250 accounts
    Asked demo about 125 of 250 accounts
    Asked demo about 150 of 250 accounts
    Asked demo about 175 of 250 accounts
    Asked demo about 200 of 250 accounts
    Asked demo about 225 of 250 accounts
    Asked demo about 250 of 250 accounts
    ");
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
    If it stays closed, open
    http://127.0.0.1:PORT/…
    ✓ 3 roles of 3
      admin  account 555555555555  until HH:MM  TIME left
      audit  account 444444444444  until HH:MM  TIME left  the permission set decides
      dev    account 333333333333  until HH:MM  TIME left  the permission set decides
    ");
    assert_eq!((room.counts(SIGN_IN), room.counts(ROLES)), ([1, 1, 1], [2, 1]));
}

/// What is put into the configuration in place of what, where the mistake is, and words of the message.
#[test]
fn mistakes_in_the_configuration() {
    let room = room();
    let cases = [
        ("permission_set = \"Developer\"", "", "[role.dev] has `account` without `permission_set`"),
        ("account = \"333333333333\"", "", "[role.dev] has `permission_set` without `account`"),
        ("\"333333333333\"", "\"333\"", "`333` is not the twelve digits of an account"),
        ("\"Developer\"", "\"a b\"", "`a b` cannot be the name of a permission set"),
        ("\"Developer\"", "\"Developer\"\nduration = \"2h\"", "a permission set takes no `duration`"),
        (
            "\"Developer\"",
            "\"Developer\"\nrole_arn = \"arn:aws:iam::333333333333:role/x\"",
            "both `role_arn` and `permission_set`",
        ),
        (
            "account = \"333333333333\"\npermission_set = \"Developer\"",
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
            "Identity Center knows no role by its ARN",
        ),
        ("region = \"eu-west-1\"", "region = \"Ireland\"", "`Ireland` is not a region"),
        ("region = \"eu-west-1\"\n", "", "[idp.demo] has no `region`"),
        ("start_url = \"http://127.0.0.1", "start_url = \"http://10.0.0.1", "is not https"),
    ];
    for (from, to, words) in cases {
        let config = room.center_config("");
        assert!(config.contains(from), "{from}");
        room.write_config(&config.replacen(from, to, 1));
        let output = room.jit(&["explain", "dev"]).run();
        assert!(output.code() == 2 && output.stderr.contains(words), "{words}: {output}");
    }
}

/// What an AWS CLI leaves in the home after `aws sso login`.
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
    // Nobody can be asked, so nothing is taken.
    let room = room();
    std::fs::create_dir_all(room.path(".aws/sso/cache")).unwrap();
    room.write(".aws/sso/cache/x.json", "{\"startUrl\":");
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.count(Call::CenterAuthorize), 1);
}

/// Without a role on a terminal every command that is about one lets the person pick, what was used last first.
#[test]
fn exec_and_console_pick_as_login_does() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.jit(&["login", "audit"]).somebody_types().start().wait().code(), 0);
    // Another terminal, where nothing was chosen yet; the list begins with what was chosen elsewhere.
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
    error: no role was named
      next: the roles are: admin, audit, dev
      next: name one, or set default_role in the configuration
    ");
}
