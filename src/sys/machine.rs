//! The files of this machine's administrator. They count for everybody on the machine, so they are used only if
//! nobody else could have written them.
//!
//! On Unix their owner is root, and nobody else may write them or their folder. On Windows, where the standard
//! library shows neither, the person who runs `jit` must not be able to write them, unless that is an
//! administrator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest of these files that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Why a file of the administrator is not used.
#[derive(Debug, thiserror::Error)]
pub enum MachineFileError {
    /// Somebody else may have written it.
    #[error("jit does not use {}: {why}", path.display())]
    NotOfAdministrator {
        /// The file, or its folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file, or its folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where the administrator's files are. No variable changes that: everybody could set one.
pub fn folder() -> PathBuf {
    #[cfg(windows)]
    {
        let program_data = dirs_sys::known_folder(PROGRAM_DATA);
        program_data.unwrap_or_else(|| PathBuf::from("C:\\ProgramData")).join("jit")
    }
    #[cfg(target_os = "macos")]
    {
        PathBuf::from("/Library/Application Support/jit")
    }
    #[cfg(not(any(windows, target_os = "macos")))]
    {
        PathBuf::from("/etc/jit")
    }
}

/// `FOLDERID_ProgramData`.
#[cfg(windows)]
const PROGRAM_DATA: windows_sys::core::GUID =
    windows_sys::core::GUID::from_u128(0x62ab_5d82_fdc1_4dc3_a9dd_070d_1d49_5d97);

/// The content of the file called `name` in `folder`; `None` if there is none.
///
/// # Errors
/// It is there, and cannot be used.
pub fn read(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, MachineFileError> {
    let path = folder.join(name);
    for path in [folder, &path] {
        let about = match fs::metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MachineFileError::Unreadable { path: path.to_owned(), source }),
        };
        platform::check(path, &about)
            .map_err(|why| MachineFileError::NotOfAdministrator { path: path.to_owned(), why })?;
    }
    if !path.is_file() {
        return Err(MachineFileError::NotOfAdministrator { path, why: "it is not a file" });
    }
    jit_wire::file::read_limited(&path, LARGEST)
        .map(Some)
        .map_err(|source| MachineFileError::Unreadable { path, source })
}

#[cfg(unix)]
mod platform {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    pub(super) fn check(_: &Path, about: &Metadata) -> Result<(), &'static str> {
        is_of_root(about.uid(), about.mode())
    }

    /// Whether nobody but root may write something with this owner and mode.
    pub(super) fn is_of_root(owner: u32, mode: u32) -> Result<(), &'static str> {
        match (owner, mode & 0o022) {
            (0, 0) => Ok(()),
            (0, _) => Err("others than root may write it"),
            _ => Err("it does not belong to root"),
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::{Metadata, OpenOptions};
    use std::path::Path;

    /// Removes a file when it is closed (`FILE_FLAG_DELETE_ON_CLOSE`).
    #[cfg(windows)]
    const GOES_WHEN_CLOSED: u32 = 0x0400_0000;
    /// A file that only administrators may write.
    const OF_SYSTEM: &str = "C:\\Windows\\win.ini";

    pub(super) fn check(path: &Path, about: &Metadata) -> Result<(), &'static str> {
        let may_write = |path: &Path| OpenOptions::new().append(true).open(path).is_ok();
        if may_write(Path::new(OF_SYSTEM)) {
            return Ok(());
        }
        match about.is_dir() {
            true if may_add(path) => Err("you may create files there, and only administrators should"),
            false if may_write(path) => Err("you may write it, and only administrators should"),
            _ => Ok(()),
        }
    }

    fn may_add(folder: &Path) -> bool {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(windows)]
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, GOES_WHEN_CLOSED);
        options.open(folder.join(format!(".jit-{}.tmp", std::process::id()))).is_ok()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_root_may_be_able_to_write_them() {
        for (owner, mode, fits) in [
            (0, 0o100_644, true),
            (0, 0o100_600, true),
            (0, 0o040_755, true),
            (0, 0o100_444, true),
            (0, 0o100_664, false),
            (0, 0o100_646, false),
            (0, 0o041_777, false),
            (1000, 0o100_644, false),
            (1000, 0o100_444, false),
            (65_534, 0o100_600, false),
        ] {
            assert_eq!(platform::is_of_root(owner, mode).is_ok(), fits, "{owner} {mode:o}");
        }
    }

    #[test]
    fn a_missing_file_is_none_and_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(&folder.path().join("none"), "config.toml"), Ok(None)));
        let owner = std::os::unix::fs::MetadataExt::uid(&folder.path().metadata().unwrap());
        let in_it = read(folder.path(), "config.toml");
        assert_eq!(in_it.is_ok(), owner == 0, "its folder counts as well: {in_it:?}");
        fs::create_dir(folder.path().join("config.toml")).unwrap();
        let error = read(folder.path(), "config.toml").unwrap_err();
        let said = if owner == 0 { "it is not a file" } else { "it does not belong to root" };
        assert!(error.to_string().ends_with(said), "{error}");
    }

    #[test]
    fn no_variable_changes_where_they_are() {
        let source = include_str!("machine.rs");
        let shipped = source.split("#[cfg(all(test").next().unwrap();
        assert!(!shipped.contains("env::") && folder().is_absolute());
    }
}
