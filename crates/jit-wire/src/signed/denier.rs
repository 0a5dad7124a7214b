//! Which policy denied a call, as far as AWS says.

/// The kinds of policy that AWS names in `because no … allows` and `with an explicit deny in a …` (IAM User Guide,
/// "Troubleshoot access denied error messages").
const POLICIES: [&str; 8] = [
    "identity-based policy",
    "resource-based policy",
    "role trust policy",
    "permissions boundary",
    "session policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
];

/// The policy that denied a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denier {
    /// The kind of policy, in AWS's words.
    pub policy: &'static str,
    /// It denies explicitly, and does not merely lack a permission.
    pub forbids: bool,
}

impl Denier {
    /// Reads AWS's message. `None` if it names no policy.
    pub fn of(message: &str) -> Option<Self> {
        let markers = [
            ("because no ", false),
            ("with an explicit deny in an ", true),
            ("with an explicit deny in a ", true),
        ];
        let (rest, forbids) = markers
            .into_iter()
            .find_map(|(marker, forbids)| message.split_once(marker).map(|(_, rest)| (rest, forbids)))?;
        let policy = POLICIES.into_iter().find(|policy| rest.starts_with(policy))?;
        Some(Self { policy, forbids })
    }

    /// Who denied what: `a service control policy forbids iam:PutRolePolicy`.
    pub fn sentence(self, action: &str) -> String {
        let Self { policy, forbids } = self;
        let article = if policy.starts_with('i') { "an" } else { "a" };
        if forbids {
            format!("{article} {policy} forbids {action}")
        } else {
            format!("no {policy} allows {action}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_that_denied_is_read() {
        let start = "User: arn:x is not authorized to perform: iam:PutRolePolicy on resource: role pay-admin";
        for (end, sentence) in [
            (
                "because no identity-based policy allows the iam:PutRolePolicy action",
                Some("no identity-based policy allows a:B"),
            ),
            (
                "with an explicit deny in a service control policy",
                Some("a service control policy forbids a:B"),
            ),
            (
                "with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x",
                Some("an identity-based policy forbids a:B"),
            ),
            ("because no permissions boundary allows the action", Some("no permissions boundary allows a:B")),
            ("because no new kind of policy allows it", None),
            ("", None),
        ] {
            let found = Denier::of(&format!("{start} {end}")).map(|denier| denier.sentence("a:B"));
            assert_eq!(found.as_deref(), sentence, "{end}");
        }
    }
}
