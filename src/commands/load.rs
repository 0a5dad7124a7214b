//! Reads the files that define roles: `config.toml` and AWS's two files. Every command reads them here,
//! into one [`Configuration`], and then states whether it needs `config.toml`.

mod aws_files;
mod machine;
mod named;
mod part;

pub(super) use aws_files::profiles;
pub(super) use machine::MachineFiles;

use std::cell::OnceCell;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::enforced::Enforced;
use crate::config::file::{AccountLists, AuditLog, File, SpokeAccount, spoke_accounts};
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
use crate::store::{self, MachineSettings, Store};
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
    /// Whether there is a `config.toml` of the person's own.
    has_own: bool,
    /// The files of the machine's administrator; `None` where they were not read.
    machine: Option<MachineFiles>,
    world: &'w World,
}

impl<'w> Configuration<'w> {
    /// Reads `config.toml`. A missing file is an error only for commands that call
    /// [`Self::that_is_written`] or [`Self::with_roles`].
    ///
    /// # Errors
    /// The file exists but cannot be read, or has a mistake.
    pub(super) fn read(world: &'w World) -> CommandResult<Self> {
        let machine = MachineFiles::read(world)?;
        let path = &world.folders.config_file;
        let shown = folders::short(path, &world.folders.home);
        let (content, absent) = match fs::read_limited(path, LARGEST_CONFIG) {
            // A client secret may be in it.
            Ok(content) => (Zeroizing::new(content), None),
            Err(error) => match ConfigUnread::new(&shown, error) {
                absent @ ConfigUnread::Absent(_) => (Zeroizing::default(), Some(absent)),
                unreadable => return Err(unreadable.into()),
            },
        };
        let text = std::str::from_utf8(&content)
            .map_err(|_| CommandError::new(Kind::Usage, format!("{shown} is not UTF-8 text")))?;
        machine.allows_parts_of(text, world)?;
        let file = machine.below(&shown, text, &world.folders)?;
        let has_own = absent.is_none();
        let absent = absent.filter(|_| !machine.has_config());
        Ok(Self { absent, has_own, machine: Some(machine), ..Self::of(file, world) })
    }

    /// A configuration of `file`, for tests and for files that are not written yet.
    pub(super) fn of(file: File, world: &'w World) -> Self {
        Self {
            file,
            absent: None,
            profiles: OnceCell::new(),
            portals: OnceCell::new(),
            reading: Reading::Whole,
            has_own: true,
            machine: None,
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

    /// Whether there is a `config.toml` of the person's own.
    pub(super) fn has_own(&self) -> bool {
        self.has_own
    }

    /// What the administrator of the machine enforces, if all files were read and there is something.
    pub(super) fn enforced(&self) -> Option<&Enforced> {
        self.machine.as_ref()?.enforced.as_ref()
    }

    /// Where to record who took which session.
    pub(super) fn audit_log(&self) -> Option<&AuditLog> {
        self.file.audit_log.as_ref().map(|at| &at.value)
    }

    /// Whether there is a `config.toml`, of the person's own or of the machine.
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
        let machine = match &self.machine {
            None => MachineSettings::Recorded,
            Some(machine) => machine.settings(&self.file),
        };
        let own = self.file.key_cache.as_ref().filter(|at| self.file.is_own(at.line));
        let key_cache = own.map(|at| at.value.limit().unwrap_or_default());
        let store = Store::open(world, store::Options { key_cache, prompts, machine })?;
        if let Err(error) = store.record_rules() {
            // Whatever is wrong with the store is an error of what uses it.
            log::debug!("store: the rules of this machine are not recorded: {error}");
        }
        Ok(store)
    }
}

/// The accounts of `[spokes.NAME]` that are not in `config.toml` itself.
struct ListsOf<'f> {
    /// The folder of that `config.toml`: a file beside it moves with it.
    base: &'f Path,
    folders: &'f Folders,
}

impl<'f> ListsOf<'f> {
    /// For the person's own `config.toml`.
    fn of_person(folders: &'f Folders) -> Self {
        Self { base: folders.config_file.parent().unwrap_or(&folders.home), folders }
    }
}

/// The largest file of accounts that is read, in bytes.
const LARGEST_LIST: u64 = 1024 * 1024;

impl AccountLists for ListsOf<'_> {
    fn file(&self, path: &str) -> Option<Result<String, String>> {
        let whole = match path.strip_prefix("~/") {
            Some(rest) => self.folders.home.join(rest),
            None => self.base.join(path),
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
        spoke_accounts(&index::organization::accounts(&self.folders.state, via, target))
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
    let machine = MachineFiles::config_alone(folders).unwrap_or_default();
    let file = text.and_then(|text| machine.below("", text, folders).ok());
    let document = |path| (Document::parse(&read(path, aws::SIZE_LIMIT)).unwrap_or_default(), String::new());
    let profiles = AwsProfiles::new(document(&folders.aws_config), document(&folders.aws_credentials));
    (file.unwrap_or_default(), profiles)
}
