//! What the servers did: how often each thing was asked for, and every secret that was handed out.

use std::collections::HashMap;

/// A thing that is asked of the servers. The name of what is counted and of what can be made to fail.
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
    /// A call of the portal that was one too many; it is counted as itself besides.
    Throttled,
}

/// What happened since the servers started. There is no `Debug`, because of the secrets.
#[derive(Clone, Default)]
pub struct Journal {
    calls: HashMap<Call, usize>,
    secrets: Vec<Issued>,
}

/// A secret that a server handed out, or was told in confidence.
#[derive(Clone)]
pub struct Issued {
    /// What it is, to name it without showing it.
    pub what: &'static str,
    /// The secret. It is bare because it opens nothing but these servers, and because tests search for it.
    pub value: String,
}

impl Journal {
    /// How often `call` came in, whatever the answer was.
    pub fn count(&self, call: Call) -> usize {
        self.calls.get(&call).copied().unwrap_or(0)
    }

    /// Every secret so far.
    pub fn secrets(&self) -> &[Issued] {
        &self.secrets
    }

    pub(crate) fn note_call(&mut self, call: Call) {
        *self.calls.entry(call).or_default() += 1;
    }

    pub(crate) fn note_secret(&mut self, what: &'static str, value: &str) {
        self.secrets.push(Issued { what, value: value.to_owned() });
    }
}
