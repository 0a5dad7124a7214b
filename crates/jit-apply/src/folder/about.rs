//! Information about an entry in the ledger's folder, on any system.

/// The system's information about a file or a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) owner: u32,
    pub(crate) group: u32,
    pub(crate) mode: u32,
    pub(crate) kind: Kind,
    /// When anything about it was last changed, in seconds. Its owner can set the other times; this one
    /// always comes from the system's clock.
    pub(crate) changed: i64,
}

/// The type of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}
