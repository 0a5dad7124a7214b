//! What somebody may have planted in the state folder: nothing of it is followed, waited for or used, and
//! nothing that `jit` did not make is removed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::support::Room;

/// The user `nobody`, as whom nothing runs here. The tests run as root, who may give files away.
const SOMEBODY_ELSE: u32 = 65534;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Documents of the person's, outside the state folder.
struct Documents(PathBuf);

impl Documents {
    fn of(room: &Room) -> Self {
        let folder = room.path("documents");
        fs::create_dir_all(folder.join("Default")).unwrap();
        for name in ["thesis", "session-0000000000000000000000000000000000000000", "Default/letter"] {
            fs::write(folder.join(name), "mine").unwrap();
            set_mode(&folder.join(name), 0o644);
        }
        set_mode(&folder, 0o755);
        Self(folder)
    }

    fn are_untouched(&self, what: &str) {
        let mut all = vec![self.0.clone()];
        let mut names = Vec::new();
        while let Some(folder) = all.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    all.push(entry.path());
                    continue;
                }
                assert_eq!(
                    (fs::read(entry.path()).unwrap(), mode(&entry.path())),
                    (b"mine".to_vec(), 0o644),
                    "{what}"
                );
                names.push(entry.path().strip_prefix(&self.0).unwrap().display().to_string());
            }
        }
        names.sort();
        let expected = ["Default/letter", "session-0000000000000000000000000000000000000000", "thesis"];
        assert_eq!(names, expected, "{what}");
        assert_eq!(mode(&self.0), 0o755, "{what}");
    }
}

/// Where things are planted at the same time, so that the code behind one place is reached in spite of the
/// others. A name that ends with a dash stands for all that begin like it.
const PLACES: [&[&str]; 8] = [
    &[
        "file",
        "keychain",
        "roles",
        "accounts",
        "browser",
        "terminals",
        "used",
        "aws-config.lock",
        "locks/store.message",
    ],
    &["kernel"],
    &["locks"],
    &["store.json"],
    &["kernel/session-"],
    &["kernel/login-", "browser/demo", "locks/key.message"],
    &["kernel/key.json", "roles/demo", "accounts/demo"],
    &["locks/store", "locks/key", "locks/session-", "locks/login-"],
];

/// The paths of some places.
fn paths(room: &Room, places: &[&str]) -> Vec<PathBuf> {
    let state = room.path("state/jit");
    let mut paths = Vec::new();
    for place in places {
        match place.strip_suffix('-') {
            None => paths.push(state.join(place)),
            Some(_) => {
                let (folder, prefix) = place.split_once('/').unwrap();
                let names = fs::read_dir(state.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
                let names = names.filter(|name| name.to_string_lossy().starts_with(prefix));
                paths.extend(names.map(|name| state.join(folder).join(name)));
            }
        }
    }
    paths
}

/// Replaces what is there with `plant`.
fn instead(at: &Path, plant: impl Fn(&Path)) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    let _ = fs::rename(at, at.with_extension("before"));
    plant(at);
}

/// What people run, and tools in the background. Each of these must end, whatever the result.
const COMMANDS: [&[&str]; 5] = [
    &["credential-process", "admin"],
    &["status"],
    &["login", "admin"],
    &["logout", "admin", "--no-browser"],
    &["logout", "--all", "--no-browser"],
];

/// Runs everything, with things planted here and there.
fn run_with(plant: impl Fn(&Path, &Documents)) {
    for places in PLACES {
        let room = Room::signed_in("admin");
        let documents = Documents::of(&room);
        for at in paths(&room, places) {
            instead(&at, |at| plant(at, &documents));
        }
        for command in COMMANDS {
            let output = room.jit(command).hands_over().run();
            assert!([0, 1, 3, 5].contains(&output.code()), "{places:?}: {output}");
            documents.are_untouched(&format!("{places:?} and {command:?}: {output}"));
        }
    }
}

