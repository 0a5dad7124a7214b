//! IAM of every account of a deployment. Roles are listed in many accounts at once: a call takes about a tenth of a second, and
//! hundreds of accounts take thousands of calls.
//!
//! An account that cannot be listed does not keep the others from being listed. Its roles are missing from the list, so
//! nothing is done about them, and [`Fleet::unlisted`] says why.

mod pace;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use jit_access::lifecycle::{ObservedRole, RoleArn};
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::signed::{CallError, Endpoint, Retry};
use jit_wire::timestamp::Timestamp;

use crate::assume::AssumedRoles;
use crate::calls::AwsCalls;
use crate::iam::{HttpIam, Iam, IamError};
use pace::{Came, Pace, Turn};

/// How IAM is reached in every account.
#[derive(Clone, Copy)]
pub struct FleetAccess<'f> {
    /// The settings of the HTTP client.
    pub env: &'f Env,
    /// IAM.
    pub iam: &'f Endpoint,
    /// The sessions of the grantors.
    pub roles: &'f AssumedRoles,
    /// The ARN of the grantor in an account.
    pub grantor: &'f (dyn Fn(&str) -> String + Sync),
    /// This machine's clock.
    pub clock: &'f (dyn Fn() -> Timestamp + Sync),
    /// Whether the time of this run is up: then no further account is listed.
    pub is_late: &'f (dyn Fn() -> bool + Sync),
    /// In how many accounts roles are listed at once.
    pub width: usize,
}

/// IAM of all accounts.
pub struct Fleet<'f> {
    access: FleetAccess<'f>,
    accounts: BTreeSet<String>,
    /// For calls about one role.
    single: HttpIam<'f>,
    unlisted: RefCell<BTreeMap<String, IamError>>,
}

impl<'f> Fleet<'f> {
    /// IAM in `accounts`.
    ///
    /// # Errors
    /// The system has no event queue left to give.
    pub fn new(access: FleetAccess<'f>, accounts: BTreeSet<String>) -> io::Result<Self> {
        let single = iam(access, &calls(access)?, Vec::new());
        Ok(Self { access, accounts, single, unlisted: RefCell::default() })
    }

    /// The accounts that the last list has no roles of, and why.
    pub fn unlisted(&self) -> BTreeMap<String, IamError> {
        self.unlisted.borrow().clone()
    }

    /// See [`HttpIam::ceiling_services`].
    ///
    /// # Errors
    /// [`IamError`].
    pub fn ceiling_services(
        &self,
        partition: &str,
        account: &str,
        name: &str,
    ) -> Result<Vec<String>, IamError> {
        self.single.ceiling_services(partition, account, name)
    }
}

impl Iam for Fleet<'_> {
    /// An error only if no account at all could be listed.
    fn roles(&self) -> Result<Vec<ObservedRole>, IamError> {
        let round = Round {
            pace: Mutex::new(Pace::new(self.accounts.iter().cloned(), self.access.width)),
            changed: Condvar::new(),
            found: Mutex::default(),
        };
        let (access, threads) = (self.access, self.access.width.min(self.accounts.len()));
        thread::scope(|scope| {
            for _ in 1..threads {
                // With fewer threads it takes longer.
                let _ = thread::Builder::new().spawn_scoped(scope, || round.work(access));
            }
            round.work(access);
        });
        let left = locked(&round.pace).give_up();
        round.leave(left, "the system has no more connections to list its roles with");
        let Found { roles, unlisted } = round.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_none = !self.accounts.is_empty() && unlisted.len() == self.accounts.len();
        let first = unlisted.values().next().filter(|_| is_none).cloned();
        self.unlisted.replace(unlisted);
        first.map_or(Ok(roles), Err)
    }

    fn role(&self, role: &RoleArn) -> Result<ObservedRole, IamError> {
        self.single.role(role)
    }

    fn put(&self, role: &RoleArn, name: &str, document: &str) -> Result<(), IamError> {
        self.single.put(role, name, document)
    }

    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError> {
        self.single.delete(role, name)
    }
}

fn calls(access: FleetAccess<'_>) -> io::Result<Rc<AwsCalls<'_>>> {
    AwsCalls::new(Http::new(access.env), access.clock).map(Rc::new)
}

fn iam<'f>(access: FleetAccess<'f>, calls: &Rc<AwsCalls<'f>>, accounts: Vec<String>) -> HttpIam<'f> {
    let own = Rc::clone(calls);
    let session = move |account: &str| -> Result<Credentials, IamError> {
        let role = (access.grantor)(account);
        access.roles.session(&own, &role).map_err(|error| not_assumed(role, &error))
    };
    HttpIam::new(Rc::clone(calls), access.iam.clone(), accounts, Box::new(session))
}

fn not_assumed(role: RoleArn, error: &CallError) -> IamError {
    match error {
        CallError::Refused(refusal) if refusal.retry() == Retry::Never => {
            let why = format!("{}: {}", refusal.code, refusal.message.escape_debug());
            IamError::Refused { role, why }
        }
        error => IamError::Unreachable { role, why: error.to_string() },
    }
}

/// What the threads of one list share.
struct Round {
    pace: Mutex<Pace>,
    changed: Condvar,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    roles: Vec<ObservedRole>,
    unlisted: BTreeMap<String, IamError>,
}

impl Round {
    /// Lists accounts until none is left.
    fn work(&self, access: FleetAccess<'_>) {
        // What no thread can list is left over.
        let Ok(calls) = calls(access) else { return };
        while let Some(account) = self.next(access) {
            let before = calls.throttled();
            let listed = iam(access, &calls, vec![account.clone()]).roles();
            let came = match &listed {
                Ok(_) if calls.throttled() == before => Came::Well,
                Ok(_) => Came::Throttled,
                Err(IamError::Unreachable { .. }) => Came::Lost,
                // A refusal is an answer.
                Err(_) => Came::Well,
            };
            let again = locked(&self.pace).done(&account, came);
            match listed {
                Ok(roles) => locked(&self.found).roles.extend(roles),
                Err(error) if !again => drop(locked(&self.found).unlisted.insert(account, error)),
                Err(_) => {}
            }
            self.changed.notify_all();
        }
    }

    fn next(&self, access: FleetAccess<'_>) -> Option<String> {
        let mut pace = locked(&self.pace);
        loop {
            if (access.is_late)() {
                self.leave(pace.give_up(), "there was no time left to list its roles");
            }
            match pace.next() {
                Turn::Account(account) => return Some(account),
                Turn::Over => return None,
                Turn::Wait => pace = self.changed.wait(pace).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn leave(&self, accounts: Vec<String>, why: &str) {
        let unlisted = accounts.into_iter().map(|account| {
            let error = IamError::Unreachable { role: account.clone(), why: why.to_owned() };
            (account, error)
        });
        locked(&self.found).unlisted.extend(unlisted);
        self.changed.notify_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
