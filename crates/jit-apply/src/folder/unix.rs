//! The implementation with descriptors: everything below the ledger's folder is opened relative to a
//! descriptor, one name at a time, and no symbolic link is followed.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, RawMode, RenameFlags, Stat};
use rustix::io::Errno;

use super::Publishing;
use super::about::{About, Kind};

/// A descriptor that can be listed and synced.
const TO_FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A pipe without a writer does not block opening, and a terminal does not become the controlling one.
const TO_FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const PRIVATE_FOLDER: Mode = Mode::RWXU;
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open folder.
#[derive(Debug)]
pub(crate) struct Handle {
    descriptor: OwnedFd,
    /// Whether names were already read with this descriptor.
    #[cfg(target_os = "linux")]
    is_listed: AtomicBool,
    pub(crate) about: About,
}

/// The user id of this process.
pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

impl Handle {
    /// Opens the ledger's folder. Only its path may contain links, because the user chose it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::of(fs::openat(fs::CWD, path, TO_FOLDER, Mode::empty())?)
    }

    pub(crate) fn folder(&self, name: &str) -> io::Result<Self> {
        Self::of(fs::openat(&self.descriptor, name, TO_FOLDER | OFlags::NOFOLLOW, Mode::empty())?)
    }

    fn of(descriptor: OwnedFd) -> io::Result<Self> {
        let about = about(&fs::fstat(&descriptor)?);
        Ok(Self {
            descriptor,
            #[cfg(target_os = "linux")]
            is_listed: AtomicBool::new(false),
            about,
        })
    }

    /// Passes each name in this folder to `each`; `None` for a name that is not text.
    pub(crate) fn names(&self, mut each: impl FnMut(Option<&str>)) -> io::Result<()> {
        let mut see = |name: &std::ffi::CStr| match name.to_str() {
            Ok("." | "..") => {}
            name => each(name.ok()),
        };
        // Uses this descriptor, which saves opening the folder again: a ledger has two folders for each of
        // its objects.
        #[cfg(target_os = "linux")]
        {
            if self.is_listed.swap(true, Ordering::Relaxed) {
                fs::seek(&self.descriptor, fs::SeekFrom::Start(0))?;
            }
            let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 8192];
            let mut entries = fs::RawDir::new(&self.descriptor, &mut buffer);
            while let Some(entry) = entries.next() {
                see(entry?.file_name());
            }
        }
        #[cfg(not(target_os = "linux"))]
        for entry in fs::Dir::read_from(&self.descriptor)? {
            see(entry?.file_name());
        }
        Ok(())
    }

    /// Whether the entry `name` of this folder is a folder with one of `files`, or anything that is to be looked at closely.
    /// It opens nothing, and follows a link at `name`: what is found is opened and checked after this.
    pub(crate) fn has_any(&self, name: &str, files: &[String]) -> bool {
        let is_absent = |file: &String| {
            let found = fs::statat(&self.descriptor, format!("{name}/{file}"), AtFlags::SYMLINK_NOFOLLOW);
            found.is_err_and(|errno| errno == Errno::NOENT)
        };
        !files.iter().all(is_absent)
    }

    pub(crate) fn about(&self, name: &str) -> io::Result<About> {
        Ok(about(&fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Reads a regular file of at most `limit` bytes, and returns the information about the opened file.
    pub(crate) fn read(&self, name: &str, limit: usize) -> io::Result<(Vec<u8>, About)> {
        let descriptor = fs::openat(&self.descriptor, name, TO_FILE | OFlags::RDONLY, Mode::empty())?;
        let stat = fs::fstat(&descriptor)?;
        let about = about(&stat);
        if about.kind != Kind::File {
            return Ok((Vec::new(), about));
        }
        let size = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
        if size > limit {
            return Err(too_large(size, limit));
        }
        // One byte more than expected, so that the end is seen without another call.
        let mut content = Vec::with_capacity(size + 1);
        let read = File::from(descriptor).take(limit as u64 + 1).read_to_end(&mut content)?;
        if read > limit { Err(too_large(read, limit)) } else { Ok((content, about)) }
    }

    /// Creates the new file `name` with these bytes and its final permissions, and syncs it. It is locked
    /// until the returned file is dropped, so that nobody considers it abandoned.
    pub(crate) fn stage(&self, name: &str, bytes: &[u8], mode: u32, group: u32) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | TO_FILE;
        let mut file = File::from(fs::openat(&self.descriptor, name, flags, PRIVATE_FILE)?);
        let _ = file.try_lock();
        let staged = file.write_all(bytes).and_then(|()| {
            set_group(&file, group)?;
            fs::fchmod(&file, Mode::from_raw_mode(raw(mode)))?;
            file.sync_all()
        });
        match staged {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = self.remove(name);
                Err(error)
            }
        }
    }

    /// Creates the new folder `name` with its final permissions.
    pub(crate) fn stage_folder(&self, name: &str, mode: u32, group: u32) -> io::Result<()> {
        fs::mkdirat(&self.descriptor, name, PRIVATE_FOLDER)?;
        let staged = self.folder(name).and_then(|made| {
            set_group(&made.descriptor, group)?;
            fs::fchmod(&made.descriptor, Mode::from_raw_mode(raw(mode)))?;
            Ok(())
        });
        if staged.is_err() {
            let _ = self.remove_folder(name);
        }
        staged
    }

    /// Moves `staged` from this folder to `name` in `to`, in one step and only if that does not exist.
    /// Returns `false` if it does.
    pub(crate) fn publish(&self, staged: &str, to: &Self, name: &str, how: Publishing) -> io::Result<bool> {
        let moved = match how {
            Publishing::ByRename => {
                fs::renameat_with(&self.descriptor, staged, &to.descriptor, name, RenameFlags::NOREPLACE)
            }
            Publishing::ByLink => Err(Errno::NOSYS),
        };
        match moved {
            Ok(()) => Ok(true),
            Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(false),
            // If the file system does not support that, a hard link never replaces anything either. A rename
            // of a folder may replace an empty one, which loses nothing.
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => match self.about(staged)?.kind {
                Kind::Folder => match fs::renameat(&self.descriptor, staged, &to.descriptor, name) {
                    Ok(()) => Ok(true),
                    Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => Ok(false),
                    // In a shared folder nobody can replace what another user created.
                    Err(Errno::PERM | Errno::ACCESS) if to.about(name).is_ok() => Ok(false),
                    Err(errno) => Err(errno.into()),
                },
                _ => match fs::linkat(&self.descriptor, staged, &to.descriptor, name, AtFlags::empty()) {
                    Ok(()) => {
                        let _ = self.remove(staged);
                        Ok(true)
                    }
                    Err(Errno::EXIST) => Ok(false),
                    Err(errno) => Err(errno.into()),
                },
            },
            Err(errno) => Err(errno.into()),
        }
    }

    /// Moves `staged` to `name` in this folder, replacing what is there.
    pub(crate) fn replace(&self, staged: &str, name: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.descriptor, staged, &self.descriptor, name)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.descriptor, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    /// Makes moves into this folder durable. Not every file system can.
    pub(crate) fn sync(&self) {
        let _ = fs::fsync(&self.descriptor);
    }

    /// Whether `name` is a staged file of `user` that is not locked, and older by `seconds` than `now`.
    pub(crate) fn is_abandoned(&self, name: &str, user: u32, now: i64, seconds: i64) -> bool {
        let Ok(stat) = fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) else { return false };
        let found = about(&stat);
        if found.owner != user || now.saturating_sub(found.changed) < seconds {
            return false;
        }
        match found.kind {
            Kind::Folder => true,
            // With a second link it is already a complete object, and removing this link would change that
            // object's time.
            Kind::File if stat.st_nlink == 1 => {
                fs::openat(&self.descriptor, name, TO_FILE | OFlags::RDONLY, Mode::empty())
                    .is_ok_and(|descriptor| File::from(descriptor).try_lock().is_ok())
            }
            _ => false,
        }
    }
}

#[allow(clippy::useless_conversion, reason = "a mode has 16 bits on macOS")]
fn about(stat: &Stat) -> About {
    About {
        owner: stat.st_uid,
        group: stat.st_gid,
        mode: u32::from(stat.st_mode) & 0o7777,
        kind: match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        },
        changed: stat.st_ctime,
    }
}

/// Sets the group of the folder, if this user may. If they are not in it, their own group stays.
fn set_group(of: impl std::os::fd::AsFd, group: u32) -> io::Result<()> {
    if fs::fstat(&of)?.st_gid != group {
        let _ = fs::fchown(of, None, Some(Gid::from_raw(group)));
    }
    Ok(())
}

fn raw(mode: u32) -> RawMode {
    RawMode::try_from(mode & 0o7777).unwrap_or(0o700)
}

fn too_large(size: usize, limit: usize) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has {size} bytes; the limit is {limit}"))
}
