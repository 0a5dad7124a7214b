//! What a role means, resolved: the proof, the legs, and where each value came from. Pure data; nothing here
//! asks the clock, the network or the store.

mod key;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use jit_wire::arn::{Partition, RoleArn};
use jit_wire::name::Variable;
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;

pub use key::{EntryKey, EntryKind};

/// The most that STS gives a session taken with another role's session ("role chaining"), in seconds.
pub const CHAINED_LIMIT: u32 = 3600;
/// The least and the most that STS takes for `DurationSeconds`.
pub const DURATION_RANGE: std::ops::RangeInclusive<u32> = 900..=43_200;
/// The colours that a role may have, in the order of a terminal's codes for them (ECMA-48, SGR 31 to 37).
pub const COLORS: [&str; 7] = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/// The browsers that are known by name, in the order in which they are looked for. Firefox is known to be refused: it can
/// only be driven through a port.
pub const BROWSERS: [&str; 5] = ["chrome", "chromium", "edge", "brave", "firefox"];

/// A value and the place that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued<T> {
    /// The value itself.
    pub value: T,
    /// Who decided it.
    pub origin: Origin,
}

impl<T> Valued<T> {
    /// `value`, decided by `origin`.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Where a value came from, as `jit explain` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file's path as the user would write it.
        path: String,
        /// The line, counted from one.
        line: usize,
    },
    /// An option of the command line, such as `--duration`.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// Nobody said anything.
    Default,
    /// A rule that overrules or stands in for a setting, in a few words.
    Rule(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Flag(name) | Self::Variable(name) | Self::Rule(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The resolved chain for one role: who proves, and the roles to walk through, hub first.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name that was asked for.
    pub role: String,
    /// How the person proves who they are.
    pub proof: ProofPlan,
    /// The roles from the hub to the one asked for; never empty.
    pub legs: Vec<Leg>,
    /// The region for the tools that get the session; `None` leaves theirs alone.
    pub region: Option<Valued<String>>,
    /// What the profile says to the tools that get the session, by the variable that says so: where services are, and every
    /// setting that they would have read in it.
    pub variables: Vec<(Variable, Valued<String>)>,
    /// The certificates that every connection is checked with, where the profile says so.
    pub ca_bundle: Option<Valued<String>>,
    /// What the role is for, in the words of the configuration.
    pub description: Option<String>,
    /// The colour the user gave the role.
    pub color: Option<String>,
    /// Ask before the role is used.
    pub confirm: bool,
    /// `credential-process` may start a login of its own.
    pub auto_login: bool,
    /// What all legs together demand of the sign-in.
    pub sign_in: Requirement,
}

/// The proof by kind of identity provider.
#[derive(Clone, Debug)]
pub enum ProofPlan {
    /// OpenID Connect: an ID token for AssumeRoleWithWebIdentity.
    Oidc(OidcSettings),
    /// SAML in a browser: an assertion for AssumeRoleWithSAML.
    Saml(SamlSettings),
    /// Okta without a browser: an assertion for AssumeRoleWithSAML.
    Okta(OktaSettings),
    /// IAM Identity Center: a token of its portal, for GetRoleCredentials.
    IdentityCenter(CenterSettings),
    /// No IdP: what a profile of `~/.aws/config` starts from.
    Source(SourceSettings),
}

/// `[idp.NAME]` with `type = "oidc"`.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The NAME.
    pub name: String,
    /// The issuer, exactly as the provider writes it; a trailing slash counts.
    pub issuer: Valued<String>,
    /// The client registered for `jit`.
    pub client_id: Valued<String>,
    /// For providers that insist on one even for native applications.
    pub client_secret: Option<Valued<Secret<String>>>,
    /// The scopes to ask for; `None` leaves the choice to what the provider supports.
    pub scopes: Option<Valued<Vec<String>>>,
    /// Browser or device code.
    pub flow: Valued<Flow>,
    /// The port of the loopback redirect; 0 takes any free one.
    pub redirect_port: Valued<u16>,
    /// The `audience` parameter that some providers want (Auth0).
    pub audience: Option<Valued<String>>,
    /// How the client shows its secret; `None` leaves that to what the provider announces and takes.
    pub client_auth: Option<Valued<ClientAuth>>,
    /// The authentication contexts to ask for in every authorization request (`acr_values`).
    pub acr_values: Option<Valued<Vec<String>>>,
    /// How old a session in the browser may be, in seconds (`max_age`).
    pub max_age: Option<Valued<u32>>,
    /// How an authentication context is asked for; `None` leaves that to what is known of the provider.
    pub acr_request: Option<Valued<AcrRequest>>,
    /// Further parameters of the authorization request.
    pub authorize: Option<Valued<BTreeMap<String, String>>>,
    /// What the role that is signed in for demands.
    pub demanded: Requirement,
}

