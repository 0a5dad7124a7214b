//! Ceilings: the permissions boundaries of roles on request.
//!
//! A ceiling states its list twice: what it allows, and `Deny NotAction` of the same. The second is not
//! redundant: an action that a boundary does not mention is blocked only for identity policies, and a
//! resource policy that names the *session* would bypass it. An explicit Deny holds for everybody. The other
//! denies hold whatever a company adds to the list.

mod services;

use jit_wire::arn::Partition;

use super::document::{Document, Statement};

pub use services::{SERVICES, Service};

/// The ceilings that ship. A company's own ceilings are made from one of them and additional actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What exists and how it is configured; no contents.
    Read,
    /// Operate what is deployed: contents, logs, restarts, scaling.
    Operate,
    /// Everything except identities and what this deployment depends on.
    Admin,
}

/// A ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// The partition it is used in.
    pub partition: Partition,
    /// What it is based on.
    pub level: Level,
    /// Actions that a company adds, such as `bedrock:*`.
    pub more: Vec<String>,
    /// The roles that may be passed to services (`iam:PassRole`), by ARN. None of them should be able to do
    /// more than the ceiling: a person who may pass a role to a service can do what the role can.
    pub passable: Vec<String>,
    /// The bucket of the ledger.
    pub ledger: Option<String>,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// The name in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// The level with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Every way to become another identity, or to let another identity in.
const OTHER_IDENTITIES: [&str; 9] = [
    "eks:AssociateAccessPolicy",
    "eks:CreateAccessEntry",
    "eks:UpdateAccessEntry",
    "lambda:AddPermission",
    "rolesanywhere:*",
    "signin:*",
    "sts:Assume*",
    "sts:GetFederationToken",
    "sts:GetWebIdentityToken",
];

/// The IAM verbs that change something. `PassRole` has a separate statement.
pub(super) const IAM_WRITES: [&str; 22] = [
    "iam:Accept*",
    "iam:Add*",
    "iam:Associate*",
    "iam:Attach*",
    "iam:Change*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Disable*",
    "iam:Enable*",
    "iam:Put*",
    "iam:Reject*",
    "iam:Remove*",
    "iam:Reset*",
    "iam:Resync*",
    "iam:Send*",
    "iam:Set*",
    "iam:Tag*",
    "iam:Untag*",
    "iam:Update*",
    "iam:Upload*",
];

/// The actions that use a data key. People who can call them directly can decrypt data of which they have
/// only a copy.
const DATA_KEYS: [&str; 4] = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// The services that may use a data key on behalf of a person.
const DATA_KEY_SERVICES: [&str; 11] = [
    "dynamodb",
    "ec2",
    "elasticfilesystem",
    "kinesis",
    "lambda",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
];

/// What stops, narrows or deletes CloudTrail's record.
const TRAIL_WRITES: [&str; 6] = [
    "cloudtrail:Delete*",
    "cloudtrail:Deregister*",
    "cloudtrail:Disable*",
    "cloudtrail:Put*",
    "cloudtrail:Stop*",
    "cloudtrail:Update*",
];

impl Ceiling {
    /// The list: every action that is allowed, sorted.
    pub fn actions(&self) -> Vec<String> {
        let own = SERVICES.iter().flat_map(|service| {
            service.actions(self.level).iter().map(|action| format!("{}:{action}", service.prefix))
        });
        let mut all: Vec<String> = own.chain(self.more.iter().cloned()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The services of the list, as a grant names them: `ec2:*`. The ceiling restricts them.
    pub fn services(&self) -> Vec<String> {
        let service = |action: String| action.split(':').next().map(|prefix| format!("{prefix}:*"));
        let mut all: Vec<String> = self.actions().into_iter().filter_map(service).collect();
        all.dedup();
        all
    }

    /// The managed policy.
    pub fn render(&self) -> Document {
        let via: Vec<String> = DATA_KEY_SERVICES
            .iter()
            .map(|service| format!("{service}.*.{}", self.partition.dns_suffix()))
            .collect();
        let pass = Statement::deny("PassRole").action("iam:PassRole");
        let mut passable = self.passable.clone();
        passable.sort();
        passable.dedup();
        let mut statements = vec![
            Statement::allow(Some("List")).action(self.actions()).on("*"),
            Statement::deny("NothingElse").not_action(self.actions()).on("*"),
            Statement::deny("OtherIdentities").action(OTHER_IDENTITIES).on("*"),
            Statement::deny("IamWrites").action(IAM_WRITES).on("*"),
            if passable.is_empty() { pass.on("*") } else { pass.not_on(passable) },
            Statement::deny("KeyGrants").action("kms:CreateGrant").on("*").when(
                "BoolIfExists",
                "kms:GrantIsForAWSResource",
                "false",
            ),
            Statement::deny("DataKeys").action(DATA_KEYS).on("*").when(
                "StringNotLike",
                "kms:ViaService",
                via,
            ),
            Statement::deny("Trails").action(TRAIL_WRITES).on("*"),
        ];
        if let Some(bucket) = &self.ledger {
            let arn = format!("arn:{}:s3:::{bucket}", self.partition.name());
            statements.push(Statement::deny("Ledger").action("s3:*").on(vec![format!("{arn}/*"), arn]));
        }
        Document::of(&statements)
    }
}
