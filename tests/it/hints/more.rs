//! Rows for the less common ways to sign in and to store the result.

use std::cell::RefCell;
use std::fs;

use jit_emulator::{Call, Edit, Flaw, HUB, Settings, Trouble};
use serde_json::json;

use super::{Row, by_saml, login, nothing, of_keys, refuse, run, type_it, usual, well};
use crate::okta::{PASSWORD_IS, company, types, wants};
use crate::support::okta::{CODE, Okta, Script, factor};
use crate::support::{Output, Room};

thread_local! {
    /// The org of the current row.
    static ORG: RefCell<Option<Okta>> = const { RefCell::new(None) };
}

fn by_okta(script: Script) -> Room {
    let (room, okta) = company(script);
    ORG.with(|org| org.replace(Some(okta)));
    room
}

fn org(change: impl FnOnce(&mut Script)) {
    ORG.with(|org| org.borrow().as_ref().unwrap().script(change));
}

/// Types the command, and the password when it is asked for.
fn with_password(room: &Room, typed: &[&str]) -> Output {
    types(room.jit(typed).env("NO_COLOR", "1"), &[PASSWORD_IS])
}

fn in_words(command: &str) -> Vec<&str> {
    command.trim_start_matches("jit ").split_whitespace().collect()
}

/// The command between the backticks of a hint.
fn quoted(hint: &str) -> Vec<&str> {
    in_words(hint.split('`').nth(1).unwrap())
}

const SECOND: &str = "arn:aws:iam::111111111111:saml-provider/second";

/// The assertion lists the hub with one more SAML provider.
fn by_two_providers(room: &Room) {
    let edit = Edit::by(|xml| {
        let value = xml.split("<saml:AttributeValue").find(|part| part.contains(HUB)).unwrap().to_owned();
        let value = format!("<saml:AttributeValue{}", value.split("</saml:AttributeValue>").next().unwrap());
        let value = format!("{value}</saml:AttributeValue>");
        xml.replacen(
            &value,
            &format!("{value}{}", value.replace("saml-provider/demo", "saml-provider/second")),
            1,
        )
    });
    room.servers().faults(|faults| faults.edit_assertion = Some(edit));
}

/// Puts what the first hint gives into the section of the hub.
fn add_to_hub(room: &Room, hint: &str) {
    let (_, line) = hint.split_once(": ").unwrap();
    let line = line.replace("/NAME\"", "/demo\"");
    let config = fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    room.write_config(&config.replace("[role.hub]\n", &format!("[role.hub]\n{line}\n")));
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = of_sessions();
    rows.extend(of_stores());
    rows.extend(of_idps());
    rows.extend(of_orgs());
    rows
}

