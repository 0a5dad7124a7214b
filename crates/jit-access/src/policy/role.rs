//! The role of an access, and the sets of accounts it can be requested in.

use std::fmt;
use std::str::FromStr;

use jit_wire::arn::{ArnError, Partition, RoleArn};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name::is_account_id;

/// The ARN of a role on request, whose account may be left open (`*`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestRole {
    partition: &'static str,
    account: Option<String>,
    /// `/jit/pay-admin`.
    path_and_name: String,
}

/// Why a text is not the role of an access.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRoleError {
    /// Not the ARN of a role.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// A `*` anywhere except in place of the account.
    #[error("only the account of a role can be left open with *")]
    Wildcard,
    /// Under another path.
    #[error("roles on request have the path /jit/, and the roles of break-glass /jit-glass/")]
    Path,
}

impl Explain for RequestRoleError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::words(match self {
            Self::Arn(_) => "write the role's ARN: arn:aws:iam::111122223333:role/jit/NAME",
            Self::Wildcard => {
                "write * only in place of the account, and name the accounts in `accounts`: arn:aws:iam::*:role/jit/NAME"
            }
            Self::Path => {
                "create the role under the path /jit/, or /jit-glass/ for break-glass, and write that ARN"
            }
        })]
    }
}

impl RequestRole {
    /// The account, unless it is left open.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        Partition::named(self.partition).unwrap_or(Partition::Aws)
    }

    /// The path and the name: `/jit/pay-admin`.
    pub fn path_and_name(&self) -> &str {
        &self.path_and_name
    }

    /// The name without its path.
    pub fn role_name(&self) -> &str {
        self.path_and_name.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is a role of break-glass.
    pub fn is_glass(&self) -> bool {
        self.path_and_name.starts_with("/jit-glass/")
    }

    /// The ARN in `account`; `None` if the role is in another one.
    pub fn arn_in(&self, account: &str) -> Option<String> {
        let own = self.account.as_deref().unwrap_or(account);
        (own == account && is_account_id(account))
            .then(|| format!("arn:{}:iam::{account}:role{}", self.partition, self.path_and_name))
    }
}

impl FromStr for RequestRole {
    type Err = RequestRoleError;

    fn from_str(text: &str) -> Result<Self, RequestRoleError> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let open = parts.get(4) == Some(&"*");
        let arn: RoleArn = match parts.as_slice() {
            [arn, partition, service, region, "*", resource] => {
                format!("{arn}:{partition}:{service}:{region}:000000000000:{resource}").parse()?
            }
            _ => text.parse()?,
        };
        let path_and_name =
            arn.as_str().splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("role"));
        let path_and_name = path_and_name.unwrap_or_default().to_owned();
        if path_and_name.contains(['*', '?', '$']) {
            return Err(RequestRoleError::Wildcard);
        }
        if !["/jit/", "/jit-glass/"].iter().any(|path| path_and_name.starts_with(path)) {
            return Err(RequestRoleError::Path);
        }
        let account = (!open).then(|| arn.account().to_owned());
        Ok(Self { partition: arn.partition().name(), account, path_and_name })
    }
}

impl fmt::Display for RequestRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account.as_deref().unwrap_or("*");
        write!(f, "arn:{}:iam::{account}:role{}", self.partition, self.path_and_name)
    }
}

/// One account, or all of an organizational unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountSet {
    /// Twelve digits.
    Account(String),
    /// The id of an organizational unit or of the root, such as `ou-ab12-11111111` or `r-ab12`. The directory
    /// knows its accounts.
    Unit(String),
}

impl AccountSet {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(text) | Self::Unit(text) => text,
        }
    }
}

impl FromStr for AccountSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("ou-").or_else(|| text.strip_prefix("r-"));
        let plain = |rest: &str| {
            (1..=64).contains(&rest.len())
                && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        match rest {
            _ if is_account_id(text) => Ok(Self::Account(text.to_owned())),
            Some(rest) if plain(rest) => Ok(Self::Unit(text.to_owned())),
            _ => Err(format!(
                "`{}` is neither an account (12 digits) nor an organizational unit (ou-… or r-…)",
                text.escape_default()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_account_can_be_left_open() {
        let fixed: RequestRole = "arn:aws:iam::111122223333:role/jit/pay-admin".parse().unwrap();
        assert_eq!(
            (fixed.account(), fixed.role_name(), fixed.is_glass()),
            (Some("111122223333"), "pay-admin", false)
        );
        assert_eq!(fixed.arn_in("444455556666"), None);
        assert_eq!(fixed.arn_in("111122223333").as_deref(), Some(fixed.to_string().as_str()));
        let open: RequestRole = "arn:aws-cn:iam::*:role/jit-glass/team/admin".parse().unwrap();
        assert_eq!((open.account(), open.role_name(), open.is_glass()), (None, "admin", true));
        assert_eq!(
            open.arn_in("444455556666").as_deref(),
            Some("arn:aws-cn:iam::444455556666:role/jit-glass/team/admin")
        );
        assert_eq!(open.arn_in("44445555666"), None);
        assert_eq!(open.to_string(), "arn:aws-cn:iam::*:role/jit-glass/team/admin");
        for wrong in [
            "arn:aws:iam::*:role/jit/*",
            "arn:aws:iam::111122223333:role/jit/a*b/c",
            "arn:aws:iam::111122223333:role/jit/${aws:userid}/c",
            "arn:aws:iam::111122223333:role/other/admin",
            "arn:aws:iam::111122223333:role/jit",
            "arn:aws:iam::1111*:role/jit/x",
            "arn:*:iam::111122223333:role/jit/x",
            "jit/x",
            "",
        ] {
            assert!(wrong.parse::<RequestRole>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sets_of_accounts() {
        for (text, unit) in [("111122223333", false), ("ou-prod", true), ("ou-root", true), ("r-ab12", true)]
        {
            let set: AccountSet = text.parse().unwrap();
            assert_eq!((set.as_str(), matches!(set, AccountSet::Unit(_))), (text, unit));
        }
        for wrong in ["", "*", "ou-", "ou-*", "11112222333", "prod", "ou-A"] {
            assert!(wrong.parse::<AccountSet>().is_err(), "{wrong}");
        }
    }
}
