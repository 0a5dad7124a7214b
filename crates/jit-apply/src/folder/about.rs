//! What a system says of what is in the ledger's folder, whichever system that is.

/// What the system says of a file or a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) owner: u32,
    pub(crate) group: u32,
    pub(crate) mode: u32,
    pub(crate) kind: Kind,
    /// When the system last changed anything about it, in seconds. Its owner can set the other times as they like; this
    /// one is always the system's clock.
    pub(crate) changed: i64,
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}
