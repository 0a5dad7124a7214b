//! Where sessions are stored: passphrases, damage, disks that cannot be written, lost keys.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jit_emulator::{Call, Refusal, Trouble};

use crate::support::{Output, Room};

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_setting_that_names_no_store() {
    let room = Room::new();
    let login = room.jit(&["login", "admin"]).env("JIT_STORE", "vault\u{1b}").run();
    let expected = "error: JIT_STORE is \"vault\\u{1b}\"; it must be auto, keychain, kernel or file\n  next: unset JIT_STORE to let jit choose the keychain or the next best store\n";
    assert_eq!((login.code(), login.stderr.as_str()), (2, expected));
    assert!(room.opened().is_empty(), "nobody signs in for nothing");
}

#[test]
fn a_passphrase_is_asked_for_once_until_jit_lock() {
    let room = Room::new();
    let sealed = |arguments: &[&str]| room.jit(arguments).env("JIT_STORE", "file").env("NO_COLOR", "1");
    let terminal = |arguments: &[&str]| sealed(arguments).somebody_types().start();

    let mut login = terminal(&["login", "admin"]);
    login.says("New passphrase for jit's store");
    login.types_unseen("short\n");
    login.says("Use at least 8 characters.");
    login.types_unseen("correct horse\n");
    login.says("Repeat it");
    login.types_unseen("correct house\n");
    login.says("The passphrases do not match.");
    login.says("New passphrase for jit's store");
    login.types_unseen("correct horse\n");
    login.says("Repeat it");
    login.types_unseen("correct horse\n");
    let login = login.wait();
    assert!(login.code() == 0 && !login.stdout.contains("correct"), "{login}");

    let mark = fs::read(room.path("state/jit/file/key.json")).unwrap();
    let derivation = &serde_json::from_slice::<serde_json::Value>(&mark).unwrap()["passphrase"];
    let cost = ["memory_kib", "passes", "lanes"].map(|name| derivation[name].as_u64());
    assert_eq!(cost, [64 * 1024, 3, 1].map(Some), "of Argon2id");

    // The copy stays as long as the configuration says, counted from the last use.
    for (setting, longest) in [("", 3600), ("key_cache = \"10m\"\n", 600)] {
        room.write_config(&format!("{setting}{}", room.usual_config()));
        let warm = sealed(&["credential-process", "admin"]).hands_over().run();
        assert_eq!((warm.code(), warm.stderr.as_str()), (0, ""), "{warm}");
        let status = sealed(&["status", "--json"]).run();
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        let left = status["store"]["key_cached_seconds"].as_u64().unwrap();
        assert!((longest - 120..=longest).contains(&left), "{left} of {longest}");
    }
    let locked = sealed(&["lock"]).run();
    assert_eq!((locked.code(), locked.stderr.as_str()), (0, "✓ Removed the kernel's copy of the key\n"));
    let cold = sealed(&["credential-process", "admin"]).run();
    let expected = "error: the sessions are sealed with a passphrase, and jit cannot ask for it here\n";
    assert_eq!((cold.code(), cold.stdout.as_str()), (5, ""), "{cold}");
    assert!(cold.stderr.starts_with(expected), "{cold}");

    let mut wrong = terminal(&["login", "admin"]);
    for _ in 0..3 {
        wrong.says("Passphrase of jit's store");
        wrong.types_unseen("wrong horse\n");
        wrong.says("Wrong passphrase.");
    }
    let wrong = wrong.wait();
    assert!(
        wrong.code() == 5 && wrong.stdout.contains("access to the key was refused: wrong passphrase"),
        "{wrong}"
    );

    let mut right = terminal(&["login", "admin"]);
    right.says("Passphrase of jit's store");
    right.types_unseen("correct horse\n");
    let right = right.wait();
    assert!(right.code() == 0 && right.stdout.contains("Still valid: admin"), "{right}");
    assert_eq!(room.opened().len(), 1);
    // The room ends with a kernel store; this one's copy of the key has to go as well.
    assert_eq!(sealed(&["logout", "--all"]).run().code(), 0);
    assert!(
        !room.path("state/jit/file").exists()
            || fs::read_dir(room.path("state/jit/file")).unwrap().count() == 0
    );
}

