//! An authorization request: the caller, the action, the resource, and the condition keys of the call.

use iam_evaluate::Policy;

use crate::sessions::Session;

/// Condition keys and their values.
pub(crate) type Keys = Vec<(String, Vec<String>)>;

/// One condition key with one value.
pub(crate) fn key(name: impl Into<String>, value: impl Into<String>) -> (String, Vec<String>) {
    (name.into(), vec![value.into()])
}

/// The caller.
#[derive(Clone, Copy)]
pub(crate) enum Who<'a> {
    /// The holder of this session.
    Session(&'a Session),
    /// A caller with a token or an assertion of the provider with this ARN.
    Federated(&'a str),
    /// A caller without a signature.
    Nobody,
}

/// What is requested: one action on one resource.
pub(crate) struct Action<'a> {
    /// `s3:PutObject`.
    pub(crate) name: &'a str,
    /// Its ARN, or `*`.
    pub(crate) resource: &'a str,
    /// The account that owns the resource.
    pub(crate) account: &'a str,
    /// The policy of the resource.
    pub(crate) policy: Option<Policy>,
    /// The condition keys that come from the call itself.
    pub(crate) keys: Keys,
}
