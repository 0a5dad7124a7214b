//! `jit logout --all` always works: whatever is broken, nothing readable is left, and the IdPs are told as
//! far as possible.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jit_emulator::{Call, Settings, Trouble};

use crate::okta::{PASSWORD_IS, company, types};
use crate::support::okta::Script;
use crate::support::{Output, Room, Run, Signal};

const CONFIG: &str = "config/jit/config.toml";
const RECORD: &str = "state/jit/store.json";

/// Whether anything is left that a key would open, or a key.
fn is_empty(room: &Room) -> bool {
    ["kernel", "file", "keychain"].iter().all(|kind| {
        let names = fs::read_dir(room.path(format!("state/jit/{kind}"))).map(|folder| {
            folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        });
        names.unwrap_or_default().iter().all(|name| name == "key.json" && *kind == "keychain")
    })
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn logout(room: &Room) -> Run<'_> {
    room.jit(&["logout", "--all", "--no-browser"])
}

/// What is wrong, how a room gets into that state, with which variables, and whether the IdP can still be
/// told. Add anything else that may be broken on that day.
type Case = (&'static str, fn(&Room), &'static [(&'static str, &'static str)], bool);
const CASES: [Case; 21] = [
    ("nothing", |_| {}, &[], true),
    ("no configuration", |room| fs::remove_file(room.path(CONFIG)).unwrap(), &[], true),
    ("a broken configuration", |room| room.write(CONFIG, "[[[ \u{0}"), &[], true),
    (
        "a configuration that is no text",
        |room| fs::write(room.path(CONFIG), [0xff, 0xfe, 0]).unwrap(),
        &[],
        true,
    ),
    ("a configuration that may not be read", |room| mode(&room.path(CONFIG), 0), &[], true),
    ("a folder as configuration", |_| {}, &[("JIT_CONFIG", "/")], true),
    (
        "another IdP in the configuration",
        |room| {
            room.write(CONFIG, &room.usual_config().replace("client_id = \"", "client_id = \"another-"));
        },
        &[],
        true,
    ),
    (
        "no role",
        |room| {
            let config = room.usual_config();
            room.write(CONFIG, config.split("\n\n").next().unwrap());
        },
        &[],
        true,
    ),
    (
        "a role that makes no sense",
        |room| {
            room.write(CONFIG, &format!("{}\n[role.x]\nvia = \"nowhere\"\n", room.usual_config()));
        },
        &[],
        true,
    ),
    ("a store that there is not", |_| {}, &[("JIT_STORE", "vault")], true),
    ("another store", |_| {}, &[("JIT_STORE", "file")], true),
    ("a keychain that is not there", |_| {}, &[("JIT_STORE", "keychain")], true),
    (
        "variables without sense",
        |_| {},
        &[("AWS_REGION", "!"), ("AWS_ENDPOINT_URL", "ftp://x"), ("JIT_ROLE", "\u{1b}"), ("JIT_LOG", "x")],
        true,
    ),
    (
        "a record that was cut",
        |room| {
            let record = fs::read_to_string(room.path(RECORD)).unwrap();
            room.write(RECORD, &record[..record.len() - 5]);
        },
        &[],
        true,
    ),
    ("no mark", |room| fs::remove_file(room.path("state/jit/kernel/key.json")).unwrap(), &[], true),
    ("a damaged mark", |room| room.write("state/jit/kernel/key.json", "{"), &[], true),
    (
        "damaged sessions",
        |room| {
            room.entries("session-").iter().for_each(|path| fs::write(path, "jit\u{1}").unwrap());
        },
        &[],
        true,
    ),
    (
        "damaged logins",
        |room| {
            room.entries("login-").iter().for_each(|path| fs::write(path, [0; 200]).unwrap());
        },
        &[],
        false,
    ),
    (
        "entries of a newer version",
        |room| {
            for path in room.entries("login-") {
                let mut bytes = fs::read(&path).unwrap();
                bytes[3] = 9;
                fs::write(&path, bytes).unwrap();
            }
        },
        &[],
        false,
    ),
    ("a key that the kernel has forgotten", |room| room.key_in_kernel().invalidate().unwrap(), &[], false),
    ("no locks", |room| fs::remove_dir_all(room.path("state/jit/locks")).unwrap(), &[], true),
];

