//! Chooses the browser: the configured one, or else the first one that is installed.

use std::path::{Path, PathBuf};

use super::CaptureError;
use crate::sys::process;

/// An installed browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstalledBrowser {
    /// Its name for people.
    pub(super) name: String,
    pub(super) program: PathBuf,
}

/// A kind of browser: its name in the configuration, its display name, its programs on the search path, and
/// its locations on macOS and below the program folders of Windows.
struct Kind {
    key: &'static str,
    name: &'static str,
    programs: &'static [&'static str],
    bundle: &'static str,
    windows: &'static str,
}

/// In search order.
const KINDS: [Kind; 4] = [
    Kind {
        key: "chrome",
        name: "Chrome",
        programs: &["google-chrome-stable", "google-chrome"],
        bundle: "Google Chrome.app/Contents/MacOS/Google Chrome",
        windows: r"Google\Chrome\Application\chrome.exe",
    },
    Kind {
        key: "chromium",
        name: "Chromium",
        programs: &["chromium", "chromium-browser"],
        bundle: "Chromium.app/Contents/MacOS/Chromium",
        windows: r"Chromium\Application\chrome.exe",
    },
    Kind {
        key: "edge",
        name: "Edge",
        programs: &["microsoft-edge-stable", "microsoft-edge"],
        bundle: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        windows: r"Microsoft\Edge\Application\msedge.exe",
    },
    Kind {
        key: "brave",
        name: "Brave",
        programs: &["brave-browser-stable", "brave-browser", "brave"],
        bundle: "Brave Browser.app/Contents/MacOS/Brave Browser",
        windows: r"BraveSoftware\Brave-Browser\Application\brave.exe",
    },
];

/// Firefox and its derivatives. They are driven through a loopback port (WebDriver BiDi, Marionette) that
/// every user of the machine can connect to, and the first one to connect controls the browser, with access
/// to everything that this user may read. They offer no pipe.
const DRIVEN_BY_A_PORT: [&str; 9] = [
    "firefox",
    "librewolf",
    "waterfox",
    "floorp",
    "zen",
    "icecat",
    "mullvad-browser",
    "tor-browser",
    "seamonkey",
];

impl Kind {
    fn found(&self) -> Option<InstalledBrowser> {
        let on_path = self.programs.iter().find_map(|name| process::find_program(Path::new(name)));
        let place = if cfg!(windows) { self.windows } else { self.bundle };
        let installed = || {
            process::program_folders().into_iter().map(|folder| folder.join(place)).find(|at| at.is_file())
        };
        let program = on_path.or_else(installed)?;
        Some(InstalledBrowser { name: self.name.to_owned(), program })
    }
}

/// The browser for `named`: a name in the table or the path of a program. Without it, the first one that is
/// installed.
///
/// # Errors
/// There is none, or it cannot be driven without other users being able to drive it too.
pub(super) fn browser(named: Option<&str>) -> Result<InstalledBrowser, CaptureError> {
    let Some(named) = named else {
        let looked_for = || KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        return KINDS
            .iter()
            .find_map(Kind::found)
            .ok_or_else(|| CaptureError::NoBrowser { looked_for: looked_for() });
    };
    if let Some(kind) = KINDS.iter().find(|kind| kind.key.eq_ignore_ascii_case(named)) {
        let looked_for = || kind.programs.join(", ");
        return kind.found().ok_or_else(|| CaptureError::NoBrowser { looked_for: looked_for() });
    }
    if let Some(name) = driven_by_a_port(named) {
        return Err(CaptureError::DrivenByAPort(name));
    }
    let path = Path::new(named);
    let program = process::find_program(path).ok_or_else(|| CaptureError::NotABrowser(named.to_owned()))?;
    // The target of a link on the search path tells what it is, whatever its name.
    let behind = process::behind_links(&program);
    if let Some(name) = driven_by_a_port(&behind.to_string_lossy()) {
        return Err(CaptureError::DrivenByAPort(name));
    }
    // Everything that is not Firefox is driven like Chromium. A browser that does not support the pipe opens
    // no port either.
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(InstalledBrowser { name, program })
}

/// The display name of a Firefox, by the last part of its path.
fn driven_by_a_port(path: &str) -> Option<String> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.to_ascii_lowercase();
    let stem = stem.trim_end_matches(".exe");
    let parts: Vec<&str> = stem.split(['-', '_', ' ', '.']).collect();
    let is_one = DRIVEN_BY_A_PORT.iter().any(|name| stem == *name || parts.contains(name));
    is_one.then(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_the_configuration_knows() {
        let known = crate::plan::BROWSERS;
        let (driven, refused) = known.split_at(KINDS.len());
        assert_eq!((&KINDS.map(|kind| kind.key)[..], refused), (driven, &["firefox"][..]));
    }

    #[test]
    fn a_path_is_classified_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thorium");
        crate::sys::fs::write_atomically(&path, b"").unwrap();
        assert_eq!(browser(path.to_str()).unwrap().program, path);
        assert!(matches!(browser(Some("/nowhere/chrome")), Err(CaptureError::NotABrowser(_))));
        assert!(matches!(browser(Some("netscape-4")), Err(CaptureError::NotABrowser(_))));
    }

    #[test]
    fn browsers_that_need_a_port_are_refused_under_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "firefox",
            "Firefox",
            "FIREFOX.EXE",
            "firefox-esr",
            "firefox-developer-edition",
            "firefox_nightly",
            "my-firefox",
            "firefox-bin",
            "librewolf",
            "zen",
            "zen-browser",
            "tor-browser",
            "mullvad-browser",
        ];
        for name in names {
            assert!(matches!(browser(Some(name)), Err(CaptureError::DrivenByAPort(_))), "{name}");
            let path = folder.path().join(name);
            crate::sys::fs::write_atomically(&path, b"").unwrap();
            assert!(matches!(browser(path.to_str()), Err(CaptureError::DrivenByAPort(_))), "{name}");
        }
        for name in ["thorium", "vivaldi-stable", "zenith", "opera", "firefoxy", "chrome.exe"] {
            let path = folder.path().join(name);
            crate::sys::fs::write_atomically(&path, b"").unwrap();
            assert!(browser(path.to_str()).is_ok(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_with_another_name_is_still_recognized() {
        let folder = tempfile::tempdir().unwrap();
        let (program, link) = (folder.path().join("firefox"), folder.path().join("browser"));
        crate::sys::fs::write_atomically(&program, b"").unwrap();
        #[allow(clippy::disallowed_methods, reason = "a test makes the link")]
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert!(matches!(browser(link.to_str()), Err(CaptureError::DrivenByAPort(_))));
    }
}
