//! One run: reads the ledger, asks AWS what the policy refers to, carries out what people decided, and compares every role
//! with the decisions.
//!
//! Only what costs time is kept from one run to the next: what was read of the ledger, sessions, and the accounts of
//! units. A run that is killed anywhere leaves nothing that the next one does not finish.

mod error;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jit_access::decide::OnCall;
use jit_access::ledger::StoredPolicy;
use jit_access::people::{Directory, PolicyIndex};
use jit_access::policy::{Access, Apply, Policy};
use jit_access::render::{Ceiling, Level};
use jit_apply::apply::{Applier, ApplyError, Doing, Swept, WINDOW};
use jit_apply::assume::AssumedRoles;
use jit_apply::cache::Cache;
use jit_apply::calls::AwsCalls;
use jit_apply::directory::{IdentityStore, Organization};
use jit_apply::fleet::{Fleet, FleetAccess};
use jit_apply::s3::S3Ledger;
use jit_wire::arn::Partition;
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::signed::{CallError, Endpoint, Service, Variant};
use jit_wire::timestamp::Timestamp;

use crate::bell::Bell;
use crate::directory::{self, KnownDirectory};
use crate::report::Report;
use crate::settings::Settings;
pub use error::RunError;

/// The name of this program's sessions.
const SESSION_NAME: &str = "jit-function";
/// A run that the ledger rang for sweeps only if the last sweep is older: many people may act within a minute.
const SWEEP_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What is used of the system.
pub struct FunctionSystem {
    /// The environment, for the settings of HTTP and the endpoints of AWS.
    pub env: Env,
    /// This machine's clock.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Random bytes, for ids.
    pub random: Box<dyn Fn() -> [u8; 10] + Send + Sync>,
}

/// The function, ready to run. One run at a time; others wait for it.
pub struct Function {
    settings: Settings,
    system: FunctionSystem,
    endpoints: Endpoints,
    roles: AssumedRoles,
    kept: Mutex<Kept>,
}

struct Endpoints {
    s3: Endpoint,
    iam: Endpoint,
    organizations: Endpoint,
    identity_store: Endpoint,
}

/// What is kept from one run to the next.
struct Kept {
    cache: Cache,
    shelf: Mutex<BTreeMap<String, Vec<u8>>>,
    units: BTreeMap<String, BTreeSet<String>>,
    swept: Option<Instant>,
}

/// When a run must end, and who may stop it before.
#[derive(Clone, Copy)]
pub struct RunLimits<'r> {
    /// No change is begun after this.
    pub until: Option<Instant>,
    /// Called before each change. The caller can stop the run here.
    pub go_on: &'r dyn Fn(&Doing) -> ControlFlow<()>,
}

impl Default for RunLimits<'_> {
    fn default() -> Self {
        Self { until: None, go_on: &|_| ControlFlow::Continue(()) }
    }
}

impl Function {
    /// The function with these settings, under the session `own`.
    ///
    /// # Errors
    /// [`RunError::Call`]: a service has no endpoint.
    pub fn new(settings: Settings, system: FunctionSystem, own: Credentials) -> Result<Self, RunError> {
        let at = |service, region: &str| {
            Endpoint::resolve(service, region, Variant::default(), &system.env).map_err(CallError::from)
        };
        let region = settings.region.as_str();
        let endpoints = Endpoints {
            s3: at(Service::S3, region)?,
            iam: at(Service::Iam, region)?,
            organizations: at(Service::Organizations, region)?,
            identity_store: at(Service::IdentityStore, &settings.identity_store_region)?,
        };
        let roles = AssumedRoles::new(own, at(Service::Sts, region)?, SESSION_NAME);
        let kept = Kept {
            cache: Cache::new(format!("s3://{}", settings.bucket)),
            shelf: Mutex::default(),
            units: BTreeMap::new(),
            swept: None,
        };
        Ok(Self { settings, system, endpoints, roles, kept: Mutex::new(kept) })
    }

    /// This machine's clock.
    pub fn now(&self) -> Timestamp {
        (self.system.clock)()
    }

