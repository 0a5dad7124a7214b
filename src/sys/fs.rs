//! Files: private folders, and atomic writes, which leave either the old content or the new.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use jit_wire::file::read_limited;

/// The prefix and suffix of temporary files that become another file once they are complete.
const SIBLING: [&str; 2] = [".jit-", ".tmp"];
/// An older temporary file belongs to a writer that was killed, unless its lock is held.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// Creates `folder` and its parents, readable by the user alone (0700 on Unix). If it exists and others can
/// read it, their access is removed.
///
/// # Errors
/// Whatever the file system reports.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(folder)?;
        let mode = fs::metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// A new folder among the system's temporary ones, removed when it is dropped; 0700 from the start, because
/// everybody can read its parent.
///
/// # Errors
/// Whatever the file system reports.
pub fn temporary_folder(prefix: &str) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

/// Replaces `path`, a file that only `jit` uses, with `content`: written to a private temporary file next to
/// it, synced, renamed over it. A kill at any moment leaves the old file or the new one, and at worst the
/// temporary file, `.jit-….tmp`, which the next write in that folder more than a minute later removes. The
/// file is 0600 whatever it was before, and a symbolic link is itself replaced: a planted link cannot
/// redirect what is written.
///
/// # Errors
/// Whatever the file system reports; `path` is then as it was.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, None, || Ok(true)).map(drop)
}

/// Replaces `path`, a file that others edit too, in the same way, but keeps its mode and follows a symbolic
/// link to replace its target. Right before the rename, `still_right` checks once more; with `Ok(false)`
/// nothing is replaced. A read-only file is left alone. Returns whether the file was replaced.
///
/// # Errors
/// Whatever the file system or `still_right` reports, and `PermissionDenied` for a read-only file; `path` is
/// then as it was.
pub fn write_if(
    path: &Path,
    content: &[u8],
    still_right: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => dangling_target(path),
        Err(error) => return Err(error),
    };
    let before = fs::metadata(&target).ok().map(|file| file.permissions());
    if before.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    replace(&target, content, before, still_right)
}

fn replace(
    path: &Path,
    content: &[u8],
    mode: Option<fs::Permissions>,
    still_right: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    let folder = path.parent().ok_or_else(|| io::Error::other("not the path of a file"))?;
    // First, so that a disk that is full of them has room again.
    sweep(folder);
    let [prefix, suffix] = SIBLING;
    let mut sibling = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(folder)?;
    // The lock shows others that the writer is alive, however long the machine was asleep. If locking is not
    // possible, the file is still young.
    let _ = sibling.as_file().try_lock();
    // Through the file, because `tempfile` puts the temporary name into its errors, which would not help the
    // reader.
    sibling.as_file_mut().write_all(content)?;
    if let Some(mode) = mode {
        sibling.as_file().set_permissions(mode)?;
    }
    sibling.as_file().sync_all()?;
    if !still_right()? {
        return Ok(false);
    }
    // On Windows nobody can read a locked file, not even under its new name.
    #[cfg(windows)]
    let _ = sibling.as_file().unlock();
    rename_over(sibling, path)?;
    // The rename is durable once the folder is synced; not every system can open a folder.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(true)
}

/// Removes the temporary files that killed writers left in `folder`. What cannot be removed stays, and does
/// no harm.
fn sweep(folder: &Path) {
    let [prefix, suffix] = SIBLING;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
        if ours && is_abandoned(&entry.path()).unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the file is older than a minute, and nobody has its lock.
fn is_abandoned(path: &Path) -> io::Result<bool> {
    let about = fs::symlink_metadata(path)?;
    // A time in the future says nothing about the age.
    let old = about.modified()?.elapsed().is_ok_and(|age| age >= STALE_AFTER);
    Ok(about.is_file() && old && File::open(path)?.try_lock().is_ok())
}

/// Renames a temporary file over `target`. Windows refuses that while another process has the target open,
/// which readers do for a moment; so this retries.
fn rename_over(mut sibling: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    const TRIES: usize = if cfg!(windows) { 100 } else { 1 };
    for tried in 1.. {
        match sibling.persist(target) {
            Ok(_) => return Ok(()),
            Err(refused) if tried < TRIES && refused.error.kind() == io::ErrorKind::PermissionDenied => {
                sibling = refused.file;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Err(refused) => return Err(refused.error),
        }
    }
    Ok(())
}

/// Creates `folder` and its parents with the permissions that the user's umask gives: for man pages and
/// scripts.
///
/// # Errors
/// Whatever the file system reports.
pub fn public_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).create(folder)
}

