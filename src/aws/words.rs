//! What an STS error means, in the user's words, and how it explains itself.

use crate::aws::errors::{Action, StsError, StsErrorKind};
use jit_wire::explain::{Explain, Kind, Next};

/// The kinds of policy that IAM names in `because no … allows` and `with an explicit deny in a …` (IAM User
/// Guide, "Troubleshoot access denied error messages"), and where to find each.
const POLICIES: [(&str, &str); 8] = [
    ("identity-based policy", "a policy of the role or user that makes the call"),
    ("resource-based policy", "the trust policy of the role"),
    ("role trust policy", "the trust policy of the role"),
    ("permissions boundary", "the permissions boundary of the role or user that makes the call"),
    ("session policy", "the session policy (`policy`, `policy_arns`) of the role before this one"),
    (
        "service control policy",
        "the service control policies of the organisation of the account that makes the call",
    ),
    ("resource control policy", "the resource control policies of the organisation of the role's account"),
    ("VPC endpoint policy", "the policy of the network's own STS endpoint"),
];

/// The policy that denied.
struct Denier {
    /// The kind of policy, in IAM's words.
    policy: &'static str,
    /// Where to find it.
    place: &'static str,
    /// It denies explicitly, and does not merely lack a permission.
    forbids: bool,
}

/// Texts of `InvalidIdentityToken`, what they mean, and what to do.
const TOKEN_TEXTS: [(&str, &str, &str); 10] = [
    (
        "No OpenIDConnect provider found",
        "the role's account has no IAM OIDC provider for this issuer",
        "compare `issuer` with the provider's URL in IAM: the account, and a slash at the end, count",
    ),
    (
        "Incorrect token audience",
        "the IAM OIDC provider does not list this client",
        "ask for `client_id` to be added to the audiences of the IAM OIDC provider",
    ),
    (
        "Couldn't retrieve verification key",
        "AWS could not get the IdP's signing keys",
        "check that the issuer's discovery document and keys can be read from the public internet",
    ),
    (
        "Response signature invalid",
        "it is not signed with a certificate that the account's SAML provider knows",
        "have the IdP's current metadata uploaded to the SAML provider in IAM",
    ),
    (
        "Issuer not present in specified provider",
        "the account's SAML provider belongs to another IdP",
        "compare `provider_arn` and the IdP's entity id with the metadata of the SAML provider in IAM",
    ),
    (
        "Specified provider doesn't exist",
        "the account has no such SAML provider",
        "compare the provider ARN that the IdP sends with the SAML providers in IAM",
    ),
    (
        "does not contain the required audience",
        "its audience is not AWS",
        "have the IdP send the audience urn:amazon:webservices, and the role's trust policy list its Recipient in SAML:aud",
    ),
    (
        "RoleSessionName",
        "its attribute RoleSessionName is missing or has characters that AWS does not accept",
        "have the IdP send https://aws.amazon.com/SAML/Attributes/RoleSessionName: 2 to 64 of letters, digits and _ + = , . @ -",
    ),
    (
        "Source Identity",
        "its attribute SourceIdentity has a format that AWS does not accept",
        "have the IdP send 2 to 64 letters, digits and _ + = , . @ - as SourceIdentity",
    ),
    ("Invalid base64 SAMLResponse", "AWS cannot read it", "sign in anew"),
];

impl StsError {
    /// What happened and the likely cause, in one sentence without a full stop. It may quote AWS.
    pub fn sentence(&self) -> String {
        let (region, message) = (&self.region, &self.message);
        match self.kind {
            StsErrorKind::AccessDenied => self.denial(),
            StsErrorKind::ExpiredToken => match &self.role_arn {
                Some(role) => format!("the session that asked for {role} has expired"),
                None => "this session has expired".to_owned(),
            },
            StsErrorKind::TokenRefused => self.token_refusal(),
            StsErrorKind::DurationTooLong { chained: true } => {
                format!("{} was asked for longer than the one hour of a chained role", self.role())
            }
            StsErrorKind::DurationTooLong { chained: false } => {
                format!("{} does not grant sessions as long as that", self.role())
            }
            StsErrorKind::ClockSkew { ahead } => {
                let by = ahead.map_or_else(|| "more than five minutes off".to_owned(), off_by);
                format!("this machine's clock is {by}, so AWS takes none of its signatures")
            }
            StsErrorKind::RegionDisabled => {
                let account = self.role_arn.as_deref().and_then(|arn| arn.split(':').nth(4));
                let account = account.map(|account| format!(" for account {account}")).unwrap_or_default();
                format!("STS is switched off in {region}{account}")
            }
            StsErrorKind::PackedPolicyTooLarge => match percent(message) {
                Some(percent) => {
                    format!("too many or too long session tags and policies: {percent} % of what AWS allows")
                }
                None => format!("too many or too long session tags and policies{}", self.quote()),
            },
            StsErrorKind::Malformed => self.malformation(),
            StsErrorKind::UnknownSession => {
                "AWS does not know this session: it was ended, is of another partition, or is damaged"
                    .to_owned()
            }
            StsErrorKind::SignatureRefused => {
                "AWS finds that the request is not what was signed: something on the way changed it"
                    .to_owned()
            }
            StsErrorKind::Throttled => {
                format!(
                    "too many calls to STS in {region}, and waiting a little did not help{}",
                    self.quote()
                )
            }
            StsErrorKind::Unreachable | StsErrorKind::Server => self.silence(),
        }
    }