    /// Does everything that is to be done now.
    ///
    /// # Errors
    /// [`RunError`] if the ledger, or all of IAM, cannot be used, or if the run was stopped. What fails for one request or
    /// one account is in the report.
    pub fn run(&self, bell: Bell, limits: RunLimits<'_>) -> Result<Report, RunError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { cache, shelf, units, swept } = &mut *kept;
        let calls = Rc::new(AwsCalls::new(Http::new(&self.system.env), || self.now())?);
        let own = Box::new(|| Ok(self.roles.own().clone()));
        let ledger = S3Ledger::new(Rc::clone(&calls), self.endpoints.s3.clone(), &self.settings.bucket, own)?;
        ledger.time().map_err(ApplyError::from)?;
        let clock = || ledger.time().unwrap_or_else(|_| self.now());
        let since = Timestamp(clock().0.saturating_sub(WINDOW));
        let records = cache.read(&ledger, &*shelf, since, clock()).map_err(ApplyError::from)?.records;
        let stored: &StoredPolicy = records.policy_in_force(clock()).ok_or(ApplyError::NoPolicy)?;
        let policy = &stored.policy;
        if policy.deployment.apply != Apply::Function {
            return Err(RunError::Approvers);
        }
        let index = stored.index();
        let known = self.directory(&calls, policy, &directory::names(&records, &index), units);

        let accounts = accounts(&index, &known.directory);
        let is_late = || limits.until.is_some_and(|until| Instant::now() >= until);
        let (partition, machine) = (Partition::of_region(&self.settings.region), || self.now());
        let grantor =
            |account: &str| format!("arn:{}:iam::{account}:role/{}", partition.name(), self.settings.grantor);
        let access = FleetAccess {
            env: &self.system.env,
            iam: &self.endpoints.iam,
            roles: &self.roles,
            grantor: &grantor,
            clock: &machine,
            is_late: &is_late,
            width: self.settings.accounts_at_once,
        };
        let fleet = Fleet::new(access, accounts.clone())?;
        let services = Services { fleet: &fleet, index: &index, directory: &known.directory };
        let applier = Applier {
            ledger: &ledger,
            shelf: &*shelf,
            iam: &fleet,
            directory: &known.directory,
            on_call: &OnCall::Unknown,
            services: &|access| services.of(access),
            must_wait: &|access| known.must_wait(policy, access),
            clock: &clock,
            random: &self.system.random,
            go_on: &|doing| if is_late() { ControlFlow::Break(()) } else { (limits.go_on)(doing) },
        };
        let mut report = Report {
            bell,
            policy: stored.key.to_string(),
            swept: None,
            findings: Vec::new(),
            failures: Vec::new(),
        };
        for finding in known.findings() {
            report.findings.extend(applier.tell_once(&records, finding)?);
        }
        let mut add = |found: Swept| {
            report.findings.extend(found.findings);
            report
                .failures
                .extend(found.failures.into_iter().map(|(about, error)| (about, error.to_string())));
        };
        // What people wait for, first.
        add(applier.settle(cache)?);
        let is_due = swept.is_none_or(|swept| swept.elapsed() >= SWEEP_AGAIN_AFTER);
        if bell == Bell::Tick || is_due {
            let began = Instant::now();
            add(applier.sweep(cache, env!("CARGO_PKG_VERSION"))?);
            *swept = Some(began);
            let unlisted = fleet.unlisted();
            report.swept = Some(accounts.len() - unlisted.len());
            report.failures.extend(unlisted.into_iter().map(|(account, error)| (account, error.to_string())));
        }
        Ok(report)
    }

    /// The accounts and groups that the policy refers to.
    fn directory(
        &self,
        calls: &AwsCalls<'_>,
        policy: &Policy,
        names: &BTreeSet<String>,
        kept: &mut BTreeMap<String, BTreeSet<String>>,
    ) -> KnownDirectory {
        let (units, groups) = (directory::units(policy), directory::groups(policy));
        let mut known = KnownDirectory::default();
        if units.is_empty() && (groups.is_empty() || names.is_empty()) {
            return known;
        }
        let session = match &self.settings.directory_role {
            Some(role) => self.roles.session(calls, role.as_str()).map_err(|error| error.to_string()),
            None => Ok(self.roles.own().clone()),
        };
        for unit in units {
            let accounts = session.clone().and_then(|session| {
                let endpoint = self.endpoints.organizations.clone();
                let organization = Organization::new(calls, endpoint, session);
                organization.accounts_in(&unit).map_err(|error| error.to_string())
            });
            match accounts {
                Ok(accounts) => drop(kept.insert(unit, accounts)),
                // Units change rarely: what was read in an earlier run is used, and it is said.
                Err(why) => drop(known.unread_units.insert(unit, why)),
            }
        }
        known.directory.units = kept.clone();
        known.known_units = kept.keys().cloned().collect();
        let store = self.settings.identity_store.as_deref();
        let store = store.ok_or_else(|| "the setting `identity_store` is missing".to_owned());
        match store.and_then(|store| Ok((store, session?))) {
            Ok((store, session)) => {
                let endpoint = self.endpoints.identity_store.clone();
                let found = IdentityStore::new(calls, endpoint, session, store).members(names, &groups);
                (known.directory.groups, known.unread_groups) = (found.groups, found.unread);
            }
            Err(why) => known.unread_groups = groups.into_iter().map(|group| (group, why.clone())).collect(),
        }
        known
    }
}

/// Every account where a role on request can be.
fn accounts(index: &PolicyIndex<'_>, directory: &Directory) -> BTreeSet<String> {
    let (policy, people) = (index.policy(), index.with(directory));
    let of_access = policy.access.values().flat_map(|access| people.accounts_of(access));
    of_access.chain(people.accounts(&policy.deployment.accounts)).map(str::to_owned).collect()
}

/// What a grant allows if the `allow` of its access says nothing: the services of its ceiling.
struct Services<'s> {
    fleet: &'s Fleet<'s>,
    index: &'s PolicyIndex<'s>,
    directory: &'s Directory,
}

impl Services<'_> {
    /// None if they cannot be found out, and then nothing is granted.
    fn of(&self, access: &Access) -> Vec<String> {
        let Some(name) = &access.ceiling else { return Vec::new() };
        let partition = access.role.partition();
        if let Some(level) = Level::named(name) {
            let ceiling = Ceiling { partition, level, more: Vec::new(), passable: Vec::new(), ledger: None };
            return ceiling.services();
        }
        // A company's own ceiling is the same in every account.
        let people = self.index.with(self.directory);
        let account = people.accounts_of(access).into_iter().next();
        let services =
            account.and_then(|account| self.fleet.ceiling_services(partition.name(), account, name).ok());
        services.unwrap_or_default()
    }
}