/// How an OIDC provider is asked for an authentication context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcrRequest {
    /// By the parameter `acr_values` (OpenID Connect Core 1.0, section 3.1.2.1), which a provider may ignore.
    AcrValues,
    /// As an essential claim, by the parameter `claims` (section 5.5).
    Claims,
}

impl AcrRequest {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcrValues => "acr_values",
            Self::Claims => "claims",
        }
    }
}

/// How a client shows its secret (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientAuth {
    /// As HTTP Basic.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form.
    #[serde(rename = "client_secret_post")]
    Post,
}

impl ClientAuth {
    /// What providers call it (OpenID Connect Core 1.0, section 9).
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
}

/// How a person signs in at an OIDC provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The browser where there is one, else a device code.
    Auto,
    /// Always the browser and the loopback redirect.
    Browser,
    /// Always the device code (RFC 8628).
    Device,
}

/// `[idp.NAME]` with `type = "saml"`.
#[derive(Clone, Debug)]
pub struct SamlSettings {
    /// The NAME.
    pub name: String,
    /// Where the AuthnRequest goes (SP-initiated); `None` leaves the start to the provider.
    pub sso_url: Option<Valued<String>>,
    /// The provider's own page that starts the sign-in (IdP-initiated), for `capture = "browser"` only.
    pub start_url: Option<Valued<String>>,
    /// How the response gets here.
    pub capture: Valued<Capture>,
    /// The name that the provider knows the service provider by (`Issuer` of the request).
    pub entity_id: Valued<String>,
    /// The provider's own entity id, if the response is to be held against it.
    pub issuer: Option<Valued<String>>,
    /// How the AuthnRequest travels.
    pub binding: Valued<Binding>,
    /// The host of the loopback ACS, `127.0.0.1` or `localhost`: what the provider has registered.
    pub acs_host: Valued<String>,
    /// The port of the loopback ACS; 0 takes any free one.
    pub acs_port: Valued<u16>,
    /// The AWS sign-in address that the request names with `capture = "browser"`.
    pub acs_url: Valued<String>,
    /// The browser to drive with `capture = "browser"`: a name such as `chrome`, or a path. `None` takes the first
    /// that is installed.
    pub browser: Option<Valued<String>>,
    /// `RequestedAuthnContext` of every request.
    pub authn_context: Option<Valued<Vec<String>>>,
    /// `ForceAuthn` in every request.
    pub force_authn: Valued<bool>,
    /// What the role that is signed in for demands.
    pub demanded: Requirement,
}

/// How the response of a SAML provider gets to `jit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The provider posts it to an assertion consumer service on loopback.
    Loopback,
    /// It is caught in a browser of `jit`'s own profile on its way to AWS's sign-in page.
    Browser,
}

/// How an AuthnRequest travels (SAML 2.0 Bindings, sections 3.4 and 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// In the query of the address.
    Redirect,
    /// In a form that posts itself.
    Post,
}

/// `[idp.NAME]` with `type = "okta"`.
#[derive(Clone, Debug)]
pub struct OktaSettings {
    /// The NAME.
    pub name: String,
    /// `https://acme.okta.com`, without a trailing slash.
    pub org: Valued<String>,
    /// The embed link of the AWS application, `https://ORG/home/amazon_aws/INSTANCE/272`.
    pub app_url: Valued<String>,
    /// Who signs in; `None` asks, and remembers the answer.
    pub username: Option<Valued<String>>,
    /// Which of the org's ways to use.
    pub flow: Valued<OktaFlow>,
    /// The factor to use, if the person has it.
    pub factor: Option<Valued<Factor>>,
    /// The OIDC native application of the device grant.
    pub client_id: Option<Valued<String>>,
    /// The browser for what only a browser can do; as in [`SamlSettings::browser`].
    pub browser: Option<Valued<String>>,
    /// As in [`OidcSettings::acr_values`], for the device grant.
    pub acr_values: Option<Valued<Vec<String>>>,
    /// As in [`OidcSettings::max_age`], for the device grant.
    pub max_age: Option<Valued<u32>>,
    /// What the role that is signed in for demands.
    pub demanded: Requirement,
}

