//! Role ARNs and the partitions that they belong to. Facts: AWS's `partitions.json` and the IAM reference on
//! ARNs.

use std::fmt;
use std::str::FromStr;

use crate::name;

/// The ARN of an IAM role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn(String);

/// Why a text is not a role ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// It does not have the six parts of an ARN, names no role, or is longer than the 2,048 characters that
    /// STS accepts.
    #[error("not an ARN: an ARN looks like arn:aws:iam::111111111111:role/NAME")]
    Shape,
    /// AWS has no such partition.
    #[error("`{0}` is not a partition: use one of {known}", known = Partition::names())]
    Partition(String),
    /// The account is not twelve digits.
    #[error("the account `{0}` is not twelve digits")]
    Account(String),
    /// An ARN of something else.
    #[error("this is the ARN of {0}, not of an IAM role")]
    NotARole(String),
    /// It has a character that IAM names, or their paths, cannot have.
    #[error("the role name contains `{}`, which IAM does not allow in names", .0.escape_default())]
    Character(char),
    /// The name or its path is longer than IAM allows.
    #[error("the role's name is longer than the 64 characters that IAM allows, or its path longer than 512")]
    Long,
}

impl RoleArn {
    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The twelve digits of the account.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// The role's name without its path.
    pub fn role_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The partition of the role.
    pub fn partition(&self) -> Partition {
        let name = self.0.split(':').nth(1).unwrap_or_default();
        Partition::named(name).unwrap_or(Partition::Aws)
    }
}

