//! `enforced.toml`: what the administrator of a machine decides for everybody on it. It comes before each
//! person's own `config.toml`, the environment and the command line.

use std::fmt;

use super::file::{self, KeyCache};
use super::shared::Part;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;
use jit_wire::section::{At, Lines, Mistake, Section, SourceText};

/// The stores that may be enforced, as `JIT_STORE` names them.
pub const STORES: [&str; 3] = ["keychain", "kernel", "file"];

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enforced {
    /// The path of the file.
    pub path: String,
    /// Where the key of the sessions is kept, one of [`STORES`].
    pub store: Option<At<String>>,
    /// How long the kernel keyring may keep the data key.
    pub key_cache: Option<At<KeyCache>>,
    /// Whether programs may start a sign-in.
    pub auto_login: Option<At<bool>>,
    /// The oldest version of `jit` that may be used.
    pub minimum_version: Option<At<Version>>,
    /// Where shared files may come from: URLs or paths, or the beginnings of these that end with a slash.
    pub shared_files: Option<At<Vec<String>>>,
}

/// The first three numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl Version {
    /// The version in `text`, such as `1.2.0`; `None` if there is none. What comes after `-` or `+` does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut found = [0; 3];
        for (index, part) in numbers.split('.').enumerate() {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *found.get_mut(index)? = is_number.then(|| part.parse().ok())??;
        }
        Some(Self(found))
    }

    /// The version of this program.
    pub fn own() -> Self {
        Self::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Self([0; 3]))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// What the administrator of the machine does not allow, or did not write correctly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnforcedError {
    /// The file has a mistake.
    #[error("{0}")]
    Mistake(Mistake),
    /// This program is too old.
    #[error("this is jit {own}, and {path}:{line} requires at least {least}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    TooOld { own: Version, least: Version, path: String, line: usize },
    /// A shared file comes from somewhere else.
    #[error("{path}:{line} does not allow the shared file {from}")]
    #[expect(missing_docs, reason = "the sentence says it")]
    SharedFile { from: String, allowed: Vec<String>, is_added: bool, path: String, line: usize },
}

impl From<Mistake> for EnforcedError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

impl Explain for EnforcedError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Mistake(_) | Self::TooOld { .. } => Vec::new(),
            Self::SharedFile { allowed, .. } if allowed.is_empty() => {
                vec!["this machine allows no shared files".to_owned()]
            }
            Self::SharedFile { allowed, .. } => {
                vec![format!("this machine allows shared files from {}", allowed.join(", "))]
            }
        }
    }

    fn excerpt(&self) -> Option<String> {
        match self {
            Self::Mistake(mistake) => mistake.excerpt(),
            _ => None,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Mistake(mistake) => {
                let mut next = mistake.next();
                next.push(Next::words("the administrator of this machine can change that file"));
                next
            }
            Self::TooOld { least, .. } => {
                vec![Next::words(format!("install jit {least} or newer, as you installed this one"))]
            }
            Self::SharedFile { from, is_added: true, .. } => vec![
                Next::Run {
                    command: format!("configure remove {}", name::in_command(from)).into(),
                    does: "removes it from your config.toml".into(),
                },
                Next::words("ask the administrator of this machine to allow it"),
            ],
            Self::SharedFile { .. } => {
                Next::list(["nothing was written; ask the administrator of this machine to allow it"])
            }
        }
    }
}