    fn role(&self) -> &str {
        self.role_arn.as_deref().unwrap_or("the role")
    }

    /// AWS's own text, or the SDK's, to put after a sentence.
    fn quote(&self) -> String {
        match (self.message.as_str(), self.code.as_str()) {
            ("", _) => String::new(),
            (message, "") => format!(": {message}"),
            (message, _) => format!(" (\"{message}\")"),
        }
    }

    fn denial(&self) -> String {
        let message = &self.message;
        let caller = between(message, "User: ", " is not authorized");
        let action = self.denied_action();
        let door = match self.action {
            Action::AssumeRole => {
                format!("{} does not let {} in", self.role(), caller.unwrap_or("this session"))
            }
            Action::AssumeRoleWithWebIdentity => {
                format!("your IdP sent you to {}, but that role does not accept it", self.role())
            }
            Action::AssumeRoleWithSaml => {
                format!("your IdP vouches for you to {}, but that role does not accept it", self.role())
            }
            Action::GetSessionToken => "AWS gives these keys no session".to_owned(),
            Action::GetCallerIdentity => "AWS does not tell who this session is".to_owned(),
        };
        let why = match self.denier() {
            Some(Denier { policy, forbids: true, .. }) => {
                let article = if policy.starts_with('i') { "an" } else { "a" };
                format!("{article} {policy} forbids {action}")
            }
            Some(Denier { policy, .. }) => format!("no {policy} allows {action}"),
            None if message.contains("must provide both MFA serial number") => {
                "it wants an MFA code, which only an IAM user can give".to_owned()
            }
            None if message.contains("MultiFactorAuthentication failed") => {
                "the MFA code is wrong or was used before; the next one comes within half a minute".to_owned()
            }
            None if message.contains("sts:TagSession") || message.contains("sts:SetSourceIdentity") => {
                format!("{action} is not allowed")
            }
            None if matches!(self.action, Action::GetCallerIdentity | Action::GetSessionToken) => {
                format!("its requests are not let through{}", self.quote())
            }
            None => {
                "it does not exist, does not trust the caller, or a condition of its trust policy failed; \
                     AWS does not say which"
                    .to_owned()
            }
        };
        format!("{door}: {why}")
    }

