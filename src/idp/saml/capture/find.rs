//! Which browser: the one that is named, else the first that is installed.

use std::path::{Path, PathBuf};

use super::CaptureError;
use crate::sys::process;

/// How a browser is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// By the DevTools protocol.
    Chromium,
    /// By WebDriver BiDi.
    Firefox,
}

/// A browser that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What a person calls it.
    pub(super) name: String,
    pub(super) family: Family,
    pub(super) program: PathBuf,
}

/// A kind of browser: its name in the configuration, what a person calls it, its programs on the search path, its places
/// on macOS and below the program folders of Windows.
struct Kind {
    key: &'static str,
    name: &'static str,
    family: Family,
    programs: &'static [&'static str],
    bundle: &'static str,
    windows: &'static str,
}

/// In the order in which they are looked for.
const KINDS: [Kind; 5] = [
    Kind {
        key: "chrome",
        name: "Chrome",
        family: Family::Chromium,
        programs: &["google-chrome-stable", "google-chrome"],
        bundle: "Google Chrome.app/Contents/MacOS/Google Chrome",
        windows: r"Google\Chrome\Application\chrome.exe",
    },
    Kind {
        key: "chromium",
        name: "Chromium",
        family: Family::Chromium,
        programs: &["chromium", "chromium-browser"],
        bundle: "Chromium.app/Contents/MacOS/Chromium",
        windows: r"Chromium\Application\chrome.exe",
    },
    Kind {
        key: "edge",
        name: "Edge",
        family: Family::Chromium,
        programs: &["microsoft-edge-stable", "microsoft-edge"],
        bundle: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        windows: r"Microsoft\Edge\Application\msedge.exe",
    },
    Kind {
        key: "brave",
        name: "Brave",
        family: Family::Chromium,
        programs: &["brave-browser-stable", "brave-browser", "brave"],
        bundle: "Brave Browser.app/Contents/MacOS/Brave Browser",
        windows: r"BraveSoftware\Brave-Browser\Application\brave.exe",
    },
    Kind {
        key: "firefox",
        name: "Firefox",
        family: Family::Firefox,
        programs: &["firefox", "firefox-esr"],
        bundle: "Firefox.app/Contents/MacOS/firefox",
        windows: r"Mozilla Firefox\firefox.exe",
    },
];

impl Kind {
    fn found(&self) -> Option<Found> {
        let on_path = self.programs.iter().find_map(|name| process::find_program(Path::new(name)));
        let place = if cfg!(windows) { self.windows } else { self.bundle };
        let installed = || {
            process::program_folders().into_iter().map(|folder| folder.join(place)).find(|at| at.is_file())
        };
        let program = on_path.or_else(installed)?;
        Some(Found { name: self.name.to_owned(), family: self.family, program })
    }
}

/// The browser that `named` means: a name of the table or the path of a program. Without it, the first that is there.
///
/// # Errors
/// There is none.
pub(super) fn browser(named: Option<&str>) -> Result<Found, CaptureError> {
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
    let path = Path::new(named);
    let program = process::find_program(path).ok_or_else(|| CaptureError::NotABrowser(named.to_owned()))?;
    // Whatever is not Firefox is driven as most browsers are.
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let family =
        if name.to_ascii_lowercase().contains("firefox") { Family::Firefox } else { Family::Chromium };
    Ok(Found { name, family, program })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_the_configuration_knows() {
        assert_eq!(KINDS.map(|kind| kind.key), crate::plan::BROWSERS);
    }

    #[test]
    fn a_path_is_taken_by_what_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        for (file, family) in [("my-firefox", Family::Firefox), ("thorium", Family::Chromium)] {
            let path = folder.path().join(file);
            crate::sys::fs::write_atomically(&path, b"").unwrap();
            let found = browser(path.to_str()).unwrap();
            assert_eq!((found.family, found.program), (family, path));
        }
        assert!(matches!(browser(Some("/nowhere/chrome")), Err(CaptureError::NotABrowser(_))));
        assert!(matches!(browser(Some("netscape-4")), Err(CaptureError::NotABrowser(_))));
    }
}