impl OktaSettings {
    /// The instance id (`0oa…`) of the federation application: the last segment but one of its embed link.
    pub fn app_id(&self) -> &str {
        let path = self.app_url.value.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        path.rsplit('/').nth(1).unwrap_or_default()
    }
}

/// `[idp.NAME]` with `type = "identity-center"`.
#[derive(Clone, Debug)]
pub struct CenterSettings {
    /// The NAME.
    pub name: String,
    /// The portal's address.
    pub start_url: Valued<String>,
    /// The region that Identity Center is in.
    pub region: Valued<String>,
    /// Browser or device code.
    pub flow: Valued<Flow>,
    /// The port of the loopback redirect; 0 takes any free one.
    pub redirect_port: Valued<u16>,
    /// An address that replaces that of the service `sso-oidc`.
    pub oidc_url: Option<Valued<String>>,
    /// An address that replaces that of the portal, the service `sso`.
    pub portal_url: Option<Valued<String>>,
    /// The FIPS endpoints.
    pub fips: Valued<bool>,
    /// The dual-stack endpoints.
    pub dual_stack: Valued<bool>,
    /// How often to ask before the call has failed; `None` leaves that to `jit`.
    pub attempts: Option<u32>,
}

impl CenterSettings {
    /// Where clients are registered and tokens made (the service `sso-oidc`), without a trailing slash.
    pub fn oidc(&self) -> String {
        self.address(self.oidc_url.as_ref(), "oidc")
    }

    /// Where roles are listed and taken (the service `sso`), without a trailing slash.
    pub fn portal(&self) -> String {
        self.address(self.portal_url.as_ref(), "portal.sso")
    }

    fn address(&self, own: Option<&Valued<String>>, service: &str) -> String {
        let usual = || service_address(service, &self.region.value, self.fips.value, self.dual_stack.value);
        own.map_or_else(usual, |url| url.value.trim_end_matches('/').to_owned())
    }
}

/// What a profile of `~/.aws/config` starts from where no IdP is asked.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// The profile.
    pub name: String,
    /// Where the credentials, or the token for them, come from.
    pub source: Valued<Source>,
}

/// Where credentials come from that no IdP vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Static keys, or another program's session where there is a token.
    #[expect(missing_docs, reason = "named as in AWS's files")]
    Keys { id: String, secret: Secret<String>, token: Option<Secret<String>> },
    /// A command that prints credentials.
    Process(Vec<String>),
    /// A file with an ID token, for AssumeRoleWithWebIdentity.
    TokenFile(String),
    /// The endpoint that a container is given.
    Container {
        /// Its address.
        url: String,
        /// What it wants as `Authorization`.
        token: Option<Secret<String>>,
        /// A file with the same, which counts first.
        token_file: Option<String>,
    },
    /// The metadata service of an EC2 instance.
    Instance {
        /// Its address, without a trailing slash.
        url: String,
        /// How long it has for an answer, in seconds.
        seconds: u32,
        /// How often it is asked.
        attempts: u32,
    },
}

/// How to sign in at an Okta org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OktaFlow {
    /// By the org's engine: the authentication API at Classic Engine, the device grant at Identity Engine.
    Auto,
    /// The primary authentication API, whatever the engine.
    Classic,
    /// The device grant and the web-SSO token ("AWS Federation").
    Device,
}

/// A second factor of an Okta user, by the names of `--factor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "`FACTORS` says what each is")]
pub enum Factor {
    Push,
    Totp,
    Token,
    Sms,
    Call,
    Email,
    Question,
    Duo,
    Webauthn,
}

/// Every factor with its name on the command line and in the configuration, and what a person calls it.
pub const FACTORS: [(Factor, &str, &str); 9] = [
    (Factor::Push, "push", "Okta Verify push"),
    (Factor::Totp, "totp", "code of an authenticator app"),
    (Factor::Token, "token", "code of a hardware token"),
    (Factor::Sms, "sms", "text message"),
    (Factor::Call, "call", "voice call"),
    (Factor::Email, "email", "e-mail"),
    (Factor::Question, "question", "security question"),
    (Factor::Duo, "duo", "Duo"),
    (Factor::Webauthn, "webauthn", "security key or passkey"),
];