#[test]
fn nothing_is_left_whatever_is_broken_and_the_idp_is_told_if_possible() {
    for (what, spoil, variables, told) in CASES {
        let room = Room::signed_in("admin");
        spoil(&room);
        let run = logout(&room).bound_by_modes();
        let out = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
        if room.path(CONFIG).exists() {
            mode(&room.path(CONFIG), 0o600);
        }
        assert_eq!(out.code(), 0, "{what}: {out}");
        assert!(is_empty(&room), "{what}: {out}");
        assert_eq!(room.count(Call::Revoke), usize::from(told), "{what}: {out}");
        let said = match (told, what) {
            (true, _) => "revoked the refresh token",
            (false, "damaged logins" | "entries of a newer version") => {
                "could not revoke 1 sign-in at their IdPs: the entries are damaged"
            }
            (false, _) => "could not revoke the sign-ins at their IdPs",
        };
        assert!(out.stderr.contains(said), "{what}: {out}");
        assert!(out.stderr.contains("✓ Deleted every sign-in and session"), "{what}: {out}");
        // One may come back.
        room.write_config(&room.usual_config());
        assert_eq!(room.jit(&["login", "admin"]).run().code(), 0, "{what}");
    }
}

/// The record is no help at all: the key cannot be found, but what it opens is gone.
#[test]
fn a_record_without_a_key_id() {
    let room = Room::signed_in("admin");
    let key = room.key_in_kernel();
    room.write(RECORD, "\u{0}");
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room), "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    warning: could not revoke the sign-ins at their IdPs (the key of the sessions in ~/state/jit/kernel is no longer in the kernel store); they stay valid there until they expire
    ");
    key.invalidate().unwrap();
}

#[test]
fn held_locks_do_not_delay_the_panic_button() {
    let room = Room::signed_in("admin");
    let names = fs::read_dir(room.path("state/jit/locks")).unwrap();
    let files: Vec<_> =
        names.map(|file| fs::File::options().write(true).open(file.unwrap().path()).unwrap()).collect();
    files.iter().for_each(|file| file.lock().unwrap());
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room) && room.count(Call::Revoke) == 1, "{out}");
}

#[test]
fn unremovable_files_are_reported_after_everything_else() {
    let room = Room::signed_in("admin");
    let folder = room.path("state/jit/kernel");
    mode(&folder, 0o500);
    let out = logout(&room).bound_by_modes().run();
    mode(&folder, 0o700);
    insta::assert_snapshot!(room.told(&out), @"
    exit 5
    --- stderr
    ✓ demo revoked the refresh token
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    error: cannot remove ~/state/jit/kernel/RANDOM
      because: Permission denied (os error 13)
      next: check the owner and the permissions of that folder and of its parents
    ");
    assert_eq!(room.count(Call::Revoke), 1, "{out}");
    // The key is destroyed, so what is there is noise.
    assert_eq!(room.jit(&["credential-process", "admin"]).run().code(), 3);
}

/// Signs in with a store that a passphrase seals, in a room that has another one.
fn with_a_second_store() -> Room {
    let room = Room::signed_in("admin");
    let mut login = room.jit(&["login", "admin"]).env("JIT_STORE", "file").somebody_types().start();
    for question in ["New passphrase", "Repeat it"] {
        login.says(question);
        login.types_unseen("correct horse\n");
    }
    assert_eq!(login.wait().code(), 0);
    room
}

#[test]
fn both_stores_are_forgotten_and_both_logins_revoked() {
    let room = with_a_second_store();
    // The kernel has a copy of the second one's key, so nobody is asked.
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room), "{out}");
    assert_eq!(room.count(Call::Revoke), 2, "{out}");
}

