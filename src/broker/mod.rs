//! How to get a session: is the stored one fresh? → lock → read again → sign in → hub → spokes → store.
//!
//! Each step has its own lock, and so has the login. The holder of a step's lock may wait for the lock of the
//! step above it, never the other way round, so callers wait but cannot block each other forever. Waiting
//! processes find what the first one stored, or are told why it failed, and need no lock for that (see
//! [`Lock`]).
//!
//! | module | decides |
//! | --- | --- |
//! | `fresh` | which of the stored sessions can be used |
//! | `step` | what happens between the lock of a step and its session in the store |
//! | `several` | in which order several roles are requested |
//! | `login` | which login is used: the stored one, or a new one |
//! | `prove` | how a new login is obtained: the last one is renewed, or the person signs in |
//! | `hub`, `spoke` | how AWS is called for the first step of a chain, and for the others |
//! | `source` | the same for a profile that needs no IdP |
//! | `grant` | access on request: the ledger under the person's own session, and applying decisions |
//! | `granted` | which duration is requested, and the session made from the answer |
//! | `offered` | which roles an IdP offers |
//! | `failure` | why there is no session, for the person and for the processes that waited |

mod failure;
mod fresh;
mod grant;
mod granted;
mod hub;
mod login;
mod offered;
mod prove;
mod several;
mod source;
mod spoke;
mod step;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::portal_pace::PortalPace;
use crate::idp::{IdpLogin, LoginOptions};
use crate::plan::{EntryKey, Plan, ProofPlan};
use crate::store::{Lock, Store, StoreError};
use crate::sys::process;
use crate::world::{Note, World};
use jit_wire::credentials::Session;
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;
use jit_wire::timestamp::Timestamp;

use login::Purpose;

pub use failure::{BrokerError, Failure};
pub use fresh::stored_session;
pub use grant::{
    AccessError, AccessLedger, AccessSettings, ClaimProof, DeploymentReader, LedgerIdentity, LedgerView,
    PROBES, Probe, ProofVerdict, WINDOW,
};
pub use login::{margin, stored_login};
pub use source::SourceError;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use source::fuzzing;

/// What a command needs from a session.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The minimum time left.
    pub min_ttl: Duration,
    /// Start over at the IdP.
    pub force: bool,
    /// What may be done when only a person can help.
    pub interaction: Interaction,
    /// How long to wait for other processes that are busy with the same.
    pub wait: Duration,
}

impl Need {
    fn may_sign_in(&self) -> bool {
        matches!(self.interaction, Interaction::Allowed(_))
    }

    /// The same if a stored session has not expired. Renewing it is worth one silent attempt, and no question
    /// to the person.
    fn with(&self, still_good: Option<&Session>) -> Self {
        let interaction = if still_good.is_some() { Interaction::Never } else { self.interaction };
        Self { interaction, ..*self }
    }
}

/// What may be done when only a person can help.
#[derive(Clone, Copy, Debug)]
pub enum Interaction {
    /// Nothing: fail with [`BrokerError::LoginNeeded`].
    Never,
    /// A login, in this way.
    Allowed(LoginOptions),
}

/// Gets sessions for one command. It keeps what it got for as long as it exists, so that one login serves
/// every role that follows, even with `--force` or if nothing can be stored.
pub struct Broker<'a, 'w> {
    world: &'a World,
    store: &'a Store<'w>,
    /// When this began.
    started: Timestamp,
    /// The first failure to store something. The person is told once, because every step fails in the same
    /// way.
    not_stored: RefCell<Option<StoreError>>,
    /// The logins that this command got. One assertion serves every role in it.
    logins: RefCell<HashMap<EntryKey, IdpLogin>>,
    /// The sessions that this command got.
    sessions: RefCell<HashMap<EntryKey, Session>>,
    /// Locks within this process. The store's locks are between processes, and waiting for one blocks the
    /// thread.
    busy: RefCell<HashMap<EntryKey, Arc<tokio::sync::Mutex<()>>>>,
    /// The pace at which a portal is asked for many roles; nothing if there are few.
    pace: OnceCell<PortalPace>,
}

impl<'a, 'w> Broker<'a, 'w> {
    /// A broker without sessions.
    pub fn new(world: &'a World, store: &'a Store<'w>) -> Self {
        Self {
            world,
            store,
            started: world.clock.now(),
            not_stored: RefCell::default(),
            logins: RefCell::default(),
            sessions: RefCell::default(),
            busy: RefCell::default(),
            pace: OnceCell::new(),
        }
    }

    /// The session of the plan's last step: the stored one if it is good enough, else a new one.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing that was good is lost by a failure.
    pub fn session(&self, plan: &Plan, need: &Need) -> Result<Session, BrokerError> {
        match self.at_hand(plan, need)? {
            Some(session) => Ok(session),
            None => process::block_on(self.step_session(plan, plan.legs.len() - 1, need)),
        }
    }

    /// The session of the plan's last step, if it is stored and good enough. The warm path ends here: one
    /// entry is read, and nothing is started.
    ///
    /// # Errors
    /// [`BrokerError`], if the store cannot be used.
    pub fn at_hand(&self, plan: &Plan, need: &Need) -> Result<Option<Session>, BrokerError> {
        self.good_enough(plan, plan.legs.len() - 1, need, false)
    }

    /// The same as [`Broker::session`], for callers that already run inside a runtime.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing that was good is lost by a failure.
    pub async fn fetch(&self, plan: &Plan, need: &Need) -> Result<Session, BrokerError> {
        match self.at_hand(plan, need)? {
            Some(session) => Ok(session),
            None => self.step_session(plan, plan.legs.len() - 1, need).await,
        }
    }

    /// The sessions of several plans, in order: one login at each IdP, then the steps level by level, in
    /// parallel. A failure stops only the plans that need what failed.
    pub fn sessions(&self, plans: &[Plan], need: &Need) -> Vec<Result<Session, BrokerError>> {
        process::block_on(self.side_by_side(plans, need))
    }

    /// A login at the IdP of `proof` that AWS accepts now: the stored one, a renewed one, or one that a
    /// person signs in for.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub fn sign_in(&self, proof: &ProofPlan, need: &Need) -> Result<IdpLogin, BrokerError> {
        let nothing = Requirement::default();
        let purpose = Purpose { role: proof.name(), demand: &nothing };
        process::block_on(self.login(proof, need, None, purpose))
    }

    /// Waits until nobody else in this process is busy with `key`. The turn lasts until the guard is dropped.
    async fn turn(&self, key: &EntryKey) -> tokio::sync::OwnedMutexGuard<()> {
        let own = Arc::clone(self.busy.borrow_mut().entry(key.clone()).or_default());
        own.lock_owned().await
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Stores the result. If that fails, the result is used all the same, and the next command has to ask for
    /// it again.
    fn keep(&self, lock: &Lock, key: &EntryKey, value: &Secret<Vec<u8>>, what: &str) {
        let Err(error) = self.store.put(lock, key, value) else { return };
        let mut not_stored = self.not_stored.borrow_mut();
        if not_stored.is_none() {
            let why = error.in_one_line();
            self.warn(&format!("could not store {what}, so the next command needs it again: {why}"));
            *not_stored = Some(error);
        }
    }

    /// Why something could not be stored, if that happened.
    pub fn not_stored(&self) -> Option<StoreError> {
        self.not_stored.take()
    }

    fn warn(&self, text: &str) {
        self.world.person.tell(Note::Warning { text });
    }
}
