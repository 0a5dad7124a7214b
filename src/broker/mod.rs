//! The one story: is it fresh? → lock → read again → prove → hub → spokes → store.
//!
//! Each leg has a lock of its own, and so has the login. Whoever holds a leg's lock may wait for the lock of the leg
//! above it, never the other way round, so callers wait but cannot block each other for good. Those who wait find what the
//! first one stored, or hear why it failed, and need no lock for that (see [`Lock`]).
//!
//! ```text
//! mod (legs and sessions) → login (the proof: stored, renewed, or by the person) ; source (profiles without an IdP) ;
//!                           offered (what there is) ; failure (why not)
//! ```

mod failure;
mod login;
mod offered;
mod source;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use source::fuzzing;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;

use crate::aws::durations::Durations;
use crate::aws::errors::{StsError, StsErrorKind};
use crate::aws::portal::{self, PortalErrorKind};
use crate::aws::sts::{self, Granted, Mfa};
use crate::idp::{Attributes, Login, LoginOptions, Proof};
use crate::plan::{DURATION_RANGE, EntryKey, Leg, Origin, Plan, ProofPlan, RoleId};
use crate::store::{Lock, Order, Store, StoreError, Turn, Waiting};
use crate::sys::process;
use crate::world::{Limit, Note, World};
use jit_wire::credentials::{Credentials, Freshness, Session};
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;
use jit_wire::timestamp::Timestamp;

use login::Purpose;

pub use failure::{BrokerError, Failure};
pub use login::{margin, stored_login};
pub use source::SourceError;

/// How many roles are asked for side by side. STS throttles whole accounts, so more would only queue elsewhere.
const SIDE_BY_SIDE: usize = 8;

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

impl Need {
    fn may_sign_in(&self) -> bool {
        matches!(self.interaction, Interaction::Allowed(_))
    }

    /// The same with a session at hand that still holds: that is worth one silent try to renew it, not a person's time.
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

/// What is stored for the leg at `index`, whatever its age. Calls nothing.
///
/// # Errors
/// [`StoreError`], among them one for an entry that cannot be read.
pub fn stored_session(store: &Store<'_>, plan: &Plan, index: usize) -> Result<Option<Session>, StoreError> {
    session_of(store, &plan.session_key(index))
}

fn session_of(store: &Store<'_>, key: &EntryKey) -> Result<Option<Session>, StoreError> {
    let Some(bytes) = store.get(key)? else { return Ok(None) };
    Session::from_bytes(bytes.expose()).map(Some).map_err(|_| store.corrupt(key, "it holds no session"))
}

/// One command's dealings with IdP, AWS and store. What it got is its own for as long as it lives, so that one login
/// serves all that follows, `--force` and a store that takes nothing included.
pub struct Broker<'a, 'w> {
    world: &'a World,
    store: &'a Store<'w>,
    /// When this began.
    started: Timestamp,
    /// Why the store took nothing, the first time; the person knows it then, and it takes nothing of every leg.
    not_stored: RefCell<Option<StoreError>>,
    /// The logins got here: an assertion is good for every role in it.
    logins: RefCell<HashMap<EntryKey, Login>>,
    /// The sessions got here.
    sessions: RefCell<HashMap<EntryKey, Session>>,
    /// What is being got right now. The locks of the store are between processes, and wait without yielding.
    busy: RefCell<HashMap<EntryKey, Arc<tokio::sync::Mutex<()>>>>,
}

impl<'a, 'w> Broker<'a, 'w> {
    /// A broker that has nothing yet.
    pub fn new(world: &'a World, store: &'a Store<'w>) -> Self {
        Self {
            world,
            store,
            started: world.clock.now(),
            not_stored: RefCell::default(),
            logins: RefCell::default(),
            sessions: RefCell::default(),
            busy: RefCell::default(),
        }
    }