#[test]
fn a_passphrase_store_without_a_terminal_prevents_a_useless_sign_in() {
    let room = Room::new();
    let login = room.jit(&["login", "admin"]).env("JIT_STORE", "file").run();
    let error =
        "error: cannot use the secret store: it needs a passphrase, and jit cannot ask for one here\n";
    assert!(login.code() == 5 && login.stderr.starts_with(error), "{login}");
    asked_nobody(&room);
}

#[test]
fn damaged_entries_are_named_and_logout_fixes_them() {
    type Damage = fn(&mut Vec<u8>);
    let cases: [(Damage, &str, &str); 5] = [
        (
            |bytes| *bytes.last_mut().unwrap() ^= 1,
            "it was changed, or belongs to another name",
            "`jit logout --all` starts over; you lose only your sign-ins",
        ),
        (
            |bytes| bytes.truncate(20),
            "it is truncated",
            "`jit logout --all` starts over; you lose only your sign-ins",
        ),
        (
            |bytes| bytes.clear(),
            "it is not one of jit's entries",
            "`jit logout --all` starts over; you lose only your sign-ins",
        ),
        (
            |bytes| bytes.resize(2 << 20, 0),
            "it is larger than any entry",
            "`jit logout --all` starts over; you lose only your sign-ins",
        ),
        (|bytes| bytes[3] = 2, "was written by a newer jit (format 2)", "update jit"),
    ];
    for (damage, why, next) in cases {
        let room = Room::signed_in("admin");
        for entry in room.entries("session-") {
            let mut bytes = fs::read(&entry).unwrap();
            damage(&mut bytes);
            fs::write(&entry, bytes).unwrap();
        }
        for command in ["credential-process", "login", "whoami"] {
            let answer = room.jit(&[command, "admin"]).run();
            assert_eq!((answer.code(), answer.stdout.as_str()), (5, ""), "{answer}");
            let said = room.plain(&answer.stderr);
            assert!(said.contains("~/state/jit/kernel/session-"), "{said}");
            assert!(said.ends_with(&format!(" {why}\n  next: {next}\n")), "{said}");
        }
        let status = room.jit(&["status"]).run();
        assert!(status.code() == 0 && status.stderr.contains("2 entries cannot be read"), "{status}");
        let mended = room.jit(&["logout", "--all"]).run();
        assert_eq!(mended.code(), 0, "{mended}");
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), 0, "{login}");
        room.is_tidy();
    }
}

#[test]
fn a_swapped_session_is_not_served() {
    let room = Room::signed_in("admin");
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
    let entries = room.entries("session-");
    let (first, rest) = entries.split_first().unwrap();
    rest.iter().for_each(|other| _ = fs::copy(first, other).unwrap());
    let codes = ["hub", "admin", "developer"]
        .map(|role| room.jit(&["credential-process", role]).hands_over().run().code());
    let mut sorted = codes;
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 5, 5], "only the one that is where it was");
}

#[test]
fn damaged_store_records_are_named_and_fixed() {
    for file in ["store.json", "kernel/key.json"] {
        let room = Room::signed_in("admin");
        let key = room.key_in_kernel();
        room.write(&format!("state/jit/{file}"), "{]");
        let answer = room.jit(&["login", "admin", "--force"]).run();
        let expected = format!(
            "error: cannot read ~/state/jit/{file}: it was not written by jit\n  next: `jit logout --all` starts over; you lose only your sign-ins\n"
        );
        assert_eq!((answer.code(), room.plain(&answer.stderr)), (5, expected));
        let mended = room.jit(&["logout", "--all"]).run();
        assert_eq!(mended.code(), 0, "{mended}");
        assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
        room.is_tidy();
        // Without its record nobody could find the old key to destroy it.
        _ = key.invalidate();
    }
}

#[test]
fn a_key_forgotten_by_the_kernel_requires_a_sign_in() {
    let room = Room::signed_in("admin");
    room.key_in_kernel().invalidate().unwrap();

    let answer = room.jit(&["credential-process", "admin"]).run();
    assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{answer}");
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.opened().len()), (0, 2), "{login}");
    assert_eq!(room.asks_for("admin").code(), 0);
    room.is_tidy();
}