/// One assumed role of the chain.
#[derive(Clone, Debug)]
pub struct Leg {
    /// `[role.NAME]`.
    pub name: String,
    /// What to become.
    pub role: Valued<RoleId>,
    /// The SAML provider to come from, on AssumeRoleWithSAML only; `None` takes the assertion's.
    pub provider_arn: Option<Valued<String>>,
    /// `DurationSeconds` to ask for, the rules already applied.
    pub duration: Valued<u32>,
    /// `RoleSessionName`; `None` takes the IdP's user.
    pub session_name: Option<Valued<String>>,
    /// `SourceIdentity`, on AssumeRole only.
    pub source_identity: Option<Valued<String>>,
    /// `ExternalId`, on AssumeRole only.
    pub external_id: Option<Valued<String>>,
    /// `SerialNumber`: the MFA device whose code is asked for.
    pub mfa_serial: Option<Valued<String>>,
    /// Session tags, on AssumeRole only.
    pub tags: Option<Valued<BTreeMap<String, String>>>,
    /// Which of the tags go on down the chain.
    pub transitive_tags: Option<Valued<Vec<String>>>,
    /// An inline session policy, JSON.
    pub policy: Option<Valued<String>>,
    /// Managed session policies.
    pub policy_arns: Option<Valued<Vec<String>>>,
    /// Where STS is asked.
    pub sts: StsEndpoint,
    /// What it demands of the sign-in.
    pub sign_in: SignInDemand,
}

/// What `[role.NAME]` demands of the sign-in.
#[derive(Clone, Debug, Default)]
pub struct SignInDemand {
    /// How long ago it may be, in seconds.
    pub age: Option<Valued<u32>>,
    /// One of these must be its `acr` or AuthnContext.
    pub acr: Option<Valued<Vec<String>>>,
    /// All of these must have been used.
    pub amr: Option<Valued<Vec<String>>>,
}

/// What a leg becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleId {
    /// A role of IAM.
    Arn(RoleArn),
    /// A permission set that Identity Center assigns in an account.
    Assigned(Assignment),
    /// What the credentials that the plan starts from are already.
    Itself(Partition),
}

/// A permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// `account/permission set`.
    shown: String,
    partition: Partition,
}

impl Assignment {
    /// `permission_set` in `account`, twelve digits, of `partition`.
    pub fn new(account: &str, permission_set: &str, partition: Partition) -> Self {
        Self { shown: format!("{account}/{permission_set}"), partition }
    }

    /// The twelve digits.
    pub fn account(&self) -> &str {
        self.shown.split('/').next().unwrap_or_default()
    }

    /// The permission set.
    pub fn permission_set(&self) -> &str {
        self.shown.split_once('/').map_or("", |(_, name)| name)
    }
}

impl RoleId {
    /// The ARN, or `account/permission set`, or words.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.as_str(),
            Self::Assigned(assigned) => &assigned.shown,
            Self::Itself(_) => "its own credentials",
        }
    }

    /// The twelve digits of the account; empty where only AWS knows.
    pub fn account(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.account(),
            Self::Assigned(assigned) => assigned.account(),
            Self::Itself(_) => "",
        }
    }

    /// The partition it is in.
    pub fn partition(&self) -> Partition {
        match self {
            Self::Arn(arn) => arn.partition(),
            Self::Assigned(assigned) => assigned.partition,
            Self::Itself(partition) => *partition,
        }
    }
}

/// A role that an IdP offers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiscoveredRole {
    /// `[idp.NAME]`.
    pub idp: String,
    /// The twelve digits of the account.
    pub account: String,
    /// The role without its path, or the permission set.
    pub role: String,
    /// How it is reached by SAML; `None` for a permission set.
    pub saml: Option<SamlPair>,
    /// What the account is called by Identity Center, or its alias where it told that. An empty one is not asked for
    /// again.
    pub account_name: Option<String>,
}

/// A value of the SAML attribute `Role`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SamlPair {
    /// The role.
    pub role_arn: String,
    /// The SAML provider that it is reached by.
    pub provider_arn: String,
}