fn of_sessions() -> Vec<Row> {
    vec![
        Row {
            name: "the session of a profile is dead, and its keys are not",
            room: of_keys,
            arrange: |room| {
                login(room, "ops");
                refuse(room, Call::GetCallerIdentity, 403, "ExpiredToken");
            },
            typed: &["whoami", "ops"],
            next: &["jit login --force ops"],
            follow: |room, hints| {
                type_it(room, hints);
                assert_eq!(room.jit(&["whoami", "ops"]).run().code(), 0);
                fs::remove_file(room.path(".aws/credentials")).unwrap();
            },
            again: false,
            ..usual()
        },
        Row {
            name: "a session that AWS does not know any more",
            arrange: |room| {
                login(room, "admin");
                refuse(room, Call::GetCallerIdentity, 403, "InvalidClientTokenId");
            },
            typed: &["whoami", "admin"],
            next: &[
                "jit login --force admin",
                "if that does not help, check that the hub role and this role are in the same AWS partition",
            ],
            ..usual()
        },
        Row {
            name: "keys whose secret is another's",
            room: of_keys,
            arrange: |room| refuse(room, Call::GetCallerIdentity, 403, "SignatureDoesNotMatch"),
            typed: &["login", "ops"],
            next: &["give the profile keys new keys (~/.aws/credentials:2)"],
            follow: |room, _| {
                login(room, "ops");
                fs::remove_file(room.path(".aws/credentials")).unwrap();
            },
            again: false,
            ..usual()
        },
        Row {
            name: "a request that was changed on its way, which a new session would be as well",
            arrange: |room| refuse(room, Call::AssumeRole, 403, "SignatureDoesNotMatch"),
            next: &["check the proxy, if you use one: it must not change headers"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "a server that fails",
            arrange: |room| {
                room.servers().faults(|faults| faults.always(Call::Discovery, Trouble::ServerError))
            },
            next: &["try again in a minute"],
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "a clock that is wrong",
            arrange: |room| {
                room.servers().faults(|faults| {
                    faults.flaws.insert(Flaw::Expired);
                    faults.sts_clock = 7200;
                });
            },
            next: &["check this machine's clock: `jit doctor`"],
            elsewhere: nothing,
            follow: |room, hints| {
                let doctor = run(room, &hints[0]);
                assert!(doctor.stdout.contains("this machine's clock is 2 h behind"), "{doctor}");
                well(room);
            },
            ..usual()
        },
        Row {
            name: "a role by no name",
            typed: &["roles", "zzz"],
            next: &["jit roles  lists them all"],
            again: false,
            ..usual()
        },
        Row {
            name: "a role by no name, where an IdP can be asked",
            room: by_saml,
            arrange: |room| login(room, "hub"),
            typed: &["roles", "zzz"],
            next: &["jit roles --refresh  asks the IdPs for their roles"],
            follow: |room, hints| {
                let refresh = run(room, &hints[0]);
                assert_eq!(refresh.code(), 0, "{refresh}");
            },
            again: false,
            ..usual()
        },
    ]
}

fn of_stores() -> Vec<Row> {
    vec![
        Row {
            name: "no keychain, where it is asked for",
            run: |room, typed| {
                let run = room.jit(typed).env("JIT_STORE", "keychain");
                run.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").hands_over().run()
            },
            next: &["without a keychain, JIT_STORE=kernel keeps sessions until the next reboot"],
            // A room has that in its environment.
            follow: |_, _| {},
            ..usual()
        },
        Row {
            name: "a passphrase, and nobody to type it",
            run: |room, typed| room.jit(typed).env("JIT_STORE", "file").hands_over().run(),
            next: &["run `jit login admin` on a terminal, where jit can ask for a passphrase"],
            follow: |room, hints| {
                let typed = room.jit(&quoted(&hints[0])).env("JIT_STORE", "file");
                let mut login = typed.somebody_types().start();
                for question in ["New passphrase for jit's store", "Repeat it"] {
                    login.says(question);
                    login.types_unseen("correct horse\n");
                }
                let login = login.wait();
                assert_eq!(login.code(), 0, "{login}");
                // The key is in the kernel from now on.
                let exec = room.jit(&["exec", "admin", "--", "true"]).env("JIT_STORE", "file").run();
                assert_eq!(exec.code(), 0, "{exec}");
                assert_eq!(room.jit(&["logout", "--all"]).env("JIT_STORE", "file").run().code(), 0);
            },
            again: false,
            ..usual()
        },
        Row {
            name: "a store that there is not",
            run: |room, typed| room.jit(typed).env("JIT_STORE", "vault").hands_over().run(),
            next: &["unset JIT_STORE to let jit choose the keychain or the next best store"],
            follow: |_, _| {},
            ..usual()
        },
    ]
}

fn of_idps() -> Vec<Row> {
    vec![
        Row {
            name: "several SAML providers for one role",
            room: by_saml,
            arrange: by_two_providers,
            typed: &["login", "hub"],
            next: &[
                "add to [role.hub]: provider_arn = \"arn:aws:iam::111111111111:saml-provider/demo\"",
                "add to [role.hub]: provider_arn = \"arn:aws:iam::111111111111:saml-provider/second\"",
            ],
            elsewhere: nothing,
            follow: |room, hints| {
                assert!(hints[1].contains(SECOND));
                add_to_hub(room, &hints[0]);
            },
            ..usual()
        },
        Row {
            name: "an assertion that AWS alone can read",
            room: by_saml,
            arrange: |room| room.servers().faults(|faults| faults.encrypted = true),
            typed: &["login", "hub"],
            next: &["add to [role.hub] the SAML provider of this IdP in the role's account: provider_arn = \
                 \"arn:aws:iam::111111111111:saml-provider/NAME\""],
            elsewhere: nothing,
            follow: |room, hints| add_to_hub(room, &hints[0]),
            ..usual()
        },
        Row {
            name: "SAML has no device codes",
            room: by_saml,
            typed: &["login", "--device", "hub"],
            next: &["leave out --device"],
            follow: |room, _| login(room, "hub"),
            again: false,
            ..usual()
        },
        Row {
            name: "SAML has no device codes, and comes back to a port that can be forwarded",
            room: || {
                let room = by_saml();
                room.write_config(&room.saml_config("").replace("acs_port = 0", "acs_port = 35017"));
                room
            },
            typed: &["login", "--device", "hub"],
            next: &["leave out --device; over SSH, forward the port: ssh -L 35017:127.0.0.1:35017"],
            follow: |_, _| {},
            again: false,
            ..usual()
        },
        Row {
            name: "a sign-in that is weaker than the role demands, whatever the IdP is asked",
            arrange: |room| {
                let config = room.usual_config().replace("[role.admin]\n", "[role.admin]\nacr = [\"phr\"]\n");
                room.write_config(&config);
                room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::IgnoresStepUp));
            },
            next: &[
                "see what the role requires and how jit asks [idp.demo] for it: `jit explain admin`",
                "show this to the administrator of the IdP: the sign-in is not the one that jit asked for",
            ],
            ..usual()
        },
        Row {
            name: "a FIPS endpoint that cannot be reached",
            room: || Room::by_center(Settings::default()),
            run: |room, typed| {
                // Without the room's own endpoints AWS's are called, through a proxy that does not exist.
                let run = room
                    .jit(typed)
                    .env("AWS_USE_FIPS_ENDPOINT", "true")
                    .env("HTTPS_PROXY", "http://127.0.0.1:1");
                ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"]
                    .into_iter()
                    .fold(run, |run, name| run.without(name))
                    .hands_over()
                    .run()
            },
            typed: &["login", "dev"],
            next: &[
                "Identity Center may have no FIPS endpoint in eu-west-1; AWS_USE_FIPS_ENDPOINT asks for one",
                "check `region`, the network and the proxy",
                "run `jit doctor`",
            ],
            follow: |room, hints| {
                // It finds that the room is healthy.
                assert_eq!(run(room, &hints[2]).code(), 0);
            },
            ..usual()
        },
    ]
}

