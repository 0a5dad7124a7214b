//! AWS's own two files, `~/.aws/config` and `~/.aws/credentials`: their profiles, and the Identity Centers that they name.

use std::path::Path;

use zeroize::Zeroizing;

use super::Configuration;
use crate::config::aws::{self, AwsProfiles, Document};
use crate::config::file::File;
use crate::config::idp::IdpSection;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{folders, fs, process};
use crate::world::World;

impl Configuration<'_> {
    /// The profiles of `~/.aws/config` and `~/.aws/credentials`, if these exist.
    ///
    /// # Errors
    /// A file exists but cannot be read.
    pub(in crate::commands) fn profiles(&self) -> CommandResult<&AwsProfiles> {
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
    pub(in crate::commands) fn portals(&self) -> CommandResult<&File> {
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
    pub(in crate::commands) fn of_idp(&self, idp: &str) -> CommandResult<&File> {
        if self.file.idps.contains_key(idp) {
            return Ok(&self.file);
        }
        let portals = self.portals()?;
        Ok(if portals.idps.contains_key(idp) { portals } else { &self.file })
    }
}

/// The contents of AWS's two files; empty for a file that does not exist.
pub(super) type Texts = [Zeroizing<Vec<u8>>; 2];

pub(super) fn texts_of_aws(world: &World) -> CommandResult<Texts> {
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

pub(super) fn parsed(texts: &Texts, world: &World) -> CommandResult<AwsProfiles> {
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
pub(in crate::commands) fn profiles(world: &World) -> CommandResult<AwsProfiles> {
    parsed(&texts_of_aws(world)?, world)
}
