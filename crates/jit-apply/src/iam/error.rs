//! Why a call to IAM failed, and what to do about each failure.

use jit_access::lifecycle::RoleArn;
use jit_access::render::{Limit, request_of};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::signed::Denier;

/// How many of a full role's grants are named.
const NAMED: usize = 5;

/// Why a call to IAM failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IamError {
    /// The role does not exist.
    #[error("there is no role {role}")]
    NoRole {
        /// The role.
        role: RoleArn,
    },
    /// The inline policies of the role have no room for another grant.
    #[error("{0}")]
    Full(Box<FullRole>),
    /// AWS does not accept the document.
    #[error("AWS does not accept the policy of this grant on {role}: {why}")]
    Malformed {
        /// The role.
        role: RoleArn,
        /// AWS's error message.
        why: String,
    },
    /// A policy denies the call.
    #[error("{0}")]
    Denied(Box<IamDenial>),
    /// AWS refused otherwise. Calling again does not help.
    #[error("AWS refused to change {role}: {why}")]
    Refused {
        /// The role.
        role: RoleArn,
        /// AWS's error message.
        why: String,
    },
    /// AWS has accepted a change and does not show it yet.
    #[error("AWS has accepted the change of {role}, and {what}")]
    NotShown {
        /// The role.
        role: RoleArn,
        /// `does not show the policy yet`.
        what: &'static str,
    },
    /// No usable answer: it may have been done, and can be repeated.
    #[error("AWS did not answer about {role}: {why}")]
    Unreachable {
        /// The role, or the account.
        role: RoleArn,
        /// What happened.
        why: String,
    },
}

/// A role whose inline policies are as long as AWS allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{role} has no room for this grant: its inline policies have {} of {} characters, and this one needs {needs}",
    self.used(),
    Limit::Inline.characters()
)]
pub struct FullRole {
    /// The role.
    pub role: RoleArn,
    /// The characters of the new policy.
    pub needs: usize,
    /// The names and the characters of the policies that are there.
    pub policies: Vec<(String, usize)>,
}

/// A call that a policy denied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("AWS denied {action} on {role}: {}", self.reason())]
pub struct IamDenial {
    /// The role.
    pub role: RoleArn,
    /// `iam:PutRolePolicy`.
    pub action: String,
    /// AWS's error message.
    pub why: String,
    /// What is known of the role's permissions boundary.
    pub boundary: Boundary,
}

/// The permissions boundary of a role on request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// It was not looked at.
    Unknown,
    /// One of the ceilings.
    Ceiling,
    /// There is none.
    None,
    /// Another policy, by its ARN.
    Other(String),
}

impl FullRole {
    fn used(&self) -> usize {
        self.policies.iter().map(|(_, characters)| characters).sum()
    }

    /// The policies, the longest first.
    fn by_length(&self) -> Vec<&(String, usize)> {
        let mut policies: Vec<_> = self.policies.iter().collect();
        policies.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        policies
    }
}

impl Boundary {
    /// The boundary with this ARN.
    pub fn of(arn: Option<&str>) -> Self {
        match arn {
            None => Self::None,
            Some(arn) if arn.contains(":policy/jit-ceiling-") => Self::Ceiling,
            Some(arn) => Self::Other(arn.to_owned()),
        }
    }

    /// What is wrong with it, as a sentence.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Unknown | Self::Ceiling => None,
            Self::None => Some("the role has no permissions boundary".to_owned()),
            Self::Other(arn) => Some(format!("its permissions boundary is {arn}, no ceiling")),
        }
    }
}

impl IamDenial {
    fn denier(&self) -> Option<Denier> {
        Denier::of(&self.why)
    }

    /// Whether the grantor's own policy did not allow it. That is where the condition on the boundary is.
    fn is_by_grantor(&self) -> bool {
        self.denier().is_none_or(|denier| denier.policy == "identity-based policy" && !denier.forbids)
    }

    /// A role that does not exist has neither the path nor the boundary that the grantor's policy asks for.
    fn may_not_exist(&self) -> bool {
        self.boundary == Boundary::Unknown && self.is_by_grantor()
    }

    fn reason(&self) -> String {
        let fault = self.boundary.fault().filter(|_| self.is_by_grantor());
        match (fault, self.denier()) {
            (Some(fault), _) => format!("{fault}, and jit-grantor may change only roles with a ceiling"),
            (None, Some(denier)) if self.may_not_exist() => {
                format!("{}; the role may not exist", denier.sentence(&self.action))
            }
            (None, Some(denier)) => denier.sentence(&self.action),
            (None, None) => self.why.escape_debug().to_string(),
        }
    }
}

