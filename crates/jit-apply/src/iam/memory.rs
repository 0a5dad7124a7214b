//! Roles in memory, for tests of the applier.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jit_access::lifecycle::{ObservedRole, RoleArn};
use jit_access::render::{Fullness, Limit};

use super::{FullRole, Iam, IamError};

/// Roles that a test puts in. Every call can be made to fail.
#[derive(Debug, Default)]
pub struct MemoryIam {
    roles: Mutex<BTreeMap<RoleArn, ObservedRole>>,
    refused: Mutex<Option<IamError>>,
}

impl MemoryIam {
    /// These roles, without policies.
    pub fn of(roles: impl IntoIterator<Item = RoleArn>) -> Self {
        let role = |arn: RoleArn| (arn.clone(), ObservedRole { arn, ..ObservedRole::default() });
        Self { roles: Mutex::new(roles.into_iter().map(role).collect()), refused: Mutex::default() }
    }

    /// From now on every change fails with this error; with `None`, changes work again.
    pub fn refuse(&self, error: Option<IamError>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// Changes a role, as somebody could without `jit`.
    pub fn change(&self, role: &str, change: impl FnOnce(&mut ObservedRole)) {
        if let Some(role) = self.lock().get_mut(role) {
            change(role);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoleArn, ObservedRole>> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, role: &RoleArn, then: impl FnOnce(&mut ObservedRole) -> T) -> Result<T, IamError> {
        let no_such = || IamError::NoRole { role: role.clone() };
        self.lock().get_mut(role).map(then).ok_or_else(no_such)
    }

    fn check(&self) -> Result<(), IamError> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }
}

impl Iam for MemoryIam {
    fn roles(&self) -> Result<Vec<ObservedRole>, IamError> {
        Ok(self.lock().values().cloned().collect())
    }

    fn role(&self, role: &RoleArn) -> Result<ObservedRole, IamError> {
        self.with(role, |role| role.clone())
    }

    fn put(&self, role: &RoleArn, name: &str, document: &str) -> Result<(), IamError> {
        self.check()?;
        self.with(role, |role| {
            let used = |text: &String| Fullness::of(Limit::Inline, [text.as_str()]).used;
            let others = role.policies.iter().filter(|(other, _)| *other != name);
            let policies: Vec<_> = others.map(|(name, text)| (name.clone(), used(text))).collect();
            let needs = used(&document.to_owned());
            let total = needs + policies.iter().map(|(_, used)| used).sum::<usize>();
            if total > Limit::Inline.characters() {
                let role = role.arn.clone();
                return Err(IamError::Full(Box::new(FullRole { role, needs, policies })));
            }
            role.policies.insert(name.to_owned(), document.to_owned());
            Ok(())
        })?
    }

    fn delete(&self, role: &RoleArn, name: &str) -> Result<(), IamError> {
        self.check()?;
        self.with(role, |role| drop(role.policies.remove(name)))
    }
}