#[test]
fn planted_links_are_never_followed() {
    run_with(|at, documents| symlink(&documents.0, at).unwrap());
}

#[test]
fn no_link_to_a_file_is_read_or_written_through() {
    run_with(|at, documents| symlink(documents.0.join("thesis"), at).unwrap());
}

#[test]
fn hard_links_do_not_change_the_linked_file() {
    run_with(|at, documents| fs::hard_link(documents.0.join("thesis"), at).unwrap());
}

/// Otherwise the test would not end.
#[test]
fn pipes_block_nobody() {
    run_with(|at, _| {
        let made = std::process::Command::new("mkfifo").arg(at).status().unwrap();
        assert!(made.success());
    });
}

#[test]
fn a_folder_in_place_of_a_file_can_be_recovered_from() {
    run_with(|at, _| fs::create_dir(at).unwrap());
}

#[test]
fn no_huge_file_is_read() {
    // More than a run may use, and no room on the disk.
    run_with(|at, _| fs::File::create(at).unwrap().set_len(64 << 20).unwrap());
}

#[test]
fn planted_items_are_named_and_logout_fixes_entries() {
    let thesis = |at: &Path, documents: &Documents| symlink(documents.0.join("thesis"), at).unwrap();
    let given_away = |at: &Path, _: &Documents| {
        fs::copy(at.with_extension("before"), at).unwrap();
        std::os::unix::fs::chown(at, Some(SOMEBODY_ELSE), None).unwrap();
    };
    let cases: [(&dyn Fn(&Path, &Documents), &str); 2] = [
        (&thesis, "it is a symbolic link, and jit follows no links in its state folder"),
        (&given_away, "it belongs to another user"),
    ];
    for (plant, why) in cases {
        let room = Room::signed_in("admin");
        let documents = Documents::of(&room);
        for entry in room.entries("session-") {
            instead(&entry, |at| plant(at, &documents));
        }
        let answer = room.jit(&["credential-process", "admin"]).run();
        assert_eq!((answer.code(), answer.stdout.as_str()), (5, ""), "{answer}");
        let said = room.plain(&answer.stderr);
        assert!(
            said.starts_with("error: cannot read ~/state/jit/kernel/session-") && said.contains(why),
            "{said}"
        );
        assert_eq!(room.jit(&["logout", "--all", "--no-browser"]).run().code(), 0);
        assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
        documents.are_untouched(why);
    }
}

#[test]
fn foreign_files_are_left_and_named() {
    let room = Room::signed_in("admin");
    let state = room.path("state/jit");
    let documents = Documents::of(&room);
    symlink(&documents.0, state.join("file")).unwrap();
    fs::create_dir_all(state.join("browser/demo/Default")).unwrap();
    fs::write(state.join("browser/demo/Default/Cookies"), "x").unwrap();
    symlink(&documents.0, state.join("browser/demo/Default/link")).unwrap();
    fs::create_dir_all(state.join("browser/papers")).unwrap();
    for mine in ["kernel/notes", "browser/papers/thesis", "browser/letter"] {
        fs::write(state.join(mine), "mine").unwrap();
    }
    symlink(&documents.0, state.join("browser/linked")).unwrap();
    let out = room.jit(&["logout", "--all", "--no-browser"]).run();
    assert_eq!(out.code(), 0, "{out}");
    let said = room.plain(&out.stderr);
    for left in ["file", "kernel/notes", "browser/papers", "browser/letter", "browser/linked"] {
        assert!(said.contains(&format!("warning: left ~/state/jit/{left}: ")), "{left}: {said}");
        assert!(fs::symlink_metadata(state.join(left)).is_ok(), "{left}");
    }
    assert!(state.join("browser/papers/thesis").exists());
    assert!(!state.join("browser/demo").exists(), "the profile of a browser is gone");
    assert!(room.entries("session-").is_empty() && room.entries("login-").is_empty());
    documents.are_untouched("logout --all");
}