impl IamError {
    /// Whether AWS gave a reason that does not go away by itself. Then the people of the request are told.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::NotShown { .. } | Self::Unreachable { .. })
    }

    /// The role, or the account.
    pub fn role(&self) -> &RoleArn {
        match self {
            Self::Full(full) => &full.role,
            Self::Denied(denial) => &denial.role,
            Self::NoRole { role }
            | Self::Malformed { role, .. }
            | Self::Refused { role, .. }
            | Self::NotShown { role, .. }
            | Self::Unreachable { role, .. } => role,
        }
    }
}

impl Explain for IamError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotShown { .. } | Self::Unreachable { .. } => Kind::Failed,
            _ => Kind::Refused,
        }
    }

    fn why(&self) -> Vec<String> {
        let Self::Full(full) = self else { return Vec::new() };
        let policies = full.by_length();
        let mut why: Vec<String> = policies
            .iter()
            .take(NAMED)
            .map(|(name, characters)| match request_of(name) {
                Some(request) => format!("request {} uses {characters} characters", request.short([])),
                None => format!("the policy {}, which is no grant, uses {characters}", name.escape_debug()),
            })
            .collect();
        if policies.len() > NAMED {
            why.push(format!("{} more use the rest", policies.len() - NAMED));
        }
        why
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NoRole { .. } => Next::list([
                "deploy the role, or correct `role` and `accounts` of the access in the policy; IAM compares upper and lower case",
            ]),
            Self::Full(full) => {
                let longest = full.by_length().into_iter().find_map(|(name, _)| request_of(name));
                let look = longest.map(|id| Next::Run {
                    command: format!("requests {}", id.short([])).into(),
                    does: "shows the longest of its grants".into(),
                });
                let mut next: Vec<Next> = look.into_iter().collect();
                next.push(Next::words(
                    "revoke grants that nobody needs any more, or wait until one ends; then approve again",
                ));
                next.push(Next::words(Limit::Inline.advice()));
                next
            }
            Self::Malformed { .. } => vec![
                Next::Run { command: "policy check FILE".into(), does: "finds what is wrong".into() },
                Next::words("correct `allow` and `networks` of the access in the policy"),
            ],
            Self::Denied(denial) => vec![Next::words(denial.advice())],
            Self::Refused { .. } => {
                Next::list(["compare the role and jit-grantor with what `jit policy render` prints for them"])
            }
            Self::NotShown { .. } => vec![
                Next::words("wait a minute: nothing is lost, and the next command that applies continues"),
                Next::TryAgain,
            ],
            Self::Unreachable { .. } => vec![Next::Network(None), Next::TryAgain],
        }
    }
}

