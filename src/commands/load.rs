//! Reads the files that define roles: `config.toml` and AWS's two files. Every command reads them here,
//! into one [`Configuration`], and then states whether it needs `config.toml`.

mod named;

use std::cell::OnceCell;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::file::{AccountLists, File, SpokeAccount, spoke_accounts};
use crate::config::idp::IdpSection;
use crate::config::part;
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
use crate::store::{self, Store};
use crate::sys::{folders, fs, process};
use crate::world::{Asking, Folders, World};
use jit_wire::env::JIT_WITHIN;

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

    /// Reads only what `role` depends on, if possible. This finds only some mistakes, so it is only for
    /// answers from a stored session: before it calls or asks anybody, a command reads the whole file.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub(super) fn read_for(role: Option<&str>, world: &'w World) -> CommandResult<Self> {
        let configuration = match role.and_then(|role| part_of_file(role, world)) {
            Some(file) => Self::of(file, world),
            None => Self::read(world)?,
        };
        Ok(Self { reading: Reading::Part, ..configuration })
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

    /// The profiles of `~/.aws/config` and `~/.aws/credentials`, if these exist.
    ///
    /// # Errors
    /// A file exists but cannot be read.
    pub(super) fn profiles(&self) -> CommandResult<&AwsProfiles> {
        if let Some(profiles) = self.profiles.get() {
            return Ok(profiles);
        }
        let profiles = profiles(self.world)?;
        Ok(self.profiles.get_or_init(|| profiles))
    }

    /// The Identity Centers of `~/.aws/config` that `config.toml` does not have, as IdPs.
    ///
    /// # Errors
    /// As for [`Self::profiles`].
    pub(super) fn portals(&self) -> CommandResult<&File> {
        if let Some(portals) = self.portals.get() {
            return Ok(portals);
        }
        let mut portals = aws::portals(self.profiles()?);
        portals.idps.retain(|name, idp| {
            let IdpSection::IdentityCenter(center) = idp else { return false };
            let is_configured = aws::portal_at(&self.file, &center.start_url.value).is_some();
            !is_configured && !self.file.idps.contains_key(name)
        });
        Ok(self.portals.get_or_init(|| portals))
    }

    /// The file that defines the IdP called `idp`: `config.toml`, unless only AWS's files know it.
    ///
    /// # Errors
    /// As for [`Self::profiles`].
    pub(super) fn of_idp(&self, idp: &str) -> CommandResult<&File> {
        if self.file.idps.contains_key(idp) {
            return Ok(&self.file);
        }
        let portals = self.portals()?;
        Ok(if portals.idps.contains_key(idp) { portals } else { &self.file })
    }

    /// The profile `name`, as roles.
    fn profile(&self, name: &str) -> CommandResult<Option<File>> {
        let within = self.world.env.get(JIT_WITHIN).unwrap_or_default();
        let within: Vec<&str> = within.split_terminator(',').collect();
        if self.is_part()
            && let Ok(profiles) = part_of_profiles(name, self.world)
            && let Ok(profile) = aws::as_roles(&profiles, name, &within)
        {
            return Ok(profile);
        }
        Ok(aws::as_roles(self.profiles()?, name, &within)?)
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

/// The part of `config.toml` that `role` depends on; `None` if the whole file must be read.
fn part_of_file(role: &str, world: &World) -> Option<File> {
    let path = &world.folders.config_file;
    let content = Zeroizing::new(fs::read_limited(path, LARGEST_CONFIG).ok()?);
    let part = part::of_role(std::str::from_utf8(&content).ok()?, role)?;
    let shown = folders::short(path, &world.folders.home);
    let file = File::parse_with(&shown, &part, &ListsOf(&world.folders)).ok()?;
    file.roles.contains_key(role).then_some(file)
}

/// The contents of AWS's two files; empty for a file that does not exist.
type Texts = [Zeroizing<Vec<u8>>; 2];

fn texts_of_aws(world: &World) -> CommandResult<Texts> {
    let read = |path: &Path| match fs::read_limited(path, aws::SIZE_LIMIT) {
        Ok(content) => Ok(Zeroizing::new(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        Err(error) => {
            let what = format!("cannot read {}", folders::short(path, &world.folders.home));
            Err(CommandError::new(Kind::Usage, what).because(error))
        }
    };
    Ok([read(&world.folders.aws_config)?, read(&world.folders.aws_credentials)?])
}

fn parsed(texts: &Texts, world: &World) -> CommandResult<AwsProfiles> {
    let parse = |content: &[u8], path: &Path| -> CommandResult<_> {
        let shown = folders::short(path, &world.folders.home);
        match Document::parse(content) {
            Ok(document) => Ok((document, shown)),
            Err(broken) => Err(CommandError::new(Kind::Usage, format!("{shown}: {broken}"))),
        }
    };
    let [config, credentials] = texts;
    let folders = &world.folders;
    let profiles =
        AwsProfiles::new(parse(config, &folders.aws_config)?, parse(credentials, &folders.aws_credentials)?);
    Ok(profiles.with_own_program(|| Some(process::own_path().ok()?.to_str()?.to_owned())))
}

/// The profiles of AWS's files.
///
/// # Errors
/// A file exists but cannot be read.
pub(super) fn profiles(world: &World) -> CommandResult<AwsProfiles> {
    parsed(&texts_of_aws(world)?, world)
}

/// As [`profiles`], but only what `profile` depends on, if possible.
fn part_of_profiles(profile: &str, world: &World) -> CommandResult<AwsProfiles> {
    let texts = texts_of_aws(world)?;
    let part = || {
        let [config, credentials] = texts.each_ref().map(|text| std::str::from_utf8(text));
        part::of_profile(config.ok()?, credentials.ok()?, profile)
    };
    match part() {
        Some(parts) => {
            let bytes = parts.map(|mut part| Zeroizing::new(std::mem::take(&mut *part).into_bytes()));
            parsed(&bytes, world)
        }
        None => parsed(&texts, world),
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