impl DiscoveredRole {
    /// `account/role`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.account, self.role)
    }

    /// Whether `name` is its ARN, or `account/role` with the account's digits.
    pub fn is_exactly(&self, name: &str) -> bool {
        self.saml.as_ref().is_some_and(|pair| pair.role_arn == name)
            || self.account_in(name) == Some(self.account.as_str())
    }

    /// Whether `name` means this role: exactly, or with the account's name, which others may have as well.
    pub fn is_called(&self, name: &str) -> bool {
        let named = self.account_in(name);
        self.is_exactly(name) || (named.is_some() && named == self.account_name.as_deref())
    }

    /// The account in `name`, if that is `…/role` with this role.
    fn account_in<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_suffix(&self.role)?.strip_suffix('/')
    }
}

/// Which STS endpoint answers for a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsEndpoint {
    /// The region to sign for and to ask in.
    pub region: Valued<String>,
    /// An endpoint that replaces AWS's own.
    pub url: Option<Valued<String>>,
    /// The FIPS endpoint.
    pub fips: Valued<bool>,
    /// The dual-stack endpoint.
    pub dual_stack: Valued<bool>,
    /// How often to ask before the call has failed; `None` leaves that to `jit`.
    pub attempts: Option<u32>,
}

impl StsEndpoint {
    /// Where it is, without a trailing slash. The SDK finds it by the same rules, which a test holds this against.
    pub fn address(&self) -> String {
        let usual = || service_address("sts", &self.region.value, self.fips.value, self.dual_stack.value);
        self.url.as_ref().map_or_else(usual, |url| url.value.trim_end_matches('/').to_owned())
    }
}

/// The usual address of a service.
fn service_address(service: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let partition = Partition::of_region(region);
    // GovCloud's plain names are the FIPS ones (AWS General Reference, "AWS STS endpoints" and "IAM Identity Center
    // endpoints").
    let is_anyway = partition == Partition::GovCloud && !dual_stack;
    let fips = if fips && !is_anyway { "-fips" } else { "" };
    let suffix = if dual_stack { partition.dual_stack_suffix() } else { partition.dns_suffix() };
    format!("https://{service}{fips}.{region}.{suffix}")
}

impl Plan {
    /// The role that was asked for, the last leg.
    pub fn target(&self) -> &Leg {
        &self.legs[self.legs.len() - 1]
    }

    /// What `legs` together demand of the sign-in.
    pub fn demand_of(legs: &[Leg]) -> Requirement {
        let mut all = Requirement::default();
        for SignInDemand { age, acr, amr } in legs.iter().map(|leg| &leg.sign_in) {
            let age = age.as_ref().map(|age| Duration::from_secs(age.value.into()));
            let list = |at: &'_ Option<Valued<Vec<String>>>| at.as_ref().map(|at| at.value.clone());
            all.add(age, list(acr).as_deref(), list(amr).as_deref());
        }
        all
    }

    /// Whether the leg at `index` is taken with another role's session, and so lives one hour at most.
    pub fn is_chained(index: usize) -> bool {
        index > 0
    }
}

impl ProofPlan {
    /// Whether a login may come without a person and without a desktop: what is left of the last one is in a browser of
    /// `jit`'s own.
    pub fn may_be_silent(&self) -> bool {
        matches!(self, Self::Saml(settings) if settings.capture.value == Capture::Browser)
    }

    /// The same, asked for what a role demands. It is the same login still: the key does not change.
    #[must_use]
    pub fn asked_for(&self, requirement: &Requirement) -> Self {
        let mut asked = self.clone();
        match &mut asked {
            Self::Oidc(settings) => settings.demanded = requirement.clone(),
            Self::Saml(settings) => settings.demanded = requirement.clone(),
            Self::Okta(settings) => settings.demanded = requirement.clone(),
            Self::IdentityCenter(_) | Self::Source(_) => {}
        }
        asked
    }

    /// The `[idp.NAME]` that proves.
    pub fn name(&self) -> &str {
        match self {
            Self::Oidc(settings) => &settings.name,
            Self::Saml(settings) => &settings.name,
            Self::Okta(settings) => &settings.name,
            Self::IdentityCenter(settings) => &settings.name,
            Self::Source(settings) => &settings.name,
        }
    }
}

#[cfg(test)]
mod tests;