    /// The session of the plan's last leg, from the store if it is good enough, else walked for.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing that was good is lost by a failure.
    pub fn session(&self, plan: &Plan, need: &Need) -> Result<Session, BrokerError> {
        match self.at_hand(plan, need)? {
            Some(session) => Ok(session),
            None => process::block_on(self.leg(plan, plan.legs.len() - 1, need)),
        }
    }

    /// The session of the plan's last leg, if it is there and good enough. The warm path ends here: one entry is read, and
    /// nothing is started.
    ///
    /// # Errors
    /// [`BrokerError`], where the store cannot be used.
    pub fn at_hand(&self, plan: &Plan, need: &Need) -> Result<Option<Session>, BrokerError> {
        self.good_enough(plan, plan.legs.len() - 1, need, false)
    }

    /// The same, for who has a runtime already.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing that was good is lost by a failure.
    pub async fn fetch(&self, plan: &Plan, need: &Need) -> Result<Session, BrokerError> {
        let last = plan.legs.len() - 1;
        match self.good_enough(plan, last, need, false)? {
            Some(session) => Ok(session),
            None => self.leg(plan, last, need).await,
        }
    }

    /// The sessions of several plans, in their order: one login at each IdP, then the legs level by level, side by
    /// side. One that fails keeps no other.
    pub fn sessions(&self, plans: &[Plan], need: &Need) -> Vec<Result<Session, BrokerError>> {
        process::block_on(self.side_by_side(plans, need))
    }

    /// A login at the IdP of `proof` that AWS takes now: the stored one, a renewed one, or one that a person signs in
    /// for.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub fn sign_in(&self, proof: &ProofPlan, need: &Need) -> Result<Login, BrokerError> {
        let nothing = Requirement::default();
        let purpose = Purpose { role: proof.name(), demand: &nothing };
        process::block_on(self.login(proof, need, None, purpose))
    }

