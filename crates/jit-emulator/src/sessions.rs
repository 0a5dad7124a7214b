//! AWS sessions, from STS or from Identity Center: what they consist of, and how an answer describes them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::faults::Refusal;
use crate::settings::{KeyUser, Role, Trust};
use crate::shared::Shared;
use crate::xml;
use jit_wire::timestamp::Timestamp;

/// Every session that was issued, by access key id. All AWS services share them.
#[derive(Clone)]
pub(crate) struct Sessions(Rc<RefCell<HashMap<String, Rc<Session>>>>);

impl Sessions {
    /// At first it has the keys of users.
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

/// A session, as AWS remembers it.
pub(crate) struct Session {
    pub(crate) key_id: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
    pub(crate) role_arn: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) user_id: String,
    /// Stays for the whole chain and cannot be changed in it.
    pub(crate) source_identity: Option<String>,
    /// Tags that the next session in the chain inherits.
    pub(crate) transitive_tags: BTreeMap<String, String>,
    /// It came from another role's session.
    pub(crate) chained: bool,
}

/// What a new session is made from.
pub(crate) struct Wanted<'a> {
    pub(crate) role: &'a Role,
    pub(crate) name: &'a str,
    pub(crate) lifetime: Duration,
    pub(crate) source_identity: Option<String>,
    pub(crate) transitive_tags: BTreeMap<String, String>,
}

impl Session {
    pub(crate) fn new(shared: &Shared, wanted: Wanted<'_>) -> Result<Self, Refusal> {
        let Wanted { role, name, lifetime, source_identity, transitive_tags } = wanted;
        let secret_key = STANDARD.encode(shared.random::<30>()?);
        // 900 letters, as long as AWS's often are.
        let token = STANDARD.encode(shared.random::<675>()?);
        shared.note("secret access key", &secret_key);
        shared.note("session token", &token);
        Ok(Self {
            key_id: format!("ASIA{}", letters(&shared.random::<16>()?)),
            secret_key,
            token,
            expires: shared.sts_now() + lifetime,
            role_arn: role.arn.clone(),
            arn: format!("arn:aws:sts::{}:assumed-role/{}/{name}", role.account(), role.name()),
            account: role.account().to_owned(),
            // The first half belongs to the role and is the same for all of its sessions.
            user_id: format!("AROA{}:{name}", letters(&digest(&SHA256, role.arn.as_bytes()).as_ref()[..17])),
            source_identity,
            transitive_tags,
            chained: matches!(&role.trust, Trust::Role(by) if by.contains(":role/")),
        })
    }

    /// The long-lived access keys of a user, which are not a session.
    pub(crate) fn of_user(user: &KeyUser) -> Self {
        Self {
            key_id: user.key_id.clone(),
            secret_key: user.secret_key.clone(),
            token: String::new(),
            expires: Timestamp(i64::MAX),
            role_arn: user.arn.clone(),
            arn: user.arn.clone(),
            account: user.arn.split(':').nth(4).unwrap_or_default().to_owned(),
            user_id: format!("AIDA{}", letters(&digest(&SHA256, user.arn.as_bytes()).as_ref()[..17])),
            source_identity: None,
            transitive_tags: BTreeMap::new(),
            chained: false,
        }
    }

    /// A session of the same user, for `lifetime`.
    pub(crate) fn of_same(&self, shared: &Shared, lifetime: Duration) -> Result<Self, Refusal> {
        let role = Role::hub(&self.role_arn, 0);
        let (source_identity, transitive_tags) = (None, BTreeMap::new());
        let session =
            Self::new(shared, Wanted { role: &role, name: "", lifetime, source_identity, transitive_tags })?;
        Ok(Self { arn: self.arn.clone(), user_id: self.user_id.clone(), ..session })
    }

    /// The elements of the answer that contains it.
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
        elements.extend(self.source_identity.as_ref().map(|name| xml::text("SourceIdentity", name)));
        elements
    }
}

/// An identifier of capital letters and the digits 2 to 7, as AWS writes them.
fn letters(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
