//! What STS accepts as settings of a role, checked before anybody has to sign in (STS API reference,
//! AssumeRole and AssumeRoleWithWebIdentity). The tables of `config.toml` and the profiles of AWS's files go
//! through the same checks.

mod proof;
mod sign_in;

use super::file::{Parent, RoleSection, Target};
use super::idp::{CENTER_START_URL, CenterSection};
use super::urls::Rule;
use crate::plan::{COLORS, DURATION_RANGE};
use jit_wire::arn::{Partition, is_region};
use jit_wire::name;
use jit_wire::section::{At, Mistake, Section};

pub(super) use proof::ProofKind;
pub(super) use sign_in::{contexts, of_sign_in};

/// The file whose key names a message uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `config.toml`.
    Ours,
    /// A profile of AWS's files.
    Aws,
}

impl Dialect {
    /// The name of a role's setting in these files.
    fn key(self, ours: &'static str) -> &'static str {
        match (self, ours) {
            (Self::Aws, "session_name") => "role_session_name",
            (Self::Aws, "permission_set") => "sso_role_name",
            _ => ours,
        }
    }
}

/// Checks every setting of `role`, which is in `section`. `proof` is what the IdP of a hub role provides.
///
/// # Errors
/// The first [`Mistake`], with its place and the valid values.
pub(super) fn check(
    section: &Section<'_>,
    role: &RoleSection,
    proof: Option<ProofKind>,
) -> Result<(), Mistake> {
    // Keys that do not belong there come first: nobody should correct a value and then be told to delete it.
    let refused = proof::misplaced(role, proof).or_else(|| of_role(role, Dialect::Ours));
    if let Some(RefusedSetting { line, what, next, .. }) = refused {
        return Err(section.mistake_at(line, what, Some(next)));
    }
    match role.color.as_ref().filter(|color| !COLORS.contains(&color.as_str())) {
        Some(color) => Err(section.mistake(
            format!("`{color}` is not a color"),
            Some(format!("valid names: {}", COLORS.join(", "))),
        )),
        None => Ok(()),
    }
}

/// What STS or Identity Center would refuse of a role's values, in either kind of file.
pub(super) fn of_role(role: &RoleSection, dialect: Dialect) -> Option<RefusedSetting> {
    let checks = [
        assigned,
        duration,
        names,
        provider_arn,
        external_id,
        mfa_serial,
        tags,
        transitive_tags,
        policy,
        policy_arns,
        region,
    ];
    checks.into_iter().find_map(|check| check(role, dialect)).map(|refused| refused.for_dialect(dialect))
}

/// What is wrong with a region.
pub(super) fn of_region(region: &At<String>, dialect: Dialect) -> Option<RefusedSetting> {
    Some(not_a_region(region, "such as eu-west-1")?.for_dialect(dialect))
}

/// What is wrong with the region of a ledger.
pub(super) fn of_ledger_region(region: &At<String>) -> Option<RefusedSetting> {
    not_a_region(region, "such as eu-west-1")
}

/// What is wrong with an Identity Center.
pub(super) fn of_center(center: &CenterSection, dialect: Dialect) -> Option<RefusedSetting> {
    let start_url = Rule::idp_url(CENTER_START_URL).refuse(&center.start_url);
    let key = "the region of Identity Center, such as eu-west-1";
    let refused = start_url.or_else(|| not_a_region(&center.region, key))?;
    Some(refused.for_dialect(dialect))
}

/// A setting that AWS would refuse.
#[derive(Debug)]
pub(super) struct RefusedSetting {
    /// The line of the setting.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) what: String,
    /// The valid values.
    pub(super) next: String,
    /// The value, if it is a text and the value is what is wrong.
    value: Option<String>,
}

impl RefusedSetting {
    /// A setting that is wrong for another reason than its value.
    pub(super) fn new(line: usize, what: String, next: impl Into<String>) -> Self {
        Self { line, what, next: next.into(), value: None }
    }

    /// A setting whose value is wrong.
    pub(super) fn value(line: usize, value: &str, what: String, next: impl Into<String>) -> Self {
        Self { value: Some(value.to_owned()), ..Self::new(line, what, next) }
    }