    /// Nobody else in this process is busy with `key` while the answer is held.
    async fn turn(&self, key: &EntryKey) -> tokio::sync::OwnedMutexGuard<()> {
        let own = Arc::clone(self.busy.borrow_mut().entry(key.clone()).or_default());
        own.lock_owned().await
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn good_enough(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        waited: bool,
    ) -> Result<Option<Session>, BrokerError> {
        let fresh = |session: &Session| {
            session.freshness(self.now(), need.min_ttl) == Freshness::Fresh
                && self.signed_in_for(plan, session)
        };
        let key = plan.session_key(index);
        if let Some(own) = self.sessions.borrow().get(&key).filter(|own| fresh(own)) {
            return Ok(Some(own.clone()));
        }
        let found = session_of(self.store, &key)?;
        Ok(found.filter(|session| fresh(session) && self.new_enough(session.issued_at, need, waited)))
    }

    /// Whether the sign-in behind `session` is what the role demands, now.
    fn signed_in_for(&self, plan: &Plan, session: &Session) -> bool {
        plan.sign_in.is_empty() || plan.sign_in.allows(&session.sign_in, self.now()).is_ok()
    }

    /// `--force` is satisfied by what somebody else got while this one waited for the lock, and by nothing older.
    fn new_enough(&self, got_at: Timestamp, need: &Need, waited: bool) -> bool {
        !need.force || (got_at >= self.started && waited)
    }

    async fn side_by_side(&self, plans: &[Plan], need: &Need) -> Vec<Result<Session, BrokerError>> {
        let mut walked: HashMap<EntryKey, Result<Session, Failure>> = HashMap::new();
        let target = |plan: &Plan| plan.session_key(plan.legs.len() - 1);
        for plan in plans {
            let stored = self.good_enough(plan, plan.legs.len() - 1, need, false);
            if let Some(outcome) = stored.map_err(|error| error.failure()).transpose() {
                walked.insert(target(plan), outcome);
            }
        }
        // The logins one after the other, since each may need the person; a failure is every leg's below it. Those for roles
        // that demand something come first: they do for the others as well.
        let mut refused: HashMap<EntryKey, Failure> = HashMap::new();
        let (demanding, others): (Vec<_>, Vec<_>) = plans.iter().partition(|plan| !plan.sign_in.is_empty());
        for plan in demanding.into_iter().chain(others) {
            if walked.contains_key(&target(plan)) {
                continue;
            }
            let (key, hub) = (plan.proof.login_key(), self.good_enough(plan, 0, need, false));
            let known = refused.contains_key(&key)
                || (plan.sign_in.is_empty() && self.logins.borrow().contains_key(&key))
                || matches!(plan.proof, ProofPlan::Source(_));
            if !known && !matches!(hub, Ok(Some(_))) {
                match self.login(&plan.proof, need, None, Purpose::of(plan)).await {
                    Ok(_) => {}
                    // Somebody is signed in, though not for this role.
                    Err(error @ BrokerError::TooWeak { .. }) => {
                        walked.insert(target(plan), Err(error.failure()));
                    }
                    Err(error) => drop(refused.insert(key, error.failure())),
                }
            }
        }
        for level in 0..plans.iter().map(|plan| plan.legs.len()).max().unwrap_or(0) {
            let mut legs: HashMap<EntryKey, &Plan> = HashMap::new();
            for plan in plans.iter().filter(|plan| level < plan.legs.len()) {
                let key = plan.session_key(level);
                let above = level.checked_sub(1).map(|above| plan.session_key(above));
                let failed = match above.as_ref().and_then(|above| walked.get(above)) {
                    Some(Err(failure)) => Some(failure),
                    _ => refused.get(&plan.proof.login_key()),
                };
                match failed.cloned() {
                    _ if walked.contains_key(&key) || walked.contains_key(&target(plan)) => {}
                    Some(failure) => drop(walked.insert(key, Err(failure))),
                    None => drop(legs.insert(key, plan)),
                }
            }
            let asked = futures_util::stream::iter(legs)
                .map(|(key, plan)| async move { (key, self.leg(plan, level, need).await) });
            let answers: Vec<_> = asked.buffer_unordered(SIDE_BY_SIDE).collect().await;
            walked.extend(answers.into_iter().map(|(key, answer)| (key, answer.map_err(|e| e.failure()))));
        }
        let mut outcomes = Vec::new();
        for plan in plans {
            let outcome = walked.get(&target(plan)).cloned();
            let outcome = outcome.unwrap_or_else(|| unreachable!("every level was walked"));
            outcomes.push(match outcome {
                // Two roles may be one session, of which only one has demands.
                Ok(session) if !self.signed_in_for(plan, &session) => self.fetch(plan, need).await,
                outcome => outcome.map_err(BrokerError::Shared),
            });
        }
        outcomes
    }

    /// The session of the leg at `index`: what another process has just stored, or a new one.
    async fn leg(&self, plan: &Plan, index: usize, need: &Need) -> Result<Session, BrokerError> {
        let key = plan.session_key(index);
        let leg = &plan.legs[index];
        let what = format!("the session of {}", leg.name);
        let _turn = self.turn(&key).await;
        let waiting = self.waiting(&what, need);
        let look = |message: Option<&str>| self.answer(plan, index, need, message).transpose();
        let mut lock = match self.store.lock_or(&key, &waiting, look) {
            // Whoever is busy takes too long to be of use; what there is still serves.
            Err(busy @ StoreError::Busy { .. }) => {
                return self.still_good(plan, index, need)?.ok_or_else(|| busy.into());
            }
            Ok(Turn::Answer(answer)) => return answer,
            Ok(Turn::Lock(lock)) => lock,
            Err(error) => return Err(error.into()),
        };
        let found = match lock.waited() {
            true => self.answer(plan, index, need, lock.message_left())?,
            false => self.good_enough(plan, index, need, false)?,
        };
        if let Some(session) = found {
            return Ok(session);
        }
        let still_good = self.still_good(plan, index, need)?;
        let need = &need.with(still_good.as_ref());
        let renewed = Box::pin(self.renew(plan, index, need, &lock)).await;
        if let Err(error) = &renewed {
            failure::tell_waiters(&mut lock, error, &plan.sign_in);
        }
        match (renewed, still_good) {
            (Ok(session), _) => {
                self.keep(&lock, &key, &session.to_bytes(), &what);
                self.drop_if_anothers(plan, &key, &session)?;
                self.sessions.borrow_mut().insert(key, session.clone());
                let granted = session.lifetime();
                if granted < need.min_ttl {
                    let (granted, wanted) = (granted.as_secs(), need.min_ttl.as_secs());
                    return Err(BrokerError::TooShort { role: leg.name.clone(), granted, wanted });
                }
                Ok(session)
            }
            (Err(error), Some(old)) => Ok(served_all_the_same(old, &error)),
            (Err(error), None) => Err(error),
        }
    }

    fn waiting<'n>(&'n self, what: &'n str, need: &Need) -> Waiting<'n> {
        let order = if need.may_sign_in() { Order::First } else { Order::After };
        Waiting { person: &*self.world.person, what, at_most: need.wait, order }
    }

    /// What others have come to while this one waited for them, and left in the store or as a `message`, if that is an
    /// answer to it.
    fn answer(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        message: Option<&str>,
    ) -> Result<Option<Session>, BrokerError> {
        if let Some(session) = self.good_enough(plan, index, need, true)? {
            return Ok(Some(session));
        }
        let old = self.still_good(plan, index, need)?;
        let failed =
            failure::shared(message, &need.with(old.as_ref()), &plan.sign_in).map(BrokerError::Shared);
        match (failed, old) {
            (None, _) => Ok(None),
            (Some(error), Some(old)) => Ok(Some(served_all_the_same(old, &error))),
            (Some(error), None) => Err(error),
        }
    }

    /// A stored session that is due to be renewed, and has as much left as is needed.
    fn still_good(&self, plan: &Plan, index: usize, need: &Need) -> Result<Option<Session>, BrokerError> {
        let holds = |session: &Session| {
            let left = session.time_left(self.now());
            !need.force && !left.is_zero() && left >= need.min_ttl && self.signed_in_for(plan, session)
        };
        Ok(stored_session(self.store, plan, index)?.filter(holds))
    }

    /// A new session of the leg at `index`, with a session or a proof of what is above it. If AWS says that this
    /// has just ended, it is renewed once and AWS asked again.
    async fn renew(
        &self,
        plan: &Plan,
        index: usize,
        need: &Need,
        lock: &Lock,
    ) -> Result<Session, BrokerError> {
        let parents_need = Need { min_ttl: Duration::ZERO, ..*need };
        if index == 0 {
            if let ProofPlan::Source(settings) = &plan.proof {
                return self.ask_source(plan, settings, &parents_need, lock).await;
            }
            let purpose = Purpose::of(plan);
            let login = self.login(&plan.proof, &parents_need, None, purpose).await?;
            match self.ask_hub(plan, &login, lock).await {
                Err(error) if new_token_may_help(&error) => {
                    let login = self.login(&plan.proof, &parents_need, Some(&login), purpose).await?;
                    self.ask_hub(plan, &login, lock).await
                }
                outcome => outcome,
            }
        } else {
            let parent = match self.good_enough(plan, index - 1, &parents_need, false)? {
                Some(parent) => parent,
                None => self.leg(plan, index - 1, &parents_need).await?,
            };
            let code = self.mfa_code(&plan.legs[index], need)?;
            let code = code.as_ref();
            match self.ask_spoke(plan, index, &parent, code, lock).await {
                Err(error)
                    if matches!(error.kind, StsErrorKind::ExpiredToken | StsErrorKind::UnknownSession) =>
                {
                    self.sessions.borrow_mut().remove(&plan.session_key(index - 1));
                    self.store.delete(&plan.session_key(index - 1))?;
                    // The force, if there was one, has gone into the login already.
                    let parents_need = Need { force: false, ..parents_need };
                    let parent = self.leg(plan, index - 1, &parents_need).await?;
                    Ok(self.ask_spoke(plan, index, &parent, code, lock).await?)
                }
                outcome => Ok(outcome?),
            }
        }
    }

    async fn ask_hub(&self, plan: &Plan, login: &Login, lock: &Lock) -> Result<Session, BrokerError> {
        let leg = &plan.legs[0];
        let (http, identity, attributes) = (&self.world.http, login.identity(), login.attributes());
        let granted = match login.proof() {
            Some(Proof::IdToken(token)) => {
                let (name, wanted) = (session_name(leg, &identity.name), leg.duration.value);
                self.with_duration_memory(plan, 0, wanted, lock, async |seconds| {
                    sts::assume_role_with_web_identity(http, leg, seconds, &name, token).await
                })
                .await?
            }
            Some(Proof::Assertion(assertion)) => {
                let provider = provider_of(plan, login, &attributes)?;
                let wanted = self.duration_with(plan, &attributes);
                self.with_duration_memory(plan, 0, wanted, lock, async |seconds| {
                    sts::assume_role_with_saml(http, leg, seconds, &provider, assertion).await
                })
                .await?
            }
            Some(Proof::PortalToken(token)) => self.ask_portal(plan, token).await?,
            None => {
                let (idp, why) = (plan.proof.name().to_owned(), "the last proof is used up".to_owned());
                return Err(BrokerError::LoginNeeded { idp, why });
            }
        };
        // Of an encrypted assertion only AWS knows whose it is.
        let told = granted.assumed_arn.rsplit('/').next().unwrap_or_default().to_owned();
        let or_told = |name: &String| if name.is_empty() { told.clone() } else { name.clone() };
        let (subject, user) = (or_told(&identity.subject), or_told(&identity.name));
        Ok(Session {
            sign_in: identity.sign_in.clone(),
            tags: attributes.tags,
            transitive_tags: attributes.transitive_tags,
            ..self.session_of(plan, 0, granted, &subject, &user)
        })
    }

    async fn ask_spoke(
        &self,
        plan: &Plan,
        index: usize,
        parent: &Session,
        code: Option<&Secret<String>>,
        lock: &Lock,
    ) -> Result<Session, Box<StsError>> {
        let leg = &plan.legs[index];
        let name = session_name(leg, &parent.user);
        let (http, by) = (&self.world.http, &parent.credentials);
        let granted = self
            .with_duration_memory(plan, index, leg.duration.value, lock, async |seconds| {
                sts::assume_role(http, leg, seconds, &name, Mfa::of(leg, code), by).await
            })
            .await?;
        let mut session = self.session_of(plan, index, granted, &parent.subject, &parent.user);
        // What is transitive goes on down the chain, and the leg adds its own (IAM User Guide, "Chaining roles with
        // session tags").
        let inherited = parent.tags.iter().filter(|(key, _)| parent.transitive_tags.contains(*key));
        let own = leg.tags.iter().flat_map(|tags| &tags.value);
        session.sign_in = parent.sign_in.clone();
        session.tags = own.chain(inherited).map(|(key, value)| (key.clone(), value.clone())).collect();
        let own = leg.transitive_tags.iter().flat_map(|keys| &keys.value);
        session.transitive_tags = parent.transitive_tags.iter().chain(own).cloned().collect();
        Ok(session)
    }

    /// The portal's credentials do not say whose they are, so STS is asked; spokes get the person's name from it.
    async fn ask_portal(&self, plan: &Plan, token: &Secret<String>) -> Result<Granted, BrokerError> {
        let (leg, http) = (&plan.legs[0], &self.world.http);
        let (ProofPlan::IdentityCenter(center), RoleId::Assigned(assigned)) = (&plan.proof, &leg.role.value)
        else {
            unreachable!("the configuration was checked for it")
        };
        let given = portal::role_credentials(http, center, assigned, token).await;
        self.learn_from(&plan.proof, assigned, &given);
        Ok(self.told(leg, given.map_err(Box::new)?).await?)
    }

    /// Credentials with what AWS says of whose they are.
    async fn told(&self, leg: &Leg, credentials: Credentials) -> Result<Granted, Box<StsError>> {
        let asked = sts::caller_identity(&self.world.http, &leg.sts, &credentials).await;
        let identity = asked.map_err(Box::new)?;
        Ok(Granted {
            credentials,
            assumed_arn: identity.arn,
            user_id: identity.user_id,
            packed_policy_percent: None,
            source_identity: None,
        })
    }

    /// How long a hub session by an assertion is to live: what the configuration says, else what the IdP says; never
    /// more than the latter, since AWS would shorten it.
    fn duration_with(&self, plan: &Plan, attributes: &Attributes) -> u32 {
        let leg = &plan.legs[0];
        let (wanted, said) = (leg.duration.value, leg.duration.origin != Origin::Default);
        // STS takes no other number in the question; an attribute beyond that is for it to shorten by, or to refuse.
        let asked_for = |limit: u32| limit.clamp(*DURATION_RANGE.start(), *DURATION_RANGE.end());
        match attributes.session_duration {
            Some(limit) if !said => asked_for(limit),
            Some(limit) if limit < wanted => {
                self.tell_shorter(leg, wanted, limit, Limit::Idp(plan.proof.name()));
                asked_for(limit)
            }
            _ => wanted,
        }
    }

    /// Asks for the duration that the role is known to grant, and remembers what came of it.
    async fn with_duration_memory(
        &self,
        plan: &Plan,
        index: usize,
        wanted: u32,
        lock: &Lock,
        ask: impl AsyncFn(u32) -> Result<Granted, StsError>,
    ) -> Result<Granted, Box<StsError>> {
        let (leg, key, now) = (&plan.legs[index], plan.durations_key(index), self.now());
        let before = self.store.get(&key).ok().flatten().map(|bytes| Durations::from_bytes(bytes.expose()));
        let before = before.unwrap_or_default();
        let mut memory = before.clone();
        let outcome = memory.ask(wanted, now, ask).await;
        if memory != before {
            // Losing this memory costs one refused request.
            let _ = self.store.put(lock, &key, &memory.to_bytes());
        }
        let (granted, seconds) = outcome.map_err(Box::new)?;
        if seconds < wanted {
            self.tell_shorter(leg, wanted, seconds, Limit::Role);
        }
        if let Some(percent) = granted.packed_policy_percent.filter(|percent| *percent >= 80) {
            self.warn(&format!(
                "the session policy and tags of {} fill {percent} % of what AWS allows",
                leg.name
            ));
        }
        Ok(granted)
    }

    fn tell_shorter(&self, leg: &Leg, wanted: u32, given: u32, limit: Limit<'_>) {
        let [wanted, given] = [wanted, given].map(|seconds| Duration::from_secs(seconds.into()));
        self.world.person.tell(Note::ShorterSession { role: &leg.name, wanted, given, limit });
    }

    fn session_of(&self, plan: &Plan, index: usize, granted: Granted, subject: &str, user: &str) -> Session {
        let leg = &plan.legs[index];
        Session {
            credentials: granted.credentials,
            issued_at: self.now(),
            role: leg.name.clone(),
            role_arn: role_arn_of(leg, &granted.assumed_arn),
            assumed_arn: granted.assumed_arn,
            idp: plan.proof.name().to_owned(),
            login: plan.proof.login_key().file_name(),
            subject: subject.to_owned(),
            user: user.to_owned(),
            sign_in: Default::default(),
            source_identity: granted.source_identity,
            tags: Default::default(),
            transitive_tags: Default::default(),
        }
    }

    /// Stores what was got. If that fails it is served all the same, and only asked for again next time.
    fn keep(&self, lock: &Lock, key: &EntryKey, value: &Secret<Vec<u8>>, what: &str) {
        let Err(error) = self.store.put(lock, key, value) else { return };
        let mut not_stored = self.not_stored.borrow_mut();
        if not_stored.is_none() {
            let why = error.in_one_line();
            self.warn(&format!("{what} could not be stored, so the next command asks for it again: {why}"));
            *not_stored = Some(error);
        }
    }

    /// Why what was got could not be stored, if that is so.
    pub fn not_stored(&self) -> Option<StoreError> {
        self.not_stored.take()
    }

    fn warn(&self, text: &str) {
        self.world.person.tell(Note::Warning { text });
    }
}

/// The SAML provider by which the hub role is reached: the configured one, else the assertion's.
fn provider_of(plan: &Plan, login: &Login, attributes: &Attributes) -> Result<String, BrokerError> {
    let (leg, idp) = (&plan.legs[0], plan.proof.name().to_owned());
    let (role_arn, configured) = (leg.role.value.as_str(), leg.provider_arn.as_ref());
    if login.is_encrypted() {
        return configured.map(|provider| provider.value.clone()).ok_or_else(|| BrokerError::Encrypted {
            idp,
            role: leg.name.clone(),
            role_arn: role_arn.to_owned(),
        });
    }
    let fits = |provider: &str| configured.is_none_or(|configured| configured.value == provider);
    let providers: Vec<&str> = attributes
        .roles
        .iter()
        .filter(|offer| offer.role_arn == role_arn && fits(&offer.provider_arn))
        .map(|offer| offer.provider_arn.as_str())
        .collect();
    match providers.as_slice() {
        [] => {
            let offered = attributes.roles.iter().map(|offer| match configured {
                Some(_) if offer.role_arn == role_arn => format!("{role_arn} by {}", offer.provider_arn),
                _ => offer.role_arn.clone(),
            });
            Err(BrokerError::NotOffered { idp, role_arn: role_arn.to_owned(), offered: offered.collect() })
        }
        [one] => Ok((*one).to_owned()),
        several => {
            let providers = several.iter().map(|provider| (*provider).to_owned()).collect();
            Err(BrokerError::SeveralProviders { idp, role: leg.name.clone(), providers })
        }
    }
}

/// The session that is served instead of one that could not be had.
fn served_all_the_same(old: Session, error: &BrokerError) -> Session {
    log::info!("{} could not be renewed ({error}); what is left of it is served", old.role);
    old
}

/// Whether AWS has just called the proof expired.
fn new_token_may_help(error: &BrokerError) -> bool {
    match error {
        BrokerError::Sts(error) => error.new_token_may_help(),
        BrokerError::Portal(error) => error.kind == PortalErrorKind::TokenRefused,
        _ => false,
    }
}

/// The ARN of what a leg became. That of a permission set is known by its session alone, without its path.
fn role_arn_of(leg: &Leg, assumed_arn: &str) -> String {
    let assigned = match &leg.role.value {
        RoleId::Arn(arn) => return arn.to_string(),
        RoleId::Itself(_) => return assumed_arn.to_owned(),
        RoleId::Assigned(assigned) => assigned,
    };
    let partition = assumed_arn.split(':').nth(1).unwrap_or("aws");
    let role = assumed_arn.split('/').nth(1).unwrap_or(assigned.permission_set());
    format!("arn:{partition}:iam::{}:role/{role}", assigned.account())
}

fn session_name(leg: &Leg, user: &str) -> String {
    leg.session_name.as_ref().map_or_else(|| sts::session_name_of(user), |name| name.value.clone())
}
