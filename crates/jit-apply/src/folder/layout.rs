//! Where each key is stored below the folder, and the size limit of its object.

use jit_access::ledger::Key;

/// The folder in which objects are written before they are moved to their names. Readers ignore it.
pub(super) const STAGING: &str = "tmp";

/// The first segment of a key, each a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Acts,
    Facts,
    Policies,
    Sweeps,
}

/// In the order of their names, which is that of the keys.
pub(super) const AREAS: [Area; 4] = [Area::Acts, Area::Facts, Area::Policies, Area::Sweeps];

impl Area {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Acts => "a",
            Self::Facts => "f",
            Self::Policies => "policy",
            Self::Sweeps => "s",
        }
    }

    /// How many folders are between the area and the file.
    pub(super) fn depth(self) -> usize {
        match self {
            Self::Acts | Self::Sweeps => 1,
            Self::Facts | Self::Policies => 2,
        }
    }

    /// Whether several people write into the same folder of this area: the acts about one request, if
    /// approvers apply. Everywhere else a folder belongs to the person who created it.
    pub(super) fn is_shared(self) -> bool {
        self == Self::Acts
    }
}

/// The place of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) area: Area,
    /// The folders below the area's.
    pub(super) folders: Vec<String>,
    pub(super) file: String,
    /// The session name of its author; `None` if the key has none.
    pub(super) author: Option<String>,
    /// The maximum size of such an object, in bytes.
    pub(super) limit: usize,
}

impl Place {
    pub(super) fn of(key: &Key) -> Self {
        let (area, author) = match key {
            Key::Policy { author, .. } => (Area::Policies, Some(author)),
            Key::Fact { author, .. } => (Area::Facts, Some(author)),
            Key::Act { .. } => (Area::Acts, None),
            Key::Sweep { .. } => (Area::Sweeps, None),
        };
        let text = key.to_string();
        let mut segments = text.split('/').skip(1).map(on_disk);
        let folders = segments.by_ref().take(area.depth()).collect();
        let file = segments.next().unwrap_or_default();
        let author = author.map(|author| author.session_name().to_owned());
        Self { area, folders, file, author, limit: key.largest() }
    }
}

/// A segment of a key as a file name. Names on Windows have no colons, so they become semicolons, which occur
/// nowhere else in a key.
pub(super) fn on_disk(segment: &str) -> String {
    if cfg!(windows) { segment.replace(':', ";") } else { segment.to_owned() }
}

/// The segment for a file name. A name with a colon is not valid on Windows, and one with a semicolon is not
/// valid elsewhere.
pub(super) fn in_key(name: &str) -> String {
    if cfg!(windows) { name.replace(';', ":") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_path() {
        const ID: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        const BOB: &str = "AROAHUB4567890EXAMPLE:bob";
        for key in [
            format!("policy/{ID}/{BOB}/policy.toml"),
            format!("f/{ID}/{BOB}/vote.json"),
            format!("a/{ID}/decision.json"),
            format!("a/{ID}/slack-U012.json"),
            format!("s/{ID}/sweep.json"),
        ] {
            let place = Place::of(&key.parse().unwrap());
            let folders = place.folders.iter().map(|folder| in_key(folder));
            let parts: Vec<String> = std::iter::once(place.area.name().to_owned())
                .chain(folders)
                .chain([in_key(&place.file)])
                .collect();
            assert_eq!(parts.join("/"), key);
            assert_eq!(place.author.as_deref(), key.contains("bob").then_some("bob"));
        }
        assert!(AREAS.map(Area::name).is_sorted());
    }
}
