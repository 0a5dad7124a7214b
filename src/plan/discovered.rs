//! A role that an IdP has offered, and the names that match it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jit_wire::name;
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
    /// `account/role` with the account's number, which means this role for ever.
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

/// The accounts by their names, as far as a name can be typed instead of a number: it means one account only, and no shell
/// acts on any part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountNames {
    /// The number for each name; `None` if several accounts have the name.
    accounts: HashMap<String, Option<String>>,
}

impl AccountNames {
    /// The names of the accounts of `roles`.
    pub fn of<'r>(roles: impl IntoIterator<Item = &'r DiscoveredRole>) -> Self {
        let mut names = Self::default();
        for role in roles {
            if let Some(name) = &role.account_name {
                names.add(&role.account, name);
            }
        }
        names
    }

    /// Adds the `name` of an account.
    pub fn add(&mut self, account: &str, name: &str) {
        // A name of twelve digits would be read as another account's number.
        if !name::is_plain_word(name) || name::is_account_id(name) {
            return;
        }
        match self.accounts.entry(name.to_owned()) {
            Entry::Vacant(free) => drop(free.insert(Some(account.to_owned()))),
            Entry::Occupied(mut taken) if taken.get().as_deref() != Some(account) => drop(taken.insert(None)),
            Entry::Occupied(_) => {}
        }
    }

    /// Whether `name` means exactly this account.
    pub fn means(&self, name: &str, account: &str) -> bool {
        self.accounts.get(name).is_some_and(|only| only.as_deref() == Some(account))
    }

    /// The account that `name` means.
    pub fn account(&self, name: &str) -> Option<&str> {
        self.accounts.get(name)?.as_deref()
    }

    /// What to call `role` first: `account/role` with the name of the account, else with its number.
    pub fn first_name(&self, role: &DiscoveredRole) -> String {
        let called = role.account_name.as_deref().filter(|name| self.means(name, &role.account));
        format!("{}/{}", called.unwrap_or(&role.account), role.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(account: &str, called: Option<&str>) -> DiscoveredRole {
        DiscoveredRole {
            idp: "acme".to_owned(),
            account: account.to_owned(),
            role: "Read".to_owned(),
            saml: None,
            account_name: called.map(str::to_owned),
        }
    }

    #[test]
    fn an_account_goes_by_its_name_where_that_means_no_other() {
        let (one, other) = ("111111111111", "222222222222");
        let cases = [
            (Some("acme-dev"), None, "acme-dev/Read"),
            (Some("acme-dev"), Some("acme-prod"), "acme-dev/Read"),
            (Some("acme-dev"), Some("acme-dev"), "111111111111/Read"),
            (Some("acme-dev"), Some("Acme-dev"), "acme-dev/Read"),
            (None, Some("acme-dev"), "111111111111/Read"),
            (Some(""), None, "111111111111/Read"),
            // What a shell would take for something else has to be typed as a number.
            (Some("Acme Dev"), None, "111111111111/Read"),
            (Some("acme$(id)"), None, "111111111111/Read"),
            (Some("-dev"), None, "111111111111/Read"),
            // So has what looks like the number of an account.
            (Some(other), None, "111111111111/Read"),
            (Some(one), None, "111111111111/Read"),
        ];
        for (called, also, first) in cases {
            let roles = [role(one, called), role(other, also), role(one, called)];
            assert_eq!(AccountNames::of(&roles).first_name(&roles[0]), first, "{called:?} {also:?}");
        }
    }

    #[test]
    fn no_hostile_name_is_a_first_name() {
        for called in crate::testing::hostile_names() {
            let role = role("111111111111", Some(&called));
            assert_eq!(AccountNames::of([&role]).first_name(&role), "111111111111/Read", "{called:?}");
        }
    }
}
