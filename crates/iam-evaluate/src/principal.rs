//! `Principal` and `NotPrincipal`: whom a resource policy names, and how closely.

use crate::arn;
use crate::condition::clip;
use crate::json::Json;
use crate::request::Principal;

/// How closely a policy names a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NamedAs {
    /// By its account, which may then allow it with its own policies.
    Account,
    /// By the role of a session: the role's boundary and the session's policies limit such a grant.
    Role,
    /// Itself, or everybody: only an explicit Deny (and the organisation) limits such a grant.
    Itself,
}

/// One member of `Principal`.
#[derive(Debug, Clone, PartialEq)]
enum Member {
    Everybody,
    Account(String),
    Arn(String),
    Service(String),
    Federated(String),
    /// The canonical id of an S3 account, which no request here has.
    Canonical,
}

/// The members of `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Members(Vec<Member>);

impl Members {
    pub(crate) fn parse(json: &Json) -> Result<Self, String> {
        let mut members = Vec::new();
        match json {
            Json::Text(text) if text == "*" => members.push(Member::Everybody),
            Json::Object(kinds) => {
                for (kind, names) in kinds {
                    let names = match names {
                        Json::Text(_) => std::slice::from_ref(names),
                        Json::List(names) => names,
                        _ => return Err(format!("{:?} is neither a string nor a list", clip(kind))),
                    };
                    for name in names {
                        let Json::Text(name) = name else {
                            return Err("a principal must be a string".to_owned());
                        };
                        members.push(member(kind, name)?);
                    }
                }
            }
            _ => return Err("neither \"*\" nor an object".to_owned()),
        }
        if members.is_empty() {
            return Err("names nobody".to_owned());
        }
        Ok(Self(members))
    }

    /// How closely `principal` is named, if it is.
    pub(crate) fn name(&self, principal: &Principal) -> Option<NamedAs> {
        self.0.iter().filter_map(|member| named_by(member, principal)).max()
    }

    /// Whether a Deny with these members in `NotPrincipal` exempts `principal`: all its names must be
    /// members, that is its account, for a session its role, and itself.
    pub(crate) fn spares(&self, principal: &Principal) -> bool {
        let names: Vec<NamedAs> = self.0.iter().filter_map(|member| named_by(member, principal)).collect();
        if self.0.contains(&Member::Everybody) {
            return true;
        }
        let has = |wanted: NamedAs| names.contains(&wanted);
        match principal {
            Principal::Session { .. } => has(NamedAs::Account) && has(NamedAs::Role) && has(NamedAs::Itself),
            Principal::User { .. } | Principal::FederatedUser { .. } => {
                has(NamedAs::Account) && has(NamedAs::Itself)
            }
            _ => has(NamedAs::Itself),
        }
    }
}

fn member(kind: &str, name: &str) -> Result<Member, String> {
    let wrong = |why: &str| Err(format!("{why}: {:?}", clip(name)));
    if name.is_empty() {
        return wrong("a principal without a name");
    }
    match kind {
        "AWS" if name == "*" => Ok(Member::Everybody),
        "AWS" if name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Member::Account(name.to_owned()))
        }
        "AWS" if name.contains(['*', '?']) => wrong("wildcards are not allowed in a principal"),
        "AWS" => match arn::parts(name) {
            Some([_, _, "iam", "", account, "root"]) if !account.is_empty() => {
                Ok(Member::Account(account.to_owned()))
            }
            Some([_, _, "iam" | "sts", "", account, _]) if !account.is_empty() => {
                Ok(Member::Arn(name.to_owned()))
            }
            // The former id of a deleted user or role, which AWS leaves in a policy.
            None if name.starts_with("AIDA") || name.starts_with("AROA") => Ok(Member::Canonical),
            _ => wrong("not a principal of AWS"),
        },
        "Service" if name.contains('*') => wrong("wildcards are not allowed in a principal"),
        "Service" => Ok(Member::Service(name.to_owned())),
        "Federated" if name.contains('*') => wrong("wildcards are not allowed in a principal"),
        "Federated" => Ok(Member::Federated(name.to_owned())),
        "CanonicalUser" => Ok(Member::Canonical),
        _ => Err(format!("unknown kind of principal: {:?}", clip(kind))),
    }
}

fn named_by(member: &Member, principal: &Principal) -> Option<NamedAs> {
    match (member, principal) {
        (Member::Everybody, _) => Some(NamedAs::Itself),
        (Member::Account(account), Principal::Root { account: own }) => {
            (account == own).then_some(NamedAs::Itself)
        }
        (Member::Account(account), _) => {
            (principal.account() == Some(account.as_str())).then_some(NamedAs::Account)
        }
        (Member::Arn(arn), Principal::User { arn: own } | Principal::FederatedUser { arn: own }) => {
            (arn == own).then_some(NamedAs::Itself)
        }
        (Member::Arn(arn), Principal::Session { role, session }) => {
            if arn == session {
                Some(NamedAs::Itself)
            } else {
                (arn == role).then_some(NamedAs::Role)
            }
        }
        (Member::Service(name), Principal::Service { name: own }) => (name == own).then_some(NamedAs::Itself),
        (Member::Federated(name), Principal::Federated { provider }) => {
            (name == provider).then_some(NamedAs::Itself)
        }
        _ => None,
    }
}
