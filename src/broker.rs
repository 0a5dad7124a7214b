//! The one story: is it fresh? → lock → read again → prove → hub → spokes → store.
//!
//! Each leg has a lock of its own, and so has the login. Whoever holds a leg's lock may wait for the lock of the leg
//! above it, never the other way round, so callers queue but cannot block each other for good. Those who waited read
//! again and find what the first one stored, or hear from the lock why it failed.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::durations::Durations;
use crate::aws::errors::{StsError, StsErrorKind};
use crate::aws::sts::{self, Granted};
use crate::credentials::{Freshness, Session};
use crate::idp::oidc::{self, OidcError};
use crate::idp::{Login, LoginOptions};
use crate::plan::{EntryKey, EntryKind, Leg, OidcSettings, Plan, ProofPlan};
use crate::secret::Secret;
use crate::store::{Lock, Store, StoreError};
use crate::timestamp::Timestamp;
use crate::world::{Note, World};

/// An ID token with less left than this is not sent to AWS any more.
pub const TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// What a command needs of a session.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// At least this much must be left.
    pub min_ttl: Duration,
    /// Start over at the IdP.
    pub force: bool,
    /// What may be done when only a person can help.
    pub interaction: Interaction,
    /// How long to wait for other processes that are busy with the same.
    pub wait: Duration,
}

/// What may be done when only a person can help.
#[derive(Clone, Copy, Debug)]
pub enum Interaction {
    /// Nothing: fail with [`BrokerError::LoginNeeded`].
    Never,
    /// A login, in this way.
    Allowed(LoginOptions),
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Only a person can go on, and none may be asked here.
    #[error("a login at {idp} is needed")]
    LoginNeeded {
        /// `[idp.NAME]`.
        idp: String,
        /// Why what was stored does not do.
        why: String,
    },
    /// The IdP.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// AWS.
    #[error("{}", .0.sentence())]
    Sts(#[from] Box<StsError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A renewed session that is shorter than what was asked for.
    #[error("{role} gives sessions of {granted} seconds at most, and {wanted} are needed")]
    TooShort {
        /// The role.
        role: String,
        /// What AWS gives, in seconds.
        granted: u64,
        /// What was asked for, in seconds.
        wanted: u64,
    },
    /// Another process failed at the same while this one waited for it.
    #[error("{}", .0.what)]
    Shared(Failure),
}

/// A failure as those who waited for it hear of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort.
    pub kind: FailureKind,
    /// What happened.
    pub what: String,
    /// Why.
    pub why: Vec<String>,
    /// What to try next.
    pub next: Vec<String>,
}

/// The sorts of failure that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// Anything else.
    Failed,
    /// A person has to sign in.
    LoginNeeded,
    /// AWS or the IdP said no.
    Refused,
    /// AWS said that this person may not become this role.
    NotAllowed,
    /// The store cannot be used.
    Store,
}

impl BrokerError {
    /// The failure in words, for the person and for those who wait.
    pub fn failure(&self) -> Failure {
        let plain =
            |kind, why: Vec<String>, next: Vec<String>| Failure { kind, what: self.to_string(), why, next };
        match self {
            Self::LoginNeeded { why, .. } => plain(FailureKind::LoginNeeded, vec![why.clone()], Vec::new()),
            Self::Oidc(error) => {
                let kind = if error.is_refusal() { FailureKind::Refused } else { FailureKind::Failed };
                plain(kind, Vec::new(), error.next())
            }
            Self::Sts(error) => {
                let kind = match error.kind {
                    StsErrorKind::AccessDenied => FailureKind::NotAllowed,
                    StsErrorKind::Unreachable | StsErrorKind::Server | StsErrorKind::Throttled => {
                        FailureKind::Failed
                    }
                    _ => FailureKind::Refused,
                };
                plain(kind, Vec::new(), error.next())
            }
            Self::Store(_) => plain(FailureKind::Store, Vec::new(), Vec::new()),
            Self::TooShort { .. } => plain(FailureKind::Failed, Vec::new(), Vec::new()),
            Self::Shared(failure) => failure.clone(),
        }
    }
}

/// The session of the plan's last leg, from the store if it is good enough, else walked for.
///
/// # Errors
/// [`BrokerError`]; nothing that was good is lost by a failure.
pub fn session(world: &World, store: &Store<'_>, plan: &Plan, need: &Need) -> Result<Session, BrokerError> {
    let broker = Broker { world, store, plan, started: world.clock.now(), warned: Cell::new(false) };
    let last = plan.legs.len() - 1;
    // The warm path ends here: one entry was read, and nothing was started.
    if let Some(session) = broker.good_enough(last, need, None)? {
        return Ok(session);
    }
    crate::sys::process::block_on(broker.leg(last, need))
}