fn of_orgs() -> Vec<Row> {
    vec![
        Row {
            name: "Okta, and nobody to type a password",
            room: || by_okta(Script::default()),
            next: &["run `jit login admin` on a terminal"],
            follow: |room, hints| {
                let login = with_password(room, &quoted(&hints[0]));
                assert_eq!(login.code(), 0, "{login}");
            },
            again: false,
            ..usual()
        },
        Row {
            name: "Okta, and the password has expired",
            room: || by_okta(Script { status: "PASSWORD_EXPIRED", ..Script::default() }),
            run: with_password,
            next: &["follow that link in your browser, then: `jit login admin`"],
            elsewhere: |_| org(|script| script.status = "SUCCESS"),
            follow: |room, hints| {
                let login = with_password(room, &quoted(&hints[0]));
                assert_eq!(login.code(), 0, "{login}");
            },
            again: false,
            ..usual()
        },
        Row {
            name: "Okta, and nobody answers the push",
            room: || {
                by_okta(Script {
                    push: ["TIMEOUT"].into(),
                    ..wants(vec![
                        factor("push", "OKTA", "opf1", json!({ "name": "Alice's phone" })),
                        factor("token:software:totp", "GOOGLE", "uft1", json!({})),
                    ])
                })
            },
            typed: &["login", "--factor", "push", "admin"],
            run: |room, typed| {
                types(room.jit(typed).env("NO_COLOR", "1"), &[PASSWORD_IS, ("Send it again?", "n")])
            },
            next: &[
                "run `jit login admin` again",
                "with the code of an authenticator app, if you have one: `jit login --factor totp admin`",
            ],
            follow: |room, hints| {
                let login = types(room.jit(&quoted(&hints[1])), &[PASSWORD_IS, ("Code", CODE)]);
                assert_eq!(login.code(), 0, "{login}");
            },
            again: false,
            ..usual()
        },
        Row {
            name: "Okta, and the factor that was named is not there",
            room: || by_okta(wants(vec![factor("token:software:totp", "GOOGLE", "uft1", json!({}))])),
            typed: &["login", "--factor", "sms", "admin"],
            run: with_password,
            next: &[
                "you have code of an authenticator app (Google Authenticator)",
                "leave out --factor, and `factor` in the configuration, to choose",
            ],
            follow: |room, _| {
                let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Code", CODE)]);
                assert_eq!(login.code(), 0, "{login}");
            },
            again: false,
            ..usual()
        },
    ]
}
