//! The search for exposed secrets, in plain text or in the forms in which programs encode them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jit_emulator::Issued;

/// Secrets and the forms to look for.
pub(super) struct Leaks(Vec<(&'static str, Vec<String>)>);

impl Leaks {
    pub(super) fn of(secrets: &[Issued]) -> Self {
        Self(secrets.iter().map(|secret| (secret.what, forms(&secret.value))).collect())
    }

    /// The names of the secrets in `text`.
    pub(super) fn in_text(&self, text: &str) -> impl Iterator<Item = &'static str> {
        let found = self.0.iter().filter(move |(_, forms)| forms.iter().any(|form| text.contains(form)));
        found.map(|(what, _)| *what)
    }

    /// What was found in the names and the contents of everything below `folder`.
    pub(super) fn in_folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
            let mut text = path.to_string_lossy().into_owned();
            if kind.is_dir() {
                found.extend(self.in_folder(&path));
            } else if kind.is_file() {
                text.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
            } else if kind.is_symlink() {
                text.push_str(&fs::read_link(&path).unwrap().to_string_lossy());
            }
            found.extend(self.in_text(&text).map(|what| format!("{what} in {}", path.display())));
        }
        found
    }
}

/// `secret` in plain text, percent-encoded, and as it appears in the base64 of something that contains it.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), form_urlencoded::byte_serialize(secret.as_bytes()).collect()];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        // Three bytes become four letters, so it has three forms; the letters at its ends depend on its
        // neighbours.
        for (before, foreign) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = engine.encode([&[0; 2][..before], secret.as_bytes()].concat());
            let whole = encoded.len() - usize::from(!(before + secret.len()).is_multiple_of(3));
            forms.push(encoded[foreign..whole].to_owned());
        }
    }
    forms.dedup();
    forms
}
