//! The state of STS, separate from its routes, and the authorization that all three ways to a role share: by
//! the role's trust policy.

use std::collections::BTreeMap;
use std::time::Duration;

use iam_evaluate::{Kind, Policy};
use serde_json::Value;

use crate::authorize::{Action, Authorizer, Denied, Keys, Who, key, managed};
use crate::cloud::{Cloud, IamRole, account_of, read};
use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::{Proof, Session, Wanted};
use crate::shared::lock;

/// The roles of STS, and the sessions that it issued.
pub(crate) struct State {
    pub(crate) gate: Authorizer,
}

/// A request for a role.
pub(crate) struct Asked<'a> {
    /// `sts:AssumeRole` or a similar action.
    pub(crate) action: &'a str,
    pub(crate) who: Who<'a>,
    /// The role's ARN.
    pub(crate) role: &'a str,
    pub(crate) name: &'a str,
    /// The source identity that the session will have.
    pub(crate) source_identity: Option<&'a str>,
    /// The tags that the session will have, inherited ones too.
    pub(crate) tags: &'a BTreeMap<String, String>,
    /// The tags that it passes on.
    pub(crate) transitive: &'a [String],
    /// The other condition keys of the call.
    pub(crate) keys: Keys,
}

impl State {
    /// The role, if its trust policy and the caller's own policies allow the request. Tags and a source
    /// identity are separate actions on the same role, even if they were inherited.
    ///
    /// # Errors
    /// The denial; `None` if there is no such role, which AWS does not distinguish.
    pub(crate) fn admit(&self, asked: &Asked<'_>) -> Result<IamRole, Option<Denied>> {
        let cloud = lock(&self.gate.shared.cloud);
        let role = cloud.role(asked.role).ok_or(None)?;
        self.check(&cloud, role, asked, asked.action)?;
        if !asked.tags.is_empty() {
            self.check(&cloud, role, asked, "sts:TagSession")?;
        }
        if asked.source_identity.is_some() {
            self.check(&cloud, role, asked, "sts:SetSourceIdentity")?;
        }
        Ok(role.clone())
    }

    fn check(
        &self,
        cloud: &Cloud,
        role: &IamRole,
        asked: &Asked<'_>,
        action: &str,
    ) -> Result<(), Option<Denied>> {
        let trust = read("trust", Kind::Trust, &role.trust).map_err(|_| None)?;
        let mut keys = asked.keys.clone();
        keys.push(key("sts:RoleSessionName", asked.name));
        keys.extend(asked.source_identity.map(|name| key("sts:SourceIdentity", name)));
        for (name, value) in asked.tags {
            keys.push(key(format!("aws:RequestTag/{name}"), value));
        }
        keys.push(("aws:TagKeys".to_owned(), asked.tags.keys().cloned().collect()));
        keys.push(("sts:TransitiveTagKeys".to_owned(), asked.transitive.to_vec()));
        for (name, value) in &role.tags {
            keys.push(key(format!("aws:ResourceTag/{name}"), value));
            keys.push(key(format!("iam:ResourceTag/{name}"), value));
        }
        let action = Action {
            name: action,
            resource: &role.arn,
            account: account_of(&role.arn),
            policy: Some(trust),
            keys,
        };
        self.gate.check(cloud, asked.who, action).map_err(Some)
    }

    /// The session policies of a call. `None`: it has none.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`.
    pub(crate) fn session_policies(&self, params: &Params) -> Result<Option<Vec<Policy>>, Refusal> {
        let mut policies = Vec::new();
        let inline = params.get("Policy");
        let arns: Vec<&str> = params.list("PolicyArns", ".arn").collect();
        if inline.is_none() && arns.is_empty() {
            return Ok(None);
        }
        if let Some(text) = inline.filter(|text| !is_without_statements(text)) {
            let malformed = |_| Refusal::new(400, "MalformedPolicyDocument", "Syntax errors in policy.");
            policies.push(read("session policy", Kind::Session, text).map_err(malformed)?);
        }
        let cloud = lock(&self.gate.shared.cloud);
        for arn in arns {
            policies.extend(managed(&cloud, arn, Kind::Session));
        }
        Ok(Some(policies))
    }

    /// Creates the session and describes it.
    pub(crate) fn give(
        &self,
        role: &str,
        name: &str,
        lifetime: Duration,
        proof: Proof,
        packed_percent: Option<usize>,
    ) -> Result<Vec<String>, Refusal> {
        let wanted = Wanted { role, name, lifetime, proof, chained: false };
        self.give_wanted(wanted, packed_percent)
    }

    /// The same for a session that came from another role's.
    pub(crate) fn give_wanted(
        &self,
        wanted: Wanted<'_>,
        packed_percent: Option<usize>,
    ) -> Result<Vec<String>, Refusal> {
        let session = Session::new(&self.gate.shared, wanted)?;
        let description = session.describe(packed_percent);
        self.gate.sessions.add(session);
        Ok(description)
    }
}

/// Whether a policy is well-formed and has no statements, so that it allows nothing.
fn is_without_statements(text: &str) -> bool {
    let policy: Value = serde_json::from_str(text).unwrap_or_default();
    policy["Statement"].as_array().is_some_and(Vec::is_empty)
}
