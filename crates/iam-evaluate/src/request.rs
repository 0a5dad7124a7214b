//! The request: who wants to do what with which resource, under which circumstances.

use std::fmt;

use crate::arn;

/// The caller.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// Its twelve digits.
        account: String,
    },
    /// An IAM user, by its ARN.
    User {
        /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
        arn: String,
    },
    /// A session of a role. Policies name the role, or the one session.
    Session {
        /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`
        role: String,
        /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`
        session: String,
    },
    /// A session of `sts:GetFederationToken`, by its ARN.
    FederatedUser {
        /// `arn:aws:sts::ACCOUNT:federated-user/NAME`
        arn: String,
    },
    /// A caller with a token of an identity provider and without AWS credentials (`sts:AssumeRoleWithSAML`,
    /// `sts:AssumeRoleWithWebIdentity`).
    Federated {
        /// The identity provider as written in policies: its ARN, or `accounts.google.com` and the like.
        provider: String,
    },
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service {
        /// As written in policies.
        name: String,
    },
    /// A caller without credentials.
    Anonymous,
}

/// Not an ARN of the kind that is needed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("not the ARN of {wanted}: {:?}", .arn.chars().take(80).collect::<String>())]
pub struct NotThatArn {
    wanted: &'static str,
    arn: String,
}

impl Principal {
    /// The session `name` of the role `role`, which is the role's full ARN with its path.
    ///
    /// # Errors
    /// If `role` is not the ARN of a role.
    pub fn session(role: &str, name: &str) -> Result<Self, NotThatArn> {
        let wrong = || NotThatArn { wanted: "a role", arn: role.to_owned() };
        let [_, partition, "iam", "", account, path] = arn::parts(role).ok_or_else(wrong)? else {
            return Err(wrong());
        };
        let path = path.strip_prefix("role/").filter(|path| !path.is_empty()).ok_or_else(wrong)?;
        let last = path.rsplit('/').next().unwrap_or(path);
        let session = format!("arn:{partition}:sts::{account}:assumed-role/{last}/{name}");
        Ok(Self::Session { role: role.to_owned(), session })
    }

    /// The IAM user, federated user or root user whose ARN this is.
    ///
    /// # Errors
    /// If it is the ARN of another kind. (The ARN of a session does not contain the path of its role:
    /// [`Self::session`].)
    pub fn from_arn(text: &str) -> Result<Self, NotThatArn> {
        let wrong = || NotThatArn { wanted: "a user", arn: text.to_owned() };
        match arn::parts(text).ok_or_else(wrong)? {
            [_, _, "iam", "", account, "root"] => Ok(Self::Root { account: account.to_owned() }),
            [_, _, "iam", "", _, user] if user.starts_with("user/") => {
                Ok(Self::User { arn: text.to_owned() })
            }
            [_, _, "sts", "", _, user] if user.starts_with("federated-user/") => {
                Ok(Self::FederatedUser { arn: text.to_owned() })
            }
            _ => Err(wrong()),
        }
    }

    /// The account it belongs to. Services, tokens and anonymous callers belong to none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account } => Some(account),
            Self::User { arn } | Self::FederatedUser { arn } | Self::Session { session: arn, .. } => {
                arn::account(arn)
            }
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The value of the condition key `aws:PrincipalArn`: for a session, the role.
    #[must_use]
    pub fn arn(&self) -> Option<String> {
        match self {
            Self::Root { account } => Some(format!("arn:aws:iam::{account}:root")),
            Self::User { arn } | Self::FederatedUser { arn } | Self::Session { role: arn, .. } => {
                Some(arn.clone())
            }
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { account } => write!(f, "the root user of {}", account.escape_debug()),
            Self::User { arn: name }
            | Self::FederatedUser { arn: name }
            | Self::Session { session: name, .. }
            | Self::Federated { provider: name }
            | Self::Service { name } => write!(f, "{}", name.escape_debug()),
            Self::Anonymous => f.write_str("somebody without credentials"),
        }
    }
}

/// One call, as AWS would authorise it. An API call can need several: one for each action and resource.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) principal: Principal,
    pub(crate) action: String,
    /// The action in lower case: action names are compared case-insensitively.
    pub(crate) lower_action: String,
    pub(crate) resource: String,
    pub(crate) account: Option<String>,
    /// Keys in lower case, sorted.
    context: Vec<(String, Vec<String>)>,
}

impl Request {
    /// `principal` wants to do `action` (`s3:GetObject`) with `resource`: its ARN, or `*` if the action has
    /// none. The resource is in the account that its ARN names; if the ARN names none, see
    /// [`Self::in_account`].
    ///
    /// The keys `aws:PrincipalArn` and `aws:PrincipalAccount` follow from `principal`; all others are set
    /// with [`Self::with`].
    #[must_use]
    pub fn new(principal: Principal, action: &str, resource: &str) -> Self {
        let request = Self {
            action: action.to_owned(),
            lower_action: action.to_lowercase(),
            resource: resource.to_owned(),
            account: arn::account(resource).map(str::to_owned),
            context: Vec::new(),
            principal,
        };
        let arn = request.principal.arn();
        let account = request.principal.account().map(str::to_owned);
        let request = match arn {
            Some(arn) => request.with("aws:PrincipalArn", [arn]),
            None => request,
        };
        match account {
            Some(account) => request.with("aws:PrincipalAccount", [account]),
            None => request,
        }
    }

    /// The account that owns the resource. Without it, a resource whose ARN names no account belongs to nobody, so it is
    /// in another account than the principal.
    #[must_use]
    pub fn in_account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Sets a condition key; its name is case-insensitive. Without any value the key counts as absent.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let key = key.to_lowercase();
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        match self.context.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => self.context[at].1 = values,
            Err(at) => self.context.insert(at, (key, values)),
        }
        self
    }

    /// The values of a condition key, named in lower case; never an empty list.
    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        let at = self.context.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        Some(self.context[at].1.as_slice()).filter(|values| !values.is_empty())
    }

    /// The value of a condition key that has exactly one.
    pub(crate) fn single_value(&self, key: &str) -> Option<&str> {
        match self.values(key)? {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether principal and resource are in one account.
    pub(crate) fn is_same_account(&self) -> bool {
        self.account.is_some() && self.principal.account() == self.account.as_deref()
    }
}