/// What is stored for the leg at `index`, whatever its age. Calls nothing.
///
/// # Errors
/// [`StoreError`], among them one for an entry that cannot be read.
pub fn stored_session(store: &Store<'_>, plan: &Plan, index: usize) -> Result<Option<Session>, StoreError> {
    let key = plan.session_key(index);
    let Some(bytes) = store.get(&key)? else { return Ok(None) };
    Session::from_bytes(bytes.expose()).map(Some).map_err(|_| store.corrupt(&key, "it holds no session"))
}

/// What the IdP handed over for `plan`, whatever its age. Calls nothing.
///
/// # Errors
/// [`StoreError`], among them one for an entry that cannot be read.
pub fn stored_login(store: &Store<'_>, key: &EntryKey) -> Result<Option<Login>, StoreError> {
    let Some(bytes) = store.get(key)? else { return Ok(None) };
    Login::from_bytes(bytes.expose()).map(Some).map_err(|_| store.corrupt(key, "it holds no login"))
}

struct Broker<'a, 'w> {
    world: &'a World,
    store: &'a Store<'w>,
    plan: &'a Plan,
    /// When this began.
    started: Timestamp,
    /// Whether the person knows already that the store takes nothing; it takes nothing of every leg then.
    warned: Cell<bool>,
}

impl Broker<'_, '_> {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn good_enough(
        &self,
        index: usize,
        need: &Need,
        lock: Option<&Lock>,
    ) -> Result<Option<Session>, BrokerError> {
        let found = stored_session(self.store, self.plan, index)?;
        let fresh = |session: &Session| session.freshness(self.now(), need.min_ttl) == Freshness::Fresh;
        Ok(found.filter(|session| fresh(session) && self.new_enough(session.issued_at, need, lock)))
    }

    /// `--force` is satisfied by what somebody else got while this one waited for the lock, and by nothing older.
    fn new_enough(&self, got_at: Timestamp, need: &Need, lock: Option<&Lock>) -> bool {
        !need.force || (got_at >= self.started && lock.is_some_and(Lock::waited))
    }

    /// The session of the leg at `index`: what another process has just stored, or a new one.
    async fn leg(&self, index: usize, need: &Need) -> Result<Session, BrokerError> {
        let key = self.plan.session_key(index);
        let leg = &self.plan.legs[index];
        let mut lock =
            self.store.lock(&key, &*self.world.person, &format!("the session of {}", leg.name), need.wait)?;
        if let Some(session) = self.good_enough(index, need, Some(&lock))? {
            return Ok(session);
        }
        if let Some(failure) = shared_failure(&lock, need) {
            return Err(BrokerError::Shared(failure));
        }
        // A session that still holds is worth a silent try to renew it, not a person's time.
        let still_good = stored_session(self.store, self.plan, index)?.filter(|session| {
            let left = session.time_left(self.now());
            !need.force && !left.is_zero() && left >= need.min_ttl
        });
        let need = &Need {
            interaction: if still_good.is_some() { Interaction::Never } else { need.interaction },
            ..*need
        };
        let renewed = Box::pin(self.renew(index, need, &lock)).await;
        match (renewed, still_good) {
            (Ok(session), _) => {
                self.keep(&lock, &key, &session.to_bytes(), &format!("the session of {}", leg.name));
                let granted = session.lifetime();
                if granted < need.min_ttl {
                    let (granted, wanted) = (granted.as_secs(), need.min_ttl.as_secs());
                    return Err(BrokerError::TooShort { role: leg.name.clone(), granted, wanted });
                }
                Ok(session)
            }
            (Err(error), Some(old)) => {
                tracing::info!("{} could not be renewed ({error}); what is left of it is served", leg.name);
                Ok(old)
            }
            (Err(error), None) => {
                tell_waiters(&mut lock, &error);
                Err(error)
            }
        }
    }

