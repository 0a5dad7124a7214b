//! The folder of a driven browser's profile. It holds the IdP's cookies, so it is the person's alone; and since whoever
//! can write in it could send the sign-in elsewhere, it lies behind the state folder's handle.

use std::io;
use std::path::{Path, PathBuf};

use crate::sys::state::{Folder, NotOurs};

/// Where the profiles lie, in the state folder.
const PROFILES: &str = "browser";
/// What tells a browser's profile from a folder that somebody put beside it: each browser makes one of these at once.
const MADE_BY_BROWSERS: [&str; 8] = [
    "Default",
    "Local State",
    "First Run",
    "user.js",
    "prefs.js",
    "times.json",
    "compatibility.ini",
    "cookies.sqlite",
];

/// Opens the profile of an IdP, and makes it if need be.
///
/// # Errors
/// What the state folder says.
pub(super) fn open(state: &Path, idp: &str) -> io::Result<Folder> {
    Folder::make(state)?.make_folder(PROFILES)?.make_folder(&idp.replace('%', "%25").replace('/', "%2F"))
}

/// Removes the profiles of all IdPs. The answer is what lies among them and was left: what is no profile, or not ours.
///
/// # Errors
/// Whatever the system says.
pub fn forget_all(state: &Path) -> io::Result<Vec<PathBuf>> {
    let profiles = Folder::open(state).and_then(|state| Ok((state.folder(PROFILES)?, state)));
    let (profiles, state) = match profiles {
        Ok(both) => both,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if NotOurs::in_error(&error).is_some() => return Ok(vec![state.join(PROFILES)]),
        Err(error) => return Err(error),
    };
    let mut left = Vec::new();
    for name in profiles.all_names()? {
        let is_profile = profiles.folder(&name).and_then(|profile| profile.all_names()).is_ok_and(|names| {
            names.is_empty() || names.iter().any(|name| MADE_BY_BROWSERS.contains(&&**name))
        });
        match is_profile {
            true => left.extend(profiles.remove_folder(&name)?),
            false => left.push(profiles.path().join(name)),
        }
    }
    if left.is_empty() {
        state.remove_empty_folder(PROFILES)?;
    }
    Ok(left)
}
