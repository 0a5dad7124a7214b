//! Access on request, as a command needs it: the ledger opened under the person's own session, what is in it, who the person
//! is in it, something said in their own name, and decisions applied to IAM. What counts and what is decided is computed in
//! `jit-access`, and done in `jit-apply`.
//!
//! The author of what is said comes from AWS or from the system, and from nowhere else: in a bucket, and in a folder that is
//! this user's alone, it is the user id of the entry role's session, which STS is asked for; in a folder that several users
//! share it is the owner of the file.

mod apply;
mod error;
mod open;
mod prove;

use std::cell::RefCell;
use std::rc::Rc;

use jit_access::id::Id;
use jit_access::ledger::{self, Fact, Key, Ledger, Records, StoredPolicy};
use jit_access::people::{Directory, UserId};
use jit_access::policy::{Policy, Right};
use jit_apply::cache::{Cache, Shelf};
use jit_apply::folder::FolderLedger;
use jit_apply::s3::S3Ledger;
use jit_wire::signed::Variant;
use jit_wire::timestamp::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{Broker, BrokerError, Need};
use crate::plan::{LedgerPlace, Origin, Plan};
use crate::world::World;
use jit_wire::credentials::Session;

pub use error::AccessError;
pub use prove::{ClaimProof, DeploymentReader, PROBES, Probe, ProofVerdict};

/// How far back a request can be that somebody still waits for, holds, or that a decision depends on: it may wait, begin and
/// last for a week each.
pub const WINDOW: i64 = 28 * 86_400;

/// Where a ledger is, and how the person gets there.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// The ledger.
    pub place: LedgerPlace,
    /// The region of the bucket.
    pub region: Option<String>,
    /// The role to come through, for what the person wants to do. Only a folder can do without.
    pub door: Option<Plan>,
}

/// Who the person is in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerIdentity {
    /// The owner of a session, as AWS knows them.
    Session(UserId),
    /// An account of this machine, by its name: the owner of the files that they write.
    Account(String),
}

/// Gives the session of a plan's last step, through the broker.
type Sessions<'b> = Rc<dyn Fn(&Plan) -> Result<Session, BrokerError> + 'b>;

/// A ledger, opened for one command.
pub struct AccessLedger<'b> {
    world: &'b World,
    sessions: Sessions<'b>,
    settings: AccessSettings,
    opened: Opened<'b>,
    identity: LedgerIdentity,
    shelf: Box<dyn Shelf>,
    cache: RefCell<Cache>,
    /// Groups of Identity Center and organizational units are known to the function alone.
    directory: Directory,
}

enum Opened<'b> {
    Folder(FolderLedger),
    Bucket(S3Ledger<'b>),
}

/// What is in a ledger at a moment. With it, who is who:
///
/// ```ignore
/// let view = ledger.read(since)?;
/// let index = view.policy()?.index();
/// let people = index.with(ledger.directory());
/// ```
pub struct LedgerView {
    /// What counts.
    pub records: Records,
    /// What the ledger's clock says.
    pub now: Timestamp,
}

impl LedgerView {
    /// The policy in force.
    ///
    /// # Errors
    /// [`AccessError::NoPolicy`].
    pub fn policy(&self) -> Result<&StoredPolicy, AccessError> {
        self.records.policy_in_force(self.now).ok_or(AccessError::NoPolicy)
    }
}

