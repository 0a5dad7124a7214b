//! What is wrong with objects that do not count.

/// An object that does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub kind: AnomalyKind,
    /// A sentence about it.
    pub what: String,
}

/// What can be wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnomalyKind {
    /// It is not one of the ledger's keys.
    Key,
    /// There is another version. The first one counts.
    SecondVersion,
    /// It is too large.
    Large,
    /// The time in the id differs from the server's.
    Time,
    /// The body is not what it should be.
    Body,
    /// It refers to other bytes than those stored.
    Hash,
    /// It is about something that does not exist.
    Orphan,
    /// Another request or use has the same id.
    TakenId,
    /// A policy published through a door that may not publish.
    Publisher,
    /// The ledger itself does not trust it.
    Doubt,
    /// It cannot be read.
    Unreadable,
}