impl Enforced {
    /// Reads and checks `text`. `path` is for messages, and `own` is the version of this program.
    ///
    /// # Errors
    /// The first mistake, with its place; or the program is too old, whatever else is in the file, because a
    /// newer one may understand it.
    pub fn parse(path: &str, text: &str, own: Version) -> Result<Self, EnforcedError> {
        let lines = Lines::of(text);
        let source = SourceText { path, text, lines: &lines };
        let document = source.document(text)?;
        let mut top = Section::new(source, "the file".to_owned(), 0..0, document.get_ref());
        let minimum_version = minimum_version(&mut top)?;
        if let Some(At { value: least, line }) = &minimum_version
            && own < *least
        {
            let (least, path) = (*least, path.to_owned());
            return Err(EnforcedError::TooOld { own, least, path, line: *line });
        }
        let store = top.text("store")?;
        if let Some(At { value, line }) = store.as_ref().filter(|at| !STORES.contains(&at.value.as_str())) {
            let stores = STORES.map(|store| format!("\"{store}\"")).join(", ");
            let what = format!("`{value}` is not a store");
            return Err(top.mistake_at(*line, what, Some(format!("one of {stores}"))).into());
        }
        let enforced = Self {
            path: path.to_owned(),
            store,
            key_cache: file::key_cache(&mut top)?,
            auto_login: top.boolean("auto_login")?,
            minimum_version,
            shared_files: top.list("shared_files")?,
        };
        top.finish_with(|key| {
            let of_config =
                ["default_role", "console_browser", "audit_log", "idp", "role", "spokes", "access"];
            of_config
                .contains(&key)
                .then(|| format!("`{key}` cannot be enforced; write it into config.toml in the same folder"))
        })?;
        Ok(enforced)
    }

    /// Whether a shared file may come `from` there. `is_added` tells that it is in the configuration already.
    ///
    /// # Errors
    /// It may not.
    pub fn allows_shared(&self, from: &str, is_added: bool) -> Result<(), EnforcedError> {
        let Some(At { value: allowed, line }) = &self.shared_files else { return Ok(()) };
        if allowed.iter().any(|one| one == from || is_below(from, one)) {
            return Ok(());
        }
        Err(EnforcedError::SharedFile {
            from: from.to_owned(),
            allowed: allowed.clone(),
            is_added,
            path: self.path.clone(),
            line: *line,
        })
    }

    /// Whether all of these may be used.
    ///
    /// # Errors
    /// The first that may not.
    pub fn allows_parts(&self, parts: &[Part]) -> Result<(), EnforcedError> {
        parts.iter().try_for_each(|part| self.allows_shared(&part.from, true))
    }

    /// What is enforced, each with its line and its value as it is written, without `minimum_version`.
    pub fn settings(&self) -> Vec<(&'static str, usize, String)> {
        let mut settings = Vec::new();
        settings.extend(self.store.as_ref().map(|at| ("store", at.line, at.value.clone())));
        settings.extend(self.key_cache.as_ref().map(|at| ("key_cache", at.line, at.value.to_string())));
        settings.extend(self.auto_login.as_ref().map(|at| ("auto_login", at.line, at.value.to_string())));
        let least = self.minimum_version.as_ref();
        settings.extend(least.map(|at| ("minimum_version", at.line, at.value.to_string())));
        settings.extend(self.shared_files.as_ref().map(|at| {
            let allowed = if at.value.is_empty() { "none".to_owned() } else { at.value.join(", ") };
            ("shared_files", at.line, allowed)
        }));
        settings
    }
}

/// Whether `from` is below `start`, which ends with a slash: no other host or folder begins like it then. A part
/// that leads up again is not below it.
fn is_below(from: &str, start: &str) -> bool {
    let Some(rest) = from.strip_prefix(start).filter(|_| start.ends_with('/')) else { return false };
    let leads_up = |part: &str| {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        plain == ".."
    };
    let part_ends = |c: char| matches!(c, '/' | '\\' | '?' | '#');
    let hides_slash = ["%2f", "%5c"].iter().any(|code| rest.to_ascii_lowercase().contains(code));
    !hides_slash && !rest.split(part_ends).any(leads_up)
}

fn minimum_version(top: &mut Section<'_>) -> Result<Option<At<Version>>, Mistake> {
    let Some(At { value, line }) = top.text("minimum_version")? else { return Ok(None) };
    match Version::parse(&value) {
        Some(value) => Ok(Some(At { value, line })),
        None => {
            let what = format!("`{value}` is not a version");
            Err(top.mistake_at(line, what, Some("such as \"1.2.0\"".to_owned())))
        }
    }
}

#[cfg(test)]
mod tests;