/// What is typed, and how many logins are revoked.
#[test]
fn a_passphrase_is_asked_for_only_after_everything_is_deleted() {
    for (typed, revoked) in [(&["correct horse"][..], 2), (&["forgotten", "forgotten", "forgotten"], 1)] {
        let room = with_a_second_store();
        assert_eq!(room.jit(&["lock"]).env("JIT_STORE", "file").run().code(), 0);
        let mut out = logout(&room).somebody_types().start();
        for typed in typed {
            out.says("Passphrase of jit's store");
            assert!(is_empty(&room), "before anybody types");
            out.types_unseen(&format!("{typed}\n"));
            // The question is shown again with this in place of the answer.
            out.says("[hidden]");
        }
        let out = out.wait();
        assert!(out.code() == 0 && is_empty(&room), "{out}");
        assert_eq!(room.count(Call::Revoke), revoked, "{out}");
        assert_eq!(
            revoked == 1,
            out.stdout.contains(
                "could not revoke the sign-ins at their IdPs (access to the key was refused: wrong passphrase)"
            ),
            "{out}"
        );
    }
    // If nobody can be asked, it says so.
    let room = with_a_second_store();
    assert_eq!(room.jit(&["lock"]).env("JIT_STORE", "file").run().code(), 0);
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room) && room.count(Call::Revoke) == 1, "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    warning: could not revoke the sign-ins at their IdPs (the sessions are sealed with a passphrase, and jit cannot ask for it here); they stay valid there until they expire
    ✓ demo revoked the refresh token
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    // Ctrl-C at the question.
    let room = with_a_second_store();
    assert_eq!(room.jit(&["lock"]).env("JIT_STORE", "file").run().code(), 0);
    let mut out = logout(&room).somebody_types().start();
    out.says("Passphrase of jit's store");
    out.types("\u{3}");
    drop(out.wait());
    assert!(is_empty(&room));
    assert_eq!(room.jit(&["status", "--check"]).env("JIT_STORE", "file").run().code(), 3);
}

#[test]
fn an_idp_that_never_answers_is_abandoned_and_ctrl_c_leaves_nothing() {
    let late = |room: &Room| room.servers().faults(|faults| faults.always(Call::Revoke, Trouble::Hang));
    let room = Room::signed_in("admin");
    late(&room);
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room), "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    warning: demo did not revoke the refresh token: no answer within 5 s
    Your browser may still be signed in there. To sign out there too, open this URL:

    http://IDP/logout?client_id=jit-demo

    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    room.servers().faults(jit_emulator::Faults::clear);
    let room = Room::signed_in("admin");
    late(&room);
    let out = logout(&room).start();
    out.says("Deleted every sign-in and session");
    assert!(is_empty(&room), "before the IdP is asked");
    out.signal(Signal::INT);
    assert_ne!(out.wait().code(), 0);
    assert_eq!(room.jit(&["credential-process", "admin"]).run().code(), 3);
    room.servers().faults(jit_emulator::Faults::clear);
}

/// What earlier versions stored does not say whom to tell. The configuration does, if it exists.
#[test]
fn older_entries_are_revoked_by_the_configuration() {
    for (config, revoked) in [(true, 1), (false, 0)] {
        let room = Room::signed_in("admin");
        room.as_older_versions_stored_it();
        assert_eq!(room.asks_for("admin").code(), 0, "they still open");
        if !config {
            fs::remove_file(room.path(CONFIG)).unwrap();
        }
        let out = logout(&room).run();
        assert!(out.code() == 0 && is_empty(&room) && room.count(Call::Revoke) == revoked, "{out}");
        assert_eq!(!config, out.stderr.contains("an older version of jit stored the sign-in"), "{out}");
    }
}

#[test]
fn the_sessions_of_okta_and_of_identity_center_end_without_a_configuration() {
    let (room, okta) = company(Script::default());
    assert_eq!(types(room.jit(&["login", "admin"]), &[PASSWORD_IS]).code(), 0);
    room.write(CONFIG, "?");
    let out = logout(&room).run();
    assert!(out.code() == 0 && is_empty(&room), "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    ✓ IDP revoked the session
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert_eq!(okta.count("DELETE /api/v1/sessions/me"), 1);

    let room = Room::by_center(Settings::default());
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    room.write(CONFIG, "?");
    let out: Output =
        logout(&room).without("AWS_ENDPOINT_URL_SSO").without("AWS_ENDPOINT_URL_SSO_OIDC").run();
    assert!(out.code() == 0 && is_empty(&room), "{out}");
    insta::assert_snapshot!(room.told(&out), @"
    exit 0
    --- stderr
    ✓ Deleted every sign-in and session, and destroyed the key that sealed them
    ✓ 127.0.0.1:PORT revoked the session of the portal
    Credentials already handed out stay valid until HH:MM, TIME; AWS cannot revoke them
    ");
    assert_eq!(room.count(Call::PortalLogout), 1);
}
