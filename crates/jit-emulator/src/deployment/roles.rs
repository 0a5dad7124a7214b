//! The roles: doors, roles on request and break-glass roles with their ceilings, the grantors and their
//! callers.

use std::collections::BTreeSet;

use jit_access::policy::{Access, Apply, Door, Right};
use jit_access::render::{
    EntryPolicy, EntryRole, EntryTrust, GrantorTrust, OidcProvider, Reach, RoleOnRequest, SessionName, Where,
    Writes, grantor, standing,
};
use jit_wire::arn::Partition;

use crate::cloud::{Cloud, IamRole};
use crate::deployment::error::DeploymentError;
use crate::deployment::layout::Arrival;
use crate::deployment::plan::Deployment;

/// The maximum duration of a door's session, in seconds.
const AT_A_DOOR: u32 = 8 * 3600;

impl Deployment<'_> {
    /// The doors with at least one of these rights.
    pub(crate) fn doors_that(&self, rights: &[Right]) -> Vec<EntryRole> {
        let doors = self.policy.doors.values();
        let doors = doors.filter(|door| door.may.iter().any(|right| rights.contains(right)));
        doors.map(|door| EntryRole::new(&door.role)).collect()
    }

    /// The accounts with roles on request.
    pub(crate) fn accounts(&self) -> BTreeSet<String> {
        let people = self.index.with(&self.layout.directory);
        let accounts = self.policy.access.values().flat_map(|access| people.accounts_of(access));
        accounts.map(str::to_owned).collect()
    }

    /// The appliers: the voters' doors, or the function.
    pub(crate) fn appliers(&self) -> Result<Vec<EntryRole>, DeploymentError> {
        match self.policy.deployment.apply {
            Apply::Approver => Ok(self.doors_that(&[Right::Vote])),
            Apply::Function => {
                let arn = &self.layout.function;
                let role = arn.parse().map_err(|_| DeploymentError::Role(arn.clone()))?;
                Ok(vec![EntryRole::new(&role)])
            }
        }
    }

    /// The session names of everybody who may approve something.
    fn voters(&self) -> Vec<String> {
        let people = self.index.with(&self.layout.directory);
        let groups = self.policy.access.values().flat_map(|access| {
            let seats = access.approve.iter().map(|seat| seat.group.as_str());
            seats.chain(access.escalate.iter().map(|escalate| escalate.group.as_str()))
        });
        let names: BTreeSet<String> = groups
            .filter_map(|group| people.members(group))
            .flatten()
            .flat_map(|person| people.session_names(person))
            .collect();
        names.into_iter().collect()
    }

    fn organization(&self) -> Where {
        Where::Organization(self.layout.organization.clone())
    }

    fn entry_policy(&self, reach: Reach, writes: Writes) -> String {
        let (partition, ledger) = (Partition::Aws, self.layout.ledger.clone());
        EntryPolicy { partition, ledger, reach, writes }.render().as_str().to_owned()
    }

    pub(crate) fn write_doors(&self, cloud: &mut Cloud, issuer: &str) -> Result<(), DeploymentError> {
        for door in self.policy.doors.values() {
            let mut role =
                IamRole::new(door.role.as_str(), &self.entry_trust(door, issuer)).lasting(AT_A_DOOR);
            let may = |right: Right| door.may.contains(&right);
            if may(Right::Request) || may(Right::Vote) {
                let policy = self.entry_policy(Reach::OnRequest(self.organization()), Writes::Facts);
                role = role.with("jit-entry", &policy);
            }
            if may(Right::Glass) {
                let policy = self.entry_policy(Reach::Glass(self.organization()), Writes::Facts);
                role = role.with("jit-glass", &policy);
            }
            if may(Right::Publish) {
                role = role.with("jit-publish", &self.entry_policy(Reach::Nothing, Writes::Policy));
            }
            if may(Right::Vote) && self.policy.deployment.apply == Apply::Approver {
                let policy = self.entry_policy(Reach::Grantors(self.organization()), Writes::Acts);
                role = role.with("jit-apply", &policy);
            }
            cloud.put_role(role)?;
        }
        if self.policy.deployment.apply == Apply::Function {
            let policy = self.entry_policy(Reach::Grantors(self.organization()), Writes::Acts);
            let role = IamRole::new(&self.layout.function, FOR_LAMBDA).with("jit-apply", &policy);
            cloud.put_role(role.lasting(AT_A_DOOR))?;
        }
        Ok(())
    }

    /// The trust policy of a door. AWS writes that of a permission set, whose sessions come from Identity Center.
    fn entry_trust(&self, door: &Door, issuer: &str) -> String {
        if EntryRole::new(&door.role).is_permission_set() {
            return FOR_IDENTITY_CENTER.to_owned();
        }
        let (partition, account, tags) =
            (Partition::Aws, door.role.account().to_owned(), self.layout.tags.clone());
        let oidc = |client: &String| EntryTrust::Oidc {
            provider: OidcProvider {
                partition,
                account: account.clone(),
                issuer: issuer.to_owned(),
                audience: client.clone(),
            },
            session_name: SessionName::SourceIdentity,
            tags: tags.clone(),
        };
        let saml = EntryTrust::Saml {
            partition,
            account: account.clone(),
            provider: "demo".to_owned(),
            regions: Vec::new(),
            tags: tags.clone(),
        };
        let trusts = match &self.layout.arrival {
            Arrival::Oidc { client } => vec![oidc(client)],
            Arrival::Saml => vec![saml],
            Arrival::Both { client } => vec![oidc(client), saml],
        };
        let documents = trusts.iter().filter_map(EntryTrust::render);
        joined(documents.map(|document| document.as_str().to_owned()).collect())
    }

    pub(crate) fn write_roles(&self, cloud: &mut Cloud) -> Result<(), DeploymentError> {
        // Several accesses may share one role; each describes the role in the same way.
        for access in self.policy.access.values() {
            self.write_role(cloud, access)?;
        }
        Ok(())
    }

    fn write_role(&self, cloud: &mut Cloud, access: &Access) -> Result<(), DeploymentError> {
        let glass = access.role.is_glass();
        let by_approvers = self.policy.deployment.apply == Apply::Approver;
        let trust = RoleOnRequest {
            doors: self.doors_that(if glass { &[Right::Glass] } else { &[Right::Request] }),
            tags: self.layout.tags.clone(),
            barred: if by_approvers && !glass { self.voters() } else { Vec::new() },
        };
        let people = self.index.with(&self.layout.directory);
        for account in people.accounts_of(access) {
            let Some(arn) = access.role.arn_in(account) else { continue };
            let mut role = IamRole::new(&arn, trust.trust().as_str());
            if let Some(name) = &access.ceiling {
                let ceiling =
                    self.layout.ceiling(name).ok_or_else(|| DeploymentError::Ceiling(name.clone()))?;
                let boundary = format!("arn:aws:iam::{account}:policy/jit-ceiling-{name}");
                cloud.put_policy(&boundary, ceiling.render().as_str())?;
                role = role.bounded_by(&boundary);
                if access.standing {
                    role = role.with("standing", standing(ceiling.services()).as_str());
                }
            }
            cloud.put_role(role)?;
        }
        Ok(())
    }

    pub(crate) fn write_grantors(&self, cloud: &mut Cloud) -> Result<(), DeploymentError> {
        let trust = match self.policy.deployment.apply {
            Apply::Function => {
                let arn = &self.layout.function;
                let role = arn.parse().map_err(|_| DeploymentError::Role(arn.clone()))?;
                GrantorTrust::Function { role, function: None }
            }
            Apply::Approver => {
                let (doors, tags) = (self.doors_that(&[Right::Vote]), self.layout.tags.clone());
                GrantorTrust::Approvers { doors, names: self.voters(), tags }
            }
        };
        let (trust, policy) = (trust.render(), grantor(Partition::Aws));
        for account in self.accounts() {
            let arn = format!("arn:aws:iam::{account}:role/jit-grantor");
            cloud.put_role(IamRole::new(&arn, trust.as_str()).with("jit-grantor", policy.as_str()))?;
        }
        Ok(())
    }
}

/// The trust policy that AWS writes for the role of a permission set, abbreviated.
const FOR_IDENTITY_CENTER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sso.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// The trust policy of the function's role.
const FOR_LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The statements of several documents in one. A `Sid` occurs once.
fn joined(documents: Vec<String>) -> String {
    if let [only] = documents.as_slice() {
        return only.clone();
    }
    let mut statements = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let mut document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
        for statement in document["Statement"].as_array_mut().into_iter().flatten() {
            if let Some(sid) = statement["Sid"].as_str() {
                statement["Sid"] = format!("{sid}{number}").into();
            }
            statements.push(statement.take());
        }
    }
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}
