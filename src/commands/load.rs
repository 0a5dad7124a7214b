//! The files in which a person names roles: `config.toml`, and the profiles of AWS's two files. Every command reads them
//! here, into one [`Configuration`]; whether it can do without `config.toml`, it says by what it asks of that.

use std::cell::OnceCell;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::file::File;
use crate::config::part;
use crate::config::resolve::{self, Flags, ResolveError};
use crate::error::{CommandError, CommandResult, Kind};
use crate::index;
use crate::plan::{Plan, Valued};
use crate::store::{self, Store};
use crate::sys::{folders, fs, process};
use crate::world::{Asking, Folders, World};
use jit_wire::env::JIT_WITHIN;

use super::advice::ConfigUnread;
use super::terminals;

/// The largest `config.toml` that is read, in bytes. A person writes a few thousand.
pub(super) const LARGEST_CONFIG: u64 = 16 * 1024 * 1024;

/// How much of the files is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// What one role is made of, where that can be told from the lines and nothing is wrong with it.
    Part,
    /// Everything, so that every mistake is reported.
    Whole,
}

/// What was read.
pub(super) struct Configuration<'w> {
    /// `config.toml`; with no tables if there is none.
    pub(super) file: File,
    /// That there is no `config.toml`.
    absent: Option<ConfigUnread>,
    profiles: OnceCell<AwsProfiles>,
    reading: Reading,
    world: &'w World,
}

impl<'w> Configuration<'w> {
    /// Reads `config.toml`. That there is none is an error only to those who ask for it: see [`Self::that_is_written`] and
    /// [`Self::with_roles`].
    ///
    /// # Errors
    /// The file is there and cannot be read, or has a mistake.
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
        Ok(Self::of(File::parse(&shown, text)?, world))
    }

    /// Reads what `role` is made of and no more, where that can be told. Its mistakes are not all there are: only an answer
    /// from a session that is at hand may come from a part, so whoever goes on to ask anybody for anything reads the whole
    /// first.
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

    /// `file` as if it had been read.
    pub(super) fn of(file: File, world: &'w World) -> Self {
        Self { file, absent: None, profiles: OnceCell::new(), reading: Reading::Whole, world }
    }

    /// For a command that is about `config.toml` itself.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn that_is_written(mut self) -> CommandResult<Self> {
        self.absent.take().map_or(Ok(()), |absent| Err(absent.into())).map(|()| self)
    }

    /// For a command about a role: profiles of AWS's files are roles too, and need no `config.toml`.
    ///
    /// # Errors
    /// There is neither.
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

    /// Whether mistakes may have been left unread.
    pub(super) fn is_part(&self) -> bool {
        self.reading == Reading::Part
    }

    /// The profiles of `~/.aws/config` and `~/.aws/credentials`, as far as these are there.
    ///
    /// # Errors
    /// One is there and cannot be read.
    pub(super) fn profiles(&self) -> CommandResult<&AwsProfiles> {
        if let Some(profiles) = self.profiles.get() {
            return Ok(profiles);
        }
        let profiles = profiles(self.world)?;
        Ok(self.profiles.get_or_init(|| profiles))
    }

    /// The profile called `name`, as roles.
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

    /// Which role is meant.
    ///
    /// # Errors
    /// Nothing names one.
    pub(super) fn role_name(&self, named: Option<&str>) -> Result<Valued<String>, ResolveError> {
        let world = self.world;
        // A role that is gone from the file and from what IdPs offer is meant no more.
        let known = |role: &String| self.plan(role, Flags::default()).is_ok();
        let flags = Flags { role: named, duration: None };
        resolve::role_name(&self.file, flags, &world.env, || terminals::last_role(world).filter(known))
    }

    /// The plan for the role called `name`: of `config.toml`, else a profile of AWS's files, else one that an IdP was seen
    /// to offer.
    ///
    /// # Errors
    /// There is none, or it cannot be resolved.
    pub(super) fn plan(&self, name: &str, flags: Flags<'_>) -> CommandResult<Plan> {
        let plan = self.resolved(name, flags)?;
        // Whatever is asked next is asked for this plan.
        let certificates = plan.ca_bundle.as_ref();
        let http = &self.world.http;
        http.trust(certificates.map(|at| (at.value.as_str(), format!("`ca_bundle` ({})", at.origin))));
        Ok(plan)
    }

    fn resolved(&self, name: &str, flags: Flags<'_>) -> CommandResult<Plan> {
        let (file, env, state) = (&self.file, &self.world.env, &self.world.folders.state);
        if !file.roles.contains_key(name)
            && let Some(profile) = self.profile(name)?
        {
            return Ok(resolve::plan(&profile, name, flags, env, Vec::new)?);
        }
        match resolve::plan(file, name, flags, env, || index::near(state, name)) {
            // The whole index is read only for the message that says which role was probably meant.
            Err(ResolveError::UnknownRole { .. }) => {
                Ok(resolve::plan(file, name, flags, env, || index::all(state))?)
            }
            plan => Ok(plan?),
        }
    }

    /// The store, as the file sets it up.
    ///
    /// # Errors
    /// `JIT_STORE` or the file asks for a store that cannot be had.
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

/// The part of `config.toml` that `role` is made of; `None` where the whole has to tell.
fn part_of_file(role: &str, world: &World) -> Option<File> {
    let path = &world.folders.config_file;
    let content = Zeroizing::new(fs::read_limited(path, LARGEST_CONFIG).ok()?);
    let part = part::of_role(std::str::from_utf8(&content).ok()?, role)?;
    let file = File::parse(&folders::short(path, &world.folders.home), &part).ok()?;
    file.roles.contains_key(role).then_some(file)
}

/// The texts of AWS's two files; nothing for one that is not there.
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
/// A file is there and cannot be read.
pub(super) fn profiles(world: &World) -> CommandResult<AwsProfiles> {
    parsed(&texts_of_aws(world)?, world)
}

/// The same, with only what `profile` is made of where the lines tell.
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

/// What can be read of the files, for a shell that completes: it shows no errors, and must not wait for a pipe.
pub(super) fn readable(folders: &Folders) -> (File, AwsProfiles) {
    let read = |path: &Path, limit: u64| {
        let content = path.is_file().then(|| fs::read_limited(path, limit).ok());
        Zeroizing::new(content.flatten().unwrap_or_default())
    };
    let content = read(&folders.config_file, LARGEST_CONFIG);
    let file = std::str::from_utf8(&content).ok().and_then(|text| File::parse("", text).ok());
    let document = |path| (Document::parse(&read(path, aws::SIZE_LIMIT)).unwrap_or_default(), String::new());
    let profiles = AwsProfiles::new(document(&folders.aws_config), document(&folders.aws_credentials));
    (file.unwrap_or_default(), profiles)
}
