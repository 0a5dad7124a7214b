//! What a policy file does not specify: where things are, and how people arrive.

use std::collections::BTreeMap;

use jit_access::people::Directory;
use jit_access::render::{Ceiling, Level};
use jit_wire::arn::Partition;

use crate::settings::CLIENT_ID;

/// How people arrive at a door that is not a permission set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// With an ID token for this client. Their session is named after its source identity, which is their
    /// email address.
    Oidc {
        /// The client id.
        client: String,
    },
    /// With an assertion. Their session has its name, which is their email address.
    Saml,
    /// Either way.
    Both {
        /// The client id.
        client: String,
    },
}

/// Where things are, as far as a policy file does not specify it.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The bucket of the ledger.
    pub ledger: String,
    /// The account that the bucket is in.
    pub ledger_account: String,
    /// The bucket's region.
    pub region: String,
    /// The organization of every account.
    pub organization: String,
    /// How people arrive.
    pub arrival: Arrival,
    /// The session tags that the IdP sends.
    pub tags: Vec<String>,
    /// Groups of Identity Center, and units with their accounts.
    pub directory: Directory,
    /// Ceilings besides those that ship, by the name in the policy.
    pub ceilings: BTreeMap<String, Ceiling>,
    /// The role of the applier, with `apply = "function"`.
    pub function: String,
    /// The roles that deploy all this.
    pub platform: Vec<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            ledger: "acme-jit-ledger".to_owned(),
            ledger_account: "444444444444".to_owned(),
            region: "eu-west-1".to_owned(),
            organization: "o-acmedemo00".to_owned(),
            arrival: Arrival::Both { client: CLIENT_ID.to_owned() },
            tags: vec!["department".to_owned()],
            directory: Directory::default(),
            ceilings: BTreeMap::new(),
            function: "arn:aws:iam::444444444444:role/jit-function".to_owned(),
            platform: vec!["arn:aws:iam::444444444444:role/jit-platform".to_owned()],
        }
    }
}

impl Layout {
    /// The ceiling with this name.
    pub(crate) fn ceiling(&self, name: &str) -> Option<Ceiling> {
        let shipped = Level::named(name).map(|level| Ceiling {
            partition: Partition::Aws,
            level,
            more: Vec::new(),
            passable: Vec::new(),
            ledger: Some(self.ledger.clone()),
        });
        self.ceilings.get(name).cloned().or(shipped)
    }
}