/// Asks for `admin` in a room where nothing can be stored, with a sign-in and with the existing session;
/// `why` is in the one warning.
fn served_with_a_warning(room: &Room, run: impl Fn(&[&str]) -> Output, why: &str) {
    let warm = run(&["credential-process", "admin"]);
    assert_eq!(
        (warm.code(), warm.stderr.as_str()),
        (0, ""),
        "what is stored is served without a word: {warm}"
    );
    let json: serde_json::Value = serde_json::from_str(&warm.stdout).unwrap();
    assert_eq!(json["AccountId"], "222222222222");
    let before = room.count(Call::AssumeRole);
    let cold = run(&["credential-process", "developer"]);
    assert_eq!(cold.code(), 0, "{cold}");
    assert_eq!(room.count(Call::AssumeRole), before + 1);
    let said = room.plain(&cold.stderr);
    let start =
        "warning: could not store the session of developer, so the next command needs it again: cannot ";
    assert!(said.starts_with(start) && said.ends_with(&format!("{why}\n")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_read_only_state_folder() {
    let room = Room::signed_in("admin");
    let folders =
        ["state/jit/kernel", "state/jit/locks", "state/jit", "state"].map(|folder| room.path(folder));
    for file in fs::read_dir(&folders[1]).unwrap() {
        mode(&file.unwrap().path(), 0o400);
    }
    folders.iter().for_each(|folder| mode(folder, 0o500));
    let run = |arguments: &[&str]| room.jit(arguments).bound_by_modes().hands_over().run();
    served_with_a_warning(&room, run, "Permission denied (os error 13)");
    folders.iter().for_each(|folder| mode(folder, 0o700));
    room.is_tidy();
}

#[test]
fn a_disk_that_is_full() {
    let room = Room::signed_in("admin");
    // No file may grow. Output goes through pipes, which are not files.
    let script = r#"trap '' XFSZ; cd "$TMPDIR"; mkfifo out err; cat out & cat err >&2 &
(ulimit -f 0; exec "$0" "$@") >out 2>err; code=$?; wait; rm out err; exit $code"#;
    let run = |arguments: &[&str]| {
        let words = [&["-c", script, env!("CARGO_BIN_EXE_jit")], arguments].concat();
        room.program("sh", &words).hands_over().run()
    };
    served_with_a_warning(&room, run, "File too large (os error 27)");
    room.is_tidy();
}

#[test]
fn a_home_that_cannot_be_written_to() {
    let room = Room::new();
    let home = room.path("state");
    mode(&home, 0o500);
    let login = room.jit(&["login", "admin"]).bound_by_modes().run();
    let said = room.plain(&login.stderr);
    let error = "error: cannot make ~/state/jit\n  because: Permission denied (os error 13)\n  next: check the owner and the permissions of that folder and of its parents\n";
    assert_eq!((login.code(), said.as_str()), (5, error), "{login}");
    asked_nobody(&room);
    let exec = room.jit(&["exec", "admin", "--", "sh", "-c", "echo ran as $JIT_ROLE"]).bound_by_modes().run();
    assert_eq!(exec.code(), 3, "nobody can be asked: {exec}");
    mode(&home, 0o700);
}

#[test]
fn a_missing_home() {
    let room = Room::new();
    mode(&room.path("state"), 0o500);
    let nowhere = room.path("state/no/such/home").display().to_string();
    let login = room.jit(&["login", "admin"]).bound_by_modes().env("XDG_STATE_HOME", &nowhere).run();
    let said = room.plain(&login.stderr);
    let error = "error: cannot make ~/state/no/such/home/jit\n  because: Permission denied (os error 13)\n  next: check the owner and the permissions of that folder and of its parents\n";
    assert_eq!((login.code(), said.as_str()), (5, error), "{login}");
    asked_nobody(&room);
}

/// Nobody was sent to a browser, and no server was asked.
fn asked_nobody(room: &Room) {
    assert!(room.opened().is_empty(), "{:?}", room.opened());
    assert_eq!(room.counts([Call::Discovery, Call::Authorize, Call::DeviceStart, Call::AssumeRole]), [0; 4]);
}

/// Each of these cannot store anything, and a login says so before anybody does anything for it. Add others.
#[test]
fn a_sign_in_that_could_not_be_stored_does_not_start() {
    type Spoil = fn(&Room);
    let cases: [(&str, &str, Spoil); 7] = [
        ("no keychain", "keychain", |_| {}),
        ("nobody to ask for a passphrase", "file", |_| {}),
        ("the state folder cannot be written to", "kernel", |room| mode(&room.path("state/jit"), 0o500)),
        ("nor the folder of the entries", "kernel", |room| {
            fs::create_dir(room.path("state/jit/kernel")).unwrap();
            mode(&room.path("state/jit/kernel"), 0o500);
        }),
        ("a file is in its place", "kernel", |room| room.write("state/jit/kernel", "")),
        ("the record is damaged", "kernel", |room| room.write("state/jit/store.json", "{")),
        ("the mark is damaged", "kernel", |room| {
            let record = format!("{{\"id\":\"{}\"}}", "0".repeat(32));
            room.write("state/jit/store.json", &record);
            fs::create_dir(room.path("state/jit/kernel")).unwrap();
            room.write("state/jit/kernel/key.json", "{");
        }),
    ];
    for (what, kind, spoil) in cases {
        for arguments in [
            &["login", "admin"][..],
            &["login", "admin", "--device"],
            &["login", "admin", "--no-browser"],
            &["login", "--all"],
            &["login", "--idp", "demo"],
        ] {
            let room = Room::new();
            fs::create_dir_all(room.path("state/jit")).unwrap();
            mode(&room.path("state/jit"), 0o700);
            spoil(&room);
            let login = room.jit(arguments).env("JIT_STORE", kind).bound_by_modes().run();
            for folder in ["state/jit", "state/jit/kernel"] {
                let path = room.path(folder);
                if path.is_dir() {
                    mode(&path, 0o700);
                }
            }
            assert!(
                login.code() == 5 && login.stderr.starts_with("error: "),
                "{what}, {arguments:?}: {login}"
            );
            asked_nobody(&room);
        }
    }
    // The counterparts: a person types the passphrase first, and a failed sign-in leaves nothing behind.
    let room = Room::new();
    let mut login = room.jit(&["login", "admin"]).env("JIT_STORE", "file").somebody_types().start();
    login.says("New passphrase for jit's store");
    asked_nobody(&room);
    login.types_unseen("correct horse\n");
    login.says("Repeat it");
    login.types_unseen("correct horse\n");
    assert_eq!((login.wait().code(), room.opened().len()), (0, 1));
    assert_eq!(room.jit(&["logout", "--all"]).env("JIT_STORE", "file").run().code(), 0);
    let room = Room::new();
    room.servers().faults(|faults| {
        faults.always(Call::CodeGrant, Trouble::Refuse(Refusal::new(400, "access_denied", "no")));
    });
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 4);
    assert_eq!(room.entries("").len(), 0);
}

/// The store works before the sign-in, and not after it.
#[test]
fn a_store_that_fails_after_the_sign_in_is_exit_5() {
    let room = Room::new();
    room.write_browser(
        r#"chmod 500 "$HOME/state/jit/kernel" "$HOME/state/jit"; curl -sSL -o "$HOME/page" "$1""#,
    );
    let login = room.jit(&["login", "admin"]).bound_by_modes().run();
    for folder in ["state/jit", "state/jit/kernel"] {
        mode(&room.path(folder), 0o700);
    }
    assert!(login.code() == 5 && room.opened().len() == 1, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 5
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: could not store the sign-in at demo, so the next command needs it again: cannot write ~/state/jit/store.json: Permission denied (os error 13)
    ✓ Signed in as alice@example.com at demo
    error: you are signed in, but jit could not store the sign-in: the next command asks again
      because: cannot write ~/state/jit/store.json
      because: Permission denied (os error 13)
      next: check the owner and the permissions of that folder and of its parents
    ");
    assert_eq!(login.stderr.matches("warning: ").count(), 1, "{login}");
}