    /// A new session of the leg at `index`, with a session or a proof of what is above it. If AWS says that this
    /// has just ended, it is renewed once and AWS asked again.
    async fn renew(&self, index: usize, need: &Need, lock: &Lock) -> Result<Session, BrokerError> {
        let parents_need = Need { min_ttl: Duration::ZERO, ..*need };
        if index == 0 {
            let ProofPlan::Oidc(settings) = &self.plan.proof;
            let login = self.login(settings, &parents_need, None).await?;
            match self.ask_hub(&login, lock).await {
                Err(error) if error.new_token_may_help() => {
                    let login = self.login(settings, &parents_need, Some(&login)).await?;
                    Ok(self.ask_hub(&login, lock).await?)
                }
                outcome => Ok(outcome?),
            }
        } else {
            let parent = match self.good_enough(index - 1, &parents_need, None)? {
                Some(parent) => parent,
                None => self.leg(index - 1, &parents_need).await?,
            };
            match self.ask_spoke(index, &parent, lock).await {
                Err(error)
                    if matches!(error.kind, StsErrorKind::ExpiredToken | StsErrorKind::UnknownSession) =>
                {
                    self.store.delete(&self.plan.session_key(index - 1))?;
                    // The force, if there was one, has gone into the login already.
                    let parents_need = Need { force: false, ..parents_need };
                    let parent = self.leg(index - 1, &parents_need).await?;
                    Ok(self.ask_spoke(index, &parent, lock).await?)
                }
                outcome => Ok(outcome?),
            }
        }
    }

    async fn ask_hub(&self, login: &Login, lock: &Lock) -> Result<Session, Box<StsError>> {
        let leg = &self.plan.legs[0];
        let name = session_name(leg, &login.identity.name);
        let (http, token) = (&self.world.http, &login.id_token);
        let granted = self
            .with_duration_memory(0, lock, async |seconds| {
                sts::assume_role_with_web_identity(http, leg, seconds, &name, token).await
            })
            .await?;
        Ok(self.session_of(leg, granted, &login.identity.subject, &login.identity.name))
    }

    async fn ask_spoke(&self, index: usize, parent: &Session, lock: &Lock) -> Result<Session, Box<StsError>> {
        let leg = &self.plan.legs[index];
        let name = session_name(leg, &parent.user);
        let (http, by) = (&self.world.http, &parent.credentials);
        let granted = self
            .with_duration_memory(index, lock, async |seconds| {
                sts::assume_role(http, leg, seconds, &name, by).await
            })
            .await?;
        Ok(self.session_of(leg, granted, &parent.subject, &parent.user))
    }

    /// Asks for the duration that the role is known to grant, and remembers what came of it.
    async fn with_duration_memory(
        &self,
        index: usize,
        lock: &Lock,
        ask: impl AsyncFn(u32) -> Result<Granted, StsError>,
    ) -> Result<Granted, Box<StsError>> {
        let (leg, key, now) = (&self.plan.legs[index], self.plan.durations_key(index), self.now());
        let before = self.store.get(&key).ok().flatten().map(|bytes| Durations::from_bytes(bytes.expose()));
        let before = before.unwrap_or_default();
        let mut memory = before.clone();
        let outcome = memory.ask(leg.duration.value, now, ask).await;
        if memory != before {
            // Losing this memory costs one refused request.
            let _ = self.store.put(lock, &key, &memory.to_bytes());
        }
        let (granted, seconds) = outcome.map_err(Box::new)?;
        if seconds < leg.duration.value {
            let [wanted, given] =
                [leg.duration.value, seconds].map(|seconds| Duration::from_secs(seconds.into()));
            self.world.person.tell(Note::ShorterSession { role: &leg.name, wanted, given });
        }
        if let Some(percent) = granted.packed_policy_percent.filter(|percent| *percent >= 80) {
            self.warn(&format!(
                "the session policy and tags of {} fill {percent} % of what AWS allows",
                leg.name
            ));
        }
        Ok(granted)
    }

    fn session_of(&self, leg: &Leg, granted: Granted, subject: &str, user: &str) -> Session {
        Session {
            credentials: granted.credentials,
            issued_at: self.now(),
            role: leg.name.clone(),
            role_arn: leg.role_arn.value.to_string(),
            assumed_arn: granted.assumed_arn,
            idp: self.plan.proof.name().to_owned(),
            login: self.plan.login_key().file_name(),
            subject: subject.to_owned(),
            user: user.to_owned(),
            source_identity: granted.source_identity,
        }
    }