    /// Adds what people get wrong in AWS's files: quotes and comments after a value are part of it there.
    fn for_dialect(mut self, dialect: Dialect) -> Self {
        let Some(value) = self.value.as_ref().filter(|_| dialect == Dialect::Aws) else { return self };
        if value.starts_with(['"', '\'']) {
            self.next.push_str("; in AWS's files quotes become part of the value, so write none");
        } else if value.contains(" #") || value.contains(" ;") {
            self.next.push_str("; in AWS's files a comment needs its own line");
        }
        self
    }
}

/// A [`RefusedSetting`] that is wrong for another reason than its value.
fn refused(line: usize, what: String, next: impl Into<String>) -> Option<RefusedSetting> {
    Some(RefusedSetting::new(line, what, next))
}

/// A setting whose value is not `expected`, such as "a region".
fn not_a(expected: &str, value: &str, line: usize, next: impl Into<String>) -> Option<RefusedSetting> {
    Some(RefusedSetting::value(line, value, format!("`{value}` is not {expected}"), next))
}

/// The partition of a role, as ARNs spell it.
fn partition(role: &RoleSection) -> &'static str {
    match &role.target {
        Target::Arn(arn) => arn.value.partition().name(),
        Target::Assigned { .. } | Target::Itself { .. } => Partition::Aws.name(),
    }
}

/// Whether all characters of `text` are ASCII letters, digits, underscores or `extra`, and their number is in
/// `length`.
fn is_word(text: &str, extra: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || extra.contains(c))
}

fn duration(role: &RoleSection, dialect: Dialect) -> Option<RefusedSetting> {
    let At { value, line } =
        role.duration.as_ref().filter(|duration| !DURATION_RANGE.contains(&duration.value))?;
    let next = match dialect {
        Dialect::Ours => "durations are from 15m to 12h",
        Dialect::Aws => "from 900 (15 min) to 43200 (12 h)",
    };
    refused(*line, format!("{value} s is not a duration that STS accepts"), next)
}

fn names(role: &RoleSection, dialect: Dialect) -> Option<RefusedSetting> {
    let names = [("session_name", &role.session_name), ("source_identity", &role.source_identity)];
    // An entry role whose IdP sends ID tokens can take its session name from one: other IdPs set it themselves.
    let takes_claims = dialect == Dialect::Ours && matches!(role.parent, Parent::Idp(_));
    let is_claim =
        |key: &str, value: &str| takes_claims && key == "session_name" && name::claim_of(value).is_some();
    names.into_iter().find_map(|(key, name)| {
        let At { value, line } = name
            .as_ref()
            .filter(|name| !name::is_session_name(&name.value) && !is_claim(key, &name.value))?;
        let expected = format!("a valid {}", dialect.key(key));
        not_a(&expected, value, *line, "2 to 64 letters, digits and _ + = , . @ -")
    })
}

/// The account and the permission set of Identity Center.
fn assigned(role: &RoleSection, dialect: Dialect) -> Option<RefusedSetting> {
    let Target::Assigned { account, permission_set } = &role.target else { return None };
    if !name::is_account_id(&account.value) {
        let next = match dialect {
            Dialect::Ours => "such as \"111111111111\", with leading zeros",
            Dialect::Aws => "such as 111111111111, with leading zeros",
        };
        return not_a("an account id (12 digits)", &account.value, account.line, next);
    }
    let name = Some(&permission_set.value).filter(|value| !name::is_permission_set(value))?;
    let expected = match dialect {
        Dialect::Ours => "a valid name of a permission set".to_owned(),
        Dialect::Aws => format!("a valid {}", dialect.key("permission_set")),
    };
    not_a(&expected, name, permission_set.line, "1 to 32 letters, digits and _ + = , . @ -")
}

/// The ARN of a virtual device, or the serial number of a hardware device.
fn mfa_serial(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let At { value, line } =
        role.mfa_serial.as_ref().filter(|serial| !is_word(&serial.value, "+=/:,.@-", 9..=256))?;
    let next = "such as arn:aws:iam::111111111111:mfa/alice, or the serial number on the device";
    not_a("a valid mfa_serial", value, *line, next)
}

