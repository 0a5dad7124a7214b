//! The folder of a driven browser's profile. It contains the IdP's cookies, so only the person may read it.
//!
//! Anybody who can write to it could redirect the sign-in: with a proxy in the preferences, a certificate, an
//! extension, a policy. So a browser never starts with the folder as it is. Before each start everything is
//! removed except the storage of sites, which a browser returns only to the site that stored it. The browser
//! creates the rest again.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sys::state::{Folder, NotOurs};

/// Where the profiles are, in the state folder.
const PROFILES: &str = "browser";
/// Folders and files that distinguish a browser's profile from a folder that somebody put next to it: each
/// browser creates one of these immediately.
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

/// Opens the profile of an IdP, and creates it if needed.
///
/// # Errors
/// Errors of the state folder.
pub(super) fn open(state: &Path, idp: &str) -> io::Result<Folder> {
    Folder::make(state)?.make_folder(PROFILES)?.make_folder(&idp.replace('%', "%25").replace('/', "%2F"))
}

/// What is kept of a Chromium profile: the cookies, and what sites stored.
const KEPT_OF_CHROMIUM: [&str; 7] = [
    LOCAL_STATE,
    "Default/Cookies",
    "Default/Cookies-journal",
    "Default/IndexedDB",
    "Default/Local Storage",
    "Default/Network/Cookies",
    "Default/Network/Cookies-journal",
];
/// Where Chromium keeps the key of its cookies on Windows, next to flags that change its behaviour.
const LOCAL_STATE: &str = "Local State";
const LARGEST_LOCAL_STATE: u64 = 16 * 1024 * 1024;
/// The part of it that is kept.
const OPENS_COOKIES: &str = "os_crypt";
/// A profile without preferences is new to Chromium, which then forgets the cookies of the session to
/// continue.
const PREFERENCES_OF_CHROMIUM: &[u8] =
    br#"{"profile":{"exit_type":"Normal","exited_cleanly":true},"session":{"restore_on_startup":1}}"#;
/// The limit for nested folders; more than any site's storage has.
const DEEPEST: usize = 16;

/// Leaves only the parts of the profile that a browser may start with.
///
/// # Errors
/// What could not be removed.
pub(super) fn leave_what_sites_stored(profile: &Folder) -> io::Result<()> {
    leave(profile, &KEPT_OF_CHROMIUM)?;
    profile.make_folder("Default")?.write("Preferences", PREFERENCES_OF_CHROMIUM)?;
    let state = profile.read(LOCAL_STATE, LARGEST_LOCAL_STATE).unwrap_or_default();
    let state: Value = serde_json::from_slice(&state).unwrap_or_default();
    match state.get(OPENS_COOKIES).filter(|_| cfg!(windows)) {
        Some(key) => profile.write(LOCAL_STATE, json!({ OPENS_COOKIES: key }).to_string().as_bytes()),
        None => profile.remove(LOCAL_STATE).map(drop),
    }
}

/// Removes everything in `folder` except the files and folders with these paths.
fn leave(folder: &Folder, kept: &[&str]) -> io::Result<()> {
    for name in folder.all_names()? {
        let is_kept = kept.contains(&&*name);
        let below: Vec<&str> =
            kept.iter().filter_map(|path| path.strip_prefix(&*name)?.strip_prefix('/')).collect();
        match folder.folder(&name) {
            Ok(inner) if is_kept => leave_own_files(&inner, DEEPEST)?,
            Ok(inner) if !below.is_empty() => leave(&inner, &below)?,
            Ok(_) => remove_folder(folder, &name)?,
            Err(error) => match NotOurs::in_error(&error) {
                Some(NotOurs::OtherOwner) => return Err(error),
                _ if is_kept && folder.is_own_file(&name) => {}
                _ => drop(folder.remove(&name)?),
            },
        }
    }
    Ok(())
}

/// Removes from the storage of sites everything that is neither a file nor a folder of this user: a browser
/// would write through a link.
fn leave_own_files(folder: &Folder, deepest: usize) -> io::Result<()> {
    for name in folder.all_names()? {
        match folder.folder(&name) {
            Ok(inner) if deepest > 0 => leave_own_files(&inner, deepest - 1)?,
            Ok(_) => remove_folder(folder, &name)?,
            Err(error) if NotOurs::in_error(&error) == Some(NotOurs::OtherOwner) => return Err(error),
            Err(_) if folder.is_own_file(&name) => {}
            Err(_) => drop(folder.remove(&name)?),
        }
    }
    Ok(())
}

fn remove_folder(folder: &Folder, name: &str) -> io::Result<()> {
    match folder.remove_folder(name)?.first() {
        None => Ok(()),
        Some(left) => {
            let why = format!("{} belongs to another user", left.display());
            Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
        }
    }
}

/// Removes the profiles of all IdPs. Returns what was left: entries that are not profiles, or not this
/// user's.
///
/// # Errors
/// Whatever the system reports.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody may have put into a profile. Each entry would change where a sign-in goes or what it
    /// shows.
    const PLANTED: &[&str] = &[
        "Default/Preferences",
        "Default/Secure Preferences",
        "Default/Web Data",
        "Default/Extensions/abc/1.0/manifest.json",
        "Default/Local Extension Settings/abc/000003.log",
        "Default/Sessions/Session_1",
        "Default/ServerCertificate",
        "Default/Service Worker/ScriptCache/index",
        "Default/Network/TransportSecurity",
        "Profile 1/Preferences",
        "Local State",
        "First Run",
        "NativeMessagingHosts/abc.json",
        "Policy/managed.json",
        "Variations",
    ];
    const STORED: [&str; 3] =
        ["Default/Cookies", "Default/Local Storage/leveldb/000003.log", "Default/Network/Cookies"];

    fn put(profile: &Folder, path: &str) {
        let (folders, name) =
            path.rsplit_once('/').map_or((None, path), |(folders, name)| (Some(folders), name));
        let folders = folders.into_iter().flat_map(|folders| folders.split('/'));
        let folder = folders.fold(profile.clone(), |folder, name| folder.make_folder(name).unwrap());
        folder.write(name, b"{}").unwrap();
    }

    #[test]
    fn a_browser_starts_with_what_sites_stored_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let profile = open(root.path(), "acme").unwrap();
        PLANTED.iter().chain(&STORED).for_each(|path| put(&profile, path));
        leave_what_sites_stored(&profile).unwrap();
        for path in PLANTED {
            let now = std::fs::read(profile.path().join(path)).ok();
            assert!(now.is_none_or(|now| now == PREFERENCES_OF_CHROMIUM), "{path}");
        }
        for path in STORED {
            assert!(profile.path().join(path).exists(), "{path}");
        }
        assert_eq!(forget_all(root.path()).unwrap(), Vec::<PathBuf>::new());
    }

    #[cfg(unix)]
    #[test]
    fn no_link_in_a_profile_leads_a_browser_elsewhere() {
        for path in STORED {
            let root = tempfile::tempdir().unwrap();
            let profile = open(&root.path().join("state"), "acme").unwrap();
            let thesis = root.path().join("thesis");
            crate::sys::fs::write_atomically(&thesis, b"mine").unwrap();
            put(&profile, path);
            let at = profile.path().join(path);
            std::fs::remove_file(&at).unwrap();
            std::os::unix::fs::symlink(&thesis, &at).unwrap();
            leave_what_sites_stored(&profile).unwrap();
            assert!(std::fs::symlink_metadata(&at).is_err(), "{path}");
            assert_eq!(std::fs::read(&thesis).unwrap(), b"mine");
        }
    }
}
