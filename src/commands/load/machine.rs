//! The files of the machine's administrator: `config.toml`, which says what the person's own file leaves out, and
//! `enforced.toml`, which comes before the person's file.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::config::enforced::{Enforced, Version};
use crate::config::file::{File, KeyCache, LayerText, NoLists};
use crate::config::{Mistake, shared};
use crate::error::{CommandError, CommandResult, Kind};
use crate::store::{self, MachineRules, MachineSettings, Prompts, Store, StoreKind};
use crate::sys::machine::{self, MachineFileError};
use crate::world::{Folders, World};
use jit_wire::explain::{self, Explain, Next};

use super::ListsOf;

/// The names of the files.
const CONFIG: &str = "config.toml";
const ENFORCED: &str = "enforced.toml";

impl Explain for MachineFileError {
    fn kind(&self) -> explain::Kind {
        explain::Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::NotOfAdministrator { .. } => {
                vec!["it would count for everybody on this machine".to_owned()]
            }
            Self::Unreadable { source, .. } => vec![source.to_string()],
        }
    }

    fn next(&self) -> Vec<Next> {
        let (Self::NotOfAdministrator { path, .. } | Self::Unreadable { path, .. }) = self;
        let shown = path.display();
        vec![Next::words(match (self, cfg!(windows)) {
            (Self::Unreadable { .. }, _) => {
                format!("ask the administrator of this machine to make {shown} readable for everybody")
            }
            (Self::NotOfAdministrator { .. }, true) => {
                format!("ask the administrator to let only administrators write {shown}")
            }
            (Self::NotOfAdministrator { .. }, false) => {
                format!("the administrator can fix it: chown root {shown} && chmod go-w {shown}")
            }
        })]
    }
}

/// The files of the administrator, as far as there are any.
#[derive(Default)]
pub(in crate::commands) struct MachineFiles {
    /// `config.toml`, with the folder and the path that it has.
    config: Option<(PathBuf, String, Zeroizing<String>)>,
    /// `enforced.toml`.
    pub(super) enforced: Option<Enforced>,
}

impl MachineFiles {
    /// Reads both. That they refuse this program, or cannot be used, is recorded for commands that read only a part of the
    /// files.
    ///
    /// # Errors
    /// One is there and cannot be used, or this program is too old for it.
    pub(in crate::commands) fn read(world: &World) -> CommandResult<Self> {
        let read = || -> CommandResult<Self> {
            let enforced = Self::read_enforced(&world.folders)?;
            Ok(Self { config: Self::read_config(&world.folders)?, enforced })
        };
        read().inspect_err(|_| record_refusal(world))
    }

    fn read_enforced(folders: &Folders) -> CommandResult<Option<Enforced>> {
        let Some((path, text)) = text(folders, ENFORCED)? else { return Ok(None) };
        Ok(Some(Enforced::parse(&path, &text, Version::own())?))
    }

    fn read_config(folders: &Folders) -> CommandResult<Option<(PathBuf, String, Zeroizing<String>)>> {
        let found = text(folders, CONFIG)?;
        Ok(found.map(|(path, text)| (folders.machine.clone(), path, text)))
    }

    /// Only `config.toml`, for commands that read a part of the files.
    pub(super) fn config_alone(folders: &Folders) -> Option<Self> {
        Some(Self { config: Some(Self::read_config(folders).ok()??), enforced: None })
    }

    /// Whether there is a `config.toml`.
    pub(super) fn has_config(&self) -> bool {
        self.config.is_some()
    }

    /// The text of `config.toml`; empty if there is none.
    pub(super) fn config_text(&self) -> &str {
        self.config.as_ref().map_or("", |(_, _, text)| text.as_str())
    }

    /// The person's own file `own`, with the machine's below it.
    ///
    /// # Errors
    /// The first mistake in either.
    pub(super) fn below(&self, path: &str, own: &str, folders: &Folders) -> Result<File, Mistake> {
        self.below_with(path, own, self.config_text(), folders)
    }

