//! Entries that may have been planted in the state folder, with every operation. Another user's files are in
//! `tests/it/planted.rs`, which needs root for them.

use std::fs::{self, File};
use std::time::SystemTime;

use super::*;

fn folder() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::make(&root.path().join("state")).unwrap();
    (root, folder)
}

#[test]
fn a_write_replaces_and_leaves_no_temporary_file() {
    let (_root, folder) = folder();
    assert_eq!(folder.read("file", 10).unwrap_err().kind(), io::ErrorKind::NotFound);
    for content in [&b"one"[..], b"", b"two"] {
        folder.write("file", content).unwrap();
        assert_eq!(folder.read("file", 10).unwrap(), content);
    }
    assert_eq!(folder.all_names().unwrap(), ["file"]);
    assert_eq!(folder.read("file", 3).unwrap(), b"two");
    assert_eq!(folder.read("file", 2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    assert!(folder.remove("file").unwrap() && !folder.remove("file").unwrap());
    assert_eq!(Folder::open(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn only_plain_names_are_accepted() {
    let (_root, folder) = folder();
    for name in ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b"] {
        let refused = [
            folder.read(name, 10).map(drop),
            folder.write(name, b"x"),
            folder.open_to_lock(name).map(drop),
            folder.remove(name).map(drop),
            folder.make_folder(name).map(drop),
            folder.remove_folder(name).map(drop),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name:?}");
        }
        assert!(folder.stamp(name).is_none());
    }
}

#[test]
fn abandoned_temporary_files_are_removed_and_used_ones_stay() {
    let (_root, folder) = folder();
    let at = |name: &str| folder.path().join(name);
    let leave = |name: &str, time: SystemTime| File::create(at(name)).unwrap().set_modified(time).unwrap();
    let ago = |seconds| SystemTime::now() - Duration::from_secs(seconds);
    for name in [".jit-abandoned.tmp", ".jit-held.tmp", ".jit-other", ".other.tmp", "jit-.tmp"] {
        leave(name, ago(90));
    }
    leave(".jit-young.tmp", ago(30));
    // As if the clock had been set back.
    leave(".jit-tomorrow.tmp", SystemTime::now() + Duration::from_secs(86_400));
    fs::create_dir(at(".jit-folder.tmp")).unwrap();
    let held = File::open(at(".jit-held.tmp")).unwrap();
    held.try_lock().unwrap();
    folder.write("file", b"one").unwrap();
    let kept = [".jit-folder.tmp", ".jit-held.tmp", ".jit-other", ".jit-tomorrow.tmp", ".jit-young.tmp"];
    assert_eq!(folder.all_names().unwrap(), [&kept[..], &[".other.tmp", "file", "jit-.tmp"]].concat());
    drop(held);
    folder.write("file", b"two").unwrap();
    assert!(!at(".jit-held.tmp").exists());
}

#[test]
fn a_folder_is_removed_with_its_contents() {
    let (_root, folder) = folder();
    let inner = folder.make_folder("a").unwrap().make_folder("b").unwrap();
    inner.write("file", b"x").unwrap();
    assert_eq!(folder.remove_folder("a").unwrap(), Vec::<PathBuf>::new());
    assert!(folder.all_names().unwrap().is_empty());
    assert_eq!(folder.remove_folder("a").unwrap(), Vec::<PathBuf>::new(), "and may be gone");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[allow(clippy::disallowed_methods, reason = "no function makes a pipe with a name on every Unix")]
    fn fifo(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    fn why<T: std::fmt::Debug>(outcome: io::Result<T>) -> NotOurs {
        NotOurs::in_error(&outcome.unwrap_err()).expect("a reason of its own")
    }

    /// Plants something under a name in the folder, with something outside that must not be touched.
    type Plant = fn(&Path, &Path);

    /// Everything that may take the place of a file, and why it is not used.
    const INSTEAD_OF_A_FILE: [(&str, Plant, NotOurs); 8] = [
        ("a link to a file", |at, outside| symlink(outside.join("file"), at).unwrap(), NotOurs::Link),
        ("a link to a folder", |at, outside| symlink(outside, at).unwrap(), NotOurs::Link),
        ("a link to nothing", |at, _| symlink("/nonexistent", at).unwrap(), NotOurs::Link),
        ("a link to itself", |at, _| symlink(at, at).unwrap(), NotOurs::Link),
        ("a link to a pipe", |at, outside| symlink(outside.join("pipe"), at).unwrap(), NotOurs::Link),
        ("a pipe", |at, _| fifo(at), NotOurs::NotAFile),
        ("a folder", |at, _| fs::create_dir(at).unwrap(), NotOurs::NotAFile),
        ("a hard link", |at, outside| fs::hard_link(outside.join("file"), at).unwrap(), NotOurs::HardLink),
    ];

    /// A folder outside with a file that others may read, and a pipe.
    fn outside(root: &tempfile::TempDir) -> PathBuf {
        let outside = root.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), b"somebody's").unwrap();
        set_mode(&outside.join("file"), 0o644);
        set_mode(&outside, 0o755);
        fifo(&outside.join("pipe"));
        outside
    }

    fn is_untouched(outside: &Path, what: &str) {
        let mut names: Vec<_> = fs::read_dir(outside)
            .unwrap()
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["file", "pipe"], "{what}");
        assert_eq!(fs::read(outside.join("file")).unwrap(), b"somebody's", "{what}");
        assert_eq!((mode(&outside.join("file")), mode(outside)), (0o644, 0o755), "{what}");
    }

    #[test]
    fn planted_files_are_refused_and_replaced() {
        for (what, plant, reason) in INSTEAD_OF_A_FILE {
            let (root, folder) = folder();
            let outside = outside(&root);
            let at = folder.path().join("name");
            plant(&at, &outside);
            assert_eq!(why(folder.read("name", 100)), reason, "{what} is read");
            assert_eq!(why(folder.open_to_lock("name")), reason, "{what} is locked");
            is_untouched(&outside, what);
            if what == "a folder" {
                assert!(folder.write("name", b"own").is_err() && at.is_dir());
                assert_eq!(why(folder.remove("name")), NotOurs::NotAFile);
                assert_eq!(folder.all_names().unwrap(), ["name"], "no sibling is left");
                continue;
            }
            folder.write("name", b"own").unwrap();
            assert_eq!(folder.read("name", 100).unwrap(), b"own", "{what} is replaced itself");
            is_untouched(&outside, what);
            fs::remove_file(&at).unwrap();
            plant(&at, &outside);
            assert!(folder.remove("name").unwrap(), "{what} is removed itself");
            is_untouched(&outside, what);
        }
    }

    #[test]
    fn planted_folders_are_refused_and_stay() {
        let cases: [(&str, Plant, NotOurs); 6] = [
            ("a link to a folder", |at, outside| symlink(outside, at).unwrap(), NotOurs::Link),
            ("a link to a file", |at, outside| symlink(outside.join("file"), at).unwrap(), NotOurs::Link),
            ("a link to nothing", |at, _| symlink("/nonexistent", at).unwrap(), NotOurs::Link),
            ("a relative link", |at, _| symlink("../outside", at).unwrap(), NotOurs::Link),
            ("a file", |at, _| fs::write(at, b"x").unwrap(), NotOurs::NotAFolder),
            ("a pipe", |at, _| fifo(at), NotOurs::NotAFolder),
        ];
        for (what, plant, reason) in cases {
            let (root, folder) = folder();
            let outside = outside(&root);
            plant(&folder.path().join("name"), &outside);
            for refused in [folder.folder("name").map(drop), folder.make_folder("name").map(drop)] {
                assert_eq!(why(refused), reason, "{what}");
            }
            assert_eq!(why(folder.remove_folder("name")), reason, "{what}");
            is_untouched(&outside, what);
            assert_eq!(folder.all_names().unwrap(), ["name"], "{what} is left");
        }
    }

    #[test]
    fn removing_a_folder_follows_no_links_or_mounts() {
        let (root, folder) = folder();
        let outside = outside(&root);
        let inner = folder.make_folder("a").unwrap();
        symlink(&outside, inner.path().join("link")).unwrap();
        symlink(outside.join("file"), inner.path().join("file")).unwrap();
        fs::hard_link(outside.join("file"), inner.path().join("hard")).unwrap();
        fifo(&inner.path().join("pipe"));
        inner.make_folder("deeper").unwrap();
        symlink("../../..", inner.path().join("deeper/up")).unwrap();
        assert_eq!(folder.remove_folder("a").unwrap(), Vec::<PathBuf>::new());
        assert!(folder.all_names().unwrap().is_empty());
        is_untouched(&outside, "a folder that goes");
    }

    #[test]
    fn a_folder_of_endless_depth_is_left() {
        let (_root, folder) = folder();
        let mut path = folder.path().join("a");
        (0..DEEPEST + 3).for_each(|_| path.push("a"));
        fs::create_dir_all(&path).unwrap();
        assert_eq!(folder.remove_folder("a").unwrap().len(), 1);
    }

    #[test]
    fn own_files_open_to_others_are_closed() {
        let (_root, folder) = folder();
        let inner = folder.make_folder("inner").unwrap();
        folder.write("file", b"one").unwrap();
        drop(folder.open_to_lock("lock").unwrap());
        let paths = ["file", "lock", "inner"].map(|name| folder.path().join(name));
        assert_eq!(paths.each_ref().map(|path| mode(path)), [0o600, 0o600, 0o700]);
        for open in [0o644, 0o666, 0o777, 0o604, 0o660] {
            paths.iter().for_each(|path| set_mode(path, open | 0o100));
            set_mode(folder.path(), open | 0o100);
            let folder = Folder::open(folder.path()).unwrap();
            assert_eq!(folder.read("file", 10).unwrap(), b"one");
            drop((folder.open_to_lock("lock").unwrap(), folder.folder("inner").unwrap()));
            assert_eq!(paths.each_ref().map(|path| mode(path)), [0o600, 0o600, 0o700], "{open:o}");
            assert_eq!(mode(folder.path()), 0o700);
        }
        drop(inner);
    }

    #[test]
    fn the_state_folder_itself_may_be_a_link_of_the_user() {
        let (root, folder) = folder();
        folder.write("file", b"one").unwrap();
        let link = root.path().join("link");
        symlink(folder.path(), &link).unwrap();
        let linked = Folder::make(&link).unwrap();
        assert_eq!(linked.read("file", 10).unwrap(), b"one");
        linked.write("file", b"two").unwrap();
        assert_eq!(folder.read("file", 10).unwrap(), b"two");
        assert!(link.is_symlink());
        // Resolved once: if the link later points elsewhere, that is another folder.
        fs::remove_file(&link).unwrap();
        symlink(root.path(), &link).unwrap();
        linked.write("file", b"three").unwrap();
        assert_eq!(folder.read("file", 10).unwrap(), b"three");
    }
}
