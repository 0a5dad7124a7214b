//! Entry roles: how people arrive in AWS, and the little that they can do there.

use jit_wire::arn::Partition;

use super::document::{Document, Statement, Texts};
use super::ledger::{LISTS, READS, acts, own_facts, own_policy};

/// What people who come through an entry role may do; and what an applier may, which is a program's role or, with
/// `apply = "approver"`, the voters' door, in addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPolicy {
    /// Where it is.
    pub partition: Partition,
    /// The bucket of the ledger.
    pub ledger: String,
    /// Which roles they reach, and where.
    pub reach: Reach,
    /// What they write there.
    pub writes: Writes,
}

/// Which roles can be assumed from an entry role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// None: the publishing door.
    Nothing,
    /// Roles on request, `role/jit/*`.
    OnRequest(Where),
    /// Break-glass roles, `role/jit-glass/*`, and no others.
    Glass(Where),
    /// The grantor roles, `role/jit-grantor`, and no others: the applier.
    Grantors(Where),
}

/// In which accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// In every account of this organization, `o-…`.
    Organization(String),
    /// In these accounts, if there is no organization.
    Accounts(Vec<String>),
}

/// What an entry role writes to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Facts under one's own name.
    Facts,
    /// Policies under one's own name: the publishing door.
    Policy,
    /// Acts: the applier.
    Acts,
}

impl EntryPolicy {
    /// The identity policy.
    pub fn render(&self) -> Document {
        Document::of(&self.statements())
    }

    /// One policy with everything that several of them allow: a permission set has a single inline policy. Each
    /// comes with a word that tells its statements apart from those of the others.
    pub fn together(policies: &[(&str, Self)]) -> Document {
        let mut all: Vec<Statement> = Vec::new();
        for (word, policy) in policies {
            for statement in policy.statements() {
                let is_taken = all.iter().any(|other| other.sid() == statement.sid());
                if !all.contains(&statement) {
                    all.push(if is_taken { statement.prefixed(word) } else { statement });
                }
            }
        }
        Document::of(&all)
    }

    fn statements(&self) -> Vec<Statement> {
        let bucket = format!("arn:{}:s3:::{}", self.partition.name(), self.ledger);
        let objects = format!("{bucket}/");
        let own: Texts = match self.writes {
            Writes::Facts => own_facts(&objects).into(),
            Writes::Policy => own_policy(&objects).into(),
            Writes::Acts => acts(&objects).into(),
        };
        let mut statements = vec![
            Statement::allow(Some("Read")).action(READS).on(format!("{objects}*")),
            Statement::allow(Some("List")).action(LISTS).on(bucket),
            Statement::allow(Some("Write")).action("s3:PutObject").on(own).when(
                "Null",
                "s3:if-none-match",
                "false",
            ),
        ];
        let reach = match &self.reach {
            Reach::Nothing => None,
            Reach::OnRequest(accounts) => Some(("jit/*", accounts)),
            Reach::Glass(accounts) => Some(("jit-glass/*", accounts)),
            Reach::Grantors(accounts) => Some(("jit-grantor", accounts)),
        };
        if let Some((path, accounts)) = reach {
            let roles = |account: &str| format!("arn:{}:iam::{account}:role/{path}", self.partition.name());
            // The second and third say that a session keeps the source identity and tags that the IdP gave it.
            let assume = Statement::allow(Some("Roles")).action([
                "sts:AssumeRole",
                "sts:SetSourceIdentity",
                "sts:TagSession",
            ]);
            statements.push(match accounts {
                Where::Organization(id) => {
                    assume.on(roles("*")).when("StringEquals", "aws:ResourceOrgID", id.as_str())
                }
                Where::Accounts(accounts) => {
                    assume.on(accounts.iter().map(|account| roles(account)).collect::<Vec<_>>())
                }
            });
        }
        statements
    }
}