    /// The same with a part of the machine's file.
    pub(super) fn below_with(
        &self,
        path: &str,
        own: &str,
        machine: &str,
        folders: &Folders,
    ) -> Result<File, Mistake> {
        let lists = ListsOf::of_person(folders);
        let own = LayerText { path, text: own, lists: &lists };
        let Some((folder, path, _)) = &self.config else { return File::parse_layers(own, None) };
        let lists = ListsOf { base: folder, folders };
        File::parse_layers(own, Some(LayerText { path, text: machine, lists: &lists }))
    }

    /// Whether `own` would be a valid configuration of the person. Files that list accounts are not read for that.
    ///
    /// # Errors
    /// The first mistake in it or in the machine's.
    pub(in crate::commands) fn check(&self, path: &str, own: &str) -> Result<(), Mistake> {
        let own = LayerText { path, text: own, lists: &NoLists };
        let machine = self.config.as_ref().map(|(_, path, text)| LayerText { path, text, lists: &NoLists });
        File::parse_layers(own, machine).map(drop)
    }

    /// Whether a shared file may come `from` there. `is_added` tells that it is in the configuration already.
    ///
    /// # Errors
    /// The administrator does not allow it.
    pub(in crate::commands) fn allows_shared(&self, from: &str, is_added: bool) -> CommandResult {
        let Some(enforced) = &self.enforced else { return Ok(()) };
        Ok(enforced.allows_shared(from, is_added)?)
    }

    /// Whether the shared files in the person's own file `own` may be used.
    ///
    /// # Errors
    /// One of them may not, which is recorded as in [`Self::read`].
    pub(super) fn allows_parts_of(&self, own: &str, world: &World) -> CommandResult {
        let Some(enforced) = &self.enforced else { return Ok(()) };
        Ok(enforced.allows_parts(&shared::parts(own)).inspect_err(|_| record_refusal(world))?)
    }

    /// What the store has to know of them, where `file` is what they and the person's own file say together.
    pub(super) fn settings(&self, file: &File) -> MachineSettings {
        let is_of_machine = |line: usize| !file.is_own(line);
        let enforced = self.enforced.as_ref();
        let seconds = |limit: KeyCache| limit.limit().unwrap_or_default().as_secs();
        let store = enforced.and_then(|enforced| enforced.store.as_ref());
        let usual = file.key_cache.as_ref().filter(|at| is_of_machine(at.line));
        let audit_log = file.audit_log.as_ref().filter(|at| is_of_machine(at.line));
        MachineSettings::Read {
            rules: MachineRules {
                store: store.and_then(|at| StoreKind::named(&at.value)),
                key_cache: enforced
                    .and_then(|enforced| enforced.key_cache.as_ref())
                    .map(|at| seconds(at.value)),
                usual_key_cache: usual.map(|at| seconds(at.value)),
                audit_log: audit_log.map(|at| at.value.as_str().to_owned()),
                refused: false,
            },
            store_set_at: enforced.zip(store).map(|(enforced, at)| format!("{}:{}", enforced.path, at.line)),
        }
    }
}

/// Reads a file of the administrator as text, with its path.
fn text(folders: &Folders, name: &str) -> CommandResult<Option<(String, Zeroizing<String>)>> {
    let folder = &folders.machine;
    let Some(content) = machine::read(folder, name)? else { return Ok(None) };
    let path = folder.join(name).display().to_string();
    match String::from_utf8(content) {
        Ok(text) => Ok(Some((path, Zeroizing::new(text)))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(CommandError::new(Kind::Usage, format!("{path} is not UTF-8 text")))
        }
    }
}

/// Makes commands that read only a part of the files read them all, where they find why they are refused. If that cannot be
/// recorded, the command that was refused has still said so.
fn record_refusal(world: &World) {
    let rules = MachineRules { refused: true, ..MachineRules::default() };
    let machine = MachineSettings::Read { rules, store_set_at: None };
    let options = store::Options { key_cache: None, prompts: Prompts::Never, machine };
    if let Ok(store) = Store::open(world, options)
        && let Err(error) = store.record_rules()
    {
        log::debug!("store: the rules of this machine are not recorded: {error}");
    }
}
