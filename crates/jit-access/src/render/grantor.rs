//! The applier: the role in every account that may write grants, and nothing else.

use jit_wire::arn::{Partition, RoleArn};

use super::document::{Document, Statement};
use super::names::{EntryRole, literal, patterns, roots, user_ids};
use super::role::{OWN_NAME, carried};

/// Who may assume the grantor role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantorTrust {
    /// Only the function's role.
    Function {
        /// Its role.
        role: RoleArn,
        /// The function that must use the role, so that its credentials are useless elsewhere. `None` if it
        /// runs from cron or a CI job.
        function: Option<String>,
    },
    /// With `apply = "approver"`: the people who own the account, through the voters' door, under their own names.
    Approvers {
        /// The voters' door.
        doors: Vec<EntryRole>,
        /// The session names of these people.
        names: Vec<String>,
        /// The session tags that the IdP sends and that stay with a person.
        tags: Vec<String>,
    },
}

impl GrantorTrust {
    /// The trust policy.
    pub fn render(&self) -> Document {
        let statement = Statement::allow(Some("Grantor")).action("sts:AssumeRole");
        let statements = match self {
            Self::Function { role, function } => {
                let statement = statement.aws(role.as_str());
                vec![match function {
                    Some(arn) => statement.when("ArnEquals", "lambda:SourceFunctionArn", arn.as_str()),
                    None => statement,
                }]
            }
            Self::Approvers { doors, names, tags } => {
                let through =
                    statement.aws(roots(doors)).when("ArnLike", "aws:PrincipalArn", patterns(doors));
                // Two conditions on one key are both required only with two operators, or in a Deny.
                let others = Statement::deny("OwnNameOnly").aws("*").action("sts:AssumeRole");
                let mut statements = vec![
                    through.when("StringLike", "aws:userid", user_ids(names)),
                    others.when("StringNotLike", "aws:userid", OWN_NAME),
                ];
                statements.extend(carried(doors, tags));
                statements
            }
        };
        Document::of(&statements)
    }
}

/// The grantor's identity policy. It is the same in every account: IAM acts only on the account that it is
/// called in.
pub fn grantor(partition: Partition) -> Document {
    let partition = partition.name();
    let roles = format!("arn:{partition}:iam::*:role/jit/*");
    let ceilings = format!("arn:{partition}:iam::*:policy/jit-ceiling-*");
    Document::of(&[
        Statement::allow(Some("Grants"))
            .action(["iam:DeleteRolePolicy", "iam:PutRolePolicy"])
            .on(roles.as_str())
            .when("StringLike", "iam:PermissionsBoundary", ceilings.as_str()),
        Statement::allow(Some("Roles")).action(["iam:Get*", "iam:List*"]).on(roles),
        Statement::allow(Some("Ceilings")).action("iam:GetPolicy*").on(ceilings),
        Statement::allow(Some("AllRoles")).action("iam:ListRoles").on("*"),
    ])
}

/// The guard rail: the service control policy that keeps everybody else from changing what access depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardrail {
    /// Where it is.
    pub partition: Partition,
    /// The platform's roles, which deploy.
    pub platform: Vec<RoleArn>,
}

impl Guardrail {
    /// The service control policy.
    pub fn render(&self) -> Document {
        let partition = self.partition.name();
        let role = |rest: &str| format!("arn:{partition}:iam::*:role/{rest}");
        let mut exempt = vec![role("AWSControlTowerExecution"), role("stacksets-exec-*")];
        exempt.extend(self.platform.iter().map(|arn| literal(arn.as_str())));
        exempt.sort();
        exempt.dedup();
        // The grantor is already under `role/jit-*`.
        let mut guarded = exempt.clone();
        guarded.extend([
            role("jit/*"),
            role("jit-*"),
            format!("arn:{partition}:iam::*:policy/jit-ceiling-*"),
        ]);
        let mut allowed = exempt;
        allowed.push(role("jit-grantor"));
        Document::of(&[Statement::deny("IamWrites").action(super::ceiling::IAM_WRITES).on(guarded).when(
            "ArnNotLike",
            "aws:PrincipalArn",
            allowed,
        )])
    }
}
