//! The contents of the emulated AWS: accounts with roles and policies, an organization, and buckets.
//!
//! Documents are checked when they are added, so everything in here can be evaluated.

mod bucket;
mod directory;
mod document;
mod role;

use std::collections::{BTreeMap, BTreeSet};

use iam_evaluate::{Kind, ParseError};

pub use bucket::{CloudBucket, StoredVersion};
pub(crate) use bucket::{Upload, etag_of};
pub use directory::{CloudDirectory, CloudUnit};
pub(crate) use document::read;
pub(crate) use role::letters;
pub use role::{IamRole, role_id};

/// Everything in the emulated AWS.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// The organization of every account, `o-…`, if there is one.
    pub organization: Option<String>,
    /// Its units, and the people of its Identity Center.
    pub directory: CloudDirectory,
    pub(crate) accounts: BTreeMap<String, CloudAccount>,
    pub(crate) buckets: BTreeMap<String, CloudBucket>,
}

/// One account.
#[derive(Clone, Debug, Default)]
pub(crate) struct CloudAccount {
    /// Its alias.
    pub(crate) alias: Option<String>,
    /// By name, which is unique in an account regardless of the path.
    pub(crate) roles: BTreeMap<String, IamRole>,
    /// The inline policies of users, by ARN.
    pub(crate) users: BTreeMap<String, BTreeMap<String, String>>,
    /// Managed policies, by ARN.
    pub(crate) policies: BTreeMap<String, String>,
    /// The attached service control policies, besides `FullAWSAccess`.
    pub(crate) service_control: Vec<String>,
}

/// The account in an ARN.
pub(crate) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

impl Cloud {
    /// Adds a role, or replaces the one with its name.
    ///
    /// # Errors
    /// AWS would not accept one of its documents.
    pub fn put_role(&mut self, role: IamRole) -> Result<(), ParseError> {
        read("trust", Kind::Trust, &role.trust)?;
        for (name, document) in &role.inline {
            read(name, Kind::Identity, document)?;
        }
        self.account(account_of(&role.arn)).roles.insert(role.name().to_owned(), role);
        Ok(())
    }

    /// The role with this ARN.
    pub fn role(&self, arn: &str) -> Option<&IamRole> {
        let account = self.accounts.get(account_of(arn))?;
        account.roles.values().find(|role| role.arn == arn)
    }

    /// Removes a role, with its policies.
    pub fn remove_role(&mut self, arn: &str) {
        self.account(account_of(arn)).roles.retain(|_, role| role.arn != arn);
    }

    /// Adds an inline policy to a role, or replaces the one with its name. `false`: there is no such role.
    ///
    /// # Errors
    /// AWS would not accept the document.
    pub fn put_inline(&mut self, role: &str, name: &str, document: &str) -> Result<bool, ParseError> {
        read(name, Kind::Identity, document)?;
        let roles = &mut self.account(account_of(role)).roles;
        let found = roles.values_mut().find(|one| one.arn == role);
        Ok(found.map(|role| role.inline.insert(name.to_owned(), document.to_owned())).is_some())
    }

    /// Adds a managed policy, or replaces it.
    ///
    /// # Errors
    /// AWS would not accept the document.
    pub fn put_policy(&mut self, arn: &str, document: &str) -> Result<(), ParseError> {
        read(arn, Kind::Identity, document)?;
        self.account(account_of(arn)).policies.insert(arn.to_owned(), document.to_owned());
        Ok(())
    }

    /// Attaches exactly these service control policies to an account, besides `FullAWSAccess`.
    ///
    /// # Errors
    /// AWS would not accept one of the documents.
    pub fn set_service_control(&mut self, account: &str, documents: &[&str]) -> Result<(), ParseError> {
        for document in documents {
            read("service control policy", Kind::ServiceControl, document)?;
        }
        let documents = documents.iter().map(|document| (*document).to_owned()).collect();
        self.account(account).service_control = documents;
        Ok(())
    }

    /// Adds an inline policy to a user.
    ///
    /// # Errors
    /// AWS would not accept the document.
    pub fn put_user_policy(&mut self, user: &str, name: &str, document: &str) -> Result<(), ParseError> {
        read(name, Kind::Identity, document)?;
        let policies = self.account(account_of(user)).users.entry(user.to_owned()).or_default();
        policies.insert(name.to_owned(), document.to_owned());
        Ok(())
    }

    /// Gives an account an alias.
    pub fn set_alias(&mut self, account: &str, alias: &str) {
        self.account(account).alias = Some(alias.to_owned());
    }

    /// Adds a bucket, or replaces it.
    ///
    /// # Errors
    /// AWS would not accept its policy.
    pub fn put_bucket(&mut self, bucket: CloudBucket) -> Result<(), ParseError> {
        if let Some(policy) = &bucket.policy {
            read(&bucket.name, Kind::Resource, policy)?;
        }
        self.buckets.insert(bucket.name.clone(), bucket);
        Ok(())
    }

    /// The bucket with this name.
    pub fn bucket(&self, name: &str) -> Option<&CloudBucket> {
        self.buckets.get(name)
    }

    /// The bucket with this name, for changes that its owner's administrators could make.
    pub fn bucket_mut(&mut self, name: &str) -> Option<&mut CloudBucket> {
        self.buckets.get_mut(name)
    }

    /// Every account that has any contents.
    pub fn account_ids(&self) -> BTreeSet<&str> {
        self.accounts.keys().map(String::as_str).collect()
    }

    /// The account with this id; created if it is new.
    pub(crate) fn account(&mut self, id: &str) -> &mut CloudAccount {
        self.accounts.entry(id.to_owned()).or_default()
    }

    /// The text of a managed policy.
    pub fn policy(&self, arn: &str) -> Option<&str> {
        self.accounts.get(account_of(arn))?.policies.get(arn).map(String::as_str)
    }
}
