//! Reads the files for every role that can be given by name.

use std::collections::HashMap;

use crate::commands::access;
use crate::commands::load::Configuration;
use crate::config::file::File;
use crate::error::CommandResult;
use crate::index;
use crate::world::World;

use super::{Nameable, names_of, of_files, of_idps};

/// Every role that can be given by name.
///
/// # Errors
/// AWS's files exist but cannot be read.
pub(in crate::commands) fn all(files: &Configuration<'_>) -> CommandResult<Vec<Nameable>> {
    let profiles = files.profiles()?;
    let portals = files.portals()?;
    let offered = index::all(&files.world().folders.state);
    Ok(of_files(&files.file, profiles, portals, &offered))
}

/// Every role that can be given by name, then those that can be requested, as the policy of the last reading names them.
///
/// # Errors
/// As for [`all`].
pub(in crate::commands) fn with_requests(files: &Configuration<'_>) -> CommandResult<Vec<Nameable>> {
    let mut roles = all(files)?;
    if files.file.access.is_some() {
        let on_request = access::kept_names(&files.world().folders.state).into_iter();
        let others = on_request.filter(|(name, _)| !files.file.roles.contains_key(name));
        roles.extend(others.map(|(name, role)| Nameable::on_request(name, &role)));
    }
    Ok(roles)
}

/// The configured roles, then the other roles that the configured IdPs offer.
pub(in crate::commands) fn of_configuration(file: &File, world: &World) -> Vec<Nameable> {
    of_idps(file, &index::all(&world.folders.state))
}

/// The names of the accounts that IdPs were seen to offer, by their numbers.
pub(in crate::commands) fn account_names(world: &World) -> HashMap<String, String> {
    names_of(&index::all(&world.folders.state))
}
