//! AWS sessions, from STS or from Identity Center: their contents, and their form in an answer.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iam_evaluate::Policy;
use ring::digest::{SHA256, digest};

use crate::cloud::{account_of, letters, role_id};
use crate::faults::Refusal;
use crate::settings::KeyUser;
use crate::shared::Shared;
use crate::xml;
use jit_wire::timestamp::Timestamp;

/// Every session that was issued, by access key id. All AWS services share them.
#[derive(Clone)]
pub(crate) struct Sessions(Rc<RefCell<HashMap<String, Rc<Session>>>>);

impl Sessions {
    /// Starts with the keys of users.
    pub(crate) fn new(shared: &Shared) -> Self {
        let sessions = Self(Rc::default());
        for user in &shared.settings.key_users {
            shared.note("secret access key", &user.secret_key);
            sessions.add(Session::of_user(user));
        }
        sessions
    }

    /// Remembers a session.
    pub(crate) fn add(&self, session: Session) {
        self.0.borrow_mut().insert(session.key_id.clone(), Rc::new(session));
    }

    /// The session of an access key id.
    pub(crate) fn get(&self, key_id: &str) -> Option<Rc<Session>> {
        self.0.borrow().get(key_id).cloned()
    }
}

/// A session, as AWS stores it.
pub(crate) struct Session {
    pub(crate) key_id: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
    pub(crate) issued: Timestamp,
    /// The ARN of the role, or of the user.
    pub(crate) role_arn: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) user_id: String,
    pub(crate) proof: Proof,
    /// It came from another role's session.
    pub(crate) chained: bool,
}

/// What a session was started with, and keeps for all its calls.
#[derive(Clone, Default)]
pub(crate) struct Proof {
    /// Stays for the whole chain and cannot be changed in it.
    pub(crate) source_identity: Option<String>,
    /// Its session tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The tags that the next session in the chain inherits.
    pub(crate) transitive: Vec<String>,
    /// The policies that were given with the call. `None`: none were.
    pub(crate) policies: Option<Vec<Policy>>,
    /// The identity provider whose token or assertion started it (`aws:FederatedProvider`).
    pub(crate) provider: Option<String>,
    /// Whether a code of an MFA device was provided.
    pub(crate) mfa: bool,
}

impl Proof {
    /// The tags that the next session in the chain inherits.
    pub(crate) fn inherited(&self) -> BTreeMap<String, String> {
        let passed_on = self.tags.iter().filter(|(key, _)| self.transitive.contains(key));
        passed_on.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// The size of tags in bytes.
pub(crate) fn size_of(tags: &BTreeMap<String, String>) -> usize {
    tags.iter().map(|(key, value)| key.len() + value.len()).sum()
}

/// The parts of a new session.
pub(crate) struct Wanted<'a> {
    /// The role's ARN.
    pub(crate) role: &'a str,
    pub(crate) name: &'a str,
    pub(crate) lifetime: Duration,
    pub(crate) proof: Proof,
    /// It comes from another role's session.
    pub(crate) chained: bool,
}

impl Session {
    pub(crate) fn new(shared: &Shared, wanted: Wanted<'_>) -> Result<Self, Refusal> {
        let Wanted { role, name, lifetime, proof, chained } = wanted;
        let secret_key = STANDARD.encode(shared.random::<30>()?);
        // 900 characters, as long as AWS's often are.
        let token = STANDARD.encode(shared.random::<675>()?);
        shared.note("secret access key", &secret_key);
        shared.note("session token", &token);
        let account = account_of(role);
        let issued = shared.sts_now();
        let role_name = role.rsplit('/').next().unwrap_or_default();
        Ok(Self {
            key_id: format!("ASIA{}", letters(&shared.random::<16>()?)),
            secret_key,
            token,
            expires: issued + lifetime,
            issued,
            role_arn: role.to_owned(),
            arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
            account: account.to_owned(),
            user_id: format!("{}:{name}", role_id(role)),
            proof,
            chained,
        })
    }

    /// The long-lived access keys of a user, which are not a session.
    pub(crate) fn of_user(user: &KeyUser) -> Self {
        Self {
            key_id: user.key_id.clone(),
            secret_key: user.secret_key.clone(),
            token: String::new(),
            expires: Timestamp(i64::MAX),
            issued: Timestamp(0),
            role_arn: user.arn.clone(),
            arn: user.arn.clone(),
            account: account_of(&user.arn).to_owned(),
            user_id: format!("AIDA{}", letters(&digest(&SHA256, user.arn.as_bytes()).as_ref()[..17])),
            proof: Proof::default(),
            chained: false,
        }
    }

    /// A session of the same user, for `lifetime`.
    pub(crate) fn of_same(&self, shared: &Shared, lifetime: Duration, mfa: bool) -> Result<Self, Refusal> {
        let proof = Proof { mfa, ..Proof::default() };
        let wanted = Wanted { role: &self.role_arn, name: "", lifetime, proof, chained: false };
        let session = Self::new(shared, wanted)?;
        Ok(Self { arn: self.arn.clone(), user_id: self.user_id.clone(), ..session })
    }

    /// Whether it is a session of a role, and not of a user.
    pub(crate) fn is_of_role(&self) -> bool {
        self.arn.contains(":assumed-role/")
    }

    /// The name of the session; nothing for a user.
    pub(crate) fn name(&self) -> &str {
        self.user_id.split_once(':').map(|(_, name)| name).unwrap_or_default()
    }

    /// The elements that describe it in an answer.
    pub(crate) fn describe(&self, packed_percent: Option<usize>) -> Vec<String> {
        let credentials = [
            xml::text("AccessKeyId", &self.key_id),
            xml::text("SecretAccessKey", &self.secret_key),
            xml::text("SessionToken", &self.token),
            xml::text("Expiration", &self.expires.to_rfc3339()),
        ];
        let user = [xml::text("AssumedRoleId", &self.user_id), xml::text("Arn", &self.arn)];
        let mut elements =
            vec![xml::element("Credentials", &credentials), xml::element("AssumedRoleUser", &user)];
        elements.extend(packed_percent.map(|percent| xml::text("PackedPolicySize", &percent.to_string())));
        elements.extend(self.proof.source_identity.as_ref().map(|name| xml::text("SourceIdentity", name)));
        elements
    }
}