impl FromStr for RoleArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return Err(ArnError::Shape);
        };
        if Partition::named(partition).is_none() {
            return Err(ArnError::Partition(partition.to_owned()));
        }
        if service != "iam" || !region.is_empty() || !resource.starts_with("role/") {
            let what = resource.split(['/', ':']).next().unwrap_or(resource);
            return Err(ArnError::NotARole(format!("`{service}` `{what}`")));
        }
        if !name::is_account_id(account) {
            return Err(ArnError::Account(account.to_owned()));
        }
        // With the slash before it, which starts the path.
        let whole = &resource["role".len()..];
        let (path, role) = whole.split_at(whole.rfind('/').map_or(0, |slash| slash + 1));
        if role.is_empty() || text.len() > 2048 {
            return Err(ArnError::Shape);
        }
        let bad = path.chars().find(|c| !c.is_ascii_graphic());
        let bad = bad.or_else(|| role.chars().find(|c| !name::is_iam_character(*c)));
        match bad {
            Some(character) => Err(ArnError::Character(character)),
            None if name::is_role(role) && name::is_role_path(path) => Ok(Self(text.to_owned())),
            None => Err(ArnError::Long),
        }
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` is the ARN of a SAML provider in `account`.
pub fn is_saml_provider_of(text: &str, account: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", own, resource] = parts[..] else { return false };
    Partition::named(partition).is_some()
        && own == account
        && resource.strip_prefix("saml-provider/").is_some_and(name::is_saml_provider)
}

/// Whether `url` is where AWS accepts SAML responses: `/saml`, or `/saml/acs/ID` of a SAML provider with
/// encryption, on the sign-in host of a partition or of one of its regions (AWS Sign-In endpoints; hosts by
/// the endpoint rules of AWS's SDKs for the service `signin`).
pub fn is_sign_in_endpoint(url: &str) -> bool {
    let Some((host, path)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let region = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let own = |domain: &str| match host.strip_suffix(domain) {
        Some("") => true,
        Some(before) => {
            before.strip_suffix('.').is_some_and(|name| !name.is_empty() && name.bytes().all(region))
        }
        None => false,
    };
    let id = path.strip_prefix("saml/acs/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
    (path == "saml" || id) && TABLE.iter().any(|row| own(row.5))
}

/// Whether `text` is a valid region, which becomes a part of host names.
pub fn is_region(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.ends_with('-')
}

/// A row of [`TABLE`].
type Row = (
    Partition,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// A separate set of AWS regions with its own accounts and hosts. A role of one cannot assume a role of
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are AWS's own; `TABLE` is their documentation")]
pub enum Partition {
    Aws,
    China,
    GovCloud,
    EuropeanSovereign,
    Iso,
    IsoB,
    IsoE,
    IsoF,
}

/// Partition, name in ARNs, prefixes of its region names, the region of STS if none is configured, the suffix
/// of its host names, its sign-in host, the host of its console (empty if AWS does not document it).
const TABLE: [Row; 8] = [
    (
        Partition::China,
        "aws-cn",
        &["cn-"],
        "cn-north-1",
        "amazonaws.com.cn",
        "signin.amazonaws.cn",
        "console.amazonaws.cn",
    ),
    (
        Partition::GovCloud,
        "aws-us-gov",
        &["us-gov-"],
        "us-gov-west-1",
        "amazonaws.com",
        "signin.amazonaws-us-gov.com",
        "console.amazonaws-us-gov.com",
    ),
    (
        Partition::EuropeanSovereign,
        "aws-eusc",
        &["eusc-"],
        "eusc-de-east-1",
        "amazonaws.eu",
        "signin.amazonaws-eusc.eu",
        "console.amazonaws-eusc.eu",
    ),
    (Partition::Iso, "aws-iso", &["us-iso-"], "us-iso-east-1", "c2s.ic.gov", "signin.c2shome.ic.gov", ""),
    (
        Partition::IsoB,
        "aws-iso-b",
        &["us-isob-"],
        "us-isob-east-1",
        "sc2s.sgov.gov",
        "signin.sc2shome.sgov.gov",
        "",
    ),
    (
        Partition::IsoE,
        "aws-iso-e",
        &["eu-isoe-"],
        "eu-isoe-west-1",
        "cloud.adc-e.uk",
        "signin.csphome.adc-e.uk",
        "",
    ),
    (
        Partition::IsoF,
        "aws-iso-f",
        &["us-isof-"],
        "us-isof-south-1",
        "csp.hci.ic.gov",
        "signin.csphome.hci.ic.gov",
        "",
    ),
    (
        Partition::Aws,
        "aws",
        &["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"],
        "us-east-1",
        "amazonaws.com",
        "signin.aws.amazon.com",
        "console.aws.amazon.com",
    ),
];

impl Partition {
    /// The partition whose name in ARNs is `name`.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The partition of a region. A region name of an unknown form counts as the commercial one, so that a
    /// region opened tomorrow works today.
    pub fn of_region(region: &str) -> Self {
        let known = TABLE.iter().find(|row| row.2.iter().any(|prefix| region.starts_with(prefix)));
        known.map_or(Self::Aws, |row| row.0)
    }

    /// The name in ARNs.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The region of STS if nothing names one.
    pub fn default_region(self) -> &'static str {
        self.row().3
    }

    /// The suffix of its services' host names, as in `sts.REGION.amazonaws.com`.
    pub fn dns_suffix(self) -> &'static str {
        self.row().4
    }

    /// The same for dual-stack hosts (botocore's `partitions.json`).
    pub fn dual_stack_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::GovCloud => "api.aws",
            Self::China => "api.amazonwebservices.com.cn",
            Self::EuropeanSovereign => "api.amazonwebservices.eu",
            Self::Iso => "api.aws.ic.gov",
            Self::IsoB => "api.aws.scloud",
            Self::IsoE => "api.cloud-aws.adc-e.uk",
            Self::IsoF => "api.aws.hci.ic.gov",
        }
    }

    /// The host of the sign-in page for `region` (AWS Sign-In endpoints). The regional ones keep working if
    /// the partition's first region does not.
    pub fn sign_in_host(self, region: &str) -> String {
        let plain =
            matches!(self, Self::Aws | Self::China | Self::GovCloud) && region == self.default_region();
        if plain { self.row().5.to_owned() } else { format!("{region}.{}", self.row().5) }
    }

    /// The host of the sign-in page, which a region may be prefixed to.
    pub fn sign_in_domain(self) -> &'static str {
        self.row().5
    }

    /// The host of the console; a region is prefixed to it. `None` if AWS does not document it.
    pub fn console_host(self) -> Option<&'static str> {
        Some(self.row().6).filter(|host| !host.is_empty())
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[7])
    }

    fn names() -> String {
        TABLE.map(|row| row.1).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_parts_of_a_role_arn() {
        let arn: RoleArn = "arn:aws-cn:iam::222222222222:role/team/admin".parse().unwrap();
        assert_eq!(
            (arn.account(), arn.role_name(), arn.partition()),
            ("222222222222", "admin", Partition::China)
        );
        assert_eq!(arn.partition().default_region(), "cn-north-1");
        // A path may contain everything that a shell acts on; a name has only IAM's own few characters.
        for whole in ["Az09+=,.@_-", "a/$(b);c/d", "service-role/x"] {
            let arn: RoleArn = format!("arn:aws:iam::222222222222:role/{whole}").parse().unwrap();
            assert_eq!(Some(arn.role_name()), whole.rsplit('/').next());
        }
    }

    #[test]
    fn refuses_what_is_not_a_role_arn() {
        let cases = [
            ("admin", "not an ARN"),
            ("arn:aws:iam::222222222222", "not an ARN"),
            ("arn:aws:iam::222222222222:role/", "not an ARN"),
            ("arn:amazon:iam::222222222222:role/a", "`amazon` is not a partition"),
            ("arn:aws:iam::2222:role/a", "`2222` is not twelve digits"),
            ("arn:aws:iam::222222222222:user/a", "`iam` `user`"),
            ("arn:aws:sts::222222222222:assumed-role/a/b", "`sts` `assumed-role`"),
            ("arn:aws:iam::222222222222:role/a b", "contains ` `"),
            ("arn:aws:iam::222222222222:role/a\n", "contains `\\n`"),
            ("arn:aws:iam::222222222222:role/$(touch${IFS}pwned)", "contains `$`"),
            ("arn:aws:iam::222222222222:role/a`b`", "contains ```"),
            ("arn:aws:iam::222222222222:role/a;b", "contains `;`"),
            ("arn:aws:iam::222222222222:role/é", "contains `\\u{e9}`"),
            ("arn:aws:iam::222222222222:role/a b/c", "contains ` `"),
            (
                "arn:aws:iam::222222222222:role/aaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg",
                "64",
            ),
        ];
        for (text, why) in cases {
            let error = text.parse::<RoleArn>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn sign_in_endpoints_are_aws_s_own() {
        let cases = [
            ("https://signin.aws.amazon.com/saml", true),
            ("https://eu-west-1.signin.aws.amazon.com/saml", true),
            ("https://EU-west-1.signin.AWS.amazon.com/saml?x", true),
            ("https://signin.amazonaws-us-gov.com/saml/acs/SAMLSPABC", true),
            ("https://cn-north-1.signin.amazonaws.cn/saml", true),
            ("https://eusc-de-east-1.signin.amazonaws-eusc.eu/saml", true),
            ("https://signin.aws.amazon.com/saml/", false),
            ("https://signin.aws.amazon.com/saml/acs/", false),
            ("https://signin.aws.amazon.com/console", false),
            ("http://signin.aws.amazon.com/saml", false),
            ("https://signin.aws.amazon.com:8443/saml", false),
            ("https://evil.example@signin.aws.amazon.com/saml", false),
            ("https://evilsignin.aws.amazon.com/saml", false),
            ("https://a.b.signin.aws.amazon.com/saml", false),
            ("https://signin.aws.amazon.com.evil.example/saml", false),
            ("https://.signin.aws.amazon.com/saml", false),
        ];
        for (url, expected) in cases {
            assert_eq!(is_sign_in_endpoint(url), expected, "{url}");
        }
    }

    #[test]
    fn knows_the_partition_of_a_region() {
        let cases = [
            ("eu-west-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-isob-east-1", "aws-iso-b"),
        ];
        for (region, partition) in cases {
            assert_eq!(Partition::of_region(region).name(), partition);
        }
    }
}
