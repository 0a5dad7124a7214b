//! What a denial of STS means: which policy denied which action, as far as AWS says, and where to look for the cause.

use super::between;
use crate::aws::errors::{Action, StsError};
use jit_wire::explain::Next;
use jit_wire::signed::Denier;

/// The kinds of policy that AWS names, and where to find each.
const PLACES: [(&str, &str); 8] = [
    ("identity-based policy", "a policy of the role or user that makes the call"),
    ("resource-based policy", "the trust policy of the role"),
    ("role trust policy", "the trust policy of the role"),
    ("permissions boundary", "the permissions boundary of the role or user that makes the call"),
    ("session policy", "the session policy (`policy`, `policy_arns`) of the role before this one"),
    (
        "service control policy",
        "the service control policies of the organization of the account that makes the call",
    ),
    ("resource control policy", "the resource control policies of the organization of the role's account"),
    ("VPC endpoint policy", "the policy of the network's own STS endpoint"),
];

impl StsError {
    /// Who denied what to whom, and why, in one sentence.
    pub(super) fn denial(&self) -> String {
        let message = &self.message;
        let caller = between(message, "User: ", " is not authorized");
        let action = self.denied_action();
        let door = match self.action {
            Action::AssumeRole => {
                format!("{} cannot be assumed by {}", self.role(), caller.unwrap_or("this session"))
            }
            Action::AssumeRoleWithWebIdentity => {
                // The configuration chose the role: an ID token names none.
                format!("{} cannot be assumed with the ID token of your sign-in", self.role())
            }
            Action::AssumeRoleWithSaml => {
                format!("{} cannot be assumed with the SAML assertion of your sign-in", self.role())
            }
            Action::GetSessionToken => "AWS refused to issue a session for these keys".to_owned(),
            Action::GetCallerIdentity => "AWS refused to say who this session is".to_owned(),
        };
        let why = match Denier::of(message) {
            Some(denier) => denier.sentence(action),
            None if message.contains("must provide both MFA serial number") => {
                "it requires an MFA code, which only an IAM user can provide".to_owned()
            }
            None if message.contains("MultiFactorAuthentication failed") => {
                "the MFA code is wrong or was already used; wait up to 30 s for the next one".to_owned()
            }
            None if message.contains("sts:TagSession") || message.contains("sts:SetSourceIdentity") => {
                format!("{action} is not allowed")
            }
            None if matches!(self.action, Action::GetCallerIdentity | Action::GetSessionToken) => {
                format!("its requests are denied{}", self.quote())
            }
            None => {
                "it does not exist, does not trust the caller, or a condition of its trust policy failed; \
                     AWS does not say which"
                    .to_owned()
            }
        };
        format!("{door}: {why}")
    }

    /// What to check or to change after a denial.
    pub(super) fn after_denial(&self) -> Vec<Next> {
        let action = self.denied_action();
        if let Some((place, forbids)) = self.denying_place() {
            let verb = if forbids { "no longer forbid" } else { "allow" };
            return vec![Next::words(format!("have {place} {verb} {action}"))];
        }
        let role = self.role();
        let arn = || Next::words(format!("check the ARN, including upper and lower case: {role}"));
        let tags = "have it allow sts:TagSession and sts:SetSourceIdentity if the IdP sends tags or a source identity";
        match self.action {
            Action::AssumeRole => vec![
                arn(),
                Next::words(format!("have the caller's policies and the role's trust policy allow {action}")),
                Next::words(
                    "check `external_id`, and sts:TagSession and sts:SetSourceIdentity if there are tags or a source \
                     identity",
                ),
            ],
            Action::AssumeRoleWithWebIdentity => vec![
                arn(),
                Next::words("have the trust policy name the IAM OIDC provider of this issuer"),
                Next::words("compare its conditions on `aud` and `sub` with the token's"),
                Next::words(tags),
            ],
            Action::AssumeRoleWithSaml => vec![
                arn(),
                Next::words("have the trust policy name the SAML provider of this IdP"),
                Next::words(
                    "compare its condition SAML:aud with the assertion's Recipient, which is jit's own URL with capture = \"loopback\"",
                ),
                Next::words(tags),
            ],
            Action::GetSessionToken => Next::list(["check the keys: they may be deactivated"]),
            Action::GetCallerIdentity => vec![Next::SignInAnew],
        }
    }

    /// The action that was denied: the one in AWS's text if it is an STS action, else the one that was
    /// requested.
    fn denied_action(&self) -> &'static str {
        let asked = match self.action {
            Action::AssumeRole => "sts:AssumeRole",
            Action::AssumeRoleWithWebIdentity => "sts:AssumeRoleWithWebIdentity",
            Action::AssumeRoleWithSaml => "sts:AssumeRoleWithSAML",
            Action::GetSessionToken => "sts:GetSessionToken",
            Action::GetCallerIdentity => "sts:GetCallerIdentity",
        };
        let extras = ["sts:TagSession", "sts:SetSourceIdentity"];
        extras.into_iter().find(|extra| self.message.contains(extra)).unwrap_or(asked)
    }

    /// Where to find the policy that denied, if AWS names it, and whether it denies explicitly.
    fn denying_place(&self) -> Option<(&'static str, bool)> {
        let denier = Denier::of(&self.message)?;
        let (_, place) = PLACES.into_iter().find(|(policy, _)| *policy == denier.policy)?;
        Some((place, denier.forbids))
    }
}
