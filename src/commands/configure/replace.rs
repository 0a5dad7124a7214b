//! Replaces a file that the user edits too: changes of other programs are not lost, and the previous
//! content is kept as a backup.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::sys::fs;
use crate::sys::state::Folder;
use crate::world::{Note, World};

/// Locks out other processes until the file is dropped. `name` is the name of the lock; `what` is shown to
/// the person while waiting.
///
/// # Errors
/// The path of the lock, and the system's error.
pub(super) fn lock(world: &World, name: &str, what: &str) -> Result<std::fs::File, (PathBuf, io::Error)> {
    let path = world.folders.state.join(name);
    let taken =
        Folder::make(&world.folders.state).and_then(|state| state.open_to_lock(name)).and_then(|file| {
            match file.try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => {
                    world.person.tell(Note::Waiting { what });
                    file.lock()?;
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
            Ok(file)
        });
    taken.map_err(|error| (path, error))
}

/// The file's content, which may contain secrets; `None` if there is no file.
///
/// # Errors
/// Every other error of the system.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    match fs::read_limited(path, limit) {
        Ok(content) => Ok(Some(Zeroizing::new(content))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the file unless it has changed since `before` was read, and keeps that content as a backup.
/// Returns whether the file was replaced.
///
/// # Errors
/// The system's error; the file is then unchanged.
pub(super) fn write(path: &Path, before: Option<&[u8]>, content: &[u8], limit: u64) -> io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        fs::private_folder(folder)?;
    }
    fs::write_if(path, content, || {
        if read(path, limit)?.as_deref().map(Vec::as_slice) != before {
            return Ok(false);
        }
        if let Some(before) = before {
            let backup = backup_of(path);
            fs::write_atomically(&backup, before).map_err(|error| {
                io::Error::new(error.kind(), format!("its backup {}: {error}", backup.display()))
            })?;
        }
        Ok(true)
    })
}

/// The path of the backup.
pub(super) fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".jit-backup");
    path.with_file_name(name)
}
