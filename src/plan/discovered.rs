//! A role that an IdP has offered, and the names that match it.

use serde::{Deserialize, Serialize};

/// A role that an IdP offers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiscoveredRole {
    /// `[idp.NAME]`.
    pub idp: String,
    /// The twelve digits of the account.
    pub account: String,
    /// The role without its path, or the permission set.
    pub role: String,
    /// The ARNs for SAML; `None` for a permission set.
    pub saml: Option<SamlPair>,
    /// The name of the account at Identity Center, or its alias if AWS reported one. If it is empty, `jit`
    /// does not ask again.
    pub account_name: Option<String>,
}

/// A value of the SAML attribute `Role`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SamlPair {
    /// The role.
    pub role_arn: String,
    /// The SAML provider that its trust policy names.
    pub provider_arn: String,
}

impl DiscoveredRole {
    /// `account/role`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.account, self.role)
    }

    /// Whether `name` is its ARN, or `account/role` with the account's digits.
    pub fn is_exactly(&self, name: &str) -> bool {
        self.saml.as_ref().is_some_and(|pair| pair.role_arn == name)
            || self.account_in(name) == Some(self.account.as_str())
    }

    /// Whether `name` matches this role: exactly, or with the account's name, which other accounts may have
    /// as well.
    pub fn is_called(&self, name: &str) -> bool {
        let named = self.account_in(name);
        self.is_exactly(name) || (named.is_some() && named == self.account_name.as_deref())
    }

    /// The account in `name`, if that is `ACCOUNT/ROLE` with this role.
    fn account_in<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_suffix(&self.role)?.strip_suffix('/')
    }
}
