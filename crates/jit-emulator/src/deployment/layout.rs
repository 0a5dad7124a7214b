//! What a policy file does not specify: where things are, and how people arrive.

use std::collections::BTreeMap;

use jit_access::people::Directory;
use jit_access::render::CompanyCeiling;

/// How people arrive at a door that is not a permission set. Their session is named after their email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorArrival {
    /// With an ID token. Its source identity is the session's name.
    Oidc,
    /// With an assertion that is posted to AWS's own sign-in page.
    Saml,
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
    pub arrival: DoorArrival,
    /// The session tags that the IdP sends.
    pub tags: Vec<String>,
    /// Units with their accounts.
    pub directory: Directory,
    /// The company's own ceilings, by the name in the policy.
    pub ceilings: BTreeMap<String, CompanyCeiling>,
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
            arrival: DoorArrival::Oidc,
            tags: vec!["department".to_owned()],
            directory: Directory::default(),
            ceilings: BTreeMap::new(),
            function: "arn:aws:iam::444444444444:role/jit-function".to_owned(),
            platform: vec!["arn:aws:iam::444444444444:role/jit-platform".to_owned()],
        }
    }
}
