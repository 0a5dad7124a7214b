//! Reads the files that define roles: `config.toml` and AWS's two files. Every command reads them here,
//! into one [`Configuration`], and then states whether it needs `config.toml`.

mod aws_files;
mod named;
mod part;

pub(super) use aws_files::profiles;

use std::cell::OnceCell;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::file::{AccountLists, File, SpokeAccount, spoke_accounts};
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
use crate::store::{self, Store};
use crate::sys::{folders, fs};
use crate::world::{Asking, Folders, World};

use super::advice::ConfigUnread;

/// The largest `config.toml` that is read, in bytes. A person writes a few thousand.
pub(super) const LARGEST_CONFIG: u64 = 16 * 1024 * 1024;

/// How much of the files is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Only the sections that one role depends on, if these can be found without parsing the whole file.
    Part,
    /// Everything, so that every mistake is reported.
    Whole,
}

/// The files that were read.
pub(super) struct Configuration<'w> {
    /// `config.toml`; with no tables if there is none.
    pub(super) file: File,
    /// The error for a missing `config.toml`.
    absent: Option<ConfigUnread>,
    profiles: OnceCell<AwsProfiles>,
    portals: OnceCell<File>,
    reading: Reading,
    world: &'w World,
}

impl<'w> Configuration<'w> {
    /// Reads `config.toml`. A missing file is an error only for commands that call
    /// [`Self::that_is_written`] or [`Self::with_roles`].
    ///
    /// # Errors
    /// The file exists but cannot be read, or has a mistake.
    pub(super) fn read(world: &'w World) -> CommandResult<Self> {
        let path = &world.folders.config_file;
        let shown = folders::short(path, &world.folders.home);
        let content = match fs::read_limited(path, LARGEST_CONFIG) {
            // A client secret may be in it.
            Ok(content) => Zeroizing::new(content),
            Err(error) => match ConfigUnread::new(&shown, error) {
                absent @ ConfigUnread::Absent(_) => {
                    let file = File { path: shown, ..File::default() };
                    return Ok(Self { absent: Some(absent), ..Self::of(file, world) });
                }
                unreadable => return Err(unreadable.into()),
            },
        };
        let text = std::str::from_utf8(&content)
            .map_err(|_| CommandError::new(Kind::Usage, format!("{shown} is not UTF-8 text")))?;
        Ok(Self::of(File::parse_with(&shown, text, &ListsOf(&world.folders))?, world))
    }

    /// A configuration of `file`, for tests and for files that are not written yet.
    pub(super) fn of(file: File, world: &'w World) -> Self {
        Self {
            file,
            absent: None,
            profiles: OnceCell::new(),
            portals: OnceCell::new(),
            reading: Reading::Whole,
            world,
        }
    }

    /// The clock, environment, folders and person that the files were read for.
    pub(super) fn world(&self) -> &'w World {
        self.world
    }

    /// Requires a `config.toml`, for a command about that file.
    ///
    /// # Errors
    /// It does not exist.
    pub(super) fn that_is_written(mut self) -> CommandResult<Self> {
        self.absent.take().map_or(Ok(()), |absent| Err(absent.into())).map(|()| self)
    }

    /// Requires `config.toml` or one of AWS's files, for a command about a role: profiles are roles too.
    ///
    /// # Errors
    /// None of them exists.
    pub(super) fn with_roles(self) -> CommandResult<Self> {
        let aws = [&self.world.folders.aws_config, &self.world.folders.aws_credentials];
        if self.is_written() || aws.iter().any(|path| path.exists()) {
            Ok(self)
        } else {
            self.that_is_written()
        }
    }

    /// Whether there is a `config.toml`.
    pub(super) fn is_written(&self) -> bool {
        self.absent.is_none()
    }

    /// Whether the files were read in part, so that there may be other mistakes.
    pub(super) fn is_part(&self) -> bool {
        self.reading == Reading::Part
    }

    /// Opens the store that is configured.
    ///
    /// # Errors
    /// `JIT_STORE` is invalid, or the store is not available.
    pub(super) fn open_store(&self) -> CommandResult<Store<'w>> {
        let world = self.world;
        let prompts = match world.asking {
            Asking::Nothing => store::Prompts::Never,
            Asking::Person if world.person.can_be_asked() => store::Prompts::Allowed,
            Asking::Nobody | Asking::Person => store::Prompts::Brief,
        };
        Ok(Store::open(world, store::Options { key_cache: self.file.key_cache, prompts })?)
    }
}

/// The accounts of `[spokes.NAME]` that are not in `config.toml` itself.
struct ListsOf<'f>(&'f Folders);

/// The largest file of accounts that is read, in bytes.
const LARGEST_LIST: u64 = 1024 * 1024;

impl AccountLists for ListsOf<'_> {
    fn file(&self, path: &str) -> Option<Result<String, String>> {
        let Self(folders) = self;
        let whole = match path.strip_prefix("~/") {
            Some(rest) => folders.home.join(rest),
            // A file beside config.toml moves with it.
            None => folders.config_file.parent().unwrap_or(&folders.home).join(path),
        };
        // A shell that completes must not wait for a pipe, and neither must anybody else.
        if whole.exists() && !whole.is_file() {
            return Some(Err("it is not a file".to_owned()));
        }
        let content = fs::read_limited(&whole, LARGEST_LIST).map_err(|error| error.to_string());
        Some(
            content.and_then(|content| {
                String::from_utf8(content).map_err(|_| "it is not UTF-8 text".to_owned())
            }),
        )
    }

    fn organization(&self, via: &str, target: &str) -> Vec<SpokeAccount> {
        spoke_accounts(&index::organization::accounts(&self.0.state, via, target))
    }
}

/// Reads what it can of the files, for completions: it reports no errors, and does not block on a pipe.
pub(super) fn readable(folders: &Folders) -> (File, AwsProfiles) {
    let read = |path: &Path, limit: u64| {
        let content = path.is_file().then(|| fs::read_limited(path, limit).ok());
        Zeroizing::new(content.flatten().unwrap_or_default())
    };
    let content = read(&folders.config_file, LARGEST_CONFIG);
    let text = std::str::from_utf8(&content).ok();
    let file = text.and_then(|text| File::parse_with("", text, &ListsOf(folders)).ok());
    let document = |path| (Document::parse(&read(path, aws::SIZE_LIMIT)).unwrap_or_default(), String::new());
    let profiles = AwsProfiles::new(document(&folders.aws_config), document(&folders.aws_credentials));
    (file.unwrap_or_default(), profiles)
}
