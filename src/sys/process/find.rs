//! Finds the file of a program: of this one, and of a name on the search path.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// The path that this program was started by. Links are not followed, so that a path that is written into a
/// file stays valid when a package is upgraded behind a link.
///
/// # Errors
/// Whatever the system reports.
pub fn own_path() -> io::Result<PathBuf> {
    let started_as = std::env::args_os().next().map(PathBuf::from);
    match started_as {
        Some(path) if path.is_absolute() && path.is_file() => Ok(path),
        Some(path) if path.components().count() > 1 => std::path::absolute(path),
        Some(name) => on_path(&name).map_or_else(std::env::current_exe, Ok),
        None => std::env::current_exe(),
    }
}

/// The absolute path of `path`, which is relative to the current folder. Links and dots are not resolved.
///
/// # Errors
/// Whatever the system reports.
pub fn absolute(path: &std::path::Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

fn on_path(name: &std::path::Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path);
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The program for `name`: a path is used as it is, a bare name is searched for.
pub fn find_program(name: &std::path::Path) -> Option<PathBuf> {
    let bare = name.components().count() == 1 && !name.is_absolute();
    if bare { on_path(name) } else { Some(name.to_owned()).filter(|path| path.is_file()) }
}

/// The file of `program` with all links followed; `program` itself if that fails.
pub fn behind_links(program: &std::path::Path) -> PathBuf {
    program.canonicalize().unwrap_or_else(|_| program.to_owned())
}

/// The folders where desktop programs are installed, such as `/Applications` or `%ProgramFiles%`.
pub fn program_folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let names = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"];
        names.iter().filter_map(std::env::var_os).map(PathBuf::from).collect()
    } else if cfg!(target_os = "macos") {
        let own = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("Applications"));
        std::iter::once(PathBuf::from("/Applications")).chain(own).collect()
    } else {
        Vec::new()
    }
}

/// The file that Windows would start for `program`. It is searched for as cmd.exe does it: in each folder,
/// with each ending of `PATHEXT` unless the name has one of them. Starting a program by its name finds only
/// `.exe` files, and `npm`, or an `aws` installed by pip, is not one. The current folder is searched only if
/// the path names it.
#[cfg(any(windows, test))]
fn with_ending(program: &std::path::Path, endings: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let endings: Vec<&str> = endings.split(';').filter(|ending| ending.starts_with('.')).collect();
    let bare = program.components().count() == 1 && !program.is_absolute();
    let places = if bare {
        folders.iter().map(|folder| folder.join(program)).collect()
    } else {
        vec![program.to_owned()]
    };
    let has_one = program
        .extension()
        .is_some_and(|extension| endings.iter().any(|ending| extension.eq_ignore_ascii_case(&ending[1..])));
    places.into_iter().find_map(|place| {
        if has_one {
            return place.is_file().then_some(place);
        }
        let mut candidates = endings.iter().map(|ending| {
            let mut name = place.clone().into_os_string();
            name.push(ending.to_ascii_lowercase());
            PathBuf::from(name)
        });
        candidates.find(|candidate| candidate.is_file())
    })
}

/// The file to start for `program`: on Windows as found above.
pub(super) fn startable(program: &OsString) -> OsString {
    #[cfg(windows)]
    {
        let endings = std::env::var("PATHEXT").unwrap_or_else(|_| ".COM;.EXE;.BAT;.CMD".to_owned());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        let found = with_ending(std::path::Path::new(program), &endings, &folders);
        found.map_or_else(|| program.clone(), PathBuf::into_os_string)
    }
    #[cfg(not(windows))]
    program.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_windows_a_command_is_a_file_with_one_of_the_endings() {
        let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for (folder, name) in
            [(&first, "npm.cmd"), (&first, "npm"), (&second, "npm.exe"), (&second, "aws.exe")]
        {
            crate::sys::fs::write_atomically(&folder.path().join(name), b"").unwrap();
        }
        let folders = [first.path().to_owned(), second.path().to_owned()];
        let find = |name: &str| with_ending(std::path::Path::new(name), ".COM;.EXE;.BAT;.CMD;;x", &folders);
        let cases = [
            ("npm", Some(first.path().join("npm.cmd"))),
            ("npm.exe", Some(second.path().join("npm.exe"))),
            ("aws", Some(second.path().join("aws.exe"))),
            ("aws.1", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(find(name), expected, "{name}");
        }
        let path = second.path().join("aws");
        assert_eq!(
            with_ending(&path, ".EXE", &[]),
            Some(second.path().join("aws.exe")),
            "a path is not searched for"
        );
    }
}
