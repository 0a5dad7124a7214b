//! Reads only what one role depends on: for a stored session, the rest of the files does not matter.

use zeroize::Zeroizing;

use super::aws_files::{parsed, texts_of_aws};
use super::{Configuration, LARGEST_CONFIG, ListsOf, MachineFiles, Reading};
use crate::config::aws::{self, AwsProfiles};
use crate::config::file::File;
use crate::config::part;
use crate::error::CommandResult;
use crate::sys::{folders, fs};
use crate::world::World;
use jit_wire::env::JIT_WITHIN;

impl<'w> Configuration<'w> {
    /// Reads only what `role` depends on, if possible. This finds only some mistakes, so it is only for
    /// answers from a stored session: before it calls or asks anybody, a command reads the whole file.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub(in crate::commands) fn read_for(role: Option<&str>, world: &'w World) -> CommandResult<Self> {
        let configuration = match role.and_then(|role| part_of_file(role, world)) {
            Some(file) => Self::of(file, world),
            None => Self::read(world)?,
        };
        Ok(Self { reading: Reading::Part, ..configuration })
    }

    /// The profile `name`, as roles.
    pub(super) fn profile(&self, name: &str) -> CommandResult<Option<File>> {
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
}

/// The part of `config.toml` that `role` depends on; `None` if the whole file must be read. The machine's file is read
/// only for a role that the person's own does not have.
fn part_of_file(role: &str, world: &World) -> Option<File> {
    let path = &world.folders.config_file;
    let shown = folders::short(path, &world.folders.home);
    let content = match fs::read_limited(path, LARGEST_CONFIG) {
        Ok(content) => Zeroizing::new(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Zeroizing::default(),
        Err(_) => return None,
    };
    let own = std::str::from_utf8(&content).ok()?;
    let of_person = || {
        let part = part::of_role(own, role)?;
        let file = File::parse_with(&shown, &part, &ListsOf::of_person(&world.folders)).ok()?;
        file.roles.contains_key(role).then_some(file)
    };
    of_person().or_else(|| {
        let machine = MachineFiles::config_alone(&world.folders)?;
        let [own, below] = part::of_role_in_both(own, machine.config_text(), role)?;
        let file = machine.below_with(&shown, &own, &below, &world.folders).ok()?;
        file.roles.contains_key(role).then_some(file)
    })
}

/// The profiles of AWS's files, but only what `profile` depends on, if possible.
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
