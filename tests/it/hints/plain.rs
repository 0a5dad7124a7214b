//! Rows for what goes wrong with the common ways to sign in.

use std::fs;

use jit_emulator::{Account, Call, Edit, Flaw, HUB, Settings, Trouble};

use super::{Row, by_saml, login, of_keys, refuse, run, two_idps, type_on, usual, write_section};
use crate::support::Room;

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "no login yet",
            typed: &["credential-process", "admin"],
            next: &["jit login admin"],
            ..usual()
        },
        Row {
            name: "a typing error",
            typed: &["login", "admni"],
            next: &["did you mean `admin`?"],
            follow: |room, hints| login(room, hints[0].split('`').nth(1).unwrap()),
            again: false,
            ..usual()
        },
        Row {
            name: "no role named",
            typed: &["login"],
            next: &[
                "the roles are: admin, developer, hub",
                "give a role, or set default_role in the configuration",
            ],
            follow: |room, _| {
                room.write_config(&format!("default_role = \"admin\"\n\n{}", room.usual_config()))
            },
            ..usual()
        },
        Row {
            name: "one ARN at two IdPs: the ARN does not tell them apart",
            room: by_saml,
            arrange: |room| {
                two_idps(room);
                for idp in ["demo", "partner"] {
                    room.jit(&["login", "--idp", idp]).run();
                }
            },
            typed: &["login", HUB],
            next: &[
                "or name it in the configuration: [role.jit-hub-demo] with idp = \"demo\", role_arn = \
                 \"arn:aws:iam::111111111111:role/jit-hub\"",
                "or name it in the configuration: [role.jit-hub-partner] with idp = \"partner\", role_arn = \
                 \"arn:aws:iam::111111111111:role/jit-hub\"",
            ],
            follow: |room, hints| write_section(room, &hints[1]),
            again: false,
            ..usual()
        },
        Row {
            name: "two accounts of one name: the number tells them apart",
            room: || {
                let accounts = vec![
                    Account::new("333333333333", "prod", &["Developer", "ReadOnly"]),
                    Account::new("444444444444", "prod", &["ReadOnly"]),
                ];
                Room::by_center(Settings { accounts, ..Settings::default() })
            },
            arrange: |room| {
                login(room, "dev");
                assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
            },
            typed: &["login", "prod/ReadOnly"],
            next: &["use one of: 333333333333/ReadOnly, 444444444444/ReadOnly"],
            follow: |room, hints| {
                for name in hints[0].strip_prefix("use one of: ").unwrap().split(", ") {
                    login(room, name);
                }
            },
            again: false,
            ..usual()
        },
        Row {
            name: "two IdPs and no role",
            room: by_saml,
            arrange: two_idps,
            typed: &["login"],
            next: &["jit login --idp demo", "jit login --idp partner"],
            follow: type_on,
            again: false,
            ..usual()
        },
        Row {
            name: "the person said no",
            arrange: |room| room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::UserDenies)),
            next: &["jit login --force admin"],
            ..usual()
        },
        Row {
            name: "the person said no, and no role was given",
            arrange: |room| room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::UserDenies)),
            typed: &["login", "--idp", "demo"],
            next: &["jit login --force --idp demo"],
            ..usual()
        },
        Row {
            name: "said no after --force, which is not advised a second time",
            arrange: |room| room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::UserDenies)),
            typed: &["login", "--force", "admin"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "AWS does not take the proof any more",
            arrange: |room| refuse(room, Call::AssumeRoleWithWebIdentity, 400, "IDPRejectedClaim"),
            next: &["jit login --force admin"],
            ..usual()
        },
        Row {
            name: "the portal does not take its token any more",
            room: || Room::by_center(Settings::default()),
            arrange: |room| refuse(room, Call::GetRoleCredentials, 401, "UnauthorizedException"),
            typed: &["login", "dev"],
            next: &["jit login --force dev"],
            ..usual()
        },
        Row {
            name: "a permission set that is not assigned, where a new login would change nothing",
            room: || Room::by_center(Settings::default()),
            arrange: |room| {
                login(room, "audit");
                assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
                refuse(room, Call::GetRoleCredentials, 404, "ResourceNotFoundException");
            },
            typed: &["login", "dev"],
            next: &[
                "compare account and permission_set with the portal's page",
                "ask to be assigned",
                "`jit roles 333333333333` lists what you were offered there",
                "jit explain dev  shows every value of the request",
            ],
            follow: |room, hints| {
                for hint in &hints[2..] {
                    assert_eq!(run(room, hint).code(), 0, "{hint}");
                }
            },
            ..usual()
        },
        Row {
            name: "a profile for a role that there is not",
            typed: &["configure", "profiles", "nowhere"],
            next: &["the roles are: admin, developer, hub"],
            follow: |room, _| {
                for role in ["admin", "developer", "hub"] {
                    assert_eq!(room.jit(&["configure", "profiles", role]).run().code(), 0, "{role}");
                }
            },
            again: false,
            ..usual()
        },
        Row {
            name: "a wrong client secret, which no new login makes right",
            arrange: |room| refuse(room, Call::CodeGrant, 401, "invalid_client"),
            next: &["check `client_id` and `client_secret`"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "a refusal that would come again",
            arrange: |room| refuse(room, Call::CodeGrant, 400, "unsupported_grant_type"),
            next: &["show this to the administrator of the identity provider"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "nobody is there",
            arrange: |room| {
                let issuer = room.servers().issuer();
                room.write_config(&room.usual_config().replace(issuer, "http://127.0.0.1:1"));
            },
            next: &["check `issuer`, the network and the proxy", "run `jit doctor`"],
            follow: |room, hints| {
                // It checks more than this, and its exit code reflects all findings; it says that the network
                // is the cause.
                let doctor = run(room, &hints[1]);
                assert!(!doctor.stdout.is_empty(), "{doctor}");
                room.write_config(&room.usual_config());
            },
            ..usual()
        },
        Row {
            name: "an answer without an end",
            arrange: |room| room.servers().faults(|faults| faults.always(Call::Discovery, Trouble::Megabyte)),
            next: &["check the URL: `jit explain admin`"],
            ..usual()
        },
        Row {
            name: "the same where no role is known",
            arrange: |room| room.servers().faults(|faults| faults.always(Call::Discovery, Trouble::Megabyte)),
            typed: &["login", "--idp", "demo"],
            next: &["check the URL"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "not assigned",
            room: by_saml,
            arrange: |room| {
                let edit = Edit::replacing(HUB, "arn:aws:iam::111111111111:role/other");
                room.servers().faults(|faults| faults.edit_assertion = Some(edit));
            },
            typed: &["login", "hub"],
            next: &[
                "ask to be assigned to it, then: `jit login --force hub`",
                "jit explain hub  shows every value of the request",
            ],
            follow: |room, hints| {
                hints.iter().for_each(|hint| assert_eq!(run(room, hint).code(), 0, "{hint}"))
            },
            ..usual()
        },
        Row {
            name: "a profile's keys are over, and nobody signs in there",
            room: of_keys,
            arrange: |room| refuse(room, Call::GetCallerIdentity, 403, "ExpiredToken"),
            typed: &["login", "ops"],
            next: &["give the profile keys new keys (~/.aws/credentials:2)"],
            follow: |room, _| {
                login(room, "ops");
                // The person's own file is theirs, and not a secret that jit left behind.
                fs::remove_file(room.path(".aws/credentials")).unwrap();
            },
            again: false,
            ..usual()
        },
        Row {
            name: "a damaged store",
            arrange: |room| {
                login(room, "admin");
                for entry in room.entries("") {
                    fs::write(entry, b"").unwrap();
                }
            },
            next: &["`jit logout --all` starts over; you lose only your sign-ins"],
            ..usual()
        },
        Row {
            name: "no session is valid",
            arrange: |room| {
                room.write_config(&format!("default_role = \"admin\"\n\n{}", room.usual_config()))
            },
            typed: &["status", "--check"],
            next: &["jit login admin"],
            ..usual()
        },
    ]
}