    /// An ID token that AWS will take: the stored one, one for the refresh token, or one that a person signs in for.
    /// `refused` is a login that AWS has just called expired; only another one will do.
    async fn login(
        &self,
        settings: &OidcSettings,
        need: &Need,
        refused: Option<&Login>,
    ) -> Result<Login, BrokerError> {
        let key = self.plan.login_key();
        let usable = |login: &Login, lock: Option<&Lock>| {
            let other = refused.is_none_or(|refused| login.id_token != refused.id_token);
            other
                && self.new_enough(login.obtained_at, need, lock)
                && login.identity.token_expires_at.since(self.now()) > TOKEN_MARGIN
        };
        if let Some(login) = stored_login(self.store, &key)?.filter(|login| usable(login, None)) {
            return Ok(login);
        }
        let what = format!("the login at {}", settings.name);
        let mut lock = self.store.lock(&key, &*self.world.person, &what, need.wait)?;
        let stored = stored_login(self.store, &key)?;
        if let Some(login) = stored.clone().filter(|login| usable(login, Some(&lock))) {
            return Ok(login);
        }
        if let Some(failure) = shared_failure(&lock, need) {
            return Err(BrokerError::Shared(failure));
        }
        let outcome = self.prove(settings, need, stored, &lock).await;
        match &outcome {
            Ok(login) => self.keep(&lock, &key, &login.to_bytes(), &what),
            Err(error) => tell_waiters(&mut lock, error),
        }
        outcome
    }

    async fn prove(
        &self,
        settings: &OidcSettings,
        need: &Need,
        stored: Option<Login>,
        lock: &Lock,
    ) -> Result<Login, BrokerError> {
        let mut why = "nobody has signed in there yet".to_owned();
        if let Some(login) = stored.as_ref().filter(|_| !need.force) {
            match oidc::refresh(settings, self.world, login).await {
                Ok(renewed) => return Ok(renewed),
                Err(error) if error.needs_new_login() => {
                    tracing::info!("the refresh token of {} is of no more use: {error}", settings.name);
                    why = format!("the last login has ended: {error}");
                    // A dead token is not tried again: providers take its reuse for theft.
                    if login.refresh_token.is_some() {
                        let ended = Login { refresh_token: None, ..login.clone() };
                        let what = format!("the end of the login at {}", settings.name);
                        self.keep(lock, &self.plan.login_key(), &ended.to_bytes(), &what);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Interaction::Allowed(options) = need.interaction else {
            return Err(BrokerError::LoginNeeded { idp: settings.name.clone(), why });
        };
        let options = LoginOptions { force: need.force, ..options };
        // Starting over includes asking the provider anew where its endpoints are.
        let known = stored.as_ref().filter(|_| !need.force).map(|login| &login.provider);
        let login = oidc::login(settings, self.world, &options, known).await?;
        self.forget_other_people(&login)?;
        Ok(login)
    }

    /// Sessions of another person, taken through the same login, must not be served to this one.
    fn forget_other_people(&self, login: &Login) -> Result<(), StoreError> {
        let login_name = self.plan.login_key().file_name();
        for key in self.store.keys()?.into_iter().filter(|key| key.kind == EntryKind::Session) {
            let Ok(Some(bytes)) = self.store.get(&key) else { continue };
            let Ok(session) = Session::from_bytes(bytes.expose()) else { continue };
            if session.login == login_name && session.subject != login.identity.subject {
                self.store.delete(&key)?;
            }
        }
        Ok(())
    }

    /// Stores what was got. If that fails it is served all the same, and only asked for again next time.
    fn keep(&self, lock: &Lock, key: &EntryKey, value: &Secret<Vec<u8>>, what: &str) {
        let Err(error) = self.store.put(lock, key, value) else { return };
        if !self.warned.replace(true) {
            let error = error.in_one_line();
            self.warn(&format!("{what} could not be stored, so the next command asks for it again: {error}"));
        }
    }

    fn warn(&self, text: &str) {
        self.world.person.tell(Note::Warning { text });
    }
}

/// Leaves the failure for those who wait for the lock; [`shared_failure`] reads it.
fn tell_waiters(lock: &mut Lock, error: &BrokerError) {
    if let Ok(message) = serde_json::to_string(&error.failure()) {
        lock.leave_message(&message);
    }
}

/// The failure that the lock's last holder left for those who waited. That a login is needed there says nothing to
/// somebody who may start one.
fn shared_failure(lock: &Lock, need: &Need) -> Option<Failure> {
    let failure: Failure = serde_json::from_str(lock.message_left()?).ok()?;
    let may_login = matches!(need.interaction, Interaction::Allowed(_));
    (!may_login || failure.kind != FailureKind::LoginNeeded).then_some(failure)
}

fn session_name(leg: &Leg, user: &str) -> String {
    leg.session_name.as_ref().map_or_else(|| sts::session_name_of(user), |name| name.value.clone())
}
