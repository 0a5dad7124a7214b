//! Who and what exists in the demo: one person, one hub role, two spokes in two other accounts. Tests and stories add
//! more.

use std::time::Duration;

use crate::cloud::Cloud;

/// The client that the IdP knows.
pub const CLIENT_ID: &str = "jit-demo";
/// The hub role, which trusts the IdP.
pub const HUB: &str = "arn:aws:iam::111111111111:role/jit-hub";
/// A spoke in a second account, which trusts the hub role.
pub const ADMIN: &str = "arn:aws:iam::222222222222:role/admin";
/// A spoke in a third account, which trusts the hub role.
pub const DEVELOPER: &str = "arn:aws:iam::333333333333:role/developer";

/// The ACS of AWS, for sign-ins that start at the IdP.
pub(crate) const AWS_ACS: &str = "https://signin.aws.amazon.com/saml";

/// The configuration of the servers. The default is the demo's, in which a person signs in on a page.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The one client.
    pub client_id: String,
    /// The client's secret, for an IdP that requires one (`client_secret_post`).
    pub client_secret: Option<String>,
    /// The person who signs in.
    pub user: User,
    /// Others who can sign in at the IdP in their place: its page has a button for each.
    pub others: Vec<User>,
    /// How the person consents.
    pub approval: Approval,
    /// The roles that exist.
    pub roles: Vec<Role>,
    /// The IAM users with long-lived access keys.
    pub key_users: Vec<KeyUser>,
    /// What else exists in AWS: roles with policies of their own, buckets. A role in here takes precedence over
    /// one of `roles` with the same ARN.
    pub cloud: Cloud,
    /// Whether ID tokens and assertions name the person's email address as the source identity.
    pub source_identity: bool,
    /// How long CloudTrail takes to show an event.
    pub trail_delay: Duration,
    /// The roles that the person may assume, as SAML assertions list them.
    pub offered: Vec<String>,
    /// `SessionDuration` of SAML assertions, in seconds.
    pub session_duration: Option<u32>,
    /// The accounts that Identity Center shows the person.
    pub accounts: Vec<Account>,
    /// How long Identity Center keeps a client that was registered.
    pub registration_lifetime: Duration,
    /// How long a token of the portal is valid.
    pub portal_token_lifetime: Duration,
    /// How long a session of a permission set lasts.
    pub assigned_lifetime: Duration,
    /// How long an authorization code may be redeemed.
    pub code_lifetime: Duration,
    /// How long an ID token is valid.
    pub id_token_lifetime: Duration,
    /// How long a device code may be approved and redeemed.
    pub device_code_lifetime: Duration,
    /// The minimum time between two polls of a device; a faster one is told to slow down.
    pub device_interval: Duration,
}

/// An account as Identity Center shows it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The company's name for it.
    pub name: String,
    /// The permission sets that the person is assigned.
    pub roles: Vec<String>,
}

impl Account {
    /// An account with some permission sets.
    pub fn new(id: &str, name: &str, roles: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        }
    }
}

/// A person with an account at the IdP.
#[derive(Clone, Debug)]
pub struct User {
    /// The IdP's own id for the person, which never changes (`sub`).
    pub subject: String,
    /// The email address shown on pages and put into tokens.
    pub email: String,
    /// The full name.
    pub name: String,
    /// A session tag for AWS, to show how an attribute of the person reaches a policy.
    pub department: String,
}

/// An IAM user with long-lived access keys, as still exist.
#[derive(Clone, Debug)]
pub struct KeyUser {
    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub arn: String,
    /// The access key.
    pub key_id: String,
    /// Its secret.
    pub secret_key: String,
    /// The one code that the user's MFA device (`arn:aws:iam::ACCOUNT:mfa/NAME`) ever shows.
    pub mfa_code: String,
}

/// How the person consents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// On a page with two buttons.
    Page,
    /// Without a person: for runs in which nobody can be asked.
    AtOnce,
}

/// A role, and who may assume it.
#[derive(Clone, Debug)]
pub struct Role {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// Its trust policy.
    pub trust: Trust,
    /// `MaxSessionDuration`, in seconds.
    pub max_session: u32,
    /// The external id that its trust policy requires.
    pub external_id: Option<String>,
    /// Its trust policy requires a code of an MFA device.
    pub wants_mfa: bool,
}

/// A role's trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Anybody with a proof of the IdP.
    Provider,
    /// Sessions of the role with this ARN, or the user with it.
    Role(String),
}

impl Role {
    /// A role that anybody with a proof of the IdP may assume, for at most `max_session` seconds.
    pub fn hub(arn: &str, max_session: u32) -> Self {
        Self { arn: arn.to_owned(), trust: Trust::Provider, max_session, external_id: None, wants_mfa: false }
    }

    /// A role that sessions of the role `via` may assume, for at most `max_session` seconds.
    pub fn spoke(arn: &str, via: &str, max_session: u32) -> Self {
        let trust = Trust::Role(via.to_owned());
        Self { arn: arn.to_owned(), trust, max_session, external_id: None, wants_mfa: false }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: CLIENT_ID.to_owned(),
            client_secret: None,
            user: User {
                subject: "00u1alice".to_owned(),
                email: "alice@example.com".to_owned(),
                name: "Alice Example".to_owned(),
                department: "platform".to_owned(),
            },
            others: Vec::new(),
            approval: Approval::Page,
            roles: vec![
                Role::hub(HUB, 8 * 3600),
                Role::spoke(ADMIN, HUB, 3600),
                Role::spoke(DEVELOPER, HUB, 12 * 3600),
            ],
            key_users: Vec::new(),
            cloud: Cloud::default(),
            source_identity: false,
            // AWS needs five minutes on average, and promises nothing.
            trail_delay: Duration::from_secs(300),
            offered: vec![HUB.to_owned()],
            session_duration: None,
            accounts: vec![
                Account::new("333333333333", "acme-dev", &["Developer", "ReadOnly"]),
                Account::new("444444444444", "acme-prod", &["ReadOnly"]),
            ],
            // AWS's last about this long.
            registration_lifetime: Duration::from_secs(90 * 86_400),
            portal_token_lifetime: Duration::from_secs(3600),
            assigned_lifetime: Duration::from_secs(3600),
            code_lifetime: Duration::from_secs(60),
            id_token_lifetime: Duration::from_secs(3600),
            device_code_lifetime: Duration::from_secs(600),
            device_interval: Duration::from_secs(5),
        }
    }
}

/// Whether `url` is an ACS on loopback, on any port.
pub(crate) fn is_own_acs(url: &str) -> bool {
    let rest = ["http://127.0.0.1:", "http://localhost:"].iter().find_map(|start| url.strip_prefix(start));
    rest.and_then(|rest| rest.strip_suffix("/saml")).is_some_and(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
    })
}
