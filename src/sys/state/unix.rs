//! The implementation with directory descriptors: `openat`, `renameat`, `unlinkat`.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{Folder, NotOurs, too_large};

/// Listing and syncing need a descriptor that can be read.
const TO_FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A pipe without a writer does not block opening or reading, and a terminal does not become the controlling
/// one.
const TO_FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const FOLDER_MODE: Mode = Mode::RWXU;
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const OTHERS: Mode = Mode::RWXG.union(Mode::RWXO);

/// An open folder.
#[derive(Debug)]
pub(super) struct Handle {
    descriptor: OwnedFd,
    /// The user who must own everything.
    user: u32,
    /// The file system that the folder is on.
    device: i128,
}

/// A value that changes when a file is replaced, found without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: (i128, i128),
    size: i128,
    inode: i128,
}

impl Handle {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let descriptor =
            fs::openat(fs::CWD, path, TO_FOLDER, Mode::empty()).map_err(|errno| match errno {
                Errno::NOTDIR => NotOurs::NotAFolder.into(),
                errno => io::Error::from(errno),
            })?;
        Self::checked(descriptor, rustix::process::geteuid().as_raw())
    }

    pub(super) fn folder(&self, _: &Path, name: &str) -> io::Result<Self> {
        match fs::openat(&self.descriptor, name, TO_FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(descriptor) => Self::checked(descriptor, self.user),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(self.instead_of(name, NotOurs::NotAFolder)),
            Err(errno) => Err(errno.into()),
        }
    }

    /// A folder of this user, after removing access for others.
    fn checked(descriptor: OwnedFd, user: u32) -> io::Result<Self> {
        let about = fs::fstat(&descriptor)?;
        if about.st_uid != user {
            return Err(NotOurs::OtherOwner.into());
        }
        close_to_others(descriptor.as_fd(), &about, FOLDER_MODE)?;
        Ok(Self { descriptor, user, device: i128::from(about.st_dev) })
    }

    pub(super) fn make_folder(&self, _: &Path, name: &str) -> io::Result<()> {
        Ok(fs::mkdirat(&self.descriptor, name, FOLDER_MODE)?)
    }

    pub(super) fn read(&self, _: &Path, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let (mut file, about) = self.open_file(name, OFlags::RDONLY)?;
        let size = u64::try_from(about.st_size).unwrap_or(0);
        if size > limit {
            return Err(too_large(size, limit));
        }
        let size = usize::try_from(size).map_err(|_| too_large(size, limit))?;
        // One byte more than expected: if it is not filled, this was the end, and no further read is needed.
        let mut content = vec![0; size + 1];
        let mut read = 0;
        loop {
            let some = file.read(&mut content[read..])?;
            read += some;
            if read > size {
                return Err(io::Error::other("it grew while jit read it"));
            }
            if some == 0 || read == size {
                content.truncate(read);
                return Ok(content);
            }
        }
    }

    pub(super) fn open_to_read(&self, _: &Path, name: &str) -> io::Result<File> {
        self.open_file(name, OFlags::RDONLY).map(|(file, _)| file)
    }

    pub(super) fn open_to_lock(&self, _: &Path, name: &str) -> io::Result<File> {
        self.open_file(name, OFlags::RDWR | OFlags::CREATE).map(|(file, _)| file)
    }

    /// A regular file of this user, after removing access for others.
    fn open_file(&self, name: &str, flags: OFlags) -> io::Result<(File, Stat)> {
        let descriptor = match fs::openat(&self.descriptor, name, TO_FILE | flags, FILE_MODE) {
            Ok(descriptor) => descriptor,
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => {
                return Err(self.instead_of(name, NotOurs::NotAFile));
            }
            // Another user's file cannot be opened, and its owner is the better reason to report.
            Err(Errno::ACCESS | Errno::PERM) if self.is_anothers(name) => {
                return Err(NotOurs::OtherOwner.into());
            }
            Err(errno) => return Err(errno.into()),
        };
        let about = fs::fstat(&descriptor)?;
        if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
            return Err(NotOurs::NotAFile.into());
        }
        if about.st_uid != self.user {
            return Err(NotOurs::OtherOwner.into());
        }
        if about.st_nlink > 1 {
            return Err(NotOurs::HardLink.into());
        }
        close_to_others(descriptor.as_fd(), &about, FILE_MODE)?;
        Ok((File::from(descriptor), about))
    }

    pub(super) fn write(&self, path: &Path, name: &str, content: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | TO_FILE;
        let (sibling, descriptor) = loop {
            let sibling = super::sibling_name();
            match fs::openat(&self.descriptor, &*sibling, flags, FILE_MODE) {
                Err(Errno::EXIST) => {}
                made => break (sibling, made?),
            }
        };
        let written = self.fill_and_rename(&sibling, File::from(descriptor), name, content);
        if written.is_err() {
            let _ = self.remove(path, &sibling);
        }
        written
    }

    fn fill_and_rename(&self, sibling: &str, mut file: File, name: &str, content: &[u8]) -> io::Result<()> {
        // The lock shows others that the writer is alive, however long the machine was asleep. If locking is
        // not possible, the file is still young.
        let _ = file.try_lock();
        file.write_all(content)?;
        file.sync_all()?;
        fs::renameat(&self.descriptor, sibling, &self.descriptor, name)?;
        // The rename is durable once the folder is synced, which not every file system supports.
        let _ = fs::fsync(&self.descriptor);
        Ok(())
    }

    pub(super) fn stamp(&self, _: &Path, name: &str) -> Option<Stamp> {
        let about = self.about(name).ok()?;
        let modified = (i128::from(about.st_mtime), i128::from(about.st_mtime_nsec));
        Some(Stamp { modified, size: about.st_size.into(), inode: about.st_ino.into() })
    }

    pub(super) fn remove(&self, _: &Path, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.descriptor, name, AtFlags::empty()) {
            // macOS reports the second for a folder.
            Err(Errno::ISDIR | Errno::PERM) if self.is_folder(name) => Err(NotOurs::NotAFile.into()),
            removed => Ok(removed?),
        }
    }

    pub(super) fn remove_empty_folder(&self, _: &Path, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn names(&self, _: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.descriptor)? {
            let entry = entry?;
            let name = entry.file_name().to_str().ok().filter(|name| !matches!(*name, "." | ".."));
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }

    /// Removes everything in `folder` except what is not this user's, which is recorded in `left`.
    pub(super) fn empty(&self, folder: &Folder, deepest: usize, left: &mut Vec<PathBuf>) {
        let handle = &*folder.handle;
        if handle.device != self.device || deepest == 0 {
            left.push(folder.path().to_owned());
            return;
        }
        let Ok(entries) = Dir::read_from(&handle.descriptor) else {
            left.push(folder.path().to_owned());
            return;
        };
        // Removing while listing may skip names.
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_owned()).collect();
        for name in names.iter().filter(|name| !matches!(name.to_bytes(), b"." | b"..")) {
            let is_folder = fs::statat(&handle.descriptor, &**name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Directory);
            if !is_folder {
                if !matches!(
                    fs::unlinkat(&handle.descriptor, &**name, AtFlags::empty()),
                    Ok(()) | Err(Errno::NOENT)
                ) {
                    left.push(folder.path().join(&*name.to_string_lossy()));
                }
                continue;
            }
            let before = left.len();
            match name.to_str().ok().and_then(|name| folder.folder(name).ok()) {
                Some(inner) => handle.empty(&inner, deepest - 1, left),
                None => left.push(folder.path().join(&*name.to_string_lossy())),
            }
            if left.len() == before && fs::unlinkat(&handle.descriptor, &**name, AtFlags::REMOVEDIR).is_err()
            {
                left.push(folder.path().join(&*name.to_string_lossy()));
            }
        }
    }

    fn about(&self, name: &str) -> io::Result<Stat> {
        Ok(fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    fn is_folder(&self, name: &str) -> bool {
        self.about(name).is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Directory)
    }

    fn is_anothers(&self, name: &str) -> bool {
        self.about(name).is_ok_and(|about| about.st_uid != self.user)
    }

    /// The reason not to use what is under `name`.
    fn instead_of(&self, name: &str, otherwise: NotOurs) -> io::Error {
        match self.about(name) {
            Ok(about) if FileType::from_raw_mode(about.st_mode) == FileType::Symlink => NotOurs::Link.into(),
            _ => otherwise.into(),
        }
    }
}

/// Removes all permissions of others. If that is impossible (a read-only file system), others may still read,
/// because everything is sealed, but must not be able to write.
fn close_to_others(descriptor: BorrowedFd<'_>, about: &Stat, mode: Mode) -> io::Result<()> {
    let open = Mode::from_raw_mode(about.st_mode) & OTHERS;
    if open.is_empty() {
        return Ok(());
    }
    match fs::fchmod(descriptor, mode) {
        Err(error) if open.intersects(Mode::WGRP | Mode::WOTH) => Err(error.into()),
        _ => Ok(()),
    }
}
