//! Reads the documents that AWS evaluates, for a session that may.

use std::collections::BTreeMap;

use jit_wire::credentials::Credentials;
use jit_wire::signed::{BucketSetting, CallError};
use roxmltree::Document;

use super::{ProbeCalls, text, unreadable};
use crate::iam::http::answers::{descendant, page, text_of, unescaped};
use crate::iam::http::role_name;

/// Pages of one list.
const MOST_PAGES: usize = 20;

/// A role, as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleDocuments {
    /// Its trust policy.
    pub trust: String,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its inline policies, by name.
    pub inline: BTreeMap<String, String>,
    /// The ARNs of the policies that are attached to it.
    pub attached: Vec<String>,
}

/// `None` instead of the error that something does not exist.
fn if_any<T>(answer: Result<T, CallError>, absent: &[&str]) -> Result<Option<T>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if absent.iter().any(|code| error.is(code)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn child_text(answer: &str, name: &str) -> Option<String> {
    let document = Document::parse(answer).ok()?;
    descendant(document.root(), name).map(|node| text_of(node).trim().to_owned())
}

impl ProbeCalls<'_> {
    fn iam(&self, by: &Credentials, action: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        self.query(&self.endpoints.iam, by, action, parameters)
    }

    /// A policy in an answer, which is escaped as in a URL (RFC 3986).
    fn document(
        &self,
        by: &Credentials,
        (action, name): (&str, &str),
        parameters: &[(&str, &str)],
    ) -> Result<String, CallError> {
        let answer = self.iam(by, action, parameters)?;
        let found = child_text(&answer, name).and_then(|text| unescaped(&text));
        found.ok_or_else(|| unreadable(action, "it has no document"))
    }

    fn members(
        &self,
        by: &Credentials,
        (action, list): (&str, &str),
        role: &str,
    ) -> Result<Vec<String>, CallError> {
        let (mut all, mut marker) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut parameters = vec![("RoleName", role)];
            parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let answer = self.iam(by, action, &parameters)?;
            let page = page(&answer, list).ok_or_else(|| unreadable(action, "it has no list"))?;
            all.extend(page.members);
            marker = page.next;
            if marker.is_none() {
                return Ok(all);
            }
        }
        Err(unreadable(action, "the list does not end"))
    }

    /// The role `arn`, in the account of `by`; `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn role(&self, by: &Credentials, arn: &str) -> Result<Option<RoleDocuments>, CallError> {
        let name = role_name(arn);
        let Some(about) = if_any(self.iam(by, "GetRole", &[("RoleName", name)]), &["NoSuchEntity"])? else {
            return Ok(None);
        };
        // A role's name is its own whatever its path.
        if child_text(&about, "Arn").as_deref() != Some(arn) {
            return Ok(None);
        }
        let trust = child_text(&about, "AssumeRolePolicyDocument").and_then(|text| unescaped(&text));
        let trust = trust.ok_or_else(|| unreadable("iam:GetRole", "it has no trust policy"))?;
        let boundary = child_text(&about, "PermissionsBoundaryArn");
        let mut inline = BTreeMap::new();
        for policy in self.members(by, ("ListRolePolicies", "PolicyNames"), name)? {
            let parameters = [("RoleName", name), ("PolicyName", policy.as_str())];
            let found = self.document(by, ("GetRolePolicy", "PolicyDocument"), &parameters);
            // One that was deleted in between is not there.
            if let Some(text) = if_any(found, &["NoSuchEntity"])? {
                inline.insert(policy, text);
            }
        }
        let attached = self.members(by, ("ListAttachedRolePolicies", "AttachedPolicies"), name)?;
        Ok(Some(RoleDocuments { trust, boundary, inline, attached }))
    }

    /// The default version of the managed policy `arn`; `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn managed_policy(&self, by: &Credentials, arn: &str) -> Result<Option<String>, CallError> {
        let about = self.iam(by, "GetPolicy", &[("PolicyArn", arn)]);
        let Some(about) = if_any(about, &["NoSuchEntity"])? else { return Ok(None) };
        let version = child_text(&about, "DefaultVersionId");
        let version = version.ok_or_else(|| unreadable("iam:GetPolicy", "it has no default version"))?;
        let parameters = [("PolicyArn", arn), ("VersionId", version.as_str())];
        self.document(by, ("GetPolicyVersion", "Document"), &parameters).map(Some)
    }

    /// A setting of `bucket`, as S3 writes it; `None` if it was never set.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn setting(
        &self,
        by: &Credentials,
        bucket: &str,
        setting: BucketSetting,
    ) -> Result<Option<String>, CallError> {
        let answer = self.bucket(by, bucket, |bucket| bucket.setting_request(setting));
        let absent = [
            "NoSuchBucketPolicy",
            "ObjectLockConfigurationNotFoundError",
            "NoSuchPublicAccessBlockConfiguration",
        ];
        if_any(answer, &absent)?.map(|answer| text("s3:GetBucket*", answer)).transpose()
    }
}