impl<'b> AccessLedger<'b> {
    /// Opens the ledger of `settings`, through its door. To publish, a folder that is not there is made.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn open(
        broker: &'b Broker<'_, '_>,
        settings: AccessSettings,
        right: Right,
        need: Need,
    ) -> Result<Self, AccessError> {
        let world = broker.world;
        let sessions: Sessions<'b> = Rc::new(move |plan| broker.session(plan, &need));
        let (opened, identity) = match &settings.place {
            LedgerPlace::Folder(path) => open::folder(world, &sessions, path, &settings, right)?,
            LedgerPlace::Bucket(name) => open::bucket(world, &sessions, name, &settings)?,
        };
        let shelf = open::shelf(world);
        let cache = RefCell::new(Cache::load(&*shelf, &settings.place.to_string()));
        let directory = Directory::default();
        Ok(Self { world, sessions, settings, opened, identity, shelf, cache, directory })
    }

    fn ledger(&self) -> &dyn Ledger {
        match &self.opened {
            Opened::Folder(ledger) => ledger,
            Opened::Bucket(ledger) => ledger,
        }
    }

    /// Who is in the groups and which accounts are in the units, as far as that is known here: neither those of Identity
    /// Center nor those of Organizations.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether what people write here is only as sure as the owners of files are.
    pub fn is_folder(&self) -> bool {
        matches!(self.opened, Opened::Folder(_))
    }

    /// Where it is.
    pub fn place(&self) -> &LedgerPlace {
        &self.settings.place
    }

    /// The role that the person came through, if one was needed.
    pub fn door(&self) -> Option<&Plan> {
        self.settings.door.as_ref()
    }

    /// Who the person is.
    pub fn identity(&self) -> &LedgerIdentity {
        &self.identity
    }

    /// The user id under which the person can do what takes `right`. That of an account of this machine has a role of
    /// `policy` in it, which nobody checks: a folder knows no roles.
    ///
    /// # Errors
    /// [`AccessError::NoDoor`].
    pub fn user_id(&self, policy: &Policy, right: Right) -> Result<UserId, AccessError> {
        let name = match &self.identity {
            LedgerIdentity::Session(user_id) => return Ok(user_id.clone()),
            LedgerIdentity::Account(name) => name,
        };
        let own = self.door().map(|door| door.target().role.value.as_str());
        let able = || policy.doors.values().filter(|door| door.may.contains(&right));
        let door = able().find(|door| Some(door.role.as_str()) == own).or_else(|| able().next());
        let id = door.and_then(|door| door.ids.first());
        let user_id = id.and_then(|id| format!("{id}:{name}").parse().ok());
        user_id.ok_or(AccessError::NoDoor { right: right.name() })
    }

    /// What the ledger's clock says.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn time(&self) -> Result<Timestamp, AccessError> {
        Ok(match &self.opened {
            Opened::Folder(ledger) => ledger.time()?,
            Opened::Bucket(ledger) => ledger.time()?,
        })
    }

    /// What is in the ledger about requests that were made since `since`, and what those depend on.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn read(&self, since: Timestamp) -> Result<LedgerView, AccessError> {
        let mut cache = self.cache.borrow_mut();
        let reading = cache.read(self.ledger(), &*self.shelf, since, self.time()?)?;
        // What is not kept is read again the next time.
        let _ = cache.save(&*self.shelf);
        Ok(LedgerView { records: reading.records, now: self.time()? })
    }

    /// The same, as far back as anything can be open.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn read_recent(&self) -> Result<LedgerView, AccessError> {
        self.read(Timestamp(self.time()?.0.saturating_sub(WINDOW)))
    }

    /// Whether anything was written about `request` since the last reading: a look of two short lists.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn has_news(&self, request: Id) -> Result<bool, AccessError> {
        Ok(self.cache.borrow_mut().has_news(self.ledger(), request)?)
    }

    /// Says `fact` in the person's own name, which is `author`, and gives the id that it got.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn say(&self, author: &UserId, fact: &Fact) -> Result<Id, AccessError> {
        let id = self.new_id()?;
        let key = Key::Fact { id, author: author.clone(), kind: fact.kind() };
        ledger::write(self.ledger(), &key, &fact.to_bytes())?;
        Ok(id)
    }

    /// Publishes a policy: one file, with its documents in it.
    ///
    /// # Errors
    /// [`AccessError`].
    pub fn publish(&self, author: &UserId, text: &str) -> Result<Id, AccessError> {
        let id = self.new_id()?;
        let key = Key::Policy { id, author: author.clone() };
        ledger::write(self.ledger(), &key, text.as_bytes())?;
        Ok(id)
    }

    fn new_id(&self) -> Result<Id, AccessError> {
        Ok(Id::new(self.time()?, random().ok_or(AccessError::NoRandom)?))
    }

    /// The plan for a role on request, by its ARN, called `name`: from the role that the person came through, under their own
    /// name.
    ///
    /// # Errors
    /// [`AccessError::NoEntry`].
    pub fn role(&self, name: &str, arn: &str) -> Result<Plan, AccessError> {
        let door = self.door().ok_or(AccessError::NoEntry)?;
        let arn = arn.parse().map_err(|_| AccessError::NoEntry)?;
        Ok(door.onward(name, arn, self.session_name(), Origin::Rule("the policy of access on request")))
    }

    /// The person's session name, which is also their name in every role that they assume from there.
    fn session_name(&self) -> Option<String> {
        match &self.identity {
            LedgerIdentity::Session(user_id) => Some(user_id.session_name().to_owned()),
            LedgerIdentity::Account(_) => None,
        }
    }
}

fn random() -> Option<[u8; 10]> {
    let mut bytes = [0; 10];
    SystemRandom::new().fill(&mut bytes).ok().map(|()| bytes)
}

fn variant(door: &Plan) -> Variant {
    let sts = &door.target().sts;
    Variant { fips: sts.fips.value, dual_stack: sts.dual_stack.value }
}