fn provider_arn(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let At { value, line } = role.provider_arn.as_ref()?;
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let account = role.target.account();
    match parts[..] {
        ["arn", _, "iam", "", own, resource]
            if resource.strip_prefix("saml-provider/").is_some_and(name::is_saml_provider) =>
        {
            let what = format!("the SAML provider is in account {own}, the role in {account}");
            let next = "the SAML provider must be in the role's own account";
            (own != account).then(|| refused(*line, what, next)).flatten()
        }
        _ => {
            let next = format!("such as arn:{}:iam::{account}:saml-provider/NAME", partition(role));
            not_a("the ARN of a SAML provider", value, *line, next)
        }
    }
}

fn external_id(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let At { value, line } =
        role.external_id.as_ref().filter(|id| !is_word(&id.value, "+=,.@:/-", 2..=1224))?;
    let next = "2 to 1224 letters, digits and _ + = , . @ : / -";
    not_a("a valid external_id", value, *line, next)
}

/// What STS accepts as a session tag.
const TAG: &str = "a name of 1 to 128 and a value of up to 256 letters, digits, spaces and _ . : / = + - @, not starting with aws:";

fn is_tag(name: &str, value: &str) -> bool {
    let character = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    (1..=128).contains(&name.chars().count())
        && value.chars().count() <= 256
        && name.chars().chain(value.chars()).all(character)
        && !name.to_lowercase().starts_with("aws:")
}

fn tags(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let tags = role.tags.as_ref()?;
    if let Some((name, value)) = tags.value.iter().find(|(name, value)| !is_tag(name, value)) {
        return not_a("a valid session tag", &format!("{name} = {value}"), tags.line, TAG);
    }
    let count = Some(tags.value.len()).filter(|count| *count > 50)?;
    refused(tags.line, format!("{count} session tags are too many"), "STS accepts at most 50")
}

fn transitive_tags(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let transitive = role.transitive_tags.as_ref()?;
    let known = |name: &String| role.tags.as_ref().is_some_and(|tags| tags.value.contains_key(name));
    let stranger = transitive.value.iter().find(|name| !known(name))?;
    if !is_tag(stranger, "") {
        let next = "delete it: no tag of this role can have that name";
        return not_a("a valid name of a session tag", stranger, transitive.line, next);
    }
    let what = format!("`{stranger}` is in transitive_tags but is not a tag of this role");
    refused(transitive.line, what, "add it to tags as well")
}

fn policy(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let At { value, line } = role.policy.as_ref()?;
    if let Err(error) = serde_json::from_str::<serde_json::Value>(value) {
        return refused(
            *line,
            format!("the policy is not JSON: {error}"),
            "an IAM policy document, as a string",
        );
    }
    let length = Some(value.len()).filter(|length| *length > 2048)?;
    refused(*line, format!("the policy has {length} characters"), "STS accepts at most 2048")
}

fn policy_arns(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    let At { value: arns, line } = role.policy_arns.as_ref()?;
    if let Some(stranger) = arns.iter().find(|arn| !arn.starts_with("arn:") || !arn.contains(":policy/")) {
        let next = format!("such as arn:{}:iam::aws:policy/ReadOnlyAccess", partition(role));
        return not_a("the ARN of a policy", stranger, *line, next);
    }
    let count = Some(arns.len()).filter(|count| *count > 10)?;
    refused(*line, format!("{count} managed policies are too many"), "STS accepts at most 10")
}

fn region(role: &RoleSection, _: Dialect) -> Option<RefusedSetting> {
    not_a_region(role.region.as_ref()?, "such as eu-west-1")
}

/// A region becomes part of the name of a host that secrets are sent to.
fn not_a_region(region: &At<String>, next: &str) -> Option<RefusedSetting> {
    let At { value, line } = region;
    let good = is_region(value) && (3..=5).contains(&value.split('-').count());
    if good { None } else { not_a("a region", value, *line, next) }
}