/// How people get an entry role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryTrust {
    /// With a token of an OIDC provider.
    Oidc {
        /// The IAM OIDC provider.
        provider: OidcProvider,
        /// Which claim is the session's name. The caller chooses that name, so the trust policy must check
        /// it.
        session_name: SessionName,
        /// The session tags that the token may bring.
        tags: Vec<String>,
    },
    /// With a SAML assertion. The session's name is the assertion's.
    Saml {
        /// The partition of the SAML provider.
        partition: Partition,
        /// The account it is in.
        account: String,
        /// Its name in IAM.
        provider: String,
        /// Regions whose own sign-in endpoints may be the audience too.
        regions: Vec<String>,
        /// The session tags that the assertion may bring.
        tags: Vec<String>,
    },
    /// Through IAM Identity Center. AWS writes the trust policy; the session's name is the user's.
    IdentityCenter,
    /// A program with a token of an OIDC provider, such as a workflow: one subject under one name.
    Robot {
        /// The IAM OIDC provider.
        provider: OidcProvider,
        /// The only `sub`, literally.
        subject: String,
        /// The only session name.
        session_name: String,
    },
}

/// An OIDC provider as IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// Where it is.
    pub partition: Partition,
    /// The account it is in.
    pub account: String,
    /// Its issuer without `https://`, as IAM writes it in ARNs and condition keys.
    pub issuer: String,
    /// The audience: the client id.
    pub audience: String,
}

/// The claim that is the session's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionName {
    /// `sub`.
    Subject,
    /// `https://aws.amazon.com/source_identity`, if the IdP sends it. It can be an email address.
    SourceIdentity,
}

impl OidcProvider {
    fn statement(&self, sid: &'static str) -> Statement {
        let provider =
            format!("arn:{}:iam::{}:oidc-provider/{}", self.partition.name(), self.account, self.issuer);
        Statement::allow(Some(sid)).federated(provider).when(
            "StringEquals",
            format!("{}:aud", self.issuer),
            self.audience.as_str(),
        )
    }
}

/// A name in `StringEquals`, where only `$` has a meaning.
fn exactly(text: &str) -> String {
    text.replace('$', "${$}")
}

fn with_tags(statement: Statement, tags: &[String]) -> Option<Statement> {
    let mut tags = tags.to_vec();
    tags.sort();
    tags.dedup();
    (!tags.is_empty())
        .then(|| statement.action("sts:TagSession").when("ForAllValues:StringEquals", "aws:TagKeys", tags))
}

impl EntryTrust {
    /// The trust policy; `None` if AWS writes it.
    pub fn render(&self) -> Option<Document> {
        let statements = match self {
            Self::IdentityCenter => return None,
            Self::Oidc { provider, session_name, tags } => {
                let sign_in = provider.statement("SignIn").action("sts:AssumeRoleWithWebIdentity");
                let mut statements = match session_name {
                    SessionName::Subject => {
                        let subject = format!("${{{}:sub}}", provider.issuer);
                        vec![sign_in.when("StringEquals", "sts:RoleSessionName", subject)]
                    }
                    SessionName::SourceIdentity => {
                        let own = "${sts:SourceIdentity}";
                        vec![
                            sign_in.when("StringEquals", "sts:RoleSessionName", own),
                            provider.statement("Source").action("sts:SetSourceIdentity"),
                        ]
                    }
                };
                statements.extend(with_tags(provider.statement("Tags"), tags));
                statements
            }
            Self::Saml { partition, account, provider, regions, tags } => {
                let domain = partition.sign_in_domain();
                let mut audiences = vec![format!("https://{domain}/saml")];
                audiences.extend(regions.iter().map(|region| format!("https://{region}.{domain}/saml")));
                let statement = |sid| {
                    let arn = format!("arn:{}:iam::{account}:saml-provider/{provider}", partition.name());
                    Statement::allow(Some(sid)).federated(arn).when(
                        "StringEquals",
                        "SAML:aud",
                        audiences.clone(),
                    )
                };
                let mut statements = vec![statement("SignIn").action("sts:AssumeRoleWithSAML")];
                statements.extend(with_tags(statement("Tags"), tags));
                statements
            }
            Self::Robot { provider, subject, session_name } => {
                let sign_in = provider.statement("SignIn").action("sts:AssumeRoleWithWebIdentity");
                let sign_in =
                    sign_in.when("StringEquals", format!("{}:sub", provider.issuer), exactly(subject));
                vec![sign_in.when("StringEquals", "sts:RoleSessionName", exactly(session_name))]
            }
        };
        Some(Document::of(&statements))
    }
}