#[test]
fn another_users_files_are_not_used() {
    // The state folder itself: nothing is stored there, and nothing is read.
    let room = Room::signed_in("admin");
    let state = room.path("state/jit");
    std::os::unix::fs::chown(&state, Some(SOMEBODY_ELSE), None).unwrap();
    let answer = room.jit(&["credential-process", "admin"]).run();
    assert_eq!((answer.code(), answer.stdout.as_str()), (5, ""), "{answer}");
    let said = room.plain(&answer.stderr);
    assert!(said.contains("~/state/jit") && said.contains("it belongs to another user"), "{said}");
    // One of its folders.
    for folder in ["kernel", "locks"] {
        let room = Room::signed_in("admin");
        let folder = room.path(format!("state/jit/{folder}"));
        std::os::unix::fs::chown(&folder, Some(SOMEBODY_ELSE), None).unwrap();
        room.jit(&["login", "--force", "admin"]).run();
        assert_eq!(fs::metadata(&folder).unwrap().uid(), SOMEBODY_ELSE);
        let newest = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(newest.into_iter().all(|name| !name.to_string_lossy().starts_with(".jit-")));
    }
}

#[test]
fn a_state_folder_on_another_disk_works_through_a_link() {
    let room = Room::new();
    let disk = room.path("disk");
    fs::create_dir(&disk).unwrap();
    fs::create_dir_all(room.path("state")).unwrap();
    symlink(&disk, room.path("state/jit")).unwrap();
    set_mode(&disk, 0o755);
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    assert_eq!(mode(&disk), 0o700, "and is closed to others");
    assert_eq!(room.jit(&["credential-process", "admin"]).hands_over().run().code(), 0);
    assert!(room.path("state/jit").is_symlink() && disk.join("kernel").is_dir());
    let out = room.jit(&["logout", "--all", "--no-browser"]).run();
    assert!(out.code() == 0 && !out.stderr.contains("warning: left"), "{out}");
}

#[test]
fn open_permissions_are_closed() {
    let room = Room::signed_in("admin");
    let state = room.path("state/jit");
    let entry = room.entries("session-").remove(0);
    let folders = [state.clone(), state.join("kernel"), state.join("locks")];
    for open in [0o755, 0o777] {
        folders.iter().for_each(|folder| set_mode(folder, open));
        room.entries("session-").iter().for_each(|entry| set_mode(entry, open & 0o666));
        assert_eq!(room.jit(&["credential-process", "admin"]).hands_over().run().code(), 0);
        assert_eq!([mode(&folders[0]), mode(&folders[1])], [0o700, 0o700], "{open:o}");
        assert_eq!(room.jit(&["login", "--force", "admin"]).run().code(), 0);
        assert_eq!((mode(&folders[2]), mode(&entry)), (0o700, 0o600), "{open:o}");
    }
}

#[test]
fn restored_entries_after_a_logout_require_a_sign_in() {
    for logout in [&["logout", "admin", "--no-browser"][..], &["logout", "--all", "--no-browser"]] {
        let room = Room::signed_in("admin");
        let folder = room.path("state/jit/kernel");
        let copies: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (fs::read(&path).unwrap(), path))
            .collect();
        let put_back = |with_mark: bool| {
            let some = copies.iter().filter(|(_, path)| with_mark || !path.ends_with("key.json"));
            some.for_each(|(bytes, path)| {
                fs::write(path, bytes).unwrap();
                set_mode(path, 0o600);
            });
        };
        let out = room.jit(logout).run();
        assert!(out.code() == 0 && !out.stderr.contains("could not be replaced"), "{out}");
        for with_mark in [false, true] {
            put_back(with_mark);
            let answer = room.jit(&["credential-process", "admin"]).run();
            assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{logout:?}: {answer}");
        }
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), 0, "{logout:?}: {login}");
        put_back(true);
        let answer = room.jit(&["credential-process", "admin"]).run();
        assert_eq!((answer.code(), answer.stdout.as_str()), (3, ""), "{logout:?}: {answer}");
    }
}