impl IamDenial {
    fn advice(&self) -> String {
        let Self { action, boundary, .. } = self;
        if boundary.fault().is_some() && self.is_by_grantor() {
            return "set the permissions boundary of the role to policy/jit-ceiling-NAME, as it was deployed"
                .to_owned();
        }
        if self.may_not_exist() {
            return "check that the role exists under this path, and compare the policy of jit-grantor in that account with what \
                    `jit policy render` prints for it"
                .to_owned();
        }
        match self.denier() {
            Some(Denier { policy: "service control policy", forbids: true }) => format!(
                "have the guard rail exempt the exact ARN of jit-grantor in that account: a service control policy must not forbid {action} to it"
            ),
            Some(Denier { policy: "service control policy", .. }) => {
                format!("have the service control policies of that account allow {action}")
            }
            Some(Denier { policy: "permissions boundary", .. }) => {
                format!("have the permissions boundary of jit-grantor allow {action}, or remove it")
            }
            Some(Denier { policy: "identity-based policy", .. }) | None => {
                "compare the policy of jit-grantor in that account with what `jit policy render` prints for it".to_owned()
            }
            Some(Denier { policy, .. }) => format!("have the {policy} allow {action} to jit-grantor"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/jit/pay-admin";

    fn words(error: &IamError) -> Vec<String> {
        let next = error.next().into_iter().map(|next| match next {
            Next::Do(words) => words.into_owned(),
            Next::Run { command, does } => format!("jit {command}  {does}"),
            other => format!("{other:?}"),
        });
        std::iter::once(error.to_string()).chain(error.why()).chain(next).collect()
    }

    #[test]
    fn a_full_role_says_what_fills_it() {
        let ids: Vec<String> =
            (1..=6).map(|n| format!("jit-019ac9f2-7a1b-7c3d-8e4f-01234567890{n}")).collect();
        let mut policies: Vec<_> = ids.iter().map(|name| (name.clone(), 1_500)).collect();
        policies[3].1 = 2_000;
        policies.push(("admin".to_owned(), 700));
        let words =
            words(&IamError::Full(Box::new(FullRole { role: ROLE.to_owned(), needs: 300, policies })));
        assert_eq!(
            words[0],
            format!(
                "{ROLE} has no room for this grant: its inline policies have 10200 of 10240 characters, and this one needs 300"
            )
        );
        let short = request_of(&ids[3]).unwrap().short([]);
        assert_eq!(words[1], format!("request {short} uses 2000 characters"));
        assert_eq!(words[6], "2 more use the rest");
        assert_eq!(words[7], format!("jit requests {short}  shows the longest of its grants"));
        let policies = vec![("admin\u{1b}".to_owned(), 10_000)];
        let foreign = IamError::Full(Box::new(FullRole { role: ROLE.to_owned(), needs: 300, policies }));
        assert_eq!(foreign.why(), ["the policy admin\\u{1b}, which is no grant, uses 10000"]);
    }

    #[test]
    fn each_denial_has_its_own_explanation_and_next_step() {
        let identity = "because no identity-based policy allows the iam:PutRolePolicy action";
        let other = || Boundary::Other("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        for (why, boundary, reason, next) in [
            (
                identity,
                Boundary::None,
                "the role has no permissions boundary, and jit-grantor may",
                "set the permissions boundary",
            ),
            (
                identity,
                other(),
                "its permissions boundary is arn:aws:iam::aws:policy/AdministratorAccess, no",
                "set the permissions boundary",
            ),
            (
                identity,
                Boundary::Ceiling,
                "no identity-based policy allows iam:PutRolePolicy",
                "compare the policy of jit-grantor",
            ),
            (
                identity,
                Boundary::Unknown,
                "no identity-based policy allows iam:PutRolePolicy; the role may not exist",
                "check that the role exists",
            ),
            (
                "with an explicit deny in a service control policy",
                Boundary::None,
                "a service control policy forbids iam:PutRolePolicy",
                "have the guard rail exempt",
            ),
            (
                "because no service control policy allows the x action",
                Boundary::Ceiling,
                "no service control policy allows",
                "have the service control policies",
            ),
            (
                "because no permissions boundary allows the x action",
                Boundary::Ceiling,
                "no permissions boundary allows",
                "have the permissions boundary of jit-grantor",
            ),
            (
                "with an explicit deny in an identity-based policy",
                Boundary::None,
                "an identity-based policy forbids",
                "compare the policy of jit-grantor",
            ),
            (
                "with an explicit deny in a resource control policy",
                Boundary::Ceiling,
                "a resource control policy forbids",
                "have the resource control policy allow",
            ),
            ("no\u{1b}[2J", Boundary::Ceiling, "no\\u{1b}[2J", "compare the policy of jit-grantor"),
            ("", Boundary::None, "the role has no permissions boundary", "set the permissions boundary"),
        ] {
            let (role, action, why) = (ROLE.to_owned(), "iam:PutRolePolicy".to_owned(), why.to_owned());
            let words = words(&IamError::Denied(Box::new(IamDenial { role, action, why, boundary })));
            let start = format!("AWS denied iam:PutRolePolicy on {ROLE}: {reason}");
            assert!(words[0].starts_with(&start), "{words:?}");
            assert!(words[1].starts_with(next), "{words:?}");
        }
    }

    #[test]
    fn what_may_pass_is_no_refusal() {
        let role = || ROLE.to_owned();
        let why = || "x".to_owned();
        for (error, is_refusal) in [
            (IamError::NoRole { role: role() }, true),
            (IamError::Malformed { role: role(), why: why() }, true),
            (IamError::Refused { role: role(), why: why() }, true),
            (IamError::NotShown { role: role(), what: "x" }, false),
            (IamError::Unreachable { role: role(), why: why() }, false),
        ] {
            assert_eq!((error.is_refusal(), error.role().as_str()), (is_refusal, ROLE));
            assert_eq!(error.kind() == Kind::Refused, is_refusal);
            assert!(!error.next().is_empty());
        }
    }
}
