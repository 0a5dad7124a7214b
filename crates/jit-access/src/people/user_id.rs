//! The `aws:userid` of a role session, by which AWS identifies the author of an object.

use std::fmt;
use std::str::FromStr;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name::is_session_name;

use crate::policy::read::is_role_id;

/// `aws:userid` of a session: the role's unique id and the session's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId {
    text: Box<str>,
    colon: usize,
}

/// Why a text is not the `aws:userid` of a role session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the user id of a role's session: AROA…:SESSION-NAME")]
pub struct NotAUserId;

impl Explain for NotAUserId {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(
            "use a role of the deployment: an IAM user or the root user cannot write to the ledger",
        )]
    }
}

impl UserId {
    /// The role's unique id, `AROA…`.
    pub fn role_id(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The session's name.
    pub fn session_name(&self) -> &str {
        &self.text[self.colon + 1..]
    }

    /// As AWS writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for UserId {
    type Err = NotAUserId;

    fn from_str(text: &str) -> Result<Self, NotAUserId> {
        let (role_id, session) = text.split_once(':').ok_or(NotAUserId)?;
        if !is_role_id(role_id) || !is_session_name(session) {
            return Err(NotAUserId);
        }
        Ok(Self { text: text.into(), colon: role_id.len() })
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids() {
        let id: UserId = "AROAHUB4567890EXAMPLE:bob@corp.com".parse().unwrap();
        assert_eq!((id.role_id(), id.session_name()), ("AROAHUB4567890EXAMPLE", "bob@corp.com"));
        for wrong in [
            "",
            "bob@corp.com",
            "AIDAHUB4567890EXAMPLE",
            "AROAHUB4567890EXAMPLE:",
            "AROAHUB4567890EXAMPLE:b",
            "AROAHUB4567890EXAMPLE:a:bob",
            "AROAHUB4567890EXAMPLE:a/bob",
            "AROAHUB4567890EXAMPLE:bo*",
            "AROA:bob@corp.com",
            "aroahub4567890example:bob@corp.com",
            "AROAHUB4567890EXAMPLE:bob\u{441}",
        ] {
            assert_eq!(wrong.parse::<UserId>(), Err(NotAUserId), "{wrong}");
        }
    }
}