    fn after_denial(&self) -> Vec<Next> {
        let action = self.denied_action();
        if let Some(Denier { place, forbids, .. }) = self.denier() {
            let verb = if forbids { "no longer forbid" } else { "allow" };
            return vec![Next::words(format!("have {place} {verb} {action}"))];
        }
        let role = self.role();
        let arn = || Next::words(format!("check the ARN, in upper and lower case: {role}"));
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
            Action::GetSessionToken => Next::list(["check the keys: they may be switched off"]),
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

    /// Which policy AWS says was the reason, if it says so.
    fn denier(&self) -> Option<Denier> {
        let markers = [
            ("because no ", false),
            ("with an explicit deny in an ", true),
            ("with an explicit deny in a ", true),
        ];
        let (rest, forbids) = markers
            .into_iter()
            .find_map(|(marker, forbids)| self.message.split_once(marker).map(|(_, rest)| (rest, forbids)))?;
        let (policy, place) = POLICIES.into_iter().find(|row| rest.starts_with(row.0))?;
        Some(Denier { policy, place, forbids })
    }

    fn token_text(&self) -> Option<(&'static str, &'static str, &'static str)> {
        TOKEN_TEXTS.into_iter().find(|row| self.message.contains(row.0))
    }

    fn token_refusal(&self) -> String {
        let why = match (self.code.as_str(), self.token_text()) {
            ("ExpiredTokenException" | "ExpiredToken", _) if self.action == Action::AssumeRoleWithSaml => {
                "AWS received it more than 5 min after it was issued"
            }
            ("ExpiredTokenException" | "ExpiredToken", _) => "it had expired when AWS received it",
            ("IDPRejectedClaim", _) => "the IdP or AWS rejects its claims, or it was revoked",
            (_, Some((_, why, _))) => why,
            _ => "it does not match the IdP's configuration in IAM",
        };
        let proof = if self.action == Action::AssumeRoleWithSaml { "assertion" } else { "token" };
        format!("AWS does not accept the IdP's {proof} for {}: {why}{}", self.role(), self.quote())
    }

    fn malformation(&self) -> String {
        if self.code == "MalformedPolicyDocument" {
            return format!("the session policy for {} is broken{}", self.role(), self.quote());
        }
        match between(&self.message, "' at '", "' failed to satisfy constraint").map(setting) {
            Some(Some(setting)) => format!("AWS does not accept the value of `{setting}`{}", self.quote()),
            _ if self.code.is_empty() => format!("STS in {} cannot be asked{}", self.region, self.quote()),
            _ => format!("AWS refuses the request with {}{}", self.code, self.quote()),
        }
    }

    fn silence(&self) -> String {
        let region = &self.region;
        match (&self.http, self.status, self.code.as_str()) {
            (Some(http), ..) => format!("STS in {region} gave no answer: {http}"),
            (_, _, "IDPCommunicationError") => {
                format!("AWS could not reach your IdP to check its token{}", self.quote())
            }
            // A refusal without a code, or a successful answer without the requested data.
            (_, Some(status), "") if status < 500 => {
                format!(
                    "the server that answers for STS in {region} is not STS (HTTP {status}){}",
                    self.quote()
                )
            }
            (_, Some(status), _) => format!("STS in {region} failed with HTTP {status}{}", self.quote()),
            (_, None, _) => format!("STS in {region} gave no answer{}", self.quote()),
        }
    }
}

impl Explain for StsError {
    fn kind(&self) -> Kind {
        match self.kind {
            StsErrorKind::AccessDenied => Kind::NotAllowed,
            StsErrorKind::Unreachable | StsErrorKind::Server | StsErrorKind::Throttled => Kind::Failed,
            _ => Kind::Refused,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self.kind {
            StsErrorKind::AccessDenied => {
                let mut next = self.after_denial();
                next.push(Next::EveryValue);
                next
            }
            StsErrorKind::TokenRefused if self.code == "IDPRejectedClaim" => vec![Next::SignInAnew],
            StsErrorKind::TokenRefused if self.new_token_may_help() => vec![Next::SignInAnew, Next::Clock],
            StsErrorKind::TokenRefused => match self.token_text() {
                Some(("Invalid base64 SAMLResponse", ..)) => vec![Next::SignInAnew],
                Some((_, _, what)) => vec![Next::words(what)],
                None => Next::list(["show this to the administrator of the IdP and of its provider in IAM"]),
            },
            StsErrorKind::ExpiredToken => vec![Next::SignInAnew],
            StsErrorKind::UnknownSession => vec![
                Next::SignInAnew,
                Next::words(
                    "if that does not help, check that the hub role and this role are in the same AWS partition",
                ),
            ],
            StsErrorKind::DurationTooLong { chained: true } => {
                Next::list(["set `duration` to \"1h\" or less"])
            }
            StsErrorKind::DurationTooLong { chained: false } => Next::list([
                "ask for a smaller `duration`, or have the role's maximum session duration raised",
            ]),
            StsErrorKind::ClockSkew { .. } => {
                Next::list(["set the clock, preferably from a time server, and try again"])
            }
            StsErrorKind::RegionDisabled => Next::list([
                "use another region (`region` of the role, or AWS_REGION), or have STS switched on there (IAM, account settings)",
            ]),
            StsErrorKind::PackedPolicyTooLarge => Next::list([
                "shorten `tags`, `policy` and `policy_arns`; tags that the IdP sends count as well",
            ]),
            StsErrorKind::Malformed => vec![Next::Explain("see where each value comes from".into())],
            // A new session would be signed in the same way, and changed at the same point.
            StsErrorKind::SignatureRefused => {
                Next::list(["check the proxy, if there is one: it must not change headers"])
            }
            StsErrorKind::Throttled => vec![Next::TryAgain],
            StsErrorKind::Unreachable => self.http.as_ref().map_or_else(Vec::new, |error| error.next()),
            StsErrorKind::Server if self.code == "IDPCommunicationError" => vec![
                Next::TryAgain,
                Next::words(
                    "if the error persists, check that the issuer can be reached from the public internet",
                ),
            ],
            StsErrorKind::Server => {
                vec![Next::TryAgain, Next::Explain("check the endpoint and the proxy".into())]
            }
        }
    }
}

/// The setting that an STS parameter comes from.
fn setting(parameter: &str) -> Option<&'static str> {
    let settings = [
        ("roleSessionName", "session_name"),
        ("sourceIdentity", "source_identity"),
        ("externalId", "external_id"),
        ("durationSeconds", "duration"),
        ("roleArn", "role_arn"),
        ("policyArns", "policy_arns"),
        ("policy", "policy"),
        ("tags", "tags"),
        ("transitiveTagKeys", "transitive_tags"),
    ];
    settings.iter().find(|row| parameter.starts_with(row.0)).map(|row| row.1)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// The number before the first per cent sign.
fn percent(message: &str) -> Option<u32> {
    let (before, _) = message.split_once('%')?;
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// `10 minutes ahead`.
fn off_by(ahead: i32) -> String {
    let minutes = ahead.unsigned_abs().div_ceil(60);
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    match minutes {
        0..=119 => format!("{minutes} minutes {direction} AWS's"),
        120..=2879 => format!("{} hours {direction} AWS's", minutes / 60),
        _ => format!("{} days {direction} AWS's", minutes / 1440),
    }
}
