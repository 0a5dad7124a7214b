//! A file that the user edits too, replaced as a whole: nobody else's change is lost, and the state before is kept.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::sys::fs;
use crate::sys::state::Folder;
use crate::world::{Note, World};

/// Keeps other runs out until the file is dropped; `name` is that of the lock, `what` the words for whoever waits.
///
/// # Errors
/// The path of the lock, and what the system says.
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

/// The file's content, which may hold secrets; `None` if there is no file.
///
/// # Errors
/// Whatever else the system says.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    match fs::read_limited(path, limit) {
        Ok(content) => Ok(Some(Zeroizing::new(content))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the file unless it is no longer what it was `before`, and keeps that state in the backup. The answer is
/// whether the file was replaced.
///
/// # Errors
/// Whatever the system says; the file is then as it was.
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

/// Where the state before the last change is kept.
pub(super) fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".jit-backup");
    path.with_file_name(name)
}
