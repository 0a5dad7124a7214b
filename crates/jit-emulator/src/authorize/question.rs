//! A question to the policies: who wants to do what, and what the call says about itself.

use iam_evaluate::Policy;

use crate::sessions::Session;

/// Condition keys and their values.
pub(crate) type Keys = Vec<(String, Vec<String>)>;

/// One condition key with one value.
pub(crate) fn key(name: impl Into<String>, value: impl Into<String>) -> (String, Vec<String>) {
    (name.into(), vec![value.into()])
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Who<'a> {
    /// Whoever holds this session.
    Session(&'a Session),
    /// Whoever shows a token or an assertion of the provider with this ARN.
    Federated(&'a str),
    /// Somebody who did not sign.
    Nobody,
}

/// What is asked for: one action on one resource.
pub(crate) struct Action<'a> {
    /// `s3:PutObject`.
    pub(crate) name: &'a str,
    /// Its ARN, or `*`.
    pub(crate) resource: &'a str,
    /// The account that owns the resource.
    pub(crate) account: &'a str,
    /// The policy of the resource.
    pub(crate) policy: Option<Policy>,
    /// What the call says about itself.
    pub(crate) keys: Keys,
}