/// Replaces `path` like [`write_atomically`], readable by everybody: for man pages and scripts, which contain
/// nothing private.
///
/// # Errors
/// Whatever the file system reports.
pub fn write_public(path: &Path, content: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    let mode = Some(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    let mode = None;
    replace(path, content, mode, || Ok(true)).map(drop)
}

/// The target of a symbolic link whose target does not exist yet; `path` itself if it is not a link.
fn dangling_target(path: &Path) -> PathBuf {
    match fs::read_link(path) {
        Ok(link) => path.parent().map_or_else(|| link.clone(), |folder| folder.join(&link)),
        Err(_) => path.to_owned(),
    }
}

/// The target of the symbolic link at `path`, as text; `None` if it is not a link.
pub fn link_target(path: &Path) -> Option<String> {
    std::fs::read_link(path).ok().map(|target| target.to_string_lossy().into_owned())
}

/// Removes a file that may not exist.
///
/// # Errors
/// Whatever else the system reports.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The names of what is in `folder`, without temporary files.
///
/// # Errors
/// Whatever the system reports.
pub fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn abandoned_temporary_files_are_removed_and_used_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let ago = |seconds| std::time::SystemTime::now() - Duration::from_secs(seconds);
        let leave = |name: &str, seconds| {
            let file = File::create(at(name)).unwrap();
            file.set_modified(ago(seconds)).unwrap();
            file
        };
        for name in [".jit-abandoned.tmp", ".jit-held.tmp", ".jit-other", ".other.tmp", "jit-.tmp"] {
            leave(name, 90);
        }
        leave(".jit-young.tmp", 30);
        // As if the clock had been set back.
        File::create(at(".jit-tomorrow.tmp"))
            .unwrap()
            .set_modified(std::time::SystemTime::now() + Duration::from_secs(86_400))
            .unwrap();
        fs::create_dir(at(".jit-folder.tmp")).unwrap();
        let held = File::open(at(".jit-held.tmp")).unwrap();
        held.try_lock().unwrap();
        write_atomically(&at("file"), b"one").unwrap();
        let names = || {
            let all = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = all.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let kept = [".jit-folder.tmp", ".jit-held.tmp", ".jit-other", ".jit-tomorrow.tmp", ".jit-young.tmp"];
        assert_eq!(names(), [&kept[..], &[".other.tmp", "file", "jit-.tmp"]].concat());
        drop(held);
        write_if(&at("file"), b"two", || {
            // A writer's own temporary file is locked, so that nobody else removes it, whatever the clock
            // says.
            let own = names().into_iter().find(|name| !kept.contains(&&**name) && name.ends_with(".tmp"));
            let own = File::open(at(&own.filter(|name| name.starts_with(".jit-")).unwrap())).unwrap();
            assert!(own.try_lock().is_err());
            Ok(true)
        })
        .unwrap();
        assert!(!at(".jit-held.tmp").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_a_temporary_file_and_a_page_is_public_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let (link, other) = (folder.path().join(".jit-link.tmp"), folder.path().join("other"));
        fs::write(&other, b"somebody's").unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(90);
        File::options().write(true).open(&other).unwrap().set_modified(long_ago).unwrap();
        std::os::unix::fs::symlink("other", &link).unwrap();
        let page = folder.path().join("page");
        write_public(&page, b"page").unwrap();
        assert!(link.is_symlink() && fs::read(&other).unwrap() == b"somebody's");
        assert_eq!(mode(&page), 0o644);
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn an_own_file_is_private_and_follows_no_planted_link() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (other, own) = (folder.path().join("other"), folder.path().join("own"));
        fs::write(&other, b"somebody's").unwrap();
        symlink("other", &own).unwrap();
        write_atomically(&own, b"one").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"somebody's");
        assert!(!fs::symlink_metadata(&own).unwrap().is_symlink());
        assert_eq!(mode(&own), 0o600);
        fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).unwrap();
        write_atomically(&own, b"two").unwrap();
        assert_eq!(mode(&own), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn in_shared_files_links_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link, dangling) =
            (folder.path().join("real"), folder.path().join("link"), folder.path().join("dangling"));
        write_if(&real, b"one", || Ok(true)).unwrap();
        assert_eq!(mode(&real), 0o600);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        write_if(&link, b"two", || Ok(true)).unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(mode(&real), 0o640);
        symlink("later", &dangling).unwrap();
        write_if(&dangling, b"three", || Ok(true)).unwrap();
        assert_eq!(fs::read(folder.path().join("later")).unwrap(), b"three");
    }

    #[test]
    fn a_write_with_a_failed_recheck_leaves_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(write_if(&path, b"one", || Ok(true)).unwrap());
        assert!(!write_if(&path, b"two", || Ok(false)).unwrap());
        assert!(write_if(&path, b"two", || Err(io::Error::other("no"))).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let refused = write_if(&path, b"two", || Ok(true)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        private_folder(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        private_folder(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(temporary_folder("jit-test-").unwrap().path()), 0o700);
    }
}
