//! A record of what the servers did: how often each call was made, and every secret that was issued.

use std::collections::HashMap;

/// A call to the servers. Calls are counted by this name and can be made to fail by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the protocols' own")]
pub enum Call {
    Discovery,
    Jwks,
    Authorize,
    DeviceStart,
    CodeGrant,
    RefreshGrant,
    DeviceGrant,
    Revoke,
    EndSession,
    SamlSso,
    AssumeRoleWithWebIdentity,
    AssumeRoleWithSaml,
    AssumeRole,
    GetSessionToken,
    GetCallerIdentity,
    Federation,
    RegisterClient,
    CenterAuthorize,
    CenterDevice,
    CenterToken,
    ListAccounts,
    ListAccountRoles,
    GetRoleCredentials,
    PortalLogout,
    /// A call to another service of AWS, as policies name it: `iam:PutRolePolicy`, `s3:PutObject`.
    Aws(&'static str),
    /// A call to the portal that exceeded the limit; it is counted under its own name as well.
    Throttled,
}

/// Everything since the servers started. There is no `Debug`, because of the secrets.
#[derive(Clone, Default)]
pub struct Journal {
    calls: HashMap<Call, usize>,
    secrets: Vec<Issued>,
    decisions: Vec<Decided>,
}

/// Whether a call was allowed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The ARN of the session or the user, or the provider of a token.
    pub who: String,
    /// As policies name it. A call can need several.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// The answer.
    pub allowed: bool,
    /// The statement that decided, or what is missing.
    pub why: String,
}

/// A secret that a server issued, or was given.
#[derive(Clone)]
pub struct Issued {
    /// A name for it that does not reveal it.
    pub what: &'static str,
    /// The secret. It is not protected because it is valid only for these servers, and because tests search
    /// for it.
    pub value: String,
}

impl Journal {
    /// How often `call` was made, whatever its answer.
    pub fn count(&self, call: Call) -> usize {
        self.calls.get(&call).copied().unwrap_or(0)
    }

    /// Every secret so far.
    pub fn secrets(&self) -> &[Issued] {
        &self.secrets
    }

    /// Every answer of the policies so far, the oldest first.
    pub fn decisions(&self) -> &[Decided] {
        &self.decisions
    }

    pub(crate) fn note_decision(&mut self, decided: Decided) {
        self.decisions.push(decided);
    }

    pub(crate) fn note_call(&mut self, call: Call) {
        *self.calls.entry(call).or_default() += 1;
    }

    pub(crate) fn note_secret(&mut self, what: &'static str, value: &str) {
        self.secrets.push(Issued { what, value: value.to_owned() });
    }
}
