//! A server's journal: one JSON object per line.

use std::path::PathBuf;

use jit_emulator::Issued;
use serde_json::Value;

/// The file a server appends to.
pub(crate) struct Journal(pub(crate) PathBuf);

impl Journal {
    /// Every line so far. The last one may be half-written, and is then left out.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The values of `key`, in order, of the lines that have it.
    pub(crate) fn all(&self, key: &str) -> Vec<String> {
        self.lines().iter().filter_map(|line| Some(line[key].as_str()?.to_owned())).collect()
    }

    /// Everything issued that must not be found later. A JWT is searched for by its signature alone: without
    /// that it is worthless.
    pub(crate) fn secrets(&self) -> Vec<Issued> {
        let issued = |what| {
            self.all(what).into_iter().map(move |secret| match secret.split('.').collect::<Vec<_>>()[..] {
                [_, _, signature] => Issued { what, value: signature.to_owned() },
                _ => Issued { what, value: secret },
            })
        };
        ["secret", "token", "access_token", "id_token", "refresh_token", "assertion", "password"]
            .into_iter()
            .flat_map(issued)
            .collect()
    }
}
